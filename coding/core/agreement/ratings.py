"""Coefficients of *ratings*: every unit has one value of several from each coder, or none.

The counts of spans know "code or not" only. These are the same coefficients, by their authors'
formulas, for any number of categories and for ordered ones: for codes that exclude each other on
given units, and for attributes of whole sources.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from coding.core.agreement.formulas import Scores
from coding.core.agreement.model import Coefficient, FloatArray
from coding.core.agreement.statistics import coefficients
from coding.core.spans import IntArray


class Level(StrEnum):
    """What differences between values mean, for Krippendorff's alpha."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """``values``: shape (units, coders), positions in ``categories``, -1 where a value is missing.
    ``categories`` are those on offer, used or not, ascending for ordered levels."""

    values: IntArray
    categories: tuple[Hashable, ...]

    @classmethod
    def of(
        cls,
        rows: Sequence[Sequence[Hashable | None]],
        categories: Sequence[Hashable] | None = None,
    ) -> Ratings:
        """From one row a unit with one value a coder, None where it is missing. ``categories``
        None: the values that occur, sorted. Raises ValueError for a value that is not on offer."""
        if categories is None:
            used = {value for row in rows for value in row if value is not None}
            categories = sorted(used, key=_ordered)
        place: dict[Hashable | None, int] = {value: i for i, value in enumerate(categories)}
        place[None] = -1
        unknown = next((v for row in rows for v in row if v not in place), None)
        if unknown is not None:
            raise ValueError(f"The value {unknown!r} is not on offer.")
        width = len(rows[0]) if rows else 0
        values = np.array([[place[v] for v in row] for row in rows], dtype=np.int64)
        return cls(values.reshape(len(rows), width), tuple(categories))

    def counts(self) -> FloatArray:
        """Shape (units, categories): how many coders gave each value to each unit."""
        found = np.zeros((len(self.values), len(self.categories)))
        unit, coder = np.nonzero(self.values >= 0)
        np.add.at(found, (unit, self.values[unit, coder]), 1)
        return found

    def table(self, first: int = 0, second: int = 1) -> FloatArray:
        """Shape (q, q): the units by the values of two coders (columns), for the formulas of
        tables. Units that one of them did not judge are left out."""
        q = len(self.categories)
        one, other = self.values[:, first], self.values[:, second]
        known = (one >= 0) & (other >= 0)
        found = np.zeros((q, q))
        np.add.at(found, (one[known], other[known]), 1)
        return found


def _ordered(value: Hashable) -> tuple[str, Hashable]:
    # Numbers in order of size; what cannot be compared with them comes by its own kind.
    return ("", value) if isinstance(value, int | float) else (type(value).__name__, value)


def krippendorff_alpha(ratings: Ratings, level: Level = Level.NOMINAL) -> Coefficient:
    """Krippendorff (2011, section D): units with a single value are left out, values of a unit
    weighted by 1/(m_u − 1). Categories must be numbers for INTERVAL and RATIO."""
    counts = ratings.counts()
    many = counts.sum(axis=1)
    counts, many = counts[many >= 2], many[many >= 2]
    weighed = counts / (many - 1)[:, None]
    together = weighed.T @ counts - np.diag(weighed.sum(axis=0))
    margins = together.sum(axis=0)
    n = np.array(margins.sum())
    far = _far(ratings, margins, level)
    expected = (np.outer(margins, margins) * far).sum()
    apart = _divided((together * far).sum(), n)
    return _coefficient(apart, _divided(expected, n * (n - 1)), np.array(float(len(counts))))


def _far(ratings: Ratings, margins: FloatArray, level: Level) -> FloatArray:
    """Squared differences between categories (Krippendorff 2011, section D)."""
    q = len(ratings.categories)
    if level is Level.NOMINAL:
        return 1 - np.eye(q)
    if level is Level.ORDINAL:
        reach = np.cumsum(margins) - margins / 2
        return np.subtract.outer(reach, reach) ** 2
    values = np.array(ratings.categories, dtype=np.float64)
    difference = np.subtract.outer(values, values)
    if level is Level.INTERVAL:
        return difference**2
    both = np.add.outer(values, values)
    ratio = np.divide(difference, both, out=np.zeros((q, q)), where=both != 0)
    return ratio**2


def percent(ratings: Ratings) -> Coefficient:
    """Share of equal pairs of values in a unit, averaged over units with at least two."""
    apart, n = _apart(ratings)
    return _coefficient(apart, None, n)


def fleiss_kappa(ratings: Ratings) -> Coefficient:
    """Fleiss (1971), with Gwet's (2014) extension to missing values."""
    share = _shares(ratings)
    return _corrected(ratings, (share * (1 - share)).sum())


def gwet_ac1(ratings: Ratings) -> Coefficient:
    """Gwet (2008), with his extension to missing values."""
    share = _shares(ratings)
    return _corrected(ratings, 1 - (share * (1 - share)).sum() / (len(share) - 1))


def brennan_prediger(ratings: Ratings) -> Coefficient:
    """Brennan & Prediger (1981), Randolph (2005): chance is 1 ÷ categories on offer."""
    return _corrected(ratings, np.array(1 - 1 / len(ratings.categories)))


def conger_kappa(ratings: Ratings) -> Coefficient:
    """Conger (1980), with Gwet's extension to missing values."""
    q = len(ratings.categories)
    known = ratings.values[:, (ratings.values >= 0).any(axis=0)]
    share = np.stack([(known == k).sum(axis=0) / (known >= 0).sum(axis=0) for k in range(q)])
    m = share.shape[1]
    alike = (share.sum(axis=1) ** 2 - (share**2).sum(axis=1)).sum() / (m * (m - 1))
    # Shares of coders who all used one and the same value leave nothing but rounding.
    varied = len(np.unique(known[known >= 0])) > 1
    return _corrected(ratings, np.array(1 - alike if varied else 0.0))


def category_kappa(ratings: Ratings, category: Hashable) -> Coefficient:
    """Fleiss' (1971) kappa of one category against the rest, of complete data."""
    place = ratings.categories.index(category)
    values = np.where(ratings.values < 0, -1, (ratings.values == place).astype(np.int64))
    return fleiss_kappa(Ratings(values, (0, 1)))


def _apart(ratings: Ratings) -> tuple[FloatArray, FloatArray]:
    counts = ratings.counts()
    many = counts.sum(axis=1)
    counts, many = counts[many >= 2], many[many >= 2]
    unequal = (counts * (many[:, None] - counts)).sum(axis=1) / (many * (many - 1))
    n = np.array(float(len(counts)))
    return _divided(unequal.sum(), n), n


def _shares(ratings: Ratings) -> FloatArray:
    """The mean share of each category, units with a single value included."""
    counts = ratings.counts()
    counts = counts[counts.sum(axis=1) > 0]
    if not len(counts):
        return np.full(counts.shape[1], np.nan)
    if (counts > 0).any(axis=0).sum() == 1:
        return np.asarray((counts > 0).any(axis=0), dtype=np.float64)
    return np.asarray((counts / counts.sum(axis=1, keepdims=True)).mean(axis=0))


def _corrected(ratings: Ratings, chance: FloatArray) -> Coefficient:
    apart, n = _apart(ratings)
    return _coefficient(apart, chance, n)


def _coefficient(apart: FloatArray, chance: FloatArray | None, n: FloatArray) -> Coefficient:
    return coefficients(Scores(apart, chance, n, np.array(False)))[0]


def _divided(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.asarray(top / bottom if bottom > 0 else np.nan)
