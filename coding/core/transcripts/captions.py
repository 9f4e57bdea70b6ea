"""WebVTT and SubRip: cues with times, and speakers as voices or as names in front.

WebVTT is read as https://www.w3.org/TR/webvtt1/ says, with two differences: a time that cannot be
read is a problem instead of a cue skipped, and a tag that WebVTT does not know stays text.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

from coding.core.transcripts.compose import one_line
from coding.core.transcripts.document import Context, Document
from coding.core.transcripts.labels import compile_pattern, is_name, speaker_pattern
from coding.core.transcripts.model import Draft, TranscriptProblem, Utterance, count
from coding.core.transcripts.times import milliseconds
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
    lines: list[str] = field(default_factory=list)


def read_vtt(document: Document, context: Context) -> Draft:
    return _read(document, context, "vtt")


def read_srt(document: Document, context: Context) -> Draft:
    return _read(document, context, "srt")


def _read(document: Document, context: Context, key: str) -> Draft:
    draft = Draft(key, glue=" ")
    lines = [line.text for line in document.lines()]
    cues = _cues(lines, context.name, key, draft)
    if not cues:
        raise TranscriptProblem(
            "no_cues",
            f"{context.name} has no caption: there is no line like "
            f"00:00:02{'.' if key == 'vtt' else ','}000 --> "
            f"00:00:05{'.' if key == 'vtt' else ','}000.",
        )
    backwards = sum(1 for cue in cues if cue.end < cue.start)
    if backwards:
        draft.notes.append(f"{count(backwards, 'caption')} end before they start; kept as written.")
    if any(_VOICE.search(line) for cue in cues for line in cue.lines):
        _voices(cues, draft)
    else:
        _named(cues, context, draft)
    return draft


def _cues(lines: list[str], name: str, key: str, draft: Draft) -> list[Cue]:
    timed: list[tuple[int, int, int]] = []
    for number, line in enumerate(lines):
        if "-->" in line and _LOOKS_TIMED.match(line):
            timed.append((number, *_times(line, number + 1, name, key)))
    left: Counter[str] = Counter()
    first = timed[0][0] if timed else len(lines)
    for line in lines[:first]:
        block = _BLOCK.match(line)
        if block:
            left[block[1]] += 1
    header = [line for line in lines[1 : _identified(lines, first, 0)] if line.strip()]
    if key == "vtt" and header:
        draft.notes.append(f"{count(len(header), 'line')} before the first caption left out.")
    cues = []
    for (number, start, end), following in zip(
        timed, [*(number for number, _, _ in timed), len(lines)][1:], strict=True
    ):
        last = _identified(lines, following, number) if following < len(lines) else following
        body, blocks = _body(lines[number + 1 : last], key)
        left.update(blocks)
        cues.append(Cue(start, end, number + 1, body))
    if cues and (comments := left["NOTE"]):
        draft.notes.append(f"{count(comments, 'comment')} (NOTE) left out.")
    return cues


def _times(line: str, number: int, name: str, key: str) -> tuple[int, int]:
    match = _ARROW.match(line)
    start, end = (milliseconds(time) for time in match.groups()) if match else (None, None)
    if match and key == "vtt" and ("," in match[1] or "," in match[2]):
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


def _identified(lines: list[str], timing: int, after: int) -> int:
    """Where the cue with its times in line ``timing`` begins: there, or at its identifier."""
    above = timing - 1
    if above <= after or not lines[above].strip():
        return timing
    alone = above == 0 or not lines[above - 1].strip()
    return above if alone or lines[above].strip().isdigit() else timing


def _body(lines: list[str], key: str) -> tuple[list[str], Counter[str]]:
    """The text lines of a cue without comments and styles, which are blocks of their own."""
    blocks: Counter[str] = Counter()
    body: list[str] = []
    skipping = False
    for number, line in enumerate(lines):
        if not line.strip():
            skipping = False
            continue
        block = _BLOCK.match(line) if key == "vtt" else None
        if block and number and not lines[number - 1].strip():
            skipping = True
            blocks[block[1]] += 1
        if not skipping:
            body.append(line)
    return body, blocks


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
