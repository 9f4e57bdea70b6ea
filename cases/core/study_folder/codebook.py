"""codebook.csv: the tree of codes."""

from cases.core.archives import Folder
from cases.core.study_folder.cells import MAX_CODE_KEY, MAX_NAME, as_key
from cases.core.study_folder.keys import Keys, fits, known, refused_by_trash, same
from cases.core.study_folder.report import Names, Report, shown
from cases.core.study_folder.rows import CodeRow, Existing, StudyPlan
from cases.core.study_folder.tables import Table, read_table


def read_codebook(
    folder: Folder, file: str, existing: Existing, names: Names, plan: StudyPlan, report: Report
) -> None:
    table = read_table(folder, file, ("code",), ("parent", "definition", "name"), report)
    if table is None:
        names.open = True
        return
    for column in table.extra:
        report.note(f"{file}: the column {shown(column.name)} was ignored.")
    keys = Keys(table, "code", names, report, longest=MAX_CODE_KEY)
    read: dict[str, tuple[int, CodeRow]] = {}
    for number, cells in report.counted(table.rows, "codebook"):
        key = as_key(table.cell(cells, "code"))
        parent = as_key(table.cell(cells, "parent"))
        name = table.cell(cells, "name")
        definition = table.cell(cells, "definition")
        if not keys.accept(key, number):
            continue
        if refused_by_trash(table, number, "code_id", "code", key, existing, report):
            names.doubtful.add(key)
            continue
        names.usable.add(key)
        if fits(table, number, "name", name, MAX_NAME, report):
            read[key] = number, CodeRow(key, name or key, parent or None, definition)
    # A parent may stand below its children, so parents are looked up when all rows are read.
    for number, row in read.values():
        if row.parent is not None:
            known(table, number, "parent", row.parent, names, "code", report)
    _refuse_cycles(table, read, report)
    new = {}
    for key, (number, row) in read.items():
        there = existing.codes.get(key)
        if there is None:
            new[key] = row
        elif same(table, number, f"The code {shown(key)}", _fields(table, row, there), report):
            plan.already_there.setdefault("codes", []).append(key)
    plan.codes += _parents_first(new)


def _fields(table: Table, row: CodeRow, there: CodeRow) -> list[tuple[str, str, str]]:
    fields = [
        ("parent", row.parent or "", there.parent or ""),
        ("name", row.name, there.name),
        ("definition", row.definition, there.definition),
    ]
    return [field for field in fields if table.has(field[0])]


def _refuse_cycles(table: Table, read: dict[str, tuple[int, CodeRow]], report: Report) -> None:
    """Every code has one parent, so each walk upwards ends, or closes one cycle."""
    finished: set[str] = set()
    for start in read:
        path: dict[str, None] = {}
        key: str | None = start
        while key is not None and key in read and key not in finished and key not in path:
            path[key] = None
            key = read[key][1].parent
        if key is not None and key in path:
            around = list(path)
            around = [*around[around.index(key) :], key]
            report.problem(
                table.file,
                read[key][0],
                table.label("parent"),
                f"The code {shown(key)} is its own descendant: {' → '.join(around)}.",
                read[key][1].parent,
            )
        finished.update(path)


def _parents_first(codes: dict[str, CodeRow]) -> list[CodeRow]:
    """Tree order; siblings stay in file order. Codes on a cycle are left out (a problem)."""
    children: dict[str | None, list[CodeRow]] = {}
    for row in codes.values():
        parent = row.parent if row.parent in codes else None
        children.setdefault(parent, []).append(row)
    ordered = []
    stack = list(reversed(children.get(None, [])))
    while stack:
        row = stack.pop()
        ordered.append(row)
        stack.extend(reversed(children.get(row.key, [])))
    return ordered
