"""From the bytes of a file to a transcript: which format it has, and what all readers share."""

from coding.core.transcripts.compose import merge_neighbours, tidied
from coding.core.transcripts.decode import check_characters, decode
from coding.core.transcripts.document import Context
from coding.core.transcripts.model import (
    FORMATS,
    Choices,
    Guess,
    Limits,
    Transcript,
    TranscriptProblem,
    count,
)
from coding.core.transcripts.plain import document_of, read_plain


def recognise(data: bytes, name: str) -> list[Guess]:
    """The formats that ``data`` may have, best first; raises TranscriptProblem when it has none.

    The content decides; ``name`` only breaks ties.
    """
    notes: list[str] = []
    decode(data, name, Limits(), notes)
    return [Guess("text", 0.3, "It is plain text.")]


def read_transcript(
    data: bytes,
    name: str,
    choices: Choices = Choices(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Transcript:
    """The transcript in ``data``, the file ``name``; raises TranscriptProblem when it is none."""
    if len(data) > limits.file_bytes:
        raise TranscriptProblem(
            "too_large",
            f"{name} is too large: {len(data):,} bytes, and at most {limits.file_bytes:,} "
            "are read.",
        )
    if choices.format is not None and choices.format not in FORMATS:
        raise TranscriptProblem("format", f"{name}: there is no format “{choices.format}”.")
    notes: list[str] = []
    text, encoding = decode(data, name, limits, notes)
    check_characters(text, name)
    draft = read_plain(document_of(text, encoding), Context(name, choices, limits))
    utterances = tidied(draft)
    if choices.merge:
        utterances = merge_neighbours(utterances, draft.glue)
    if len(utterances) > limits.turns:
        raise TranscriptProblem(
            "too_many_turns",
            f"{name} has {count(len(utterances), 'turn')}, and at most {limits.turns:,} are read.",
        )
    return Transcript(
        draft.format,
        tuple(utterances),
        (*notes, *draft.notes),
        encoding,
        draft.title,
        draft.recorded,
    )
