"""The matrix over the database: reference numbers, filters, empty cells, its hash and its page."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.matrix import ALL_CASES, NO_CASE, Matrix, MatrixCell, MatrixSpec, build, read_spec
from cases.models import Case, CaseParticipant, CaseSource
from coding.core.text import word_spans
from coding.models import (
    Code,
    Coding,
    Comparison,
    Participant,
    Reading,
    Source,
    SourceText,
    Turn,
)
from coding.services import adjudication
from coding.services.codebook import change_code
from coding.services.codings import add_codings
from coding.services.versions import replace_text
from projects.access import Access
from projects.models import Membership, Project
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

Find = Callable[[Matrix, str, str], MatrixCell]
Build = Callable[..., Matrix]
Same = Callable[[Any, Any], bool]

# unit of the matrix -> (name of its value, name of its denominator) in the reference tables
NAMES = {
    "codings": ("codings", "den_documents"),
    "segments": ("segments_union", "den_documents"),
    "documents": ("documents", "den_documents"),
    "participants": ("participants", None),
    "words": ("words", "den_words"),
    "turns": ("turns", "den_turns"),
    "per_1000_words": ("per_1000_words", "den_words"),
    "per_1000_participant_words": ("per_1000_participant_words", "den_participant_words"),
    "documents_pct": ("documents_pct", "den_documents"),
    "turns_pct": ("turns_pct", "den_turns"),
}


def assert_values(
    table: Matrix, find: Find, same: Same, expected: dict[str, dict[str, dict[str, Any]]]
) -> int:
    """Compares every case and code of a reference table; returns how many cells that were."""
    value_name, base_name = NAMES[table.spec.unit]
    checked = 0
    for case, codes in expected.items():
        assert set(codes) == {node.code.key for node in table.nodes}
        for code, numbers in codes.items():
            measure = find(table, case, code).state.measure
            place = (case, code, table.spec.unit)
            wanted = numbers[value_name]
            if table.spec.unit == "participants" and measure.denominator == 0:
                # Nobody is linked to a turn here: undefined on screen, 0 in the reference.
                assert (measure.value, wanted) == (None, 0), place
            else:
                assert same(measure.value, wanted), (place, measure.value, wanted)
            if base_name:
                assert measure.denominator == numbers[base_name], place
            checked += 1
    return checked


# --- the reference study -------------------------------------------------------------------------


def test_every_frequency_of_the_reference_study(
    study: Access, shared: Path, build: Build, cell: Find, same: Same
) -> None:
    expected = json.loads((shared / "study" / "expected.json").read_text())["frequencies"]
    for unit in NAMES:
        assert assert_values(build(study, unit=unit), cell, same, expected) == 16


@pytest.mark.parametrize("kind", ["interview", "observation"])
def test_every_frequency_by_source_type(
    study: Access, shared: Path, build: Build, cell: Find, same: Same, kind: str
) -> None:
    tables = json.loads((shared / "study" / "expected.json").read_text())["frequencies_by_type"]
    expected = {case: kinds[kind] for case, kinds in tables.items()}
    for unit in NAMES:
        table = build(study, unit=unit, kinds=(kind,))
        assert assert_values(table, cell, same, expected) == 16


def test_numbers_after_a_participant_has_withdrawn(
    study: Access, shared: Path, build: Build, cell: Find, same: Same
) -> None:
    """The reference deletes the documents of S03; withholding them must count the same."""
    expected = json.loads((shared / "study" / "expected.json").read_text())
    after = expected["after_withdrawal_of_S03"]
    study.project.participants.filter(key="S03").update(consent_use=False)
    numbers = {
        "southgate": after["frequencies_southgate"],
        "northfield": expected["frequencies"]["northfield"],
    }
    for unit in NAMES:
        table = build(study, unit=unit)
        assert assert_values(table, cell, same, numbers) == 16
    rows = {row.key: row for row in table.rows}
    assert (rows["southgate"].withheld, rows["northfield"].withheld) == (1, 0)
    reason = cell(table, "southgate", "intranet").state.reason
    assert reason == "1 document is withheld and not counted."
    # The 32 deleted codings are no part of the n that is printed.
    assert f"2 cases, 15 documents, {404 - after['deleted_codings']} codings" in [
        text for _label, text in table.notes
    ]


def test_all_cases_together(study: Access, build: Build, cell: Find) -> None:
    assert [row.id == ALL_CASES for row in build(study).rows] == [False, False, True]
    codings = build(study, unit="codings")
    # 404 codings in all, each below one of the two headings.
    assert cell(codings, "", "context").value + cell(codings, "", "process_gain").value == 404
    words = build(study, unit="per_1000_words")
    assert cell(words, "", "context").state.measure.denominator == 1468 + 6449
    participants = build(study, unit="participants")
    assert cell(participants, "", "context").value == 6 + 6


def test_chosen_codes_come_with_everything_below_them(study: Access, build: Build) -> None:
    context = study.project.codes.get(key="context")
    table = build(study, codes=(context.pk,))
    assert [node.code.key for node in table.nodes] == [
        "context",
        "curriculum_policy",
        "reform_context",
        "collaboration",
    ]
    leaf = study.project.codes.get(key="intranet")
    assert [n.code.key for n in build(study, codes=(leaf.pk,)).nodes] == ["intranet"]


# --- the gold project ----------------------------------------------------------------------------


@pytest.fixture
def gold(cast: Cast, shared: Path) -> tuple[Access, dict[str, Any]]:
    """The hand-checkable project, row by row: its turns have no labels in the text."""
    data = json.loads((shared / "gold" / "counting_gold.json").read_text())
    project = cast.alder
    people: dict[str, Participant] = {}
    sources: dict[str, Source] = {}
    cases = {
        key: Case.objects.create(project=project, key=key, name=key, position=n)
        for n, key in enumerate(("North", "South"))
    }
    roles = {"interviewer": "interviewer", "observer": "observer", "coach": "participant"}
    for key, row in data["documents"].items():
        text = row["text"]
        spans = word_spans(text, [])
        asked = [(t["start"], t["end"]) for t in row["turns"] if t["role"] == "interviewer"]
        inside = sum(1 for s, _e in spans.tolist() if any(a <= s < b for a, b in asked))
        source = Source.objects.create(
            project=project,
            key=key,
            title=key,
            kind=row["type"],
            length=len(text),
            text_sha256=key,
            original_sha256=key,
            words=len(spans),
            participant_words=len(spans) - inside,
        )
        SourceText.objects.create(
            source=source,
            text=text,
            word_spans=spans.astype("<i4").tobytes(),
            original=text.encode(),
            original_name=key,
            encoding="utf-8",
        )
        for n, turn in enumerate(row["turns"], start=1):
            role = roles[turn["role"]]
            person = None
            if role == "participant":
                name = turn["speaker"]
                person = people.get(name) or factories.participant(project, name)
                people[name] = person
            Turn.objects.create(
                source=source,
                ordinal=n,
                start=turn["start"],
                body_start=turn["start"],
                end=turn["end"],
                speaker=turn["speaker"],
                role=role,
                participant=person,
            )
        CaseSource.objects.create(case=cases[row["case"]], source=source)
        sources[key] = source
    parent = factories.code(project, "process_gain")
    codes = {key: factories.code(project, key, parent) for key in data["parents"]["process_gain"]}
    coders = {
        label: factories.member(project, None, "coder", label)
        for label in sorted({row["coder"] for row in data["codings"]})
    }
    for row in data["codings"]:
        source = sources[row["doc"]]
        assert source.content.text[row["start"] : row["end"]] == row["text"]
        factories.coding(source, codes[row["code"]], coders[row["coder"]], row["start"], row["end"])
    return cast.access("olive"), data["expected"]


GOLD_UNITS = {
    "codings": "codings",
    "segments_union": "segments",
    "segments": "segments",
    "documents": "documents",
    "chars": "chars",
    "words": "words",
    "turns": "turns",
    "speakers": "participants",
    "documents_pct": "documents_pct",
    "per_1000_words": "per_1000_words",
    "per_1000_participant_words": "per_1000_participant_words",
    "words_pct": "words_pct",
    "chars_pct": "coverage_pct",
    "turns_pct": "turns_pct",
}
BASES = {
    "den_documents": "documents",
    "den_words": "words",
    "den_participant_words": "per_1000_participant_words",
    "den_turns": "turns",
    "den_chars": "chars",
}
# Rules of the reference that the matrix does not offer (coder means, "% of segments").
NOT_OFFERED = {"segments_mean_per_coder"}


def assert_gold(access: Access, expected: Any, find: Find, same: Same, build: Build, **spec: Any):
    tables: dict[str, Matrix] = {}
    checked = 0
    for case, codes in expected.items():
        for code, numbers in codes.items():
            for name, wanted in numbers.items():
                if name in NOT_OFFERED:
                    continue
                unit = GOLD_UNITS.get(name) or BASES[name]
                if unit not in tables:
                    tables[unit] = build(access, unit=unit, **spec)
                measure = find(tables[unit], case, code).state.measure
                found = measure.denominator if name in BASES else measure.value
                assert same(found, wanted), (case, code, name, found, wanted)
                checked += 1
    return checked


def test_gold_by_case(gold: tuple[Access, Any], cell: Find, same: Same, build: Build) -> None:
    access, expected = gold
    # 2 cases × 4 codes × 19 values; coder means are not offered as a layer of the matrix.
    total = sum(len(v) for codes in expected["by_case"].values() for v in codes.values())
    means = sum(
        "segments_mean_per_coder" in v for c in expected["by_case"].values() for v in c.values()
    )
    assert assert_gold(access, expected["by_case"], cell, same, build) == total - means
    assert total - means > 130


def test_gold_of_one_coder(gold: tuple[Access, Any], cell: Find, same: Same, build: Build) -> None:
    access, expected = gold
    alone = access.project.memberships.get(label="A")
    found = assert_gold(access, expected["coder_A_only"], cell, same, build, coders=(alone.pk,))
    assert found == 24


def test_gold_consensus(gold: tuple[Access, Any], cell: Find, same: Same, build: Build) -> None:
    access, expected = gold
    found = assert_gold(
        access, expected["consensus_at_least_2"], cell, same, build, layer="consensus"
    )
    assert found == 18


def test_the_parent_is_a_union_and_never_a_sum(
    gold: tuple[Access, Any], cell: Find, build: Build
) -> None:
    access, _expected = gold
    table = build(access)
    children = [cell(table, "North", key).value for key in ("intranet", "cps", "expertise")]
    assert (cell(table, "North", "process_gain").value, children) == (6, [5, 2, 1])


# --- empty cells ---------------------------------------------------------------------------------

SECRET = "quincunxial"


@pytest.fixture
def five(cast: Cast) -> Access:
    """One case for each way of being empty, and one with a number."""
    project = cast.alder
    gains = factories.code(project, "Gains")
    factories.code(project, "Costs")
    cases = {
        key: Case.objects.create(project=project, key=key, name=key.title(), position=n)
        for n, key in enumerate(("coded", "waiting", "nothing", "refused", "paper"))
    }
    person = factories.participant(project, "P1")
    coded = factories.source(
        project, "int1", factories.TEXT, case=cases["coded"], people={"P1": person}
    )
    factories.source(
        project, "int2", "INT: And?\nP1: Later.\n", case=cases["waiting"], people={"P1": person}
    )
    refusing = factories.participant(project, "P2", consent_use=False)
    hidden = factories.source(
        project,
        "int3",
        f"INT: So?\nP2: {SECRET}.\n",
        case=cases["refused"],
        people={"P2": refusing},
    )
    paper = factories.source(
        project, "doc1", "A policy that nobody speaks.", case=cases["paper"], kind="document"
    )
    coder = cast.access("cora").membership
    for source in (coded, hidden, paper):
        factories.coding(source, gains, coder, 3, 9)
    return cast.access("olive")


def states(table: Matrix) -> dict[tuple[str, str], tuple[str, str, Any]]:
    return {
        (row.key, c.node.code.key): (c.state.state, c.state.reason, c.value)
        for row, line in table.table
        for c in line
    }


def test_five_kinds_of_empty_cell(five: Access, build: Build) -> None:
    found = states(build(five))
    assert found["coded", "gains"] == ("number", "", 1)
    assert found["coded", "costs"] == (
        "none",
        "Looked for in 1 of 1 documents; none found.",
        0,
    )
    assert found["waiting", "gains"][0] == "not_coded"
    assert found["waiting", "gains"][1] == (
        "1 document is here, but not coded yet by the chosen coders."
    )
    assert found["nothing", "gains"] == ("not_collected", "There are no documents here.", None)
    assert found["refused", "gains"] == (
        "withheld",
        "1 document is withheld; nothing is left that may be counted.",
        None,
    )
    persons = states(build(five, unit="participants"))
    assert persons["paper", "gains"] == (
        "not_applicable",
        "No turn in these documents is linked to a participant.",
        None,
    )
    assert persons["coded", "costs"][0] == "none"


def test_empty_cells_are_counted_without_the_line_of_totals(five: Access, build: Build) -> None:
    assert build(five).empties == {
        "none": 2,
        "not_coded": 2,
        "not_collected": 2,
        "withheld": 2,
    }


def test_a_finished_source_makes_not_coded_a_true_nought(
    five: Access, cast: Cast, build: Build
) -> None:
    cora, cody = cast.access("cora").membership, cast.access("cody").membership
    source = five.project.sources.get(key="int2")
    Reading.objects.create(source=source, coder=cora)
    assert states(build(five))["waiting", "gains"][0] == "none"
    # Somebody else has finished it: the chosen coder has not.
    assert states(build(five, coders=(cora.pk,)))["waiting", "gains"][0] == "none"
    assert states(build(five, coders=(cody.pk,)))["waiting", "gains"][0] == "not_coded"


def test_a_coded_source_that_is_filtered_out_leaves_nothing_collected(
    five: Access, build: Build
) -> None:
    found = states(build(five, kinds=("document",)))
    assert found["coded", "gains"][0] == "not_collected"
    assert found["paper", "gains"] == ("number", "", 1)
    assert found["refused", "gains"][0] == "not_collected"


def pages_of(access: Access) -> Iterator[str]:
    """Every page and answer on which words of a source could stand."""
    home = f"/projects/{access.project.pk}/"
    api = f"/api/v1{home}"
    for page in ("", "sources/", "codes/", "cases/", "matrix/", "history/", "members/"):
        yield home + page
    for fmt in ("tidy", "wide", "xlsx"):
        yield f"{home}matrix/export/{fmt}/"
    for source in access.project.sources.all():
        yield f"{home}sources/{source.pk}/"
        yield f"{api}sources/{source.pk}/codings/"
    cases = [ALL_CASES, *access.project.cases.values_list("pk", flat=True)]
    for row in cases:
        for code in access.project.codes.all():
            for unit in ("segments", "codings", "documents", "participants", "turns", "words"):
                yield f"{home}matrix/cell/?unit={unit}&row={row}&column={code.pk}"


def test_withheld_words_appear_nowhere(five: Access, cast: Cast, client: Client) -> None:
    client.force_login(cast.olive)
    hidden = five.project.sources.get(key="int3")
    refused = set()
    for page in pages_of(five):
        response = client.get(page)
        if response.status_code == 404:
            refused.add(page)
        else:
            assert response.status_code == 200, page
        assert SECRET.encode() not in response.content, page
    home = f"/projects/{five.project.pk}/"
    assert refused == {
        f"{home}sources/{hidden.pk}/",
        f"/api/v1{home}sources/{hidden.pk}/codings/",
    }
    # The same walk finds the word as soon as it may be used.
    Participant.objects.filter(key="P2").update(consent_use=True)
    seen = [page for page in pages_of(five) if SECRET.encode() in client.get(page).content]
    assert f"{home}sources/{hidden.pk}/" in seen


def test_one_refusing_speaker_withholds_a_source_that_is_with_somebody_else(
    cast: Cast, build: Build
) -> None:
    project = cast.alder
    case = Case.objects.create(project=project, key="c", name="C")
    asked = factories.participant(project, "P1")
    refusing = factories.participant(project, "P2", consent_use=False)
    code = factories.code(project, "Gains")
    both = factories.source(
        project,
        "group",
        "P1: We share.\nP2: I do not.\n",
        case=case,
        people={"P1": asked, "P2": refusing},
    )
    factories.coding(both, code, cast.access("cora").membership, 4, 9)
    assert states(build(cast.access("olive")))["c", "gains"][0] == "withheld"


# --- rows ----------------------------------------------------------------------------------------


def test_sources_without_a_case_have_a_row_of_their_own(cast: Cast, build: Build) -> None:
    world = factories.world(cast.alder)
    factories.source(cast.alder, "loose", "P1: Nobody placed me.\n")
    factories.coding(world.source, world.intranet, cast.access("cora").membership, 40, 50)
    table = build(cast.access("olive"))
    assert [(row.id, row.documents) for row in table.rows] == [
        (world.case.pk, 1),
        (NO_CASE, 1),
        (ALL_CASES, 2),
    ]


def test_a_source_of_two_cases_counts_in_both_and_once_in_all(
    cast: Cast, build: Build, cell: Find
) -> None:
    world = factories.world(cast.alder)
    other = Case.objects.create(project=cast.alder, key="south", name="South", position=1)
    CaseSource.objects.create(case=other, source=world.source)
    factories.coding(world.source, world.intranet, cast.access("cora").membership, 40, 50)
    table = build(cast.access("olive"))
    assert [cell(table, key, "intranet").value for key in ("north", "south", "")] == [1, 1, 1]


def test_one_case_needs_no_line_of_totals(cast: Cast, build: Build) -> None:
    world = factories.world(cast.alder)
    assert [row.id for row in build(cast.access("olive")).rows] == [world.case.pk]


# --- what was asked for --------------------------------------------------------------------------


def test_the_address_is_the_specification(study: Access) -> None:
    coder = study.project.memberships.get(label="c1")
    code = study.project.codes.get(key="context")
    spec = MatrixSpec("words", "consensus", ("interview",), (coder.pk,), (code.pk,))
    assert spec.query() == (
        f"unit=words&layer=consensus&kind=interview&coder={coder.pk}&code={code.pk}"
    )
    assert read_spec(study, QueryDict(spec.query())) == spec
    assert read_spec(study, QueryDict("")) == MatrixSpec()
    assert MatrixSpec().query() == ""


@pytest.mark.parametrize(
    "query",
    [
        "unit=fantasy",
        "layer=sum",
        "kind=dream",
        "kind=questionnaire",  # a known type that this project has nothing of
        "coder=x",
        "coder=99999999999999999999999",
        "code=0",
        "code=-1",
        "unit=segments&code=12x",
    ],
)
def test_an_address_that_is_not_understood_is_an_error_not_ignored(
    study: Access, cast: Cast, client: Client, query: str
) -> None:
    with pytest.raises(BadRequest):
        read_spec(study, QueryDict(query))
    client.force_login(cast.olive)
    for page in ("matrix/", "matrix/cell/", "matrix/export/wide/"):
        response = client.get(f"/projects/{study.project.pk}/{page}?{query}")
        assert response.status_code == 400


def test_coders_and_codes_of_another_project_are_unknown(study: Access, cast: Cast) -> None:
    foreign = cast.access("otto", cast.brook).membership
    code = factories.code(cast.brook, "Foreign")
    for query in (f"coder={foreign.pk}", f"code={code.pk}"):
        with pytest.raises(BadRequest):
            read_spec(study, QueryDict(query))


# --- the hash ------------------------------------------------------------------------------------


def test_the_same_table_has_the_same_hash(study: Access, cast: Cast, build: Build) -> None:
    first, second = build(study), build(study)
    assert first.made_at != second.made_at
    assert first.sha256 == second.sha256
    assert len(first.sha256) == 64
    # Who looks does not matter.
    assert build(cast.access("vera")).sha256 == first.sha256


def test_every_change_of_numbers_rule_or_codebook_changes_the_hash(
    study: Access, cast: Cast, build: Build
) -> None:
    project = study.project
    coder = project.memberships.get(label="c1")
    context = project.codes.get(key="context")
    hashes = [
        build(study, **spec).sha256
        for spec in (
            {},
            {"unit": "codings"},
            {"layer": "consensus"},
            {"kinds": ("interview",)},
            {"coders": (coder.pk,)},
            {"codes": (context.pk,)},
        )
    ]
    source = project.sources.get(key="N-int1")
    text = source.content.text
    add_codings(
        access=cast.access("cora"),
        source=source,
        start=0,
        end=5,
        quote=text[0:5],
        codes=[project.codes.get(key="intranet")],
    )
    hashes.append(build(study).sha256)
    change_code(
        access=study,
        code=context,
        name="Conditions",
        parent=None,
        definition=context.definition,
        colour=context.colour,
        heading_only=False,
    )
    hashes.append(build(study).sha256)
    assert len(set(hashes)) == len(hashes)


def test_a_coding_with_the_same_numbers_still_changes_the_hash(
    study: Access, cast: Cast, build: Build
) -> None:
    """Coding alike what is coded already leaves the segments, but not the state of the evidence."""
    row = Coding.objects.filter(source__project=study.project).select_related("source")[0]
    before = build(study)
    factories.coding(row.source, row.code, cast.access("cody").membership, row.start, row.end)
    after = build(study)
    assert [[c.value for c in line] for line in before.cells] == [
        [c.value for c in line] for line in after.cells
    ]
    assert before.sha256 != after.sha256


def test_the_notes_name_a_chosen_coder_who_has_coded_nothing(
    study: Access, cast: Cast, build: Build
) -> None:
    table = build(study, coders=(cast.access("cora").membership.pk,))
    assert dict(table.notes)["Coders counted"] == "Cora"
    assert dict(table.notes)["n"] == "2 cases, 16 documents, 0 codings"
    assert {state for state, _why, _value in states(table).values()} == {"not_coded"}


def test_double_coding_is_said(study: Access, build: Build, shared: Path) -> None:
    coders: dict[str, set[str]] = {}
    for line in (shared / "study" / "codings.csv").read_text().splitlines()[1:]:
        _id, doc, _code, coder, *_rest = line.split(",")
        coders.setdefault(doc, set()).add(coder)
    double = sum(len(who) > 1 for who in coders.values())
    assert double > 0
    assert build(study).double_coded == double
    assert f"{double} of 16 documents were coded by two or more people" in dict(
        build(study).notes
    ).get("Mixed coding", "")
    coder = study.project.memberships.get(label="c1")
    assert "Mixed coding" not in dict(build(study, coders=(coder.pk,)).notes)


# --- the pages -----------------------------------------------------------------------------------


def grow(project: Project, coder: Membership, number: int) -> None:
    """``number`` more of everything that the matrix page lists."""
    for n in range(number):
        case = Case.objects.create(project=project, key=f"g{n}", name=f"G{n}", position=50 + n)
        person = factories.participant(project, f"G{n}")
        CaseParticipant.objects.create(case=case, participant=person)
        code = factories.code(project, f"Grown{n}")
        source = factories.source(
            project,
            f"grown{n}",
            f"INT: Why {n}?\nG{n}: We share the pages with everybody, {n} times.\n",
            case=case,
            people={f"G{n}": person},
        )
        factories.coding(source, code, coder, 14, 22)
        factories.coding(source, code, coder, 24, 30)
        extra = factories.member(project, None, "coder", f"helper {n}")
        factories.coding(source, code, extra, 14, 20)


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        response = client.get(address)
    assert response.status_code == 200
    return len(seen)


@pytest.mark.parametrize("items", [1, 3])
def test_the_pages_take_a_constant_number_of_queries(
    cast: Cast, client: Client, items: int
) -> None:
    grow(cast.alder, cast.access("cora").membership, items)
    client.force_login(cast.vera)
    home = f"/projects/{cast.alder.pk}/"
    code = Code.objects.get(project=cast.alder, name="Grown0")
    row = Case.objects.get(project=cast.alder, key="g0")
    # One of them for the note about codings that wait for a review after a correction, one for
    # whether there is an agreed layer to offer.
    assert queries_of(client, home + "matrix/") == 22
    cell_page = f"{home}matrix/cell/?row={row.pk}&column={code.pk}"
    assert queries_of(client, cell_page) == 16
    assert queries_of(client, home + "cases/") == 6


def test_the_cell_page_lists_as_much_as_the_number_says(
    study: Access, cast: Cast, client: Client
) -> None:
    client.force_login(cast.vera)
    case = study.project.cases.get(key="northfield")
    code = study.project.codes.get(key="intranet")
    address = f"/projects/{study.project.pk}/matrix/cell/?row={case.pk}&column={code.pk}"
    page = client.get(address).content.decode()
    # 30 in the reference tables.
    assert page.count('<li class="passage">') == 30
    assert "The list has 30 entries." in page
    assert client.get(address.replace("row=", "row=9")).status_code == 404
    assert client.get(address + "x").status_code == 404
    assert client.get(f"/projects/{study.project.pk}/matrix/cell/").status_code == 404


def test_long_lists_are_cut_into_pages(study: Access, cast: Cast, client: Client) -> None:
    client.force_login(cast.vera)
    code = study.project.codes.get(key="process_gain")
    address = f"/projects/{study.project.pk}/matrix/cell/?row=0&column={code.pk}"
    counts = [
        client.get(f"{address}&page={n}").content.decode().count('<li class="passage">')
        for n in range(1, 6)
    ]
    # 80 + 159 segments in the reference tables, fifty a page.
    assert counts == [50, 50, 50, 50, 39]


def test_the_page_of_an_empty_project_says_what_is_missing(cast: Cast, client: Client) -> None:
    client.force_login(cast.vera)
    response = client.get(f"/projects/{cast.alder.pk}/matrix/")
    assert response.status_code == 200
    assert "Nothing to compare yet" in response.content.decode()


def test_a_note_says_how_many_codings_wait_after_a_correction(cast: Cast) -> None:
    world = factories.world(cast.alder)
    me = cast.access("cora").membership
    start = factories.TEXT.index("naïve or not")
    factories.coding(world.source, world.intranet, me, start, start + 12)
    access = cast.access("liam")

    def notes() -> dict[str, str]:
        return dict(build(access, read_spec(access, QueryDict(""))).notes)

    assert "Corrected transcripts" not in notes()
    replace_text(
        access=access,
        source=world.source,
        text=factories.TEXT.replace("naïve", "naive"),
        expected_version=1,
        because="edited",
    )
    assert notes()["Corrected transcripts"].startswith("1 coding waits for a review")


# --- the agreed layer ----------------------------------------------------------------------------


@pytest.fixture
def decided(cast: Cast) -> tuple[factories.World, Source]:
    """Two interviews coded twice alike, of which one has an agreed coding: shorter, and one code
    less. Cora 41–60 Intranet and 70–80 Solving, Cody 50–64 Intranet, in both."""
    world = factories.world(cast.alder)
    other = factories.source(cast.alder, "int2", factories.TEXT + "P1: Yes.\n", case=world.case)
    liam, cora, cody = (cast.access(who).membership for who in ("liam", "cora", "cody"))
    held = factories.opened_round(cast)
    for source in (world.source, other):
        factories.coding(source, world.intranet, cora, 41, 60)
        factories.coding(source, world.solving, cora, 70, 80)
        factories.coding(source, world.intranet, cody, 50, 64)
    factories.share(held, world.source, cora, [(world.intranet, 41, 60), (world.solving, 70, 80)])
    factories.share(held, world.source, cody, [(world.intranet, 50, 64)])
    access = cast.access("liam")
    adjudication.make_comparisons(access=access, held=held)
    border, missed = Comparison.objects.filter(round=held)
    adjudication.decide(access=access, compared=border, decision="intersection")
    adjudication.decide(access=access, compared=missed, decision="rejected")
    assert liam.pk == border.round.agreed.get().coder_id
    return world, other


def test_the_agreed_coding_takes_the_place_of_the_others(
    cast: Cast, decided: tuple[factories.World, Source], build: Build, cell: Find
) -> None:
    access = cast.access("vera")
    for layer, intranet, solving in (("union", 23 + 23, 10 + 10), ("agreed", 10 + 23, 0 + 10)):
        table = build(access, unit="chars", layer=layer)
        assert cell(table, "north", "intranet").value == intranet
        assert cell(table, "north", "solving").value == solving
    notes = dict(table.notes)
    assert notes["Agreed coding"] == (
        "Agreed coding exists for 1 of 2 documents; the others are counted as their coders left "
        "them."
    )
    assert notes["Coders"].startswith("Where a document has an agreed coding, that alone")
    assert notes["n"] == "1 cases, 2 documents, 4 codings"
    assert notes["Mixed coding"].startswith("1 of 2 documents were coded by two or more people")
    assert "Agreed coding" not in dict(build(access).notes)
    assert table.spec.query() == "unit=chars&layer=agreed"


def test_a_chosen_coder_does_not_leave_out_what_was_agreed(
    cast: Cast, decided: tuple[factories.World, Source], build: Build, cell: Find
) -> None:
    cody = cast.access("cody").membership.pk
    table = build(cast.access("vera"), unit="chars", layer="agreed", coders=(cody,))
    assert cell(table, "north", "intranet").value == 10 + 14
    assert dict(table.notes)["n"] == "1 cases, 2 documents, 2 codings"


def test_what_was_agreed_not_to_be_coded_was_looked_for(
    cast: Cast, decided: tuple[factories.World, Source], build: Build, cell: Find
) -> None:
    _world, other = decided
    Coding.objects.filter(source=other).delete()
    table = build(cast.access("vera"), layer="agreed")
    assert cell(table, "north", "solving").state.state == "none"
    assert table.rows[0].documents_coded == 1


def test_the_list_behind_an_agreed_number_says_so(
    cast: Cast, client: Client, decided: tuple[factories.World, Source]
) -> None:
    world, _other = decided
    client.force_login(cast.vera)
    base = f"/projects/{cast.alder.pk}/matrix/"
    query = f"layer=agreed&row={world.case.pk}&column={world.intranet.pk}"
    page = client.get(f"{base}cell/?{query}").content.decode()
    assert "The list has 2 entries." in page
    assert page.count("agreed coding") == 1
    assert 'value="agreed" selected' in client.get(f"{base}?layer=agreed").content.decode()
    tidy = client.get(f"{base}export/tidy/?layer=agreed").content.decode()
    assert '"agreed"' in tidy
    wide = client.get(f"{base}export/wide/?layer=agreed").content.decode()
    assert "Agreed coding exists for 1 of 2 documents" in wide


def test_what_stayed_open_when_a_round_was_closed_is_told(
    cast: Cast, decided: tuple[factories.World, Source], build: Build
) -> None:
    missed = Comparison.objects.get(kind="missed")
    adjudication.decide(access=cast.access("liam"), compared=missed, decision="")
    access = cast.access("vera")
    assert "exists for 0 of 2" in dict(build(access, layer="agreed").notes)["Agreed coding"]
    missed.round.state = "closed"
    missed.round.save()
    assert dict(build(access, layer="agreed").notes)["Agreed coding"].endswith(
        "1 place was not decided when its round was closed, and is not in it."
    )
