"""What a round can be drawn from."""

from typing import Any

from cases.models import CaseSource
from coding import queries as coding_queries
from coding.models import Source
from projects.access import Access


def drawable(access: Access) -> list[dict[str, Any]]:
    """The sources that may be read, with their cases by name. Two queries."""
    names: dict[int, list[str]] = {}
    rows = CaseSource.objects.filter(case__project=access.project).order_by("case__position")
    for source_id, name in rows.values_list("source_id", "case__name"):
        names.setdefault(source_id, []).append(name)
    fields = ("id", "guid", "key", "title", "kind", "words")
    return [
        {
            **row,
            "guid": str(row["guid"]),
            "kind": str(Source.Kind(row["kind"]).label),
            "cases": names.get(row["id"], []),
        }
        for row in coding_queries.visible_sources(access).order_by("key").values(*fields)
    ]
