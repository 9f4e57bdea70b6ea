"""Figures of a project for its front page, which belongs to a room that knows no evidence."""

from django import template

from cases import queries
from projects.access import Access

register = template.Library()


@register.simple_tag
def overview(access: Access) -> dict[str, int]:
    return queries.overview(access)
