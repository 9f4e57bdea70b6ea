"""PDF with a text layer: lines of pages back to running text, as PDFium gives them in order.

A PDF knows no paragraphs. What is undone here is what printing did: lines wrapped at the margin,
words divided at their ends, numbers in the margin, headers and footers on every page.
"""

import re
from collections import Counter
from collections.abc import Sequence

import pypdfium2

from coding.core.transcripts.document import Document, Line
from coding.core.transcripts.labels import is_name
from coding.core.transcripts.model import Limits, TranscriptProblem, count, shown
from coding.core.transcripts.stamped import OTTER, REV, ZOOM_CAPTION

# PDFium's mark for a hyphen at the end of a line.
_DIVIDED = "\ufffe"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\uffff\ud800-\udfff]")
_NUMBERED = re.compile(r"\s*(\d{1,5})(?:\s+(.*))?$")
_PAGE = re.compile(r"\W*(?:page|seite|p\.|s\.)\s*\d+(?:\s*(?:of|von|/)\s*\d+)?\W*", re.IGNORECASE)
_LABEL = re.compile(r"\s*([^\s:][^:\n]{0,63}?)\s*:(?=\s|$)")
_FIRST_WORD = re.compile(r"\w+")
_HYPHENED = re.compile(r"\w+-\w+")
_WORD_END = re.compile(r"(\w+)[-\u2010]$")
# How many lines at the top and bottom of a page may be header and footer.
_EDGE = 2
# Words that keep the hyphen they are divided at: "well-known".
_COMPOUNDS = frozenset({"well", "self", "non"})
# A line is full when the next word would not have fitted into this share of the widest.
_FULL = 0.85
# Where all lines are shorter than this, nothing was wrapped.
_NARROW = 40


def read_pdf(data: bytes, name: str, limits: Limits) -> Document:
    """The text of all pages as paragraphs; what was left out is counted in the notes."""
    pages, broken = _pages(data, name, limits)
    document = Document("pdf", [])
    bare = [number for number, lines in enumerate(pages, 1) if not lines]
    if len(bare) == len(pages):
        raise TranscriptProblem(
            "no_text",
            f"{name} is a PDF without text: its {count(len(pages), 'page')} may be scanned "
            "pictures; run text recognition (OCR) on it first.",
        )
    if bare:
        listed = ", ".join(map(str, bare[:10])) + ("…" if len(bare) > 10 else "")
        document.notes.append(
            f"{count(len(bare), 'page')} without text, perhaps scanned: page {listed}."
        )
    if broken:
        document.notes.append(f"{count(broken, 'character')} that cannot be stored left out.")
    edges = _edges(pages)
    if edges:
        dropped = ", ".join(shown(line) for line in list(dict.fromkeys(edges))[:4])
        document.notes.append(
            f"{count(len(edges), 'line')} of page headers and footers left out: {dropped}."
        )
    lines = [line for page in pages for line in page]
    numbers = _margin_numbers(lines)
    if numbers:
        document.notes.append(f"{count(numbers, 'line number')} in the margin left out.")
    document.items.extend(Line(text) for text in _paragraphs(lines, document.notes))
    return document


def _pages(data: bytes, name: str, limits: Limits) -> tuple[list[list[str]], int]:
    try:
        file = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise TranscriptProblem(
                "encrypted", f"{name} is protected by a password; save it without one."
            ) from None
        raise TranscriptProblem("pdf", f"{name} is a PDF that is cut off or damaged.") from None
    pages: list[list[str]] = []
    broken = size = 0
    try:
        if len(file) > limits.pages:
            raise TranscriptProblem(
                "too_large",
                f"{name} has {len(file):,} pages, and at most {limits.pages:,} are read.",
            )
        for number in range(len(file)):
            text = _page_text(file, number, name)
            text, found = _CONTROL.subn("", text)
            broken += found
            size += len(text)
            if size > limits.text_chars:
                raise TranscriptProblem(
                    "too_large",
                    f"{name} is too large: more than {limits.text_chars:,} characters of text "
                    f"on the first {count(number + 1, 'page')}.",
                )
            pages.append([line.rstrip() for line in text.split("\n") if line.strip()])
    finally:
        file.close()
    return pages, broken


def _page_text(file: pypdfium2.PdfDocument, number: int, name: str) -> str:
    try:
        page = file[number]
        text_page = page.get_textpage()
        text: str = text_page.get_text_range()
        text_page.close()
        page.close()
    except pypdfium2.PdfiumError:
        place = f"page {number + 1:,}"
        raise TranscriptProblem("pdf", f"{name} is damaged in {place}.", place=place) from None
    return text.replace(_DIVIDED, "-\n").replace("\r\n", "\n").replace("\r", "\n")


def _edges(pages: list[list[str]]) -> list[str]:
    """Take the lines repeated at the top and bottom of ``pages`` out of them; returns them."""
    seen: Counter[tuple[str, str]] = Counter()
    for page in pages:
        top = {("top", _shape(line)) for line in page[:_EDGE]}
        seen.update(top | {("bottom", _shape(line)) for line in page[-_EDGE:]})
    filled = sum(1 for page in pages if page)
    dropped: list[str] = []
    for page in pages:
        for where, at in (("top", 0), ("bottom", -1)):
            # From the edge inwards: a line behind the first one that stays is no header.
            for _ in range(_EDGE):
                if len(page) < 2 or not _is_edge(page[at], seen[where, _shape(page[at])], filled):
                    break
                dropped.append(page.pop(at))
    return dropped


def _is_edge(line: str, times: int, pages: int) -> bool:
    if _PAGE.fullmatch(line.strip()):
        return True
    if times < max(2, 0.6 * pages):
        return False
    # On few pages two people may say the same at the same place.
    label = _LABEL.match(line)
    return pages > 3 or label is None or not is_name(label[1])


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line.strip())


def _margin_numbers(lines: list[str]) -> int:
    """Take numbers counting the lines off ``lines``; returns how many there were."""
    found = [
        (at, int(match[1])) for at, line in enumerate(lines) if (match := _NUMBERED.match(line))
    ]
    for step, share in ((1, 0.6), (5, 0.1), (10, 0.05)):
        run: list[int] = []
        last = 0
        for at, number in found:
            # Numbering may begin anew on each page.
            if (
                number == last + step
                or (number == step and last > step)
                or (not run and number % step == 0)
            ):
                run.append(at)
                last = number
        if len(run) >= 5 and len(run) >= share * len(lines) and len(run) >= 0.8 * len(found):
            for at in run:
                match = _NUMBERED.match(lines[at])
                lines[at] = (match[2] or "") if match else lines[at]
            lines[:] = [line for line in lines if line.strip()]
            return len(run)
    return 0


def _paragraphs(lines: Sequence[str], notes: list[str]) -> list[str]:
    """Lines put together where the margin broke them."""
    lengths = sorted(len(line) for line in lines)
    width = max(_NARROW, lengths[int(len(lengths) * 0.9)] if lengths else 0)
    hyphened = {word.lower() for line in lines for word in _HYPHENED.findall(line)}
    paragraphs: list[list[str]] = []
    divided = wrapped = 0
    last = ""
    for line in lines:
        if paragraphs and _goes_on(last, line, width):
            word = _WORD_END.search(last)
            if word and line[0].islower():
                rest = _FIRST_WORD.match(line)
                kept = word[1].lower() in _COMPOUNDS or (
                    rest is not None and f"{word[1]}-{rest[0]}".lower() in hyphened
                )
                if not kept:
                    paragraphs[-1][-1] = paragraphs[-1][-1][:-1]
                paragraphs[-1].append(line)
                divided += not kept
            else:
                paragraphs[-1].append(" " + line.lstrip())
            wrapped += 1
        else:
            paragraphs.append([line])
        last = line
    if wrapped:
        notes.append(f"{count(wrapped, 'line end')} of the page became spaces.")
    if divided:
        notes.append(f"{count(divided, 'word')} divided at a line end put together.")
    return ["".join(parts) for parts in paragraphs]


def _goes_on(line: str, following: str, width: int) -> bool:
    """Whether ``following`` continues ``line``: no speaker begins, and the line was full."""
    label = _LABEL.match(following)
    if label and (len(label[1].split()) <= 4 and not label[1][0].islower()):
        return False
    if any(pattern.match(following) for pattern in (OTTER, REV, ZOOM_CAPTION)):
        return False
    if following[0].islower() and _WORD_END.search(line):
        return True
    first = following.split(maxsplit=1)[0]
    return len(line) + 1 + len(first) > _FULL * width and not OTTER.match(line)
