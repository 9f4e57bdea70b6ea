"""One source as it is read on paper or by a screen reader: its turns, with every coded passage
marked in the text, numbered and written out.

Passages are numbered in the order of the text, from 1, among those that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from coding import queries
from coding.core import marks
from coding.core.sections import SECTION_LENGTH
from coding.core.turn_head import TurnHead
from coding.models import Source
from projects.access import Access


@dataclass(frozen=True, slots=True)
class Shown:
    """Which passages are asked for: one code with all below it, some coders. Empty: all."""

    code: int | None = None
    coders: tuple[int, ...] = ()

    @property
    def everything(self) -> bool:
        return self == Shown()


@dataclass(slots=True)
class Passage:
    """One coding. The turns are those in which it begins and ends, by their numbers."""

    number: int
    start: int
    end: int
    code: queries.CodeNode
    coder: str
    first_turn: int = 0
    last_turn: int = 0


@dataclass(slots=True)
class Run:
    """A piece of the text with what is drawn under it; ``begins`` and ``ends`` are passages whose
    first or last words it holds."""

    text: str
    label: bool
    depth: int
    colours: tuple[int | None, ...]
    # Tuples, most of them empty: a long transcript has tens of thousands of pieces.
    begins: tuple[Passage, ...] = ()
    ends: tuple[Passage, ...] = ()


@dataclass(slots=True)
class MarkedTurn(TurnHead):
    runs: list[Run] = field(default_factory=list)
    # What stands between this turn and the next where that is anything but white space.
    gap: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class MarkedSection:
    """Whole turns, about as many as stand on a printed page, and the passages that begin here."""

    turns: list[MarkedTurn] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.turns[0].ordinal

    @property
    def last(self) -> int:
        return self.turns[-1].ordinal


@dataclass(frozen=True, slots=True)
class LegendLine:
    code: queries.CodeNode
    passages: int


@dataclass(frozen=True, slots=True)
class Marked:
    """``legend`` holds the codes of the passages shown, in the order of the codebook; ``here`` all
    coders of this source, ``coders`` those whose passages are shown."""

    sections: list[MarkedSection]
    legend: list[LegendLine]
    total: int
    shown: int
    here: list[dict[str, Any]]
    coders: list[str]


def marked(access: Access, source: Source, nodes: list[queries.CodeNode], shown: Shown) -> Marked:
    """The whole source; a constant number of queries. ``nodes`` is the codebook."""
    text = queries.text(source)
    turns = queries.read_turns(source)
    labels = {row["id"]: row["label"] for row in queries.coders(access)}
    by_code = {node.code.pk: node for node in nodes}
    wanted = by_code[shown.code].codes if shown.code is not None else by_code.keys()
    rows = queries.coding_rows(access, source)
    passages = [
        Passage(0, start, end, by_code[code], labels[coder])
        for _pk, start, end, code, coder in rows
        if code in wanted and (not shown.coders or coder in shown.coders)
    ]
    for number, passage in enumerate(passages, start=1):
        passage.number = number
    counts: dict[int, int] = {}
    for passage in passages:
        counts[passage.code.code.pk] = counts.get(passage.code.code.pk, 0) + 1
    coders = {row[4] for row in rows}
    return Marked(
        sections=_sections(text, turns, passages),
        legend=[LegendLine(n, counts[n.code.pk]) for n in nodes if n.code.pk in counts],
        total=len(rows),
        shown=len(passages),
        here=[{"id": pk, "label": label} for pk, label in labels.items() if pk in coders],
        coders=sorted({passage.coder for passage in passages}),
    )


def _sections(
    text: str, turns: Sequence[dict[str, Any]], passages: list[Passage]
) -> list[MarkedSection]:
    rows, runs = [MarkedTurn.of(turn) for turn in turns], _runs(text, turns, passages)
    sections: list[MarkedSection] = []
    begun = 0
    for turn, row in zip(turns, rows, strict=True):
        if not sections or turn["start"] - begun >= SECTION_LENGTH:
            sections.append(MarkedSection())
            begun = turn["start"]
        sections[-1].turns.append(row)
    for place, run in runs:
        if place >= 0:
            rows[place].runs.append(run)
        elif rows:
            rows[-place - 1].gap.append(run)
    where = {row.ordinal: section for section in sections for row in section.turns}
    for passage in passages:
        if passage.first_turn in where:
            where[passage.first_turn].passages.append(passage)
    return sections


def _runs(
    text: str, turns: Sequence[dict[str, Any]], passages: list[Passage]
) -> list[tuple[int, Run]]:
    """The pieces to be shown, each with the number of its turn, or -1 - that of the turn before
    for what stands between two turns (white space there is not shown)."""
    bounds = [(turn["start"], turn["body_start"], turn["end"]) for turn in turns]
    found = marks.pieces(len(text), bounds, [(p.start, p.end) for p in passages])
    drawn = marks.lines(found, [p.code.code.pk for p in passages])
    colours: dict[int | None, int | None] = {
        p.code.code.pk: p.code.code.colour for p in passages
    } | {None: None}
    first: dict[int, Run] = {}
    last: dict[int, Run] = {}
    made: list[tuple[int, Run]] = []
    turn = 0
    for piece, codes in zip(found, drawn, strict=True):
        turn = max(turn, piece.turn)
        words = text[piece.start : piece.end]
        ordinal = turns[turn]["ordinal"] if turns else 0
        if piece.turn < 0 and not words.strip():
            # A passage that is nothing but line ends has a place in the list at least.
            for number in set(piece.passages) - first.keys():
                passages[number].first_turn = passages[number].last_turn = ordinal
            continue
        run = Run(words, piece.label, len(piece.passages), tuple(colours[c] for c in codes))
        for number in piece.passages:
            if number not in first:
                first[number] = run
                passages[number].first_turn = ordinal
            passages[number].last_turn = ordinal
            last[number] = run
        made.append((piece.turn if piece.turn >= 0 else -1 - turn, run))
    for number, run in first.items():
        run.begins += (passages[number],)
    # What began last ends first, as brackets do.
    for number in sorted(last, reverse=True):
        last[number].ends += (passages[number],)
    return made
