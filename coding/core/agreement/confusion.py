"""Code × code: what one coder said where another said something else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coding.core.agreement.counting import Pieces, lay_out
from coding.core.agreement.meetings import meetings
from coding.core.agreement.model import SourceCoding, Unit
from coding.core.spans import IntArray, sort_order, union

Spans = tuple[IntArray, IntArray, IntArray, IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """``table[x, y]``: units to which the first coder gave ``codes[x]`` and not ``codes[y]``, and
    the second ``codes[y]`` and not ``codes[x]``; on the diagonal units to which both gave the code.
    Two codes that both coders gave to the same words are no confusion. A unit with several codes
    counts in several cells. ``first_alone`` and ``second_alone``, shape (k,): units to which one
    gave the code and the other no code at all (none of ``codes``). ``units`` are all units that
    both judged, ``sources`` how many sources they come from; against several others both are added
    up over these.
    """

    unit: Unit
    first: int
    second: int | None
    codes: IntArray
    table: IntArray
    first_alone: IntArray
    second_alone: IntArray
    units: int
    sources: int


def confusion(
    codings: Sequence[SourceCoding],
    first: int,
    second: int | None = None,
    *,
    codes: Sequence[int] | None = None,
    unit: Unit = Unit.CHARACTER,
    roll_up: Mapping[int, Collection[int]] | None = None,
) -> Confusion:
    """A said x where B said y, over the sources that both finished.

    ``second`` None: ``first`` against each of the others, added up. ``codes`` None: every code
    that somebody applied in these sources, ascending. Tables of sources, and of pairs, add up.
    O(n log n + pairs of overlapping passages). Raises ValueError for ``Unit.PASSAGE``, for a coder
    compared with themselves, and as ``count_sources`` does.
    """
    if unit is Unit.PASSAGE:
        raise ValueError("Passages are not confused with each other; choose another unit.")
    if first == second:
        raise ValueError("A coder is compared with somebody else.")
    shared = [one for one in codings if first in one.coders]
    others = sorted({c for one in shared for c in one.coders if c != first})
    seconds = others if second is None else [second]
    counted = None if codes is None else np.array(list(dict.fromkeys(codes)), dtype=np.int64)
    parts = []
    for other in seconds:
        both = [one for one in shared if other in one.coders]
        parts.append((other, lay_out(both, counted, unit, roll_up)))
    if counted is None:
        counted = np.unique(np.concatenate([part.codes for _, part in parts] or [np.zeros(0, int)]))
    found = Confusion(
        unit,
        first,
        second,
        counted,
        np.zeros((len(counted), len(counted)), dtype=np.int64),
        np.zeros(len(counted), dtype=np.int64),
        np.zeros(len(counted), dtype=np.int64),
        sum(int(part.units.sum()) for _, part in parts),
        sum(len(part.units) for _, part in parts),
    )
    for other, part in parts:
        _add(found, part, other)
    return found


def _add(found: Confusion, pieces: Pieces, other: int) -> None:
    """Add what one pair of coders said to the tables, in place."""
    if not len(pieces.codes):
        return
    order = np.argsort(found.codes)
    name = order[np.searchsorted(found.codes[order], pieces.codes)]
    stride = int(pieces.units.max()) + 1
    sides = [_of(pieces, name, coder, stride) for coder in (found.first, other)]
    for side, rest, alone in (
        (sides[0], sides[1], found.first_alone),
        (sides[1], sides[0], found.second_alone),
    ):
        _, code, start, end = side
        np.add.at(alone, code, end - start - _covered(rest, start, end))
    both, only, other_only = _apart(sides[0], sides[1], len(found.codes))
    np.add.at(found.table, (both[1], both[1]), both[3] - both[2])
    mine, theirs = meetings(only[2], only[3], other_only[2], other_only[3])
    shared = np.minimum(only[3][mine], other_only[3][theirs]) - np.maximum(
        only[2][mine], other_only[2][theirs]
    )
    np.add.at(found.table, (only[1][mine], other_only[1][theirs]), shared)


def _of(pieces: Pieces, name: IntArray, coder: int, stride: int) -> Spans:
    """Source, code, start and end of one coder's pieces, sources one after another on one line."""
    own = pieces.coders[pieces.coder] == coder
    source = pieces.source[own]
    lift = source * stride
    return source, name[pieces.code[own]], pieces.start[own] + lift, pieces.end[own] + lift


def _covered(spans: Spans, start: IntArray, end: IntArray) -> IntArray:
    """How much of each [start, end) these spans cover together."""
    merged = union(spans[2], spans[3])
    total = np.concatenate([[0], np.cumsum(merged.ends - merged.starts)])

    def before(place: IntArray) -> IntArray:
        begun = np.searchsorted(merged.starts, place)
        last = merged.ends[np.maximum(begun - 1, 0)]
        return total[begun] - np.where(begun > 0, np.maximum(last - place, 0), 0)

    if not len(merged):
        return np.zeros_like(start)
    return before(end) - before(start)


def _apart(one: Spans, other: Spans, codes: int) -> tuple[Spans, Spans, Spans]:
    """The stretches that both gave a code to, that only the first did, and only the second."""
    source, code, start, end = (np.concatenate(pair) for pair in zip(one, other, strict=True))
    step = np.repeat([1, 2], [len(one[0]), len(other[0])])
    group = np.tile(source * codes + code, 2)
    place, steps = np.concatenate([start, end]), np.concatenate([step, -step])
    order = sort_order(group, place)
    group, place = group[order], place[order]
    # All open passages are closed where a group ends, so one running sum serves all groups.
    state = np.cumsum(steps[order])[:-1]
    long = place[1:] > place[:-1]

    def where(value: int) -> Spans:
        kept = np.flatnonzero((state == value) & long)
        return group[kept] // codes, group[kept] % codes, place[kept], place[kept + 1]

    return where(3), where(1), where(2)
