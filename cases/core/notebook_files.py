"""A notebook to read: as a Word file and as Markdown. What members typed arrives as blocks, so that
nothing in it can be more than text in the file."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from docx.document import Document
from docx.shared import Cm
from docx.text.paragraph import Paragraph

from cases.core.readable import escaped, one_line, page_number, word_document, write_stamp
from coding.core.markdown import Block, Run

UNQUOTED = "not to be quoted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One memo. ``quote`` are the words of its passage; "" where there are none to be shown."""

    guid: str
    title: str
    kind: str
    about_kind: str
    about: str
    address: str
    author: str
    written: str
    changed: str
    text: str
    blocks: Sequence[Block]
    links: Sequence[tuple[str, str]]
    mentions: Sequence[str]
    quote: str = ""
    speaker: str = ""
    unquoted: bool = False

    @property
    def heading(self) -> str:
        return self.title or f"{self.about_kind.capitalize()}: {self.about}"

    @property
    def facts(self) -> str:
        changed = f" (changed {self.changed})" if self.changed else ""
        said = [f"{self.about_kind.capitalize()}: {self.about}"] if self.title else []
        return " · ".join(filter(None, [*said, self.kind, self.author, f"{self.written}{changed}"]))


@dataclass(frozen=True, slots=True)
class Book:
    title: str
    entries: Sequence[Entry]
    stamp: Sequence[tuple[str, str]]
    made_at: datetime
    software: str


# --- Word ----------------------------------------------------------------------------------------


def docx_file(book: Book) -> bytes:
    """A4: title, stamp, one heading for each memo."""
    document = word_document(book.title, software=book.software, made_at=book.made_at, size=10.5)
    write_stamp(document, book.stamp)
    for entry in book.entries:
        document.add_heading(one_line(entry.heading), 1)
        document.add_paragraph().add_run(entry.facts).italic = True
        if entry.quote:
            quote = document.add_paragraph(style="Quote")
            quote.add_run(
                f"{entry.speaker}: “{entry.quote}”" if entry.speaker else f"“{entry.quote}”"
            )
        elif entry.unquoted:
            document.add_paragraph(style="Quote").add_run(f"({UNQUOTED})")
        for block in entry.blocks:
            _paragraph(document, block)
        if entry.links:
            links = document.add_paragraph()
            links.add_run("Points to: ").bold = True
            links.add_run("; ".join(f"{kind}: {name}" for kind, name in entry.links))
    page_number(document.sections[0].footer.paragraphs[0], book.title)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _paragraph(document: Document, block: Block) -> None:
    if block.kind == "rule":
        document.add_paragraph("* * *")
        return
    if block.kind == "heading":
        document.add_heading(one_line(block.text), min(block.level + 1, 9))
        return
    line: Paragraph = document.add_paragraph()
    indent = 0.8 * block.quoted + 0.6 * (block.level if block.kind != "heading" else 0)
    line.paragraph_format.left_indent = Cm(min(indent, 8))
    if block.marker:
        line.paragraph_format.first_line_indent = Cm(-0.5)
        line.add_run(f"{block.marker} ")
    for run in block.runs:
        words = line.add_run(run.text)
        words.bold, words.italic = run.bold or None, run.italic or None
        words.font.strike = run.struck or None
        if run.code:
            words.font.name = "Consolas"
        # Where a link leads is seen, also on paper.
        if run.href and run.href not in (run.text, f"mailto:{run.text}"):
            line.add_run(f" ({run.href})")


# --- Markdown ------------------------------------------------------------------------------------


def markdown_file(book: Book) -> bytes:
    parts = [f"# {escaped(one_line(book.title))}"]
    parts.append("\n".join(f"- **{escaped(name)}:** {escaped(t)}" for name, t in book.stamp))
    for entry in book.entries:
        parts.append(f"## {escaped(one_line(entry.heading))}")
        parts.append(f"*{escaped(one_line(entry.facts))}*")
        if entry.quote:
            who = f"{escaped(entry.speaker)}: " if entry.speaker else ""
            parts.append(f"> {who}“{escaped(one_line(entry.quote))}”")
        elif entry.unquoted:
            parts.append(f"> ({UNQUOTED})")
        parts += _joined(entry.blocks)
        if entry.links:
            parts.append(
                "Points to: "
                + "; ".join(f"{escaped(kind)}: {escaped(one_line(n))}" for kind, n in entry.links)
            )
    return ("\n\n".join(parts) + "\n").encode("utf-8")


def _joined(blocks: Sequence[Block]) -> list[str]:
    """Blocks as Markdown; the items of a list and the rows of a table follow each other."""
    parts: list[str] = []
    last = ""
    for block in blocks:
        text = _block(block)
        if block.kind in ("item", "row") and last == block.kind:
            parts[-1] += "\n" + text
        else:
            parts.append(text)
        last = block.kind
    return parts


def _block(block: Block) -> str:
    if block.kind == "rule":
        text = "---"
    elif block.kind == "code":
        text = "\n".join(f"    {line}" for line in block.text.split("\n"))
    else:
        text = "".join(map(_run, block.runs)).strip()
        if block.kind == "heading":
            text = "#" * min(block.level + 2, 6) + " " + one_line(text)
        elif block.kind == "item":
            marker = "-" if block.marker == "•" else block.marker
            inset = "    " * (block.level - 1)
            text = inset + (f"{marker} {text}" if marker else f"    {text}")
            text = text.replace("\n", f"\n{inset}    ")
    return "\n".join("> " * block.quoted + line for line in text.split("\n"))


def _run(run: Run) -> str:
    if run.code:
        fence = "``" if "`" in run.text else "`"
        room = " " if "`" in run.text else ""
        words = f"{fence}{room}{one_line(run.text)}{room}{fence}"
    else:
        words = escaped(run.text)
    inner = words.strip(" ")
    if inner:
        for there, mark in ((run.bold, "**"), (run.italic, "*"), (run.struck, "~~")):
            if there:
                words = words.replace(inner, f"{mark}{inner}{mark}", 1)
                inner = f"{mark}{inner}{mark}"
    if run.href and not any(char in run.href for char in "<> "):
        return f"[{words}](<{run.href}>)"
    return words
