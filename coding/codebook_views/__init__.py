"""Pages of the codebook: the tree, a code and its changes, versions, proposals, the queue."""

from coding.codebook_views.changes import (
    code_merge,
    code_remerge,
    code_review,
    code_split,
    code_unmerge,
)
from coding.codebook_views.codes import (
    code,
    code_edit,
    code_examples,
    code_list,
    code_move,
    code_retire,
)
from coding.codebook_views.imports import import_undo
from coding.codebook_views.proposals import proposal, proposal_new, proposals
from coding.codebook_views.versions import (
    codebook_version,
    codebook_versions,
    version_export,
    version_restore,
)

__all__ = [
    "code",
    "code_edit",
    "code_examples",
    "code_list",
    "code_merge",
    "code_move",
    "code_remerge",
    "code_retire",
    "code_review",
    "code_split",
    "code_unmerge",
    "codebook_version",
    "codebook_versions",
    "import_undo",
    "proposal",
    "proposal_new",
    "proposals",
    "version_export",
    "version_restore",
]
