"""OpenDocument text (ODT): paragraphs, tables and bold type, tracked deletions left out."""

from collections import Counter

from coding.core.transcripts.archive import Parts
from coding.core.transcripts.document import Document, Line, Table
from coding.core.transcripts.model import Limits, TranscriptProblem, count
from coding.core.transcripts.xmltree import Node, parse_xml

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
    root = parse_xml(parts.read("content.xml"), name, limits.xml_depth)
    body = root.child("body", "text")
    if body is None:
        raise TranscriptProblem(
            "odt", f"{name} is an OpenDocument file, but no text document (ODT)."
        )
    left: Counter[str] = Counter()
    items: list[Line | Table] = []
    _blocks(body, _bold_styles(root), left, items)
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


def _bold_styles(root: Node) -> frozenset[str]:
    styles = root.child("automatic-styles")
    bold = set()
    for style in styles.children() if styles else ():
        properties = style.child("text-properties")
        if properties and properties.get("font-weight") in ("bold", "700", "800", "900"):
            bold.add(style.get("name"))
    return frozenset({*bold, "Strong_20_Emphasis"})


def _blocks(
    node: Node, bold: frozenset[str], left: Counter[str], items: list[Line | Table]
) -> None:
    for child in node.children():
        if child.tag in ("p", "h"):
            runs: list[tuple[str, bool]] = []
            _inline(child, bold, left, runs, child.get("style-name") in bold)
            items.extend(_lines(runs))
        elif child.tag == "table":
            items.append(Table(_rows(child, bold, left)))
        elif child.tag in _LEFT_OUT:
            _leave(child, left)
        elif child.tag not in _SILENT:
            # Lists, sections, indexes: what is in them is text.
            _blocks(child, bold, left, items)


def _rows(table: Node, bold: frozenset[str], left: Counter[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for child in table.children():
        if child.tag in ("table-header-rows", "table-rows", "table-row-group"):
            rows.extend(_rows(child, bold, left))
        elif child.tag == "table-row":
            cells = []
            for cell in child.children():
                if cell.tag == "table-cell":
                    inner: list[Line | Table] = []
                    _blocks(cell, bold, left, inner)
                    cells.append(Document("odt", inner).text().strip())
            rows.append(cells)
    return rows


def _inline(
    node: Node, bold: frozenset[str], left: Counter[str], runs: list[tuple[str, bool]], on: bool
) -> None:
    for item in node.items:
        if isinstance(item, str):
            # White space in the file is one space; real spaces are elements.
            text = " ".join(item.split()) if item.strip() else ""
            lead = " " if item[:1].isspace() else ""
            tail = " " if text and item[-1:].isspace() else ""
            runs.append((lead + text + tail, on))
        elif item.tag == "s":
            number = item.get("c", "1")
            runs.append((" " * min(int(number) if number.isdigit() else 1, 1000), on))
        elif item.tag == "tab":
            runs.append(("\t", on))
        elif item.tag == "line-break":
            runs.append(("\n", on))
        elif item.tag in _LEFT_OUT:
            _leave(item, left)
        elif item.tag not in _SILENT:
            _inline(item, bold, left, runs, on or item.get("style-name") in bold)


def _leave(node: Node, left: Counter[str]) -> None:
    key = _LEFT_OUT[node.tag]
    if key == "deleted":
        left[key] += sum(1 for region in node.children() if region.child("deletion") is not None)
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
