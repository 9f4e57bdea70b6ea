"""Which spans of two lists meet, without looking at those that do not."""

from __future__ import annotations

import numpy as np

from coding.core.spans import IntArray


def meetings(
    start: IntArray, end: IntArray, other_start: IntArray, other_end: IntArray
) -> tuple[IntArray, IntArray]:
    """The positions, in both lists, of all pairs of spans that share a character, each pair once.

    Either the other begins inside the one, or the one begins inside the other and after it: both
    are ranges of sorted starts. O(n log n + pairs); spans of one list may overlap each other.
    """
    order, other_order = np.argsort(start), np.argsort(other_start)
    starts, other_starts = start[order], other_start[other_order]
    inside = _ranges(
        np.searchsorted(other_starts, starts), np.searchsorted(other_starts, end[order])
    )
    around = _ranges(
        np.searchsorted(starts, other_starts, side="right"),
        np.searchsorted(starts, other_end[other_order]),
    )
    one = np.concatenate([order[inside[0]], order[around[1]]])
    other = np.concatenate([other_order[inside[1]], other_order[around[0]]])
    return one, other


def _ranges(low: IntArray, high: IntArray) -> tuple[IntArray, IntArray]:
    """For every row its number, and each number of [low, high)."""
    size = np.maximum(high - low, 0)
    row = np.repeat(np.arange(len(low)), size)
    return row, np.arange(len(row)) + np.repeat(low - (np.cumsum(size) - size), size)
