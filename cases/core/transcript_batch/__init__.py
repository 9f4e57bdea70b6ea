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

__all__ = [
    "BatchLimits",
    "BatchProblem",
    "Bundle",
    "Contents",
    "Entry",
    "date_in",
    "free_key",
    "pack",
    "shown_name",
    "suggest_key",
    "suggest_title",
]
