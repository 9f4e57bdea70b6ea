"""What can be asked of the sums, and the answer as a number with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from coding.core.agreement import formulas
from coding.core.agreement.formulas import Scores
from coding.core.agreement.model import Coefficient, FloatArray, Reason, Unit
from coding.core.agreement.sums import Rows, Sums


class Measure(StrEnum):
    """The coefficients; their formulas stand in ``formulas``."""

    PERCENT = "percent"
    POSITIVE = "positive"
    KAPPA = "kappa"
    SCOTT = "scott"
    FLEISS = "fleiss"
    CONGER = "conger"
    ALPHA = "alpha"
    BRENNAN_PREDIGER = "brennan_prediger"
    AC1 = "ac1"
    U_ALPHA = "u_alpha"


class Pooling(StrEnum):
    """How codes become one number: three ways that differ, so say which.

    DE_VRIES  agreement and chance averaged over codes, then the formula (the mean, where chance
              is not corrected for)
    SUMMED    the formula on the tables of all codes added up
    MEAN      the mean of the coefficients of those codes that have one
    """

    DE_VRIES = "de_vries"
    SUMMED = "summed"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Statistic:
    """A question. ``among`` is whom: () all coders together, (i, j) a pair, (i,) one coder against
    each of the others, whose tables are added up. ``pooling`` None asks for every code by itself.

    KAPPA and SCOTT are for tables: pairs, and one against the others. FLEISS and CONGER are for all
    together, and are Scott's and Cohen's for a pair. U_ALPHA is for all together, of characters;
    for a pair tabulate these two alone. For passages there are PERCENT, POSITIVE (the same
    number) and BRENNAN_PREDIGER.
    """

    measure: Measure
    among: tuple[int, ...] = ()
    pooling: Pooling | None = None


_TABLES = {
    Measure.PERCENT: formulas.percent,
    Measure.POSITIVE: formulas.positive_agreement,
    Measure.KAPPA: formulas.cohen_kappa,
    Measure.CONGER: formulas.cohen_kappa,
    Measure.SCOTT: formulas.scott_pi,
    Measure.FLEISS: formulas.scott_pi,
    Measure.ALPHA: formulas.krippendorff_alpha,
    Measure.BRENNAN_PREDIGER: formulas.brennan_prediger,
    Measure.AC1: formulas.gwet_ac1,
}
_TOGETHER = {
    Measure.PERCENT: formulas.mean_percent,
    Measure.POSITIVE: formulas.mean_positive_agreement,
    Measure.FLEISS: formulas.fleiss_kappa,
    Measure.CONGER: formulas.conger_kappa,
    Measure.ALPHA: formulas.krippendorff_alpha_of_several,
    Measure.BRENNAN_PREDIGER: formulas.brennan_prediger_of_several,
    Measure.AC1: formulas.gwet_ac1_of_several,
    Measure.U_ALPHA: formulas.u_alpha,
}
_OF_PASSAGES = (Measure.PERCENT, Measure.POSITIVE, Measure.BRENNAN_PREDIGER)


def tables(rows: Rows, sums: Sums, among: tuple[int, ...]) -> FloatArray:
    """The tables [[a, b], [c, d]] of a pair (i, j), or of (i,) and each other coder added up.

    Shape (..., codes, 2, 2). a: both, b: only i, c: only j, d: neither. Of passages: a found ones
    of both coders together, b and c those of one that are not found at the other, d is 0.
    """
    if len(among) == 1:
        others = [int(coder) for coder in rows.coders if coder != among[0]]
        parts = [tables(rows, sums, (among[0], other)) for other in others]
        rows.place(among[0])
        shape = (*sums.applied.shape, 2, 2)
        return sum(parts, np.zeros(shape))
    i, j = (rows.place(coder) for coder in among)
    first, second = sums.given[..., i, j], sums.given[..., j, i]
    if rows.unit is Unit.PASSAGE:
        b, c = first - sums.both[..., i, j], second - sums.both[..., j, i]
        a, d = sums.both[..., i, j] + sums.both[..., j, i], np.zeros_like(b)
    else:
        a = sums.both[..., i, j]
        b, c = first - a, second - a
        d = sums.judged[..., i, j][..., None] - a - b - c
    return np.stack([np.stack([a, b], axis=-1), np.stack([c, d], axis=-1)], axis=-2)


def refusal(rows: Rows, statistic: Statistic) -> Reason | None:
    """Why this cannot be asked of these rows at all, or None."""
    measure, pair = statistic.measure, len(statistic.among) > 0
    if rows.unit is Unit.PASSAGE:
        if measure not in _OF_PASSAGES:
            return Reason.NOT_FOR_UNIT
        if measure is Measure.BRENNAN_PREDIGER and rows.offered < 2:
            return Reason.ONE_CATEGORY
    elif measure is Measure.U_ALPHA and rows.unit is not Unit.CHARACTER:
        return Reason.NOT_FOR_UNIT
    elif measure not in (_TABLES if pair else _TOGETHER):
        return Reason.NOT_FOR_PAIR
    return None


def scores(rows: Rows, sums: Sums, statistic: Statistic) -> Scores:
    """The answer as arrays: shape (..., codes), or (...) if pooled. ``sums`` are sums of ``rows``.

    Raises ValueError for what ``refusal`` refuses.
    """
    why = refusal(rows, statistic)
    if why is not None:
        raise ValueError(why.value)
    if statistic.pooling is Pooling.SUMMED:
        found = _by_code(rows, sums.over_codes(), statistic)
        chance = None if found.chance is None else found.chance[..., 0]
        return Scores(found.disagreement[..., 0], chance, found.n[..., 0], found.unused[..., 0])
    found = _by_code(rows, sums, statistic)
    if statistic.pooling is None:
        return found
    return formulas.mean(found) if statistic.pooling is Pooling.MEAN else formulas.pooled(found)


def _by_code(rows: Rows, sums: Sums, statistic: Statistic) -> Scores:
    measure, among = statistic.measure, statistic.among
    if rows.unit is Unit.PASSAGE:
        offered = rows.offered if measure is Measure.BRENNAN_PREDIGER else None
        if not among:
            return formulas.passage_agreement(sums.met, sums.meetings, offered)
        table = tables(rows, sums, among)
        return formulas.passage_agreement(table[..., 0, 0], table.sum(axis=(-2, -1)), offered)
    if among:
        return _TABLES[measure](tables(rows, sums, among))
    return _TOGETHER[measure](sums)


def estimate(rows: Rows, statistic: Statistic) -> tuple[Coefficient, ...]:
    """The answer: one coefficient for each of ``rows.codes``, or a single one if pooled."""
    count = len(rows.codes) if statistic.pooling is None else 1
    why = refusal(rows, statistic)
    if why is None and not rows.compared(statistic.among).any():
        why = Reason.NOBODY_TO_COMPARE
    if why is None and not len(rows.codes):
        why = Reason.NO_CODE
    if why is not None:
        return (Coefficient(None, why, 0, None, None),) * count
    return coefficients(scores(rows, rows.total(), statistic), statistic.pooling)


def coefficients(found: Scores, pooling: Pooling | None = None) -> tuple[Coefficient, ...]:
    """Each of the scores, a one-dimensional array or a single one, with its reason if there is no
    number."""
    values, apart = np.atleast_1d(found.value), np.atleast_1d(found.disagreement)
    n, unused = np.atleast_1d(found.n), np.atleast_1d(found.unused)
    chance = None if found.chance is None else np.atleast_1d(found.chance)
    made = []
    for i, value in enumerate(values.tolist()):
        known = np.isfinite(value)
        why = None
        if not known:
            if unused[i]:
                why = Reason.NOT_APPLIED
            elif n[i] <= 0:
                why = Reason.NOTHING_TO_COMPARE
            else:
                why = Reason.NO_CODE if pooling is Pooling.MEAN else Reason.NO_VARIATION
        # A mean of coefficients has no agreement and no chance of its own.
        observed = None if pooling is Pooling.MEAN else _share(1 - apart[i])
        expected = None if chance is None else _share(1 - chance[i])
        made.append(Coefficient(value if known else None, why, float(n[i]), observed, expected))
    return tuple(made)


def _share(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def between_coders(
    rows: Rows, measure: Measure, pooling: Pooling = Pooling.DE_VRIES
) -> dict[tuple[int, int], Coefficient]:
    """Coder × coder: for every pair (i, j), i before j, all codes as one number."""
    pairs = combinations((int(coder) for coder in rows.coders), 2)
    return {pair: estimate(rows, Statistic(measure, pair, pooling))[0] for pair in pairs}


def against_the_others(
    rows: Rows, measure: Measure, pooling: Pooling = Pooling.DE_VRIES
) -> dict[int, Coefficient]:
    """Every coder against each of the others, all codes as one number: finds who drifts."""
    return {
        int(coder): estimate(rows, Statistic(measure, (int(coder),), pooling))[0]
        for coder in rows.coders
    }


def applications(rows: Rows) -> dict[int, Sequence[int]]:
    """For every code, how many units (passages) each of ``rows.coders`` gave it to."""
    given = np.diagonal(rows.total().given, axis1=-2, axis2=-1)
    return {
        int(code): [int(value) for value in given[place]] for place, code in enumerate(rows.codes)
    }
