"""An upload of many transcripts: its files, their names, and how each of them stands."""

from cases.core.transcript_batch.bundle import (
    BatchLimits,
    BatchProblem,
    Bundle,
    Contents,
    Entry,
    pack,
)
from cases.core.transcript_batch.names import (
    date_in,
    free_key,
    shown_name,
    suggest_key,
    suggest_title,
)
from cases.core.transcript_batch.standing import (
    FileFacts,
    Known,
    Standing,
    Status,
    Take,
    standings,
)

__all__ = [
    "BatchLimits",
    "BatchProblem",
    "Bundle",
    "Contents",
    "Entry",
    "FileFacts",
    "Known",
    "Standing",
    "Status",
    "Take",
    "date_in",
    "free_key",
    "pack",
    "shown_name",
    "standings",
    "suggest_key",
    "suggest_title",
]
