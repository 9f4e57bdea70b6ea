"""OpenDocument text (ODT): paragraphs, tables and bold type, tracked deletions left out.

odfpy reads the content. It gets nothing else of the file, because it wants every part whole,
pictures included.
"""

import contextlib
import io
import zipfile
from collections import Counter

from odf.element import Element, Text  # type: ignore[import-untyped]
from odf.namespaces import (  # type: ignore[import-untyped]
    FONS,
    MANIFESTNS,
    STYLENS,
    TEXTNS,
)
from odf.opendocument import OpenDocument, load  # type: ignore[import-untyped]

from coding.core.transcripts.archive import Parts
from coding.core.transcripts.document import Document, Line, Table
from coding.core.transcripts.model import Limits, TranscriptProblem, count
from coding.core.transcripts.xmlcheck import check_xml

_TYPE = "application/vnd.oasis.opendocument.text"
_MANIFEST = (
    f'<m:manifest xmlns:m="{MANIFESTNS}">'
    f'<m:file-entry m:full-path="/" m:media-type="{_TYPE}"/>'
    '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
)

_LEFT_OUT = {
    "tracked-changes": "deleted",
    "annotation": "comment",
    "note": "note",
    "text-box": "box",
    "image": "picture",
    "object": "picture",
}
_SILENT = frozenset(
    {"sequence-decls", "forms", "variable-decls", "user-field-decls", "annotation-end"}
)


def read_odt(data: bytes, name: str, limits: Limits) -> Document:
    """The paragraphs and tables of the body; what stands elsewhere is counted in the notes."""
    parts = Parts(data, name, limits)
    if "content.xml" not in parts:
        raise TranscriptProblem("odt", f"{name} is an OpenDocument file without content.")
    if "META-INF/manifest.xml" in parts and b"encryption-data" in parts.read(
        "META-INF/manifest.xml"
    ):
        raise TranscriptProblem(
            "encrypted", f"{name} is protected by a password; save it without one."
        )
    content = _load(check_xml(parts.read("content.xml"), name, limits.xml_depth), name)
    body = next((child for child in content.body.childNodes if _tag(child) == "text"), None)
    if body is None:
        raise TranscriptProblem(
            "odt", f"{name} is an OpenDocument file, but no text document (ODT)."
        )
    left: Counter[str] = Counter()
    items: list[Line | Table] = []
    _blocks(body, _bold_styles(content.automaticstyles), left, items)
    document = Document("odt", items)
    for key, one, many in (
        ("note", "footnote or endnote", "footnotes or endnotes"),
        ("comment", "comment", "comments"),
        ("box", "text box", "text boxes"),
        ("picture", "picture or object", "pictures or objects"),
    ):
        if left[key]:
            document.notes.append(f"{count(left[key], one, many)} left out.")
    if left["deleted"]:
        document.notes.append(
            "Tracked changes were taken as accepted: "
            f"{count(left['deleted'], 'deletion')} left out."
        )
    if not document.text().strip():
        raise TranscriptProblem("no_text", f"{name} is an OpenDocument text without text.")
    return document


def _load(content: bytes, name: str) -> OpenDocument:
    if content.count(b"<office:body") > 1:
        # odfpy stops reading behind the inner one.
        raise TranscriptProblem("odt", f"{name} has another document inside of its text.")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("mimetype", _TYPE)
        file.writestr("META-INF/manifest.xml", _MANIFEST)
        file.writestr("content.xml", content)
    try:
        # It prints what it does not understand, and the answers of this process are lines.
        with contextlib.redirect_stdout(io.StringIO()):
            return load(package)
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        raise TranscriptProblem("odt", f"{name} is no sound OpenDocument text.") from None


def _tag(node: Element) -> str:
    return "" if isinstance(node, Text) else str(node.qname[1])


def _style(node: Element) -> str:
    return str(node.attributes.get((TEXTNS, "style-name"), ""))


def _bold_styles(styles: Element) -> frozenset[str]:
    bold = {"Strong_20_Emphasis"}
    for style in filter(_tag, styles.childNodes):
        for properties in filter(_tag, style.childNodes):
            if properties.attributes.get((FONS, "font-weight")) in ("bold", "700", "800", "900"):
                bold.add(style.attributes.get((STYLENS, "name"), ""))
    return frozenset(bold)


def _blocks(
    node: Element, bold: frozenset[str], left: Counter[str], items: list[Line | Table]
) -> None:
    for child in node.childNodes:
        tag = _tag(child)
        if tag in ("p", "h"):
            runs: list[tuple[str, bool]] = []
            _inline(child, bold, left, runs, _style(child) in bold)
            items.extend(_lines(runs))
        elif tag == "table":
            items.append(Table(_rows(child, bold, left)))
        elif tag in _LEFT_OUT:
            _leave(child, left)
        elif tag and tag not in _SILENT:
            # Lists, sections, indexes: what is in them is text.
            _blocks(child, bold, left, items)


def _rows(table: Element, bold: frozenset[str], left: Counter[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for child in table.childNodes:
        if _tag(child) in ("table-header-rows", "table-rows", "table-row-group"):
            rows.extend(_rows(child, bold, left))
        elif _tag(child) == "table-row":
            cells = []
            for cell in child.childNodes:
                if _tag(cell) == "table-cell":
                    inner: list[Line | Table] = []
                    _blocks(cell, bold, left, inner)
                    cells.append(Document("odt", inner).text().strip())
            rows.append(cells)
    return rows


def _inline(
    node: Element, bold: frozenset[str], left: Counter[str], runs: list[tuple[str, bool]], on: bool
) -> None:
    for item in node.childNodes:
        tag = _tag(item)
        if not tag:
            # White space in the file is one space; real spaces are elements.
            raw = item.data
            text = " ".join(raw.split()) if raw.strip() else ""
            lead = " " if raw[:1].isspace() else ""
            tail = " " if text and raw[-1:].isspace() else ""
            runs.append((lead + text + tail, on))
        elif tag == "s":
            number = str(item.attributes.get((TEXTNS, "c"), "1"))
            runs.append((" " * min(int(number) if number.isdecimal() else 1, 1000), on))
        elif tag == "tab":
            runs.append(("\t", on))
        elif tag == "line-break":
            runs.append(("\n", on))
        elif tag in _LEFT_OUT:
            _leave(item, left)
        elif tag not in _SILENT:
            _inline(item, bold, left, runs, on or _style(item) in bold)


def _leave(node: Element, left: Counter[str]) -> None:
    key = _LEFT_OUT[_tag(node)]
    if key == "deleted":
        left[key] += sum(
            any(_tag(change) == "deletion" for change in region.childNodes)
            for region in node.childNodes
        )
    else:
        left[key] += 1


def _lines(runs: list[tuple[str, bool]]) -> list[Line]:
    text, width, leading = "", 0, True
    for part, on in runs:
        text += part
        leading = leading and (on or not part.strip())
        if leading:
            width = len(text)
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append(Line(line, max(0, min(len(line), width - at))))
        at += len(line) + 1
    return lines
