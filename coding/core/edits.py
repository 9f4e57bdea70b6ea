"""Corrections of a text, and where passages stand after them.

A correction is a list of edits: stretches of the old text and what stands there instead. What
happens to a passage ``[a, b)`` is decided by the edits that hold some of its characters:

* None does. The passage has the same words; it is shifted by what grew or shrank before it. An
  insertion exactly at its beginning or end stands outside it. Certain.
* Edits stand strictly inside: its first and its last word are left alone. It begins and ends at
  the same words as before, and grows or shrinks. Certain.
* An edit touches the first or the last word, or crosses the beginning or the end. Whether the new
  words belong to the passage is for a person to say. Not certain; the best guess is: an edit of
  which at least half was inside counts as inside, any other as outside.
* Everything is gone, or less than half of one single edit was the passage. Nothing of it is left:
  the span is empty, not certain.

Offsets are Unicode code points, half-open, as everywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

# Scripts that are written without spaces: a clause would be one word, so each character is one.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"[[\w\p{{M}}\u200c\u200d]--[{_UNSPACED}]]"
# Words with the marks upon their letters, held together by apostrophes and hyphens; line ends;
# spaces; and whatever else looks like one character. Together they cover every text.
TOKEN = regex.compile(rf"{_LETTER}+(?:['’\-]{_LETTER}+)*|\n|[^\S\n]+|\X", regex.V1)
_HAS_WORD = regex.compile(r"\w")
_JOINS = regex.compile(rf"{_LETTER}|['’\-]", regex.V1)
# Characters that belong to the one before them, and those that pull in the one after them.
_EXTENDS = regex.compile(r"[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]")
_PULLS = regex.compile(r"[\p{GCB=ZWJ}\p{GCB=Prepend}]")
_PAIRS = regex.compile(r"\p{GCB=RI}{2}|[\p{GCB=L}\p{GCB=LV}\p{GCB=LVT}\p{GCB=V}\p{GCB=T}]{2}")


@dataclass(frozen=True, slots=True)
class Edit:
    """``new`` stands instead of ``text[start:end]``; ``start == end`` inserts, ``""`` deletes."""

    start: int
    end: int
    new: str


class Carried(NamedTuple):
    """Where a passage stands in the new text; ``start == end``: nothing of it is left."""

    start: int
    end: int
    certain: bool


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """``text`` after ``edits``, which must be sorted, disjoint and inside it (else ValueError)."""
    parts, at = [], 0
    for edit in _joined(edits, len(text)):
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    parts.append(text[at:])
    return "".join(parts)


def inverse(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that make ``text`` again of what ``edits`` make of it."""
    back, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        back.append(Edit(start, start + len(edit.new), text[edit.start : edit.end]))
        shift += len(edit.new) - (edit.end - edit.start)
    return back


def carry(
    spans: NDArray[np.integer],
    edits: Sequence[Edit],
    text: str | None = None,
    *,
    exact: bool = False,
) -> tuple[IntArray, NDArray[np.bool_]]:
    """Where ``spans`` (n, 2) stand after ``edits``, and of which of them that is certain (n,).

    With the old ``text``, "the first and last word" are words, and a guess is trimmed to what can
    be seen; without it they are characters. ``exact``: it is known, not found out, what stands for
    what (a name for a name), so an edit inside a passage is certain at its ends, too. Spans and
    edits may come by the ten thousand: O((n + m) log m) but for the guesses that are trimmed.
    """
    spans = np.asarray(spans, dtype=np.int64).reshape(-1, 2)
    joined = _joined(edits, None if text is None else len(text))
    if not joined or not len(spans):
        return spans.copy(), np.ones(len(spans), dtype=bool)
    a, b = spans[:, 0], spans[:, 1]
    starts = np.array([edit.start for edit in joined], dtype=np.int64)
    ends = np.array([edit.end for edit in joined], dtype=np.int64)
    sizes = np.array([len(edit.new) for edit in joined], dtype=np.int64)
    # How far what follows the first k edits has moved.
    moved = np.concatenate([[0], np.cumsum(sizes - (ends - starts))])

    # Edits [first, after) hold characters of the passage, or stand strictly inside it.
    first = np.searchsorted(ends, a, side="right")
    after = np.searchsorted(starts, b, side="left")
    touched = after > first
    f, last = np.minimum(first, len(joined) - 1), np.maximum(after - 1, 0)

    new_start, new_end = a + moved[first], b + moved[after]
    at_f, at_last = starts[f] + moved[f], starts[last] + moved[last]
    crossed = touched & (starts[f] < a)
    inside = 2 * (np.minimum(ends[f], b) - a) >= ends[f] - starts[f]
    new_start = np.where(crossed, np.where(inside, at_f, at_f + sizes[f]), new_start)
    crossed = touched & (ends[last] > b)
    inside = 2 * (b - np.maximum(starts[last], a)) >= ends[last] - starts[last]
    new_end = np.where(crossed, np.where(inside, at_last + sizes[last], at_last), new_end)
    new_end = np.maximum(new_start, new_end)

    head, tail = (a, b) if exact else _edge_words(a, b, text)
    left, right = (starts, ends) if exact else _reach(joined, text)
    certain = ~touched | ((left[f] >= head) & (right[last] <= tail) & (new_end > new_start))
    result = np.stack([new_start, new_end], axis=1)
    if text is not None:
        _trim(result, ~certain, apply_edits(text, joined))
    return result, certain


def carry_one(start: int, end: int, edits: Sequence[Edit], text: str | None = None) -> Carried:
    """``carry`` of a single passage."""
    spans, certain = carry(np.array([[start, end]], dtype=np.int64), edits, text)
    return Carried(int(spans[0, 0]), int(spans[0, 1]), bool(certain[0]))


def is_edge(text: str, at: int) -> bool:
    """Whether ``text`` may be cut before ``at`` without cutting what looks like one character.

    Errs on the side of no: of a row of flags, no place inside is an edge.
    """
    if at <= 0 or at >= len(text) or (text[at] < "\u0300" and text[at - 1] < "\u0300"):
        return True
    return not (
        _EXTENDS.match(text[at]) or _PULLS.match(text[at - 1]) or _PAIRS.match(text, at - 1)
    )


def _joined(edits: Iterable[Edit], length: int | None) -> list[Edit]:
    """The edits with those that touch made one, so that some old text stands between any two."""
    result: list[Edit] = []
    for edit in edits:
        if not 0 <= edit.start <= edit.end or (length is not None and edit.end > length):
            raise ValueError(f"There is no text from {edit.start} to {edit.end} to be edited.")
        if result and edit.start < result[-1].end:
            raise ValueError(f"The edits at {result[-1].start} and {edit.start} overlap.")
        if result and edit.start == result[-1].end:
            before = result.pop()
            edit = Edit(before.start, edit.end, before.new + edit.new)
        if edit.start < edit.end or edit.new:
            result.append(edit)
    return result


def words_of(text: str) -> IntArray:
    """Start and end of every word (n, 2), as passages are held by them here."""
    found = (match.span() for match in TOKEN.finditer(text) if _HAS_WORD.search(match[0]))
    return np.array(list(found), dtype=np.int64).reshape(-1, 2)


def _edge_words(a: IntArray, b: IntArray, text: str | None) -> tuple[IntArray, IntArray]:
    """Of each passage, where its first word ends and its last word starts."""
    if text is None:
        return a + 1, b - 1
    words = words_of(text)
    if not len(words):
        return b, a
    i = np.searchsorted(words[:, 1], a, side="right")
    j = np.searchsorted(words[:, 0], b, side="left") - 1
    # A passage without any word is held by all its characters.
    none = i > j
    head = np.where(none, b, words[np.minimum(i, len(words) - 1), 1])
    tail = np.where(none, a, words[np.maximum(j, 0), 0])
    return np.maximum(head, a + 1), np.minimum(tail, b - 1)


def _reach(edits: Sequence[Edit], text: str | None) -> tuple[IntArray, IntArray]:
    """Start and end of each edit, one further where it changes the word that ends or starts there.

    What is put right behind a word leaves it alone if it does not begin like more of a word.
    """
    left = np.array([edit.start for edit in edits], dtype=np.int64)
    right = np.array([edit.end for edit in edits], dtype=np.int64)
    if text is not None:
        for k, edit in enumerate(edits):
            follows = edit.new[:1] or text[edit.end : edit.end + 1]
            precedes = edit.new[-1:] or text[max(edit.start - 1, 0) : edit.start]
            left[k] -= bool(_JOINS.match(follows))
            right[k] += bool(_JOINS.match(precedes))
    return left, right


def _trim(spans: IntArray, which: NDArray[np.bool_], text: str) -> None:
    """Takes white space off the ends of the guesses; one that holds nothing else is empty."""
    for k in np.flatnonzero(which):
        start, end = int(spans[k, 0]), int(spans[k, 1])
        while start < end and not is_edge(text, start):
            start -= 1
        while start < end and not is_edge(text, end):
            end += 1
        piece = text[start:end]
        if not piece.strip():
            spans[k] = start, start
            continue
        spans[k, 0] = start + len(piece) - len(piece.lstrip())
        spans[k, 1] = end - (len(piece) - len(piece.rstrip()))
