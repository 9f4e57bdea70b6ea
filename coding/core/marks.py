"""Coded passages as flat pieces of text: for paper, screen readers and pages without scripts.

Passages overlap, and elements of a page cannot. The text is therefore cut wherever a passage, a
turn or a speaker's label begins or ends; every piece then lies in one turn and in a fixed set of
passages. All offsets are code points into the text, end excluded.
"""

from bisect import insort
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Span = tuple[int, int]
# How many codes get a line of their own under a piece; further ones are named at their ends only.
LINES = 2


class Piece(NamedTuple):
    """``text[start:end]``. ``turn`` is the number of the turn (from 0), or -1 between two turns;
    ``label`` says that it is part of the speaker's label; ``passages`` are numbers of passages, in
    rising order."""

    start: int
    end: int
    turn: int
    label: bool
    passages: tuple[int, ...]


def pieces(
    length: int, turns: Sequence[tuple[int, int, int]], passages: Sequence[Span]
) -> list[Piece]:
    """Cut a text of ``length`` code points; the pieces in order are the whole text, none empty.

    ``turns`` are (start, body_start, end), in order and disjoint. A passage may lie anywhere; what
    of it lies outside the text is not there.
    """
    edges: dict[int, tuple[list[int], list[int]]] = {0: ([], []), length: ([], [])}
    for start, body, end in turns:
        for place in (start, body, end):
            edges.setdefault(place, ([], []))
    for number, (start, end) in enumerate(passages):
        first, last = max(0, start), min(length, end)
        if first < last:
            edges.setdefault(first, ([], []))[0].append(number)
            edges.setdefault(last, ([], []))[1].append(number)
    places = sorted(edges)
    open_now: list[int] = []
    made: list[Piece] = []
    turn = 0
    for start, end in pairwise(places):
        begins, ends = edges[start]
        for number in ends:
            open_now.remove(number)
        for number in begins:
            insort(open_now, number)
        while turn < len(turns) and turns[turn][2] <= start:
            turn += 1
        inside = turn < len(turns) and turns[turn][0] <= start
        label = inside and start < turns[turn][1]
        made.append(Piece(start, end, turn if inside else -1, label, tuple(open_now)))
    return made


def lines(found: Sequence[Piece], codes: Sequence[int]) -> list[tuple[int | None, ...]]:
    """For every piece the codes whose lines are drawn under it, by line; None is a free line.

    ``codes`` gives the code of each passage. A code keeps its line for as long as it goes on, so
    that a line is not broken where another passage begins or ends.
    """
    now: list[int | None] = [None] * LINES
    drawn: list[tuple[int | None, ...]] = []
    for piece in found:
        here = dict.fromkeys(codes[number] for number in piece.passages)
        now = [code if code in here else None for code in now]
        waiting = (code for code in here if code not in now)
        now = [next(waiting, None) if code is None else code for code in now]
        drawn.append(tuple(now))
    return drawn
