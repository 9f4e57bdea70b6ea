"""codings.csv: who applied which code to which passage."""

from collections.abc import Mapping

from cases.core.archives import Folder
from cases.core.study_folder.cells import MAX_CODER, as_key, as_whole_number, key_fault
from cases.core.study_folder.keys import known
from cases.core.study_folder.report import Names, Report, listing, several, shown
from cases.core.study_folder.rows import CodingRow, Existing, StudyPlan
from cases.core.study_folder.tables import Table, read_table
from coding.core.spans import SpanProblem, check_span

_REQUIRED = ("doc_id", "code", "coder", "start", "end")
_Span = tuple[str, str, str, int, int]


def read_codings(
    folder: Folder,
    file: str,
    existing: Existing,
    documents: Names,
    codes: Names,
    plan: StudyPlan,
    report: Report,
) -> None:
    table = read_table(folder, file, _REQUIRED, ("text", "coding_id"), report)
    if table is None:
        return
    for column in table.extra:
        report.note(f"{file}: the column {shown(column.name)} was ignored.")
    reader = _Codings(table, existing, documents, codes, plan, report)
    quote_at = table.columns["text"].index if table.has("text") else None
    wanted = [table.columns[name].index for name in _REQUIRED]
    for number, row in report.counted(table.rows, "codings"):
        cells = [row[index].strip() for index in wanted]
        # The quotation is compared to the character: it is the one cell that is not stripped.
        quote = "" if quote_at is None else row[quote_at]
        reader.read(number, table.cell(row, "coding_id"), cells, quote)
    reader.finish()


class _Codings:
    """The rows of the table, checked one by one."""

    def __init__(
        self,
        table: Table,
        existing: Existing,
        documents: Names,
        codes: Names,
        plan: StudyPlan,
        report: Report,
    ) -> None:
        self._table = table
        self._existing = existing
        self._documents = documents
        self._codes = codes
        self._plan = plan
        self._report = report
        self._texts = _Texts({row.key: row.text.text for row in plan.documents}, existing)
        self._ids: dict[str, int] = {}
        self._seen: dict[_Span, int] = {}
        self._faults: dict[str, str | None] = {}
        self._repeated: list[str] = []
        self._unchecked = 0

    def read(self, number: int, key: str, cells: list[str], quote: str) -> None:
        """``cells`` are those of the required columns, in their order."""
        doc, code, coder, start, end = cells
        doc, code, coder = as_key(doc), as_key(code), as_key(coder)
        fine = self._own_id(number, key)
        fine &= known(self._table, number, "doc_id", doc, self._documents, "document", self._report)
        fine &= known(self._table, number, "code", code, self._codes, "code", self._report)
        fine &= self._coder(number, coder)
        first, last = self._offset(number, "start", start), self._offset(number, "end", end)
        if first is None or last is None or doc not in self._documents.usable:
            return
        fault = check_span(self._texts[doc], first, last, quote or None)
        if fault:
            self._refuse_span(number, fault, (start, end, quote))
            return
        if fine:
            self._keep(number, CodingRow(key, doc, code, coder, first, last, quote))

    def finish(self) -> None:
        file = self._table.file
        if self._repeated:
            rows = "row" if len(self._repeated) == 1 else "rows"
            self._report.note(
                f"{file}: {several(len(self._repeated), 'row')} repeated an earlier one (same "
                "document, code, coder, start and end); each coding was taken once: "
                f"{rows} {listing(self._repeated)}."
            )
        if self._unchecked:
            self._report.note(
                f"{file}: the offsets of {several(self._unchecked, 'coding')} could not be "
                "checked, because no text was given to compare with."
            )
        self._similar_coders()

    def _own_id(self, number: int, key: str) -> bool:
        if not key:
            return True
        fault = key_fault(key)
        if fault is None:
            earlier = self._ids.setdefault(key, number)
            if earlier == number:
                return True
            fault = f"{shown(key)} is already used in row {earlier}"
        self._problem(number, "coding_id", f"The coding_id {fault}.", key)
        return False

    def _coder(self, number: int, coder: str) -> bool:
        if coder not in self._faults:
            self._faults[coder] = key_fault(coder, MAX_CODER)
        fault = self._faults[coder]
        if fault:
            self._problem(number, "coder", f"The coder {fault}.", coder)
        return fault is None

    def _offset(self, number: int, column: str, cell: str) -> int | None:
        try:
            return as_whole_number(cell)
        except ValueError:
            message = f"{shown(cell)} is not a whole number." if cell else f"The {column} is empty."
            self._problem(number, column, message, cell)
            return None

    def _refuse_span(self, number: int, fault: SpanProblem, cells: tuple[str, str, str]) -> None:
        start, end, quote = cells
        if fault.code == "quote_mismatch":
            self._problem(number, "text", fault.message, quote)
        elif fault.code == "negative" and start.startswith("-"):
            self._problem(number, "start", fault.message, start)
        else:
            self._problem(number, "end", fault.message, end)

    def _keep(self, number: int, row: CodingRow) -> None:
        span = (row.doc, row.code, row.coder, row.start, row.end)
        if self._seen.setdefault(span, number) != number:
            self._repeated.append(str(number))
            return
        if span in self._existing.codings:
            self._plan.codings_already_there += 1
            return
        if not row.text:
            self._unchecked += 1
        self._plan.codings.append(row)
        self._plan.coders[row.coder] = self._plan.coders.get(row.coder, 0) + 1

    def _similar_coders(self) -> None:
        spellings: dict[str, list[str]] = {}
        for coder in self._plan.coders:
            spellings.setdefault(coder.casefold(), []).append(coder)
        for same in spellings.values():
            if len(same) > 1:
                self._report.note(
                    f"{self._table.file}: {' and '.join(map(shown, same))} differ only in case "
                    "and are taken as different coders."
                )

    def _problem(self, number: int, column: str, message: str, value: str | None) -> None:
        label = self._table.label(column)
        self._report.problem(self._table.file, number, label, message, value)


class _Texts:
    """Texts by document key; each of the project's own is fetched once."""

    def __init__(self, texts: dict[str, str], existing: Existing) -> None:
        self._texts = texts
        self._existing: Mapping[str, str] = existing.documents

    def __getitem__(self, key: str) -> str:
        if key not in self._texts:
            self._texts[key] = self._existing[key]
        return self._texts[key]
