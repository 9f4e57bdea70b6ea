"""Numbers as they are written on pages: rounded, never cut off."""

import pytest

from cases.agreement import Figure
from cases.core.counting import UNITS
from cases.templatetags.coefficients import coefficient, limits, share
from cases.templatetags.numbers import cellnumber
from coding.core.agreement import Coefficient, Interval, Reason


def figure(value: float | None, low: float | None = None, high: float | None = None) -> Figure:
    reason = None if value is not None else Reason.NOT_APPLIED
    interval = Interval(low, high, 0.95, "jackknife", 6, None, None)
    return Figure(Coefficient(value, reason, 10, None, None), interval)


def test_a_rate_is_rounded() -> None:
    rate = next(unit for unit in UNITS.values() if unit.is_rate)
    count = next(unit for unit in UNITS.values() if not unit.is_rate)
    assert cellnumber(2 / 3, rate) == "0.67"
    assert cellnumber(0.999, rate) == "1.00"
    assert cellnumber(12345, count) == "12,345"
    assert cellnumber(None, rate) == "n/a"


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (2 / 3, "", "0.667"),
        (-0.1236, "", "−0.124"),
        (-0.0001, "", "0.000"),
        (1.0, "", "1.000"),
        (65 / 66, "percent", "98.5\u202f%"),
        (None, "", ""),
    ],
)
def test_coefficients_have_three_decimals(value: float | None, kind: str, expected: str) -> None:
    assert coefficient(figure(value), kind) == expected


def test_intervals_and_shares() -> None:
    assert limits(figure(0.5, -0.25, 0.9996)) == "−0.250–1.000"
    assert limits(figure(0.5)) == ""
    assert share(0.0666) == "6.7\u202f%"


def test_advice_goes_by_the_lower_limit() -> None:
    assert figure(0.9, 0.8, 1).advice == "rely"
    assert figure(0.9, 0.7999, 1).advice == "tentative"
    assert figure(0.9, 0.667, 1).advice == "tentative"
    assert figure(0.9, 0.6669, 1).advice == "below"
    assert figure(0.9).advice == ""


@pytest.mark.parametrize(
    ("value", "heat"), [(None, 0), (-0.2, 0), (0.0, 0), (0.01, 1), (0.2, 1), (0.21, 2), (1.0, 5)]
)
def test_the_heat_grows_in_five_steps(value: float | None, heat: int) -> None:
    assert figure(value).heat == heat
