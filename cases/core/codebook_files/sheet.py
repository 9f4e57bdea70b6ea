"""The cells of a workbook (XLSX), read without running or unpacking anything.

Only what a table of texts needs: shared and inline strings, numbers as they are written, yes and
no, and the stored value of a formula (ECMA-376, part 1, 18.3 and 18.4).
"""

import io
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from cases.core.archives import ArchiveProblem, Folder, Limits, open_zip
from cases.core.codebook_files.rows import MAX_ROWS, CodebookProblem
from cases.core.study_folder import Problem

_LIMITS = Limits(entries=500, file_size=30_000_000, total_size=60_000_000, ratio=200, depth=8)
_MAX_COLUMNS = 200
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_CELL = re.compile("([A-Z]{1,3})[0-9]+")
_BOOK = "xl/workbook.xml"
NO_VALUE = "The cell holds a formula without its value; save the file in a spreadsheet program."
ERROR = "The cell holds an error instead of a value."


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows with their numbers; ``faults`` are (row, column from 0, what is wrong)."""

    rows: list[tuple[int, list[str]]]
    faults: list[tuple[int, int, str]]


def read_sheet(data: bytes, file: str) -> Sheet:
    """The sheet "Codebook", else the first that is not hidden; CodebookProblem if there is none."""
    try:
        with open_zip(io.BytesIO(data), _LIMITS) as book:
            if _BOOK not in book.names():
                raise CodebookProblem(
                    Problem(file, None, None, f"{file} is a packed file, but no XLSX workbook.")
                )
            texts = _shared(book)
            return _read(book.read(_sheet_name(book, file)), texts, file)
    except ArchiveProblem as problem:
        message = f"{file} cannot be opened: {problem.message}"
        raise CodebookProblem(Problem(file, None, None, message)) from problem
    except (ParseError, DefusedXmlException, UnicodeError) as error:
        message = f"{file} cannot be read as a workbook; it is damaged or made to do harm."
        raise CodebookProblem(Problem(file, None, None, message)) from error


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _sheet_name(book: Folder, file: str) -> str:
    targets = {
        rel.get("Id"): rel.get("Target", "")
        for rel in fromstring(book.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    }
    sheets: list[tuple[str, str]] = []
    for element in fromstring(book.read(_BOOK), forbid_dtd=True).iter():
        if _local(element) == "sheet" and element.get("state", "visible") == "visible":
            ref = next((v for k, v in element.items() if k.rpartition("}")[2] == "id"), "")
            target = targets.get(ref, "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if path in book.names():
                sheets.append((element.get("name", ""), path))
    if not sheets:
        raise CodebookProblem(Problem(file, None, None, f"{file} has no sheet that can be read."))
    return next((path for name, path in sheets if name == "Codebook"), sheets[0][1])


def _shared(book: Folder) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in book.names():
        return []
    texts = []
    for _event, element in iterparse(io.BytesIO(book.read(name)), forbid_dtd=True):
        if _local(element) == "si":
            texts.append(_text(element))
            element.clear()
    return texts


def _text(element: Element) -> str:
    """The text of a string with or without formatted runs; its pronunciation is no part of it."""
    parts = []
    for child in element:
        if _local(child) == "t":
            parts.append(child.text or "")
        elif _local(child) == "r":
            parts += [t.text or "" for t in child if _local(t) == "t"]
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), "".join(parts))


def _read(data: bytes, texts: list[str], file: str) -> Sheet:
    rows: list[tuple[int, list[str]]] = []
    faults: list[tuple[int, int, str]] = []
    number = 0
    for _event, element in iterparse(io.BytesIO(data), forbid_dtd=True):
        if _local(element) != "row":
            continue
        named = element.get("r", "")
        number = int(named) if named.isdecimal() and len(named) < 8 else number + 1
        cells: list[str] = []
        column = -1
        for cell in element:
            match = _CELL.fullmatch(cell.get("r", ""))
            column = _column(match[1]) if match else column + 1
            if column >= _MAX_COLUMNS:
                break
            value, fault = _value(cell, texts)
            if fault:
                faults.append((number, column, fault))
            cells += [""] * (column + 1 - len(cells))
            cells[column] = value
        element.clear()
        if any(cells):
            rows.append((number, cells))
            if len(rows) > MAX_ROWS + 1:
                message = f"The sheet has more rows than are read for a codebook: {MAX_ROWS:,}."
                raise CodebookProblem(Problem(file, number, None, message))
    return Sheet(rows, faults)


def _value(cell: Element, texts: list[str]) -> tuple[str, str]:
    """The text of a cell, and what is wrong with it."""
    kind = cell.get("t", "n")
    parts = {_local(child): child for child in cell}
    if kind == "inlineStr":
        return (_text(parts["is"]) if "is" in parts else ""), ""
    stored = parts["v"].text if "v" in parts else None
    if stored is None:
        return "", NO_VALUE if "f" in parts else ""
    if kind == "s":
        known = stored.isdecimal() and len(stored) < 9 and int(stored) < len(texts)
        return (texts[int(stored)], "") if known else ("", ERROR)
    if kind == "e":
        return "", ERROR
    if kind == "b":
        return ("yes" if stored == "1" else "no"), ""
    if kind == "str":
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored), ""
    return stored, ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
