"""What the check keeps of a transcript that was read."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from coding.core.text import word_spans
from coding.core.transcripts import (
    FORMATS,
    Composed,
    ComposedTurn,
    Guess,
    Transcript,
    TranscriptProblem,
    compose,
)

SAMPLES = 5
SAMPLE_LENGTH = 320
# Labels beyond these are counted only: a file where every line has another one is misread.
LABELS = 40
# Scores of formats: a layout that was seen has more than the first, a clear one at least the
# second, and is so far ahead of the next.
NO_LAYOUT = 0.25
SURE = 0.7
AHEAD = 0.1
# What people said, or their names: deleted with the upload (``projects.services.uploads``).
SAID = "said"


def findings(transcript: Transcript, data: bytes, guesses: Sequence[Guess]) -> dict[str, Any]:
    """Figures about ``transcript``, and under ``SAID`` what must not outlive the upload."""
    composed = compose(transcript)
    labels = Counter(turn.speaker for turn in composed.turns if turn.speaker)
    guess = next((g for g in guesses if g.format == transcript.format), None)
    return {
        "format": transcript.format,
        "sure": is_sure(guesses),
        "turns": len(composed.turns),
        "words": len(composed_words(composed)),
        "length": len(composed.text),
        "speakers": len(labels),
        "timed": sum(turn.time_start is not None for turn in composed.turns),
        "encoding": transcript.encoding,
        "text_sha256": composed.sha256,
        "original_sha256": hashlib.sha256(data).hexdigest(),
        "recorded": transcript.recorded.isoformat() if transcript.recorded else None,
        SAID: {
            "why": guess.why if guess else "",
            "others": [
                g.format for g in guesses if g.format != transcript.format and g.score > NO_LAYOUT
            ],
            "labels": labels.most_common(LABELS),
            "samples": [_sample(composed, turn) for turn in _spread(composed.turns)],
            "notes": list(transcript.notes),
        },
    }


def is_sure(guesses: Sequence[Guess]) -> bool:
    """Whether the best guess is clearly the best: good, and well before the next one.

    What is left when no layout is seen (plain text, a Word document) is no guess between layouts.
    """
    layouts = [guess.score for guess in guesses if guess.score > NO_LAYOUT]
    if not layouts:
        return True
    return layouts[0] >= SURE and all(layouts[0] - other >= AHEAD for other in layouts[1:])


def refusal(problem: TranscriptProblem, data: bytes) -> dict[str, Any]:
    """The findings about a file that cannot be read. Its sentence may quote the file."""
    return {
        "problem": problem.code,
        "original_sha256": hashlib.sha256(data).hexdigest(),
        SAID: {"problem": problem.message},
    }


def composed_words(composed: Composed) -> Any:
    """The spans of the words outside labels, as they are stored."""
    return word_spans(composed.text, [(turn.start, turn.body_start) for turn in composed.turns])


def format_label(key: str) -> str:
    return FORMATS[key].label if key in FORMATS else key


def clock(milliseconds: int | None) -> str:
    """ "0:12", "1:02:03"; "" where there is no time. Parts of a second are cut off."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _spread(turns: Sequence[ComposedTurn]) -> list[ComposedTurn]:
    """The first three, then one from the middle and the last: enough to see a change of layout."""
    if len(turns) <= SAMPLES:
        return list(turns)
    return [turns[place] for place in (0, 1, 2, len(turns) // 2 + 1, len(turns) - 1)]


def _sample(composed: Composed, turn: ComposedTurn) -> dict[str, Any]:
    words = composed.text[turn.body_start : turn.end]
    cut = len(words) > SAMPLE_LENGTH
    return {
        "speaker": turn.speaker,
        "words": words[:SAMPLE_LENGTH] + ("…" if cut else ""),
        "start": turn.time_start,
        "end": turn.time_end,
    }
