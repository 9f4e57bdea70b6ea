"""WebVTT and SubRip: captions with times, and speakers as voices or as names in front.

webvtt-py and srt read the files. Whose words they are is found here: webvtt-py puts the voices of
a caption together and keeps entities. A time that cannot be read is a problem, for both libraries
pass over such a caption in silence.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import srt  # type: ignore[import-untyped]
import webvtt

from coding.core.transcripts.compose import one_line
from coding.core.transcripts.document import Context, Document
from coding.core.transcripts.labels import compile_pattern, is_name, speaker_pattern
from coding.core.transcripts.model import Draft, TranscriptProblem, Utterance, count
from coding.core.transcripts.times import clock, milliseconds
from coding.core.turns import DEFAULT_SPEAKER_ROLES, is_generic_label, is_prose_opening

_ARROW = re.compile(r"\s*([\d:.,]*\d)\s*-->\s*([\d:.,]*\d)(?=\s|$)")
_LOOKS_TIMED = re.compile(r"\s*[\d:.,]+\s*-->")
_BLOCK = re.compile(r"(NOTE|STYLE|REGION)(?=\s|$)")
_TAG = re.compile(
    r"</?(?:c|i|b|u|ruby|rt|lang|v|font)(?:[.\s][^<>]*)?>|<[\d:]+[.,]\d+>|\{\\an?\d+\}",
    re.IGNORECASE,
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:\s([^<>]*))?>|</v\s*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|lt|gt|nbsp|lrm|rlm|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});", re.I)
_LABEL = re.compile(r"\s*([^\s:][^:\n]{0,63}?)\s*:(?=\s|$)")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]")
# Stands before words; it is in no file, because it cannot be stored.
_WORDS = "\0"
_MILLISECOND = timedelta(milliseconds=1)
_DASH = re.compile(r"\s*[-–—]\s*\S")
# From this share of cues with a name on, a name need not come twice nor look like one, and from
# the second on, a cue without a name is nobody's.
_NAMED_MOSTLY = 0.7
_NAMED_THROUGHOUT = 0.9


@dataclass(slots=True)
class Cue:
    """A caption: times in milliseconds, its lines, and the line of the file it begins in."""

    start: int
    end: int
    line: int
    lines: list[str]


def read_vtt(document: Document, context: Context) -> Draft:
    return _read(document, context, "vtt", ".", _parse_vtt)


def read_srt(document: Document, context: Context) -> Draft:
    return _read(document, context, "srt", ",", _parse_srt)


def _read(
    document: Document,
    context: Context,
    key: str,
    mark: str,
    parse: Callable[["_Source", Draft], Iterator[Cue]],
) -> Draft:
    draft = Draft(key, glue=" ")
    source = _Source([line.text for line in document.lines()], context.name, mark)
    cues = list(parse(source, draft)) if source.starts else []
    if not cues:
        raise TranscriptProblem(
            "no_cues",
            f"{context.name} has no caption: there is no line like "
            f"00:00:02{mark}000 --> 00:00:05{mark}000.",
        )
    if len(cues) < len(source.starts):
        raise TranscriptProblem("captions", f"{context.name} has captions that cannot be read.")
    backwards = sum(1 for cue in cues if cue.end < cue.start)
    if backwards:
        draft.notes.append(f"{count(backwards, 'caption')} end before they start; kept as written.")
    if any(_VOICE.search(line) for cue in cues for line in cue.lines):
        _voices(cues, draft)
    else:
        _named(cues, context, draft)
    return draft


class _Source:
    """The lines of a file as the libraries read them without dropping a caption or a word.

    Both pass over a caption whose time is not written as they expect, without a word. So each time
    is read here first and written anew, and the captions are numbered: ``starts`` are the lines
    (from 1) of the file in which their times stand.
    """

    def __init__(self, lines: list[str], name: str, mark: str) -> None:
        self.name = name
        self.mark = mark
        self.starts: list[int] = []
        self.head: list[str] = []
        self.lines: list[str] = []
        for number, raw in enumerate(lines, 1):
            line = raw if raw.strip() else ""
            if "-->" in line and _LOOKS_TIMED.match(line):
                self._time(line, number)
            else:
                self.lines.append(line and self._words(line))

    def _words(self, line: str) -> str:
        """``line`` as nothing but words: for srt, a line like "10:30:15 we met" begins a time."""
        # For webvtt, an arrow does; entities are decoded later.
        return _WORDS + line if self.mark == "," else line.replace("-->", "--&gt;")

    def _time(self, line: str, number: int) -> None:
        above = self.lines
        # The line above is the name of the caption when it is a number or stands alone.
        if len(above) > 1 and (not above[-2] or above[-1].strip(_WORDS + " ").isdigit()):
            above.pop()
        if not self.starts:
            self.head, self.lines = above, []
        start, end = (clock(time, self.mark) for time in _times(line, number, self.name, self.mark))
        self.lines += ["", str(len(self.starts)), f"{start} --> {end}"]
        self.starts.append(number)


def _parse_vtt(source: _Source, draft: Draft) -> Iterator[Cue]:
    head = [line for line in source.head[1:] if line]
    if head:
        draft.notes.append(f"{count(len(head), 'line')} before the first caption left out.")
    try:
        parsed = webvtt.from_string(
            "\n".join(["WEBVTT", "", *source.head[1:], *_whole(source.lines)])
        )
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError):
        raise TranscriptProblem("vtt", f"{source.name} is no sound WebVTT.") from None
    comments = [
        parsed.header_comments,
        parsed.footer_comments,
        *(item.comments for item in parsed.captions),
        *(item.comments for item in parsed.styles),
        *(item.comments for item in parsed.regions),
    ]
    if left := sum(map(len, comments)):
        draft.notes.append(f"{count(left, 'comment')} (NOTE) left out.")
    for caption in parsed.captions:
        start, end = caption.start_time.in_milliseconds(), caption.end_time.in_milliseconds()
        yield Cue(start, end, source.starts[int(caption.identifier or 0)], caption.lines)


def _whole(lines: list[str]) -> list[str]:
    """``lines`` with no empty line inside of a caption: webvtt drops the words that follow it."""
    whole: list[str] = []
    asides: list[str] = []
    aside = False
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if "-->" in after:
            whole += [*asides, "", line]
            asides = []
        elif line:
            if not before and _BLOCK.match(line):
                asides.append("")
                aside = True
            (asides if aside else whole).append(line)
        if not line or "-->" in after:
            aside = False
    return whole + asides


def _parse_srt(source: _Source, draft: Draft) -> Iterator[Cue]:
    for caption in srt.parse("\n".join(source.lines[1:]), ignore_errors=True):
        start, end = (time // _MILLISECOND for time in (caption.start, caption.end))
        words = caption.content.replace(_WORDS, "").split("\n")
        yield Cue(start, end, source.starts[caption.index or 0], list(filter(None, words)))


def _times(line: str, number: int, name: str, mark: str) -> tuple[int, int]:
    match = _ARROW.match(line)
    start, end = (milliseconds(time) for time in match.groups()) if match else (None, None)
    if match and mark == "." and ("," in match[1] or "," in match[2]):
        raise TranscriptProblem(
            "vtt_comma",
            f"{name} has a time with a comma in line {number:,} ({line.strip()[:40]}); WebVTT "
            "writes 00:00:02.000: put the times right or save it as SRT.",
            number,
        )
    if start is None or end is None:
        raise TranscriptProblem(
            "time", f"{name} has a time that cannot be read in line {number:,}: {line[:40]}", number
        )
    return start, end


def _voices(cues: list[Cue], draft: Draft) -> None:
    two = unnamed = 0
    for cue in cues:
        pieces = _voice_pieces("\n".join(cue.lines))
        two += len({speaker for speaker, _ in pieces}) > 1
        for speaker, text in pieces:
            unnamed += not speaker
            draft.utterances.append(Utterance(speaker, text, cue.start, cue.end))
    if two:
        draft.notes.append(f"{count(two, 'caption')} with several voices divided between them.")
    if unnamed:
        draft.notes.append(f"{count(unnamed, 'caption')} without a voice kept without speaker.")


def _voice_pieces(text: str) -> list[tuple[str, str]]:
    pieces = []
    speaker, at = "", 0
    for match in _VOICE.finditer(text):
        pieces.append((speaker, text[at : match.start()]))
        speaker = one_line(_plain(match[1] or "")) if match[0][1] != "/" else ""
        at = match.end()
    pieces.append((speaker, text[at:]))
    return [(who, said) for who, raw in pieces if (said := _joined(_plain(raw).split("\n")))]


def _named(cues: list[Cue], context: Context, draft: Draft) -> None:
    """Names in front of the text of a cue, if the file has them."""
    cleaned = [[_plain(line) for line in cue.lines] for cue in cues]
    pattern = context.choices.label_pattern
    own = compile_pattern(pattern, context.name) if pattern else None
    speakers, throughout = (set[str](), False) if own else _speakers(cleaned)
    speaker = ""
    given = refused = 0
    for cue, lines in zip(cues, cleaned, strict=True):
        pieces: list[tuple[str, list[str]]] = []
        for line in lines:
            found = speaker_pattern(own, line, cue.line, context.name) if own else _label(line)
            if found and not own and found[0].casefold() not in speakers:
                refused += 1
                found = None
            if found:
                speaker = found[0]
                pieces.append((speaker, [line[found[1] :]]))
            elif pieces:
                pieces[-1][1].append(line)
            else:
                # Where every caption is named, one without a name is nobody's.
                given += bool(speaker) and not throughout
                pieces.append(("" if throughout else speaker, [line]))
        for who, said in pieces:
            if text := _joined(said):
                draft.utterances.append(Utterance(who, text, cue.start, cue.end))
    if given:
        draft.notes.append(
            f"{count(given, 'caption')} without a name given to the speaker named before."
        )
    if refused:
        draft.notes.append(
            f"{count(refused, 'line')} beginning like “Note:” not taken for a speaker."
        )


def _speakers(cues: list[list[str]]) -> tuple[set[str], bool]:
    """The labels (in lower case) that are speakers, and whether nearly every cue has one."""
    labels: Counter[str] = Counter()
    first = names = 0
    for lines in cues:
        for number, line in enumerate(lines):
            if found := _label(line):
                labels[found[0]] += 1
                first += number == 0 and not is_prose_opening(found[0])
                names += number == 0 and is_name(found[0])
    filled = sum(1 for lines in cues if lines)
    mostly = names >= _NAMED_MOSTLY * filled or (
        first >= _NAMED_MOSTLY * filled and first > len(labels)
    )
    throughout = mostly and first >= _NAMED_THROUGHOUT * filled
    folded: Counter[str] = Counter()
    for label, times in labels.items():
        folded[label.casefold()] += times
    speakers = {
        label.casefold()
        for label in labels
        if label.casefold() in DEFAULT_SPEAKER_ROLES
        or (is_name(label) and folded[label.casefold()] > 1)
        or (mostly and not is_prose_opening(label))
    }
    if speakers:
        speakers |= {label.casefold() for label in labels if is_generic_label(label)}
    return speakers, throughout and bool(speakers)


def _label(line: str) -> tuple[str, int] | None:
    match = _LABEL.match(line)
    if match is None:
        return None
    # WhisperX writes [SPEAKER_00]: in captions.
    inner = _BRACKETED.fullmatch(match[1])
    return (inner[1].strip() if inner else match[1], match.end())


def _plain(text: str) -> str:
    """``text`` without tags, entities decoded once."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), _TAG.sub("", text))


def _joined(lines: list[str]) -> str:
    """The lines of a caption as running text; lines of a dialogue (- …) stay lines."""
    text = ""
    for raw in lines:
        line = one_line(raw)
        if line:
            text += ("\n" if _DASH.match(line) else " ") + line if text else line
    return text
