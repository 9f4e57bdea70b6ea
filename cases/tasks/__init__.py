"""Long work of this room: study folders and transcripts, expressions, withdrawals."""

from cases.tasks.expression import expression
from cases.tasks.study import CHECK, IMPORT, SHOWN, limits, study_check, study_import, summary
from cases.tasks.transcripts import transcripts_check, transcripts_import, transcripts_read_again
from cases.tasks.withdrawal import withdraw_participant

__all__ = [
    "CHECK",
    "IMPORT",
    "SHOWN",
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
