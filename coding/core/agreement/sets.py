"""Alpha of code *sets*: every unit has, for each coder, the set of all codes it was given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from coding.core.agreement.counting import Pieces, finished_by_two, lay_out
from coding.core.agreement.formulas import Scores
from coding.core.agreement.intervals import jackknife_intervals, without_each
from coding.core.agreement.model import (
    BoolArray,
    Coefficient,
    FloatArray,
    Interval,
    SourceCoding,
    Unit,
)
from coding.core.agreement.statistics import coefficients
from coding.core.spans import IntArray, sort_order

Words = npt.NDArray[np.uint64]

# Distances held at once, and the size of sets up to which they are looked up in a table.
_PORTION = 4_000_000
_LOOKED_UP = 64


class Distance(StrEnum):
    """How far two sets are from each other; ``FORMULAS`` has each in print.

    MASI is Passonneau's form of 2006, MASI_2004 the product form that other programs compute,
    PASSONNEAU the first factor of that product alone (2004).
    """

    JACCARD = "jaccard"
    DICE = "dice"
    MASI = "masi"
    MASI_2004 = "masi_2004"
    PASSONNEAU = "passonneau"


FORMULAS: dict[Distance, str] = {
    Distance.JACCARD: "d(A, B) = 1 − |A ∩ B| / |A ∪ B|",
    Distance.DICE: "d(A, B) = 1 − 2 |A ∩ B| / (|A| + |B|)",
    Distance.MASI: (
        "d(A, B) = 1 − J × M, J = |A ∩ B| / |A ∪ B|, "
        "M = 1 (equal), 2/3 (one contains the other), 1/3 (they overlap), 0 (disjoint)"
    ),
    Distance.MASI_2004: (
        "d(A, B) = (1 − J) × P, J = |A ∩ B| / |A ∪ B|, "
        "P = 0 (equal), 1/3 (one contains the other), 2/3 (they overlap), 1 (disjoint)"
    ),
    Distance.PASSONNEAU: (
        "d(A, B) = 0 (equal), 1/3 (one contains the other), 2/3 (they overlap), 1 (disjoint)"
    ),
}


@dataclass(frozen=True, slots=True)
class SetAlpha:
    """Alpha of sets, the formula of its distance, the jackknife over sources, and the share of
    pairs of values that are equal sets."""

    distance: Distance
    formula: str
    coefficient: Coefficient
    interval: Interval
    percent: Coefficient


def set_alpha(
    codings: Sequence[SourceCoding],
    distance: Distance = Distance.JACCARD,
    *,
    codes: Collection[int] | None = None,
    coders: Collection[int] | None = None,
    unit: Unit = Unit.CHARACTER,
    roll_up: Mapping[int, Collection[int]] | None = None,
    level: float = 0.95,
) -> SetAlpha:
    """Krippendorff's alpha with a distance between sets: 1 − Do / De, where Do is the mean distance
    of the sets that coders of one unit gave, and De that of all sets given anywhere.

    Two empty sets (nobody coded the unit) are equal; the empty set is contained in every other.
    Values of source d are weighted by 1/(m_d − 1). Sources that fewer than two of ``coders``
    (None: everybody) finished play no part. Raises ValueError for ``Unit.PASSAGE``.
    (Krippendorff 2011, section D; Passonneau 2006; Krippendorff & Craggs 2016.)
    """
    if unit is Unit.PASSAGE:
        raise ValueError("Passages have no sets of codes; choose another unit.")
    codings = finished_by_two(codings, coders)
    counted = None if codes is None else np.unique(np.array(list(codes), dtype=np.int64))
    sets = _Sets(lay_out(codings, counted, unit, roll_up))
    whole, left_out = sets.scores(distance)
    interval = jackknife_intervals(whole.value, left_out.value, level=level)[0]
    return SetAlpha(distance, FORMULAS[distance], coefficients(whole)[0], interval, sets.percent())


def set_distance(one: Collection[int], other: Collection[int], distance: Distance) -> float:
    """The distance of two sets, 0 to 1."""
    first, second = set(one), set(other)
    a, b, both = (np.array(float(len(x))) for x in (first, second, first & second))
    return float(_distance(a, b, both, distance))


def _distance(
    one: FloatArray, other: FloatArray, shared: FloatArray, distance: Distance
) -> FloatArray:
    """Distances of sets of these sizes that share so many elements."""
    either = one + other - shared
    alike = either == shared
    if distance is Distance.DICE:
        return 1 - _safe(2 * shared, one + other, alike)
    jaccard = 1 - _safe(shared, either, alike)
    if distance is Distance.JACCARD:
        return jaccard
    contained = shared == np.minimum(one, other)
    steps = np.where(alike, 0.0, np.where(contained, 1 / 3, np.where(shared > 0, 2 / 3, 1.0)))
    if distance is Distance.PASSONNEAU:
        return steps
    if distance is Distance.MASI_2004:
        return jaccard * steps
    masi: FloatArray = 1 - (1 - jaccard) * (1 - steps)
    return masi


def _safe(top: FloatArray, bottom: FloatArray, alike: BoolArray) -> FloatArray:
    """top ÷ bottom, and 1 for equal sets, the two empty ones among them."""
    return np.where(alike, 1.0, top / np.where(bottom > 0, bottom, 1))


class _Sets:
    """The sets that every coder gave, stretch by stretch, without looking at characters.

    A coder's set changes only where a passage begins or ends: one bit flips, so the sets along the
    line are running exclusive ors of bits. ``members`` (sets, words of 64 codes) has each set
    that occurs once; ``which`` (coders, stretches) says who gave which, -1 for who did not finish.
    """

    def __init__(self, pieces: Pieces) -> None:
        self.documents = len(pieces.units)
        self.coders = pieces.finished.sum(axis=1)
        self.units = pieces.units
        source, self.width, changes, order = _stretches(pieces)
        self.source = source
        m, words = len(pieces.coders), max(1, -(-len(pieces.codes) // 64))
        which = np.zeros((m, len(source)), dtype=np.int64)
        parts: list[Words] = []
        for word in range(words):
            bits = np.zeros((m, len(order)), dtype=np.uint64)
            mine = np.flatnonzero(pieces.code // 64 == word)
            flip = np.uint64(1) << (pieces.code[mine] % 64).astype(np.uint64)
            for shift in (0, len(pieces.code)):
                bits[pieces.coder[mine], mine + shift] = flip
            state = np.bitwise_xor.accumulate(bits[:, order], axis=1)[:, changes]
            values, inverse = np.unique(state, return_inverse=True)
            inverse = inverse.reshape(which.shape)
            if word == 0:
                which, parts = inverse, [values]
                continue
            combined, which = np.unique(which * len(values) + inverse, return_inverse=True)
            which = which.reshape(m, len(source))
            parts = [part[combined // len(values)] for part in parts]
            parts.append(values[combined % len(values)])
        self.members = np.stack(parts, axis=1)
        self.which = np.where(pieces.finished[source].T, which, -1)
        self.sizes = np.bitwise_count(self.members).sum(axis=1).astype(np.float64)

    def scores(self, distance: Distance) -> tuple[Scores, Scores]:
        """Of all sources together, and without each of them."""
        values = (self.coders * self.units).astype(np.float64)
        apart = self._observed(distance)
        whole, own = self._expected(distance)
        others = without_each(apart)
        units = self.units.astype(np.float64)
        return (
            _scores(apart.sum(), whole, values.sum(), units.sum()),
            _scores(others, own, values.sum() - values, units.sum() - units),
        )

    def percent(self) -> Coefficient:
        """The share of pairs of values in a unit that are equal sets, averaged over units."""
        apart = 0.0
        for i, j in _pairs(len(self.which)):
            known = (self.which[i] >= 0) & (self.which[j] >= 0) & (self.which[i] != self.which[j])
            m = self.coders[self.source[known]]
            apart += float((2 * self.width[known] / (m * (m - 1))).sum())
        n = np.array(float(self.units.sum()))
        share = np.array(apart) / n if n > 0 else np.array(np.nan)
        return coefficients(Scores(share, None, n, np.array(False)))[0]

    def _observed(self, distance: Distance) -> FloatArray:
        """For every source the distances of ordered pairs ÷ (m − 1), added over units."""
        apart = np.zeros(self.documents)
        for i, j in _pairs(len(self.which)):
            known = np.flatnonzero(
                (self.which[i] >= 0) & (self.which[j] >= 0) & (self.which[i] != self.which[j])
            )
            one, other = self.which[i][known], self.which[j][known]
            shared = np.bitwise_count(self.members[one] & self.members[other]).sum(axis=1)
            far = _distance(self.sizes[one], self.sizes[other], shared.astype(float), distance)
            source = self.source[known]
            weight = 2 * self.width[known] * far / (self.coders[source] - 1)
            apart += np.bincount(source, weight, minlength=self.documents)
        return apart

    def _expected(self, distance: Distance) -> tuple[FloatArray, FloatArray]:
        """Distances of all ordered pairs of values, added: of all sources, and without each."""
        count = len(self.members)
        row, column = np.nonzero(self.which >= 0)
        key = self.source[column] * count + self.which[row, column]
        keys, inverse = np.unique(key, return_inverse=True)
        weight = np.bincount(inverse, self.width[column].astype(float), minlength=len(keys))
        source, one = keys // count, keys % count
        total = np.bincount(one, weight, minlength=count)
        reach = np.zeros(count)
        step = max(1, _PORTION // max(count, 1))
        every = np.arange(count)
        for first in range(0, count, step):
            part = every[first : first + step]
            reach[part] = self._between(part, every, distance) @ total
        whole = total @ reach
        toward = np.bincount(source, weight * reach[one], minlength=self.documents)
        inside = np.zeros(self.documents)
        bounds = np.searchsorted(source, np.arange(self.documents + 1))
        for place, (first, last) in enumerate(pairwise(bounds.tolist())):
            mine, much = one[first:last], weight[first:last]
            inside[place] = much @ self._between(mine, mine, distance) @ much
        without = whole - 2 * toward + inside
        # Where everything cancels out, what rounding leaves is no disagreement.
        return whole, np.where(without > 1e-13 * whole, without, 0)

    def _between(self, one: IntArray, other: IntArray, distance: Distance) -> FloatArray:
        sizes, other_sizes = self.sizes[one][:, None], self.sizes[other]
        shared = np.zeros((len(one), len(other)), dtype=np.int32)
        for word in self.members.T:
            shared += np.bitwise_count(word[one][:, None] & word[other])
        top = int(self.sizes.max(initial=0)) + 1
        if top > _LOOKED_UP:
            return _distance(sizes, other_sizes, shared.astype(float), distance)
        # Distances depend on three small numbers: looked up they cost a tenth.
        each = np.arange(top, dtype=np.float64)
        known = _distance(each[:, None, None], each[:, None], each, distance).ravel()
        shared += ((sizes * top + other_sizes) * top).astype(np.int32)
        far: FloatArray = known[shared]
        return far


def _scores(apart: FloatArray, far: FloatArray, values: FloatArray, units: FloatArray) -> Scores:
    apart, far = np.asarray(apart, float), np.asarray(far, float)
    pairs = values * (values - 1)
    some, many = values > 0, pairs > 0
    return Scores(
        np.divide(apart, values, out=np.full(apart.shape, np.nan), where=some),
        np.divide(far, pairs, out=np.full(far.shape, np.nan), where=many),
        units,
        np.zeros(apart.shape, dtype=bool),
    )


def _stretches(pieces: Pieces) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Between any two neighbouring ends of passages of a source, its own ends among them: the
    source, the length, after which event it begins; and the order of the events, which are the
    starts, the ends, then the beginning and the end of every source."""
    sources = np.arange(len(pieces.units))
    nothing = np.zeros(len(pieces.units), dtype=np.int64)
    source = np.concatenate([pieces.source, pieces.source, sources, sources])
    place = np.concatenate([pieces.start, pieces.end, nothing, pieces.units])
    order = sort_order(source, place)
    source, place = source[order], place[order]
    begins = np.flatnonzero((source[1:] == source[:-1]) & (place[1:] > place[:-1]))
    return source[begins], place[begins + 1] - place[begins], begins, order


def _pairs(m: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(m) for j in range(i)]
