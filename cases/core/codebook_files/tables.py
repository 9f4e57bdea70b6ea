"""A codebook as a table: written as CSV and XLSX, and read from both."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from cases.core.codebook_files.rows import (
    KINDS,
    MAX_NAME,
    MAX_ROWS,
    MAX_TEXT,
    PALETTE,
    SAYABLE,
    TEXTS,
    UNUSABLE,
    Book,
    CodebookProblem,
    Entry,
    Reading,
    Row,
    Value,
    as_colour,
)
from cases.core.codebook_files.sheet import Sheet as ReadSheet
from cases.core.study_folder import Problem
from cases.core.study_folder.cells import as_key, as_yes_no, key_fault
from cases.core.study_folder.report import listing, shown
from cases.core.study_folder.tables import normal_key
from cases.core.tables import Sheet, csv_bytes, xlsx_bytes
from cases.core.tables import Value as Cell
from coding.core.text import TextProblem, decode_text

HEAD = (
    "code",
    "name",
    "parent",
    "path",
    *TEXTS,
    "examples",
    "kind",
    "elicited",
    "colour",
    "heading_only",
    "retired",
    "merged_into",
    "passages",
    "guid",
)
WIDTHS = (20, 28, 20, 36, 50, 50, 50, 50, 11, 9, 10, 12, 12, 16, 10, 38)
# Column names that are understood, as ``normal_key`` writes them.
_ALIASES = {
    "key": ("code", "code_id", "key", "id", "code_key"),
    "name": ("name", "code_name", "label", "title"),
    "parent": ("parent", "parent_code", "parent_name", "below", "under", "broader"),
    "definition": ("definition", "description", "meaning"),
    "when_to_use": ("when_to_use", "use_when", "inclusion_criteria", "inclusion", "include"),
    "when_not_to_use": (
        "when_not_to_use",
        "do_not_use_when",
        "do_not_use",
        "exclusion_criteria",
        "exclusion",
        "exclude",
    ),
    "kind": ("kind", "type"),
    "elicited": ("elicited",),
    "colour": ("colour", "color"),
    "heading_only": ("heading_only", "heading"),
    "retired": ("retired",),
    "guid": ("guid",),
}
_MEANT = {alias: column for column, aliases in _ALIASES.items() for alias in aliases}
# Written for people to read; what they say follows from the rest.
_FOLLOWS = {"path", "number", "depth", "examples", "merged_into", "passages"}
_KINDS = {
    **{name.replace("_", " "): name for name in KINDS},
    "deductive": "a_priori",
    "inductive": "emergent",
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DELIMITERS = (",", ";", "\t")
_MADE_HARMLESS = re.compile("'+[ \n\u00a0\ufeff]*[=+\\-@\t\r]")
# The most that a cell of a workbook can hold.
_MAX_CELL = 32_767
CUT = " […] (cut here: a cell of a workbook holds no more; the CSV file has all of it)"

Records = list[tuple[int, list[str]]]


# --- writing -------------------------------------------------------------------------------------


def csv_file(book: Book) -> bytes:
    return csv_bytes([HEAD, *(_cells(entry) for entry in book.entries)], book.stamp)


def xlsx_file(book: Book) -> bytes:
    rows = [[_fitting(cell) for cell in _cells(entry)] for entry in book.entries]
    return xlsx_bytes(
        [
            Sheet("Codebook", [HEAD], rows, widths=WIDTHS, frozen_columns=2),
            Sheet("About", [["What", "How"]], [list(line) for line in book.stamp], (24, 90)),
        ],
        title=book.title,
        made_at=book.made_at,
    )


def _cells(entry: Entry) -> list[Cell]:
    texts: list[str] = [
        entry.key,
        entry.name,
        entry.parent,
        entry.path,
        *(getattr(entry, name) for name in TEXTS),
        "\n".join(entry.examples),
        KINDS.get(entry.kind, ""),
        "yes" if entry.elicited else "no",
        PALETTE[entry.colour],
        "yes" if entry.heading_only else "no",
        entry.retired,
        entry.merged_into,
    ]
    return [*(_reversible(text) for text in texts), entry.passages, entry.guid]


def _reversible(text: str) -> str:
    """One apostrophe more where a text begins as one that was made harmless: reading takes one."""
    return "'" + text if _MADE_HARMLESS.match(text) else text


def _fitting(cell: Cell) -> Cell:
    # One character is kept for the apostrophe of a harmless cell.
    if isinstance(cell, str) and len(cell) >= _MAX_CELL:
        return cell[: _MAX_CELL - 1 - len(CUT)] + CUT
    return cell


def plain(cell: str) -> str:
    """The text that was written into a cell, without what made it harmless."""
    text = cell.strip()
    return text[1:].strip() if _MADE_HARMLESS.match(text) else text


# --- reading -------------------------------------------------------------------------------------


def read_csv(data: bytes, file: str) -> Reading:
    """The codes of a CSV file; CodebookProblem if there is no table of codes in it."""
    notes: list[str] = []
    try:
        text = decode_text(data, file, limit=len(data)).text
    except TextProblem as problem:
        if problem.code != "encoding":
            row = problem.line if b'"' not in data else None
            raise CodebookProblem(Problem(file, row, None, problem.message)) from problem
        try:
            text = data.decode("cp1252").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            raise CodebookProblem(Problem(file, problem.line, None, problem.message)) from problem
        notes.append(
            f"{file} is not UTF-8; it was read as Windows-1252. Please look at the accents below."
        )
    reading = read_records(_records(text, file), file)
    return Reading(reading.rows, reading.problems, notes + reading.notes)


def read_workbook(sheet: ReadSheet, file: str) -> Reading:
    """The codes of a sheet that ``sheet.read_sheet`` found."""
    reading = read_records(iter(sheet.rows), file)
    faults = [Problem(file, row, _letter(column), message) for row, column, message in sheet.faults]
    bad = {row for row, _column, _message in sheet.faults}
    kept = [row for row in reading.rows if row.number not in bad]
    return Reading(kept, faults + reading.problems, reading.notes)


def _letter(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _records(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """The records with their numbers; the stamp below a table of ours is no record.

    A line of the stamp begins with a bare "# "; texts that we write are in quotation marks.
    """
    begins = [True]

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            if begins[0] and line.startswith("# ") and ": " in line:
                continue
            begins[0] = False
            yield line

    first = text.lstrip("\n").partition("\n")[0]
    unquoted = "".join(first.split('"')[::2])
    delimiter = max(_DELIMITERS, key=unquoted.count)
    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    number = 0
    while True:
        begins[0] = True
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CodebookProblem(
                Problem(
                    file,
                    number + 1,
                    None,
                    "A cell is too long; is a quotation mark missing?"
                    if "field larger" in str(error)
                    else "A quotation mark is not closed, or text follows a closing one; "
                    'inside a quoted cell a quotation mark is written twice ("").',
                )
            ) from error
        number += 1
        yield number, record


def read_records(records: Iterator[tuple[int, list[str]]], file: str) -> Reading:
    """Codes from numbered records, of which the first that is not empty names the columns."""
    header: list[str] | None = None
    found: Records = []
    number = 0
    for number, record in records:
        if not any(cell.strip() for cell in record):
            continue
        if header is None:
            header_row, header = number, record
        else:
            found.append((number, record))
            if len(found) > MAX_ROWS:
                message = f"The file has more rows than are read for a codebook: {MAX_ROWS:,}."
                raise CodebookProblem(Problem(file, number, None, message))
    if header is None:
        raise CodebookProblem(Problem(file, None, None, f"{file} is empty."))
    columns, notes = _columns(header, header_row, file)
    problems: list[Problem] = []
    rows = []
    noted: set[str] = set()
    for number, record in found:
        if _is_stamp(record, columns):
            continue
        row = _row(number, record, columns, header, file, problems, noted)
        if row is not None:
            rows.append(row)
    if not rows and not problems:
        message = "There is no code below the names of the columns."
        raise CodebookProblem(Problem(file, header_row, None, message))
    return Reading(rows, problems, notes + sorted(noted))


def _is_stamp(record: Sequence[str], columns: Mapping[str, int]) -> bool:
    """A line of our stamp that a spreadsheet has taken for a row: every code of ours has a guid."""
    if "guid" not in columns or not re.match("# [^:]+: ", record[0]):
        return False
    return not any(cell.strip() for cell in record[columns["guid"] : columns["guid"] + 1])


def _columns(header: list[str], row: int, file: str) -> tuple[dict[str, int], list[str]]:
    columns: dict[str, int] = {}
    notes = []
    for index, cell in enumerate(header):
        title = cell.strip()
        meant = _MEANT.get(normal_key(title))
        if meant in columns:
            first = header[columns[meant]].strip()
            message = (
                f"The columns {shown(first)} and {shown(title)} mean the same; "
                "keep the one that holds."
            )
            raise CodebookProblem(Problem(file, row, title, message))
        if meant is not None:
            columns[meant] = index
        elif title and normal_key(title) not in _FOLLOWS:
            notes.append(f"{file}: the column {shown(title)} was ignored.")
    if "name" not in columns and "key" not in columns:
        there = listing([shown(cell) for cell in header if cell.strip()], 12)
        message = f"The column name is missing; the first row has {there}."
        raise CodebookProblem(Problem(file, row, "name", message))
    return columns, notes


def _row(
    number: int,
    record: Sequence[str],
    columns: Mapping[str, int],
    header: Sequence[str],
    file: str,
    problems: list[Problem],
    noted: set[str],
) -> Row | None:
    """One row, or None with its problems added. What was put right goes to ``noted``."""
    before = len(problems)

    def wrong(column: str, message: str, value: str | None = None) -> None:
        name = header[columns[column]].strip() if column in columns else None
        problems.append(Problem(file, number, name, message, value))

    if any(cell.strip() for cell in record[len(header) :]):
        message = f"The row has too many cells: {len(record)} instead of {len(header)}."
        problems.append(Problem(file, number, None, message))
        return None
    cells = {
        column: plain(record[index]) if index < len(record) else ""
        for column, index in columns.items()
    }
    for column, cell in cells.items():
        if UNUSABLE.search(cell):
            wrong(column, "The cell has a control character, which cannot be stored.")
        if column in TEXTS and len(cell) > MAX_TEXT:
            most = f"at most {MAX_TEXT:,} are read"
            wrong(column, f"The cell has {len(cell):,} characters; {most}.")
        elif column in TEXTS and cell.endswith(CUT):
            wrong(column, "The text was cut when the workbook was written; take the CSV file.")
    key = as_key(cells.get("key", ""))
    name = cells.get("name") or key
    if not name:
        wrong("name" if "name" in columns else "key", "The name is empty.")
    elif len(name) > MAX_NAME:
        most = f"at most {MAX_NAME} are allowed"
        wrong("name", f"The name has {len(name):,} characters; {most}.", name[:80])
    if "name" not in columns:
        # A column "code" alone holds names; one that cannot be an id is a name all the same.
        key = "" if key_fault(key, MAX_NAME) else key
    elif key and (fault := key_fault(key, MAX_NAME)):
        wrong("key", f"The code id {fault}.", key[:80])
    guid = cells.get("guid", "").strip("{}").casefold()
    if guid and not _GUID.fullmatch(guid):
        wrong("guid", f"{shown(guid)} is no GUID.", guid[:80])
    values: dict[str, Value] = {}
    for column in SAYABLE:
        if column in cells:
            value = _value(column, cells[column], wrong, noted)
            if value is not None:
                values[column] = value
    if len(problems) > before:
        return None
    return Row(
        number=number,
        name=name,
        key=key,
        guid=guid,
        parent=cells.get("parent"),
        values=values,
        retired=cells.get("retired", "").casefold() not in ("", "no", "false", "0"),
    )


def _value(
    column: str, cell: str, wrong: Callable[[str, str, str | None], None], noted: set[str]
) -> Value | None:
    if column in TEXTS:
        return cell
    if column == "kind":
        kind = " ".join(cell.casefold().replace("_", " ").replace("-", " ").split())
        if kind and kind not in _KINDS:
            wrong(column, f"{shown(cell)} is none of: {', '.join(KINDS.values())}.", cell[:80])
            return None
        return _KINDS.get(kind, "")
    if column == "colour":
        if not cell:
            return None
        colour = as_colour(cell)
        if colour is None:
            wrong(column, f"{shown(cell)} is no colour such as #4f6cc8.", cell[:80])
            return None
        if not colour[1]:
            noted.add(f"The colour {cell} is not among ours; the nearest was taken.")
        return colour[0]
    try:
        return as_yes_no("yes" if cell.casefold() in ("x", "ja", "✓") else cell) or False
    except ValueError:
        wrong(column, f"{shown(cell)} is neither yes nor no.", cell[:80])
        return None
