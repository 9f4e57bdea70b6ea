"""The list behind a cell: as many entries as its number says, each with its words and its place."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from django.utils.translation import gettext as _

from cases import queries
from cases.core.counting import CellState, Entry, Segment, drill_down
from cases.matrix import Matrix, MatrixCell, MatrixSpec
from coding.core.consent import refused
from projects.access import Access

# Characters before and after a passage that help to read it.
CONTEXT = 80


@dataclass(frozen=True, slots=True)
class Passage:
    """A coded stretch with its surroundings, as shown in the list."""

    source: dict[str, Any]
    start: int
    end: int
    before: str
    text: str
    after: str
    turn: int | None
    speaker: str
    codings: list[dict[str, Any]]
    # Whoever speaks here counts, and is read by the team, but has refused to be quoted.
    no_quote: bool = False

    @property
    def at(self) -> str:
        return f"{self.start}-{self.end}"

    @property
    def chips(self) -> list[dict[str, Any]]:
        """The codes of the passage, each once."""
        codes = {c["code_id"]: c for c in self.codings}
        return [{"name": c["code_name"], "colour": c["colour"]} for c in codes.values()]

    @property
    def coders(self) -> list[str]:
        return sorted({c["coder_label"] for c in self.codings})


@dataclass(slots=True)
class Line:
    """One entry of the list. ``title`` is set where an entry stands for several passages."""

    amount: int
    title: str = ""
    passages: list[Passage] = field(default_factory=list)


def entries(matrix: Matrix, cell: MatrixCell) -> list[Entry]:
    """The entries behind one cell of a matrix, all of them, without their words."""
    row = next(r for r in matrix.counts.rows if r.id == cell.row.id)
    return drill_down(
        matrix.evidence.text,
        matrix.evidence.codings,
        row.sources,
        cell.node.codes,
        matrix.spec.rule,
        matrix.spec.unit,
    )


def lines(access: Access, chosen: Sequence[Entry]) -> list[Line]:
    """Entries with their words; a constant number of queries however many there are."""
    found: list[Segment] = []
    for entry in chosen:
        found += _stretches(entry)
    source_ids = {s.source for s in found}
    coding_ids = {c for s in found for c in s.coding_ids}
    sources = queries.source_lines(access, source_ids)
    texts = queries.texts(access, source_ids)
    turns = queries.turn_lines(access, source_ids)
    codings = queries.coding_lines(access, coding_ids)
    names = queries.participant_names(
        access, {e.participant for e in chosen if e.participant is not None}
    )

    def passage(segment: Segment) -> Passage:
        text = texts[segment.source]
        turn = turn_at(turns.get(segment.source, []), segment.start)
        return Passage(
            source=sources[segment.source],
            start=segment.start,
            end=segment.end,
            before=before(text, segment.start),
            text=text[segment.start : segment.end],
            after=after(text, segment.end),
            turn=turn["ordinal"] if turn else None,
            speaker=(turn["pseudonym"] or turn["speaker"]) if turn else "",
            no_quote=no_quote(turns.get(segment.source, []), segment.start, segment.end),
            codings=[codings[c] for c in segment.coding_ids if c in codings],
        )

    result = []
    for entry in chosen:
        title = ""
        if entry.start is None:
            title = (
                names.get(entry.participant, "")
                if entry.participant is not None
                else sources[entry.segments[0].source]["title"]
            )
        result.append(
            Line(entry.amount, title, [passage(segment) for segment in _stretches(entry)])
        )
    return result


def before(text: str, start: int) -> str:
    """Up to CONTEXT characters before a passage, from the beginning of a word."""
    piece = text[max(0, start - CONTEXT) : start]
    if start <= CONTEXT:
        return piece
    cut = piece.find(" ")
    return "…" + piece[cut + 1 if cut >= 0 else 0 :]


def after(text: str, end: int) -> str:
    """Up to CONTEXT characters after a passage, to the end of a word."""
    piece = text[end : end + CONTEXT]
    if end + CONTEXT >= len(text):
        return piece
    cut = piece.rfind(" ")
    return (piece[:cut] if cut > 0 else piece) + "…"


def _stretches(entry: Entry) -> list[Segment]:
    """What of the text an entry shows: its own place where it has one, else its segments."""
    if entry.start is None or entry.end is None or entry.source is None:
        return list(entry.segments)
    ids = {c for s in entry.segments for c in s.coding_ids}
    if entry.coding is not None:
        ids = {entry.coding}
    return [Segment(entry.source, entry.start, entry.end, tuple(sorted(ids)))]


def turn_at(turns: list[dict[str, Any]], position: int) -> dict[str, Any] | None:
    low, high = 0, len(turns)
    while low < high:
        middle = (low + high) // 2
        if turns[middle]["end"] <= position:
            low = middle + 1
        else:
            high = middle
    return turns[low] if low < len(turns) and turns[low]["start"] <= position else None


def no_quote(turns: list[dict[str, Any]], start: int, end: int) -> bool:
    """Whether somebody who speaks between ``start`` and ``end`` has refused to be quoted."""
    return refused(turn["consent_quote"] for turn in turns_in(turns, start, end))


def turns_in(turns: list[dict[str, Any]], start: int, end: int) -> list[dict[str, Any]]:
    """The turns that a passage touches, of the turns of its source in order."""
    first = bisect_right(turns, start, key=lambda turn: turn["end"])
    return list(takewhile(lambda turn: turn["start"] < end, turns[first:]))


def heading(spec: MatrixSpec, state: CellState, shown: int) -> str:
    """The sentence over the list that ties it to the number in the cell."""
    measure = state.measure
    if spec.unit in ("words", "chars"):
        return _("%(amount)s in %(n)s passages") % {"amount": measure.numerator, "n": shown}
    if measure.value is not None and measure.value != measure.numerator:
        return _("%(value).2f = from %(n)s and a denominator of %(denominator)s") % {
            "value": measure.value,
            "n": measure.numerator,
            "denominator": measure.denominator,
        }
    return ""
