"""From a folder to a checked plan of what an import would create."""

from collections.abc import Callable

from cases.core.archives import Folder
from cases.core.study_folder.codebook import read_codebook
from cases.core.study_folder.codings import read_codings
from cases.core.study_folder.documents import read_documents
from cases.core.study_folder.files import DOCUMENTS, folded_name
from cases.core.study_folder.people import read_cases, read_participants
from cases.core.study_folder.report import Names, Progress, Report, listing, several
from cases.core.study_folder.rows import Existing, StudyPlan

TABLES = ("cases.csv", "participants.csv", "documents.csv", "codebook.csv", "codings.csv")


def read_study(
    folder: Folder,
    existing: Existing | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> StudyPlan:
    """The content of a study folder, checked against itself and against the project.

    Never stops at the first problem: ``plan.problems`` holds the first 500, closed by one that
    says how many more there are (``plan.problem_count`` is the whole number). ``progress`` is
    called with rows done, rows in all, and the phase (cases, participants, documents, codebook,
    codings); Cancelled is raised at the next such step once ``cancelled()`` is true.
    """
    existing = existing or Existing()
    report = Report(progress, cancelled)
    plan = StudyPlan()
    files = {folded_name(name): name for name in folder.names()}
    tables = [files.get(name) for name in TABLES]
    for sentence in folder.notes:
        report.note(sentence)
    if not any(tables):
        report.problem("", None, None, f"The folder has none of the files {', '.join(TABLES)}.")
    cases, participants = Names(existing.cases), Names(existing.participants)
    documents, codes = Names(existing.documents), Names(existing.codes)
    case_file, participant_file, document_file, code_file, coding_file = tables
    listed: frozenset[str] = frozenset()
    report.step(0, len(TABLES), "start")
    if case_file:
        read_cases(folder, case_file, existing, cases, plan, report)
    if participant_file:
        read_participants(folder, participant_file, existing, cases, participants, plan, report)
    if document_file:
        listed = read_documents(
            folder, document_file, existing, cases, participants, documents, plan, report
        )
    if code_file:
        read_codebook(folder, code_file, existing, codes, plan, report)
    if coding_file:
        read_codings(folder, coding_file, existing, documents, codes, plan, report)
    _note_unread(folder, {name for name in tables if name} | listed, report)
    plan.problems = report.all_problems()
    plan.problem_count = report.count
    plan.notes = report.notes
    return plan


def _note_unread(folder: Folder, read: set[str], report: Report) -> None:
    rest = [name for name in folder.names() if name not in read]
    texts = [name for name in rest if folded_name(name).startswith(DOCUMENTS)]
    others = [name for name in rest if name not in set(texts)]
    if texts:
        report.note(
            f"{several(len(texts), 'file')} in documents/ not listed in documents.csv, "
            f"so not imported: {listing(texts)}."
        )
    if others:
        report.note(f"Not read, because nothing is known about them: {listing(others)}.")
