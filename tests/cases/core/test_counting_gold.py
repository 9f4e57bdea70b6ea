"""Counting against the reference tables: the small gold project and the two-district study.

Files are read here by a parser of the test's own, so that an error of ours in reading
transcripts could not hide an error in counting.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cases.core.counting import (
    INTERVIEWER,
    NOBODY,
    OBSERVER,
    PARTICIPANT,
    Codings,
    Column,
    Counts,
    Row,
    Rule,
    SourceText,
    StudyText,
    column_share,
    count,
    drill_down,
    row_share,
    segments,
    value,
)

WORD = re.compile(r"\w+(?:['’\-]\w+)*")
LABEL = re.compile(r"(\w+): ")

# name in the reference tables -> array of Counts
MEASURES = {
    "codings": "codings",
    "segments_union": "segments",
    "segments": "segments",
    "documents": "documents",
    "chars": "chars",
    "words": "words",
    "turns": "turns",
    "speakers": "participants",
    "participants": "participants",
}
# name in the reference tables -> unit whose value it is
RATES = {
    "documents_pct": "documents_pct",
    "per_1000_words": "per_1000_words",
    "per_1000_participant_words": "per_1000_participant_words",
    "words_pct": "words_pct",
    "chars_pct": "coverage_pct",
    "turns_pct": "turns_pct",
}


class Numbered(dict[str, int]):
    """Gives every name a number of its own, far from any position in an array."""

    def __missing__(self, name: str) -> int:
        self[name] = 1000 + 7 * len(self)
        return self[name]


def words_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [(start + m.start(), start + m.end()) for m in WORD.finditer(text[start:end])]


def assert_cell(counts: Counts, row: int, column: int, expected: dict[str, Any]) -> None:
    for name, number in expected.items():
        if name in MEASURES:
            assert getattr(counts, MEASURES[name])[row, column] == number, name
        elif name in RATES:
            measure = value(counts, RATES[name], row, column)
            assert measure.value == pytest.approx(number, rel=1e-12), name
        elif name != "segments_mean_per_coder":
            assert name.startswith("den_"), f"no check for {name}"
            assert getattr(counts, name)[row] == number, name


class Gold:
    """The gold project, with codes and cases as in its file."""

    def __init__(self, folder: Path) -> None:
        data = json.loads((folder / "gold" / "counting_gold.json").read_text(encoding="utf-8"))
        self.expected = data["expected"]
        self.ids = Numbered()
        roles = {"interviewer": INTERVIEWER, "observer": OBSERVER, "coach": PARTICIPANT}
        sources = []
        cases: dict[str, list[int]] = {}
        for document in data["documents"].values():
            text, turns = document["text"], document["turns"]
            sources.append(
                SourceText(
                    self.ids[document["id"]],
                    document["type"],
                    len(text),
                    [turn["start"] for turn in turns],
                    [turn["end"] for turn in turns],
                    [roles[turn["role"]] for turn in turns],
                    [
                        self.ids[turn["speaker"]] if turn["role"] == "coach" else NOBODY
                        for turn in turns
                    ],
                    words_in(text, 0, len(text)),
                )
            )
            cases.setdefault(document["case"], []).append(self.ids[document["id"]])
        self.text = StudyText.build(sources)
        self.codings = Codings.from_rows(
            (n, self.ids[q["doc"]], self.ids[q["code"]], self.ids[q["coder"]], q["start"], q["end"])
            for n, q in enumerate(data["codings"])
        )
        children = {"process_gain": data["parents"]["process_gain"]}
        self.codes = ["intranet", "cps", "expertise", "process_gain"]
        self.columns = [
            Column(self.ids[code], frozenset(self.ids[c] for c in children.get(code, [code])))
            for code in self.codes
        ]
        self.cases = list(cases)
        self.rows = [Row(n, tuple(sources)) for n, sources in enumerate(cases.values())]

    def count(self, rule: Rule) -> Counts:
        return count(self.text, self.codings, self.rows, self.columns, rule)


@pytest.fixture(scope="module")
def gold(shared: Path) -> Gold:
    return Gold(shared)


def gold_cells(gold: Gold, table: str) -> list[tuple[int, int, dict[str, Any]]]:
    cells = [
        (gold.cases.index(case), gold.codes.index(code), numbers)
        for case, by_code in gold.expected[table].items()
        for code, numbers in by_code.items()
    ]
    assert len(cells) >= 6
    return cells


def test_gold_by_case(gold: Gold) -> None:
    counts = gold.count(Rule())
    for row, column, expected in gold_cells(gold, "by_case"):
        assert set(MEASURES) | set(RATES) >= {
            n for n in expected if not n.startswith("den_") and n != "segments_mean_per_coder"
        }
        assert_cell(counts, row, column, expected)


def test_gold_mean_of_coders(gold: Gold) -> None:
    means = gold.count(Rule("coder_mean"))
    unions = gold.count(Rule())
    for row, column, expected in gold_cells(gold, "by_case"):
        assert means.segments[row, column] == expected["segments_mean_per_coder"]
    assert means.words.tolist() == unions.words.tolist()


def test_gold_one_coder(gold: Gold) -> None:
    counts = gold.count(Rule(coders=frozenset([gold.ids["A"]])))
    for row, column, expected in gold_cells(gold, "coder_A_only"):
        assert_cell(counts, row, column, expected)


def test_gold_consensus_of_two(gold: Gold) -> None:
    counts = gold.count(Rule("consensus", k=2))
    for row, column, expected in gold_cells(gold, "consensus_at_least_2"):
        assert_cell(counts, row, column, expected)


def test_gold_shares(gold: Gold) -> None:
    counts = gold.count(Rule())
    shown = [gold.codes.index(code) for code in ("intranet", "cps", "expertise")]
    for case, by_code in gold.expected["column_share_of_segments"].items():
        for code, number in by_code.items():
            share = column_share(counts, gold.cases.index(case), gold.codes.index(code), shown)
            assert share.value == pytest.approx(number, rel=1e-12)
    for code, by_case in gold.expected["row_share_of_segments"].items():
        for case, number in by_case.items():
            share = row_share(counts, gold.cases.index(case), gold.codes.index(code), confirm=True)
            assert share.value == pytest.approx(number, rel=1e-12)


def test_gold_parents_are_no_sums(gold: Gold) -> None:
    north = gold.count(Rule()).segments[gold.cases.index("North")].tolist()
    assert dict(zip(gold.codes, north, strict=True)) == {
        "intranet": 5,
        "cps": 2,
        "expertise": 1,
        "process_gain": 6,
    }


class Study:
    """The two-district study, read from its CSV and TXT files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "study"
        self.expected = json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))
        self.ids = Numbered()
        self.documents = self.read("documents.csv")
        self.text = StudyText.build(self.source(document) for document in self.documents)
        self.code_names = [code["code"] for code in self.read("codebook.csv")]
        parents = {code["code"]: code["parent"] for code in self.read("codebook.csv")}
        self.columns = [
            Column(
                self.ids[name],
                frozenset(self.ids[c] for c in parents if c == name or parents[c] == name),
            )
            for name in self.code_names
        ]
        self.codings = Codings.from_rows(
            (
                int(q["coding_id"][1:]),
                self.ids[q["doc_id"]],
                self.ids[q["code"]],
                self.ids[q["coder"]],
                int(q["start"]),
                int(q["end"]),
            )
            for q in self.read("codings.csv")
        )

    def read(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def source(self, document: dict[str, str]) -> SourceText:
        text = (self.folder / document["file"]).read_text(encoding="utf-8")
        turns: list[tuple[int, int, int, int]] = []
        at = 0
        for line in text.split("\n"):
            if line:
                label = LABEL.match(line)
                assert label is not None, line
                speaker = label.group(1)
                role = {"INT": INTERVIEWER, "OBS": OBSERVER}.get(speaker, PARTICIPANT)
                person = self.ids[speaker] if role == PARTICIPANT else NOBODY
                turns.append((at + label.end(), at + len(line), role, person))
            at += len(line) + 1
        return SourceText(
            self.ids[document["doc_id"]],
            document["type"],
            len(text),
            *zip(*turns, strict=True),
            words=[word for start, end, _, _ in turns for word in words_in(text, start, end)],
        )

    def row(self, case: str, kind: str = "", without: tuple[str, ...] = ()) -> Row:
        sources = tuple(
            self.ids[d["doc_id"]]
            for d in self.documents
            if d["case"] == case and kind in ("", d["type"]) and d["doc_id"] not in without
        )
        return Row(self.ids[case], sources)

    def check(self, rows: list[Row], expected: list[dict[str, Any]]) -> None:
        counts = count(self.text, self.codings, rows, self.columns)
        for i, by_code in enumerate(expected):
            assert set(by_code) == set(self.code_names)
            for code, numbers in by_code.items():
                assert_cell(counts, i, self.code_names.index(code), numbers)


@pytest.fixture(scope="module")
def study(shared: Path) -> Study:
    return Study(shared)


def test_study_totals(study: Study) -> None:
    counts = count(
        study.text, study.codings, [study.row("northfield"), study.row("southgate")], study.columns
    )
    totals = study.expected["totals"]
    assert len(study.documents) == totals["documents"] == counts.den_documents.sum()
    assert len(study.codings) == totals["codings"]
    assert (
        dict(zip(("northfield", "southgate"), counts.den_words.tolist(), strict=True))
        == (totals["words"])
    )


def test_study_frequencies(study: Study) -> None:
    expected = study.expected["frequencies"]
    assert set(expected) == {"northfield", "southgate"}
    study.check([study.row(case) for case in expected], list(expected.values()))


def test_study_frequencies_by_type(study: Study) -> None:
    cells = {
        (case, kind): numbers
        for case, by_kind in study.expected["frequencies_by_type"].items()
        for kind, numbers in by_kind.items()
    }
    assert len(cells) == 4
    study.check([study.row(*cell) for cell in cells], list(cells.values()))


def test_study_after_a_withdrawal(study: Study) -> None:
    gone = study.expected["after_withdrawal_of_S03"]
    assert (study.codings.source == study.ids["S-int3"]).sum() == gone["deleted_codings"]
    row = study.row("southgate", without=tuple(gone["deleted_documents"]))
    study.check([row], [gone["frequencies_southgate"]])


def test_study_without_the_withdrawn_text_at_all(study: Study) -> None:
    """The same numbers when the source is missing from the text although the row names it."""
    gone = study.expected["after_withdrawal_of_S03"]
    text = StudyText.build(study.source(d) for d in study.documents if d["doc_id"] != "S-int3")
    counts = count(text, study.codings, [study.row("southgate")], study.columns)
    for code, numbers in gone["frequencies_southgate"].items():
        assert_cell(counts, 0, study.code_names.index(code), numbers)


def test_study_drill_down_of_a_cell(study: Study) -> None:
    """Southgate × intranet: 61 segments, listed one by one, each in its own document."""
    row = study.row("southgate")
    column = study.columns[study.code_names.index("intranet")]
    listed = segments(study.text, study.codings, row.sources, column.codes)
    assert len(listed) == 61
    assert len({s.source for s in listed}) == 8
    behind = drill_down(study.text, study.codings, row.sources, column.codes, unit="participants")
    assert {entry.participant for entry in behind} == {study.ids[f"S0{n}"] for n in range(1, 7)}
