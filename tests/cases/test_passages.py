"""The list behind a number: as long as the number says, with the right words in the right place."""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import passages
from cases.core.counting import UNITS
from cases.matrix import ALL_CASES, Matrix, MatrixCell
from projects.access import Access
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

Build = Callable[..., Matrix]
Find = Callable[[Matrix, str, str], MatrixCell]

LISTED = ("segments", "codings", "documents", "participants", "turns")


@dataclass
class Folder:
    """The reference study read by the test itself, with nothing of ours."""

    path: Path
    texts: dict[str, str] = field(default_factory=dict)
    case: dict[str, str] = field(default_factory=dict)
    parent: dict[str, str] = field(default_factory=dict)
    codings: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for row in self.table("documents"):
            self.case[row["doc_id"]] = row["case"]
            self.texts[row["doc_id"]] = (self.path / row["file"]).read_bytes().decode()
        self.parent = {row["code"]: row["parent"] for row in self.table("codebook")}
        self.codings = self.table("codings")

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.path / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    def runs(self, case: str, code: str, coders_needed: int) -> list[tuple[str, int, int]]:
        """(document, start, end) of the counted stretches, character by character."""
        below = {key for key, parent in self.parent.items() if code in (key, parent)}
        found = []
        for doc in sorted(key for key, home in self.case.items() if home == case):
            own = [r for r in self.codings if r["doc_id"] == doc and r["code"] in below]
            spans = [(int(r["start"]), int(r["end"]), r["coder"]) for r in own]
            length = len(self.texts[doc])
            covered: list[set[str]] = [set() for _ in range(length)]
            # Under union two spans that only touch stay apart: no span covers the seam.
            joined = [False] * (length + 1)
            for start, end, coder in spans:
                for place in range(start, end):
                    covered[place].add(coder)
                for place in range(start + 1, end):
                    joined[place] = True
            begin, inside = 0, False
            for place in range(length + 1):
                now = place < length and len(covered[place]) >= coders_needed
                seam = now and inside and coders_needed == 1 and not joined[place]
                if inside and (not now or seam):
                    found.append((doc, begin, place))
                    inside = False
                if now and not inside:
                    begin, inside = place, True
        return found

    def turn(self, doc: str, place: int) -> tuple[int, str]:
        """Number and label of the turn at a place; every line of the study is one turn."""
        before = self.texts[doc][:place].count("\n") + 1
        line = self.texts[doc].split("\n")[before - 1]
        return before, line.split(":")[0]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Folder:
    return Folder(shared / "study")


@pytest.mark.parametrize("layer", ["union", "consensus"])
def test_every_list_is_as_long_as_its_number(study: Access, build: Build, layer: str) -> None:
    lists = 0
    for unit in LISTED:
        table = build(study, unit=unit, layer=layer)
        for row, line in table.table:
            for cell in line:
                found = passages.entries(table, cell)
                assert len(found) == cell.state.measure.numerator, (unit, row.key, cell.node.path)
                assert {entry.amount for entry in found} <= {1}
                lists += len(found) > 0
    assert lists > 100


@pytest.mark.parametrize("layer", ["union", "consensus"])
def test_the_amounts_of_every_list_add_up(study: Access, build: Build, layer: str) -> None:
    for unit in UNITS:
        table = build(study, unit=unit, layer=layer)
        for row, line in table.table:
            for cell in line:
                total = sum(entry.amount for entry in passages.entries(table, cell))
                assert total == cell.state.measure.numerator, (unit, row.key, cell.node.path)


def assert_context(text: str, passage: passages.Passage) -> None:
    """Up to 80 characters on each side, whole words, with "…" exactly where something is cut."""
    before, after = passage.before.removeprefix("…"), passage.after.removesuffix("…")
    first, last = passage.start - len(before), passage.end + len(after)
    assert text[first : passage.start] == before
    assert text[passage.end : last] == after
    assert max(len(before), len(after)) <= 80
    assert passage.before.startswith("…") == (passage.start > 80)
    assert passage.after.endswith("…") == (len(text) - passage.end > 80)
    if passage.start > 80:
        assert text[first - 1] == " "
    else:
        assert first == 0
    if len(text) - passage.end > 80:
        assert text[last] == " "
    else:
        assert last == len(text)


@pytest.mark.parametrize(("layer", "needed"), [("union", 1), ("consensus", 2)])
def test_segments_have_their_words_place_turn_and_speaker(
    study: Access, folder: Folder, build: Build, cell: Find, layer: str, needed: int
) -> None:
    table = build(study, layer=layer)
    seen = 0
    for case in ("northfield", "southgate"):
        for code in folder.parent:
            shown = passages.lines(study, passages.entries(table, cell(table, case, code)))
            wanted = folder.runs(case, code, needed)
            assert [
                (p.source["key"], p.start, p.end) for li in shown for p in li.passages
            ] == wanted
            for line in shown:
                (passage,) = line.passages
                text = folder.texts[passage.source["key"]]
                assert line.title == ""
                assert passage.text == text[passage.start : passage.end]
                assert_context(text, passage)
                assert passage.at == f"{passage.start}-{passage.end}"
                number, label = folder.turn(passage.source["key"], passage.start)
                assert (passage.turn, passage.speaker) == (number, label)
                seen += 1
    assert seen > (400 if needed == 1 else 20)


def test_codings_are_listed_with_their_coder_and_code(
    study: Access, folder: Folder, build: Build, cell: Find
) -> None:
    table = build(study, unit="codings")
    shown = passages.lines(study, passages.entries(table, cell(table, "northfield", "expertise")))
    wanted = sorted(
        (r["doc_id"], int(r["start"]), int(r["end"]), r["text"], r["coder"])
        for r in folder.codings
        if r["code"] == "expertise" and folder.case[r["doc_id"]] == "northfield"
    )
    assert len(wanted) == 30
    assert (
        sorted(
            (p.source["key"], p.start, p.end, p.text, *p.coders)
            for li in shown
            for p in li.passages
        )
        == wanted
    )
    assert {chip["name"] for li in shown for p in li.passages for chip in p.chips} == {"expertise"}


def test_documents_and_participants_are_listed_by_name_with_their_passages(
    study: Access, folder: Folder, build: Build, cell: Find
) -> None:
    runs = folder.runs("southgate", "expertise", 1)
    table = build(study, unit="documents")
    shown = passages.lines(study, passages.entries(table, cell(table, "southgate", "expertise")))
    assert [line.title for line in shown] == list(dict.fromkeys(doc for doc, _s, _e in runs))
    assert sum(len(line.passages) for line in shown) == len(runs) == 51

    speaker = re.compile(r"[NS]\d\d")
    table = build(study, unit="participants")
    shown = passages.lines(study, passages.entries(table, cell(table, "southgate", "expertise")))
    assert sorted(line.title for line in shown) == ["S01", "S02", "S03", "S04", "S05", "S06"]
    for line in shown:
        assert speaker.fullmatch(line.title)
        assert {p.speaker for p in line.passages} == {line.title}


def test_turns_are_listed_whole(study: Access, folder: Folder, build: Build, cell: Find) -> None:
    table = build(study, unit="turns")
    shown = passages.lines(study, passages.entries(table, cell(table, "northfield", "expertise")))
    assert len(shown) == 21
    bodies = {
        line.split(": ", 1)[1]
        for text in folder.texts.values()
        for line in text.split("\n")
        if ": " in line
    }
    for line in shown:
        (passage,) = line.passages
        assert passage.text in bodies
        assert passage.speaker != "INT"


def test_pseudonyms_stand_in_for_names(cast: Cast, build: Build, cell: Find) -> None:
    world = factories.world(cast.alder)
    world.participant.pseudonym = "Fern"
    world.participant.save()
    text = world.source.content.text
    at = text.index("🙂 naïve")
    coder = cast.access("cora").membership
    factories.coding(world.source, world.intranet, coder, at, at + len("🙂 naïve"))
    access = cast.access("olive")
    table = build(access)
    (line,) = passages.lines(access, passages.entries(table, cell(table, "north", "gains")))
    (passage,) = line.passages
    assert (passage.text, passage.speaker, passage.turn) == ("🙂 naïve", "Fern", 2)
    assert (
        passage.before
        == "INT: How do coaches share materials?\nP1: We put every lesson on the intranet "
    )
    assert_context(text, passage)
    assert passage.coders == ["Cora"]
    assert [chip["name"] for chip in passage.chips] == ["Intranet"]


@pytest.mark.parametrize("around", [79, 80, 81])
def test_only_what_was_cut_off_is_marked_so(
    cast: Cast, build: Build, cell: Find, around: int
) -> None:
    world = factories.world(cast.alder)
    text = "x" * around + "yes" + "z" * around
    other = factories.source(cast.alder, "edge", text, case=world.case, kind="document")
    coder = cast.access("cora").membership
    factories.coding(other, world.intranet, coder, around, around + 3)
    access = cast.access("olive")
    table = build(access)
    (line,) = passages.lines(access, passages.entries(table, cell(table, "north", "intranet")))
    (passage,) = line.passages
    cut = "…" if around > 80 else ""
    most = min(around, 80)
    # One long word: there is no better place to cut than the length.
    assert (passage.before, passage.after) == (cut + "x" * most, "z" * most + cut)


def test_the_number_of_queries_does_not_grow(study: Access, build: Build, cell: Find) -> None:
    table = build(study)
    found = passages.entries(table, cell(table, "southgate", "process_gain"))
    assert len(found) == 159
    for some in (found[:1], found[:3], found):
        with CaptureQueriesContext(connection) as seen:
            passages.lines(study, some)
        assert len(seen) == 4


def test_the_line_of_all_cases_lists_all(study: Access, build: Build) -> None:
    table = build(study)
    (line,) = [cells for row, cells in table.table if row.id == ALL_CASES]
    assert {c.node.code.key: len(passages.entries(table, c)) for c in line} == {
        "context": 30 + 63,
        "curriculum_policy": 15 + 23,
        "reform_context": 9 + 25,
        "collaboration": 6 + 15,
        "process_gain": 80 + 159,
        "intranet": 30 + 61,
        "problem_solving": 27 + 47,
        "expertise": 23 + 51,
    }
