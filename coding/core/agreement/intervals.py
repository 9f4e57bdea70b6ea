"""How sure an estimate is: sources are left out or drawn again, never characters or segments.

Characters of one text are not independent of each other; resampling them gives intervals that are
far too narrow. What was sampled are sources, so these are resampled. With fewer than five there is
an estimate and no interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from coding.core.agreement.model import FloatArray, Interval, Reason
from coding.core.agreement.statistics import Statistic, refusal, scores
from coding.core.agreement.sums import Rows, Sums

FEWEST_DOCUMENTS = 5
LIMITS = (0.667, 0.800)

# More than this share of resamples without a number, and percentiles would mean little.
_UNDEFINED = 0.05
# Numbers held at once while resampling.
_PORTION = 8_000_000


def jackknife(
    rows: Rows, statistics: Sequence[Statistic], *, level: float = 0.95
) -> list[tuple[Interval, ...]]:
    """Delete-one-source jackknife with the t quantile of (sources − 1) degrees of freedom.

    One tuple for each statistic: an interval for each of ``rows.codes``, or a single one if pooled.
    Only sources that the coders in question finished are left out; the sums without one are made
    by adding, never by subtracting. (Efron & Tibshirani 1993, ch. 11.)
    """
    _check_level(level)
    answers = []
    left: dict[bytes, Sums] = {}
    for statistic in statistics:
        mask = rows.compared(statistic.among)
        documents = int(mask.sum())
        why = refusal(rows, statistic)
        if why is not None or documents < FEWEST_DOCUMENTS:
            why = why or Reason.FEW_SOURCES
            answers.append(_none(rows, statistic, level, "jackknife", documents, why))
            continue
        key = mask.tobytes()
        if key not in left:
            without = without_each(rows.table[mask])
            left[key] = rows.sums(without + rows.table[~mask].sum(axis=0))
        left_out = scores(rows, left[key], statistic).value
        whole = scores(rows, rows.total(), statistic).value
        answers.append(jackknife_intervals(whole, left_out, level=level))
    return answers


def without_each(table: FloatArray) -> FloatArray:
    """The sum of the rows but one, for each row: added from both sides, never subtracted, so that
    what is 0 without a row is exactly 0."""
    found = np.zeros_like(table)
    np.cumsum(table[:-1], axis=0, out=found[1:])
    found[:-1] += np.cumsum(table[:0:-1], axis=0)[::-1]
    return found


def jackknife_intervals(
    estimates: FloatArray, left_out: FloatArray, *, level: float = 0.95
) -> tuple[Interval, ...]:
    """Intervals of any estimates (k,), or of a single one (), from those made without each source,
    (d, k) or (d,): estimate ± t × standard error, not above 1. Undefined values are nan."""
    _check_level(level)
    documents = len(left_out)
    whole = np.atleast_1d(estimates)
    parts = left_out.reshape(documents, len(whole))
    made = []
    for value, without in zip(whole.tolist(), parts.T, strict=True):
        if documents < FEWEST_DOCUMENTS or not np.isfinite([value, *without]).all():
            few = documents < FEWEST_DOCUMENTS
            why = Reason.FEW_SOURCES if few else Reason.RESTS_ON_ONE
            if not few and not np.isfinite(value):
                why = Reason.NO_ESTIMATE
            made.append(Interval(None, None, level, "jackknife", documents, None, None, reason=why))
            continue
        spread = without - without.mean()
        error = math.sqrt((documents - 1) / documents * float(spread @ spread))
        reach = t_quantile((1 + level) / 2, documents - 1) * error
        made.append(
            Interval(
                value - reach,
                min(value + reach, 1.0),
                level,
                "jackknife",
                documents,
                _below(LIMITS[0] - value, error, documents - 1),
                _below(LIMITS[1] - value, error, documents - 1),
            )
        )
    return tuple(made)


def bootstrap(
    rows: Rows,
    statistics: Sequence[Statistic],
    *,
    resamples: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> list[tuple[Interval, ...]]:
    """Percentile bootstrap: as many sources as there are drawn with replacement, ``resamples``
    times; the counts of draws, multinomial, times the table of sources are the sums.

    One tuple for each statistic, as ``jackknife``. The same seed gives the same draws; a statistic
    gets the same interval whatever else is asked. (Efron & Tibshirani 1993, ch. 13.)
    """
    _check_level(level)
    if resamples < 1:
        raise ValueError(f"At least 1 resample is needed, not {resamples}.")
    answers: list[tuple[Interval, ...]] = [()] * len(statistics)
    together: dict[bytes, list[int]] = {}
    for place, statistic in enumerate(statistics):
        mask = rows.compared(statistic.among)
        why = refusal(rows, statistic)
        if mask.sum() < FEWEST_DOCUMENTS and why is None:
            why = Reason.FEW_SOURCES
        if why is not None:
            answers[place] = _none(rows, statistic, level, "bootstrap", int(mask.sum()), why)
        else:
            together.setdefault(mask.tobytes(), []).append(place)
    for places in together.values():
        mask = rows.compared(statistics[places[0]].among)
        table, rest = rows.table[mask], rows.table[~mask].sum(axis=0)
        documents = len(table)
        draws = np.random.default_rng(seed)
        values: dict[int, list[FloatArray]] = {place: [] for place in places}
        step = max(1, _PORTION // max(table.shape[1], documents))
        for first in range(0, resamples, step):
            size = min(step, resamples - first)
            weights = draws.multinomial(documents, np.full(documents, 1 / documents), size)
            sums = rows.sums(weights.astype(np.float64) @ table + rest)
            for place in places:
                values[place].append(scores(rows, sums, statistics[place]).value)
        for place in places:
            whole = scores(rows, rows.total(), statistics[place]).value
            found = np.concatenate(values[place])
            answers[place] = percentile_intervals(whole, found, documents, level=level, seed=seed)
    return answers


def percentile_intervals(
    estimates: FloatArray,
    values: FloatArray,
    documents: int,
    *,
    level: float = 0.95,
    seed: int | None = None,
) -> tuple[Interval, ...]:
    """Intervals of any estimates (k,), or of a single one (), from their resampled values,
    (resamples, k) or (resamples,).

    Resamples without a number (nan) are left out if they are at most 5 %; ``Interval.resamples``
    says how many were used. The probabilities are shares of the resamples.
    """
    _check_level(level)
    whole = np.atleast_1d(estimates)
    columns = values.reshape(len(values), len(whole)).T
    made = []
    for value, column in zip(whole.tolist(), columns, strict=True):
        known = column[np.isfinite(column)]
        used, why = len(known), None
        if used < (1 - _UNDEFINED) * len(column):
            why = Reason.RESAMPLES_UNDEFINED
        if not np.isfinite(value):
            why = Reason.NO_ESTIMATE
        if why is not None:
            made.append(
                Interval(None, None, level, "bootstrap", documents, None, None, seed, used, why)
            )
            continue
        low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]).tolist()
        first, second = (float((known < limit).mean()) for limit in LIMITS)
        made.append(Interval(low, high, level, "bootstrap", documents, first, second, seed, used))
    return tuple(made)


def t_probability(t: float, freedom: int) -> float:
    """P(T ≤ t) of Student's t with whole degrees of freedom: the finite series of Abramowitz &
    Stegun 26.7.3 and 26.7.4."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    square = cosine * cosine
    if freedom % 2:
        term = cosine
        total = cosine if freedom > 1 else 0.0
        for k in range(3, freedom - 1, 2):
            term *= square * (k - 1) / k
            total += term
        inside = 2 / math.pi * (angle + sine * total)
    else:
        term = total = 1.0
        for k in range(2, freedom - 1, 2):
            term *= square * (k - 1) / k
            total += term
        inside = sine * total
    return (1 + inside) / 2


@lru_cache(maxsize=256)
def t_quantile(probability: float, freedom: int) -> float:
    """The t below which Student's t with ``freedom`` degrees of freedom lies with this probability,
    which must be inside (0, 1): ``t_probability`` turned round by halving."""
    if not 0 < probability < 1 or freedom < 1:
        raise ValueError("A quantile needs a probability between 0 and 1 and degrees of freedom.")
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while t_probability(high, freedom) < probability:
        low, high = high, high * 2
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if t_probability(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _below(distance: float, error: float, freedom: int) -> float:
    """P(true value < limit), the limit lying ``distance`` above the estimate."""
    if error == 0:
        return float(distance > 0)
    return t_probability(distance / error, freedom)


def _none(
    rows: Rows, statistic: Statistic, level: float, method: str, documents: int, why: Reason
) -> tuple[Interval, ...]:
    count = len(rows.codes) if statistic.pooling is None else 1
    return (Interval(None, None, level, method, documents, None, None, reason=why),) * count


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval must be between 0 and 1, not {level}.")
