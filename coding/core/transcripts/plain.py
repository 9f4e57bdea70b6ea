"""Text typed by hand: "NAME: …" in the line, names on lines of their own, times in brackets."""

from collections import Counter
from collections.abc import Sequence

from coding.core.transcripts.document import Context, Document, Line
from coding.core.transcripts.labels import Found, Label, find_labels, is_own_line_name
from coding.core.transcripts.model import Draft, Utterance
from coding.core.transcripts.timecodes import bracketed_times, read_bracketed
from coding.core.transcripts.times import milliseconds

# From this share of lines (or of blocks apart by empty lines) on, names are the layout.
_LINE_SHARE = 0.25
_BLOCK_SHARE = 0.6


def read_plain(document: Document, context: Context) -> Draft:
    """The turns of a text that has no layout but labels, and perhaps times in brackets."""
    lines = document.lines()
    pattern = context.choices.label_pattern
    if not pattern and bracketed_times(lines) > 1:
        return read_bracketed(document, context)
    draft = Draft(document.container)
    found = find_labels(lines, pattern, context.name)
    if not pattern:
        own = own_line_labels(lines)
        if len(own) > len(found.labels):
            found = Found(own, ["Names on lines of their own were taken for speakers."])
    draft.notes.extend(found.notes)
    first = found.labels[0].line if found.labels else len(lines)
    draft.utterances.extend(Utterance("", line.text) for line in lines[:first] if line.text.strip())
    ends = [*(label.line for label in found.labels), len(lines)][1:]
    for label, end in zip(found.labels, ends, strict=True):
        body = [
            lines[label.line].text[label.after :],
            *(line.text for line in lines[label.line + 1 : end]),
        ]
        start = milliseconds(label.time) if label.time else None
        draft.utterances.append(Utterance(label.speaker, "\n".join(body), start))
    return draft


def own_line_labels(lines: Sequence[Line]) -> list[Label]:
    """Lines that are nothing but a name, with the words below; [] when that is not the layout."""
    filled = [number for number, line in enumerate(lines) if line.text.strip()]
    candidates = [
        number
        for position, number in enumerate(filled)
        if position + 1 < len(filled) and is_own_line_name(lines[number].text.strip())
    ]
    times = Counter(_bare(lines[number]) for number in candidates)
    recurring = {label for label, number in times.items() if number > 1}
    bold = {_bare(lines[number]) for number in candidates if _is_bold(lines[number])}
    blocks = [
        number
        for number in filled
        if (number == 0 or not lines[number - 1].text.strip())
        and number + 1 < len(lines)
        and lines[number + 1].text.strip()
    ]
    named = set(candidates)
    headed = [number for number in blocks if number in named]
    labels = recurring | bold
    if blocks and len(headed) >= 2 and len(headed) >= _BLOCK_SHARE * len(blocks) and recurring:
        # Somebody who speaks once stands in the same place as the others.
        labels |= {_bare(lines[number]) for number in headed}
        chosen = [number for number in headed if _bare(lines[number]) in labels]
    else:
        chosen = [number for number in candidates if _bare(lines[number]) in labels]
        few = len({_bare(lines[number]) for number in chosen}) < 2
        if few or len(chosen) < _LINE_SHARE * len(filled):
            return []
    return [Label(number, _bare(lines[number]), len(lines[number].text)) for number in chosen]


def _is_bold(line: Line) -> bool:
    return line.bold >= len(line.text.rstrip())


def _bare(line: Line) -> str:
    return line.text.strip().removesuffix(":").strip()


def document_of(text: str, encoding: str) -> Document:
    return Document("text", [Line(line) for line in text.split("\n")], encoding=encoding)
