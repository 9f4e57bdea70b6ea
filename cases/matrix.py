"""The case × code matrix: what was asked for, the table as seen, and the list behind a cell.

The address is the specification: the same address always asks for the same table. Page, drill-down
and every export are made from the one ``Matrix`` built here, so they cannot disagree.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from cases import queries
from cases.core.counting import (
    DEFAULT_UNIT,
    UNITS,
    CellState,
    Column,
    Counts,
    Row,
    Rule,
    Unit,
    cell_state,
    count,
    layer_in_words,
)
from cases.models import Case
from coding import queries as coding_queries
from coding.queries import CodeNode
from projects.access import Access

LAYERS = ("union", "consensus")
# Rows that are not a case.
ALL_CASES, NO_CASE = 0, -1
HEAT_STEPS = 5
# What of ``Counts`` needs to know who speaks where; most units do without.
COUNTED_IN_TURNS = {"turns", "participants", "den_turns", "den_participants"}


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """What was asked for. Empty filters mean everything."""

    unit: str = DEFAULT_UNIT
    layer: str = "union"
    kinds: tuple[str, ...] = ()
    coders: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()

    @property
    def rule(self) -> Rule:
        return Rule(
            layer="consensus" if self.layer == "consensus" else "union",
            coders=frozenset(self.coders) if self.coders else None,
        )

    def query(self, **changes: Any) -> str:
        """The specification as the query part of an address; defaults are left out."""
        pairs: list[tuple[str, Any]] = []
        if self.unit != DEFAULT_UNIT:
            pairs.append(("unit", self.unit))
        if self.layer != "union":
            pairs.append(("layer", self.layer))
        pairs += [("kind", kind) for kind in self.kinds]
        pairs += [("coder", coder) for coder in self.coders]
        pairs += [("code", code) for code in self.codes]
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        return urlencode(pairs)


def read_spec(access: Access, params: QueryDict) -> MatrixSpec:
    """The specification in an address. What it does not understand is an error, never ignored:
    a filter that silently does nothing would make a wrong table."""
    unit = params.get("unit") or DEFAULT_UNIT
    layer = params.get("layer") or "union"
    kinds = tuple(dict.fromkeys(k for k in params.getlist("kind") if k))
    known_kinds = dict(queries.kinds_present(access))
    if unit not in UNITS or layer not in LAYERS or any(k not in known_kinds for k in kinds):
        raise BadRequest(
            _("This matrix address names a unit, layer or source type that is unknown.")
        )
    coders = _numbers(params, "coder")
    if coders and set(coders) - {c["id"] for c in coding_queries.coders(access)}:
        raise BadRequest(_("This matrix address names a coder who is not in this project."))
    codes = _numbers(params, "code")
    if codes and set(codes) - {node.code.pk for node in coding_queries.codebook(access)}:
        raise BadRequest(_("This matrix address names a code that is not in this project."))
    return MatrixSpec(unit, layer, kinds, coders, codes)


def _numbers(params: QueryDict, name: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(value) for value in params.getlist(name) if value))
    except ValueError:
        raise BadRequest(_("“%(name)s” must be a number.") % {"name": name}) from None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A line of the table: a case, all cases together, or the sources without a case."""

    id: int
    key: str
    name: str
    documents: int
    documents_coded: int
    words: int
    withheld: int


@dataclass(frozen=True, slots=True)
class MatrixCell:
    row: MatrixRow
    node: CodeNode
    state: CellState
    heat: int = 0
    query: str = ""
    ends_group: bool = False

    @property
    def value(self) -> float | int | None:
        return self.state.measure.value

    @property
    def empty_kind(self) -> str:
        return self.state.state.replace("_", "-")

    @property
    def spoken(self) -> str:
        """The cell in words, for those who do not see the table around it."""
        unit = UNITS[self.state.measure.unit]
        value = formats.number_format(self.value or 0, decimal_pos=2 if unit.is_rate else 0)
        return _("%(row)s, %(code)s: %(value)s %(unit)s") % {
            "row": self.row.name,
            "code": self.node.code.name,
            "value": value,
            "unit": unit.label,
        }


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """A column's place in the two-line head."""

    node: CodeNode
    in_group: bool
    starts_group: bool
    ends_group: bool


@dataclass
class Matrix:
    """The table: rows × columns of cells, with everything that has to be said about it."""

    access: Access
    spec: MatrixSpec
    evidence: queries.Evidence
    nodes: list[CodeNode]
    rows: list[MatrixRow]
    counts: Counts
    made_at: datetime = field(default_factory=timezone.now)

    @property
    def unit(self) -> Unit:
        return UNITS[self.spec.unit]

    @cached_property
    def cells(self) -> list[list[MatrixCell]]:
        states = [
            [
                cell_state(self.counts, i, j, self.spec.unit, withheld=row.withheld)
                for j in range(len(self.nodes))
            ]
            for i, row in enumerate(self.rows)
        ]
        top = max(
            (
                s.measure.value or 0
                for row, line in zip(self.rows, states, strict=True)
                if row.id != ALL_CASES
                for s in line
            ),
            default=0,
        )
        return [
            [
                MatrixCell(
                    row=row,
                    node=column.node,
                    state=state,
                    heat=0 if row.id == ALL_CASES else _heat(state.measure.value, top),
                    query=self.spec.query(row=row.id, column=column.node.code.pk),
                    ends_group=column.ends_group,
                )
                for column, state in zip(self.columns, line, strict=True)
            ]
            for row, line in zip(self.rows, states, strict=True)
        ]

    @property
    def table(self) -> list[tuple[MatrixRow, list[MatrixCell]]]:
        return list(zip(self.rows, self.cells, strict=True))

    @cached_property
    def roots(self) -> list[tuple[CodeNode, int]]:
        """The top line of the head: each shown root with the number of columns below it."""
        groups: list[tuple[CodeNode, int]] = []
        for node in self.nodes:
            if not groups or node.depth <= groups[-1][0].depth:
                groups.append((node, 1))
            else:
                groups[-1] = (groups[-1][0], groups[-1][1] + 1)
        return groups

    @cached_property
    def columns(self) -> list[MatrixColumn]:
        columns: list[MatrixColumn] = []
        for root, span in self.roots:
            first = self.nodes.index(root)
            columns += [
                MatrixColumn(self.nodes[first + n], span > 1, span > 1 and n == 0, n == span - 1)
                for n in range(span)
            ]
        return columns

    @property
    def caption(self) -> str:
        """The filters in a few words, over the table."""
        kinds = dict(queries.kinds_present(self.access))
        return " · ".join(
            [
                ", ".join(kinds[k] for k in self.spec.kinds) or _("all source types"),
                ", ".join(self.coders) if self.spec.coders else _("all coders"),
            ]
        )

    @cached_property
    def filtered_codes(self) -> list[str]:
        """The ids of the codes that were asked for; none means all."""
        return [n.code.key for n in self.nodes if n.code.pk in self.spec.codes]

    @property
    def empty_words(self) -> str:
        words = {
            "none": _("looked for, none"),
            "not_coded": _("not coded yet"),
            "not_collected": _("not collected"),
            "not_applicable": _("not applicable"),
            "withheld": _("withheld"),
        }
        return ", ".join(f"{n} {words[state]}" for state, n in self.empties.items())

    @cached_property
    def empties(self) -> dict[str, int]:
        """How many cells (without the line of totals) are in each empty state."""
        found: dict[str, int] = {}
        for row, line in self.table:
            for cell in line:
                if row.id != ALL_CASES and cell.state.state != "number":
                    found[cell.state.state] = found.get(cell.state.state, 0) + 1
        return found

    @cached_property
    def coders(self) -> list[str]:
        """The coders whose codings are counted, by name."""
        if self.spec.coders:
            # A chosen coder without a coding is part of the rule all the same.
            everybody = coding_queries.coders(self.access)
            return [c["label"] for c in everybody if c["id"] in self.spec.coders]
        return [c["label"] for c in self.with_codings]

    @cached_property
    def with_codings(self) -> list[dict[str, Any]]:
        """Everybody who has coded here, whatever the filters."""
        return queries.coders_with_codings(self.access)

    @cached_property
    def double_coded(self) -> int:
        """Sources that two or more of the counted coders coded."""
        codings = self.evidence.codings
        coders = self.spec.coders or np.unique(codings.coder).tolist()
        # One list of sources for each coder; a source in two of them was coded twice.
        coded = [np.unique(codings.source[codings.coder == coder]) for coder in coders]
        _sources, times = np.unique(
            np.concatenate([*coded, codings.source[:0]]), return_counts=True
        )
        return int((times > 1).sum())

    @cached_property
    def documents(self) -> int:
        return len(self.evidence.text.source_ids)

    @cached_property
    def notes(self) -> list[tuple[str, str]]:
        """How the numbers were made, as label and sentence; printed with every copy."""
        spec, rule = self.spec, self.spec.rule
        kinds = dict(queries.kinds_present(self.access))
        codings = self.evidence.codings
        chosen = codings
        if spec.coders:
            chosen = codings.take(np.isin(codings.coder, spec.coders))
        notes = [
            (_("Unit"), self.unit.label),
            (_("Counting rule"), self.unit.rule),
            (_("Coders"), layer_in_words(rule)),
            (
                _("Denominator"),
                _("%(of)s, per case; see the n of each row.") % {"of": self.unit.denominator},
            ),
            (
                _("Source types"),
                ", ".join(kinds[k] for k in spec.kinds) if spec.kinds else _("all"),
            ),
            (_("Coders counted"), ", ".join(self.coders) or _("nobody has coded yet")),
            (
                _("Codes"),
                _(
                    "%(which)s: %(n)s columns; a code with codes below it is the union of all of "
                    "them, never their sum"
                )
                % {
                    "which": ", ".join(self.filtered_codes) or _("all"),
                    "n": len(self.nodes),
                },
            ),
            (
                _("n"),
                _("%(cases)s cases, %(documents)s documents, %(codings)s codings")
                % {
                    "cases": sum(1 for r in self.rows if r.id > 0),
                    "documents": self.documents,
                    "codings": len(chosen),
                },
            ),
        ]
        if self.double_coded and self.spec.layer == "union":
            notes.append(
                (
                    _("Mixed coding"),
                    _(
                        "%(n)s of %(documents)s documents were coded by two or more people; "
                        "merging their codings tends to raise the counts of these documents."
                    )
                    % {"n": self.double_coded, "documents": self.documents},
                )
            )
        state = queries.codebook_state(self.access)
        changed = (
            timezone.localtime(state["changed_at"]).strftime("%Y-%m-%d %H:%M %Z")
            if state["changed_at"]
            else _("never")
        )
        notes.append(
            (
                _("Codebook"),
                _("%(n)s codes, last changed %(when)s, state %(hash)s")
                % {"n": state["codes"], "when": changed, "hash": _digest(state["rows"])[:12]},
            )
        )
        if self.access.project.synthetic:
            notes.append((_("Data"), _("Synthetic: people and words are invented.")))
        return notes

    @cached_property
    def sha256(self) -> str:
        """A hash of what the table says and how it was counted; the date is not part of it."""
        content = {
            "project": str(self.access.project.guid),
            "rule": list(self.notes),
            "cells": [
                [row.key, [[c.node.code.key, c.state.state, c.value] for c in line]]
                for row, line in self.table
            ],
            "n": [[r.key, r.documents, r.documents_coded, r.words] for r in self.rows],
        }
        return _digest(content)


def build(access: Access, spec: MatrixSpec) -> Matrix:
    used = {UNITS[spec.unit].counts, UNITS[spec.unit].base}
    evidence = queries.evidence(
        access,
        kinds=spec.kinds,
        coders=spec.coders,
        turns=bool(used & COUNTED_IN_TURNS),
        words="words" in used,
    )
    nodes = shown_codes(coding_queries.codebook(access), spec.codes)
    by_id: Mapping[int, Case] = {case.pk: case for case in queries.cases(access)}
    lines = [(row, by_id[row.id].key, by_id[row.id].name) for row in evidence.rows]
    if evidence.loose:
        lines.append((Row(NO_CASE, evidence.loose), "", _("Sources without a case")))
    if len(lines) > 1:
        everything = tuple(int(pk) for pk in evidence.text.source_ids)
        lines.append((Row(ALL_CASES, everything), "", _("All together")))
    counts = count(
        evidence.text,
        evidence.codings,
        [line[0] for line in lines],
        [Column(node.code.pk, node.codes) for node in nodes],
        spec.rule,
        finished=evidence.finished,
    )
    rows = [
        MatrixRow(
            id=row.id,
            key=key,
            name=name,
            documents=int(counts.den_documents[i]),
            documents_coded=int(counts.documents_coded[i]),
            words=int(counts.den_words[i]),
            withheld=evidence.withheld.get(row.id, 0),
        )
        for i, (row, key, name) in enumerate(lines)
    ]
    return Matrix(access, spec, evidence, nodes, rows, counts)


def shown_codes(nodes: list[CodeNode], roots: tuple[int, ...]) -> list[CodeNode]:
    """The columns: all codes, or the chosen ones with everything below them."""
    if not roots:
        return nodes
    wanted: set[int] = set()
    for node in nodes:
        if node.code.pk in roots:
            wanted |= node.codes
    return [node for node in nodes if node.code.pk in wanted]


def _heat(value: float | int | None, top: float | int) -> int:
    """0 for nothing, else 1…5 in equal steps of the largest value shown."""
    if not value or not top:
        return 0
    return max(1, min(HEAT_STEPS, -int(-HEAT_STEPS * value // top)))


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
