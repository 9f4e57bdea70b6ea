"""How coded passages lie to each other: which share characters, where both hold, which are near.

Everything works on ``Pieces``: disjoint spans, sorted by group (the source), then start. Masks are
boolean arrays of shape (n,), one entry per span asked about. Nothing here knows of a database.
"""

import numpy as np
import numpy.typing as npt

from coding.core.spans import IntArray, Pieces

Mask = npt.NDArray[np.bool_]


def touching(starts: IntArray, ends: IntArray, groups: IntArray, others: Pieces) -> Mask:
    """Which of the spans (in any order) share at least one character with one of ``others``."""
    first, last = _range(starts, ends, groups, others)
    return np.asarray(last > first)


def intersection(a: Pieces, b: Pieces) -> Pieces:
    """The stretches that lie in a piece of ``a`` and in a piece of ``b`` of the same group."""
    first, last = _range(a.starts, a.ends, a.groups, b)
    times = last - first
    mine = np.repeat(np.arange(len(a)), times)
    # Counts up from ``first`` within each run: the position minus where the run began.
    begun = np.repeat(np.cumsum(times) - times, times)
    other = np.repeat(first, times) + np.arange(len(mine)) - begun
    return Pieces(
        np.maximum(a.starts[mine], b.starts[other]),
        np.minimum(a.ends[mine], b.ends[other]),
        a.groups[mine],
    )


def near(a: Pieces, b: Pieces, turns: Pieces, within: int) -> Mask:
    """Which pieces of ``a`` have a piece of ``b`` in the same turn or at most ``within`` turns off.

    ``turns`` are the turns of every group, from the label's start to the end of what is said. What
    lies between two turns counts as part of the former, what lies before the first as part of it.
    The distance is that between the nearest turns of the two pieces.
    """
    if within < 0:
        raise ValueError(f"A distance in turns cannot be negative: {within}.")
    if not len(a) or not len(b):
        return np.zeros(len(a), dtype=bool)
    a_first, a_last = _turn_numbers(a, turns)
    b_first, b_last = _turn_numbers(b, turns)
    # In turn numbers, pieces of one group stay in order although they may share turns. Groups are
    # lifted so far apart that the distance never reaches from one to the next.
    lift = int(max(a_last.max(), b_last.max())) + 2 * within + 2
    _, rank = np.unique(np.concatenate([a.groups, b.groups]), return_inverse=True)
    a_lift, b_lift = rank[: len(a)] * lift, rank[len(a) :] * lift
    first = np.searchsorted(b_last + b_lift, a_first + a_lift - within, side="left")
    found = first < len(b)
    nearest = (b_first + b_lift)[np.minimum(first, len(b) - 1)]
    return np.asarray(found & (nearest <= a_last + a_lift + within))


def select(pieces: Pieces, mask: Mask) -> Pieces:
    return Pieces(pieces.starts[mask], pieces.ends[mask], pieces.groups[mask])


def _range(
    starts: IntArray, ends: IntArray, groups: IntArray, others: Pieces
) -> tuple[IntArray, IntArray]:
    """For each span the first and (excluded) last of ``others`` that it shares characters with."""
    if not len(starts) or not len(others):
        zero = np.zeros(len(starts), dtype=np.int64)
        return zero, zero
    reach = int(max(ends.max(), others.ends.max())) + 1
    _, rank = np.unique(np.concatenate([groups, others.groups]), return_inverse=True)
    mine, theirs = rank[: len(starts)] * reach, rank[len(starts) :] * reach
    first = np.searchsorted(others.ends + theirs, starts + mine, side="right")
    last = np.searchsorted(others.starts + theirs, ends + mine, side="left")
    return first.astype(np.int64), last.astype(np.int64)


def _turn_numbers(pieces: Pieces, turns: Pieces) -> tuple[IntArray, IntArray]:
    """Number of the turn in which each piece begins and ends, from 0 in every group."""
    if not len(turns):
        zero = np.zeros(len(pieces), dtype=np.int64)
        return zero, zero
    reach = int(max(pieces.ends.max(), turns.ends.max())) + 1
    _, rank = np.unique(np.concatenate([pieces.groups, turns.groups]), return_inverse=True)
    mine, theirs = rank[: len(pieces)] * reach, rank[len(pieces) :] * reach
    line = turns.starts + theirs
    base = np.searchsorted(line, mine, side="left")

    def number(places: IntArray) -> IntArray:
        found = np.searchsorted(line, places + mine, side="right") - 1 - base
        return np.asarray(np.maximum(found, 0), dtype=np.int64)

    return number(pieces.starts), number(pieces.ends - 1)
