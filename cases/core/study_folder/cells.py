"""The value of one cell: identifiers, dates, yes or no, whole numbers, the kind of a column."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

MAX_KEY = 64
MAX_CODE_KEY = 200
MAX_NAME = 200
MAX_CODER = 80

_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_WORDS_FOR_BOTH = frozenset({"yes", "no", "true", "false"})
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Fifteen digits are far beyond any text, and safely below every integer limit.
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def as_key(cell: str) -> str:
    """An identifier as it is compared: the same letters however they were composed."""
    return cell if cell.isascii() else unicodedata.normalize("NFC", cell)


def key_fault(key: str, longest: int = MAX_KEY) -> str | None:
    """What is wrong with an identifier, as the end of a sentence about it; None if nothing is."""
    if not key:
        return "is empty"
    if len(key) > longest:
        return f"has {len(key)} characters; at most {longest} are allowed"
    if not key.isprintable():
        return "has a character that cannot be seen (a line break, a tab or a control character)"
    return None


def as_date(cell: str) -> date | None:
    """The date written YYYY-MM-DD; ValueError for anything else, None for an empty cell."""
    if not cell:
        return None
    if not _DATE.fullmatch(cell):
        raise ValueError(cell)
    return date.fromisoformat(cell)


def as_yes_no(cell: str) -> bool | None:
    """True or False; None for an empty cell; ValueError for anything else."""
    folded = cell.casefold()
    if not folded:
        return None
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise ValueError(cell)


def as_whole_number(cell: str) -> int:
    """ValueError unless the cell is a whole number of at most 15 digits."""
    if not _WHOLE.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def kind_of(cells: Iterable[str]) -> str:
    """number, boolean, date or text: the narrowest kind that every non-empty cell fits.

    1 and 0 are numbers; boolean needs words. A column without any value is text.
    """
    values = [cell for cell in cells if cell]
    if not values:
        return "text"
    if all(_NUMBER.fullmatch(value) for value in values):
        return "number"
    if all(value.casefold() in _WORDS_FOR_BOTH for value in values):
        return "boolean"
    return "date" if all(_is_date(value) for value in values) else "text"


def fits_kind(value: str, kind: str) -> bool:
    """Whether ``value`` may stand in an attribute of this kind; any value may in a text."""
    return kind == "text" or not value or kind_of([value]) == kind


def _is_date(value: str) -> bool:
    try:
        return as_date(value) is not None
    except ValueError:
        return False
