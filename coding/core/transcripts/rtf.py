"""Rich text (RTF 1.9): paragraphs, tables and bold type, in the code pages of its fonts.

The words of the format are striprtf's: what is not text, which code page a character set has, what
the signs are. Its ``rtf_to_text`` is not used, because it changes what people said: a font without
a character set takes that of the next one ("Caf\\'e9" becomes "Cafй"), tracked deletions come back
as words, addresses of links are added, and cells and bold type, which tell who speaks, are gone.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field, replace

from striprtf.striprtf import charset_map, destinations, specialchars

from coding.core.transcripts.document import Document, Line, Table
from coding.core.transcripts.model import Limits, TranscriptProblem, count

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+",
    re.DOTALL,
)
# What is not the text of the document; a \* in front marks the ones a reader may not know. Numbers
# of lists are text, and so are the letters in Unicode that stand beside those of a code page.
_SKIPPED = frozenset(word.encode() for word in destinations) - {
    *(b"pntext", b"upr", b"ud", b"shp", b"shpgrp", b"shppict", b"shprslt", b"shptxt", b"result")
} | {b"nonshppict"}
_COUNTED = {
    b"footnote": "note",
    b"annotation": "comment",
    b"pict": "picture",
    b"object": "picture",
    b"shpinst": "picture",
    **dict.fromkeys((b"header", b"headerl", b"headerr", b"headerf"), "edge"),
    **dict.fromkeys((b"footer", b"footerl", b"footerr", b"footerf"), "edge"),
}
_SYMBOLS = {
    word.encode(): sign
    for word, sign in specialchars.items()
    if word.isalpha() and word not in ("par", "line", "sect", "page", "row", "cell", "nestcell")
}
_BREAKS = frozenset({b"par", b"line", b"sect", b"page", b"column"})
_MAX_DEPTH = 500


@dataclass(slots=True)
class _State:
    """What a group inherits from the one around it."""

    skip: bool = False
    fonts: bool = False
    bold: bool = False
    deleted: bool = False
    table: bool = False
    uc: int = 1
    font: int = 0


@dataclass(slots=True)
class _Reader:
    name: str
    codepage: str = "cp1252"
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    charsets: dict[int, str] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    items: list[Line | Table] = field(default_factory=list)
    runs: list[tuple[str, bool]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    drop: int = 0
    star: bool = False
    bad: int = 0

    def read(self, data: bytes) -> None:
        at, size = 0, len(data)
        while at < size:
            match = _TOKEN.match(data, at)
            if match is None:
                at += 1
                continue
            at = match.end()
            hexadecimal, word, number, sign, brace, plain = match.groups()
            if plain is not None or hexadecimal is not None:
                self._bytes(bytes.fromhex(hexadecimal.decode()) if hexadecimal else plain)
                continue
            self._flush_bytes()
            if brace == b"{":
                self._push()
            elif brace == b"}":
                self._pop()
            elif word is not None:
                if word == b"bin":
                    at += max(0, int(number or 0))
                else:
                    self._word(word, int(number) if number else None)
            elif sign is not None:
                self._sign(sign)
        self._flush_bytes()
        self._end_line()

    def _push(self) -> None:
        if len(self.stack) >= _MAX_DEPTH:
            raise TranscriptProblem("rtf_depth", f"{self.name} has groups nested too deeply.")
        self.stack.append(self.state)
        self.state = replace(self.state)
        self.drop = 0

    def _pop(self) -> None:
        if self.stack:
            table = self.state.table
            self.state = self.stack.pop()
            self.state.table = table
        self.drop = 0

    def _bytes(self, data: bytes) -> None:
        if self.drop:
            dropped = min(self.drop, len(data))
            self.drop -= dropped
            data = data[dropped:]
        if not self.state.skip:
            self.pending += data

    def _flush_bytes(self) -> None:
        if self.pending:
            codec = self.charsets.get(self.state.font, self.codepage)
            text = self.pending.decode(codec, "replace")
            self.bad += text.count("\ufffd")
            self.pending.clear()
            self._text(text)

    def _text(self, text: str) -> None:
        if self.state.skip:
            return
        if self.state.deleted:
            self.left["deleted"] += 1
            return
        self.runs.append((text, self.state.bold))

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self.star = True
        elif sign in b"\\{}":
            self._text(sign.decode())
        elif sign == b"~":
            self._text("\u00a0")
        elif sign == b"_":
            self._text("\u2011")
        elif sign in b"\r\n":
            self._end_line()

    def _word(self, word: bytes, number: int | None) -> None:
        state = self.state
        star, self.star = self.star, False
        if word in _SKIPPED or (star and word not in (b"shppict", b"cs", b"ud")):
            if word in _COUNTED and not state.skip:
                self.left[_COUNTED[word]] += 1
            state.skip = True
            state.fonts = word == b"fonttbl"
        elif word == b"f":
            state.font = number or 0
        elif word == b"fcharset" and state.fonts:
            self.charsets[state.font] = self._charset(number or 0)
        elif word == b"ansicpg":
            self.codepage = _codec(number)
        elif word == b"uc":
            state.uc = number if number is not None else 1
        elif word == b"u":
            # Counted as 16 bits with a sign; halves of a pair are put together at the line's end.
            self._text(chr((number or 0) & 0xFFFF))
            self.drop = state.uc
        elif state.skip:
            return
        elif word == b"b":
            state.bold = number != 0
        elif word == b"plain":
            state.bold = False
        elif word == b"deleted":
            state.deleted = number != 0
        elif word == b"pard":
            state.table = False
        elif word == b"intbl":
            state.table = True
        elif word in _SYMBOLS:
            self._text(_SYMBOLS[word])
        elif word in _BREAKS:
            if state.table:
                self._text("\n")
            else:
                self._end_line()
        elif word in (b"cell", b"nestcell"):
            self.cells.append(_joined(self.runs).strip())
            self.runs.clear()
        elif word in (b"row", b"nestrow"):
            self._end_row()

    def _charset(self, number: int) -> str:
        """The code page of a font; those of the file for the usual set and an unknown one."""
        codec = charset_map.get(number, "") if number > 1 else ""
        return codec if codec and _known(codec) else self.codepage

    def _end_line(self) -> None:
        runs = self.runs
        if self.state.skip:
            return
        text, width, leading = "", 0, True
        for part, on in runs:
            leading = leading and (on or not part.strip())
            text += part
            if leading:
                width = len(text)
        runs.clear()
        at = 0
        for line in _joined([(text, False)]).split("\n"):
            self.items.append(Line(line, max(0, min(len(line), width - at))))
            at += len(line) + 1

    def _end_row(self) -> None:
        if self.runs:
            self.cells.append(_joined(self.runs).strip())
            self.runs.clear()
        if not self.items or not isinstance(self.items[-1], Table):
            self.items.append(Table([]))
        last = self.items[-1]
        if isinstance(last, Table):
            last.rows.append(self.cells)
        self.cells = []


def read_rtf(data: bytes, name: str, limits: Limits) -> Document:
    """The paragraphs and tables of the text; what stands elsewhere is counted in the notes."""
    reader = _Reader(name)
    reader.read(data)
    document = Document("rtf", reader.items)
    left = reader.left
    for key, one, many in (
        ("note", "footnote", "footnotes"),
        ("comment", "comment", "comments"),
        ("picture", "picture or object", "pictures or objects"),
        ("edge", "page header or footer", "page headers or footers"),
    ):
        if left[key]:
            document.notes.append(f"{count(left[key], one, many)} left out.")
    if left["deleted"]:
        document.notes.append("Tracked deletions were taken as accepted and left out.")
    if reader.bad:
        document.notes.append(
            f"{count(reader.bad, 'letter')} could not be read in the code page of the file."
        )
    if reader.stack:
        document.notes.append("The file ends in the middle of a group; it may be cut off.")
    if not document.text().strip():
        raise TranscriptProblem("no_text", f"{name} is rich text (RTF) without text.")
    return document


def _joined(runs: list[tuple[str, bool]]) -> str:
    """The texts of ``runs``, halves of a surrogate pair made one character."""
    text = "".join(part for part, _ in runs)
    if not re.search("[\ud800-\udfff]", text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _known(codec: str) -> bool:
    try:
        return bool(codecs.lookup(codec))
    except LookupError:
        return False


def _codec(number: int | None) -> str:
    codec = "utf-8" if number == 65001 else f"cp{number}"
    return codec if _known(codec) else "cp1252"
