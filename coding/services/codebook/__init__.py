"""The codebook as it is written: making and changing codes, moving them in the tree, retiring and
merging them, their examples, frozen versions, looking again at passages, and proposals.

Every change takes the project's row first, so that there is one writer of the tree at a time, and
writes one line of history. A code is never deleted here: it is retired, and keeps its passages.
"""

from coding.services.codebook.examples import add_example, remove_example
from coding.services.codebook.imports import (
    ImportUndo,
    plan_undo_import,
    undo_import,
    undone_codes,
)
from coding.services.codebook.merging import (
    LastMerge,
    MergePlan,
    last_merge,
    merge_codes,
    plan_merge,
    redo_merge,
    undo_merge,
)
from coding.services.codebook.proposals import PROPOSED, accept, decline, propose
from coding.services.codebook.reversing import (
    code_of,
    reverse_change,
    reverse_merge,
    reverse_move,
    reverse_retirement,
    reverse_split,
)
from coding.services.codebook.review import Decided, begin_split, decide, take_back
from coding.services.codebook.shared import free_key, plain_key, stamp
from coding.services.codebook.versions import (
    Parted,
    content,
    freeze,
    parted,
    plan_restore,
    restore,
    to_look_at_again,
)
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
    "ImportUndo",
    "LastMerge",
    "MergePlan",
    "Parted",
    "accept",
    "add_example",
    "begin_split",
    "bring_back_code",
    "change_code",
    "code_of",
    "content",
    "create_code",
    "decide",
    "decline",
    "free_key",
    "freeze",
    "last_merge",
    "merge_codes",
    "move_code",
    "parted",
    "plain_key",
    "plan_merge",
    "plan_restore",
    "plan_undo_import",
    "propose",
    "redo_merge",
    "remove_example",
    "restore",
    "retire_code",
    "reverse_change",
    "reverse_merge",
    "reverse_move",
    "reverse_retirement",
    "reverse_split",
    "stamp",
    "take_back",
    "to_look_at_again",
    "undo_import",
    "undo_merge",
    "undone_codes",
]
