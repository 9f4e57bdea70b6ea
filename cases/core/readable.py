"""What files to be read have in common: text that means nothing but itself, a Word
document with its stamp and the foot of its pages."""

import re
from collections.abc import Iterable
from datetime import datetime

from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def one_line(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    """For Markdown: the text as it is shown, whatever stands in it; a line break stays one."""
    special = _SPECIAL.sub(r"\\\1", text)
    special = _LINE_START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", special)
    return special.replace("\n", "  \n")


def word_document(title: str, *, software: str, made_at: datetime, size: float) -> Docx:
    """An upright A4 page with its title; ``size`` is that of its letters in points."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    properties = document.core_properties
    properties.title = title
    properties.author = software
    properties.comments = ""
    properties.created = properties.modified = made_at.replace(tzinfo=None)
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(size)
    document.add_heading(title, 0)
    return document


def lay_across(document: Docx) -> None:
    """Turns the page, for the sake of wide tables."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin = section.bottom_margin = Cm(1.8)


def write_stamp(document: Docx, stamp: Iterable[tuple[str, str]]) -> None:
    """Where the file comes from: a line for each fact."""
    for name, text in stamp:
        line = document.add_paragraph()
        line.paragraph_format.space_after = Pt(1)
        line.add_run(f"{name}: ").bold = True
        line.add_run(text)


def page_number(paragraph: Paragraph, title: str) -> None:
    """For Word: the title and the number of the page."""
    paragraph.add_run(f"{title} · ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
