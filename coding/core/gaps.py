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

from coding.core.edits import Edit

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


def cut(
    text: str, spans: NDArray[np.integer], gone: Sequence[Stretch], kept: Sequence[Stretch]
) -> IntArray:
    """What is left of passages (n, 2) when the turns ``gone`` go; still in the old offsets.

    ``kept`` are all other turns: a label without a word after it is nothing worth keeping. A
    passage without any character of a turn that goes is returned as it is; one of which no word
    of others is left is empty (start == end).
    """
    result = np.asarray(spans, dtype=np.int64).reshape(-1, 2).copy()
    size = len(text)
    going = _marked(size, [(turn.start, turn.end) for turn in gone])
    labels = _marked(size, [(turn.start, turn.body_start) for turn in kept])
    blank = np.fromiter((char.isspace() for char in text), dtype=bool, count=size)
    shown = ~blank & ~going
    lost, said = _running(going), _running(shown & ~labels)
    places = np.flatnonzero(shown)

    start, end = result[:, 0], result[:, 1]
    touched = lost[end] > lost[start]
    empty = touched & (said[end] == said[start])
    whole = touched & ~empty
    if not whole.any():
        result[empty, 1] = result[empty, 0]
        return result
    first = places[np.minimum(np.searchsorted(places, start, side="left"), len(places) - 1)]
    last = places[np.maximum(np.searchsorted(places, end, side="left") - 1, 0)] + 1
    # Only a border that a going turn stands at moves: white space elsewhere is the coder's choice.
    result[:, 0] = np.where(whole & (lost[first] > lost[start]), first, start)
    result[:, 1] = np.where(whole & (lost[end] > lost[np.minimum(last, end)]), last, end)
    result[empty, 1] = result[empty, 0]
    return result


def _marked(size: int, places: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    for start, end in places:
        mask[start:end] = True
    return mask


def _running(mask: NDArray[np.bool_]) -> IntArray:
    return np.concatenate([[0], np.cumsum(mask, dtype=np.int64)])
