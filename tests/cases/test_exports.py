"""The matrix as files: the same numbers as on the page, stamped, and without formulas."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from cases import exports
from cases.matrix import Matrix
from cases.models import Case
from projects.access import Access
from projects.models import Event
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

Build = Callable[..., Matrix]
Same = Callable[[Any, Any], bool]
# unit -> name in the reference tables
UNITS = {
    "segments": "segments_union",
    "codings": "codings",
    "words": "words",
    "per_1000_words": "per_1000_words",
    "per_1000_participant_words": "per_1000_participant_words",
    "documents_pct": "documents_pct",
}


def csv_rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").splitlines(keepends=True)
    return list(csv.reader(line for line in lines if not line.startswith("#")))


def csv_notes(content: bytes) -> dict[str, str]:
    lines = [x[2:] for x in content.decode("utf-8-sig").splitlines() if x.startswith("# ")]
    return dict(line.split(": ", 1) for line in lines)


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {page.title: list(page.iter_rows(values_only=True)) for page in book}


def numbers(cells: list[Any]) -> list[float]:
    return [float(cell) for cell in cells]


@pytest.fixture
def expected(shared: Path) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, Any] = json.loads((shared / "study" / "expected.json").read_text())
    return found["frequencies"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("unit", UNITS)
def test_every_file_holds_the_reference_numbers(
    study: Access, build: Build, same: Same, expected: Any, unit: str
) -> None:
    table = build(study, unit=unit)
    found: dict[str, dict[tuple[str, str], float]] = {"tidy": {}, "wide": {}, "xlsx": {}}

    head, *rows = csv_rows(exports.export(table, "tidy").content)
    for row in (dict(zip(head, cells, strict=True)) for cells in rows):
        found["tidy"][row["case_id"], row["code_id"]] = float(row["value"])

    head, *rows = csv_rows(exports.export(table, "wide").content)
    for cells in rows:
        for code, value in zip(head[5:], cells[5:], strict=True):
            found["wide"][cells[0], code] = float(value)

    _names, keys, *body = sheets(exports.export(table, "xlsx").content)["Matrix"]
    for line in body:
        for code, value in zip(keys[5:], line[5:], strict=True):
            found["xlsx"][line[0] or "", code] = value

    for cells_of in found.values():
        checked = 0
        for case, codes in expected.items():
            for code, values in codes.items():
                assert same(float(cells_of[case, code]), values[UNITS[unit]]), (case, code)
                checked += 1
        assert checked == 16


def test_tidy_has_one_line_per_case_and_code_with_its_denominator(
    study: Access, build: Build, expected: Any
) -> None:
    head, *rows = csv_rows(exports.export(build(study, unit="per_1000_words"), "tidy").content)
    lines = [dict(zip(head, cells, strict=True)) for cells in rows]
    assert len(lines) == 3 * 8
    assert {line["case_id"] for line in lines} == {"northfield", "southgate", "(all)"}
    for line in lines:
        if line["case_id"] == "(all)":
            continue
        values = expected[line["case_id"]][line["code_id"]]
        names = ("segments", "codings", "documents_with", "documents", "words")
        wanted = ("segments_union", "codings", "documents", "den_documents", "den_words")
        assert [int(line[n]) for n in names] == [values[w] for w in wanted]
        assert int(line["numerator"]) == values["segments_union"]
        assert int(line["denominator"]) == values["den_words"]
        assert line["state"] == "number"
    assert {line["code_path"] for line in lines if line["code_id"] == "intranet"} == {
        "process_gain › intranet"
    }


def test_xlsx_tidy_sheet_says_the_same_as_the_tidy_csv(study: Access, build: Build) -> None:
    table = build(study, unit="per_1000_words")
    head, *rows = csv_rows(exports.export(table, "tidy").content)
    sheet_head, *sheet_rows = sheets(exports.export(table, "xlsx").content)["Tidy"]
    assert list(sheet_head) == head
    assert len(sheet_rows) == len(rows)
    for line, cells in zip(sheet_rows, rows, strict=True):
        for name, value, text in zip(head, line, cells, strict=True):
            if isinstance(value, int | float):
                assert float(text) == pytest.approx(value, rel=1e-12), name
            else:
                assert (value or "") == text, name


def test_every_file_is_stamped(study: Access, build: Build) -> None:
    study.project.synthetic = True
    study.project.save()
    coder = study.project.memberships.get(label="c1")
    table = build(study, unit="words", kinds=("interview",), coders=(coder.pk,))
    day = timezone.localtime(table.made_at).strftime("%Y-%m-%d")
    notes = csv_notes(exports.export(table, "wide").content)
    rules = {row[0]: row[1] for row in sheets(exports.export(table, "xlsx").content)["Rules"][1:]}
    assert rules == notes
    assert notes["Project"] == "Alder study"
    assert notes["Unit"] == "Words"
    assert notes["Counting rule"].startswith("Counts the words with at least one coded character")
    assert notes["Coders"].startswith("The codings of 1 chosen coder are merged")
    assert notes["Coders counted"] == "c1"
    assert notes["Source types"] == "interview"
    assert notes["Denominator"] == "words, per case; see the n of each row."
    assert re.fullmatch(r"2 cases, 12 documents, \d+ codings", notes["n"])
    assert re.fullmatch(
        rf"8 codes, last changed {day} \d\d:\d\d UTC, state [0-9a-f]{{12}}", notes["Codebook"]
    )
    assert re.fullmatch(rf"{day} \d\d:\d\d:\d\d UTC", notes["Made"])
    assert notes["Made by"] == "Olive"
    assert notes["Data"] == "Synthetic: people and words are invented."
    assert notes["Address"] == (
        f"/projects/{study.project.pk}/matrix/?unit=words&kind=interview&coder={coder.pk}"
    )
    assert notes["SHA-256 of the numbers and the rule"] == table.sha256

    head, *rows = csv_rows(exports.export(table, "tidy").content)
    for line in (dict(zip(head, cells, strict=True)) for cells in rows):
        assert line["unit"] == "words"
        assert line["layer"] == "union"
        assert line["coders"] == "c1"
        assert line["source_types"] == "interview"
        assert line["codebook_state"] == notes["Codebook"]
        assert line["made_at"] == table.made_at.isoformat(timespec="seconds")
        assert line["project"] == "Alder study"
        assert line["data"] == "synthetic"
        assert line["rule"] == f"{notes['Counting rule']} {notes['Coders']}"
        assert line["sha256"] == table.sha256


def test_the_notes_do_not_disturb_a_reader_of_the_table(study: Access, build: Build) -> None:
    content = exports.export(build(study), "wide").content.decode("utf-8-sig")
    table, notes = content.split("# ", 1)
    assert len(table.splitlines()) == 4
    assert all(line.startswith("# ") for line in ("# " + notes).splitlines())
    assert '"# ' not in content


def test_empty_cells_say_which_kind_they_are(cast: Cast, build: Build) -> None:
    world = factories.world(cast.alder)
    factories.coding(world.source, world.intranet, cast.access("cora").membership, 40, 50)
    Case.objects.create(project=cast.alder, key="empty", name="Empty", position=5)
    waiting = Case.objects.create(project=cast.alder, key="waiting", name="Waiting", position=6)
    factories.source(cast.alder, "int9", "INT: And?\nP9: Yes.\n", case=waiting)
    refused = Case.objects.create(project=cast.alder, key="refused", name="Refused", position=7)
    no = factories.participant(cast.alder, "P8", consent_use=False)
    factories.source(cast.alder, "int8", "P8: No.\n", case=refused, people={"P8": no})
    paper = Case.objects.create(project=cast.alder, key="paper", name="Paper", position=8)
    doc = factories.source(cast.alder, "doc", "Nobody speaks.", case=paper, kind="document")
    factories.coding(doc, world.solving, cast.access("cora").membership, 0, 6)
    table = build(cast.access("vera"), unit="participants")
    wanted = {
        "north": ["1", "1", "0"],
        "empty": ["not collected"] * 3,
        "waiting": ["not coded yet"] * 3,
        "refused": ["withheld"] * 3,
        "paper": ["n/a"] * 3,
    }
    rows = csv_rows(exports.export(table, "wide").content)
    assert {row[0]: row[5:] for row in rows[1:] if row[0]} == wanted
    _names, _keys, *body = sheets(exports.export(table, "xlsx").content)["Matrix"]
    assert {r[0]: [str(v) for v in r[5:]] for r in body if r[0]} == wanted
    head, *rows = csv_rows(exports.export(table, "tidy").content)
    for line in (dict(zip(head, cells, strict=True)) for cells in rows):
        if line["case_id"] == "north":
            assert line["value"] in ("0", "1")
        elif line["case_id"] in wanted:
            assert (line["value"], line["numerator"], line["segments"]) == ("", "", "")
            assert line["reason"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_name_becomes_a_formula(cast: Cast, build: Build, start: str) -> None:
    evil = f"{start}cmd|'/c calc'!A1"
    project = cast.alder
    project.title = f"Title,{evil}"
    project.save()
    world = factories.world(project)
    world.case.name = world.case.key = evil
    world.case.save()
    for code in (world.gains, world.intranet):
        code.name = evil
        code.save()
    world.solving.key = evil
    world.solving.save()
    coder = factories.member(project, None, "coder", evil)
    factories.coding(world.source, world.intranet, coder, 40, 50)
    table = build(cast.access("olive"))
    starts = ("=", "+", "-", "@", "\t", "\r")
    for fmt in ("tidy", "wide"):
        content = exports.export(table, fmt).content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(content, newline="")))
        assert sum("calc" in cell for row in rows for cell in row) >= 5
        for row in rows:
            for cell in row:
                assert not cell.lstrip(" ").startswith(starts), (fmt, row)
    book = openpyxl.load_workbook(io.BytesIO(exports.export(table, "xlsx").content))
    texts = 0
    for page in book:
        for cells in page.iter_rows():
            for cell in cells:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                if cell.data_type == "s":
                    assert not cell.value.startswith(("=", "+", "-", "@", "\t", "\r"))
                    texts += "calc" in cell.value
    assert texts >= 8


def test_downloads_are_recorded_and_not_kept_by_browsers(
    study: Access, cast: Cast, client: Client
) -> None:
    client.force_login(cast.vera)
    address = f"/projects/{study.project.pk}/matrix/export/"
    day = timezone.localdate().isoformat()
    for fmt, name, kind in (
        ("tidy", f"alder-study-matrix-words-tidy-{day}.csv", "text/csv; charset=utf-8"),
        ("wide", f"alder-study-matrix-words-wide-{day}.csv", "text/csv; charset=utf-8"),
        (
            "xlsx",
            f"alder-study-matrix-words-{day}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ):
        response = client.get(f"{address}{fmt}/?unit=words")
        assert response.status_code == 200
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["Content-Type"] == kind
        assert response["Cache-Control"] == "no-store"
        event = Event.objects.filter(project=study.project)[0]
        assert (event.verb, event.actor, event.label) == ("matrix.exported", cast.vera, name)
        assert event.after["query"] == "unit=words"
        assert re.fullmatch(r"[0-9a-f]{64}", event.after["sha256"])
    assert client.get(f"{address}pdf/").status_code == 404
    assert Event.objects.filter(project=study.project, verb="matrix.exported").count() == 3


def test_what_has_to_be_known_of_a_code_goes_with_its_numbers(
    cast: Cast, build: Build, client: Client
) -> None:
    world = factories.world(cast.alder)
    world.intranet.elicited = True
    world.intranet.save()
    world.solving.retired_at = timezone.now()
    world.solving.save()
    matrix = build(cast.access("liam"))
    head, *lines = csv_rows(exports.export(matrix, "tidy").content)
    told = {line[head.index("code")]: line[head.index("code_notes")] for line in lines}
    assert told == {
        "Gains": "counts codes elicited by the protocol",
        "Intranet": "elicited by the protocol",
        "Solving": "retired",
    }
    notes = csv_notes(exports.export(matrix, "wide").content)
    assert notes["Elicited by the protocol"].startswith("Intranet: the interview asks about it")
    assert notes["Elicited below"] == (
        "Gains: codes below it that the interview asks about are counted in."
    )
    assert notes["Retired codes"].startswith("Solving: nothing new is coded with it")
    client.force_login(cast.vera)
    page = client.get(f"/projects/{cast.alder.pk}/matrix/").content.decode()
    assert page.count("elicited by the protocol: the interview asks about it") == 1
    assert page.count("codes below it are elicited by the protocol") == 2
    cell = f"/projects/{cast.alder.pk}/matrix/cell/?row={world.case.pk}&column="
    for code, words in (
        (world.intranet, "Elicited by the protocol: how often it occurs says little."),
        (world.gains, "Counts codes below it that are elicited by the protocol"),
        (world.solving, ""),
    ):
        listed = client.get(f"{cell}{code.pk}").content.decode()
        assert words in listed
        assert ("licited by the protocol" in listed) == bool(words)
    for code in (world.intranet, world.solving):
        factories.coding(world.source, code, cast.access("cora").membership, 5, 9)
    search = f"/projects/{cast.alder.pk}/search/?code="
    for code, words in (
        (world.intranet, "“Intranet” is elicited by the protocol: how often it occurs says"),
        (world.gains, "Below “Gains” are codes elicited by the protocol"),
        (world.solving, ""),
    ):
        listed = client.get(f"{search}{code.pk}").content.decode()
        assert words in listed
        assert ("elicited by the protocol" in listed) == bool(words)
    codes = client.get(f"/projects/{cast.alder.pk}/codes/").content.decode()
    assert "E: elicited by the protocol; the interview asks about it" in codes
    assert codes.count("codes below it are elicited by the protocol") == 2
    world.intranet.elicited = False
    world.intranet.save()
    page = client.get(f"/projects/{cast.alder.pk}/matrix/").content.decode()
    assert "elicited by the protocol" not in page
