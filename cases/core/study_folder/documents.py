"""documents.csv: which texts there are, whose they are, and who speaks in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cases.core.archives import Folder
from cases.core.study_folder.cells import MAX_NAME, as_date, as_key
from cases.core.study_folder.files import Files, Loaded
from cases.core.study_folder.keys import Keys, fits, known
from cases.core.study_folder.report import Names, Report, listing, shown, suggestion
from cases.core.study_folder.rows import DocumentRow, Existing, StudyPlan
from cases.core.study_folder.speakers import Speakers
from cases.core.study_folder.tables import Table, read_table
from coding.core.text import word_spans
from coding.core.turns import label_intervals, parse_turns

_OPTIONAL = ("case", "type", "participant", "date", "title")

KINDS = ("interview", "observation", "document", "questionnaire", "other")
_SYNONYMS: Mapping[str, str] = {
    **{kind: kind for kind in KINDS},
    **{f"{kind}s": kind for kind in KINDS[:4]},
    **dict.fromkeys(("transcript", "interview transcript", "focus group"), "interview"),
    **dict.fromkeys(("group interview", "group discussion"), "interview"),
    **dict.fromkeys(("field note", "field notes", "fieldnote", "fieldnotes"), "observation"),
    **dict.fromkeys(("observation notes", "observed meeting", "meeting"), "observation"),
    **dict.fromkeys(("text", "policy document", "artefact", "artifact"), "document"),
    **dict.fromkeys(("questionnaire answers", "survey"), "questionnaire"),
}


@dataclass(frozen=True, slots=True)
class _Described:
    """What a row of documents.csv says about its file."""

    key: str
    cases: tuple[str, ...]
    kind: str
    participant: str | None
    date: date | None
    title: str


def read_documents(
    folder: Folder,
    file: str,
    existing: Existing,
    cases: Names,
    participants: Names,
    names: Names,
    plan: StudyPlan,
    report: Report,
) -> frozenset[str]:
    """Adds the documents to ``plan``; returns the names of the files that the table lists."""
    table = read_table(folder, file, ("doc_id", "file"), _OPTIONAL, report)
    if table is None:
        names.open = True
        return frozenset()
    for column in table.extra:
        report.note(f"{file}: the column {shown(column.name)} was ignored.")
    keys = Keys(table, "doc_id", names, report)
    files = Files(folder, table, existing, report)
    people = {**existing.participants, **{row.key: row for row in plan.participants}}
    speakers = Speakers(people.values())
    for number, cells in report.counted(table.rows, "documents", every=1):
        key = as_key(table.cell(cells, "doc_id"))
        if not keys.accept(key, number):
            continue
        # The file is read even when its row has a fault, so that all faults are seen at once.
        described = _described(table, number, cells, key, cases, participants, report)
        loaded = files.load(number, key, table.cell(cells, "file"))
        if described is None or loaded is None:
            names.doubtful.add(key)
            continue
        names.usable.add(key)
        plan.documents.append(_document(described, loaded, speakers))
    for sentence in [*_text_notes(plan), *speakers.notes()]:
        report.note(sentence)
    return frozenset(files.listed)


def _described(
    table: Table,
    number: int,
    cells: list[str],
    key: str,
    cases: Names,
    participants: Names,
    report: Report,
) -> _Described | None:
    fine = True
    parts = (as_key(part.strip()) for part in table.cell(cells, "case").split(";"))
    own_cases = tuple(dict.fromkeys(part for part in parts if part))
    for case in own_cases:
        fine &= known(table, number, "case", case, cases, "case", report)
    participant = as_key(table.cell(cells, "participant"))
    if participant:
        fine &= known(
            table, number, "participant", participant, participants, "participant", report
        )
    title = table.cell(cells, "title")
    fine &= fits(table, number, "title", title, MAX_NAME, report)
    written = table.cell(cells, "type")
    kind = _SYNONYMS.get(" ".join(written.casefold().replace("_", " ").split()) or "document")
    if kind is None:
        fine = False
        message = (
            f"{shown(written)} is not a type of document{suggestion(written, _SYNONYMS)}; "
            f"use {', '.join(KINDS[:-1])} or {KINDS[-1]}."
        )
        report.problem(table.file, number, table.label("type"), message, written)
    written = table.cell(cells, "date")
    day = None
    try:
        day = as_date(written)
    except ValueError:
        fine = False
        message = f"{shown(written)} is not a date written YYYY-MM-DD."
        report.problem(table.file, number, table.label("date"), message, written)
    if kind is None or not fine:
        return None
    return _Described(key, own_cases, kind, participant or None, day, title or key)


def _document(described: _Described, loaded: Loaded, speakers: Speakers) -> DocumentRow:
    text = loaded.text.text
    turns = tuple(parse_turns(text, speakers.roles))
    links = speakers.link(
        described.key, described.kind, described.participant, described.cases, turns
    )
    return DocumentRow(
        key=described.key,
        cases=described.cases,
        kind=described.kind,
        participant=described.participant,
        date=described.date,
        title=described.title,
        file=loaded.file,
        text=loaded.text,
        sha256=loaded.sha256,
        size=loaded.size,
        turns=turns,
        speakers=links,
        words=word_spans(text, label_intervals(turns)),
    )


def _text_notes(plan: StudyPlan) -> list[str]:
    """One sentence for each kind of change, naming the files."""
    files: dict[str, list[str]] = {}
    for row in plan.documents:
        for sentence in row.text.notes:
            files.setdefault(sentence, []).append(row.file)
    return [f"{listing(names)}: {sentence}" for sentence, names in files.items()]
