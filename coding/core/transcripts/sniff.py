"""What a file is, by its first bytes: a container that is read, or something that is refused."""

import re
from collections.abc import Callable

from coding.core.transcripts.archive import Parts
from coding.core.transcripts.model import Limits, TranscriptProblem

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\xfe\xed\xfa", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x00asm", "a program"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"ID3", "a sound recording (MP3)"),
    (b"\xff\xfb", "a sound recording (MP3)"),
    (b"OggS", "a recording (Ogg)"),
    (b"fLaC", "a sound recording (FLAC)"),
    (b"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"BZh", "a packed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a packed file (xz)"),
    (b"7z\xbc\xaf\x27\x1c", "a packed file (7-Zip)"),
    (b"Rar!\x1a\x07", "a packed file (RAR)"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
)
_ADVICE = "it is not a transcript"
_HTML = re.compile(rb"\s*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE)


def container(data: bytes, name: str, limits: Limits) -> str:
    """ "docx", "odt", "rtf", "pdf" or "text"; raises TranscriptProblem for anything else."""
    if not data:
        raise TranscriptProblem("empty", f"{name} is empty (0 bytes).")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(data, name, limits)
    if data.startswith(_OLE):
        raise _ole(data, name)
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"{\\rtf":
        return "rtf"
    kind = _refused(data)
    if kind:
        raise TranscriptProblem("not_a_transcript", f"{name} is {kind}; {_ADVICE}.")
    return "text"


def _refused(data: bytes) -> str:
    for magic, kind in _MAGIC:
        # Two letters begin words too: "MZ" is a program where binary bytes follow.
        if data.startswith(magic) and (len(magic) > 3 or _is_binary(data[:512])):
            return kind
    if data[4:8] == b"ftyp":
        return "a video or sound recording (MP4)"
    if data.startswith(b"RIFF") and data[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        return {b"WAVE": "a sound recording (WAV)", b"WEBP": "a picture (WebP)"}.get(
            data[8:12], "a video (AVI)"
        )
    if data.startswith(b"BM") and _is_binary(data[:64]):
        return "a picture (BMP)"
    if data[257:262] == b"ustar":
        return "a packed file (tar)"
    if _HTML.match(data[:1024].removeprefix(b"\xef\xbb\xbf")):
        return "a web page (HTML); open it and save it as text or Word"
    return ""


def _is_binary(head: bytes) -> bool:
    return any(byte < 9 or 13 < byte < 32 for byte in head)


def _packed(data: bytes, name: str, limits: Limits) -> str:
    parts = Parts(data, name, limits)
    names = parts.names()
    if "mimetype" in parts:
        kind = parts.read("mimetype")[:200].strip()
        if kind.startswith(b"application/vnd.oasis.opendocument.text"):
            return "odt"
        if kind.startswith(b"application/vnd.oasis.opendocument"):
            raise TranscriptProblem(
                "not_a_transcript", f"{name} is an OpenDocument file, but no text (ODT)."
            )
    if "word/document.xml" in parts or _is_word(parts):
        return "docx"
    starts: tuple[tuple[Callable[[str], bool], str], ...] = (
        (lambda part: part.startswith("xl/"), "an Excel workbook"),
        (lambda part: part.startswith("ppt/"), "a PowerPoint presentation"),
        (lambda part: part.endswith(".qde"), "a project of another program (REFI-QDA)"),
    )
    for test, kind_of in starts:
        if any(map(test, names)):
            raise TranscriptProblem("not_a_transcript", f"{name} is {kind_of}; {_ADVICE}.")
    raise TranscriptProblem(
        "not_a_transcript",
        f"{name} is a packed file (ZIP) and no document; unpack it and choose the files in it.",
    )


def _is_word(parts: Parts) -> bool:
    types = "[Content_Types].xml"
    return types in parts and b"wordprocessingml.document.main" in parts.read(types)


def _ole(data: bytes, name: str) -> TranscriptProblem:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return TranscriptProblem(
            "encrypted", f"{name} is protected by a password; save it without one."
        )
    if "WordDocument".encode("utf-16-le") in data:
        return TranscriptProblem(
            "old_word", f"{name} is in the old Word format (.doc); save it as .docx."
        )
    return TranscriptProblem(
        "not_a_transcript", f"{name} is an old Office file or a message; {_ADVICE}."
    )
