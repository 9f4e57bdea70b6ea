"""Bytes of a text file to lines: which encoding, and which characters cannot be stored.

Unlike ``coding.core.text`` this reader does guess, because programs write UTF-16 without a mark
and Windows-1252 to this day. It guesses only where the bytes speak for themselves, and says so.
"""

import codecs
import re

from coding.core.transcripts.model import Limits, TranscriptProblem, count

_UNUSABLE = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BREAKS = re.compile("[\x0b\x0c\u2028\u2029]")
_MULTIBYTE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")
_CONTROL_NAMES = {0: "NUL", 7: "bell", 8: "backspace", 27: "escape"}
# Enough of a file to see whether every other byte is zero.
_SAMPLE = 4_096


def decode(data: bytes, name: str, limits: Limits, notes: list[str]) -> tuple[str, str]:
    """The text of ``data`` with LF line ends, and the name of its encoding.

    Adds to ``notes`` what was changed or guessed. Control characters are still in the text, see
    ``check_characters``: some formats use them.
    """
    encoding, mark = _encoding(data)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        text, encoding = _other_encoding(data, name, encoding, error)
    if encoding == "windows-1252":
        notes.append(
            "The file is not UTF-8 and was taken for Windows-1252; look at letters with accents."
        )
    elif encoding != "utf-8" and not mark:
        notes.append(
            "The file has no byte order mark and was taken for UTF-16, because every "
            "other byte is zero."
        )
    if mark:
        notes.append("The byte order mark was removed.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        notes.append("Line ends were changed to LF.")
    text, breaks = _BREAKS.subn("\n", text)
    if breaks:
        notes.append(f"{count(breaks, 'page or line break')} became line ends.")
    # An end-of-file mark of old systems.
    text = text.rstrip("\x1a")
    if len(text) > limits.text_chars:
        raise TranscriptProblem(
            "too_large",
            f"{name} is too large: {len(text):,} characters of text, and at most "
            f"{limits.text_chars:,} are read.",
        )
    if not text or text.isspace():
        raise TranscriptProblem("empty", f"{name} holds nothing but white space.")
    return text, encoding


def check_characters(text: str, name: str, place: str = "") -> None:
    """Raise TranscriptProblem when ``text`` has a character that cannot be stored.

    The line is named where no ``place`` is given.
    """
    found = _UNUSABLE.search(text)
    if found is None:
        return
    line = None if place else text.count("\n", 0, found.start()) + 1
    where = place or f"line {line:,}"
    number = ord(found.group())
    if 0xD800 <= number <= 0xDFFF:
        raise TranscriptProblem(
            "surrogate",
            f"{name} has half of a character (U+{number:04X}, a lone surrogate) in {where}, "
            "which cannot be stored; an emoji was cut in two there.",
            line,
            where,
        )
    called = f", {_CONTROL_NAMES[number]}" if number in _CONTROL_NAMES else ""
    raise TranscriptProblem(
        "control_character",
        f"{name} has a control character (U+{number:04X}{called}) in {where}, which cannot be "
        "stored; remove it and save the file again.",
        line,
        where,
    )


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return encoding, mark
    head = data[: _SAMPLE - _SAMPLE % 2]
    pairs = len(head) // 2
    if pairs >= 2:
        # Latin text in UTF-16 has a zero in every pair; other scripts still in spaces and ends.
        low, high = head[0::2].count(0), head[1::2].count(0)
        if high >= 2 and low == 0 and high >= pairs * 0.1:
            return "utf-16-le", b""
        if low >= 2 and high == 0 and low >= pairs * 0.1:
            return "utf-16-be", b""
    return "utf-8", b""


def _other_encoding(
    data: bytes, name: str, encoding: str, error: UnicodeDecodeError
) -> tuple[str, str]:
    bad = sum(1 for byte in data if byte >= 0x80)
    good = sum(len(match) for match in _MULTIBYTE.findall(data))
    # A file of sound UTF-8 letters with a few broken ones is damaged, not Windows-1252.
    if encoding == "utf-8" and good * 2 < bad and b"\x00" not in data:
        try:
            return data.decode("cp1252"), "windows-1252"
        except UnicodeDecodeError as other:
            error = other
    before = data[: error.start]
    line = before.decode(encoding, "replace").count("\n") + 1
    called = "UTF-8" if encoding == "utf-8" else "UTF-16"
    raise TranscriptProblem(
        "encoding",
        f"{name} is no sound {called} text: byte 0x{data[error.start]:02X} in line {line:,} cannot "
        "be read; save the file as UTF-8.",
        line,
    )
