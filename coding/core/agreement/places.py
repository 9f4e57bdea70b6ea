"""The places of one source where coders meet or miss each other, for going through them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from coding.core.agreement.counting import THRESHOLD, lay_out
from coding.core.agreement.meetings import meetings
from coding.core.agreement.model import SourceCoding, Unit
from coding.core.spans import IntArray


class Kind(StrEnum):
    """How the coders of a place agree.

    AGREE       everybody who finished has a passage here, and these overlap enough, pairwise
    BOUNDARY    everybody has a passage here, but they overlap too little
    MISSED      somebody has none, and nothing else that overlaps the place either
    OTHER_CODE  somebody has none, but another code that overlaps the place
    """

    AGREE = "agree"
    BOUNDARY = "boundary"
    MISSED = "missed"
    OTHER_CODE = "other_code"


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of one coder; own passages with the same code that overlap are one."""

    coder: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Passages with one code that overlap each other, directly or through others.

    ``passages`` are sorted by start, end, coder; ``lacking`` are coders who finished and have none,
    ascending; ``others`` gives for each of these the other codes of theirs, ascending, that overlap
    [start, end), and leaves out who has none.
    """

    source: int
    code: int
    start: int
    end: int
    kind: Kind
    passages: tuple[Passage, ...]
    lacking: tuple[int, ...]
    others: Mapping[int, tuple[int, ...]]


def comparisons(
    coding: SourceCoding,
    codes: Collection[int] | None = None,
    *,
    threshold: int = THRESHOLD,
    roll_up: Mapping[int, Collection[int]] | None = None,
) -> list[Place]:
    """The places of a source, sorted by start, end and code. Passages that only touch are two
    places. With fewer than two coders who finished there is nothing to compare, and no place.

    ``codes`` says of which codes places are wanted (None: all); what a coder has instead is looked
    for among all codes, rolled up as well. ``threshold`` is a percentage from 1 to 100: two
    passages overlap enough when the characters that both have are at least so many per cent of
    those that either has. All coders agree when some passage of the place, taken together with the
    passage of every other coder that overlaps it most (the first such), overlaps enough pairwise.

    O(n log n + output) for n passages, where output includes what overlaps places elsewhere.
    """
    if not 1 <= threshold <= 100:
        raise ValueError(f"The overlap must be 1 to 100 per cent, not {threshold}.")
    if len(coding.coders) < 2:
        return []
    pieces = lay_out([coding], None, Unit.CHARACTER, roll_up)
    order = np.lexsort((pieces.coder, pieces.end, pieces.start, pieces.code))
    code, start, end = pieces.code[order], pieces.start[order], pieces.end[order]
    coder = pieces.coder[order]
    wanted = None if codes is None else set(codes)
    bounds = _bounds(code, start, end, coding.length)
    rows = list(zip(pieces.coders[coder].tolist(), start.tolist(), end.tolist(), strict=True))
    made: list[tuple[int, int, int, list[Passage]]] = []
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        name = int(pieces.codes[code[first]])
        if wanted is None or name in wanted:
            passages = [Passage(*row) for row in rows[first:last]]
            made.append((passages[0].start, max(p.end for p in passages), name, passages))
    made.sort(key=lambda one: one[:3])
    return _judged(coding, made, pieces.codes[code], pieces.coders[coder], start, end, threshold)


def _bounds(code: IntArray, start: IntArray, end: IntArray, length: int) -> IntArray:
    """Where each place begins among passages sorted by code and start, and the end of the last."""
    if not len(code):
        return np.zeros(1, dtype=np.int64)
    lift = code * (length + 1)
    reach = np.maximum.accumulate(end + lift)
    fresh = np.ones(len(code), dtype=bool)
    fresh[1:] = (start + lift)[1:] >= reach[:-1]
    return np.append(np.flatnonzero(fresh), len(code))


def _judged(
    coding: SourceCoding,
    made: list[tuple[int, int, int, list[Passage]]],
    code: IntArray,
    coder: IntArray,
    start: IntArray,
    end: IntArray,
    threshold: int,
) -> list[Place]:
    finished = tuple(sorted(coding.coders))
    there = [{passage.coder for passage in passages} for *_, passages in made]
    lacking = [tuple(c for c in finished if c not in have) for have in there]
    instead = _instead(made, lacking, code, coder, start, end)
    places = []
    for (first, last, name, passages), without, others in zip(made, lacking, instead, strict=True):
        if without:
            kind = Kind.OTHER_CODE if others else Kind.MISSED
        else:
            kind = Kind.AGREE if _agree(passages, threshold) else Kind.BOUNDARY
        places.append(
            Place(coding.source, name, first, last, kind, tuple(passages), without, others)
        )
    return places


def _instead(
    made: list[tuple[int, int, int, list[Passage]]],
    lacking: list[tuple[int, ...]],
    code: IntArray,
    coder: IntArray,
    start: IntArray,
    end: IntArray,
) -> list[dict[int, tuple[int, ...]]]:
    """For every place, which other codes those who lack it have there."""
    found: list[dict[int, set[int]]] = [{} for _ in made]
    for who in sorted({one for several in lacking for one in several}):
        asked = np.array([i for i, several in enumerate(lacking) if who in several])
        low = np.array([made[i][0] for i in asked])
        high = np.array([made[i][1] for i in asked])
        mine = np.flatnonzero(coder == who)
        here, there = meetings(low, high, start[mine], end[mine])
        other = code[mine[there]].tolist()
        for place, instead in zip(asked[here].tolist(), other, strict=True):
            if instead != made[place][2]:
                found[place].setdefault(who, set()).add(instead)
    return [{who: tuple(sorted(codes)) for who, codes in one.items()} for one in found]


def _agree(passages: list[Passage], threshold: int) -> bool:
    """Whether a passage and those of the others that overlap it most overlap enough pairwise."""
    by_coder: dict[int, list[Passage]] = {}
    for passage in passages:
        by_coder.setdefault(passage.coder, []).append(passage)
    # Own passages are disjoint, so starts and ends ascend together and few meet any one passage.
    ends = {coder: [one.end for one in theirs] for coder, theirs in by_coder.items()}
    for anchor in passages:
        chosen = [anchor]
        for coder, theirs in by_coder.items():
            if coder == anchor.coder:
                continue
            best: Passage | None = None
            for place in range(bisect_right(ends[coder], anchor.start), len(theirs)):
                if theirs[place].start >= anchor.end:
                    break
                if best is None or _overlap(anchor, theirs[place]) > _overlap(anchor, best):
                    best = theirs[place]
            if best is None or not all(_enough(best, one, threshold) for one in chosen):
                break
            chosen.append(best)
        else:
            return True
    return False


def _overlap(one: Passage, other: Passage) -> Fraction:
    """Characters of both ÷ characters of either."""
    shared = max(min(one.end, other.end) - max(one.start, other.start), 0)
    return Fraction(shared, one.end - one.start + other.end - other.start - shared)


def _enough(one: Passage, other: Passage, threshold: int) -> bool:
    return _overlap(one, other) * 100 >= threshold
