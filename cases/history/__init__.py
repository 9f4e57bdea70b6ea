"""The history of a project as it is read: filters, pages, where each line leads, the export."""

from cases.history.choosing import (
    GROUPS,
    KINDS,
    Filters,
    Page,
    events,
    members,
    page,
    read_filters,
)
from cases.history.export import HEAD, MOST_EXPORTED, in_words, table
from cases.history.links import ADDRESSES, Link, links, shared_batches

__all__ = [
    "ADDRESSES",
    "GROUPS",
    "HEAD",
    "KINDS",
    "MOST_EXPORTED",
    "Filters",
    "Link",
    "Page",
    "events",
    "in_words",
    "links",
    "members",
    "page",
    "read_filters",
    "shared_batches",
    "table",
]
