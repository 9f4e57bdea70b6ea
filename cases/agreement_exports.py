"""The figures of a round as files, with raw counts, so that others can compute them again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cases.agreement import Agreement, Figure, methods
from cases.agreement.report import full_stamp, sha256
from cases.core.tables import Sheet, Value, csv_bytes, csv_lines, xlsx_bytes
from cases.core.word import Table, report_docx
from cases.exports import ExportFile

FIGURES = ("percent", "f1", "alpha", "kappa", "ac1", "pabak")
# Figures that a table of codes gives with their interval.
_WITH_INTERVAL = ("alpha", "kappa")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is written: its name, head and rows of plain values."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: list[list[Value]]


def code_grid(found: Agreement) -> Grid:
    """One line for each code: applications of each coder, every figure, and why one is missing."""
    head = ["code_id", "code", "path"]
    head += [f"applications: {label}" for _pk, label in found.coders]
    head += ["applications", "prevalence", "n"]
    for name in FIGURES:
        head.append(name)
        if name in _WITH_INTERVAL:
            head += [f"{name}_low", f"{name}_high"]
    head += ["remark"]
    rows: list[list[Value]] = []
    for row in found.code_rows:
        line: list[Value] = [row.code.key, row.code.name, row.code.path, *row.applications]
        line += [row.total, row.prevalence, row.figures[found.lead].n]
        for name in FIGURES:
            figure = row.figures[name]
            line.append(figure.value)
            if name in _WITH_INTERVAL:
                line += [figure.low, figure.high]
        line.append("; ".join(_remarks(found, row.figures, rare=row.rare)))
        rows.append(line)
    return Grid("codes", _("Codes"), tuple(head), rows)


def _remarks(found: Agreement, figures: dict[str, Figure], *, rare: bool = False) -> list[str]:
    said = [_("too few to judge")] if rare else []
    said += [f"{name}: {figures[name].reason}" for name in FIGURES if figures[name].reason]
    lead = figures[found.lead]
    if lead.value is not None and lead.why_no_interval:
        said.append(_("no interval: %(why)s") % {"why": lead.why_no_interval})
    return said


def pair_grid(found: Agreement) -> Grid:
    """Each code and pair of coders with a, b, c, d."""
    labels = dict(found.coders)
    head = ("code_id", "code", "coder_1", "coder_2", "a", "b", "c", "d", "n")
    rows: list[list[Value]] = [
        [
            *(row.code.key, row.code.name, labels[row.first], labels[row.second]),
            *(row.a, row.b, row.c, row.d, row.n),
            *(row.figures[name].value for name in FIGURES),
            row.figures["kappa"].coefficient.expected,
            "; ".join(_remarks(found, row.figures)),
        ]
        for row in found.pair_rows()
    ]
    return Grid("pairs", _("Pairs of coders"), (*head, *FIGURES, "kappa_expected", "remark"), rows)


def coder_grid(found: Agreement) -> Grid:
    """Every coder against the others, and the coders two by two in the chosen measure."""
    labels = [label for _pk, label in found.coders]
    head = ("coder", "n", *FIGURES, *(f"{found.measure}: {label}" for label in labels))
    head += tuple(f"n: {label}" for label in labels)
    heat = dict(found.heat_table)
    rows: list[list[Value]] = [
        [
            label,
            found.n_of(label),
            *(figures[name].value for name in FIGURES),
            *(figure.value if figure is not None else None for figure in heat[label]),
            *(None if label == other else found.n_of(label, other) for other in labels),
        ]
        for label, figures in found.against
    ]
    return Grid("coders", _("Each coder against the others"), head, rows)


def source_grid(found: Agreement) -> Grid:
    head = ("source", "coders", "units", *FIGURES)
    rows: list[list[Value]] = [
        [
            row.title,
            "; ".join(row.coders),
            row.n,
            *(row.figures[name].value for name in FIGURES),
        ]
        for row in found.source_rows
    ]
    return Grid("sources", _("Sources"), head, rows)


def confusion_grid(found: Agreement) -> Grid:
    head = ("one_coder", "the_other", "units", "unit")
    nothing = _("(none of these codes)") if found.spec.codes else _("(no code)")
    rows: list[list[Value]] = [
        [
            one.first.name,
            one.second.name if one.second is not None else nothing,
            one.n,
            found.confusion_unit,
        ]
        for one in found.confused
    ]
    return Grid("confusion", _("Confused codes"), head, rows)


GRIDS: dict[str, Callable[[Agreement], Grid]] = {
    "codes": code_grid,
    "pairs": pair_grid,
    "coders": coder_grid,
    "sources": source_grid,
    "confusion": confusion_grid,
}
FORMATS = (*GRIDS, "xlsx", "docx", "units")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CSV = "text/csv; charset=utf-8"


def name_of(found: Agreement, fmt: str) -> str:
    title = slugify(found.access.project.title)[:40] or "project"
    day = timezone.localdate().isoformat()
    suffix = fmt if fmt in ("xlsx", "docx") else "csv"
    part = "" if fmt in ("xlsx", "docx") else f"-{fmt}"
    number = found.held.round.number
    return f"{title}-agreement-round-{number}-{found.unit}{part}-{day}.{suffix}"


def export(found: Agreement, fmt: str) -> ExportFile:
    """The figures in one of ``FORMATS`` but "units"; KeyError for another.

    ValidationError where nothing can be compared.
    """
    if found.rows is None:
        raise ValidationError(
            _("No source has been finished by two people, so there is no figure.")
        )
    name = name_of(found, fmt)
    if fmt == "xlsx":
        return ExportFile(name, _XLSX, _xlsx(found))
    if fmt == "docx":
        return ExportFile(name, _DOCX, _docx(found))
    grid = GRIDS[fmt](found)
    return ExportFile(name, CSV, csv_bytes([grid.head, *grid.rows], full_stamp(found)))


def _xlsx(found: Agreement) -> bytes:
    sheets = [
        Sheet(grid.title[:31], [grid.head], grid.rows, widths=(16, 26, 26), frozen_columns=1)
        for grid in (make(found) for make in GRIDS.values())
    ]
    rules: list[tuple[str, str]] = [
        *full_stamp(found),
        (_("Methods paragraph"), " ".join(methods(found))),
    ]
    sheets.append(Sheet(_("Rules"), [[_("What"), _("How")]], rules, widths=(30, 110)))
    title = found.access.project.title
    return xlsx_bytes(sheets, title=title, made_at=timezone.now())


# What of the tables of codes and pairs a page of paper has room for.
_ON_PAPER = {
    "codes": (
        *("code", "applications", "prevalence", "percent", "f1"),
        *("alpha", "alpha_low", "alpha_high", "kappa", "ac1", "remark"),
    ),
    "pairs": ("code", "coder_1", "coder_2", "a", "b", "c", "d", "n", "percent", "f1", "kappa"),
}


def _docx(found: Agreement) -> bytes:
    made = []
    for make in GRIDS.values():
        grid = make(found)
        kept = [
            n for n, name in enumerate(grid.head) if name in _ON_PAPER.get(grid.name, grid.head)
        ]
        rows = [[row[n] for n in kept] for row in grid.rows]
        made.append(Table(grid.title, [grid.head[n] for n in kept], rows))
    words = _("Agreement in round %(number)s: %(name)s")
    held = found.held.round
    return report_docx(
        words % {"number": held.number, "name": held.name},
        [" ".join(methods(found))],
        made,
        full_stamp(found),
        software=f"coachstudy {settings.VERSION}",
        made_at=timezone.now(),
    )


# --- the raw table -------------------------------------------------------------------------------


def unit_lines(found: Agreement) -> Iterator[str]:
    """The raw unit × coder table as CSV, line by line: 1 coded, 0 not coded, empty: not finished.

    ``weight`` says how many units a line stands for: 1, and for characters the length of a stretch
    in which nobody's coding changes. ValidationError for passages, which have no units in common.
    """
    if found.rows is None:
        raise ValidationError(
            _("No source has been finished by two people, so there is no figure.")
        )
    if found.unit == "overlap":
        raise ValidationError(
            _("Passages have no units in common; choose turns, sentences, characters or sources.")
        )
    head = ("source", "unit", "start", "end", "weight", "code_id", "code")
    labels = [label for _pk, label in found.coders]
    return csv_lines(_unit_rows([*head, *labels], found), full_stamp(found))


def _unit_rows(head: list[str], found: Agreement) -> Iterator[list[Value]]:
    yield list(head)
    if found.rows is None:
        return
    compared = {pk: place for place, pk in enumerate(found.rows.sources.tolist())}
    ids = [pk for pk, _label in found.coders]
    titles = found.cases or {source.id: source.title for source in found.chosen}
    codings = found.joined or [source.coding for source in found.chosen]
    lines = found.held.every.lines
    for coding in codings:
        if coding.source not in compared:
            continue
        spans = found.counted.spans.get(coding.source)
        finished = set(coding.coders)
        code = coding.code
        if found.spec.rolled_up:
            top = [lines[c].top if c in lines else c for c in code.tolist()]
            code = np.array(top, dtype=np.int64)
        for line in found.codes:
            own = code == line.id
            places = [
                (coding.start[own & (coding.coder == pk)], coding.end[own & (coding.coder == pk)])
                for pk in ids
            ]
            edges = _edges(found, coding.length, spans, places)
            said = [_covered(edges, *place) for place in places]
            for n, (start, end) in enumerate(edges.tolist()):
                weight = end - start if found.unit == "character" else 1
                yield [
                    *(titles[coding.source], n + 1, start, end, weight, line.key, line.name),
                    *(int(said[i][n]) if pk in finished else None for i, pk in enumerate(ids)),
                ]


def _edges(
    found: Agreement,
    length: int,
    spans: np.ndarray | None,
    places: list[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    if spans is not None:
        return spans
    if found.unit != "character":
        return np.array([(0, max(length, 1))], dtype=np.int64)
    borders = np.unique(
        np.concatenate([[0, length], *(edge for place in places for edge in place)])
    )
    return np.stack([borders[:-1], borders[1:]], axis=1).astype(np.int64)


def _covered(edges: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Which of the stretches a passage of one coder touches."""
    begun = np.searchsorted(np.sort(start), edges[:, 1], side="left")
    ended = np.searchsorted(np.sort(end), edges[:, 0], side="right")
    covered: np.ndarray = begun > ended
    return covered


__all__ = ["CSV", "FORMATS", "GRIDS", "Grid", "export", "name_of", "sha256", "unit_lines"]
