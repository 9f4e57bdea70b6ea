"""A codebook to read: as a Word file for an appendix, and as Markdown."""

import io

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.table import _Cell, _Row

from cases.core.codebook_files.rows import KINDS, Book, Entry
from cases.core.readable import (
    escaped,
    lay_across,
    one_line,
    page_number,
    word_document,
    write_stamp,
)

# (heading, width in cm); the definition's column grows by what is left out.
_COLUMNS = {
    "code": ("Code", 5.2),
    "definition": ("Definition", 6.0),
    "when_to_use": ("When to use", 4.6),
    "when_not_to_use": ("When not to use", 4.6),
    "examples": ("Examples", 4.6),
    "kind": ("Kind", 1.9),
    "passages": ("Passages (n)", 1.9),
}
_WIDTH = 26.1
_ALWAYS = ("code", "definition", "passages")
UNQUOTED = "not to be quoted"


# --- Word ----------------------------------------------------------------------------------------


def docx_file(book: Book) -> bytes:
    """A4 landscape: title, stamp, one table whose heading row is repeated on each page."""
    document = word_document(book.title, software=book.software, made_at=book.made_at, size=9)
    lay_across(document)
    write_stamp(document, book.stamp)
    document.add_paragraph()
    _table(document, book)
    page_number(document.sections[0].footer.paragraphs[0], book.title)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _table(document: object, book: Book) -> None:
    shown = [
        name for name in _COLUMNS if name in _ALWAYS or any(getattr(e, name) for e in book.entries)
    ]
    widths = {name: _COLUMNS[name][1] for name in shown}
    # Columns in which nothing stands leave their room to those in which texts do.
    spare = _WIDTH - sum(widths.values())
    texts = [name for name in shown if name not in ("kind", "passages")]
    widths |= {name: widths[name] + spare / len(texts) for name in texts}
    table = document.add_table(rows=1, cols=len(shown))  # type: ignore[attr-defined]
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for name, cell in zip(shown, table.rows[0].cells, strict=True):
        cell.paragraphs[0].add_run(_COLUMNS[name][0]).bold = True
    _mark(table.rows[0], "w:tblHeader")
    for entry in book.entries:
        row = table.add_row()
        _mark(row, "w:cantSplit")
        for name, cell in zip(shown, row.cells, strict=True):
            _fill(cell, name, entry)
    for name, column in zip(shown, table.columns, strict=True):
        column.width = Cm(widths[name])
        for cell in column.cells:
            cell.width = Cm(widths[name])


def _fill(cell: _Cell, name: str, entry: Entry) -> None:
    first = cell.paragraphs[0]
    if name == "code":
        first.paragraph_format.left_indent = Cm(min(0.35 * entry.depth, 2.1))
        first.add_run(f"{entry.number} ")
        first.add_run(entry.name).bold = True
        for remark in remarks(entry):
            first.add_run(f"\n{remark}").italic = True
    elif name == "examples":
        texts = [f"“{example}”" for example in entry.examples]
        if entry.unquoted:
            texts.append(f"({entry.unquoted} more, {UNQUOTED})")
        for n, text in enumerate(texts):
            (cell.add_paragraph() if n else first).add_run(text)
    elif name == "kind":
        first.add_run(KINDS.get(entry.kind, ""))
    elif name == "passages":
        first.add_run("–" if entry.heading_only else f"{entry.passages:,}")
    else:
        first.add_run(getattr(entry, name))


def remarks(entry: Entry) -> list[str]:
    """What is to be known of a code beside its texts."""
    said = []
    if entry.heading_only:
        said.append("heading only")
    if entry.elicited:
        said.append("elicited by the protocol")
    if entry.retired:
        into = f", merged into {entry.merged_into}" if entry.merged_into else ""
        said.append(f"retired {entry.retired}{into}")
    return said


def _mark(row: _Row, name: str) -> None:
    properties = row._tr.get_or_add_trPr()
    element = OxmlElement(name)
    element.set(qn("w:val"), "true")
    properties.append(element)


# --- Markdown ------------------------------------------------------------------------------------


def markdown_file(book: Book) -> bytes:
    """Each code with its texts; headings follow the tree (Markdown has six levels)."""
    parts = [f"# {escaped(book.title)}"]
    parts.append("\n".join(f"- **{escaped(name)}:** {escaped(t)}" for name, t in book.stamp))
    for entry in book.entries:
        heading = "#" * min(2 + entry.depth, 6)
        parts.append(f"{heading} {entry.number} {escaped(one_line(entry.name))}")
        facts = [f"Code id: {escaped(entry.key)}"]
        if not entry.heading_only:
            facts.append(f"{entry.passages:,} passage{'' if entry.passages == 1 else 's'}")
        if entry.kind:
            facts.append(KINDS[entry.kind])
        parts.append(" · ".join([*facts, *(escaped(remark) for remark in remarks(entry))]))
        for label, text in (
            ("", entry.definition),
            ("When to use", entry.when_to_use),
            ("When not to use", entry.when_not_to_use),
        ):
            if text:
                parts.append(f"**{label}:** {escaped(text)}" if label else escaped(text))
        quoted = [f"> {escaped(one_line(example))}" for example in entry.examples]
        if quoted:
            parts.append("**Examples:**")
            parts += quoted
        if entry.unquoted:
            parts.append(f"({entry.unquoted} example(s) {UNQUOTED})")
    return ("\n\n".join(parts) + "\n").encode("utf-8")
