"""Codings: applying codes to passages, changing and removing what was applied, undo and redo.

One action is one event and one batch; the batch identifier is made by the client, so that a request
sent twice acts once. Undo and redo are read from the history: nothing else remembers them, and they
survive a reload.

``apply`` adds and removes, ``change`` moves borders and re-codes, ``undo`` takes any of it back,
``history`` is what they share: the lock, the event's rows and the answer to a repeated request.
"""

from coding.services.codings.apply import add_codings, remove_coding
from coding.services.codings.change import change_coding, recode
from coding.services.codings.history import ADDED, Outcome, StateConflict
from coding.services.codings.undo import redo, reverse, undo

__all__ = [
    "ADDED",
    "Outcome",
    "StateConflict",
    "add_codings",
    "change_coding",
    "recode",
    "redo",
    "remove_coding",
    "reverse",
    "undo",
]
