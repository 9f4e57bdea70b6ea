"""The uα family of Krippendorff, Mathet, Bouvry & Widlöcher (2016): boundaries and codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coding.core.agreement.counting import Pieces, finished_by_two, lay_out, shared
from coding.core.agreement.formulas import Scores
from coding.core.agreement.intervals import jackknife_intervals, without_each
from coding.core.agreement.model import Coefficient, FloatArray, Interval, SourceCoding, Unit
from coding.core.agreement.statistics import coefficients
from coding.core.spans import IntArray, sort_order


@dataclass(frozen=True, slots=True)
class Unitizing:
    """``u``: boundaries and codes (uα); ``relevance``: coded or not (|uα); ``coding``: codes where
    passages of different coders meet (cuα), ``coverage`` the share of coded text where they do;
    ``by_code``: one code there ((k)uα), with the share of its own text that is met by others.
    ``n`` of the coefficients is in characters: values for u and relevance, met ones for the rest.
    Coverage is None where there is no coded text.
    """

    u: Coefficient
    relevance: Coefficient
    coding: Coefficient
    coverage: float | None
    by_code: Mapping[int, Coefficient]
    coverage_by_code: Mapping[int, float | None]
    u_interval: Interval
    relevance_interval: Interval
    coding_interval: Interval


def unitizing(
    codings: Sequence[SourceCoding],
    *,
    codes: Collection[int] | None = None,
    coders: Collection[int] | None = None,
    roll_up: Mapping[int, Collection[int]] | None = None,
    level: float = 0.95,
) -> Unitizing:
    """The family for codes that exclude each other, over sources that two of ``coders`` finished.

    With l the lengths of coinciding values (÷ (m − 1) in a source of m coders), φ the gaps:

    uα   = 1 − Do/De, Do = Σ l_ck, De = l.. Σ l_c. l_k. / (l..² − Σ length² − l_φ.), the sums over
           c ≠ k, gaps among them: a passage is not paired with parts of itself, nor a character of
           a gap with itself.
    |uα    the same of coded or not, the passages staying as they are.
    cuα    the same of what passages of different coders share, without gaps; a passage there has
           the length of its contribution, what it shares with the others ÷ (m − 1).
    (k)uα = 1 − [(l_k. − l_kk) / l_k.] ÷ [l_k. (l.. − l_k.) / (l_k. l.. − Σ contribution²)], there.

    The self-pairing term of cuα is described in several ways; this one gives the published .724 of
    Krippendorff (2019, fig. 12.11), and for two coders all agree. Touching passages stay separate.

    Raises ValueError, naming source and coder, where passages of one coder with different codes
    overlap; then look at one code at a time (``Measure.U_ALPHA``) or at sets (``set_alpha``).
    """
    codings = finished_by_two(codings, coders)
    counted = None if codes is None else np.unique(np.array(list(codes), dtype=np.int64))
    pieces = lay_out(codings, counted, Unit.CHARACTER, roll_up)
    _check_exclusive(codings, pieces)
    rows = _rows(pieces)
    whole = _Family(rows.sum(axis=0), len(pieces.codes))
    without = _Family(without_each(rows), len(pieces.codes))
    u, relevance, coding = (
        (coefficients(one)[0], jackknife_intervals(one.value, left_out.value, level=level)[0])
        for one, left_out in (
            (whole.u(), without.u()),
            (whole.relevance(), without.relevance()),
            (whole.coding(), without.coding()),
        )
    )
    names = pieces.codes.tolist()
    covered = _shares(whole.met, whole.lengths)
    return Unitizing(
        u[0],
        relevance[0],
        coding[0],
        _shares(whole.met.sum(keepdims=True), whole.lengths.sum(keepdims=True))[0],
        dict(zip(names, coefficients(whole.by_code()), strict=True)),
        dict(zip(names, covered, strict=True)),
        u[1],
        relevance[1],
        coding[1],
    )


class _Family:
    """The sums (..., 3 + 5 codes) by name, and the four coefficients they make."""

    def __init__(self, sums: FloatArray, codes: int) -> None:
        self.values, self.gap_with_gap, self.coded_with_coded = (sums[..., i] for i in range(3))
        self.lengths, self.squares, self.same, self.met, self.met_squares = (
            sums[..., 3 + i * codes : 3 + (i + 1) * codes] for i in range(5)
        )
        self.gaps = self.values - self.lengths.sum(axis=-1)
        self.unused = np.asarray((self.values > 0) & (self.lengths.sum(axis=-1) <= 0))

    def u(self) -> Scores:
        apart = self.values - self.gap_with_gap - self.same.sum(axis=-1)
        coded = self.lengths.sum(axis=-1)
        unequal = _unequal(self.lengths) + 2 * coded * self.gaps
        return self._with_gaps(apart, unequal)

    def relevance(self) -> Scores:
        apart = self.values - self.gap_with_gap - self.coded_with_coded
        return self._with_gaps(apart, 2 * self.lengths.sum(axis=-1) * self.gaps)

    def _with_gaps(self, apart: FloatArray, unequal: FloatArray) -> Scores:
        pairs = self.values**2 - self.squares.sum(axis=-1) - self.gaps
        return _made(apart, unequal, pairs, self.values, self.unused)

    def coding(self) -> Scores:
        all_met = self.met.sum(axis=-1)
        apart = all_met - self.same.sum(axis=-1)
        pairs = all_met**2 - self.met_squares.sum(axis=-1)
        # With one code alone, what rounding leaves is no disagreement.
        unequal = np.where(_several(self.met), _unequal(self.met), 0)
        return _made(apart, unequal, pairs, all_met, self.unused)

    def by_code(self) -> Scores:
        all_met = self.met.sum(axis=-1, keepdims=True)
        unequal = np.where(_several(self.met)[..., None], self.met * (all_met - self.met), 0)
        pairs = self.met * all_met - self.met_squares
        return _made(self.met - self.same, unequal, pairs, self.met, self.lengths <= 0)


def _made(
    apart: FloatArray,
    unequal: FloatArray,
    pairs: FloatArray,
    n: FloatArray,
    unused: np.typing.NDArray[np.bool_],
) -> Scores:
    nan = np.full(np.shape(apart), np.nan)
    return Scores(
        np.divide(apart, n, out=nan.copy(), where=n > 0),
        np.divide(unequal, pairs, out=nan.copy(), where=(pairs > 0) & (n > 0)),
        np.asarray(n),
        np.asarray(unused),
    )


def _unequal(lengths: FloatArray) -> FloatArray:
    """Σ l_c l_k over ordered pairs of different codes (last axis)."""
    every = lengths.sum(axis=-1, keepdims=True)
    total: FloatArray = (lengths * (every - lengths)).sum(axis=-1)
    return total


def _several(met: FloatArray) -> np.typing.NDArray[np.bool_]:
    return np.asarray((met > 0).sum(axis=-1) > 1)


def _shares(part: FloatArray, whole: FloatArray) -> list[float | None]:
    pairs = zip(part.tolist(), whole.tolist(), strict=True)
    return [one / all_of_it if all_of_it > 0 else None for one, all_of_it in pairs]


def _rows(pieces: Pieces) -> FloatArray:
    """For every source: values, gaps met by gaps, coded met by coded, and by code the lengths,
    their squares, what is met by the same code and by any, and squares of contributions."""
    d, k = len(pieces.units), len(pieces.codes)
    coders = pieces.finished.sum(axis=1)
    length = pieces.end - pieces.start
    met = _contributions(pieces) / (coders[pieces.source] - 1)
    where = pieces.source * k + pieces.code
    groups, rank = np.unique(where, return_inverse=True)
    both = shared(pieces, rank, len(groups))
    pairs = both.sum(axis=(1, 2)) - np.trace(both, axis1=1, axis2=2)
    same = np.zeros(d * k)
    same[groups] = pairs / (coders[groups // max(k, 1)] - 1)

    def by_code(weight: FloatArray) -> FloatArray:
        sums = np.zeros(d * k)
        np.add.at(sums, where, weight)
        return sums.reshape(d, k)

    lengths, all_met = by_code(length.astype(float)), by_code(met)
    values = (pieces.units * coders).astype(float)
    coded, coded_with_coded = lengths.sum(axis=1), all_met.sum(axis=1)
    gap_with_gap = values - 2 * coded + coded_with_coded
    single = np.stack([values, gap_with_gap, coded_with_coded], axis=1)
    squares = by_code(length.astype(float) ** 2)
    table: FloatArray = np.concatenate(
        [single, lengths, squares, same.reshape(d, k), all_met, by_code(met**2)], axis=1
    )
    return table


def _contributions(pieces: Pieces) -> IntArray:
    """How many characters each passage shares with passages of others, added over these."""
    stride = int(pieces.units.max()) + 1 if len(pieces.units) else 1
    lift = pieces.source * stride
    start, end = pieces.start + lift, pieces.end + lift
    starts, ends = np.sort(start), np.sort(end)
    start_sums = np.concatenate([[0], np.cumsum(starts)])
    end_sums = np.concatenate([[0], np.cumsum(ends)])

    def covered(place: IntArray) -> IntArray:
        """Coded characters of all coders before each place."""
        begun, ended = np.searchsorted(starts, place), np.searchsorted(ends, place)
        total: IntArray = (begun - ended) * place - start_sums[begun] + end_sums[ended]
        return total

    found: IntArray = covered(end) - covered(start) - (end - start)
    return found


def _check_exclusive(codings: Sequence[SourceCoding], pieces: Pieces) -> None:
    order = sort_order(pieces.source, pieces.coder, pieces.start)
    source, coder = pieces.source[order], pieces.coder[order]
    same = (source[1:] == source[:-1]) & (coder[1:] == coder[:-1])
    wrong = np.flatnonzero(same & (pieces.start[order][1:] < pieces.end[order][:-1]))
    if len(wrong):
        i = order[wrong[0] + 1]
        raise ValueError(
            f"In source {codings[pieces.source[i]].source} coder {pieces.coders[pieces.coder[i]]} "
            f"has two codes at character {pieces.start[i]}; uα needs codes that exclude each other."
        )
