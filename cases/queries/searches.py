"""Saved searches, and what auto-coding has made."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from cases.models import SavedQuery
from coding import queries as coding_queries
from projects.access import Access
from projects.models import Event


def saved_queries(access: Access) -> QuerySet[SavedQuery]:
    return access.project.saved_queries.select_related("made_by").order_by("name", "id")


def saved_query(access: Access, saved_id: int) -> SavedQuery:
    return get_object_or_404(access.project.saved_queries, pk=saved_id)


def batch_rows(event: Event) -> list[dict[str, Any]]:
    """The codings that an event of auto-coding has made."""
    return list(coding_queries.event_rows(event)[1].values())


def batch_lines(access: Access, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Of each event of auto-coding: its source, how many passages, how many are still there.

    Sources that may no longer be read are left out.
    """
    guids = [event.source_guid for event in events if event.source_guid]
    sources = coding_queries.visible_sources(access).filter(guid__in=guids)
    by_guid = {row["guid"]: row for row in sources.values("guid", "id", "title", "key")}
    ids = {row["id"] for event in events for row in batch_rows(event)}
    present = set(
        coding_queries.visible_codings(access)
        .filter(source__guid__in=guids, pk__in=ids)
        .values_list("pk", flat=True)
    )
    lines = []
    for event in events:
        codings = batch_rows(event)
        auto = (event.after or {}).get("auto")
        if auto is None or event.source_guid not in by_guid:
            continue
        lines.append(
            {
                "source": by_guid[event.source_guid],
                "label": event.label,
                # With several codes a passage has as many codings.
                "passages": len({(row["start"], row["end"]) for row in codings}),
                "codings": len(codings),
                "present": sum(row["id"] in present for row in codings),
                "first": f"{codings[0]['start']}-{codings[0]['end']}",
                "query": auto["query"],
            }
        )
    return sorted(lines, key=lambda line: line["source"]["key"])
