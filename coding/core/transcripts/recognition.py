"""Which layout a text has: every layout is asked how much of the text it explains."""

import re
from collections.abc import Callable, Sequence

from coding.core.transcripts import chat, stamped, timecodes
from coding.core.transcripts.document import Document, Line, Table
from coding.core.transcripts.machine import json_kind, parse_json, table_kind
from coding.core.transcripts.model import FORMATS, Guess, TranscriptProblem, count
from coding.core.transcripts.tables import transcript_columns

# Enough lines to see a layout; a long file is not read twice.
_LINES = 3_000
_ARROW = re.compile(r"\s*[\d:.,]+\s*-->\s*[\d:.,]+")
_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]])')
_XML = re.compile(rb"\s*<(?:\?xml|[A-Za-z_])")
_MEET_TIME = re.compile(r"\s*\d{1,2}:\d{2}:\d{2}\s*$")


def is_xml(data: bytes) -> bool:
    """Whether ``data`` is XML, in UTF-8 or UTF-16."""
    head = data[:400].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    return bool(_XML.match(head)) and (b"<?xml" in head or b"<ANNOTATION_DOCUMENT" in head)


def guesses(document: Document, name: str) -> list[Guess]:
    """The layouts that ``document`` may have, best first; the last one is its bare container."""
    lines = document.lines()[:_LINES]
    found = [
        guess
        for test in (_captions, _json, _table, _chat, _tables, _meet, _marks)
        for guess in test(document, lines, name)
    ]
    found.append(Guess(document.container, 0.2, "No other layout was seen in it."))
    extension = "." + name.rpartition(".")[2].lower()
    found.sort(key=lambda guess: (-guess.score, extension not in FORMATS[guess.format].extensions))
    # A layout with two kinds of marks is one guess.
    return list({guess.format: guess for guess in reversed(found)}.values())[::-1]


def _captions(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    arrows = [line.text for line in lines if "-->" in line.text and _ARROW.match(line.text)]
    head = next((line.text for line in lines if line.text.strip()), "")
    if re.match(r"WEBVTT(?:\s|$)", head):
        return [Guess("vtt", 0.99, "It begins with WEBVTT.")]
    if not arrows:
        return []
    if document.container != "text":
        return [Guess("teams_docx", 0.95, f"It has {count(len(arrows), 'time range')}.")]
    commas = sum("," in arrow for arrow in arrows)
    numbered = head.strip().isdigit()
    key = "srt" if commas * 2 > len(arrows) or numbered else "vtt"
    why = f"It has {count(len(arrows), 'time range')} like {arrows[0].strip()[:32]}."
    return [Guess(key, 0.95, why)]


def _json(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    if document.container != "text" or not lines:
        return []
    text = document.text()
    if not _JSON.match(text):
        return []
    value = parse_json(text, name)
    kind = json_kind(value)
    if not kind:
        raise TranscriptProblem(
            "json_kind",
            f"{name} is JSON, but not a transcript of Whisper, WhisperX, whisper.cpp or Rev.ai.",
        )
    return [Guess(kind, 0.98, f"It is JSON with the parts of {FORMATS[kind].label}.")]


def _table(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    kind = table_kind([line.text for line in lines])
    return [Guess(kind, 0.95, "Its lines are start, end and text, apart by tabs.")] if kind else []


def _chat(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    head = {line.text.strip() for line in lines[:10]}
    mains = sum(bool(chat.MAIN_LINE.match(line.text)) for line in lines)
    if {"@UTF8", "@Begin"} & head and mains:
        return [Guess("chat", 0.98, f"It has {count(mains, 'line')} like *ABC: and @-headers.")]
    marked = sum(
        1 for line in lines if chat.MAIN_LINE.match(line.text) and line.text.find("\t") > 0
    )
    if marked > 1 or (mains and any(chat.BULLET in line.text for line in lines)):
        return [Guess("chat", 0.9, f"It has {count(mains, 'line')} like *ABC:.")]
    return []


def _tables(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    rows = 0
    for item in document.items:
        if isinstance(item, Table) and transcript_columns(item):
            rows += len(item.rows)
    if not rows:
        return []
    return [Guess("nvivo", 0.9, f"It has a table of {count(rows, 'row')} with words and speakers.")]


def _meet(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    texts = [line.text.strip() for line in lines]
    marks = 0
    marks += "Attendees" in texts[:60]
    marks += "Transcript" in texts[:60]
    marks += any(re.match(r".*\s[-–]\s*Transcript$", text) for text in texts[:5])
    marks += any(text.startswith("This editable transcript was computer") for text in texts)
    marks += any(re.match(r"(?:Transcription|Meeting) ended after ", text) for text in texts)
    marks += any(_MEET_TIME.match(text) for text in texts)
    if marks < 2 or not any(re.match(r"[^\s:][^:]{0,78}:\s", text) for text in texts):
        return []
    return [Guess("google_meet", min(0.97, 0.5 + 0.15 * marks), "It has the headings of Meet.")]


def _marks(document: Document, lines: Sequence[Line], name: str) -> list[Guess]:
    texts = [line.text for line in lines if line.text.strip()]
    found = []
    for key, pattern, minimum, why in _LINE_MARKS:
        hits = sum(1 for text in texts if pattern(text))
        if hits >= minimum:
            share = hits / len(texts)
            found.append(
                Guess(key, min(0.96, 0.6 + share / 2), f"It has {count(hits, 'line')} {why}.")
            )
    if document.container != "text":
        events = sum(1 for text in texts if re.search(r"\b(?:started|stopped) transcription", text))
        wide = sum(1 for text in texts if re.search(r"\S {3,}\d{1,2}:\d{2}(?::\d{2})?\s*$", text))
        if events or wide > 1:
            hits = sum(1 for text in texts if stamped.OTTER.match(text))
            if hits:
                found.append(
                    Guess("teams_docx", 0.97, f"It has {count(hits, 'line')} of name and time.")
                )
    return found


def _search(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.search(text) is not None


def _match(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.match(text) is not None


# (format, test of a line, how many lines at least, why)
_LINE_MARKS: tuple[tuple[str, Callable[[str], bool], int, str], ...] = (
    ("f4", _search(timecodes.F4), 1, "with a time like #00:00:12-3#"),
    ("transana", _search(timecodes.TRANSANA), 1, "with a time like ¤<9120>"),
    ("inqscribe", _search(timecodes.INQSCRIBE), 1, "with a time like [00:00:02.13]"),
    ("zoom_chat", _match(stamped.ZOOM_CHAT), 1, "of a chat: time, sender, receiver"),
    ("zoom_captions", _match(stamped.ZOOM_CAPTION), 1, "like [Name] 09:00:02"),
    ("otter", _match(stamped.OTTER), 1, "of a name, spaces and a time"),
    ("otter", stamped.otter_header, 2, "of a name and a time"),
    ("rev", _match(stamped.REV), 1, "like Name (00:02):"),
)
