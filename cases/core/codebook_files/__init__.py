"""The codebook in and out: CSV, XLSX, Word, Markdown and REFI-QDA; reading and comparing."""

from cases.core.codebook_files.effects import Changed, Field, Known, New, Place, Plan
from cases.core.codebook_files.plan import plan_codebook
from cases.core.codebook_files.refi import qdc_file, read_qdc
from cases.core.codebook_files.rows import (
    KINDS,
    MAX_ROWS,
    PALETTE,
    SAYABLE,
    TEXTS,
    Book,
    CodebookProblem,
    Entry,
    Reading,
    Row,
    clean,
)
from cases.core.codebook_files.sheet import read_sheet
from cases.core.codebook_files.tables import csv_file, read_csv, read_workbook, xlsx_file
from cases.core.codebook_files.texts import docx_file, markdown_file
from cases.core.study_folder import Problem

__all__ = [
    "KINDS",
    "MAX_ROWS",
    "PALETTE",
    "SAYABLE",
    "TEXTS",
    "WRITERS",
    "Book",
    "Changed",
    "CodebookProblem",
    "Entry",
    "Field",
    "Known",
    "New",
    "Place",
    "Plan",
    "Reading",
    "Row",
    "clean",
    "plan_codebook",
    "read_codebook_file",
]

# Format -> (writer, content type); the format is also the end of the file's name.
WRITERS = {
    "xlsx": (
        xlsx_file,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "csv": (csv_file, "text/csv; charset=utf-8"),
    "docx": (
        docx_file,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "md": (markdown_file, "text/markdown; charset=utf-8"),
    "qdc": (qdc_file, "application/xml; charset=utf-8"),
}


def read_codebook_file(data: bytes, file: str) -> Reading:
    """The codes in a file, recognised by its content; CodebookProblem if there are none."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not start:
        raise CodebookProblem(Problem(file, None, None, f"{file} is empty."))
    if data.startswith(b"PK"):
        return read_workbook(read_sheet(data, file), file)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        message = f"{file} is an old Excel file or has a password; save it as XLSX without one."
        raise CodebookProblem(Problem(file, None, None, message))
    if start.startswith(b"<") or data[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<"):
        return read_qdc(data, file)
    return read_csv(data, file)
