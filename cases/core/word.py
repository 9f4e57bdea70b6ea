"""Reports as Word files: a title, the stamp, paragraphs, and tables whose head is repeated."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.table import _Row

from cases.core.readable import lay_across, page_number, word_document, write_stamp
from cases.core.tables import Value

# What XML cannot hold, whatever it is escaped to.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading and a line under it that says what its figures are."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ""


def report_docx(
    title: str,
    paragraphs: Sequence[str],
    tables: Sequence[Table],
    stamp: Sequence[tuple[str, str]],
    *,
    software: str,
    made_at: datetime,
) -> bytes:
    """A4 landscape: title, paragraphs, tables, and at the end how it all was made."""
    title = _said(title)
    document = word_document(title, software=software, made_at=made_at, size=10)
    lay_across(document)
    for paragraph in paragraphs:
        document.add_paragraph(_said(paragraph))
    for table in tables:
        _add(document, table)
    document.add_heading("How these figures were made", 1)
    write_stamp(document, [(_said(name), _said(text)) for name, text in stamp])
    page_number(document.sections[0].footer.paragraphs[0], title)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add(document: Document, table: Table) -> None:
    document.add_heading(_said(table.title), 1)
    made = document.add_table(rows=1, cols=len(table.head))
    made.style = "Table Grid"
    for words, cell in zip(table.head, made.rows[0].cells, strict=True):
        cell.paragraphs[0].add_run(_said(words)).bold = True
    _mark(made.rows[0], "w:tblHeader")
    for values in table.rows:
        row = made.add_row()
        _mark(row, "w:cantSplit")
        for value, cell in zip(values, row.cells, strict=True):
            cell.paragraphs[0].add_run(_written(value))
    for row in made.rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.space_after = Pt(0)
                for run in paragraph.runs:
                    run.font.size = Pt(8)
    if table.note:
        document.add_paragraph(_said(table.note))


def _written(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:z.3f}"
    return f"{value:,}" if isinstance(value, int) else _said(value)


def _said(text: str) -> str:
    return _UNSAYABLE.sub("", text)


def _mark(row: _Row, name: str) -> None:
    properties = row._tr.get_or_add_trPr()
    element = OxmlElement(name)
    element.set(qn("w:val"), "true")
    properties.append(element)
