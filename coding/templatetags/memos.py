"""Memos on the page of the thing that they are about: one include for all of them."""

import uuid
from typing import Any

from django import template

from coding import queries
from coding.notebook import memos_with
from coding.subjects import Ref
from projects.access import Access

register = template.Library()

# On the page of a thing; the notebook has them all.
MOST = 10


@register.simple_tag
def memos_about(access: Access, subject: str, row: Any) -> dict[str, Any]:
    """What ``includes/_memos.html`` shows of a thing."""
    ref = Ref(subject, row.guid)
    shown, total = memos_with(access, ref, MOST)
    return {"ref": ref, "shown": shown, "total": total, "key": uuid.uuid4()}


@register.simple_tag
def memo_counts(access: Access, subject: str) -> dict[uuid.UUID, int]:
    """How many memos there are about each thing of one kind. One query."""
    return queries.note_counts_about(access, subject)


@register.simple_tag
def memo_mentions(access: Access) -> int:
    return queries.visible_notes(access).filter(mentions=access.membership).count()


@register.filter
def of_row(counts: dict[uuid.UUID, int], row: Any) -> int:
    return counts.get(row.guid, 0)
