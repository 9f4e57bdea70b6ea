"""Counts of one source, from which every coefficient is a sum, and their form in bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from coding.core.agreement.model import Unit
from coding.core.spans import IntArray

VERSION = 1
_MAGIC = b"CsAg"
_HEAD = struct.Struct("<4sBBBB")
_WIDTHS = tuple(np.dtype(name) for name in ("<u1", "<u2", "<u4", "<i8"))


@dataclass(frozen=True, slots=True, eq=False)
class SourceCounts:
    """How often the coders of one source used each code, and how often together. Exact integers.

    source    its id (for ``Unit.CASE`` the id of the case)
    unit      what was compared; ``threshold`` is the percentage for ``Unit.PASSAGE``, else 0
    units     how many units the source has: segments, characters, or 1 (0 for passages)
    coders    shape (m,), ascending: who finished the source
    codes     shape (k,), ascending: the codes that somebody of them applied
    counted   the codes that were asked for, ascending; None: all of them
    both      shape (k, m, m). For coders i ≠ j the units to which both gave the code (for passages:
              the passages of i that j has too), on the diagonal the units of i.
    squares   shape (k, m): for characters the sum of the squared lengths of the passages of a
              coder, own overlapping ones merged; else 0. What uα does not pair with itself.
    """

    source: int
    unit: Unit
    threshold: int
    units: int
    coders: IntArray
    codes: IntArray
    counted: IntArray | None
    both: IntArray
    squares: IntArray

    def to_bytes(self) -> bytes:
        """A compact form to be stored: version, then every array in the fewest bytes a number."""
        whole = self.counted is None
        head = _HEAD.pack(_MAGIC, VERSION, self.unit, self.threshold, whole)
        counted = np.zeros(0, np.int64) if self.counted is None else self.counted
        single = np.array([self.source, self.units], dtype=np.int64)
        arrays = (single, self.coders, self.codes, counted, self.both.ravel(), self.squares.ravel())
        return head + b"".join(_packed(array) for array in arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> SourceCounts:
        """The opposite of ``to_bytes``. Raises ValueError for bytes that are not of this version,
        are cut off, or go on after the end."""
        if len(data) < _HEAD.size:
            raise ValueError("These bytes are no counts of agreement.")
        magic, version, unit, threshold, whole = _HEAD.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError("These bytes are no counts of agreement.")
        if version != VERSION:
            raise ValueError(f"Counts of agreement of version {version} cannot be read.")
        place = _HEAD.size
        arrays: list[IntArray] = []
        for _ in range(6):
            array, place = _unpacked(data, place)
            arrays.append(array)
        single, coders, codes, counted, both, squares = arrays
        k, m = len(codes), len(coders)
        sizes = (len(single), both.size, squares.size) == (2, k * m * m, k * m)
        if place != len(data) or not sizes or unit not in set(Unit):
            raise ValueError("These counts of agreement are damaged.")
        return cls(
            int(single[0]),
            Unit(unit),
            threshold,
            int(single[1]),
            coders,
            codes,
            None if whole else counted,
            both.reshape(k, m, m),
            squares.reshape(k, m),
        )


def _packed(array: IntArray) -> bytes:
    wide = 3
    if array.size == 0 or array.min() >= 0:
        top = int(array.max()) if array.size else 0
        wide = next((i for i in range(3) if top <= np.iinfo(_WIDTHS[i]).max), 3)
    return struct.pack("<BI", wide, array.size) + array.astype(_WIDTHS[wide]).tobytes()


def _unpacked(data: bytes, place: int) -> tuple[IntArray, int]:
    try:
        wide, size = struct.unpack_from("<BI", data, place)
        kind = _WIDTHS[wide]
        array = np.frombuffer(data, kind, size, place + 5)
    except (struct.error, IndexError, ValueError) as problem:
        raise ValueError("These counts of agreement are damaged.") from problem
    return array.astype(np.int64), place + 5 + size * kind.itemsize
