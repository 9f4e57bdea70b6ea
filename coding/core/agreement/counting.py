"""From passages to counts: all sources are swept together, on one line, never character by
character.

A coder's passages with one code are first united where they overlap. What two coders cover
together is then the difference of a running total at the ends of passages: two binary searches for
each passage and coder. Segments, sources and cases are the same sweep in other coordinates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from coding.core.agreement.counts import SourceCounts
from coding.core.agreement.model import BoolArray, SourceCoding, Unit
from coding.core.spans import IntArray, union

THRESHOLD = 90

# Pairs of coders times codes that are held at once; beyond it sources are counted in portions.
_PORTION = 4_000_000


def count_source(
    coding: SourceCoding,
    codes: Collection[int] | None = None,
    unit: Unit = Unit.CHARACTER,
    *,
    threshold: int = THRESHOLD,
    roll_up: Mapping[int, Collection[int]] | None = None,
) -> SourceCounts:
    """The counts of one source; see ``count_sources``."""
    return count_sources([coding], codes, unit, threshold=threshold, roll_up=roll_up)[0]


def count_sources(
    codings: Sequence[SourceCoding],
    codes: Collection[int] | None = None,
    unit: Unit = Unit.CHARACTER,
    *,
    threshold: int = THRESHOLD,
    roll_up: Mapping[int, Collection[int]] | None = None,
) -> list[SourceCounts]:
    """The counts of each source, in the order given, each as if it had been counted alone.

    ``codes`` are the codes to count; None counts every code there is, and such counts answer for
    codes that are made later as well. ``roll_up`` says which codes a code counts for, itself
    included if it shall: ``{child: (child, parent)}``; a code that is not named counts for itself.

    ``threshold`` is the percentage from 1 to 100 for ``Unit.PASSAGE``: a passage of one coder is
    found at another who has a passage with the same code such that the characters both passages
    share are at least so many per cent of the characters that either has. Every passage of either
    coder is looked up at the other. So of a pair a = found passages of both coders together, b and
    c = passages of the first and of the second that are not found, agreement is a / (a + b + c),
    and text that nobody coded plays no part. Passages of one coder that overlap are one passage.

    Raises ValueError for segments without borders, two codings of one source, a threshold that is
    no percentage.
    """
    if unit is Unit.PASSAGE and not 1 <= threshold <= 100:
        raise ValueError(f"The overlap must be 1 to 100 per cent, not {threshold}.")
    ids = [coding.source for coding in codings]
    if len(set(ids)) != len(ids):
        raise ValueError("A source is given twice.")
    counted = None if codes is None else np.unique(np.array(list(codes), dtype=np.int64))
    found: list[SourceCounts] = []
    for portion in _portions(codings):
        pieces = lay_out(portion, counted, unit, roll_up)
        found += _counts(portion, pieces, counted, unit, threshold)
    return found


def join_cases(
    codings: Sequence[SourceCoding], cases: Mapping[int, Collection[int]]
) -> list[SourceCoding]:
    """One coding for each case, to be counted with ``Unit.CASE``: what the case has anywhere.

    ``cases`` gives the sources of each case; a source may belong to several. A coder counts in a
    case who finished all of its sources that are among ``codings``; the others are missing there.
    Cases without any of these sources are left out.
    """
    by_source = {coding.source: coding for coding in codings}
    joined = []
    for case, sources in cases.items():
        parts = [by_source[source] for source in dict.fromkeys(sources) if source in by_source]
        if not parts:
            continue
        coders = [c for c in parts[0].coders if all(c in part.coders for part in parts[1:])]
        coder = np.concatenate([part.coder for part in parts])
        code = np.concatenate([part.code for part in parts])
        nothing = np.zeros(len(coder), dtype=np.int64)
        joined.append(SourceCoding(case, 1, tuple(coders), coder, code, nothing, nothing + 1))
    return joined


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """United passages of many sources, sorted by source, code, coder and start.

    ``source``, ``code`` and ``coder`` are positions in the list of codings, in ``codes`` and in
    ``coders``; ``start`` and ``end`` are in units of the source. All have shape (pieces,).
    ``finished`` has shape (sources, coders), ``units`` (sources,).
    """

    source: IntArray
    code: IntArray
    coder: IntArray
    start: IntArray
    end: IntArray
    codes: IntArray
    coders: IntArray
    finished: BoolArray
    units: IntArray


def finished_by_two(
    codings: Sequence[SourceCoding], coders: Collection[int] | None
) -> list[SourceCoding]:
    """The sources that at least two of ``coders`` (None: everybody) finished, with those alone."""
    if coders is not None:
        kept = set(coders)
        codings = [
            replace(one, coders=tuple(c for c in one.coders if c in kept)) for one in codings
        ]
    return [one for one in codings if len(one.coders) >= 2]


def lay_out(
    codings: Sequence[SourceCoding],
    counted: IntArray | None,
    unit: Unit,
    roll_up: Mapping[int, Collection[int]] | None,
) -> Pieces:
    """The passages of coders who finished, in units, own overlapping ones united."""
    coders = np.unique(np.array([c for coding in codings for c in coding.coders], dtype=np.int64))
    finished = np.zeros((len(codings), len(coders)), dtype=bool)
    for place, coding in enumerate(codings):
        finished[place, np.searchsorted(coders, coding.coders)] = True

    def joined(name: str) -> IntArray:
        arrays = [getattr(coding, name) for coding in codings]
        return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)

    sizes = np.array([len(coding.coder) for coding in codings], dtype=np.int64)
    source = np.repeat(np.arange(len(codings)), sizes)
    who, code = joined("coder"), joined("code")
    start, end = joined("start"), joined("end")
    coder = np.searchsorted(coders, who)
    known = np.zeros(len(who), dtype=bool)
    if len(coders):
        coder = np.minimum(coder, len(coders) - 1)
        known = (coders[coder] == who) & finished[source, coder]
    source, code, coder = source[known], code[known], coder[known]
    start, end = start[known], end[known]

    if roll_up:
        code, origin = _rolled_up(code, roll_up)
        source, coder, start, end = source[origin], coder[origin], start[origin], end[origin]
    if counted is not None:
        kept = np.isin(code, counted)
        source, code, coder = source[kept], code[kept], coder[kept]
        start, end = start[kept], end[kept]
    start, end, units = _in_units(codings, source, start, end, unit)
    kept = start < end
    source, code, coder = source[kept], code[kept], coder[kept]
    codes, code = np.unique(code, return_inverse=True)
    width = max(len(codes), 1) * max(len(coders), 1)
    group = source * width + code * len(coders) + coder
    merged = union(start[kept], end[kept], group)
    return Pieces(
        merged.groups // width,
        merged.groups % width // max(len(coders), 1),
        merged.groups % max(len(coders), 1),
        merged.starts,
        merged.ends,
        codes,
        coders,
        finished,
        units,
    )


def _rolled_up(code: IntArray, roll_up: Mapping[int, Collection[int]]) -> tuple[IntArray, IntArray]:
    """For each code those it counts for, and from which passage each comes."""
    used, inverse = np.unique(code, return_inverse=True)
    targets = [sorted(set(roll_up.get(int(one), (int(one),)))) for one in used]
    sizes = np.array([len(one) for one in targets], dtype=np.int64)
    flat = np.array([one for several in targets for one in several], dtype=np.int64)
    firsts = np.cumsum(sizes) - sizes
    repeats = sizes[inverse]
    origin = np.repeat(np.arange(len(code)), repeats)
    within = np.arange(len(origin)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return flat[firsts[inverse][origin] + within], origin


def _in_units(
    codings: Sequence[SourceCoding], source: IntArray, start: IntArray, end: IntArray, unit: Unit
) -> tuple[IntArray, IntArray, IntArray]:
    """Starts and ends counted in units of the source, and how many units each source has."""
    if unit in (Unit.SOURCE, Unit.CASE):
        nothing = np.zeros_like(start)
        return nothing, nothing + 1, np.ones(len(codings), dtype=np.int64)
    if unit is Unit.PASSAGE:
        return start, end, np.zeros(len(codings), dtype=np.int64)
    lengths = np.array([coding.length for coding in codings], dtype=np.int64)
    if unit is Unit.CHARACTER:
        return start, end, lengths
    borders: list[IntArray] = []
    for coding in codings:
        if coding.borders is None:
            raise ValueError(f"Source {coding.source} has no borders of segments.")
        borders.append(coding.borders)
    sizes = np.array([len(one) for one in borders], dtype=np.int64)
    lifts = np.cumsum(lengths + 1) - (lengths + 1)
    firsts = np.cumsum(sizes) - sizes
    line = np.concatenate(borders) + np.repeat(lifts, sizes) if borders else start[:0]
    units = np.maximum(sizes - 1, 0)
    lift, first = lifts[source], firsts[source]
    low = np.searchsorted(line, start + lift, side="right") - 1 - first
    high = np.searchsorted(line, end + lift, side="left") - first
    return np.maximum(low, 0), np.minimum(high, units[source]), units


def _portions(codings: Sequence[SourceCoding]) -> list[Sequence[SourceCoding]]:
    portions: list[Sequence[SourceCoding]] = []
    first, size, coders = 0, 0, set[int]()
    for place, coding in enumerate(codings):
        coders.update(coding.coders)
        size += len(coding.coder) + 1
        if size * len(coders) ** 2 > _PORTION and place > first:
            portions.append(codings[first:place])
            first, size, coders = place, len(coding.coder) + 1, set(coding.coders)
    portions.append(codings[first:])
    return portions


def _counts(
    codings: Sequence[SourceCoding],
    pieces: Pieces,
    counted: IntArray | None,
    unit: Unit,
    threshold: int,
) -> list[SourceCounts]:
    width = max(len(pieces.codes), 1)
    groups, rank = np.unique(pieces.source * width + pieces.code, return_inverse=True)
    if unit is Unit.PASSAGE:
        both = _found(pieces, rank, len(groups), threshold)
    else:
        both = shared(pieces, rank, len(groups))
    squares = np.zeros((len(groups), len(pieces.coders)), dtype=np.int64)
    if unit is Unit.CHARACTER:
        np.add.at(squares, (rank, pieces.coder), (pieces.end - pieces.start) ** 2)
    bounds = np.searchsorted(groups, np.arange(len(codings) + 1) * width)
    result = []
    for place, coding in enumerate(codings):
        own = slice(int(bounds[place]), int(bounds[place + 1]))
        who = np.flatnonzero(pieces.finished[place])
        result.append(
            SourceCounts(
                coding.source,
                unit,
                threshold if unit is Unit.PASSAGE else 0,
                int(pieces.units[place]),
                pieces.coders[who],
                pieces.codes[groups[own] % width],
                counted,
                both[own][:, who[:, None], who],
                squares[own][:, who],
            )
        )
    return result


class Coder:
    """The pieces of one coder, lifted onto one line on which no two groups meet."""

    def __init__(self, pieces: Pieces, rank: IntArray, stride: int, coder: int) -> None:
        own = pieces.coder == coder
        self.rank = rank[own]
        self.start = pieces.start[own] + self.rank * stride
        self.end = pieces.end[own] + self.rank * stride
        self.total = np.concatenate([[0], np.cumsum(self.end - self.start)])

    def covered(self, place: IntArray) -> IntArray:
        """How much of the line before each place this coder covers."""
        begun = np.searchsorted(self.start, place)
        last = self.end[np.maximum(begun - 1, 0)]
        beyond: IntArray = np.where(begun > 0, np.maximum(last - place, 0), 0)
        return self.total[begun] - beyond


def lifted(pieces: Pieces, rank: IntArray) -> list[Coder]:
    stride = int(pieces.end.max()) + 1 if len(pieces.end) else 1
    if len(rank) and (int(rank[-1]) + 1) * stride >= 2**62:
        raise OverflowError("Too many passages of too long texts to compare in one go.")
    return [Coder(pieces, rank, stride, coder) for coder in range(len(pieces.coders))]


def shared(pieces: Pieces, rank: IntArray, groups: int) -> IntArray:
    """Units that each two coders cover, by group; on the diagonal those of one."""
    m = len(pieces.coders)
    both = np.zeros((groups, m, m), dtype=np.int64)
    line = lifted(pieces, rank)
    for i, one in enumerate(line):
        np.add.at(both[:, i, i], one.rank, one.end - one.start)
        for j in range(i):
            other = line[j]
            if len(other.start) and len(one.start):
                shared = other.covered(one.end) - other.covered(one.start)
                np.add.at(both[:, i, j], one.rank, shared)
                both[:, j, i] = both[:, i, j]
    return both


def _found(pieces: Pieces, rank: IntArray, groups: int, threshold: int) -> IntArray:
    """Passages of each coder that each other has too, by group; on the diagonal all of one."""
    m = len(pieces.coders)
    both = np.zeros((groups, m, m), dtype=np.int64)
    line = lifted(pieces, rank)
    for i, one in enumerate(line):
        np.add.at(both[:, i, i], one.rank, 1)
        for j in range(i):
            other = line[j]
            # The pieces of a coder are disjoint, so those that meet a passage are neighbours, and
            # all meetings together are fewer than the passages.
            low = np.searchsorted(other.end, one.start, side="right")
            high = np.searchsorted(other.start, one.end)
            size = np.maximum(high - low, 0)
            mine = np.repeat(np.arange(len(low)), size)
            theirs = np.arange(len(mine)) + np.repeat(low - (np.cumsum(size) - size), size)
            start = np.maximum(one.start[mine], other.start[theirs])
            end = np.minimum(one.end[mine], other.end[theirs])
            first = np.minimum(one.start[mine], other.start[theirs])
            last = np.maximum(one.end[mine], other.end[theirs])
            match = (end - start) * 100 >= threshold * (last - first)
            np.add.at(both[:, i, j], one.rank[np.unique(mine[match])], 1)
            np.add.at(both[:, j, i], other.rank[np.unique(theirs[match])], 1)
    return both
