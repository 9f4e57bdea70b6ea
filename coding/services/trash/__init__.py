"""The trash: what is removed is seen nowhere else, and comes back as it was.

Sources and codes are put there and restored here, memos in ``coding.services.notes``; cases, and
emptying it, are in ``cases.services.trash``. Nothing but ``removed_at`` changes on the way in and
out, so that nothing can be lost on it: passages, memos, readings and attributes stay where they are
and are hidden with what they belong to, by the doors in ``coding.queries``.
"""

from coding.services.trash.codes import plan_remove_code, remove_code, restore_code
from coding.services.trash.shared import Touched
from coding.services.trash.sources import (
    open_rounds,
    plan_remove_source,
    remove_source,
    restore_source,
)

__all__ = [
    "Touched",
    "open_rounds",
    "plan_remove_code",
    "plan_remove_source",
    "remove_code",
    "remove_source",
    "restore_code",
    "restore_source",
]
