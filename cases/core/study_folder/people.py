"""cases.csv and participants.csv: who is compared, who speaks, and their attributes."""

from collections.abc import Iterable, Mapping, Sequence

from cases.core.archives import Folder
from cases.core.study_folder.cells import MAX_NAME, as_key, as_yes_no, kind_of
from cases.core.study_folder.keys import Keys, fits, known, refused_by_trash, same
from cases.core.study_folder.report import Names, Report, shown
from cases.core.study_folder.rows import CaseRow, Existing, ParticipantRow, StudyPlan, VariableRow
from cases.core.study_folder.tables import Column, Table, read_table

MAX_LABEL = 120
_CONSENTS = ("consent_use", "consent_quote", "consent_archive", "consent_network")


def read_cases(
    folder: Folder, file: str, existing: Existing, names: Names, plan: StudyPlan, report: Report
) -> None:
    table = read_table(folder, file, ("case_id",), ("name",), report)
    if table is None:
        names.open = True
        return
    keys = Keys(table, "case_id", names, report)
    columns = _variable_columns(table, table.extra, report)
    values: list[Mapping[str, str]] = []
    for number, cells in report.counted(table.rows, "cases"):
        key = as_key(table.cell(cells, "case_id"))
        name = table.cell(cells, "name")
        if not keys.accept(key, number):
            continue
        if not fits(table, number, "name", name, MAX_NAME, report):
            names.doubtful.add(key)
            continue
        if refused_by_trash(table, number, "case_id", "case", key, existing, report):
            names.doubtful.add(key)
            continue
        names.usable.add(key)
        row = CaseRow(key, name or key, _values(columns, cells))
        values.append(row.values)
        there = existing.cases.get(key)
        if there is None:
            plan.cases.append(row)
            continue
        fields = [("name", row.name, there.name)] if table.has("name") else []
        fields += _value_fields(columns, row.values, there.values)
        if same(table, number, f"The case {shown(key)}", fields, report):
            plan.already_there.setdefault("cases", []).append(key)
    plan.variables += _variable_rows("case", columns, values)


def read_participants(
    folder: Folder,
    file: str,
    existing: Existing,
    cases: Names,
    names: Names,
    plan: StudyPlan,
    report: Report,
) -> None:
    optional = ("case", "role", "pseudonym", "consent_interview", *_CONSENTS)
    table = read_table(folder, file, ("participant_id",), optional, report)
    if table is None:
        names.open = True
        return
    # Speaker labels are compared without regard to case, so ids must differ in more than that.
    keys = Keys(table, "participant_id", names, report, ignore_case=True)
    extra = table.extra
    consents = _CONSENTS
    if table.has("consent_interview"):
        if table.has("consent_use"):
            extra = (*extra, table.columns["consent_interview"])
        else:
            # Who agreed to be interviewed agreed to the use of the interview.
            consents = ("consent_interview", *_CONSENTS[1:])
    columns = _variable_columns(table, extra, report)
    values: list[Mapping[str, str]] = []
    for number, cells in report.counted(table.rows, "participants"):
        key = as_key(table.cell(cells, "participant_id"))
        if not keys.accept(key, number):
            continue
        row = _participant(table, number, cells, key, consents, columns, cases, report)
        if row is None:
            names.doubtful.add(key)
            continue
        names.usable.add(key)
        values.append(row.values)
        there = existing.participants.get(key)
        if there is None:
            plan.participants.append(row)
            continue
        fields = [
            (column, _shown(getattr(row, name)), _shown(getattr(there, name)))
            for column, name in (
                ("case", "case"),
                ("role", "role"),
                ("pseudonym", "pseudonym"),
                *zip(consents, _CONSENTS, strict=True),
            )
            if table.has(column)
        ]
        fields += _value_fields(columns, row.values, there.values)
        if same(table, number, f"The participant {shown(key)}", fields, report):
            plan.already_there.setdefault("participants", []).append(key)
    plan.variables += _variable_rows("participant", columns, values)


def _participant(
    table: Table,
    number: int,
    cells: list[str],
    key: str,
    consents: Sequence[str],
    columns: Sequence[Column],
    cases: Names,
    report: Report,
) -> ParticipantRow | None:
    case = as_key(table.cell(cells, "case"))
    role = table.cell(cells, "role")
    pseudonym = as_key(table.cell(cells, "pseudonym"))
    fine = known(table, number, "case", case, cases, "case", report) if case else True
    fine &= fits(table, number, "role", role, MAX_LABEL, report)
    fine &= fits(table, number, "pseudonym", pseudonym, MAX_LABEL, report)
    answers: list[bool | None] = []
    for column in consents:
        answer = table.cell(cells, column)
        try:
            answers.append(as_yes_no(answer))
        except ValueError:
            report.problem(
                table.file,
                number,
                table.label(column),
                f"{shown(answer)} is neither yes nor no (yes/no, true/false or 1/0).",
                answer,
            )
            fine = False
    if not fine:
        return None
    use, quote, archive, network = answers
    return ParticipantRow(
        key=key,
        case=case or None,
        pseudonym=pseudonym or key,
        role=role,
        consent_use=use,
        consent_quote=quote,
        consent_archive=archive,
        consent_network=network,
        values=_values(columns, cells),
    )


def _variable_columns(
    table: Table, columns: Iterable[Column], report: Report
) -> tuple[Column, ...]:
    kept = []
    for column in columns:
        if len(column.name) > MAX_LABEL or not column.name.isprintable():
            report.problem(
                table.file,
                1,
                column.name[:MAX_LABEL],
                f"The name of an attribute must be one line of at most {MAX_LABEL} characters.",
                column.name,
            )
        else:
            kept.append(column)
    return tuple(kept)


def _values(columns: Iterable[Column], cells: list[str]) -> dict[str, str]:
    found = {column.name: cells[column.index].strip() for column in columns}
    return {name: value for name, value in found.items() if value}


def _value_fields(
    columns: Iterable[Column], new: Mapping[str, str], old: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    return [(c.name, new.get(c.name, ""), old.get(c.name, "")) for c in columns]


def _variable_rows(
    target: str, columns: Iterable[Column], values: Sequence[Mapping[str, str]]
) -> list[VariableRow]:
    return [
        VariableRow(target, c.name, kind_of(row.get(c.name, "") for row in values)) for c in columns
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
