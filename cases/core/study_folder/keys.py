"""Checks that every table needs: identifiers, references, lengths, and "is it the same row"."""

from collections.abc import Iterable

from cases.core.study_folder.cells import MAX_KEY, as_key, key_fault
from cases.core.study_folder.report import Names, Report, shown, suggestion
from cases.core.study_folder.rows import Existing
from cases.core.study_folder.tables import Table


class Keys:
    """The identifiers of one table while it is read: none malformed, none twice."""

    def __init__(
        self,
        table: Table,
        column: str,
        names: Names,
        report: Report,
        longest: int = MAX_KEY,
        ignore_case: bool = False,
    ) -> None:
        self._table = table
        self._column = column
        self._names = names
        self._report = report
        self._longest = longest
        self._ignore_case = ignore_case
        self._rows: dict[str, int] = {}
        index = table.columns[column].index
        for row in table.damaged:
            if index < len(row):
                names.doubtful.add(as_key(row[index].strip()))

    def accept(self, key: str, number: int) -> bool:
        """Whether row ``number`` may have this identifier; reports the problem if not."""
        table = self._table
        label = table.label(self._column)
        fault = key_fault(key, self._longest)
        if fault:
            self._names.doubtful.add(key)
            self._report.problem(table.file, number, label, f"The {self._column} {fault}.", key)
            return False
        compared = key.casefold() if self._ignore_case else key
        earlier = self._rows.setdefault(compared, number)
        if earlier != number:
            self._names.doubtful.add(key)
            self._report.problem(
                table.file,
                number,
                label,
                f"The {self._column} {shown(key)} is already used in row {earlier}.",
                key,
            )
            return False
        return True


def known(
    table: Table, number: int, column: str, key: str, names: Names, what: str, report: Report
) -> bool:
    """Whether ``key`` may be referred to; an unknown one is reported with a suggestion."""
    if key in names.usable:
        return True
    if not names.excuses(key):
        hint = "" if report.full else suggestion(key, names.usable)
        label = table.label(column)
        report.problem(table.file, number, label, f"There is no {what} {shown(key)}{hint}.", key)
    return False


def refused_by_trash(
    table: Table,
    number: int,
    column: str,
    what: str,
    key: str,
    existing: Existing,
    report: Report,
) -> bool:
    """Whether the project has this ``what`` in its trash; reports it as a problem then."""
    name = existing.trash.get((what, key))
    if name is None:
        return False
    report.problem(
        table.file,
        number,
        table.label(column),
        f"The {what} {shown(key)} ({shown(name)}) is in the trash: restore it from there, or give "
        "this one another id.",
        key,
    )
    return True


def fits(table: Table, number: int, column: str, value: str, longest: int, report: Report) -> bool:
    if len(value) <= longest:
        return True
    report.problem(
        table.file,
        number,
        table.label(column),
        f"The {column} has {len(value):,} characters; at most {longest} are allowed.",
        value[:longest],
    )
    return False


def same(
    table: Table,
    number: int,
    what: str,
    fields: Iterable[tuple[str, str, str]],
    report: Report,
) -> bool:
    """Whether all fields (column, here, in the project) agree; reports each that does not."""
    agree = True
    for column, here, there in fields:
        if here != there:
            agree = False
            report.problem(
                table.file,
                number,
                table.label(column),
                f"{what} is already in the project with another {column}: "
                f"here {shown(here)}, there {shown(there)}.",
                here,
            )
    return agree
