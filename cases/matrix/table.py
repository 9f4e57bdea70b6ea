"""The table as seen, and everything that has to be said about it."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import queries
from cases.core.counting import (
    UNITS,
    Counts,
    Rule,
    Unit,
    cell_state,
    layer_in_words,
)
from cases.matrix.parts import MatrixCell, MatrixColumn, MatrixRow
from cases.matrix.spec import MatrixSpec
from coding import queries as coding_queries
from coding.queries import CodeNode
from projects.access import Access

# Rows that are not a case.
ALL_CASES, NO_CASE = 0, -1
HEAT_STEPS = 5


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

    @property
    def elicited(self) -> list[str]:
        """The shown codes that the protocol asks about."""
        return [node.code.name for node in self.nodes if node.code.elicited]

    @property
    def elicited_below(self) -> list[str]:
        """Shown codes of another kind whose numbers hold such codes below them."""
        return [n.code.name for n in self.nodes if n.elicited_below and not n.code.elicited]

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
        # Who decided what was agreed on has not coded it.
        codings = codings.take(~np.isin(codings.source, self.evidence.agreed_sources))
        coders = self.spec.coders or np.unique(codings.coder).tolist()
        # One list of sources for each coder; a source in two of them was coded twice.
        coded = [np.unique(codings.source[codings.coder == coder]) for coder in coders]
        _sources, times = np.unique(
            np.concatenate([*coded, codings.source[:0]]), return_counts=True
        )
        return int((times > 1).sum())

    @property
    def layer_words(self) -> str:
        """Whose codings count, in a sentence."""
        own = Rule(coders=frozenset(self.spec.coders) if self.spec.coders else None)
        if self.spec.layer != "agreed":
            return layer_in_words(self.spec.rule)
        said = _("Where a document has an agreed coding, that alone is counted. Elsewhere: %(own)s")
        return said % {"own": layer_in_words(own)}

    @property
    def agreed_words(self) -> str:
        """For how many documents there is an agreed coding, and what it leaves open."""
        agreed = self.evidence.agreed
        sources = self.evidence.agreed_sources
        said = ngettext(
            "Agreed coding exists for %(n)s of %(of)s document; the others are counted as their "
            "coders left them.",
            "Agreed coding exists for %(n)s of %(of)s documents; the others are counted as their "
            "coders left them.",
            self.documents,
        ) % {"n": len(sources), "of": self.documents}
        undecided = sum(agreed.undecided.get(pk, 0) for pk in sources) if agreed else 0
        if undecided:
            said += " " + ngettext(
                "%(n)s place was not decided when its round was closed, and is not in it.",
                "%(n)s places were not decided when their round was closed, and are not in it.",
                undecided,
            ) % {"n": undecided}
        return said

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
        if rule.coders is not None:
            chosen = codings.take(np.isin(codings.coder, spec.coders))
        notes = [
            (_("Unit"), self.unit.label),
            (_("Counting rule"), self.unit.rule),
            (_("Coders"), self.layer_words),
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
        if self.evidence.agreed is not None:
            notes.append((_("Agreed coding"), self.agreed_words))
        if self.double_coded and self.spec.layer != "consensus":
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
        if self.elicited:
            notes.append(
                (
                    _("Elicited by the protocol"),
                    _("%(codes)s: the interview asks about it, so how often it occurs says little.")
                    % {"codes": ", ".join(self.elicited)},
                )
            )
        if self.elicited_below:
            notes.append(
                (
                    _("Elicited below"),
                    _("%(codes)s: codes below it that the interview asks about are counted in.")
                    % {"codes": ", ".join(self.elicited_below)},
                )
            )
        if retired := [node.code.name for node in self.nodes if node.code.retired_at]:
            notes.append(
                (
                    _("Retired codes"),
                    _("%(codes)s: nothing new is coded with it; what was coded is counted.")
                    % {"codes": ", ".join(retired)},
                )
            )
        waiting = queries.placements_waiting(
            self.access, self.evidence.text.source_ids.tolist(), spec.coders
        )
        if waiting:
            notes.append(
                (
                    _("Corrected transcripts"),
                    ngettext(
                        "%(n)s coding waits for a review of where it stands after a correction; "
                        "it is counted where the program has put it, or not at all where nothing "
                        "was left.",
                        "%(n)s codings wait for a review of where they stand after a correction; "
                        "they are counted where the program has put them, or not at all where "
                        "nothing was left.",
                        waiting,
                    )
                    % {"n": waiting},
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


def _heat(value: float | int | None, top: float | int) -> int:
    """0 for nothing, else 1…5 in equal steps of the largest value shown."""
    if not value or not top:
        return 0
    return max(1, min(HEAT_STEPS, -int(-HEAT_STEPS * value // top)))


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
