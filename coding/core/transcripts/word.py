"""Word documents (DOCX): paragraphs, tables and bold type, with tracked changes accepted."""

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field

from coding.core.transcripts.archive import Parts
from coding.core.transcripts.document import Document, Line, Table
from coding.core.transcripts.model import Limits, TranscriptProblem, count
from coding.core.transcripts.xmltree import Node, parse_xml

_MAIN = "word/document.xml"
# Containers without a meaning of their own, and changes that are accepted.
_THROUGH = frozenset(
    {"ins", "moveTo", "hyperlink", "smartTag", "customXml", "fldSimple", "sdtContent", "sdt"}
    | {"dir", "bdo", "body"}
)
_DELETED = frozenset({"del", "moveFrom"})
_OFF = frozenset({"0", "false", "off", "none"})


@dataclass(slots=True)
class _Walk:
    """What was passed by on the way through the document."""

    left: Counter[str] = field(default_factory=Counter)
    bold_styles: frozenset[str] = frozenset()
    inserted: int = 0


@dataclass(slots=True)
class _Paragraph:
    """The text so far, and how much of its beginning is bold."""

    text: str = ""
    bold: int = 0
    all_bold: bool = True

    def add(self, text: str, bold: bool) -> None:
        if not text:
            return
        self.text += text
        if self.all_bold and (bold or text.isspace()):
            self.bold = len(self.text)
        elif not text.isspace():
            self.all_bold = False


def read_docx(data: bytes, name: str, limits: Limits) -> Document:
    """The paragraphs and tables of the body; what stands elsewhere is counted in the notes."""
    parts = Parts(data, name, limits)
    main = _main_part(parts, name, limits)
    root = parse_xml(parts.read(main), name, limits.xml_depth)
    body = root.child("body")
    if body is None:
        raise TranscriptProblem("docx", f"{name} is a Word document without a body.")
    walk = _Walk(bold_styles=_bold_styles(parts, main, name, limits))
    items: list[Line | Table] = []
    _blocks(body, walk, items)
    document = Document("docx", items, encoding="")
    document.notes = _notes(walk, parts, main, name, limits)
    if not document.text().strip():
        where = " (its words are in text boxes, notes or headers)" if walk.left else ""
        raise TranscriptProblem("no_text", f"{name} is a Word document without text{where}.")
    return document


def _main_part(parts: Parts, name: str, limits: Limits) -> str:
    if "_rels/.rels" in parts:
        relations = parse_xml(parts.read("_rels/.rels"), name, limits.xml_depth)
        for relation in relations.children():
            target = relation.get("Target").lstrip("/")
            if relation.get("Type").endswith("/officeDocument") and target in parts:
                return target
    if _MAIN in parts:
        return _MAIN
    raise TranscriptProblem("docx", f"{name} is a Word document without a main part.")


def _bold_styles(parts: Parts, main: str, name: str, limits: Limits) -> frozenset[str]:
    """The ids of the character and paragraph styles that say bold themselves."""
    part = posixpath.join(posixpath.dirname(main), "styles.xml")
    if part not in parts:
        return frozenset()
    styles = parse_xml(parts.read(part), name, limits.xml_depth)
    return frozenset(
        style.get("styleId")
        for style in styles.children()
        if style.tag == "style"
        and style.get("type") == "character"
        and _is_on(style.child("rPr", "b"))
    )


def _blocks(node: Node, walk: _Walk, items: list[Line | Table]) -> None:
    carried: _Paragraph | None = None
    for child in node.children():
        if child.tag == "p":
            paragraph = _paragraph(child, walk, carried)
            mark = child.child("pPr", "rPr", "del")
            # The mark of this paragraph was deleted: the next one goes on in it.
            carried = paragraph if mark is not None else None
            if carried is None:
                items.extend(_lines(paragraph))
        elif child.tag == "tbl":
            items.append(Table(_rows(child, walk)))
        elif child.tag in _THROUGH:
            _blocks(child, walk, items)
        elif child.tag in _DELETED:
            walk.left["deleted"] += 1
    if carried is not None:
        items.extend(_lines(carried))


def _rows(table: Node, walk: _Walk) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in _through(table, "tr"):
        if row.child("trPr", "del") is not None:
            walk.left["deleted"] += 1
            continue
        cells = []
        for cell in _through(row, "tc"):
            inner: list[Line | Table] = []
            _blocks(cell, walk, inner)
            cells.append(Document("docx", inner).text().strip())
        rows.append(cells)
    return rows


def _through(node: Node, tag: str) -> list[Node]:
    found: list[Node] = []
    for child in node.children():
        if child.tag == tag:
            found.append(child)
        elif child.tag in _THROUGH:
            found.extend(_through(child, tag))
    return found


def _lines(paragraph: _Paragraph) -> list[Line]:
    lines, at = [], 0
    for text in paragraph.text.split("\n"):
        lines.append(Line(text, max(0, min(len(text), paragraph.bold - at))))
        at += len(text) + 1
    return lines


def _paragraph(node: Node, walk: _Walk, carried: _Paragraph | None) -> _Paragraph:
    paragraph = carried or _Paragraph()
    _inline(node, walk, paragraph)
    return paragraph


def _inline(node: Node, walk: _Walk, paragraph: _Paragraph) -> None:
    for child in node.children():
        if child.tag == "r":
            _run(child, walk, paragraph)
        elif child.tag in _DELETED:
            walk.left["deleted"] += 1
        elif child.tag in _THROUGH:
            walk.inserted += child.tag in ("ins", "moveTo")
            _inline(child, walk, paragraph)
        elif child.tag in ("oMath", "oMathPara"):
            walk.left["formula"] += 1


def _run(run: Node, walk: _Walk, paragraph: _Paragraph) -> None:
    style = run.child("rPr", "rStyle")
    own = run.child("rPr", "b")
    bold = _is_on(own) if own is not None else bool(style and style.get("val") in walk.bold_styles)
    for child in run.children():
        tag = child.tag
        if tag == "t":
            paragraph.add(child.text(), bold)
        elif tag in ("tab", "ptab"):
            paragraph.add("\t", bold)
        elif tag in ("br", "cr"):
            paragraph.add("\n", bold)
        elif tag == "noBreakHyphen":
            paragraph.add("\u2011", bold)
        elif tag == "sym":
            walk.left["symbol"] += 1
        elif tag in ("footnoteReference", "endnoteReference"):
            walk.left["note"] += 1
        elif tag == "commentReference":
            walk.left["comment"] += 1
        elif tag in ("drawing", "pict", "object", "AlternateContent"):
            walk.left["box" if _has_words(child) else "picture"] += 1


def _has_words(node: Node) -> bool:
    return any(
        (child.tag == "t" and child.text().strip()) or _has_words(child)
        for child in node.children()
    )


def _is_on(node: Node | None) -> bool:
    return node is not None and node.get("val", "1").lower() not in _OFF


def _notes(walk: _Walk, parts: Parts, main: str, name: str, limits: Limits) -> list[str]:
    left = walk.left
    folder = posixpath.dirname(main)
    edges = [
        part
        for part in parts.names()
        if re.fullmatch(rf"{re.escape(folder)}/(?:header|footer)\d*\.xml", part)
        and _has_words(parse_xml(parts.read(part), name, limits.xml_depth))
    ]
    notes = []
    for key, one in (
        ("note", "footnote or endnote"),
        ("comment", "comment"),
        ("box", "text box"),
        ("picture", "picture or object"),
        ("formula", "formula"),
        ("symbol", "symbol of a picture font"),
    ):
        if left[key]:
            many = {"note": "footnotes or endnotes", "box": "text boxes"}.get(key, f"{one}s")
            many = {"picture": "pictures or objects", "symbol": "symbols of a picture font"}.get(
                key, many
            )
            notes.append(f"{count(left[key], one, many)} left out.")
    if edges:
        notes.append(
            f"{count(len(edges), 'page header or footer', 'page headers or footers')} left out."
        )
    if left["deleted"] or walk.inserted:
        notes.append(
            f"Tracked changes were taken as accepted: {count(left['deleted'], 'deletion')} left "
            f"out, {count(walk.inserted, 'insertion')} kept."
        )
    return notes
