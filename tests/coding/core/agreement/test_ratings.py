"""Ratings with several categories: their formulas, by hand."""

from __future__ import annotations

import pytest

from coding.core.agreement import Reason, ratings
from coding.core.agreement.ratings import Level, Ratings

BOTH = [["a", "a"], ["a", "b"], ["b", "b"], ["b", "b"]]


def test_the_numbers_of_a_small_table() -> None:
    given = Ratings.of(BOTH)
    assert given.categories == ("a", "b")
    assert given.counts().tolist() == [[2, 0], [1, 1], [0, 2], [0, 2]]
    assert given.table().tolist() == [[1, 1], [0, 2]]
    assert ratings.percent(given).value == pytest.approx(3 / 4)
    # Shares 3/8 and 5/8: chance (9 + 25) / 64.
    assert ratings.fleiss_kappa(given).value == pytest.approx((3 / 4 - 34 / 64) / (30 / 64))
    assert ratings.gwet_ac1(given).value == pytest.approx((3 / 4 - 30 / 64) / (34 / 64))
    # Own shares (1/2, 1/2) and (1/4, 3/4): chance 1/2.
    assert ratings.conger_kappa(given).value == pytest.approx(1 / 2)
    # Do = 2/8; De = 2 × 3 × 5 / (8 × 7).
    assert ratings.krippendorff_alpha(given).value == pytest.approx(1 - (2 / 8) / (30 / 56))
    assert ratings.brennan_prediger(given).value == pytest.approx(1 / 2)
    assert ratings.category_kappa(given, "a") == ratings.category_kappa(given, "b")


def test_categories_on_offer_that_nobody_used() -> None:
    given = Ratings.of(BOTH, ["a", "b", "c", "d"])
    assert ratings.brennan_prediger(given).expected == pytest.approx(1 / 4)
    assert ratings.krippendorff_alpha(given) == ratings.krippendorff_alpha(Ratings.of(BOTH))
    # AC1 divides by the categories on offer less one.
    assert ratings.gwet_ac1(given).expected == pytest.approx(30 / 64 / 3)


def test_one_value_throughout_is_no_agreement_beyond_chance() -> None:
    given = Ratings.of([["a", "a", "a"], ["a", None, "a"]], ["a", "b"])
    for coefficient in (
        ratings.fleiss_kappa(given),
        ratings.conger_kappa(given),
        ratings.krippendorff_alpha(given),
    ):
        assert (coefficient.value, coefficient.reason) == (None, Reason.NO_VARIATION)
    assert ratings.percent(given).value == 1
    assert ratings.gwet_ac1(given).value == 1


def test_nobody_to_compare() -> None:
    given = Ratings.of([["a", None], [None, "b"]])
    for coefficient in (ratings.percent(given), ratings.krippendorff_alpha(given)):
        assert (coefficient.value, coefficient.reason) == (None, Reason.NOTHING_TO_COMPARE)
    assert ratings.fleiss_kappa(Ratings.of([], ["a", "b"])).value is None
    assert ratings.fleiss_kappa(Ratings.of([[None, None]], ["a", "b"])).value is None


def test_a_value_that_is_not_on_offer() -> None:
    with pytest.raises(ValueError, match="'c' is not on offer"):
        Ratings.of([["a", "c"]], ["a", "b"])


def test_numbers_are_sorted_by_size() -> None:
    given = Ratings.of([[10, 9], [9, 9]])
    assert given.categories == (9, 10)
    assert ratings.krippendorff_alpha(given, Level.INTERVAL).value == pytest.approx(
        ratings.krippendorff_alpha(given).value
    )
