"""Reading a study folder (CSV tables and texts) into checked plain data.

``read_study`` takes any ``Folder`` (see ``cases.core.archives``) and what the project already
has, and returns a ``StudyPlan``: what an import would create, or every problem that stands
against it.
"""

from cases.core.study_folder.cells import fits_kind
from cases.core.study_folder.reader import TABLES, read_study
from cases.core.study_folder.rows import (
    Cancelled,
    CaseRow,
    CodeRow,
    CodingRow,
    DocumentRow,
    Existing,
    ParticipantRow,
    Problem,
    StudyPlan,
    VariableRow,
)

__all__ = [
    "TABLES",
    "Cancelled",
    "CaseRow",
    "CodeRow",
    "CodingRow",
    "DocumentRow",
    "Existing",
    "ParticipantRow",
    "Problem",
    "StudyPlan",
    "VariableRow",
    "fits_kind",
    "read_study",
]
