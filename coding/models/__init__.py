"""What is said, and how it is coded: sources, codes, codings, memos and rounds."""

from coding.models.codebook import (
    Code,
    CodebookVersion,
    CodeProposal,
)
from coding.models.codings import (
    CodeExample,
    Coding,
    PlacementReview,
    Reading,
)
from coding.models.notes import (
    Note,
    NoteLink,
    Subject,
)
from coding.models.rounds import (
    AgreementCount,
    Assignment,
    Comparison,
    Round,
)
from coding.models.sources import (
    NameReplacement,
    Participant,
    Recording,
    Source,
    SourceText,
    SourceVersion,
    Speaker,
    Turn,
    TurnWords,
    Withdrawal,
)

__all__ = [
    "AgreementCount",
    "Assignment",
    "Code",
    "CodeExample",
    "CodeProposal",
    "CodebookVersion",
    "Coding",
    "Comparison",
    "NameReplacement",
    "Note",
    "NoteLink",
    "Participant",
    "PlacementReview",
    "Reading",
    "Recording",
    "Round",
    "Source",
    "SourceText",
    "SourceVersion",
    "Speaker",
    "Subject",
    "Turn",
    "TurnWords",
    "Withdrawal",
]
