"""From utterances to the text that is stored: the end of every reader's way."""

import hashlib
import re

from coding.core.transcripts.model import Composed, ComposedTurn, Draft, Transcript, Utterance

_SPACES = re.compile(r"\s+")


def compose(transcript: Transcript) -> Composed:
    """The stored text: a line "Speaker: words" for each turn, ending in a line feed.

    Paragraphs inside a turn are lines of their own. Times are not written into the text: they
    are in ``turns``. A turn without speaker is a paragraph without label. Nothing is normalised
    further (no NFC): a letter stays the code points it was.
    """
    parts: list[str] = []
    turns: list[ComposedTurn] = []
    at = 0
    for utterance in transcript.utterances:
        label = f"{utterance.speaker}: " if utterance.speaker else ""
        end = at + len(label) + len(utterance.text)
        turns.append(
            ComposedTurn(
                at, at + len(label), end, utterance.speaker, utterance.start, utterance.end
            )
        )
        parts.append(f"{label}{utterance.text}\n")
        at = end + 1
    text = "".join(parts)
    return Composed(text, hashlib.sha256(text.encode("utf-8")).hexdigest(), tuple(turns))


def tidy(text: str) -> str:
    """``text`` without white space at its ends and the ends of its lines, nor empty lines."""
    if "\n" not in text:
        return text.strip()
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip()).strip()


def one_line(text: str) -> str:
    """``text`` on one line, words apart by single spaces."""
    return _SPACES.sub(" ", text).strip()


def merge_neighbours(utterances: list[Utterance], glue: str) -> list[Utterance]:
    """Neighbours of one named speaker as one: start of the first, end of the last.

    Utterances without a speaker stay apart, because nothing says that one person spoke them.
    """
    merged: list[Utterance] = []
    bodies: list[list[str]] = []
    for utterance in utterances:
        last = merged[-1] if merged else None
        if last is not None and utterance.speaker and last.speaker == utterance.speaker:
            bodies[-1].append(utterance.text)
            if last.start is None:
                last.start = utterance.start
            # Overlapping captions may end earlier than the ones before.
            ends = [end for end in (last.end, utterance.end) if end is not None]
            last.end = max(ends) if ends else None
        else:
            merged.append(
                Utterance(utterance.speaker, utterance.text, utterance.start, utterance.end)
            )
            bodies.append([utterance.text])
    for utterance, body in zip(merged, bodies, strict=True):
        utterance.text = glue.join(body)
    return merged


def tidied(draft: Draft) -> list[Utterance]:
    """The utterances of ``draft`` with clean speakers and texts; those without words are gone."""
    kept = []
    for utterance in draft.utterances:
        text = tidy(utterance.text)
        if text:
            speaker = one_line(utterance.speaker)
            kept.append(Utterance(speaker, text, utterance.start, utterance.end))
    return kept
