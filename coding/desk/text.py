"""One text with a lane for each coder: the words around a place, cut where passages begin and end.

Drawn as lines under the words, one line for each coder and one for what was agreed on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from coding.core import marks
from coding.core.turn_head import TurnHead

# Characters shown before and after the place in hand.
AROUND = 1_200


@dataclass(frozen=True, slots=True)
class Drawn:
    """A passage in a lane. ``here``: it belongs to the place in hand."""

    start: int
    end: int
    lane: int
    colour: int
    here: bool = False


@dataclass(slots=True)
class Run:
    """A piece of text; ``lines`` are (lane, colour, here) of what lies under it, by lane;
    ``begins`` and ``ends`` are lanes whose passage here begins or ends with it."""

    text: str
    label: bool
    lines: tuple[tuple[int, int, bool], ...]
    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


@dataclass(slots=True)
class DrawnTurn(TurnHead):
    runs: list[Run] = field(default_factory=list)


def window(text: str, turns: Sequence[dict[str, Any]], start: int, end: int) -> tuple[int, int]:
    """The stretch of text that is shown around a place: whole turns, unless they are very long."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    for turn in turns:
        if turn["start"] < first < turn["end"] and first - turn["start"] <= AROUND:
            first = turn["start"]
        if turn["start"] < last < turn["end"] and turn["end"] - last <= AROUND:
            last = turn["end"]
    return first, last


def draw(
    text: str,
    turns: Sequence[dict[str, Any]],
    shown: tuple[int, int],
    passages: Sequence[Drawn],
) -> list[DrawnTurn]:
    """The turns in the window with their runs. What stands between two turns belongs to the first;
    white space there is not shown."""
    low, high = shown
    inside = [turn for turn in turns if turn["start"] < high and turn["end"] > low]
    rows = [DrawnTurn.of(turn) for turn in inside]
    if not rows:
        rows, inside = [DrawnTurn(0, "", "", "", "", False)], []

    def local(place: int) -> int:
        return min(max(place, low), high) - low

    bounds = [(local(t["start"]), local(t["body_start"]), local(t["end"])) for t in inside]
    spans = [(local(p.start), local(p.end)) for p in passages]
    turn = 0
    first: dict[int, Run] = {}
    last: dict[int, Run] = {}
    for piece in marks.pieces(high - low, bounds, spans):
        turn = max(turn, piece.turn)
        words = text[low + piece.start : low + piece.end]
        if piece.turn < 0 and inside and not words.strip():
            continue
        run = Run(words, piece.label, _lines([passages[n] for n in piece.passages]))
        for number in piece.passages:
            if passages[number].here:
                first.setdefault(number, run)
                last[number] = run
        rows[turn].runs.append(run)
    for number, run in first.items():
        if passages[number].start >= low:
            run.begins += (passages[number].lane,)
    for number, run in last.items():
        if passages[number].end <= high:
            run.ends += (passages[number].lane,)
    return [row for row in rows if row.runs]


def _lines(passages: Sequence[Drawn]) -> tuple[tuple[int, int, bool], ...]:
    """One line for each lane: that of the place in hand, else of what began first."""
    lines: dict[int, tuple[int, int, bool]] = {}
    for passage in sorted(passages, key=lambda p: (not p.here, p.start)):
        lines.setdefault(passage.lane, (passage.lane, passage.colour, passage.here))
    return tuple(lines[lane] for lane in sorted(lines))
