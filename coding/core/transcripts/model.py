"""What reading a transcript takes and gives: the words shared by all readers of this package."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Self

MAX_LABEL_PATTERN = 300


class TranscriptProblem(ValueError):  # noqa: N818
    """A file that cannot be read as a transcript. ``str()`` is one sentence naming the file.

    ``line`` counts from 1 and is None where the place is no line. ``place`` says where in words
    ("line 12", "page 3", "segment 7"); it is "" where the whole file is meant.
    """

    def __init__(self, code: str, message: str, line: int | None = None, place: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.place = place or ("" if line is None else f"line {line:,}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read. Sizes in bytes, ``seconds`` wall clock, ``memory_mb`` MiB."""

    file_bytes: int = 50_000_000
    text_chars: int = 20_000_000
    zip_entries: int = 5_000
    zip_ratio: int = 200
    zip_bytes: int = 300_000_000
    xml_depth: int = 200
    json_depth: int = 100
    pages: int = 5_000
    turns: int = 200_000
    seconds: float = 60
    memory_mb: int = 1024

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        return cls(**_known(cls, values))


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports can decide. Every default means "as the file says".

    ``format``: a key of ``FORMATS``, None to recognise it. ``label_pattern``: how a speaker is
    marked at the start of a line; "" for the usual ways, a description made of the words NAME and
    TIME ("NAME:", "[NAME]", "NAME (TIME)"), or a regular expression with a group ``speaker``.
    ``merge`` joins neighbouring utterances of one speaker. ``frame_rate`` is for time codes that
    count frames. ``keep_dependent`` keeps the lines below an utterance (CHAT, ELAN).
    """

    format: str | None = None
    label_pattern: str = ""
    merge: bool = True
    keep_times: bool = True
    frame_rate: float = 25
    keep_dependent: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        return cls(**_known(cls, values))


@dataclass(slots=True)
class Utterance:
    """What one speaker said; "" when nobody is named. ``start`` and ``end`` in milliseconds."""

    speaker: str
    text: str
    start: int | None = None
    end: int | None = None


@dataclass(slots=True)
class Transcript:
    """A transcript as read. ``notes`` are sentences: what was changed, left out or guessed."""

    format: str
    utterances: tuple[Utterance, ...]
    notes: tuple[str, ...] = ()
    encoding: str = ""
    title: str = ""
    recorded: date | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "utterances": [(u.speaker, u.text, u.start, u.end) for u in self.utterances],
            "notes": list(self.notes),
            "encoding": self.encoding,
            "title": self.title,
            "recorded": self.recorded.isoformat() if self.recorded else None,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        recorded = values["recorded"]
        return cls(
            format=values["format"],
            utterances=tuple(Utterance(*row) for row in values["utterances"]),
            notes=tuple(values["notes"]),
            encoding=values["encoding"],
            title=values["title"],
            recorded=date.fromisoformat(recorded) if recorded else None,
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """A format the file may have; ``score`` from 0 to 1, ``why`` a sentence for people."""

    format: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class FormatInfo:
    """A format as offered for choosing. ``extensions`` are the usual ones, with the dot."""

    key: str
    label: str
    extensions: tuple[str, ...]
    has_times: bool


FORMATS: Mapping[str, FormatInfo] = {
    info.key: info
    for info in (
        FormatInfo("text", "Plain text, typed by hand", (".txt", ".md", ".text"), True),
        FormatInfo("docx", "Word document", (".docx",), True),
        FormatInfo("odt", "OpenDocument text", (".odt",), True),
        FormatInfo("rtf", "Rich text (RTF)", (".rtf",), True),
        FormatInfo("pdf", "PDF with a text layer", (".pdf",), True),
        FormatInfo("vtt", "WebVTT captions (Zoom, Teams, Whisper)", (".vtt",), True),
        FormatInfo("srt", "SubRip captions (Otter, Whisper)", (".srt",), True),
        FormatInfo("teams_docx", "Microsoft Teams transcript in Word", (".docx",), True),
        FormatInfo("nvivo", "Table with time, content and speaker (NVivo)", (".docx",), True),
        FormatInfo("otter", "Otter text", (".txt",), True),
        FormatInfo("google_meet", "Google Meet transcript", (".txt", ".docx"), True),
        FormatInfo("rev", "Rev text", (".txt", ".docx"), True),
        FormatInfo("rev_json", "Rev.ai JSON", (".json",), True),
        FormatInfo("zoom_chat", "Zoom chat", (".txt",), True),
        FormatInfo("zoom_captions", "Zoom captions saved as text", (".txt",), True),
        FormatInfo("whisper_json", "Whisper JSON", (".json",), True),
        FormatInfo("whisperx_json", "WhisperX JSON with speakers", (".json",), True),
        FormatInfo("whisper_cpp_json", "whisper.cpp JSON", (".json",), True),
        FormatInfo("whisper_tsv", "Whisper table (TSV)", (".tsv",), True),
        FormatInfo("f4", "f4, f5 or easytranscript", (".txt", ".rtf"), True),
        FormatInfo("inqscribe", "InqScribe text", (".txt", ".inqscr"), True),
        FormatInfo("inqscribe_tab", "InqScribe table (tab-separated)", (".tab", ".txt"), True),
        FormatInfo("transana", "Transana text", (".txt", ".rtf"), True),
        FormatInfo("chat", "CHAT (CLAN, TalkBank)", (".cha",), True),
        FormatInfo("elan", "ELAN annotations", (".eaf",), True),
    )
}


@dataclass(slots=True)
class ComposedTurn:
    """A turn in the stored text. Offsets count code points, end excluded; times milliseconds.

    ``text[start:body_start]`` is the label with colon and space, ``text[body_start:end]`` what
    was said. Without a speaker ``body_start == start``.
    """

    start: int
    body_start: int
    end: int
    speaker: str
    time_start: int | None
    time_end: int | None


@dataclass(slots=True)
class Composed:
    """The text to store, the SHA-256 (hex) of its UTF-8, and its turns in order."""

    text: str
    sha256: str
    turns: tuple[ComposedTurn, ...]


@dataclass(slots=True)
class Draft:
    """What a reader of one format hands on: utterances in order, and what to tell about them.

    ``glue`` joins merged neighbours: a space where the file cuts talk into captions, a line feed
    where it has paragraphs. ``joined`` marks utterances that go on in the line of the one before.
    """

    format: str
    utterances: list[Utterance] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    glue: str = "\n"
    title: str = ""
    recorded: date | None = None


def count(number: int, one: str, many: str = "") -> str:
    """ "1 page", "2,000 pages"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shown(text: str, limit: int = 40) -> str:
    """``text`` in quotation marks on one line, cut when it is long."""
    line = re.sub(r"\s+", " ", text).strip()
    return f"“{line[: limit - 1]}…”" if len(line) > limit else f"“{line}”"


def _known(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields of ``cls``: what another version wrote is left out."""
    names = {item.name for item in fields(cls)}
    return {name: value for name, value in values.items() if name in names}
