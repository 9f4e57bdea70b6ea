"""The matrix as files. Every file says how its numbers were made, and which state they are of."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cases.core.tables import Sheet, Value, csv_bytes, xlsx_bytes
from cases.matrix import Matrix
from coding.queries import CodeNode

# What an empty cell says in a table that is read as numbers and as words.
STATES = {
    "not_collected": "not collected",
    "not_coded": "not coded yet",
    "not_applicable": "n/a",
    "withheld": "withheld",
}
TIDY_HEAD = (
    "case_id",
    "case",
    "code_id",
    "code",
    "code_path",
    "code_notes",
    "unit",
    "value",
    "numerator",
    "denominator",
    "state",
    "reason",
    "segments",
    "codings",
    "documents_with",
    "documents",
    "documents_coded",
    "words",
    "layer",
    "coders",
    "source_types",
    "codes_filter",
    "codebook_state",
    "made_at",
    "project",
    "data",
    "rule",
    "sha256",
)


@dataclass(frozen=True, slots=True)
class ExportFile:
    name: str
    content_type: str
    content: bytes


def tidy_rows(matrix: Matrix) -> list[list[Value]]:
    """One line per case and code, zeros and empty cells included, with its rule in each line."""
    notes = dict(matrix.notes)
    stamp: list[Value] = [
        matrix.spec.layer,
        "; ".join(matrix.coders),
        ", ".join(matrix.spec.kinds) or "all",
        ", ".join(matrix.filtered_codes) or "all",
        notes[_("Codebook")],
        matrix.made_at.isoformat(timespec="seconds"),
        matrix.access.project.title,
        "synthetic" if matrix.access.project.synthetic else "",
        f"{notes[_('Counting rule')]} {notes[_('Coders')]}",
        matrix.sha256,
    ]
    rows: list[list[Value]] = []
    counts = matrix.counts
    for i, (row, cells) in enumerate(matrix.table):
        for j, cell in enumerate(cells):
            measure = cell.state.measure
            number = cell.state.state in ("number", "none")
            rows.append(
                [
                    row.key or ("(all)" if row.id == 0 else "(none)"),
                    row.name,
                    cell.node.code.key,
                    cell.node.code.name,
                    cell.node.path,
                    code_notes(cell.node),
                    matrix.spec.unit,
                    measure.value if number else None,
                    measure.numerator if number else None,
                    measure.denominator if number else None,
                    cell.state.state,
                    cell.state.reason,
                    *(
                        getattr(counts, name)[i, j].item() if number else None
                        for name in ("segments", "codings", "documents")
                    ),
                    row.documents,
                    row.documents_coded,
                    row.words,
                    *stamp,
                ]
            )
    return rows


def code_notes(node: CodeNode) -> str:
    """What has to be known of a code to read its numbers."""
    notes = {
        "elicited by the protocol": node.code.elicited,
        "counts codes elicited by the protocol": node.elicited_below and not node.code.elicited,
        "retired": node.code.retired_at is not None,
    }
    return "; ".join(words for words, holds in notes.items() if holds)


def wide_head(matrix: Matrix) -> list[list[Value]]:
    head: list[Value] = ["case_id", "case", "documents", "documents_coded", "words"]
    return [[*head, *(node.code.key for node in matrix.nodes)]]


def wide_rows(matrix: Matrix) -> list[list[Value]]:
    """Cases as lines, codes as columns; an empty cell says in words which kind it is."""
    rows: list[list[Value]] = []
    for row, cells in matrix.table:
        line: list[Value] = [row.key, row.name, row.documents, row.documents_coded, row.words]
        line += [STATES.get(cell.state.state, cell.value) for cell in cells]
        rows.append(line)
    return rows


def stamp(matrix: Matrix) -> list[tuple[str, str]]:
    """The notes under a table, with date, address and hash."""
    made = timezone.localtime(matrix.made_at).strftime("%Y-%m-%d %H:%M:%S %Z")
    query = matrix.spec.query()
    page = f"/projects/{matrix.access.project.pk}/matrix/"
    return [
        (_("Project"), matrix.access.project.title),
        *matrix.notes,
        (_("Made"), made),
        (_("Made by"), matrix.access.membership.label),
        (_("Address"), f"{page}?{query}" if query else page),
        (_("SHA-256 of the numbers and the rule"), matrix.sha256),
    ]


def tidy_csv(matrix: Matrix) -> bytes:
    return csv_bytes([TIDY_HEAD, *tidy_rows(matrix)])


def wide_csv(matrix: Matrix) -> bytes:
    return csv_bytes([*wide_head(matrix), *wide_rows(matrix)], stamp(matrix))


def xlsx(matrix: Matrix) -> bytes:
    decimals = 2 if matrix.unit.is_rate else None
    names: list[Value] = [None, None, None, None, None]
    return xlsx_bytes(
        [
            Sheet(
                _("Matrix"),
                [names + [node.code.name for node in matrix.nodes], *wide_head(matrix)],
                wide_rows(matrix),
                widths=(16, 32, 11, 11, 9) + (13,) * len(matrix.nodes),
                frozen_columns=2,
                decimals=decimals,
            ),
            Sheet(_("Tidy"), [TIDY_HEAD], tidy_rows(matrix), widths=(16, 28, 20, 24, 36)),
            Sheet(_("Rules"), [[_("What"), _("How")]], stamp(matrix), widths=(30, 110)),
        ],
        title=matrix.access.project.title,
        made_at=matrix.made_at,
    )


FORMATS: dict[str, tuple[Callable[[Matrix], bytes], str, str]] = {
    "tidy": (tidy_csv, "csv", "text/csv; charset=utf-8"),
    "wide": (wide_csv, "csv", "text/csv; charset=utf-8"),
    "xlsx": (
        xlsx,
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


def export(matrix: Matrix, fmt: str) -> ExportFile:
    """The matrix in one of ``FORMATS``; KeyError for another."""
    write, suffix, content_type = FORMATS[fmt]
    title = slugify(matrix.access.project.title)[:40] or "project"
    day = timezone.localtime(matrix.made_at).strftime("%Y-%m-%d")
    extra = "" if fmt == "xlsx" else f"-{fmt}"
    name = f"{title}-matrix-{matrix.spec.unit}{extra}-{day}.{suffix}"
    return ExportFile(name, content_type, write(matrix))
