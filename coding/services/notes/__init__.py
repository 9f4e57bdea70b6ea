"""Memos: on coded passages, which undo in the reader reaches, and about everything else.

``rows`` is what a memo is in the database and in history, ``passages`` are memos on codings,
``about`` those on all else, ``restoring`` brings either back; each action is one event. Whoever
codes may write; the author or a lead changes, removes and brings back. A removed memo keeps its
row.
"""

from coding.services.notes.about import change, create, digest, remove
from coding.services.notes.passages import add_note, change_note, remove_note
from coding.services.notes.restoring import restore, reverse
from coding.services.notes.rows import MAX_LENGTH, MAX_TITLE, Words, check_owner

__all__ = [
    "MAX_LENGTH",
    "MAX_TITLE",
    "Words",
    "add_note",
    "change",
    "change_note",
    "check_owner",
    "create",
    "digest",
    "remove",
    "remove_note",
    "restore",
    "reverse",
]
