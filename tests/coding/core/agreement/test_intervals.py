"""Intervals: sources left out and drawn again, against doing just that with the definitions."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import (
    Interval,
    Measure,
    Pooling,
    Reason,
    Rows,
    SourceCoding,
    Statistic,
    Unit,
    bootstrap,
    count_sources,
    intervals,
    jackknife,
    tabulate,
)
from coding.core.agreement.intervals import (
    jackknife_intervals,
    percentile_intervals,
    t_probability,
    t_quantile,
    without_each,
)
from tests.support import agreement as brute

ALPHA = Statistic(Measure.ALPHA)
KAPPA = Statistic(Measure.KAPPA, (2, 5))


def rows_of(codings: list[SourceCoding], codes: tuple[int, ...] = (11,)) -> Rows:
    return tabulate(count_sources(codings), coders=brute.CODERS, codes=codes)


def study(documents: int = 6, seed: int = 4) -> list[SourceCoding]:
    """Two coders who agree now and then; the third finished every second source."""
    draw = np.random.default_rng(seed)
    made = []
    for number in range(documents):
        start = int(draw.integers(0, 10))
        shift = int(draw.integers(0, 4))
        rows = [(2, 11, start, start + 8), (5, 11, start + shift, start + 8), (7, 11, 3, 9)]
        coders = (2, 5, 7) if number % 2 else (2, 5)
        made.append(SourceCoding.from_rows(number, 30, coders, rows))
    return made


# --- Student's t ----------------------------------------------------------------------------------


def by_integration(t: float, freedom: int) -> float:
    """P(T ≤ t) by Simpson's rule over the density."""
    height = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(
        freedom * math.pi
    )

    def density(x: float) -> float:
        return height * (1 + x * x / freedom) ** (-(freedom + 1) / 2)

    steps = 2000
    width = t / steps
    total = density(0) + density(t)
    total += sum((4 if k % 2 else 2) * density(k * width) for k in range(1, steps))
    return 0.5 + total * width / 3


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 7, 10, 11, 39, 40, 199, 1000])
@pytest.mark.parametrize("t", [0.0, 0.1, 0.7, 1.96, 4.5])
def test_the_distribution_of_t(freedom: int, t: float) -> None:
    assert t_probability(t, freedom) == pytest.approx(by_integration(t, freedom), abs=1e-9)
    assert t_probability(-t, freedom) == pytest.approx(1 - t_probability(t, freedom), abs=1e-12)


@pytest.mark.parametrize(
    ("probability", "freedom", "printed"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 4, 2.776),
        (0.975, 9, 2.262),
        (0.975, 19, 2.093),
        (0.975, 120, 1.980),
        (0.95, 5, 2.015),
        (0.995, 10, 3.169),
        (0.9995, 3, 12.924),
        (0.025, 9, -2.262),
        (0.5, 7, 0.0),
    ],
)
def test_quantiles_as_printed_in_tables(probability: float, freedom: int, printed: float) -> None:
    assert round(t_quantile(probability, freedom), 3) == printed


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.integers(1, 500))
def test_the_quantile_is_the_inverse(probability: float, freedom: int) -> None:
    found = t_probability(t_quantile(probability, freedom), freedom)
    assert found == pytest.approx(probability, abs=1e-10)


@pytest.mark.parametrize(("probability", "freedom"), [(0.0, 3), (1.0, 3), (0.5, 0)])
def test_no_such_quantile(probability: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        t_quantile(probability, freedom)


# --- jackknife ------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(brute.sources(count=(5, 8), length=10))
def test_jackknife_by_leaving_out(codings: list[SourceCoding]) -> None:
    found = jackknife(rows_of(codings), [ALPHA])[0][0]
    kept = [one for one in codings if len(one.coders) >= 2]

    def alpha(some: list[SourceCoding]) -> float | None:
        value = brute.alpha(brute.of_code(brute.sets_given(some, Unit.CHARACTER), 11))
        return None if value is None else float(value)

    whole = alpha(kept)
    without = [alpha(kept[:i] + kept[i + 1 :]) for i in range(len(kept))]
    assert found.documents == len(kept)
    if len(kept) < 5:
        assert found.reason is Reason.FEW_SOURCES
        return
    if whole is None:
        assert found.reason is Reason.NO_ESTIMATE
        return
    left = [value for value in without if value is not None]
    if len(left) < len(without):
        assert (found.low, found.reason) == (None, Reason.RESTS_ON_ONE)
        return
    n = len(left)
    error = math.sqrt((n - 1) * statistics.pvariance(left))
    reach = t_quantile(0.975, n - 1) * error
    assert found.low == pytest.approx(whole - reach, abs=1e-9)
    assert found.high == pytest.approx(min(1, whole + reach), abs=1e-9)
    assert found.below_667 is not None
    assert found.below_800 is not None
    if error > 1e-9:
        assert found.below_667 == pytest.approx(
            t_probability((0.667 - whole) / error, n - 1), abs=1e-6
        )
        assert found.below_667 <= found.below_800


def test_a_mean_has_the_interval_of_its_textbook() -> None:
    # The jackknife of a mean is mean ± t s / √n.
    values = np.array([0.2, 0.5, 0.4, 0.9, 0.6])
    left = without_each(values) / 4
    found = jackknife_intervals(np.array(values.mean()), left)[0]
    reach = 2.7764451 * statistics.stdev(values.tolist()) / math.sqrt(5)
    assert found.low == pytest.approx(values.mean() - reach, abs=1e-7)
    assert found.high == pytest.approx(values.mean() + reach, abs=1e-7)
    assert (found.method, found.level, found.seed) == ("jackknife", 0.95, None)


def test_a_pair_is_judged_by_the_sources_both_finished() -> None:
    rows = rows_of(study(8))
    asked = [KAPPA, Statistic(Measure.KAPPA, (5, 7)), ALPHA]
    found = jackknife(rows, asked)
    assert [one[0].documents for one in found] == [8, 4, 8]
    assert found[1][0].reason is Reason.FEW_SOURCES
    assert bootstrap(rows, asked, resamples=20)[1][0].reason is Reason.FEW_SOURCES


def test_sources_of_one_coder_do_not_count_as_documents() -> None:
    alone = [SourceCoding.from_rows(50 + i, 30, (2,), [(2, 11, 0, 9)]) for i in range(9)]
    for statistic in (ALPHA, KAPPA):
        with_them = jackknife(rows_of(study() + alone), [statistic])[0][0]
        assert with_them == jackknife(rows_of(study()), [statistic])[0][0]
        assert with_them.documents == 6


def test_four_sources_are_too_few() -> None:
    for made in (jackknife(rows_of(study(4)), [ALPHA]), bootstrap(rows_of(study(4)), [ALPHA])):
        found = made[0][0]
        assert (found.low, found.high, found.below_667) == (None, None, None)
        assert (found.reason, found.documents) == (Reason.FEW_SOURCES, 4)
    assert jackknife(rows_of(study(5)), [ALPHA])[0][0].reason is None


def test_an_estimate_that_rests_on_one_source() -> None:
    coded = SourceCoding.from_rows(0, 30, (2, 5), [(2, 11, 0, 9), (5, 11, 0, 9)])
    empty = [SourceCoding.from_rows(i, 30, (2, 5), []) for i in range(1, 7)]
    found = jackknife(rows_of([coded, *empty]), [ALPHA])[0][0]
    assert (found.low, found.reason) == (None, Reason.RESTS_ON_ONE)
    # A third of the draws leaves the only coded source out.
    drawn = bootstrap(rows_of([coded, *empty]), [ALPHA])[0][0]
    assert (drawn.low, drawn.reason) == (None, Reason.RESAMPLES_UNDEFINED)


def test_perfect_agreement_everywhere() -> None:
    same = [SourceCoding.from_rows(i, 30, (2, 5), [(2, 11, i, 9), (5, 11, i, 9)]) for i in range(6)]
    found = jackknife(rows_of(same), [ALPHA])[0][0]
    assert (found.low, found.high, found.below_667, found.below_800) == (1, 1, 0, 0)


def test_one_interval_for_each_code_or_one_for_all() -> None:
    rows = rows_of(study(), (11, 12))
    pooled = Statistic(Measure.ALPHA, (), Pooling.SUMMED)
    found = jackknife(rows, [ALPHA, pooled])
    assert [len(one) for one in found] == [2, 1]
    assert found[0][1].reason is Reason.NO_ESTIMATE
    drawn = bootstrap(rows, [ALPHA, pooled], resamples=10)
    assert [len(one) for one in drawn] == [2, 1]
    assert drawn[0][1].reason is Reason.NO_ESTIMATE


def test_what_is_not_offered_has_no_interval() -> None:
    wrong = Statistic(Measure.KAPPA)
    for made in (jackknife(rows_of(study()), [wrong]), bootstrap(rows_of(study()), [wrong])):
        assert made[0][0].reason is Reason.NOT_FOR_PAIR


# --- bootstrap ------------------------------------------------------------------------------------


def test_bootstrap_by_drawing_sources() -> None:
    codings = study(7)
    draws = np.random.default_rng(12).multinomial(7, [1 / 7] * 7, 200)
    values = []
    for weights in draws.tolist():
        drawn = [one for one, times in zip(codings, weights, strict=True) for _ in range(times)]
        value = brute.alpha(brute.of_code(brute.sets_given(drawn, Unit.CHARACTER), 11))
        values.append(float(value or 0))
    found = bootstrap(rows_of(codings), [ALPHA], resamples=200, seed=12)[0][0]
    values.sort()

    def quantile(share: float) -> float:
        place = share * 199
        low = int(place)
        return values[low] + (place - low) * (values[low + 1] - values[low])

    assert found.low == pytest.approx(quantile(0.025), abs=1e-12)
    assert found.high == pytest.approx(quantile(0.975), abs=1e-12)
    assert found.below_667 == sum(value < 0.667 for value in values) / 200
    assert found.below_800 == sum(value < 0.8 for value in values) / 200
    assert (found.method, found.seed, found.resamples) == ("bootstrap", 12, 200)


def test_the_same_seed_gives_the_same_interval_whatever_else_is_asked() -> None:
    rows = rows_of(study())
    alone = bootstrap(rows, [KAPPA], seed=3)[0]
    assert bootstrap(rows, [ALPHA, KAPPA], seed=3)[1] == alone
    assert bootstrap(rows, [KAPPA], seed=4)[0] != alone


def test_portions_of_resamples_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(study())
    whole = bootstrap(rows, [ALPHA, KAPPA], resamples=50)
    monkeypatch.setattr(intervals, "_PORTION", 1)
    assert bootstrap(rows, [ALPHA, KAPPA], resamples=50) == whole


def test_a_few_resamples_without_a_number() -> None:
    values = np.arange(100, dtype=float)
    values[[3, 50]] = np.nan
    found = percentile_intervals(np.array(40.0), values, 9)[0]
    assert (found.resamples, found.reason) == (98, None)
    values[:10] = np.nan
    found = percentile_intervals(np.array(40.0), values, 9)[0]
    assert (found.resamples, found.reason) == (89, Reason.RESAMPLES_UNDEFINED)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_levels_are_shares(level: float) -> None:
    rows = rows_of(study())
    with pytest.raises(ValueError, match="between 0 and 1"):
        jackknife(rows, [ALPHA], level=level)
    with pytest.raises(ValueError, match="between 0 and 1"):
        bootstrap(rows, [ALPHA], level=level)


def test_no_resamples() -> None:
    with pytest.raises(ValueError, match="At least 1 resample"):
        bootstrap(rows_of(study()), [ALPHA], resamples=0)


def test_a_wider_level_is_a_wider_interval() -> None:
    rows = rows_of(study(9))
    narrow, wide = (jackknife(rows, [ALPHA], level=level)[0][0] for level in (0.5, 0.99))
    assert isinstance(wide, Interval)
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low
