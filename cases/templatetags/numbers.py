"""Numbers of a matrix on screen: counts whole, rates with two decimals, as the language writes."""

from django import template
from django.utils import formats

from cases.core.counting import Unit

register = template.Library()


@register.filter
def number(value: int) -> str:
    return formats.number_format(value, force_grouping=True)


@register.filter
def cellnumber(value: float | int | None, unit: Unit) -> str:
    if value is None:
        return "n/a"
    decimals = 2 if unit.is_rate else 0
    # Rounded here: what writes numbers in the reader's language cuts decimals off.
    return formats.number_format(round(value, decimals), decimal_pos=decimals, force_grouping=True)
