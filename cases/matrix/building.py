"""From a specification to a table: evidence, columns, rows, counts."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from cases import queries
from cases.core.counting import (
    UNITS,
    Column,
    Row,
    count,
)
from cases.matrix.parts import MatrixRow
from cases.matrix.spec import MatrixSpec
from cases.matrix.table import ALL_CASES, NO_CASE, Matrix
from cases.models import Case
from coding import queries as coding_queries
from coding.queries import CodeNode
from projects.access import Access

# What of ``Counts`` needs to know who speaks where; most units do without.
COUNTED_IN_TURNS = {"turns", "participants", "den_turns", "den_participants"}


def build(access: Access, spec: MatrixSpec) -> Matrix:
    used = {UNITS[spec.unit].counts, UNITS[spec.unit].base}
    evidence = queries.evidence(
        access,
        kinds=spec.kinds,
        coders=spec.coders,
        turns=bool(used & COUNTED_IN_TURNS),
        words="words" in used,
        agreed=spec.layer == "agreed",
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
