"""The codebook as it is written: making and changing codes, moving them in the tree, retiring and
merging them, their examples, frozen versions, looking again at passages, and proposals.

Every change takes the project's row first, so that there is one writer of the tree at a time, and
writes one line of history. A code is never deleted here: it is retired, and keeps its passages.
"""

from coding.services.codebook.examples import add_example, remove_example
from coding.services.codebook.merging import MergePlan, merge_codes, plan_merge, undo_merge
from coding.services.codebook.proposals import PROPOSED, accept, decline, propose
from coding.services.codebook.review import Decided, begin_split, decide, take_back
from coding.services.codebook.shared import free_key, plain_key
from coding.services.codebook.versions import content, freeze, parted, plan_restore, restore
from coding.services.codebook.writing import (
    bring_back_code,
    change_code,
    create_code,
    move_code,
    retire_code,
)

__all__ = [
    "PROPOSED",
    "Decided",
    "MergePlan",
    "accept",
    "add_example",
    "begin_split",
    "bring_back_code",
    "change_code",
    "content",
    "create_code",
    "decide",
    "decline",
    "free_key",
    "freeze",
    "merge_codes",
    "move_code",
    "parted",
    "plain_key",
    "plan_merge",
    "plan_restore",
    "propose",
    "remove_example",
    "restore",
    "retire_code",
    "take_back",
    "undo_merge",
]
