"""Writing tables so that a spreadsheet shows what was written: CSV and XLSX.

A text that begins with ``=``, ``+``, ``-``, ``@``, tab or carriage return could run as a formula
when the file is opened; it is written with an apostrophe in front, in CSV and XLSX alike, so that
copying a cell from one to the other stays harmless too. Numbers are numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import xlsxwriter

Value = str | int | float | bool | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What a spreadsheet may take for the border between two cells, and then for the start of a formula.
_INNER_START = re.compile(r"([,;|][\s\"']*)(?=[=+\-@])")


def harmless(value: Value) -> Value:
    """The value, with an apostrophe in front of a text that could be taken for a formula."""
    if isinstance(value, str) and value.lstrip(" \n\u00a0\ufeff").startswith(FORMULA_STARTS):
        return "'" + value
    return value


def csv_bytes(rows: Iterable[Sequence[Value]], notes: Sequence[tuple[str, str]] = ()) -> bytes:
    """CSV in UTF-8 with a byte-order mark (spreadsheets need it), LF, ``.`` as decimal point.

    None is an empty cell. ``notes`` follow the table as lines that begin with ``#``, which
    ``read.csv(comment.char="#")`` in R and ``read_csv(comment="#")`` in pandas leave out.
    """
    return "".join(csv_lines(rows, notes)).encode("utf-8")


def csv_lines(
    rows: Iterable[Sequence[Value]], notes: Sequence[tuple[str, str]] = ()
) -> Iterator[str]:
    """The same line by line, for a table that is too long to be held at once."""
    mark = "\ufeff"
    for row in rows:
        yield mark + _csv_line(row)
        mark = ""
    for name, text in notes:
        # Not quoted, or readers would not see a comment; so the text may be cut at its commas.
        line = " ".join(re.split(r"[\t\r\n]", f"# {name}: {text}"))
        yield mark + _INNER_START.sub(r"\1'", line) + "\n"
        mark = ""
    if mark:
        yield mark


def _csv_line(row: Sequence[Value]) -> str:
    # The writer quotes only the characters of its own line end, and a bare CR inside a cell would
    # begin a new line (and perhaps a formula) for a spreadsheet.
    out = io.StringIO()
    # Texts are quoted: a "#" inside one must not begin a comment for whoever leaves those out.
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([harmless(v) for v in row])
    return out.getvalue()[:-2] + "\n"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: ``head`` lines on top (bold, kept in view), then ``rows``."""

    name: str
    head: Sequence[Sequence[Value]]
    rows: Sequence[Sequence[Value]]
    widths: Sequence[int] = field(default_factory=tuple)
    frozen_columns: int = 0
    decimals: int | None = None


def xlsx_bytes(sheets: Sequence[Sheet], title: str, made_at: datetime) -> bytes:
    """A workbook. Every text is written as text; nothing in it is a formula or a link."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    book = xlsxwriter.Workbook(out, options)
    # A workbook's creation date has no time zone.
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    for sheet in sheets:
        number = book.add_format({"valign": "top", "num_format": _number_format(sheet.decimals)})
        page = book.add_worksheet(sheet.name)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0, max(0, len(sheet.head) - 1))
        page.freeze_panes(len(sheet.head), sheet.frozen_columns)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for r, row in enumerate([*sheet.head, *sheet.rows]):
            for c, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    page.write_number(r, c, value, number)
                else:
                    text = str(harmless(value))
                    page.write_string(r, c, text, bold if r < len(sheet.head) else plain)
    book.close()
    return out.getvalue()


def _number_format(decimals: int | None) -> str:
    return "General" if decimals is None else "0." + "0" * decimals if decimals else "0"
