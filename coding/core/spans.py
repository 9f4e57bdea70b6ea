"""Spans of text: merging them, finding where several people agree, and checking one span.

A span is half-open, ``[start, end)``, in Unicode code points of the stored text. Two spans
overlap when they share at least one character; ``[0, 5)`` and ``[5, 9)`` only touch.

The array functions take and return one-dimensional int64 arrays of equal length. ``groups``
says which spans may meet at all (for example one number per text and code); spans of
different groups never merge. Nothing here knows of a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

# Composite sort keys must stay clear of the int64 limit; beyond it the slower lexsort is used.
_KEY_LIMIT = 2**62
_SHOWN = 40
_LEAD = 15


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Disjoint spans, sorted by group, then start. All arrays have shape (n_pieces,)."""

    starts: IntArray
    ends: IntArray
    groups: IntArray

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True, eq=False)
class Merged(Pieces):
    """Pieces, and for every input span the position of the piece that contains it.

    ``piece_of`` has shape (n_inputs,), in the order in which the spans were given.
    """

    piece_of: IntArray


@dataclass(frozen=True, slots=True)
class SpanProblem:
    """Why a span is refused: ``code`` for programs, ``message`` for the user.

    Codes: not_whole_numbers, negative, empty, past_end, quote_mismatch.
    """

    code: str
    message: str


def union(starts: IntArray, ends: IntArray, groups: IntArray | None = None) -> Merged:
    """Maximal stretches per group: overlap of at least one character merges, touching does not.

    Raises ValueError if the arrays differ in length or a span is empty or reversed.
    """
    starts, ends, groups = _checked(starts, ends, groups)
    order = sort_order(groups, starts)
    merged = _union_sorted(starts[order], ends[order], groups[order])
    piece_of = np.empty(len(order), dtype=np.int64)
    piece_of[order] = merged.piece_of
    return Merged(merged.starts, merged.ends, merged.groups, piece_of)


def consensus(
    starts: IntArray, ends: IntArray, groups: IntArray | None, members: IntArray, k: int
) -> Pieces:
    """Stretches per group that at least ``k`` different members cover; touching ones merge.

    A member who covers a character twice counts once. Raises ValueError as ``union`` does, and
    if ``k`` is below 1.
    """
    if k < 1:
        raise ValueError(f"Consensus needs at least 1 member, not {k}.")
    starts, ends, groups = _checked(starts, ends, groups)
    members = np.asarray(members, dtype=np.int64)
    if members.shape != starts.shape:
        raise ValueError(f"There are {len(starts)} spans but {members.size} members.")
    if len(starts) == 0:
        return Pieces(starts, ends, groups)

    order = sort_order(groups, members, starts)
    sorted_groups, sorted_members = groups[order], members[order]
    changes = _changes(sorted_groups, sorted_members)
    own = _union_sorted(starts[order], ends[order], np.cumsum(changes))
    own_groups = sorted_groups[changes][own.groups - 1]

    # Sweep over the edges: +1 where a member begins, -1 where one ends. Edges at the same place
    # are summed first, so a piece that ends where another begins leaves no seam.
    places = np.concatenate([own.starts, own.ends])
    steps = np.repeat(np.array([1, -1], dtype=np.int64), len(own))
    place_groups = np.concatenate([own_groups, own_groups])
    order = sort_order(place_groups, places)
    places, steps, place_groups = places[order], steps[order], place_groups[order]
    firsts = np.flatnonzero(_changes(place_groups, places))
    places, place_groups = places[firsts], place_groups[firsts]
    covered = np.cumsum(np.add.reduceat(steps, firsts)) >= k
    before = np.concatenate([[False], covered[:-1]])
    opens, closes = covered & ~before, before & ~covered
    return Pieces(places[opens], places[closes], place_groups[opens])


def sort_order(*keys: IntArray) -> IntArray:
    """The order that sorts by the first key, then the second and so on; ties in any order."""
    width = 1
    lows: list[int] = []
    widths: list[int] = []
    for key in keys:
        low = int(key.min()) if key.size else 0
        span = (int(key.max()) if key.size else 0) - low + 1
        lows.append(low)
        widths.append(span)
        width *= span
    if width >= _KEY_LIMIT:
        return np.lexsort(keys[::-1]).astype(np.int64, copy=False)
    # One combined number per row sorts several times faster than a lexical sort.
    combined = np.zeros(len(keys[0]), dtype=np.int64)
    for key, low, span in zip(keys, lows, widths, strict=True):
        combined *= span
        combined += key - low
    return np.argsort(combined).astype(np.int64, copy=False)


def check_span(
    text: str, start: object, end: object, quote: str | None = None
) -> SpanProblem | None:
    """The first thing wrong with ``[start, end)`` in ``text``, or None.

    ``quote`` is what the sender believes to stand there; when it stands elsewhere, the message
    names the occurrence nearest to ``start``.
    """
    first, last = _whole(start), _whole(end)
    if first is None or last is None:
        name, value = ("start", start) if first is None else ("end", end)
        return SpanProblem(
            "not_whole_numbers", f"The {name} of a passage must be a whole number, not {value!r}."
        )
    if first < 0 or last < 0:
        name, number = ("start", first) if first < 0 else ("end", last)
        return SpanProblem("negative", f"The {name} of a passage cannot be negative: {number}.")
    if last <= first:
        return SpanProblem(
            "empty", f"A passage must end after it starts: start {first}, end {last}."
        )
    if last > len(text):
        return SpanProblem(
            "past_end",
            f"The passage {first}–{last} ends after the text, which has {len(text)} characters.",
        )
    found = text[first:last]
    if quote is None or quote == found:
        return None
    return SpanProblem("quote_mismatch", _mismatch(text, first, last, found, quote))


def _whole(value: object) -> int | None:
    # True is an int to Python, but no offset.
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None


def _mismatch(text: str, start: int, end: int, found: str, quote: str) -> str:
    if not quote:
        return f"The quoted text is empty, but {start}–{end} reads “{_excerpt(found, 0)}”."
    # Long quotes often differ late only: show both from shortly before the first difference.
    pairs = enumerate(zip(found, quote, strict=False))
    differs = next((i for i, (a, b) in pairs if a != b), min(len(found), len(quote)))
    shown_from = max(0, differs - _LEAD)
    message = (
        f"The text at {start}–{end} reads “{_excerpt(found, shown_from)}”, "
        f"not “{_excerpt(quote, shown_from)}”"
    )
    place = _nearest(text, quote, start)
    if place is None:
        return message + ", which stands nowhere in this text."
    return message + f", which stands at {place}–{place + len(quote)}."


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + _SHOWN].replace("\n", "⏎").replace("\t", "⇥")
    return ("…" if start else "") + shown + ("…" if start + _SHOWN < len(text) else "")


def _nearest(text: str, quote: str, start: int) -> int | None:
    before = text.rfind(quote, 0, start + len(quote) - 1)
    after = text.find(quote, start)
    places = [place for place in (before, after) if place >= 0]
    return min(places, key=lambda place: abs(place - start), default=None)


def _checked(
    starts: IntArray, ends: IntArray, groups: IntArray | None
) -> tuple[IntArray, IntArray, IntArray]:
    starts = np.asarray(starts, dtype=np.int64)
    ends = np.asarray(ends, dtype=np.int64)
    groups = (
        np.zeros(starts.shape, dtype=np.int64)
        if groups is None
        else np.asarray(groups, dtype=np.int64)
    )
    if not starts.shape == ends.shape == groups.shape or starts.ndim != 1:
        raise ValueError(
            f"Starts, ends and groups must be lists of equal length, "
            f"not {starts.shape}, {ends.shape} and {groups.shape}."
        )
    wrong = np.flatnonzero(ends <= starts)
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(
            f"A span must end after it starts: span {i} runs from {starts[i]} to {ends[i]}."
        )
    return starts, ends, groups


def _union_sorted(starts: IntArray, ends: IntArray, groups: IntArray) -> Merged:
    """``union`` of spans that are already sorted by group, then start."""
    if len(starts) == 0:
        return Merged(starts, ends, groups, starts)
    # Every group is lifted onto its own stretch of one long line; then "the furthest end so
    # far" is a single running maximum, which a later group always starts beyond.
    rank = np.cumsum(_changes(groups)) - 1
    low = int(starts.min())
    stride = int(ends.max()) - low + 1
    if (int(rank[-1]) + 1) * stride >= 2**63:
        raise OverflowError("Too many groups of too long texts to merge in one go.")
    lift = rank * stride - low
    reach = np.maximum.accumulate(ends + lift)
    fresh = np.ones(len(starts), dtype=bool)
    fresh[1:] = (starts + lift)[1:] >= reach[:-1]
    firsts = np.flatnonzero(fresh)
    lasts = np.append(firsts[1:], len(starts)) - 1
    return Merged(starts[firsts], reach[lasts] - lift[lasts], groups[firsts], np.cumsum(fresh) - 1)


def _changes(*keys: IntArray) -> npt.NDArray[np.bool_]:
    """True where any of the keys differs from the row before, and in the first row."""
    changes = np.ones(len(keys[0]), dtype=bool)
    if len(changes) > 1:
        changes[1:] = False
        for key in keys:
            changes[1:] |= key[1:] != key[:-1]
    return changes
