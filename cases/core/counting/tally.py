"""Counting codings by row (case) and column (code).

Everything is counted per source and code first and then added up over the sources of each row,
except participants, who are counted once per row however many of its sources they speak in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from cases.core.counting.model import Codings, Column, Counts, FloatArray, Row, Rule
from cases.core.counting.text import StudyText, first_touch, items_under, running
from coding.core.spans import IntArray, Pieces, consensus, union


def count(
    text: StudyText,
    codings: Codings,
    rows: Sequence[Row],
    columns: Sequence[Column],
    rule: Rule | None = None,
    finished: Iterable[int] = (),
) -> Counts:
    """All measures and denominators of a matrix.

    Sources and codings that are not in ``text`` (withheld, filtered out) are left out of every
    number. ``finished`` are source ids that somebody marked as coded to the end. Raises
    ValueError naming a coding that does not fit into its source.
    """
    rule = rule or Rule()
    tally = _Tally(text, rows, len(columns))
    chosen, source = choose(text, codings, rule)
    which, column = _by_column(chosen.code, columns)
    start, end = chosen.start + text.line[source], chosen.end + text.line[source]

    pieces = merge(start[which], end[which], column, chosen.coder[which], rule)
    piece_source = text.source_at(pieces.starts)
    cell = piece_source * len(columns) + pieces.groups
    per_source = tally.per_source(cell)
    segments: IntArray | FloatArray = tally.add(per_source)
    if rule.layer == "coder_mean":
        segments = _coder_mean(tally, chosen, source, which, column, start, end)

    starts, ends, order = pieces.starts, pieces.ends, np.argsort(pieces.starts)
    low, high = items_under(starts, ends, text.word_start, text.word_end, order)
    words = tally.add(tally.per_source(cell, high - first_touch(low, high, pieces.groups)))
    low, high = items_under(starts, ends, text.turn_start, text.turn_end, order)
    low = first_touch(low, high, pieces.groups)
    before = running(text.turn_counts)
    turns = tally.add(tally.per_source(cell, before[high] - before[low]))
    participants, den_participants = tally.people(pieces.groups, low, high)

    coded = np.zeros(len(text), dtype=bool)
    coded[source] = True
    done = text.index_of(np.array(sorted(finished), dtype=np.int64))
    coded[done[done >= 0]] = True

    return Counts(
        rows=tuple(rows),
        columns=tuple(columns),
        rule=rule,
        codings=tally.add(tally.per_source(source[which] * len(columns) + column)),
        segments=segments,
        documents=tally.add((per_source > 0).astype(np.int64)),
        participants=participants,
        turns=turns,
        words=words,
        chars=tally.add(tally.per_source(cell, ends - starts)),
        den_documents=tally.add(np.ones(len(text), dtype=np.int64)),
        den_words=tally.add(text.words),
        den_participant_words=tally.add(text.participant_words),
        den_turns=tally.add(_bincount(text.turn_source[text.turn_counts], len(text))),
        den_chars=tally.add(text.lengths),
        den_participants=den_participants,
        documents_coded=tally.add(coded.astype(np.int64)),
    )


def choose(text: StudyText, codings: Codings, rule: Rule) -> tuple[Codings, IntArray]:
    """The codings of the chosen coders in the sources of ``text``, and their source's position.

    Raises ValueError naming the first coding that is empty or does not fit into its source.
    """
    source = text.index_of(codings.source)
    keep = source >= 0
    if rule.coders is not None:
        keep &= np.isin(codings.coder, np.array(sorted(rule.coders), dtype=np.int64))
    if not keep.all():
        codings, source = codings.take(keep), source[keep]
    # A span that ran over its source's end would silently count the next source's words.
    lengths = text.lengths[source]
    wrong = (codings.start < 0) | (codings.end > lengths) | (codings.end <= codings.start)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise ValueError(
            f"Coding {codings.id[i]} runs from {codings.start[i]} to {codings.end[i]}, but "
            f"source {codings.source[i]} has {lengths[i]} characters."
        )
    return codings, source


def merge(starts: IntArray, ends: IntArray, group: IntArray, coder: IntArray, rule: Rule) -> Pieces:
    """The pieces of text that count under the rule, sorted by group, then position."""
    if rule.layer == "consensus":
        return consensus(starts, ends, group, coder, rule.k)
    return union(starts, ends, group)


def _by_column(code: IntArray, columns: Sequence[Column]) -> tuple[IntArray, IntArray]:
    """(position of a coding, column) for every coding that belongs to a column."""
    pairs = np.array(
        sorted((code_id, j) for j, column in enumerate(columns) for code_id in column.codes),
        dtype=np.int64,
    ).reshape(-1, 2)
    low = np.searchsorted(pairs[:, 0], code, side="left")
    copies = np.searchsorted(pairs[:, 0], code, side="right") - low
    which = np.repeat(np.arange(len(code)), copies)
    # Position inside each coding's run of columns: a running number minus where the run began.
    within = np.arange(len(which)) - np.repeat(np.cumsum(copies) - copies, copies)
    return which, pairs[low[which] + within, 1]


def _coder_mean(
    tally: _Tally,
    chosen: Codings,
    source: IntArray,
    which: IntArray,
    column: IntArray,
    start: IntArray,
    end: IntArray,
) -> FloatArray:
    coders, coder = np.unique(chosen.coder, return_inverse=True)
    many = max(1, len(coders))
    own = union(start[which], end[which], column * many + coder[which])
    own_source = tally.text.source_at(own.starts)
    total = tally.per_source(own_source * tally.n_columns + own.groups // many)
    pairs = np.unique(source * many + coder)
    coders_of = np.bincount(pairs // many, minlength=len(tally.text))
    return tally.add(total / np.maximum(coders_of, 1)[:, None])


class _Tally:
    """Adds up numbers per source over the sources of each row."""

    def __init__(self, text: StudyText, rows: Sequence[Row], n_columns: int) -> None:
        self.text, self.n_rows, self.n_columns = text, len(rows), n_columns
        row = np.repeat(np.arange(len(rows)), [len(row.sources) for row in rows])
        listed = np.array([source for row in rows for source in row.sources], dtype=np.int64)
        source = text.index_of(listed)
        width = max(1, len(text))
        # unique: a source listed twice in one row counts once.
        members = np.unique(row[source >= 0] * width + source[source >= 0])
        self.row, self.source = members // width, members % width

    def per_source(self, cell: IntArray, amount: IntArray | None = None) -> IntArray:
        """Sums by cell (source * n_columns + column), as a table (n_sources, n_columns)."""
        size = len(self.text) * self.n_columns
        return _bincount(cell, size, amount).reshape(len(self.text), self.n_columns)

    @overload
    def add(self, table: IntArray) -> IntArray: ...
    @overload
    def add(self, table: FloatArray) -> FloatArray: ...
    def add(self, table: IntArray | FloatArray) -> IntArray | FloatArray:
        """Sum a table (n_sources, …) over the sources of each row, to (n_rows, …)."""
        total = np.zeros((self.n_rows, *table.shape[1:]), dtype=table.dtype)
        if len(self.row):
            firsts = np.flatnonzero(np.diff(self.row, prepend=-1))
            total[self.row[firsts]] = np.add.reduceat(table[self.source], firsts, axis=0)
        return total

    def people(self, column: IntArray, low: IntArray, high: IntArray) -> tuple[IntArray, IntArray]:
        """Distinct participants per cell (n_rows, n_columns), and per row (n_rows,).

        Each piece has a column and touches the turns [low, high).
        """
        counts = np.zeros((self.n_rows, self.n_columns), dtype=np.int64)
        text, known = self.text, self.text.turn_has_person
        person_ids, person = np.unique(text.turn_participant[known], return_inverse=True)
        many = max(1, len(person_ids))
        # An appearance is one person in one source; it is heard in a column when a piece of the
        # column touches one of the person's turns there.
        appearances, appearance = np.unique(
            text.turn_source[known] * many + person, return_inverse=True
        )
        before = running(known)
        low, high = before[low], before[high]
        heard = np.zeros((len(appearances), self.n_columns), dtype=bool)
        heard[appearance[_ranges(low, high)], np.repeat(column, high - low)] = True

        # Every (row, appearance), sorted by row and person, so that one person's appearances in
        # several sources of a row become one.
        sources = appearances // many
        low = np.searchsorted(sources, self.source, side="left")
        high = np.searchsorted(sources, self.source, side="right")
        row, seen = np.repeat(self.row, high - low), _ranges(low, high)
        key = row * many + appearances[seen] % many
        order = np.argsort(key, kind="stable")
        key, seen = key[order], seen[order]
        firsts = np.flatnonzero(np.diff(key, prepend=-1))
        row = key[firsts] // many
        if len(firsts):
            by_person = np.logical_or.reduceat(heard[seen], firsts, axis=0)
            rows = np.flatnonzero(np.diff(row, prepend=-1))
            counts[row[rows]] = np.add.reduceat(by_person.astype(np.int64), rows, axis=0)
        return counts, _bincount(row, self.n_rows)


def _ranges(low: IntArray, high: IntArray) -> IntArray:
    """low[0] … high[0]-1, low[1] … high[1]-1, … in one array."""
    sizes = high - low
    shift = low - (np.cumsum(sizes) - sizes)
    ranges: IntArray = np.arange(int(sizes.sum())) + np.repeat(shift, sizes)
    return ranges


def _bincount(
    index: npt.NDArray[np.integer], size: int, amount: IntArray | None = None
) -> IntArray:
    # Weighted bincount adds in float64: exact for whole numbers up to 2**53.
    return np.bincount(index, weights=amount, minlength=size).astype(np.int64)
