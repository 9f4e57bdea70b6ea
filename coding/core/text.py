"""Bytes to the stored text, and the words of a text.

The text of a source is normalised once and then frozen: every offset in the project counts its
Unicode code points. So the only changes made here are those that no reader can see (byte order
mark, line ends). Nothing is composed, trimmed or repaired.
"""

import codecs
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 20_000_000

# A word: letters, digits and underscores, held together by single apostrophes and hyphens.
WORD = re.compile(r"\w+(?:['’\-]\w+)*")

# What XML-based formats (XLSX, REFI-QDA) and PostgreSQL cannot hold. Tab and line feed are fine.
_UNUSABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")

_CONTROL_NAMES = {0: "NUL", 7: "bell", 8: "backspace", 11: "line tabulation", 12: "form feed"}

# A named function instead of an expression per word: a long transcript has a million of them.
_SPAN: Callable[[re.Match[str]], tuple[int, int]] = re.Match.span


class TextProblem(ValueError):  # noqa: N818
    """A text that cannot be stored. ``str()`` is one sentence that names the file.

    ``line`` counts from 1 and ``byte`` from 0 (position in the file); None where neither applies.
    """

    def __init__(
        self, code: str, message: str, line: int | None = None, byte: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.byte = byte


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text as it is stored: LF line ends, no byte order mark, otherwise as written.

    ``sha256`` is the hex digest of the UTF-8 of ``text``. ``encoding`` is that of the file
    (utf-8, utf-16-le or utf-16-be). ``notes`` are sentences about what was changed.
    """

    text: str
    sha256: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode_text(data: bytes, name: str, limit: int = MAX_BYTES) -> NormalisedText:
    """The normalised text of the file ``name``; raises TextProblem when it cannot be stored.

    UTF-8 with or without byte order mark, and UTF-16 with one. ``limit`` is in bytes. Other
    encodings are refused and not guessed: a wrong guess would change words without a trace.
    """
    if len(data) > limit:
        raise TextProblem(
            "too_large",
            f"{name} is too large: {len(data):,} bytes, and at most {limit:,} are read.",
        )
    encoding, mark = _encoding(data)
    text = _decode(data[len(mark) :], encoding, name, len(mark))
    notes = []
    if mark:
        notes.append("The byte order mark was removed.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        notes.append("Line ends were changed to LF.")
    unusable = _UNUSABLE.search(text)
    if unusable:
        raise _control_problem(name, text, unusable.start(), encoding)
    if not text or text.isspace():
        what = "is empty" if not text else "holds nothing but white space"
        raise TextProblem("empty", f"{name} {what}.")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return NormalisedText(text, digest, encoding, tuple(notes))


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return encoding, mark
    return "utf-8", b""


def _decode(data: bytes, encoding: str, name: str, offset: int) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        line = _lines_before(before) + 1
        byte = error.start + offset
        label = encoding.upper() if encoding == "utf-8" else "UTF-16"
        raise TextProblem(
            "encoding",
            f"{name} is not {label}: byte 0x{data[error.start]:02X} at position {byte:,} "
            f"(line {line:,}) cannot be read; save the file as UTF-8.",
            line=line,
            byte=byte,
        ) from None


def _lines_before(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _control_problem(name: str, text: str, at: int, encoding: str) -> TextProblem:
    number = ord(text[at])
    line = text.count("\n", 0, at) + 1
    called = _CONTROL_NAMES.get(number)
    shown = f"U+{number:04X}" + (f", {called}," if called else "")
    hint = "remove it and save the file again"
    if number == 0 and encoding == "utf-8":
        hint = "this may be UTF-16 without a byte order mark or no text at all; save it as UTF-8"
    return TextProblem(
        "control_character",
        f"{name} has a control character ({shown.rstrip(',')}) in line {line:,}, "
        f"which cannot be stored; {hint}.",
        line=line,
    )


def word_spans(text: str, skip: Iterable[tuple[int, int]] = ()) -> NDArray[np.int32]:
    """The words of ``text`` as an array of shape (n, 2): start and end of each, in order.

    Words are found in the whole text; a word that shares a character with an interval of ``skip``
    (speaker labels, which are not talk) is left out. Offsets are code points, end excluded.
    """
    flat = chain.from_iterable(map(_SPAN, WORD.finditer(text)))
    spans = np.fromiter(flat, dtype=np.int32).reshape(-1, 2)
    intervals = sorted((start, end) for start, end in skip if end > start)
    if not intervals or not len(spans):
        return spans
    edges = np.array(intervals, dtype=np.int64)
    # Furthest end of the intervals that begin before the word does end: they may overlap.
    reach = np.maximum.accumulate(edges[:, 1])
    before = np.searchsorted(edges[:, 0], spans[:, 1], side="left")
    touched = (before > 0) & (reach[np.maximum(before - 1, 0)] > spans[:, 0])
    return spans[~touched]
