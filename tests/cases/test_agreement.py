"""The agreement of a round: figures worked out by hand, files equal to the page, what is kept."""

import csv
import io
from datetime import timedelta
from fractions import Fraction
from typing import Any

import docx
import krippendorff
import numpy as np
import openpyxl
import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from cases.agreement import (
    Agreement,
    Figure,
    Waiting,
    build,
    building,
    code_places,
    methods,
    over_time,
    read_spec,
    stamp,
)
from cases.agreement.over_time import same_coder_twice, trend
from cases.agreement.places import spots
from cases.agreement.report import unit_sentence
from cases.models import Case, CaseSource
from cases.services.trash import remove_case
from coding import agreement as evidence
from coding.models import AgreementCount, Assignment, Code, CodebookVersion, Round, Source
from coding.queries import lanes
from coding.services import agreement as counting
from coding.services.adjudication import make_comparisons
from coding.services.codebook import merge_codes
from coding.services.trash import remove_source, restore_source
from coding.services.versions import replace_text
from projects.access import Access
from projects.models import Event, Job
from tests import factories
from tests.cases import rounds
from tests.factories import Cast

pytestmark = pytest.mark.django_db
Small = tuple[Round, dict[str, Code], list[Source]]


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def figures(access: Access, held: Round, query: str = "") -> Agreement:
    seen = evidence.evidence(access, held)
    found = build(access, seen, read_spec(seen, QueryDict(query)))
    assert isinstance(found, Agreement)
    return found


def value(figure: Figure) -> float:
    assert figure.value is not None, figure.reason
    return figure.value


def base(cast: Cast, held: Round) -> str:
    return f"/projects/{cast.alder.pk}/rounds/{held.pk}/agreement/"


# --- figures -------------------------------------------------------------------------------------
# Gains: a, b, c, d = 2, 2, 2, 5; Loss: 1, 0, 0, 10; n = 11. See ``rounds.small``.


def test_each_code_has_the_figures_worked_out_by_hand(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast)
    found = figures(cast.access("olive"), held)
    gains = next(row for row in found.code_rows if row.code.name == "Gains")
    loss = next(row for row in found.code_rows if row.code.name == "Loss")
    assert [row.code.name for row in found.code_rows] == ["Gains", "Loss"]
    assert gains.applications == (4, 4)
    assert (gains.total, gains.rare, loss.total, loss.rare) == (8, False, 2, True)
    assert gains.prevalence == pytest.approx(8 / 22)
    expected = {
        "percent": Fraction(7, 11),
        "f1": Fraction(1, 2),
        "kappa": Fraction(3, 14),
        "alpha": Fraction(1, 4),
        "ac1": Fraction(21, 65),
        "pabak": Fraction(3, 11),
    }
    for name, share in expected.items():
        assert value(gains.figures[name]) == pytest.approx(float(share), abs=1e-12), name
        assert value(loss.figures[name]) == pytest.approx(1), name
        assert gains.figures[name].n == 11
    assert gains.figures["kappa"].coefficient.observed == pytest.approx(7 / 11)
    assert gains.figures["kappa"].coefficient.expected == pytest.approx(65 / 121)


def test_all_codes_are_averaged_before_the_formula(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast)
    found = figures(cast.access("olive"), held)
    assert value(found.headline["kappa"]) == pytest.approx(8 / 19)
    assert value(found.headline["alpha"]) == pytest.approx(17 / 38)
    assert value(found.headline["percent"]) == pytest.approx(9 / 11)
    assert value(found.headline["f1"]) == pytest.approx(3 / 4)
    assert found.headline["alpha"].low is None
    assert "at least 5 sources" in found.headline["alpha"].why_no_interval
    assert unit_sentence(found) == "11 speaker turns in 1 source by 2 coders"


def test_other_units(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast)
    olive = cast.access("olive")
    length = sources[0].length
    tables = {
        "turn": (2, 2, 2, 5),
        "sentence": (2, 2, 2, 5),
        "paragraph": (2, 2, 2, 5),
        "character": (6, 6, 6, length - 18),
        "overlap": (4, 2, 2, 0),
        "source": (1, 0, 0, 0),
    }
    for unit, expected in tables.items():
        found = figures(olive, held, f"unit={unit}")
        (row,) = (row for row in found.pair_rows() if row.code.name == "Gains")
        assert (row.a, row.b, row.c, row.d) == expected, unit
    found = figures(olive, held, "unit=overlap")
    assert value(found.code_rows[0].figures["percent"]) == pytest.approx(1 / 2)
    assert found.code_rows[0].figures["kappa"].value is None
    assert "nobody coded" in found.code_rows[0].figures["kappa"].reason


def test_cases_are_a_unit(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 3)
    north = Case.objects.create(project=cast.alder, key="n", name="North")
    south = Case.objects.create(project=cast.alder, key="s", name="South")
    for case, source in ((north, sources[0]), (north, sources[1]), (south, sources[2])):
        CaseSource.objects.create(case=case, source=source)
    cody = cast.access("cody").membership
    Assignment.objects.filter(coder=cody, source=sources[2]).update(passages=[])
    found = figures(cast.access("olive"), held, "unit=case")
    (row,) = (row for row in found.pair_rows() if row.code.name == "Gains")
    assert (row.a, row.b, row.c, row.d) == (1, 0, 1, 0)
    assert [row.title for row in found.source_rows] == ["South", "North"]
    assert unit_sentence(found) == "2 cases by 2 coders"


def test_a_code_that_nobody_applied_has_no_figure_and_says_why(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast)
    factories.code(cast.alder, "Unused")
    found = figures(cast.access("olive"), held)
    row = found.code_rows[-1]
    assert (row.code.name, row.total, row.rare) == ("Unused", 0, True)
    assert row.figures["alpha"].value is None
    assert row.figures["alpha"].reason == "None of these coders applied the code."
    assert row.figures["percent"].value == 1
    page = browser(cast.olive).get(base(cast, held)).content.decode()
    assert "None of these coders applied the code." in page


def test_five_sources_have_an_interval_by_leaving_each_out(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 5)
    cody = cast.access("cody").membership
    # Cody left out Gains in the first two sources: 0, 4, 0, 7 there.
    Assignment.objects.filter(coder=cody, source__in=sources[:2]).update(passages=[])
    found = figures(cast.access("olive"), held)
    row = next(row for row in found.code_rows if row.code.name == "Gains")
    # By hand, from tables of the sources: kappa of the sum, and of the sums without each.
    tables = [(0, 4, 0, 7)] * 2 + [(2, 2, 2, 5)] * 3

    def kappa(rows: list[tuple[int, ...]]) -> float:
        a, b, c, d = (sum(column) for column in zip(*rows, strict=True))
        n = a + b + c + d
        chance = ((a + b) * (a + c) + (c + d) * (b + d)) / n**2
        return ((a + d) / n - chance) / (1 - chance)

    without = np.array([kappa(tables[:n] + tables[n + 1 :]) for n in range(5)])
    error = np.sqrt(4 / 5 * ((without - without.mean()) ** 2).sum())
    figure = row.figures["kappa"]
    assert value(figure) == pytest.approx(kappa(tables))
    # The 97.5 % quantile of t with four degrees of freedom, from a printed table.
    assert figure.low == pytest.approx(kappa(tables) - 2.7764451 * error, abs=1e-6)
    assert figure.high == pytest.approx(kappa(tables) + 2.7764451 * error, abs=1e-6)


def test_the_bootstrap_is_the_same_for_the_same_seed(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 6)
    cody = cast.access("cody").membership
    Assignment.objects.filter(coder=cody, source=sources[0]).update(passages=[])
    olive = cast.access("olive")

    def interval(seed: int) -> tuple[float | None, float | None]:
        query = f"interval=bootstrap&seed={seed}&resamples=400"
        figure = figures(olive, held, query).headline["alpha"]
        return figure.low, figure.high

    assert interval(7) == interval(7)
    page = browser(cast.olive).get(base(cast, held) + "?interval=bootstrap&seed=7")
    assert "seed 7" in page.content.decode()


def test_coders_against_the_others_and_two_by_two(cast: Cast) -> None:
    held, codes, (source,) = rounds.small(cast)
    liam = cast.access("liam").membership
    rounds.share(held, source, liam, rounds.in_turns(codes["Gains"], 0, 1, 2, 3))
    found = figures(cast.access("olive"), held, "measure=percent")
    labels = {label: pk for pk, label in found.coders}
    assert list(labels) == ["Cody", "Cora", "Liam"]
    assert value(found.heat[labels["Cora"], labels["Liam"]]) == pytest.approx(
        (11 / 11 + 10 / 11) / 2
    )
    assert value(found.heat[labels["Liam"], labels["Cora"]]) == pytest.approx(21 / 22)
    by_name = {label: value(row["percent"]) for label, row in found.against}
    # Cody: 7 + 7 of 22 for Gains, 11 + 10 of 22 for Loss.
    assert by_name["Cody"] == pytest.approx((14 / 22 + 21 / 22) / 2)
    # Krippendorff's own program for three coders and the two codes one by one.
    for n, name in enumerate(("Gains", "Loss")):
        marked = [
            {"Cody": {2, 3, 4, 5}, "Cora": {0, 1, 2, 3}, "Liam": {0, 1, 2, 3}},
            {"Cody": {9}, "Cora": {9}, "Liam": set()},
        ][n]
        data = [[float(t in turns) for t in range(11)] for turns in marked.values()]
        expected = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        row = next(row for row in found.code_rows if row.code.name == name)
        assert value(row.figures["alpha"]) == pytest.approx(expected, abs=1e-12)


def test_what_one_said_where_another_said_something_else(cast: Cast) -> None:
    held, codes, (_source,) = rounds.small(cast)
    cody = cast.access("cody").membership
    places = rounds.in_turns(codes["Loss"], 0, 1) + rounds.in_turns(codes["Gains"], 2)
    Assignment.objects.filter(coder=cody).update(
        passages=[[0, code.pk, start, end] for code, start, end in places]
    )
    found = figures(cast.access("olive"), held)
    said = {
        (one.first.name, one.second.name if one.second else None): one.n for one in found.confused
    }
    # Cora: Gains 0-3, Loss 9. Cody: Loss 0-1, Gains 2.
    assert said == {("Gains", "Loss"): 2, ("Gains", None): 1, ("Loss", None): 1}


# --- whom and what -------------------------------------------------------------------------------


def test_who_has_not_finished_is_missing_and_the_page_says_so(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 3)
    cody = cast.access("cody").membership
    Assignment.objects.filter(source=sources[0], coder=cody).update(finished_at=None)
    found = figures(cast.access("olive"), held)
    assert found.sources == 2
    assert found.waiting == [("Interview S0", "not yet finished by Cody")]
    (row,) = (row for row in found.pair_rows() if row.code.name == "Gains")
    assert (row.a, row.b, row.c, row.d) == (4, 4, 4, 10)
    page = browser(cast.olive).get(base(cast, held)).content.decode()
    assert "2 of 3 sources count." in page
    assert "Interview S0: not yet finished by Cody" in page


def test_filters_are_sums_of_what_is_kept(cast: Cast) -> None:
    held, codes, sources = rounds.small(cast, 3)
    olive = cast.access("olive")
    found = figures(olive, held, f"source={sources[1].pk}&code={codes['Gains'].pk}")
    assert found.sources == 1
    assert [row.code.name for row in found.code_rows] == ["Gains"]
    assert value(found.code_rows[0].figures["alpha"]) == pytest.approx(1 / 4)
    assert AgreementCount.objects.count() == 3


@pytest.mark.parametrize(
    "query", ["unit=verse", "code=999", "source=999", "coder=999", "seed=x", "interval=guess"]
)
def test_an_address_that_means_nothing_is_refused(cast: Cast, query: str) -> None:
    held, _codes, _sources = rounds.small(cast)
    assert browser(cast.olive).get(f"{base(cast, held)}?{query}").status_code == 400


def test_one_coder_alone_is_no_agreement(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast)
    cora = cast.access("cora").membership
    answer = browser(cast.olive).get(f"{base(cast, held)}?coder={cora.pk}")
    assert answer.status_code == 400


def test_branches_count_as_one_code(cast: Cast) -> None:
    held, codes, (_source,) = rounds.small(cast)
    codes["Loss"].parent = codes["Gains"]
    codes["Loss"].save()
    found = figures(cast.access("olive"), held, "rollup=1")
    (row,) = found.pair_rows()
    # Turn 9 has the branch from both as well: 3, 2, 2, 4.
    assert (row.code.name, row.a, row.b, row.c, row.d) == ("Gains", 3, 2, 2, 4)
    assert found.code_rows[0].applications == (5, 5)


def test_a_merged_code_counts_as_the_one_it_was_merged_into(cast: Cast) -> None:
    held, codes, _sources = rounds.small(cast)
    Code.objects.filter(pk=codes["Loss"].pk).update(
        merged_into=codes["Gains"], retired_at=timezone.now()
    )
    found = figures(cast.access("olive"), held)
    (row,) = found.pair_rows()
    assert (row.code.name, row.a, row.b, row.c, row.d) == ("Gains", 3, 2, 2, 4)
    assert found.held.merged == [("Loss", "Gains")]


def test_the_frozen_codebook_says_which_codes_are_compared(cast: Cast) -> None:
    held, codes, _sources = rounds.small(cast)
    factories.code(cast.alder, "Later")
    entry = {"guid": str(codes["Gains"].guid), "heading_only": False}
    held.codebook = CodebookVersion.objects.create(
        project=cast.alder,
        number=1,
        name="Pilot",
        content=[entry],
        sha256="f" * 64,
        made_by=cast.access("olive").membership,
    )
    held.save()
    found = figures(cast.access("olive"), held)
    # Loss was not on offer, and was used all the same.
    assert [line.name for line in found.codes] == ["Gains", "Loss"]


def test_a_round_that_is_blind_shows_nothing(cast: Cast) -> None:
    held, codes, _sources = rounds.small(cast)
    Round.objects.filter(pk=held.pk).update(state="running")
    owner = browser(cast.olive)
    for path in ("", "report/", f"{codes['Gains'].pk}/", "export/xlsx/", "export/units/"):
        answer = owner.get(base(cast, held) + path)
        assert answer.status_code == 403, path
    assert "still blind" in owner.get(base(cast, held)).content.decode()


def test_sources_that_one_codes_blindly_in_another_round_are_left_out(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 3)
    running = rounds.opened(cast.alder, 2, state="running")
    rounds.share(running, sources[0], cast.access("cora").membership, None)
    found = figures(cast.access("cora"), held)
    assert found.sources == 2
    page = browser(cast.cora).get(base(cast, held)).content.decode()
    assert "1 of the sources are left out, because you are coding them blindly" in page
    assert sources[0].title not in page
    assert figures(cast.access("olive"), held).sources == 3


def test_only_sources_that_two_of_the_chosen_coders_finished_are_spoken_of(cast: Cast) -> None:
    held, codes, sources = rounds.small(cast, 3)
    liam = cast.access("liam").membership
    rounds.share(held, sources[0], liam, rounds.in_turns(codes["Gains"], 2))
    cody = cast.access("cody").membership
    found = figures(cast.access("olive"), held, f"coder={liam.pk}&coder={cody.pk}")
    assert unit_sentence(found) == "11 speaker turns in 1 source by 2 coders"
    words = methods(found)[0]
    assert words.startswith("2 coders independently and blindly coded 1 of 3 sources (33 % of")
    assert dict(stamp(found))["n"].startswith("1 of 3 sources of the round count")
    every = figures(cast.access("olive"), held)
    assert (
        "coded 3 of 3 sources (100 % of the characters), each by at least 2 of them."
        in (methods(every)[0])
    )


def test_sources_of_no_case_play_no_part_where_cases_are_the_unit(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 3)
    north = Case.objects.create(project=cast.alder, key="n", name="North")
    CaseSource.objects.create(case=north, source=sources[1])
    found = figures(cast.access("olive"), held, "unit=case")
    gains = next(row for row in found.code_rows if row.code.name == "Gains")
    assert gains.applications == (4, 4)
    assert "coded 1 of 3 sources" in methods(found)[0]
    assert dict(stamp(found))["Interval"] == "none: that needs at least 5 cases"


def test_what_is_called_kappa_is_named_for_what_it_is(cast: Cast) -> None:
    held, codes, sources = rounds.small(cast, 2)
    liam = cast.access("liam").membership
    client = browser(cast.olive)
    page = client.get(base(cast, held) + "?measure=kappa").content.decode()
    assert "Conger" not in page
    rounds.share(held, sources[0], liam, rounds.in_turns(codes["Gains"], 2))
    page = client.get(base(cast, held) + "?measure=kappa").content.decode()
    assert "<caption>Cohen’s kappa, all codes</caption>" in page
    assert "of all coders together Conger’s, of two coders Cohen’s" in page
    later = rounds.opened(cast.alder, 2)
    for name in ("cora", "cody"):
        place = rounds.in_turns(codes["Gains"], 1)
        rounds.share(later, sources[0], cast.access(name).membership, place)
    # Two coders here, three in the round before: what stands over both rounds is right for both.
    two = client.get(base(cast, later) + "?measure=kappa").content.decode()
    assert '<th scope="col" class="num">Conger’s kappa</th>' in two
    assert "<caption>Cohen’s kappa, all codes</caption>" in two


def test_every_comparison_of_coders_says_its_n(cast: Cast) -> None:
    held, codes, sources = rounds.small(cast, 2)
    liam = cast.access("liam").membership
    rounds.share(held, sources[0], liam, rounds.in_turns(codes["Gains"], 2))
    client = browser(cast.olive)
    rows = {
        row["coder"]: row for row in rows_of(body(client.get(base(cast, held) + "export/coders/")))
    }
    # Cora and Cody share two sources of eleven turns, Liam has one with each of them.
    assert {who: row["n"] for who, row in rows.items()} == {
        "Cora": "33",
        "Cody": "33",
        "Liam": "22",
    }
    assert (rows["Cora"]["n: Cody"], rows["Cora"]["n: Liam"], rows["Cora"]["n: Cora"]) == (
        *("22", "11"),
        "",
    )
    page = client.get(base(cast, held)).content.decode()
    assert "Cody – Cora 22; Cody – Liam 11; Cora – Liam 11." in page
    found = figures(cast.access("olive"), held, "unit=overlap")
    # All passages looked up: Cora 10 and Cody 10 in two sources.
    assert found.n_of("Cora", "Cody") == 20
    page = client.get(base(cast, held) + "?unit=overlap").content.decode()
    assert "n of every figure" not in page
    assert "its own passages that were looked up" in page


def test_with_codes_left_out_nobody_is_said_to_have_coded_nothing(cast: Cast) -> None:
    held, codes, _sources = rounds.small(cast)
    client = browser(cast.olive)
    narrow = f"?code={codes['Gains'].pk}"
    assert "none of these codes" in client.get(base(cast, held) + narrow).content.decode()
    (row,) = rows_of(body(client.get(base(cast, held) + "export/confusion/" + narrow)))
    assert row["the_other"] == "(none of these codes)"
    assert "nothing at all" in client.get(base(cast, held)).content.decode()


# --- what is kept --------------------------------------------------------------------------------


def test_after_a_change_one_source_is_counted_again(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 3)
    olive = cast.access("olive")
    figures(olive, held)
    before = dict(AgreementCount.objects.values_list("source_id", "basis"))
    marks = dict(AgreementCount.objects.values_list("source_id", "pk"))
    AgreementCount.objects.update(counts=b"")  # whatever is read from here on would fail
    with pytest.raises(ValueError, match="damaged"):
        figures(olive, held)
    AgreementCount.objects.all().delete()
    figures(olive, held)
    share = Assignment.objects.get(source=sources[1], coder=cast.access("cody").membership)
    share.passages = share.passages[1:]
    share.save()
    seen = evidence.evidence(olive, held)
    (stored,) = counting.stored([seen], "turn")
    assert [source.id for source in stored.stale] == [sources[1].pk]
    found = figures(olive, held)
    after = dict(AgreementCount.objects.values_list("source_id", "basis"))
    assert {pk for pk in after if after[pk] != before[pk]} == {sources[1].pk}
    assert len(marks) == 3
    (row,) = (row for row in found.pair_rows() if row.code.name == "Gains")
    assert (row.a, row.b, row.c, row.d) == (5, 6, 7, 15)


def test_whatever_changes_no_stale_count_is_shown(cast: Cast) -> None:
    held, codes, sources = rounds.small(cast, 3)
    client, liam = browser(cast.olive), cast.access("liam")
    cody = cast.access("cody").membership
    path = base(cast, held) + "export/pairs/"

    def counted() -> set[int]:
        """The sources that were counted anew for the page, whose figures are those of counting all
        of them anew."""
        before = dict(AgreementCount.objects.values_list("source_id", "basis"))
        assert client.get(base(cast, held)).status_code == 200
        after = dict(AgreementCount.objects.values_list("source_id", "basis"))
        shown = rows_of(body(client.get(path)))
        AgreementCount.objects.all().delete()
        assert rows_of(body(client.get(path))) == shown
        assert dict(AgreementCount.objects.values_list("source_id", "basis")).items() <= (
            after.items()
        )
        client.get(base(cast, held))
        return {pk for pk in after if before.get(pk) != after[pk]}

    ids = [source.pk for source in sources]
    assert counted() == set(ids)
    assert counted() == set()
    # A passage of one source is gone.
    share = Assignment.objects.get(source=sources[1], coder=cody)
    Assignment.objects.filter(pk=share.pk).update(passages=share.passages[1:])
    assert counted() == {ids[1]}
    # Words were put before the eleventh turn of one text: its passages moved along.
    text = sources[2].content.text
    replace_text(
        access=liam,
        source=sources[2],
        text=text.replace("P1: A9.", "P1: Well. A9."),
        expected_version=1,
        because="edited",
    )
    assert counted() == {ids[2]}
    Round.objects.update(state="closed")
    remove_source(access=liam, source=sources[0])
    assert figures(liam, held).sources == 2
    assert counted() == set()
    restore_source(access=liam, source=Source.objects.get(pk=ids[0]))
    assert figures(liam, held).sources == 3
    counted()
    # Every source has both codes.
    merge_codes(access=liam, code=codes["Loss"], into=codes["Gains"])
    assert counted() == set(ids)
    (row,) = rows_of(body(client.get(path)))
    assert row["code"] == "Gains"


def test_cases_and_decisions_in_the_trash_are_not_counted(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 2)
    liam = cast.access("liam")
    made = []
    for n, source in enumerate(sources):
        made.append(Case.objects.create(project=cast.alder, key=f"c{n}", name=f"Case {n}"))
        CaseSource.objects.create(case=made[n], source=source)
    assert figures(liam, held, "unit=case").sources == 2
    remove_case(access=liam, case=made[0])
    found = figures(liam, held, "unit=case")
    assert [row.title for row in found.source_rows] == ["Case 1"]
    make_comparisons(access=liam, held=held)
    held.comparisons.filter(kind="missed").update(decision="rejected")
    both = "Of 8 passages on which the coders differed, 8 were decided on"
    assert both in " ".join(methods(figures(liam, held)))
    Round.objects.update(state="closed")
    remove_source(access=liam, source=sources[0])
    assert "Of 4 passages on which the coders differed, 4 " in " ".join(
        methods(figures(liam, held))
    )


def test_a_viewer_sees_the_figures_and_leaves_nothing(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast)
    page = browser(cast.vera).get(base(cast, held))
    assert page.status_code == 200
    assert "0.250" in page.content.decode()
    assert AgreementCount.objects.count() == 0


def test_a_large_round_waits_for_a_job(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    held, _codes, _sources = rounds.small(cast, 3)
    for module in (building, over_time):
        monkeypatch.setattr(module, "IN_REQUEST", 20)
    seen = evidence.evidence(cast.access("cora"), held)
    found = build(cast.access("cora"), seen, read_spec(seen, QueryDict("")))
    assert found == Waiting(sources=3, passages=30)
    client = browser(cast.cora)
    page = client.get(base(cast, held)).content.decode()
    assert "3 sources with 30 passages are not counted" in page
    for path in ("report/", "export/xlsx/"):
        assert client.get(base(cast, held) + path).status_code == 302
    assert browser(cast.vera).post(base(cast, held) + "count/").status_code == 403
    answer = client.post(base(cast, held) + "count/?measure=f1")
    job = Job.objects.get(kind="agreement")
    assert answer.url == f"/projects/{cast.alder.pk}/jobs/{job.pk}/"
    from projects import jobs

    assert jobs.execute(job.pk) == "done"
    job.refresh_from_db()
    assert job.result == {"next": base(cast, held) + "?measure=f1"}
    assert AgreementCount.objects.count() == 3
    assert "0.214" in client.get(base(cast, held)).content.decode()


# --- over time -----------------------------------------------------------------------------------


def test_rounds_follow_each_other_and_a_changed_codebook_is_marked(cast: Cast) -> None:
    _held, codes, sources = rounds.small(cast)
    olive = cast.access("olive")
    book = CodebookVersion.objects.create(
        project=cast.alder, number=1, name="Two", sha256="a" * 64, made_by=olive.membership
    )
    second = rounds.opened(cast.alder, 2, codebook=book)
    rounds.opened(cast.alder, 3, state="running")
    for name in ("cora", "cody"):
        places = rounds.in_turns(codes["Gains"], 1, 2, 3)
        rounds.share(second, sources[0], cast.access(name).membership, places)
    every = evidence.evidences(olive, list(evidence.rounds(olive)))
    course = trend(olive, figures(olive, second), every)
    assert [point.round.number for point in course.points] == [1, 2]
    assert [point.codebook_changed for point in course.points] == [False, True]
    assert [point.here for point in course.points] == [False, True]
    first, last = (point.figure for point in course.points)
    assert first is not None
    assert last is not None
    assert value(first) == pytest.approx(17 / 38)
    assert value(last) == pytest.approx(1)
    assert course.points[1].y == 14.0


def test_the_same_coder_twice(cast: Cast) -> None:
    _held, codes, (source,) = rounds.small(cast)
    olive = cast.access("olive")
    second = rounds.opened(cast.alder, 2)
    cora, cody = (cast.access(name).membership for name in ("cora", "cody"))
    rounds.share(second, source, cora, rounds.in_turns(codes["Gains"], 0, 1, 2, 3))
    earlier = rounds.in_turns(codes["Gains"], 5)
    rounds.share(second, source, cody, rounds.in_turns(codes["Gains"], 4, 5), earlier)
    every = evidence.evidences(olive, list(evidence.rounds(olive)))
    found = same_coder_twice(figures(olive, second), every)
    assert [(one.coder, one.sources, one.n) for one in found] == [("Cody", 1, 11), ("Cora", 1, 11)]
    # Cody: Gains 5 before, 4 and 5 now: 10 of 11. Cora: Gains equal, Loss in turn 9 gone.
    assert value(found[0].figures["percent"]) == pytest.approx((10 / 11 + 1) / 2)
    assert value(found[1].figures["percent"]) == pytest.approx((1 + 10 / 11) / 2)


# --- files ---------------------------------------------------------------------------------------


def rows_of(content: bytes) -> list[dict[str, str]]:
    lines = content.decode("utf-8-sig").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def body(answer: Any) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content


def test_files_say_what_the_page_says(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 6)
    cody = cast.access("cody").membership
    Assignment.objects.filter(coder=cody, source=sources[0]).update(passages=[])
    client = browser(cast.olive)
    page = client.get(base(cast, held)).content.decode()
    (gains, loss) = rows_of(body(client.get(base(cast, held) + "export/codes/")))
    for row in (gains, loss):
        for name in ("alpha", "alpha_low", "kappa", "kappa_high", "f1", "ac1", "pabak"):
            written = f"{abs(float(row[name])):.3f}"
            assert written in page, (row["code"], name)
        assert f"{100 * float(row['percent']):.1f}" in page
    pairs = rows_of(body(client.get(base(cast, held) + "export/pairs/")))
    assert [(p["code"], p["a"], p["b"], p["c"], p["d"], p["n"]) for p in pairs] == [
        ("Gains", "10", "10", "14", "32", "66"),
        ("Loss", "5", "0", "1", "60", "66"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(client.get(base(cast, held) + "export/xlsx/").content))
    assert book.sheetnames == [
        *("Codes", "Pairs of coders", "Each coder against the others", "Sources"),
        *("Confused codes", "Rules"),
    ]
    head, first, *_rest = book["Codes"].iter_rows(values_only=True)
    assert first[head.index("alpha")] == pytest.approx(float(gains["alpha"]))
    rules = dict(book["Rules"].iter_rows(min_row=2, values_only=True))
    assert rules["Software"] == "coachstudy 0.1.0"
    assert "66 speaker turns in 6 sources by 2 coders" in rules["Unit"]
    assert rules["Made by"] == "Olive"
    paper = docx.Document(io.BytesIO(client.get(base(cast, held) + "export/docx/").content))
    assert len(paper.tables) == 5
    written = [cell.text for cell in paper.tables[1].rows[1].cells]
    assert written[3:8] == ["10", "10", "14", "32", "66"]
    words = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    assert rules["Methods paragraph"] in words
    exported = Event.objects.filter(verb="agreement.exported")
    assert exported.count() == 4


def test_the_raw_table_gives_the_same_alpha_elsewhere(cast: Cast) -> None:
    held, codes, sources = rounds.small(cast, 3)
    liam = cast.access("liam").membership
    rounds.share(held, sources[0], liam, rounds.in_turns(codes["Gains"], 2))
    rounds.share(held, sources[1], liam, None)
    client = browser(cast.olive)
    rows = rows_of(body(client.get(base(cast, held) + "export/units/")))
    assert len(rows) == 3 * 11 * 2
    assert {row["Liam"] for row in rows if row["source"] != "Interview S0"} == {""}
    found = figures(cast.access("olive"), held)
    for line in found.code_rows:
        own = [row for row in rows if row["code"] == line.code.name]
        data = [
            [float(row[who]) if row[who] else np.nan for row in own]
            for who in ("Cody", "Cora", "Liam")
        ]
        expected = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        assert value(line.figures["alpha"]) == pytest.approx(expected, abs=1e-12)


def test_characters_come_as_stretches_with_their_length(cast: Cast) -> None:
    held, _codes, (source,) = rounds.small(cast)
    client = browser(cast.olive)
    rows = rows_of(body(client.get(base(cast, held) + "export/units/?unit=character")))
    own = [row for row in rows if row["code"] == "Gains"]
    assert sum(int(row["weight"]) for row in own) == source.length
    both = sum(int(row["weight"]) for row in own if row["Cora"] == row["Cody"] == "1")
    assert both == 6


def test_the_methods_paragraph_says_what_there_is(cast: Cast) -> None:
    held, _codes, sources = rounds.small(cast, 5)
    cody = cast.access("cody").membership
    Assignment.objects.filter(coder=cody, source=sources[0]).update(passages=[])
    found = figures(cast.access("olive"), held)
    words = methods(found)
    assert words[0] == (
        "2 coders independently and blindly coded 5 of 5 sources (100 % of the characters)."
    )
    assert words[1] == (
        "Agreement was computed on 55 speaker turns (code present or absent), on what the coders"
        " had left before any discussion."
    )
    text = " ".join(words)
    assert "delete-one-source jackknife" in text
    assert "The lower limit lay below .667 for Gains, Loss." in text
    cast.alder.agreement_advice = False
    cast.alder.save()
    assert "lower limit" not in " ".join(methods(figures(cast.access("olive"), held)))
    few = methods(figures(cast.access("olive"), held, f"source={sources[0].pk}"))
    assert "CI" not in " ".join(few)


def test_blindly_is_said_only_of_what_was_coded_blindly(cast: Cast) -> None:
    held, codes, (source,) = rounds.small(cast)
    olive, cora = cast.access("olive"), cast.access("cora").membership
    assert " independently and blindly coded" in methods(figures(olive, held))[0]
    before = factories.coding(source, codes["Gains"], cora, 4, 7)
    before.created_at = held.started_at - timedelta(days=1)
    before.save()
    share = Assignment.objects.get(coder=cora)
    share.passages[0][0] = before.pk
    share.save()
    words = methods(figures(olive, held))[0]
    assert words.startswith("2 coders independently coded 1 of 1 sources")


def test_fewer_than_five_sources_have_no_interval_anywhere(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast, 4)
    for query in ("", "interval=bootstrap"):
        found = figures(cast.access("olive"), held, query)
        assert dict(stamp(found))["Interval"] == "none: that needs at least 5 sources"


def test_there_is_no_raw_table_of_nothing(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast)
    Assignment.objects.update(finished_at=None)
    client = browser(cast.olive)
    for fmt in ("units", "codes", "xlsx"):
        answer = client.get(base(cast, held) + f"export/{fmt}/")
        assert answer.status_code == 400, fmt
        assert "No source has been finished by two people" in answer.content.decode()


def test_advice_can_be_switched_off(cast: Cast) -> None:
    held, _codes, _sources = rounds.small(cast, 5)
    client = browser(cast.olive)
    assert 'data-advice="below"' in client.get(base(cast, held)).content.decode()
    answer = client.post(f"/projects/{cast.alder.pk}/edit/", {"title": "Alder study"})
    assert answer.status_code == 302
    assert "data-advice" not in client.get(base(cast, held)).content.decode()


# --- the words behind a figure -------------------------------------------------------------------


def test_a_code_opens_its_arithmetic_and_its_passages(cast: Cast) -> None:
    held, codes, (source,) = rounds.small(cast)
    page = browser(cast.olive).get(f"{base(cast, held)}{codes['Gains'].pk}/").content.decode()
    assert "Po = (a + d) ÷ n = (2 + 5) ÷ 11 = 0.6364" in page
    assert "(4 × 4 + 7 × 7) ÷ 11² = 0.5372" in page
    assert "2 × 8 × 14 ÷ (22 × 21) = 0.4848" in page
    assert "F1 = 2a ÷ (2a + b + c) = 4 ÷ 8 = 0.5000" in page
    assert f"/projects/{cast.alder.pk}/sources/{source.pk}/?at=4-7" in page
    assert "left it out" in page


def test_a_place_leads_to_the_review_where_there_is_one(cast: Cast) -> None:
    held, codes, (source,) = rounds.small(cast)
    path = f"{base(cast, held)}{codes['Gains'].pk}/"
    client = browser(cast.olive)
    assert "Talk about it" not in client.get(path).content.decode()
    make_comparisons(access=cast.access("liam"), held=held)
    page = client.get(path).content.decode()
    places = held.comparisons.filter(code=codes["Gains"])
    assert page.count("Talk about it in the review") == places.count() == 6
    for place in places:
        query = f"?code={codes['Gains'].pk}&amp;at={place.pk}"
        address = f"/projects/{cast.alder.pk}/rounds/{held.pk}/review/{source.pk}/"
        assert address + query in page
        answer = client.get((address + query).replace("&amp;", "&"))
        assert answer.context["desk"].current.id == place.pk


def test_without_names_in_the_review_there_are_none_beside_the_places(cast: Cast) -> None:
    held, codes, (source,) = rounds.small(cast)
    Round.objects.update(anonymous=True)
    held.refresh_from_db()
    names = {lane.coder: lane.name for lane in lanes(held, source)}
    found = figures(cast.access("olive"), held)
    places = code_places(found, found.held.every.lines[codes["Gains"].pk])
    first = next(spot for spot in spots(found, places.found) if spot.start == 4)
    cora, cody = (cast.access(name).membership.pk for name in ("cora", "cody"))
    assert (first.marked, first.lacking) == ([(names[cora], "")], [(names[cody], "")])
    assert names[cora] in ("Coder A", "Coder B")


def test_the_queries_do_not_grow(cast: Cast, django_assert_num_queries: Any) -> None:
    held, codes, sources = rounds.small(cast, 1)
    client = browser(cast.olive)
    first = base(cast, held)
    code = codes["Gains"].pk
    later = rounds.opened(cast.alder, 2)
    paths = {"": PAGE, f"{code}/": CODE, "report/": REPORT}
    for path in paths:
        client.get(first + path)
    for path, queries in paths.items():
        with django_assert_num_queries(queries):
            client.get(first + path)
    for n in range(5):
        factories.code(cast.alder, f"More {n}")
    cora, cody = (cast.access(name).membership for name in ("cora", "cody"))
    for n in range(4):
        source = rounds.ten_turns(cast.alder, f"T{n}")
        for who in (cora, cody):
            rounds.share(held, source, who, rounds.in_turns(codes["Gains"], n))
    for who in (cora, cody):
        rounds.share(later, sources[0], who, rounds.in_turns(codes["Gains"], 1))
    for path in paths:
        client.get(first + path)
    for path, queries in paths.items():
        with django_assert_num_queries(queries):
            client.get(first + path)


PAGE, CODE, REPORT = 11, 13, 14
