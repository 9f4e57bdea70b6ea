"""The same data through other programs. They are wrong or silent on 0/0, so that is left out."""

from __future__ import annotations

import math
import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from coding.core.agreement import (
    Measure,
    SourceCoding,
    Statistic,
    Unit,
    count_sources,
    estimate,
    ratings,
    tabulate,
)
from coding.core.agreement import formulas as f
from coding.core.agreement.ratings import Level, Ratings
from coding.core.agreement.statistics import coefficients
from tests.support import agreement as brute

matrices = st.integers(2, 4).flatmap(
    lambda m: st.lists(
        st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=m, max_size=m),
        min_size=1,
        max_size=12,
    )
)
complete = st.integers(2, 4).flatmap(
    lambda m: st.lists(st.lists(st.integers(1, 4), min_size=m, max_size=m), min_size=2, max_size=12)
)


@settings(max_examples=80, deadline=None)
@given(matrices, st.sampled_from(list(Level)))
def test_alpha_of_krippendorff(rows: list[list[int | None]], level: Level) -> None:
    units = [[v for v in row if v is not None] for row in rows]
    assume(len({v for unit in units if len(unit) > 1 for v in unit}) > 1)
    data = np.array([[math.nan if v is None else v for v in row] for row in rows]).T
    found = ratings.krippendorff_alpha(Ratings.of(rows), level).value
    assert found == pytest.approx(
        krippendorff.alpha(reliability_data=data, level_of_measurement=level.value), abs=1e-9
    )


@settings(max_examples=60, deadline=None)
@given(complete)
def test_fleiss_and_randolph_of_statsmodels(rows: list[list[int]]) -> None:
    assume(len({v for row in rows for v in row}) > 1)
    table, categories = aggregate_raters(np.array(rows))
    given_ = Ratings.of(rows)
    assert list(given_.categories) == categories.tolist()
    for method, ours in (
        ("fleiss", ratings.fleiss_kappa(given_)),
        ("randolph", ratings.brennan_prediger(given_)),
    ):
        assert ours.value == pytest.approx(statsmodels_fleiss(table, method=method), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(complete)
def test_kappa_of_statsmodels_and_scikit_learn(rows: list[list[int]]) -> None:
    assume(len({v for row in rows for v in row[:2]}) > 1)
    table = Ratings.of(rows).table()
    found = coefficients(f.cohen_kappa(table))[0].value
    assert found is not None
    with np.errstate(all="ignore"):  # its standard errors, not the kappa
        assert found == pytest.approx(float(cohens_kappa(table).kappa), abs=1e-9)
    first, second = zip(*(row[:2] for row in rows), strict=True)
    assert found == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(brute.sources(count=(1, 4)), st.sampled_from((Unit.CHARACTER, Unit.SEGMENT, Unit.SOURCE)))
def test_coding_of_spans(codings: list[SourceCoding], unit: Unit) -> None:
    """Every character of every source as a unit of the other programs, unfinished ones missing."""
    rows = tabulate(count_sources(codings, unit=unit), coders=brute.CODERS, codes=brute.CODES)
    units = brute.sets_given(codings, unit)
    for place, code in enumerate(brute.CODES):
        data = np.array(
            [
                [float(code in one[coder]) if coder in one else math.nan for one in units]
                for coder in brute.CODERS
            ]
        ).reshape(3, -1)
        alpha = estimate(rows, Statistic(Measure.ALPHA))[place].value
        if alpha is not None:
            assert alpha == pytest.approx(
                krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"), abs=1e-9
            )
        first, second = data[0], data[1]
        known = ~np.isnan(first) & ~np.isnan(second)
        kappa = estimate(rows, Statistic(Measure.KAPPA, brute.CODERS[:2]))[place].value
        if kappa is not None:
            assert kappa == pytest.approx(cohen_kappa_score(first[known], second[known]), abs=1e-9)
        positive = estimate(rows, Statistic(Measure.POSITIVE, brute.CODERS[:2]))[place].value
        if positive is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert positive == pytest.approx(f1_score(first[known], second[known]), abs=1e-9)
