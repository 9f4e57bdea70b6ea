"""Transcripts of every format: bytes of a file to who said what and when.

``read_transcript`` reads in this process; ``read_safely`` and ``SafeReader`` read in a child
process with limits of time and memory, which is how files of strangers have to be read.
"""

from coding.core.transcripts.compose import compose
from coding.core.transcripts.model import (
    FORMATS,
    Choices,
    Composed,
    ComposedTurn,
    FormatInfo,
    Guess,
    Limits,
    Transcript,
    TranscriptProblem,
    Utterance,
)
from coding.core.transcripts.reading import read_transcript, recognise
from coding.core.transcripts.safely import SafeReader, read_safely

__all__ = [
    "FORMATS",
    "Choices",
    "Composed",
    "ComposedTurn",
    "FormatInfo",
    "Guess",
    "Limits",
    "SafeReader",
    "Transcript",
    "TranscriptProblem",
    "Utterance",
    "compose",
    "read_safely",
    "read_transcript",
    "recognise",
]
