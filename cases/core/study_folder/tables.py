"""CSV files as teams save them: any usual delimiter, every row numbered as a spreadsheet does."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from cases.core.archives import ArchiveProblem, Folder
from cases.core.study_folder.report import Report, listing, shown
from coding.core.text import TextProblem, decode_text

MAX_ROWS = 300_000
MAX_FIELD = 1_000_000
MAX_COLUMNS = 500
_DELIMITERS = (",", ";", "\t")

# The csv module's limit (131,072 by default) is one for the whole process: only ever raised.
csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))


@dataclass(frozen=True, slots=True)
class Column:
    """``name`` as written in the header; ``index`` is its position in a row."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one CSV file: (record number, cells), each as wide as the header.

    ``columns`` are the expected ones that are there, by their lower-case name; ``extra`` the
    others. ``damaged`` are the rows left out; their keys exist although nothing can be read.
    """

    file: str
    columns: dict[str, Column]
    extra: tuple[Column, ...]
    rows: list[tuple[int, list[str]]]
    damaged: list[list[str]]

    def has(self, column: str) -> bool:
        return column in self.columns

    def label(self, column: str) -> str:
        return self.columns[column].name if column in self.columns else column

    def cell(self, row: list[str], column: str) -> str:
        """One cell, stripped; "" for an absent column."""
        found = self.columns.get(column)
        return row[found.index].strip() if found else ""


def read_table(
    folder: Folder,
    name: str,
    required: Sequence[str],
    optional: Sequence[str],
    report: Report,
) -> Table | None:
    """The table in the file ``name``; None, with the problem reported, if it cannot be read."""
    try:
        data = folder.read(name)
    except ArchiveProblem as problem:
        report.problem(name, None, None, problem.message)
        return None
    try:
        # The folder has its own limit on the size of a file.
        text = decode_text(data, name, limit=len(data)).text
    except TextProblem as problem:
        # Lines are rows unless a quoted cell spans several.
        row = problem.line if b'"' not in data else None
        report.problem(name, row, None, problem.message)
        return None
    header, records = _records(text, name, report)
    if header is None:
        return None
    columns = _columns(header, name, report)
    if columns is None:
        return None
    missing = [column for column in required if column not in columns]
    for column in missing:
        there = listing([repr(found.name) for found in columns.values()], 12)
        report.problem(name, 1, column, f"The column {column} is missing; the header has {there}.")
    if missing:
        return None
    expected = {*required, *optional}
    kept, damaged = _checked_rows(records, len(header), columns, name, report)
    return Table(
        name,
        {key: column for key, column in columns.items() if key in expected},
        tuple(column for key, column in columns.items() if key not in expected),
        kept,
        damaged,
    )


def normal_key(name: str) -> str:
    """A column name as it is compared: "Doc ID" and "doc-id" are doc_id."""
    folded = unicodedata.normalize("NFC", name).strip().casefold()
    return "_".join(folded.replace("-", " ").replace("_", " ").split())


def _records(
    text: str, name: str, report: Report
) -> tuple[list[str] | None, list[tuple[int, list[str]]]]:
    """The header and the numbered records after it, up to the first that cannot be read."""
    first_line = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(first_line), strict=True
    )
    header: list[str] | None = None
    records: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, record in enumerate(reader, start=1):
            if header is None:
                header = record
            elif number > MAX_ROWS + 1:
                report.problem(
                    name, number, None, f"The file has more rows than are read: {MAX_ROWS:,}."
                )
                return None, []
            elif any(record):
                records.append((number, record))
    except csv.Error as error:
        report.problem(name, number + 1, None, _csv_message(str(error)))
        return None, []
    if header is None or not any(cell.strip() for cell in header):
        report.problem(name, 1, None, "The first row is empty; it must name the columns.")
        return None, []
    return header, records


def _csv_message(error: str) -> str:
    if "field larger" in error:
        return f"A cell has more than {MAX_FIELD:,} characters; is a quotation mark missing?"
    return (
        "A quotation mark is not closed, or text follows a closing one; "
        'inside a quoted cell a quotation mark is written twice ("").'
    )


def _delimiter(header: str) -> str:
    """The delimiter that the header uses most outside quotation marks; comma if it has none."""
    unquoted = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count)


def _columns(header: list[str], name: str, report: Report) -> dict[str, Column] | None:
    columns: dict[str, Column] = {}
    fine = True
    if len(header) > MAX_COLUMNS:
        report.problem(
            name, 1, None, f"There are {len(header):,} columns; at most {MAX_COLUMNS} are read."
        )
        return None
    for index, cell in enumerate(header):
        title = cell.strip()
        key = normal_key(title)
        if not key:
            report.problem(name, 1, None, f"Column {index + 1} has no name.")
            fine = False
        elif key in columns:
            report.problem(
                name,
                1,
                title,
                f"The column {shown(title)} is there twice "
                f"(positions {columns[key].index + 1} and {index + 1}).",
            )
            fine = False
        else:
            columns[key] = Column(title, index)
    return columns if fine else None


def _checked_rows(
    records: list[tuple[int, list[str]]],
    width: int,
    columns: dict[str, Column],
    name: str,
    report: Report,
) -> tuple[list[tuple[int, list[str]]], list[list[str]]]:
    kept = []
    damaged = []
    for number, record in records:
        if len(record) != width:
            many = "many" if len(record) > width else "few"
            report.problem(
                name,
                number,
                None,
                f"The row has too {many} cells: {len(record)} instead of {width}.",
            )
            damaged.append(record)
        elif max(map(len, record)) > MAX_FIELD:
            column = next(c.name for c in columns.values() if len(record[c.index]) > MAX_FIELD)
            report.problem(
                name, number, column, f"The cell has more than {MAX_FIELD:,} characters."
            )
            damaged.append(record)
        elif any(cell.strip() for cell in record):
            kept.append((number, record))
    return kept, damaged
