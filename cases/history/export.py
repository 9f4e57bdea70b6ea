"""The history as rows to be kept elsewhere, and what is in them in words."""

import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.history.choosing import GROUPS, KINDS, Filters, events, members
from projects import history as words
from projects.access import Access

MOST_EXPORTED = 200_000
HEAD = ("when", "who", "what", "about", "mode", "verb", "object", "source", "action", "changed")


def table(access: Access, filters: Filters) -> list[list[Any]]:
    """The lines under these filters as rows of ``HEAD``, the oldest first."""
    rows = []
    found = events(access, filters).order_by("id")[:MOST_EXPORTED]
    for line in words.lines(access, found):
        event = line.event
        rows.append(
            [
                event.at.astimezone(datetime.UTC).isoformat(timespec="seconds"),
                line.who,
                line.words,
                event.label,
                line.mode,
                event.verb,
                str(event.object_guid),
                str(event.source_guid or ""),
                str(event.batch),
                "; ".join(f"{name}: {was} → {now}" for name, was, now in line.diff),
            ]
        )
    return rows


def in_words(access: Access, filters: Filters) -> str:
    """What is shown, as a sentence for an export."""
    parts = []
    if filters.who:
        parts.append(_("by %(who)s") % {"who": dict(members(access))[filters.who]})
    if filters.kind:
        parts.append(_("about %(kind)s") % {"kind": KINDS[filters.kind][0]})
    if filters.group:
        parts.append(str(GROUPS[filters.group][0]))
    if filters.thing:
        parts.append(_("of the object %(guid)s") % {"guid": filters.thing})
    if filters.batch:
        parts.append(_("of the action %(guid)s") % {"guid": filters.batch})
    if filters.first:
        parts.append(_("from %(day)s") % {"day": filters.first.isoformat()})
    if filters.last:
        parts.append(_("to %(day)s") % {"day": filters.last.isoformat()})
    return "; ".join(parts) or _("all lines but the details of imports")
