"""The trash of a project: cases go there, and an owner empties it.

Sources, codes and memos: ``coding.services.trash``.
"""

from cases.services.trash.cases import plan_remove_case, remove_case, restore_case
from cases.services.trash.emptying import Purge, delete_for_good, plan_deletion, plan_emptying
from cases.services.trash.listing import Entry, entries, name_of, restore

__all__ = [
    "Entry",
    "Purge",
    "delete_for_good",
    "entries",
    "name_of",
    "plan_deletion",
    "plan_emptying",
    "plan_remove_case",
    "remove_case",
    "restore",
    "restore_case",
]
