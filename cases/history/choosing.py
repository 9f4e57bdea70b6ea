"""Which lines of the history are shown: filters of an address, and pages by cursor.

The address is the specification. What the project does not have is an error, never ignored: an
audit that silently leaves out a filter would be wrong.
"""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.access import Access
from projects.models import Event, Membership
from projects.queries import visible_events

PAGE = 50

# What one import writes for each thing it makes; the import itself is one line.
DETAILS = (
    "case.imported",
    "participant.imported",
    "code.imported",
    "source.imported",
    "codings.imported",
)

# Kind in the address → what it is called, and the object types of its lines.
KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "codings": (gettext_lazy("coded passages"), ("coding", "codings", "placement")),
    "memos": (gettext_lazy("memos"), ("note",)),
    "codebook": (gettext_lazy("the codebook"), ("code", "codebook", "example", "proposal")),
    "sources": (gettext_lazy("sources"), ("source", "recording", "transcripts")),
    "cases": (gettext_lazy("cases"), ("case",)),
    "participants": (gettext_lazy("participants and speakers"), ("participant", "speakers")),
    "rounds": (gettext_lazy("rounds"), ("round", "assignment", "comparison")),
    "searches": (
        gettext_lazy("searches and exports"),
        ("query", "matrix", "history", "notebook", "agreement"),
    ),
    "project": (gettext_lazy("project and members"), ("project", "member", "study", "trash")),
}
# Group of verbs in the address → what it is called, and its verbs.
GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "removed": (
        gettext_lazy("removed things"),
        (
            "coding.removed",
            "note.removed",
            "note.discarded",
            "placement.removed",
            "source.removed",
            "code.removed",
            "case.removed",
            "code.retired",
            "code.merged",
            "example.removed",
            "recording.removed",
            "query.removed",
            "participant.withdrawn",
            "trash.emptied",
            "member.left",
        ),
    ),
    "restored": (
        gettext_lazy("things brought back"),
        (
            "source.restored",
            "code.restored",
            "case.restored",
            "note.restored",
            "note.recovered",
            "code.revived",
            "code.unmerged",
            "codebook.restored",
        ),
    ),
    "undone": (gettext_lazy("undone and done again"), ()),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which lines are shown; empty means all."""

    who: int | None = None
    kind: str = ""
    group: str = ""
    thing: uuid.UUID | None = None
    batch: uuid.UUID | None = None
    first: datetime.date | None = None
    last: datetime.date | None = None

    @property
    def any(self) -> bool:
        return self != Filters()

    def query(self) -> str:
        """The address of this choice, without the page."""
        params = QueryDict(mutable=True)
        for name, value in (
            ("who", self.who),
            ("kind", self.kind),
            ("group", self.group),
            ("object", self.thing),
            ("batch", self.batch),
            ("from", self.first),
            ("to", self.last),
        ):
            if value:
                params[name] = str(value)
        return params.urlencode()


def members(access: Access) -> list[tuple[int, str]]:
    """Who can be asked for: everybody with an account, those who have left included."""
    rows = Membership.objects.filter(project=access.project, user__isnull=False)
    return list(rows.order_by("label").values_list("pk", "label"))


def read_filters(access: Access, params: QueryDict) -> Filters:
    who = None
    if written := params.get("who", ""):
        known = {str(pk): pk for pk, _label in members(access)}
        if written not in known:
            raise BadRequest(_("This address names a person who is not in this project."))
        who = known[written]
    kind, group = params.get("kind", ""), params.get("group", "")
    if kind and kind not in KINDS:
        raise BadRequest(_("This address names a kind of thing that there is not."))
    if group and group not in GROUPS:
        raise BadRequest(_("This address names a group of lines that there is not."))
    return Filters(
        who=who,
        kind=kind,
        group=group,
        thing=_uuid(params.get("object", "")),
        batch=_uuid(params.get("batch", "")),
        first=_day(params.get("from", "")),
        last=_day(params.get("to", "")),
    )


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        raise Http404 from None


def _day(value: str) -> datetime.date | None:
    if not value:
        return None
    try:
        day = parse_date(value)
    except ValueError:
        day = None
    if day is None:
        raise BadRequest(_("“%(day)s” is not a day; write it as 2026-03-31.") % {"day": value[:40]})
    return day


def events(access: Access, filters: Filters) -> QuerySet[Event]:
    """The lines under these filters, newest first."""
    rows = visible_events(access)
    if filters.batch:
        rows = rows.filter(batch=filters.batch)
    elif not filters.thing:
        rows = rows.exclude(verb__in=DETAILS)
    if filters.thing:
        rows = rows.filter(object_guid=filters.thing) | rows.filter(source_guid=filters.thing)
    if filters.who:
        rows = rows.filter(
            actor__in=Membership.objects.filter(pk=filters.who, project=access.project).values(
                "user"
            )
        )
    if filters.kind:
        rows = rows.filter(object_type__in=KINDS[filters.kind][1])
    if filters.group == "undone":
        rows = rows.exclude(mode=Event.Mode.DO)
    elif filters.group:
        rows = rows.filter(verb__in=GROUPS[filters.group][1])
    if filters.first:
        rows = rows.filter(at__gte=_midnight(filters.first))
    if filters.last:
        after = _midnight(min(filters.last, datetime.date(9998, 1, 1)) + datetime.timedelta(days=1))
        rows = rows.filter(at__lt=after)
    return rows


def _midnight(day: datetime.date) -> datetime.datetime:
    day = max(day, datetime.date(2, 1, 1))
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of lines; ``older`` and ``newer`` are where the next pages begin, None at an end."""

    events: list[Event]
    older: int | None
    newer: int | None


def page(access: Access, filters: Filters, params: QueryDict) -> Page:
    """By cursor: ``before`` or ``after`` the id of a line, so that new lines move nothing."""
    rows = events(access, filters)
    before, after = _cursor(params.get("before")), _cursor(params.get("after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("id")[: PAGE + 1])
        more, found = len(found) > PAGE, found[:PAGE][::-1]
        if not more:
            # So near to the newest that the first page is meant.
            before = after = None
        else:
            return Page(found, found[-1].pk, found[0].pk)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    older = found[-1].pk if more else None
    return Page(found, older, found[0].pk if before is not None and found else None)


def _cursor(value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdecimal() or len(value) > 18:
        raise Http404
    return int(value)
