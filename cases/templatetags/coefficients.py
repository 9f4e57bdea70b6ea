"""Figures of agreement on screen: coefficients with three decimals, percentages with one.

Values are rounded here: what writes numbers in the reader's language cuts decimals off.
"""

from django import template
from django.utils import formats

from cases.agreement.figures import Figure

register = template.Library()


def _written(value: float, kind: str) -> str:
    if kind == "percent":
        return formats.number_format(round(100 * value, 1), decimal_pos=1) + "\u202f%"
    # A minus sign, not a hyphen; and no "-0.000".
    words = formats.number_format(round(abs(value), 3), decimal_pos=3)
    return f"−{words}" if round(value, 3) < 0 else words


@register.filter
def coefficient(figure: Figure, kind: str = "") -> str:
    return "" if figure.value is None else _written(figure.value, kind)


@register.filter
def limits(figure: Figure, kind: str = "") -> str:
    """The interval, "0.612 to 0.874"."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{_written(figure.low, kind)}–{_written(figure.high, kind)}"


@register.filter
def share(value: float | None, decimals: int = 1) -> str:
    return (
        ""
        if value is None
        else formats.number_format(round(100 * value, decimals), decimal_pos=decimals) + "\u202f%"
    )


@register.filter
def pick(mapping: dict[str, object], key: str) -> object:
    return mapping[key]
