"""Word documents (DOCX): paragraphs, tables and bold type, with tracked changes accepted.

python-docx reads the parts. Its ``paragraphs`` and ``runs`` leave out what stands in tracked
insertions, content controls and links, which people said too: so its elements are gone through
here. Its package reader is not used: it wants every part of a file whole, pictures included, and
refuses templates, files with macros and those with a relation that leads nowhere.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from docx.exceptions import InvalidXmlError
from docx.oxml import parse_xml
from docx.oxml.document import CT_Document
from docx.oxml.ns import qn
from docx.oxml.styles import CT_Styles
from docx.oxml.text.run import CT_R
from docx.oxml.xmlchemy import BaseOxmlElement

from coding.core.transcripts.archive import Parts
from coding.core.transcripts.document import Document, Line, Table
from coding.core.transcripts.model import Limits, TranscriptProblem, count
from coding.core.transcripts.xmlcheck import check_xml

_MAIN = "word/document.xml"
# Word can save with the names of ISO 29500 Strict, which python-docx does not know.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/math",
        b"http://schemas.openxmlformats.org/officeDocument/2006/math",
    ),
)


def _tags(names: str) -> frozenset[str]:
    return frozenset(map(qn, names.split()))


# Containers without a meaning of their own, and changes that are accepted.
_INSERTED = _tags("w:ins w:moveTo")
_THROUGH = _INSERTED | _tags(
    "w:hyperlink w:smartTag w:customXml w:fldSimple w:sdtContent w:sdt w:dir w:bdo"
)
_DELETED = _tags("w:del w:moveFrom")
_TEXT = _tags("w:t w:tab w:ptab w:cr w:noBreakHyphen")
_BREAK = qn("w:br")
_LEFT_OUT = {
    **dict.fromkeys(_tags("w:footnoteReference w:endnoteReference"), "note"),
    qn("w:commentReference"): "comment",
    qn("w:sym"): "symbol",
}
_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_PICTURES = _tags("w:drawing w:pict w:object") | {_ALTERNATIVE}
_FORMULAS = _tags("m:oMath m:oMathPara")
_MARK_DELETED = "/".join(map(qn, ("w:pPr", "w:rPr", "w:del")))
_ROW_DELETED = "/".join(map(qn, ("w:trPr", "w:del")))
_PARAGRAPH, _TABLE, _ROW, _CELL = map(qn, ("w:p", "w:tbl", "w:tr", "w:tc"))


@dataclass(slots=True)
class _Paragraph:
    """The text so far, and how much of its beginning is bold."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    bold: int = 0
    all_bold: bool = True

    def add(self, text: str, bold: bool) -> None:
        if not text:
            return
        self.parts.append(text)
        self.size += len(text)
        if self.all_bold and (bold or text.isspace()):
            self.bold = self.size
        elif not text.isspace():
            self.all_bold = False

    def lines(self) -> Iterator[Line]:
        at = 0
        for text in "".join(self.parts).split("\n"):
            yield Line(text, max(0, min(len(text), self.bold - at)))
            at += len(text) + 1


def read_docx(data: bytes, name: str, limits: Limits) -> Document:
    """The paragraphs and tables of the body; what stands elsewhere is counted in the notes."""
    try:
        package = _Package(data, name, limits)
        root = package.xml(package.main)
        body = root.body if isinstance(root, CT_Document) else None
        if body is None:
            raise TranscriptProblem("docx", f"{name} is a Word document without a body.")
        walk = _Walk(package.bold_styles())
        document = Document("docx", list(walk.blocks(body)))
        edges = package.edges()
    except (SyntaxError, InvalidXmlError):
        raise TranscriptProblem("xml", f"{name} is no sound Word document.") from None
    document.notes = _notes(walk, edges)
    if not document.text().strip():
        where = " (its words are in text boxes, notes or headers)" if walk.left else ""
        raise TranscriptProblem("no_text", f"{name} is a Word document without text{where}.")
    return document


class _Package:
    """The parts of the file that are read, each checked before python-docx sees it."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self.name = name
        self.depth = limits.xml_depth
        self.parts = Parts(data, name, limits)
        self.main = self._main()
        self.folder = posixpath.dirname(self.main)

    def xml(self, part: str) -> BaseOxmlElement:
        data = check_xml(self.parts.read(part), self.name, self.depth)
        for strict, usual in _STRICT:
            data = data.replace(strict, usual)
        return parse_xml(data)

    def _main(self) -> str:
        if "_rels/.rels" in self.parts:
            for relation in self.xml("_rels/.rels").iterchildren("{*}Relationship"):
                target = str(relation.get("Target", "")).lstrip("/")
                if relation.get("Type", "").endswith("/officeDocument") and target in self.parts:
                    return target
        if _MAIN in self.parts:
            return _MAIN
        raise TranscriptProblem("docx", f"{self.name} is a Word document without a main part.")

    def bold_styles(self) -> frozenset[str]:
        """The ids of the character styles that say bold themselves."""
        part = posixpath.join(self.folder, "styles.xml")
        styles = self.xml(part) if part in self.parts else None
        if not isinstance(styles, CT_Styles):
            return frozenset()
        return frozenset(
            style.styleId or ""
            for style in styles.style_lst
            if style.get(qn("w:type")) == "character" and _is_bold(style, frozenset())
        )

    def edges(self) -> int:
        """How many page headers and footers have words."""
        pattern = re.compile(rf"{re.escape(self.folder)}/(?:header|footer)\d*\.xml")
        return sum(_has_words(self.xml(part)) for part in self.parts.names() if pattern.match(part))


class _Walk:
    """The way through the document, and what was passed by on it."""

    def __init__(self, bold_styles: frozenset[str]) -> None:
        self.bold_styles = bold_styles
        self.left: Counter[str] = Counter()
        self.inserted = 0

    def blocks(self, parent: BaseOxmlElement) -> Iterator[Line | Table]:
        paragraph = _Paragraph()
        for child in self._through(parent):
            if child.tag == _PARAGRAPH:
                self._inline(child, paragraph)
                # Where the mark of a paragraph was deleted, the next one goes on in it.
                if child.find(_MARK_DELETED) is None:
                    yield from paragraph.lines()
                    paragraph = _Paragraph()
            elif child.tag == _TABLE:
                if paragraph.parts:
                    yield from paragraph.lines()
                    paragraph = _Paragraph()
                yield Table(list(self._rows(child)))
        if paragraph.parts:
            yield from paragraph.lines()

    def _rows(self, table: BaseOxmlElement) -> Iterator[list[str]]:
        for row in self._through(table):
            if row.tag != _ROW:
                continue
            if row.find(_ROW_DELETED) is not None:
                self.left["deleted"] += 1
                continue
            yield [
                Document("docx", list(self.blocks(cell))).text().strip()
                for cell in self._through(row)
                if cell.tag == _CELL
            ]

    def _through(self, parent: BaseOxmlElement) -> Iterator[BaseOxmlElement]:
        """The children, and those of containers without a meaning of their own."""
        for child in parent.iterchildren():
            if child.tag in _DELETED:
                self.left["deleted"] += 1
            elif child.tag in _THROUGH:
                self.inserted += child.tag in _INSERTED
                yield from self._through(child)
            else:
                yield child

    def _inline(self, parent: BaseOxmlElement, paragraph: _Paragraph) -> None:
        for child in self._through(parent):
            if isinstance(child, CT_R):
                self._run(child, paragraph)
            elif child.tag in _FORMULAS:
                self.left["formula"] += 1

    def _run(self, run: CT_R, paragraph: _Paragraph) -> None:
        bold = _is_bold(run, self.bold_styles)
        for child in run.iterchildren():
            tag = child.tag
            if tag in _TEXT:
                paragraph.add(str(child), bold)
            elif tag == _BREAK:
                # python-docx drops the breaks of pages, and the words on both sides grow together.
                paragraph.add("\n", bold)
            elif tag in _LEFT_OUT:
                self.left[_LEFT_OUT[tag]] += 1
            elif tag in _PICTURES:
                self.left["box" if _has_words(child) else "picture"] += 1


def _is_bold(element: BaseOxmlElement, styles: Iterable[str]) -> bool:
    """Whether the properties of a run or style say bold, or name one of ``styles``."""
    properties = element.find(qn("w:rPr"))
    if properties is None:
        return False
    own = properties.find(qn("w:b"))
    if own is not None:
        return own.get(qn("w:val"), "1").lower() not in ("0", "false", "off", "none")
    style = properties.find(qn("w:rStyle"))
    return style is not None and style.get(qn("w:val")) in styles


def _has_words(element: BaseOxmlElement) -> bool:
    return any((text.text or "").strip() for text in element.iter(qn("w:t")))


def _notes(walk: _Walk, edges: int) -> list[str]:
    left = walk.left
    notes = [
        f"{count(left[key], one, many)} left out."
        for key, one, many in (
            ("note", "footnote or endnote", "footnotes or endnotes"),
            ("comment", "comment", "comments"),
            ("box", "text box", "text boxes"),
            ("picture", "picture or object", "pictures or objects"),
            ("formula", "formula", "formulas"),
            ("symbol", "symbol of a picture font", "symbols of a picture font"),
        )
        if left[key]
    ]
    if edges:
        notes.append(
            f"{count(edges, 'page header or footer', 'page headers or footers')} left out."
        )
    if left["deleted"] or walk.inserted:
        notes.append(
            f"Tracked changes were taken as accepted: {count(left['deleted'], 'deletion')} left "
            f"out, {count(walk.inserted, 'insertion')} kept."
        )
    return notes
