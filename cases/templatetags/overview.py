"""Figures of a project for its front page, which belongs to a room that knows no evidence."""

from typing import Any

from django import template

from cases import queries
from coding import queries as coding_queries
from projects.access import Access

register = template.Library()


@register.simple_tag
def overview(access: Access) -> dict[str, int]:
    return queries.overview(access)


@register.simple_tag
def own_shares(access: Access) -> list[Any]:
    """What this person has to code in running rounds."""
    shares = list(coding_queries.own_shares(access))
    for share in shares:
        share.overdue = share.finished_at is None and coding_queries.is_overdue(share.round)
    return shares
