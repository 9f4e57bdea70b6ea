"""What goes into a count and what comes out: codings, rows, columns, the rule, the tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from coding.core.spans import IntArray

Layer = Literal["union", "consensus", "coder_mean"]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Codings:
    """Codings as arrays of shape (n_codings,); positions are inside the source, end excluded."""

    id: IntArray
    source: IntArray
    code: IntArray
    coder: IntArray
    start: IntArray
    end: IntArray

    def __post_init__(self) -> None:
        lengths = set()
        for name in self.__slots__:
            array = np.asarray(getattr(self, name), dtype=np.int64)
            object.__setattr__(self, name, array)
            lengths.add(array.shape)
        if len(lengths) != 1 or len(next(iter(lengths))) != 1:
            raise ValueError("The arrays of codings must be lists of equal length.")

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[int, int, int, int, int, int]]) -> Codings:
        """From tuples (id, source, code, coder, start, end)."""
        table = np.array(list(rows), dtype=np.int64).reshape(-1, 6)
        return cls(*(table[:, i].copy() for i in range(6)))

    def __len__(self) -> int:
        return len(self.id)

    def take(self, which: IntArray | npt.NDArray[np.bool_]) -> Codings:
        """The codings at these positions, or where the mask is true."""
        return Codings(
            self.id[which],
            self.source[which],
            self.code[which],
            self.coder[which],
            self.start[which],
            self.end[which],
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A code with all its descendants: what they cover together counts as one."""

    id: int
    codes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Row:
    """A case: the sources that belong to it. A source may stand in several rows."""

    id: int
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose codings count, and how several coders become one number.

    union: a passage coded by one or by five people is one segment.
    consensus: only characters that at least ``k`` coders coded; touching pieces merge.
    coder_mean: segments only; per source the mean of each coder's own number over the coders
    who coded that source with any code, then summed. All other measures are as under union.
    ``coders`` restricts everything to these people; None means all.
    """

    layer: Layer = "union"
    k: int = 2
    coders: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.layer not in get_args(Layer):
            raise ValueError(f"There is no counting layer {self.layer!r}.")
        if self.layer == "consensus" and self.k < 2:
            raise ValueError(f"Consensus needs at least 2 coders, not {self.k}.")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The numbers of one matrix.

    Measures have shape (n_rows, n_columns), int64 except ``segments`` under coder_mean, which
    is float64. Denominators (``den_…``) and ``documents_coded`` have shape (n_rows,).
    ``documents_coded`` are sources with a coding by a chosen coder, of any code, or finished.
    """

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    rule: Rule
    codings: IntArray
    segments: IntArray | FloatArray
    documents: IntArray
    participants: IntArray
    turns: IntArray
    words: IntArray
    chars: IntArray
    den_documents: IntArray
    den_words: IntArray
    den_participant_words: IntArray
    den_turns: IntArray
    den_chars: IntArray
    den_participants: IntArray
    documents_coded: IntArray
