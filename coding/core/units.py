"""The units of a text that coders are compared on: turns, sentences, paragraphs with words in them.

A unit is a stretch in which something is said. The label of a speaker is none, nor is a turn that
consists of a label alone, a gap that a withdrawal left, a line of dots, or the white space between
two units. A passage marks every unit of which it covers a character; a passage that covers none
(the label alone, a line end) marks nothing. So 214 turns are 214 decisions for each code, and not
one of them is about white space.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

from coding.core.agreement import SourceCoding, SourceCounts
from coding.core.sentences import sentences
from coding.core.spans import IntArray

TURN, SENTENCE, PARAGRAPH = "turn", "sentence", "paragraph"

_HEAD = struct.Struct("<II")


def units(text: str, bodies: Iterable[tuple[int, int]], kind: str) -> IntArray:
    """The units of ``text``, shape (units, 2): start and end, without white space around them.

    ``bodies`` are the turns without their labels, in order. A paragraph is a line of a turn; a
    sentence never reaches beyond its turn.
    """
    if kind not in (TURN, SENTENCE, PARAGRAPH):
        raise ValueError(f"There are no units of the kind {kind!r}.")
    found: list[tuple[int, int]] = []
    for start, end in bodies:
        if kind == TURN:
            pieces = [(start, end)]
        elif kind == SENTENCE:
            pieces = sentences(text, start, end)
        else:
            pieces = _lines(text, start, end)
        for first, last in pieces:
            said = text[first:last]
            if any(character.isalnum() for character in said):
                first += len(said) - len(said.lstrip())
                found.append((first, first + len(said.strip())))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found, place = [], start
    for line in text[start:end].splitlines(keepends=True):
        found.append((place, place + len(line)))
        place += len(line)
    return found


def in_units(coding: SourceCoding, spans: IntArray) -> SourceCoding:
    """The same coding counted in units: passages go from the first to behind the last unit that
    they touch. What touches none is left out."""
    low = np.searchsorted(spans[:, 1], coding.start, side="right")
    high = np.searchsorted(spans[:, 0], coding.end, side="left")
    kept = low < high
    return SourceCoding(
        coding.source,
        len(spans),
        coding.coders,
        coding.coder[kept],
        coding.code[kept],
        low[kept],
        high[kept],
        np.arange(len(spans) + 1, dtype=np.int64),
    )


def pack(counts: SourceCounts, spans: IntArray | None) -> bytes:
    """Counts and the units they are of, to be stored together: whoever wants the units again does
    not need the text."""
    head = counts.to_bytes()
    if spans is None:
        return _HEAD.pack(len(head), 0xFFFFFFFF) + head
    gaps = np.diff(spans.ravel(), prepend=0).astype("<i4")
    return _HEAD.pack(len(head), len(spans)) + head + zlib.compress(gaps.tobytes())


def unpack(data: bytes) -> tuple[SourceCounts, IntArray | None]:
    """The opposite of ``pack``. Raises ValueError for what is no such thing."""
    try:
        size, number = _HEAD.unpack_from(data)
        counts = SourceCounts.from_bytes(data[_HEAD.size : _HEAD.size + size])
        if number == 0xFFFFFFFF:
            return counts, None
        gaps = np.frombuffer(zlib.decompress(data[_HEAD.size + size :]), dtype="<i4")
        return counts, np.cumsum(gaps, dtype=np.int64).reshape(number, 2)
    except (struct.error, zlib.error, ValueError) as problem:
        raise ValueError("These counts of agreement are damaged.") from problem


def from_rows(
    source: int, length: int, shares: Sequence[tuple[int, Sequence[Sequence[int]]]]
) -> SourceCoding:
    """The coding of a source from each coder's rows (code, start, end)."""
    sizes = [len(rows) for _coder, rows in shares]
    table = np.array([row for _coder, rows in shares for row in rows], dtype=np.int64)
    table = table.reshape(-1, 3)
    coders = tuple(coder for coder, _rows in shares)
    who = np.repeat(np.array(coders, dtype=np.int64), sizes)
    return SourceCoding(source, length, coders, who, table[:, 0], table[:, 1], table[:, 2])
