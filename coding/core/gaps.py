"""Gap marks: what is left where somebody spoke who has withdrawn from a talk of several people.

Each of their turns becomes a mark, the name before it as well. Passages of others are cut to the
words of others: a passage that began or ended in a turn that goes begins or ends with the next
word of somebody else; one that reaches across such a turn keeps both sides, with the mark between
them; of one that held nobody else's words nothing is left.

Offsets are Unicode code points, half-open, as everywhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coding.core.edits import Edit, carry

IntArray = NDArray[np.int64]

# Stored in the text, and so the same in every language.
MARK = "[withdrawn]"


class Stretch(NamedTuple):
    """A turn: ``text[start:body_start]`` is its label, ``text[body_start:end]`` what was said."""

    start: int
    body_start: int
    end: int


def marks(turn: Stretch) -> tuple[str, str]:
    """What stands instead of the label and of the words; nothing where there was nothing."""
    label = f"{MARK}: " if turn.body_start > turn.start else ""
    body = MARK if turn.end > turn.body_start else ""
    return (label if body else label.rstrip()), body


def gap_edits(gone: Sequence[Stretch]) -> list[Edit]:
    """The edits that put marks in the place of turns, which are in order and disjoint."""
    return [Edit(turn.start, turn.end, "".join(marks(turn))) for turn in gone]


class Gaps:
    """The turns that go from one text, ready to be asked about any number of passages.

    ``gone`` and ``kept`` are all turns of ``text``, each in order and disjoint. A label among the
    kept ones is no word: a passage of which only a label would be left is nothing worth keeping.
    """

    def __init__(self, text: str, gone: Sequence[Stretch], kept: Sequence[Stretch]) -> None:
        self.edits = gap_edits(gone)
        size = len(text)
        going = _marked(size, [(turn.start, turn.end) for turn in gone])
        labels = _marked(size, [(turn.start, turn.body_start) for turn in kept])
        blank = np.fromiter((char.isspace() for char in text), dtype=bool, count=size)
        shown = ~blank & ~going
        self._size = size
        self._lost, self._said = _running(going), _running(shown & ~labels)
        self._places = np.flatnonzero(shown)

    def cut(self, spans: NDArray[np.integer]) -> IntArray:
        """What is left of passages (n, 2), still in the offsets of ``text``.

        One without any character of a turn that goes is returned as it is; one of which no word of
        others is left is empty (start == end). Places beyond the text are brought back into it.
        """
        result = np.asarray(spans, dtype=np.int64).reshape(-1, 2).clip(0, self._size)
        start, end = result[:, 0].copy(), result[:, 1].copy()
        lost, said, places = self._lost, self._said, self._places
        touched = lost[end] > lost[start]
        empty = touched & (said[end] == said[start])
        whole = touched & ~empty
        if whole.any():
            first = places[np.minimum(np.searchsorted(places, start), len(places) - 1)]
            last = places[np.maximum(np.searchsorted(places, end) - 1, 0)] + 1
            # Only a border that a going turn stands at moves: other white space is the coder's.
            opens = whole & (lost[np.maximum(first, start)] > lost[start])
            closes = whole & (lost[end] > lost[np.minimum(last, end)])
            result[:, 0] = np.where(opens, first, start)
            result[:, 1] = np.where(closes, last, end)
        result[empty, 1] = result[empty, 0]
        return result

    def place(self, spans: NDArray[np.integer]) -> IntArray:
        """Where what is left of passages (n, 2) stands in the new text; empty ones stay empty."""
        left = self.cut(spans)
        new, _certain = carry(left, self.edits)
        new[left[:, 1] <= left[:, 0]] = 0
        return new


def _marked(size: int, places: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    for start, end in places:
        mask[start:end] = True
    return mask


def _running(mask: NDArray[np.bool_]) -> IntArray:
    return np.concatenate([[0], np.cumsum(mask, dtype=np.int64)])
