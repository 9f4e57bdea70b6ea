"""Layouts with time codes in the text: f4, InqScribe, Transana, and times in brackets."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from coding.core.transcripts.document import Context, Document, Line
from coding.core.transcripts.labels import find_labels
from coding.core.transcripts.model import Draft, Utterance, count
from coding.core.transcripts.times import frames, milliseconds

F4 = re.compile(r"\s?#(\d{1,2}:\d{2}:\d{2}(?:-\d{1,3})?)#")
INQSCRIBE = re.compile(r"[\[({<](\d{1,3}:\d{2}:\d{2}[.;]\d{2})[\])}>]")
TRANSANA = re.compile(r"\s?¤<(\d{1,9})>")
_CLOCK_IN_BRACKETS = r"[\[({<]\s*(\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?)\s*[\])}>]"
# At the start of a line (or behind the name there) or at its end; within a line it is text.
_OPENING = re.compile(
    rf"\s*(?:{_CLOCK_IN_BRACKETS}:?(?=\s|$)"
    # Without brackets only as h:mm:ss, or in front of a name.
    r"|(\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,3})?)(?=\s|$)"
    r"|(\d{1,3}:\d{2})(?=\s+[^\s:\d][^:\n]{0,40}:\s))"
)
_CLOSING = re.compile(rf"{_CLOCK_IN_BRACKETS}(?:\[\d+(?:\.\d+)?\])?\s*$")
_NAMED = re.compile(
    rf"(\s*[^\s:\[(]{{1,40}}(?: [^\s:\[(]{{1,40}}){{0,3}}\s*:)\s*{_CLOCK_IN_BRACKETS}"
)


@dataclass(slots=True)
class FrameClock:
    """Codes that count frames ("00:00:02.13") to milliseconds."""

    rate: float
    given: float = 0
    used: int = 0

    def look(self, text: str) -> None:
        """Raise the rate to 30 when ``text`` has a frame number that the rate does not know."""
        highest = max(
            (int(code[-2:]) for code in re.findall(r"\d:\d{2}:\d{2}[.;]\d{2}(?!\d)", text)),
            default=0,
        )
        if highest >= self.rate:
            self.given = self.rate
            self.rate = next((rate for rate in (30.0, 50.0, 60.0) if highest < rate), 100.0)

    def time(self, code: str) -> int | None:
        """Milliseconds; a code without frames, or with three digits behind, is a plain time."""
        counted = frames(code)
        if counted is None or len(code) - max(map(code.rfind, ".:;")) - 1 != 2:
            return milliseconds(code)
        self.used += 1
        return counted[0] * 1000 + round(counted[1] * 1000 / self.rate)

    def notes(self) -> list[str]:
        if not self.used:
            return []
        if self.given:
            return [
                f"The times count frames above {self.given:g}, so they were read with "
                f"{self.rate:g} frames a second."
            ]
        return [f"The times count frames and were read with {self.rate:g} frames a second."]


@dataclass(slots=True)
class _Code:
    line: int
    column: int
    time: int


@dataclass(slots=True)
class _Stripped:
    """Lines without their codes, and the codes with the column where each stood."""

    lines: list[Line] = field(default_factory=list)
    codes: list[_Code] = field(default_factory=list)


def read_f4(document: Document, context: Context) -> Draft:
    """f4 and its kin: a mark closes the turn it stands in, in tenths of a second."""
    draft = Draft("f4")
    stripped = _strip(document.lines(), F4, _f4_time)
    opening = sum(
        1 for code in stripped.codes if not stripped.lines[code.line].text[: code.column].strip()
    )
    own_line = sum(1 for code in stripped.codes if not stripped.lines[code.line].text.strip())
    _blocks(stripped, context, draft, closing=opening - own_line <= len(stripped.codes) / 2)
    return draft


def read_inqscribe(document: Document, context: Context) -> Draft:
    """InqScribe: a code opens a block of text; one without text behind it is an end."""
    draft = Draft("inqscribe")
    clock = FrameClock(context.choices.frame_rate)
    clock.look(document.text())
    stripped = _strip(document.lines(), INQSCRIBE, clock.time)
    draft.notes.extend(clock.notes())
    _blocks(stripped, context, draft)
    return draft


def read_transana(document: Document, context: Context) -> Draft:
    """Transana: a code in milliseconds opens the text behind it."""
    draft = Draft("transana")
    _blocks(_strip(document.lines(), TRANSANA, int), context, draft)
    return draft


def bracketed_times(lines: list[Line]) -> int:
    """How many lines begin or end with a time in brackets, or have one behind the name."""
    return sum(
        1
        for line in lines
        if _OPENING.match(line.text) or _CLOSING.search(line.text) or _NAMED.match(line.text)
    )


def read_bracketed(document: Document, context: Context) -> Draft:
    """Typed text with times in brackets at the start or end of lines."""
    draft = Draft(document.container)
    stripped = _Stripped()
    for number, line in enumerate(document.lines()):
        text = line.text
        columns: list[tuple[int, str]] = []
        if match := _OPENING.match(text):
            text, bold = text[match.end() :].lstrip(), max(0, line.bold - match.end())
            columns.append((0, match[1] or match[2] or match[3]))
        elif match := _NAMED.match(text):
            columns.append((0, match[2]))
            text, bold = match[1] + text[match.end() :], line.bold
        else:
            bold = line.bold
        if match := _CLOSING.search(text):
            text = text[: match.start()].rstrip()
            columns.append((len(text), match[1]))
        stripped.lines.append(Line(text, bold))
        for column, code in columns:
            time = milliseconds(code)
            if time is not None:
                stripped.codes.append(_Code(number, column, time))
    _blocks(stripped, context, draft)
    return draft


def _f4_time(code: str) -> int | None:
    return milliseconds(code.replace("-", "."))


def _strip(
    lines: list[Line], pattern: re.Pattern[str], time: Callable[[str], int | None]
) -> _Stripped:
    stripped = _Stripped()
    for number, line in enumerate(lines):
        text, at = "", 0
        for match in pattern.finditer(line.text):
            value = time(match[1])
            if value is None:
                continue
            text += line.text[at : match.start()]
            # A code between two words leaves one space.
            at = match.end()
            if (not text or text[-1].isspace()) and line.text[at : at + 1] == " ":
                at += 1
            stripped.codes.append(_Code(number, len(text), value))
        moved = len(line.text) - len(text) - len(line.text[at:])
        # Codes in front of a bold name shorten it.
        stripped.lines.append(Line(text + line.text[at:], max(0, line.bold - moved)))
    return stripped


def _spoken_line(lines: list[Line], line: int) -> int:
    """The line that a time in ``line`` belongs to: the next one where it stands alone."""
    if not lines[line].text.strip() and line + 1 < len(lines) and lines[line + 1].text.strip():
        return line + 1
    return line


def _blocks(stripped: _Stripped, context: Context, draft: Draft, closing: bool = False) -> None:
    """Cut the lines at codes and labels into utterances with times."""
    lines = stripped.lines
    timed = {_spoken_line(lines, code.line) for code in stripped.codes}
    found = find_labels(lines, context.choices.label_pattern, context.name, timed)
    if stripped.codes:
        draft.notes.append(
            f"{count(len(stripped.codes), 'time code')} read as times and left out of the text."
        )
    draft.notes.extend(found.notes)
    if closing and stripped.codes:
        draft.notes.append(
            "A time closes the turn it stands in: a turn starts where the one before it ended."
        )
    texts = [line.text for line in lines]
    # (line, column, 0 for a code or 1 for a label, what): a code in front of a label comes first.
    cuts: list[tuple[int, int, int, str, int]] = [
        (code.line, code.column, 0, "", code.time) for code in stripped.codes
    ]
    cuts += [(label.line, 0, 1, label.speaker, label.after) for label in found.labels]
    cuts.sort(key=lambda cut: cut[:3])
    pieces: list[_Piece] = [_Piece("", None, "code")]
    speaker, line, column = "", 0, 0
    for at_line, at_column, kind, who, value in cuts:
        if (at_line, at_column) >= (line, column):
            pieces[-1].text = _between(texts, line, column, at_line, at_column)
        line, column = max((line, column), (at_line, at_column))
        if kind == 1:
            speaker, column = who, max(column, value) if line == at_line else column
            pieces.append(_Piece(speaker, None, "label"))
        else:
            pieces.append(_Piece(speaker, value, "code", not texts[at_line][:at_column].strip()))
    pieces[-1].text = _between(texts, line, column, len(texts), 0)
    if closing:
        _close(pieces, draft, context.choices.merge)
    else:
        _open(pieces, draft, context.choices.merge)


@dataclass(slots=True)
class _Piece:
    """Text behind a code or a label. ``fresh``: the code is the first thing in its line."""

    speaker: str
    time: int | None
    kind: str
    fresh: bool = True
    text: str = ""


def _between(texts: list[str], line: int, column: int, to_line: int, to_column: int) -> str:
    if line >= len(texts):
        return ""
    if line == to_line:
        return texts[line][column:to_column]
    middle = texts[line + 1 : to_line]
    last = [texts[to_line][:to_column]] if to_line < len(texts) else []
    return "\n".join([texts[line][column:], *middle, *last])


def _open(pieces: list[_Piece], draft: Draft, merge: bool) -> None:
    """Codes open: a piece lasts until the next code that has nothing but a code behind it."""
    pending: int | None = None
    last: Utterance | None = None
    bodies: list[list[str]] = []
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        words = piece.text.strip()
        if piece.kind == "code":
            pending = piece.time
            if not words:
                opens = following is not None and following.kind == "label" and piece.fresh
                if not opens:
                    if last is not None and last.end is None:
                        last.end = pending
                    pending = None
                continue
        elif not words:
            # A code behind the name tells when its words begin.
            if pending is None and following is not None and following.kind == "code":
                pending = following.time
            last = Utterance(piece.speaker, "", pending)
            draft.utterances.append(last)
            bodies.append([])
            pending = None
            continue
        goes_on = piece.kind == "code" and last is not None and bool(piece.speaker)
        if goes_on and (merge or not bodies[-1]):
            glue = "" if not bodies[-1] else "\n" if piece.fresh else " "
            bodies[-1].append(glue + words)
        else:
            last = Utterance(piece.speaker, "", pending)
            draft.utterances.append(last)
            bodies.append([words])
        pending = None
    _put_together(draft, bodies)


def _close(pieces: list[_Piece], draft: Draft, merge: bool) -> None:
    """Codes close: the text in front of a code ends there."""
    before: int | None = 0 if len(pieces) > 1 else None
    last: Utterance | None = None
    bodies: list[list[str]] = []
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        end = following.time if following is not None else None
        words = piece.text.strip()
        if words:
            goes_on = piece.kind == "code" and last is not None and bool(piece.speaker)
            if goes_on and merge:
                lead = piece.text[: len(piece.text) - len(piece.text.lstrip())]
                bodies[-1].append(("\n" if "\n" in lead else " ") + words)
            else:
                last = Utterance(piece.speaker, "", before)
                draft.utterances.append(last)
                bodies.append([words])
        if end is not None:
            before = end
            if last is not None:
                last.end = end
        elif words:
            # Nobody knows when a turn without mark ended, nor when the next began.
            before = None
    _put_together(draft, bodies)


def _put_together(draft: Draft, bodies: list[list[str]]) -> None:
    for utterance, body in zip(draft.utterances, bodies, strict=True):
        utterance.text = "".join(body)
    _paragraphs(draft)


def _paragraphs(draft: Draft) -> None:
    """Lines without speaker are paragraphs of their own; the times stay with first and last."""
    split: list[Utterance] = []
    for utterance in draft.utterances:
        lines = [line for line in utterance.text.split("\n") if line.strip()]
        if utterance.speaker or len(lines) < 2:
            split.append(utterance)
            continue
        parts = [Utterance("", line) for line in lines]
        parts[0].start, parts[-1].end = utterance.start, utterance.end
        split.extend(parts)
    draft.utterances = split
