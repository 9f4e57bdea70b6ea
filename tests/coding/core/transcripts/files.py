"""Small files made for the tests; all words in them are synthetic."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pack(parts: Mapping[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


def paragraph(*runs: str | tuple[str, bool]) -> str:
    """A Word paragraph of texts, or (text, bold) runs; "\\n" is a line break in it."""
    made = ""
    for run in runs:
        text, bold = (run, False) if isinstance(run, str) else run
        inner = "<w:br/>".join(
            f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in text.split("\n")
        )
        made += f"<w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}{inner}</w:r>"
    return f"<w:p>{made}</w:p>"


def table(rows: Iterable[Sequence[str]]) -> str:
    made = ""
    for row in rows:
        cells = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row)
        made += f"<w:tr>{cells}</w:tr>"
    return f"<w:tbl>{made}</w:tbl>"


def docx(*blocks: str, parts: Mapping[str, str] | None = None, prolog: str = "") -> bytes:
    """A Word document with the XML of ``blocks`` as its body."""
    body = f'{prolog}<w:document xmlns:w="{WORD}"><w:body>{"".join(blocks)}</w:body></w:document>'
    return pack({"[Content_Types].xml": "<Types/>", "word/document.xml": body, **(parts or {})})


def odt(body: str, styles: str = "", prolog: str = "") -> bytes:
    """An OpenDocument text with the XML ``body``."""
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"),
            ("fo", "xsl-fo-compatible"), ("draw", "drawing"),
        )
    )  # fmt: skip
    content = (
        f"{prolog}<office:document-content {spaces}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text>"
        "</office:body></office:document-content>"
    )
    return pack({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def pdf(pages: Sequence[Sequence[tuple[float, float, str]]]) -> bytes:
    """A PDF whose pages hold (x, y, text) in Helvetica 11; points from the lower left."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b""]
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects[2] = font.encode()
    kids = []
    for lines in pages:
        escaped = [
            (x, y, text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)"))
            for x, y, text in lines
        ]
        drawn = "".join(
            f"BT /F1 11 Tf {x:g} {y:g} Td ({text}) Tj ET\n" for x, y, text in escaped
        ).encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(kids))
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        xref,
    )


def pages_of(
    lines: Sequence[str], per_page: int, header: str = "", footer: str = "", numbers: bool = False
) -> bytes:
    """A PDF of ``lines``, with "{page}" in header and footer, and lines numbered in the margin."""
    pages = []
    number = 0
    for first in range(0, len(lines), per_page):
        page: list[tuple[float, float, str]] = []
        shown = str(len(pages) + 1)
        if header:
            page.append((72, 810, header.replace("{page}", shown)))
        for row, line in enumerate(lines[first : first + per_page]):
            number += 1
            if numbers:
                page.append((40, 770 - 16 * row, str(number)))
            page.append((72, 770 - 16 * row, line))
        if footer:
            page.append((280, 30, footer.replace("{page}", shown)))
        pages.append(page)
    return pdf(pages)
