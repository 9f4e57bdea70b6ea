"""What lies in the trash: who put it there, when, what went with it, and who may bring it back."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cases.models import Case
from cases.services.trash.cases import restore_case
from coding import queries, subjects
from coding.models import Code, Note, Source
from coding.services import notes
from coding.services.trash import restore_code, restore_source
from coding.services.trash.shared import in_words
from coding.subjects import Place, Ref
from projects.access import Access
from projects.models import Event, Membership
from projects.queries import visible_events

VERBS = ("source.removed", "code.removed", "case.removed", "note.removed", "note.discarded")


@dataclass(frozen=True, slots=True)
class Entry:
    guid: uuid.UUID
    kind: str
    what: str
    name: str
    who: str
    at: datetime | None
    words: list[str]
    can_restore: bool


def entries(access: Access) -> list[Entry]:
    """The newest first. A constant number of queries, and one for each kind of thing that removed
    memos are about."""
    project = access.project
    found: list[tuple[str, Any]] = []
    found += [("source", row) for row in project.sources.filter(removed_at__isnull=False)]
    codes = project.codes.filter(removed_at__isnull=False)
    # What was merged into a code is with it.
    found += [("code", row) for row in codes.filter(merged_into__isnull=True)]
    found += [("case", row) for row in project.cases.filter(removed_at__isnull=False)]
    memos = list(removed_notes(access))
    found += [("note", row) for row in memos]
    places = subjects.places(access, [queries.about(row) for row in memos])
    lines = _removals(access, [row.guid for _kind, row in found])
    labels = dict(
        Membership.objects.filter(project=project, user__isnull=False).values_list(
            "user_id", "label"
        )
    )
    rows = [_entry(access, kind, row, lines.get(row.guid), labels, places) for kind, row in found]
    return sorted(rows, key=lambda row: (row.at is not None, row.at), reverse=True)


def removed_notes(access: Access) -> QuerySet[Note]:
    """Memos that were removed from what is still there, and is seen by this person."""
    rows = queries.notes_seen_by(access, Note.objects.filter(removed_at__isnull=False))
    there = Q(coding__isnull=True) | Q(coding__in=queries.visible_codings(access))
    return rows.filter(there).select_related("coding__code", "coding__source", "author")


def restore(*, access: Access, guid: uuid.UUID, batch: uuid.UUID | None = None) -> str:
    """Bring back what has this identifier, whatever it is; what it is called."""
    project = access.project
    if (source := project.sources.filter(guid=guid).first()) is not None:
        restore_source(access=access, source=source, batch=batch)
        return source.title
    if (code := project.codes.filter(guid=guid).first()) is not None:
        restore_code(access=access, code=code, batch=batch)
        return code.name
    if (case := project.cases.filter(guid=guid).first()) is not None:
        restore_case(access=access, case=case, batch=batch)
        return case.name
    if (note := removed_notes(access).filter(guid=guid).first()) is not None:
        notes.restore(access=access, note=note, batch=batch)
        return _("the memo")
    raise Http404


def name_of(access: Access, guid: uuid.UUID) -> str:
    """What lies in the trash under this identifier; Http404 where nothing does."""
    for entry in entries(access):
        if entry.guid == guid:
            return entry.name
    raise Http404


def _removals(access: Access, guids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Event]:
    rows = visible_events(access).filter(verb__in=VERBS, object_guid__in=list(guids))
    return {row.object_guid: row for row in rows.order_by("id")}


def _entry(
    access: Access,
    kind: str,
    row: Any,
    line: Event | None,
    labels: dict[int, str],
    places: dict[Ref, Place],
) -> Entry:
    who = labels.get(line.actor_id or 0) or str(line.actor or "") if line else ""
    return Entry(
        guid=row.guid,
        kind=kind,
        what=_called(kind, row, places),
        name=_name(row),
        who=who,
        at=row.removed_at,
        words=_with_it(kind, row, line),
        can_restore=_may(access, kind, row, line),
    )


def _called(kind: str, row: Any, places: dict[Ref, Place]) -> str:
    if kind == "note" and row.coding is None:
        ref = queries.about(row)
        # Between two questions somebody may have put away what it is about.
        name = places[ref].name if ref in places else "—"
        return _("memo about: %(what)s %(name)s") % {"what": subjects.label(ref), "name": name}
    if kind == "note":
        words = {"code": row.coding.code.name, "source": row.coding.source.title}
        return _("memo on a passage coded with %(code)s in %(source)s") % words
    return {"source": _("source"), "code": _("code"), "case": _("case")}[kind]


def _name(row: Source | Code | Case | Note) -> str:
    if isinstance(row, Note):
        return Truncator(row.title or row.text).chars(120)
    return str(row)


def _with_it(kind: str, row: Any, line: Event | None) -> list[str]:
    if kind == "note" or line is None:
        return []
    counts = {k: n for k, n in (line.after or {}).items() if isinstance(n, int)}
    return in_words({k: n for k, n in counts.items() if k not in ("moved_up",)})


def _may(access: Access, kind: str, row: Any, line: Event | None) -> bool:
    if line is not None and line.actor_id == access.user.pk and access.may["code"]:
        return True
    if kind == "note":
        own = row.author_id == access.membership.pk and access.may["code"]
        return own or access.may["change_others_notes"]
    return access.may["edit_codebook" if kind == "code" else "remove_evidence"]
