"""Long work of this room: studies, transcripts, codebooks; expressions, withdrawals; agreement."""

from cases.tasks.agreement import AGREEMENT, count_round
from cases.tasks.codebook import (
    CODEBOOK_CHECK,
    CODEBOOK_IMPORT,
    codebook_check,
    codebook_import,
)
from cases.tasks.expression import expression
from cases.tasks.study import CHECK, IMPORT, SHOWN, limits, study_check, study_import, summary
from cases.tasks.transcripts import transcripts_check, transcripts_import, transcripts_read_again
from cases.tasks.withdrawal import withdraw_participant

__all__ = [
    "AGREEMENT",
    "CHECK",
    "CODEBOOK_CHECK",
    "CODEBOOK_IMPORT",
    "IMPORT",
    "SHOWN",
    "codebook_check",
    "codebook_import",
    "count_round",
    "expression",
    "limits",
    "study_check",
    "study_import",
    "summary",
    "transcripts_check",
    "transcripts_import",
    "transcripts_read_again",
    "withdraw_participant",
]
