"""Coefficients of agreement between two coders, from a table, and for several, from sums.

All of them work on whole arrays of tables or sums at once. Tables have shape (..., q, q): rows are
the values of the first coder, columns those of the second. For one code q = 2 and the table is
[[a, b], [c, d]]: both, only the first, only the second, neither.

Everything is computed from *dis*agreement, 1 − (disagreement ÷ expected disagreement), because sums
of products that are 0 are then exactly 0, and 0/0 is found and never rounded into a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coding.core.agreement.model import FloatArray
from coding.core.agreement.sums import Sums


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Disagreement, the disagreement expected by chance (None: not corrected for), and n.

    ``n`` is what was compared; ``unused`` says where there was something to compare, but no coder
    used the code. Equal shapes. Where there is no disagreement to speak of, it is nan.
    """

    disagreement: FloatArray
    chance: FloatArray | None
    n: FloatArray
    unused: npt.NDArray[np.bool_]

    @property
    def value(self) -> FloatArray:
        """The coefficient; nan where it is not defined."""
        if self.chance is None:
            return 1 - self.disagreement
        return 1 - _ratio(self.disagreement, self.chance)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """top ÷ bottom, nan where the bottom is 0."""
    shape = np.broadcast_shapes(top.shape, bottom.shape)
    found: FloatArray = np.divide(top, bottom, out=np.full(shape, np.nan), where=bottom > 0)
    return found


# --- two coders: tables (..., q, q) -----------------------------------------------------------


def _apart(table: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    n = table.sum(axis=(-2, -1))
    apart = n - np.trace(table, axis1=-2, axis2=-1)
    unused = (n > 0) & (n - table[..., -1, -1] <= 0)
    return _ratio(apart, n), n, unused


def _with_chance(table: FloatArray, chance: FloatArray) -> Scores:
    apart, n, unused = _apart(table)
    return Scores(apart, np.broadcast_to(chance, apart.shape), n, unused)


def percent(table: FloatArray) -> Scores:
    """Po, the share of units with equal values."""
    apart, n, unused = _apart(table)
    return Scores(apart, None, n, unused)


def positive_agreement(table: FloatArray) -> Scores:
    """2a / (2a + b + c), of tables (..., 2, 2): the specific positive agreement of Dice (1945)
    and Fleiss (1981), equal to F1 (Hripcsak & Rothschild 2005). Not defined if neither coder
    applied the code."""
    a, b, c = table[..., 0, 0], table[..., 0, 1], table[..., 1, 0]
    n = table.sum(axis=(-2, -1))
    return Scores(_ratio(b + c, 2 * a + b + c), None, n, (n > 0) & (a + b + c <= 0))


def negative_agreement(table: FloatArray) -> Scores:
    """2d / (2d + b + c), of tables (..., 2, 2)."""
    return positive_agreement(table[..., ::-1, ::-1])


def cohen_kappa(table: FloatArray) -> Scores:
    """Cohen (1960): chance from each coder's own shares. Not defined if both used one and the
    same value throughout."""
    first, second = table.sum(axis=-1), table.sum(axis=-2)
    n = table.sum(axis=(-2, -1))
    return _with_chance(table, _ratio((first * (n[..., None] - second)).sum(axis=-1), n * n))


def scott_pi(table: FloatArray) -> Scores:
    """Scott (1955): chance from the shares of both coders together; Fleiss' kappa for two."""
    margins = table.sum(axis=-1) + table.sum(axis=-2)
    n = 2 * table.sum(axis=(-2, -1))
    return _with_chance(table, _ratio((margins * (n[..., None] - margins)).sum(axis=-1), n * n))


def krippendorff_alpha(table: FloatArray) -> Scores:
    """Krippendorff's nominal alpha of complete data of two coders (2011, section B)."""
    margins = table.sum(axis=-1) + table.sum(axis=-2)
    n = 2 * table.sum(axis=(-2, -1))
    return _with_chance(
        table, _ratio((margins * (n[..., None] - margins)).sum(axis=-1), n * (n - 1))
    )


def brennan_prediger(table: FloatArray, categories: int | None = None) -> Scores:
    """Brennan & Prediger (1981), for two categories PABAK = 2 Po − 1: chance is 1/q. q is the
    number of categories on offer, the size of the table if not said otherwise."""
    q = table.shape[-1] if categories is None else categories
    return _with_chance(table, np.asarray(1 - 1 / q))


def gwet_ac1(table: FloatArray) -> Scores:
    """Gwet (2008): chance is Σ π(1 − π) / (q − 1), π the mean share of a value; q is the size of
    the table. Near 1 for a rare code, whatever coders do."""
    n = 2 * table.sum(axis=(-2, -1))
    margins = table.sum(axis=-1) + table.sum(axis=-2)
    varied = (margins * (n[..., None] - margins)).sum(axis=-1)
    return _with_chance(table, 1 - _ratio(varied, n * n) / (table.shape[-1] - 1))


# --- two coders: passages ---------------------------------------------------------------------


def passage_agreement(found: FloatArray, looked_up: FloatArray, categories: int | None) -> Scores:
    """Po = a / (a + b + c) of passages looked up at the other coder; see ``count_sources``.

    ``categories`` None: Po itself, else corrected by 1/q as MAXQDA does, with Brennan and
    Prediger's formula, q being the number of codes on offer.
    """
    apart = _ratio(looked_up - found, looked_up)
    chance = None if categories is None else np.broadcast_to(1 - 1 / categories, apart.shape)
    return Scores(apart, chance, looked_up, looked_up <= 0)


# --- several coders ---------------------------------------------------------------------------


def _unused(sums: Sums) -> npt.NDArray[np.bool_]:
    return np.asarray((sums.applied <= 0) & (sums.units > 0)[..., None])


def mean_percent(sums: Sums) -> Scores:
    """Share of equal pairs of values in a unit, averaged over units (Fleiss 1971, Gwet 2014)."""
    units = np.broadcast_to(sums.units[..., None], sums.apart.shape)
    return Scores(_ratio(sums.apart, units), None, units, _unused(sums))


def mean_positive_agreement(sums: Sums) -> Scores:
    """Of the units to which a coder gave the code, the share to which another did, over all
    ordered pairs of coders: Σ 2a / Σ (2a + b + c) over the tables of all pairs. Not defined if
    nobody applied the code. For passages: the share that another coder has too."""
    units = np.broadcast_to(sums.units[..., None], sums.apart.shape)
    apart = _ratio(sums.meetings - sums.met, sums.meetings)
    return Scores(apart, None, units, _unused(sums))


def _several(sums: Sums, chance: FloatArray) -> Scores:
    plain = mean_percent(sums)
    return Scores(plain.disagreement, chance, plain.n, plain.unused)


def fleiss_kappa(sums: Sums) -> Scores:
    """Fleiss (1971) with Gwet's (2014) extension to missing values: agreement over units that two
    coders judged, shares over all units, every unit with the same weight."""
    units = sums.any_units[..., None]
    return _several(sums, _ratio(2 * sums.share * (units - sums.share), units * units))


def gwet_ac1_of_several(sums: Sums) -> Scores:
    """Gwet (2008), with his extension to missing values."""
    units = sums.any_units[..., None]
    return _several(sums, 1 - _ratio(2 * sums.share * (units - sums.share), units * units))


def brennan_prediger_of_several(sums: Sums) -> Scores:
    """Brennan & Prediger (1981) for several coders (Randolph 2005), code or not: chance is 1/2."""
    return _several(sums, np.full(sums.apart.shape, 0.5))


def conger_kappa(sums: Sums) -> Scores:
    """Conger (1980) with Gwet's extension to missing values: chance is the mean over all pairs of
    coders, each with the shares of the units that this coder judged. For two coders Cohen's."""
    judged = np.diagonal(sums.judged, axis1=-2, axis2=-1)[..., None, :]
    given = np.diagonal(sums.given, axis1=-2, axis2=-1)
    share = _ratio(given, judged)
    # Coders who judged nothing have no share and form no pair.
    known = np.isfinite(share)
    yes, no = np.where(known, share, 0), np.where(known, _ratio(judged - given, judged), 0)
    m = known.sum(axis=-1)
    differing = yes.sum(axis=-1) * no.sum(axis=-1) - (yes * no).sum(axis=-1)
    # One zero too many by rounding would make a number of 0/0.
    mixed = (given > 0).any(axis=-1) & (given < judged).any(axis=-1)
    pairs = (m * (m - 1)).astype(np.float64)
    return _several(sums, np.where(mixed, 2 * _ratio(differing, pairs), 0))


def krippendorff_alpha_of_several(sums: Sums) -> Scores:
    """Krippendorff's nominal alpha, code or not (2011, section C): any number of coders, values of
    source d weighted by 1/(m_d − 1), shared chance with the finite-sample term."""
    values = sums.values[..., None]
    rest = values - sums.applied
    return _alpha(sums, _ratio(2 * sums.applied * rest, values * (values - 1)))


def u_alpha(sums: Sums) -> Scores:
    """uα of one code against gaps (Krippendorff, Mathet, Bouvry & Widlöcher 2016): as
    alpha of characters, but a passage is not paired with any part of itself. |uα of a single code
    is the same number."""
    values = sums.values[..., None]
    rest = values - sums.applied
    pairs = values * values - sums.squares - rest
    return _alpha(sums, _ratio(2 * sums.applied * rest, pairs))


def _alpha(sums: Sums, chance: FloatArray) -> Scores:
    values = np.broadcast_to(sums.values[..., None], sums.unequal.shape)
    units = np.broadcast_to(sums.units[..., None], sums.unequal.shape)
    return Scores(_ratio(sums.unequal, values), chance, units, _unused(sums))


# --- several codes ----------------------------------------------------------------------------


def pooled(scores: Scores) -> Scores:
    """De Vries et al. (2008): agreement and chance are averaged over the codes (last axis), then
    put into the formula. Codes that nobody used add nothing to either. Of what is not corrected
    for chance it is the mean."""
    if scores.chance is None:
        return mean(scores)
    known = np.isfinite(scores.disagreement) & np.isfinite(scores.chance)
    return Scores(
        _mean(np.where(known, scores.disagreement, np.nan)),
        _mean(np.where(known, scores.chance, np.nan)),
        scores.n.max(axis=-1, initial=0),
        np.asarray(scores.unused.all(axis=-1)),
    )


def mean(scores: Scores) -> Scores:
    """The mean of the coefficients over the codes (last axis) that have one."""
    return Scores(
        1 - _mean(scores.value),
        None,
        scores.n.max(axis=-1, initial=0),
        np.asarray(scores.unused.all(axis=-1)),
    )


def pooled_kappa(tables: FloatArray) -> Scores:
    """De Vries' pooled kappa of tables (..., codes, 2, 2)."""
    return pooled(cohen_kappa(tables))


def mean_kappa(tables: FloatArray) -> Scores:
    """The mean of the kappas that are defined, of tables (..., codes, 2, 2)."""
    return mean(cohen_kappa(tables))


def summed_table_kappa(tables: FloatArray) -> Scores:
    """Kappa of the tables of all codes added up, of tables (..., codes, 2, 2)."""
    return cohen_kappa(tables.sum(axis=-3))


def _mean(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))
