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
from cases.core.transcript_batch.reading import (
    SAID,
    clock,
    composed_words,
    findings,
    format_label,
    is_sure,
    refusal,
)
from cases.core.transcript_batch.settings import FileSettings
from cases.core.transcript_batch.standing import (
    FileFacts,
    Known,
    Standing,
    Status,
    Take,
    standings,
)

__all__ = [
    "SAID",
    "BatchLimits",
    "BatchProblem",
    "Bundle",
    "Contents",
    "Entry",
    "FileFacts",
    "FileSettings",
    "Known",
    "Standing",
    "Status",
    "Take",
    "clock",
    "composed_words",
    "date_in",
    "findings",
    "format_label",
    "free_key",
    "is_sure",
    "pack",
    "refusal",
    "shown_name",
    "standings",
    "suggest_key",
    "suggest_title",
]
