"""Where a line of the history leads: to what it is about, as it is now."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, SavedQuery
from coding import queries
from coding.models import (
    Code,
    CodebookVersion,
    CodeProposal,
    Coding,
    Note,
    PlacementReview,
    Source,
    Withdrawal,
)
from projects.access import Access
from projects.models import Event
from projects.queries import visible_events


@dataclass(frozen=True, slots=True)
class Link:
    address: str
    words: str


Finder = Callable[[Access, Sequence[Event]], dict[int, Link]]
IN_TRASH = gettext_lazy("in the trash")


def _guids(events: Iterable[Event]) -> list[uuid.UUID]:
    return [event.object_guid for event in events]


def _to_trash(access: Access) -> Link:
    return Link(reverse("cases:trash", args=[access.project.pk]), str(IN_TRASH))


def _sources(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    wanted = {event.pk: event.source_guid or event.object_guid for event in events}
    rows = Source.objects.filter(project=access.project, guid__in=set(wanted.values()))
    there = {guid: (pk, gone) for guid, pk, gone in rows.values_list("guid", "pk", "removed_at")}
    return {
        pk: _to_trash(access)
        if there[guid][1]
        else _link(access, "coding:source", there[guid][0], _("open the source"))
        for pk, guid in wanted.items()
        if guid in there
    }


def _codes(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = Code.objects.filter(project=access.project, guid__in=_guids(events))
    there = {guid: (pk, gone) for guid, pk, gone in rows.values_list("guid", "pk", "removed_at")}
    return {
        event.pk: _to_trash(access)
        if there[event.object_guid][1]
        else _link(access, "coding:code", there[event.object_guid][0], _("open the code"))
        for event in events
        if event.object_guid in there
    }


def _codings(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    """The place in the reader, where the coding stands now; for one that is gone its source."""
    rows = Coding.objects.filter(
        source__project=access.project, guid__in=_guids(events)
    ).values_list("guid", "source_id", "start", "end", "removed_at", "code__removed_at")
    there = {row[0]: row[1:] for row in rows}
    found = _sources(access, events)
    for event in events:
        if event.object_guid in there and event.pk in found:
            source, start, end, gone, code_gone = there[event.object_guid]
            if found[event.pk].words == str(IN_TRASH) or gone or code_gone:
                continue
            at = f"{reverse('coding:source', args=[access.project.pk, source])}?at={start}-{end}"
            found[event.pk] = Link(at, _("open the passage"))
    return found


def _notes(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    """A memo on a passage is read there, any other in the notebook."""
    rows = queries.notes_seen_by(access, Note.objects.filter(guid__in=_guids(events))).values_list(
        "guid", "removed_at", "coding__source_id", "coding__start", "coding__end"
    )
    there = {row[0]: row[1:] for row in rows}
    found = _sources(access, [event for event in events if event.source_guid])
    notebook = reverse("cases:notebook", args=[access.project.pk])
    for event in events:
        if event.object_guid not in there:
            continue
        gone, source, start, end = there[event.object_guid]
        if gone:
            found[event.pk] = _to_trash(access)
        elif source is None:
            at = f"{notebook}?of=note:{event.object_guid}"
            found[event.pk] = Link(at, _("open the memo"))
        elif found.get(event.pk) != _to_trash(access):
            at = f"{reverse('coding:source', args=[access.project.pk, source])}?at={start}-{end}"
            found[event.pk] = Link(at, _("open the passage with the memo"))
    return found


def _cases(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = Case.objects.filter(project=access.project, guid__in=_guids(events))
    gone = dict(rows.values_list("guid", "removed_at"))
    here = Link(reverse("cases:list", args=[access.project.pk]), _("open the cases"))
    return {
        event.pk: _to_trash(access) if gone.get(event.object_guid) else here for event in events
    }


def _placements(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    found = _sources(access, events)
    rows = PlacementReview.objects.filter(
        source__project=access.project, guid__in=_guids(events)
    ).values_list("guid", "coding__start", "coding__end", "coding__removed_at")
    there = {row[0]: row[1:] for row in rows}
    for event in events:
        if event.object_guid in there and event.pk in found:
            start, end, gone = there[event.object_guid]
            if found[event.pk].words != str(IN_TRASH) and not gone:
                at = f"{found[event.pk].address}?at={start}-{end}"
                found[event.pk] = Link(at, _("open the passage"))
    return found


def _participants(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = access.project.participants.filter(guid__in=_guids(events))
    there = dict(rows.values_list("guid", "pk"))
    receipts = Withdrawal.objects.filter(project=access.project, guid__in=_guids(events))
    withdrawn = dict(receipts.values_list("guid", "pk")) if access.may["import_data"] else {}
    found = {}
    for event in events:
        if event.object_guid in there:
            pk = there[event.object_guid]
            found[event.pk] = _link(access, "cases:participant", pk, _("open the participant"))
        elif event.object_guid in withdrawn:
            pk = withdrawn[event.object_guid]
            found[event.pk] = _link(access, "cases:withdrawal", pk, _("open the receipt"))
    return found


def _versions(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = CodebookVersion.objects.filter(project=access.project, guid__in=_guids(events))
    there = dict(rows.values_list("guid", "pk"))
    return {
        event.pk: _link(
            access, "coding:codebook_version", there[event.object_guid], _("open the version")
        )
        if event.object_guid in there
        else Link(reverse("coding:codes", args=[access.project.pk]), _("open the codebook"))
        for event in events
    }


def _proposals(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = CodeProposal.objects.filter(project=access.project, guid__in=_guids(events))
    there = dict(rows.values_list("guid", "pk"))
    return {
        event.pk: _link(access, "coding:proposal", there[event.object_guid], _("open the proposal"))
        for event in events
        if event.object_guid in there
    }


def _queries(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = SavedQuery.objects.filter(project=access.project, guid__in=_guids(events))
    there = dict(rows.values_list("guid", "query"))
    at = reverse("cases:search", args=[access.project.pk])
    return {
        event.pk: Link(f"{at}?{there[event.object_guid]}", _("open the search"))
        for event in events
        if event.object_guid in there
    }


def _rounds(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    """A draft is for those who make rounds; one that was deleted is nowhere."""
    rows = queries.rounds(access).filter(guid__in=_guids(events)).order_by()
    there = dict(rows.values_list("guid", "pk"))
    return {
        event.pk: _link(access, "cases:round", there[event.object_guid], _("open the round"))
        for event in events
        if event.object_guid in there
    }


def _agreement(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = queries.opened_rounds(access).filter(guid__in=_guids(events))
    there = dict(rows.values_list("guid", "pk"))
    return {
        event.pk: _link(
            access, "cases:agreement", there[event.object_guid], _("open the agreement")
        )
        for event in events
        if event.object_guid in there
    }


def _comparisons(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    rows = queries.visible_comparisons(access).filter(guid__in=_guids(events))
    there = {row[0]: row[1:] for row in rows.values_list("guid", "round_id", "source_id", "pk")}
    found = {}
    for event in events:
        if event.object_guid in there:
            held, source, pk = there[event.object_guid]
            at = reverse("coding:round_source", args=[access.project.pk, held, source])
            found[event.pk] = Link(f"{at}?at={pk}", _("open the place"))
    return found


def _page(route: str, label: Any) -> Finder:
    """Lines about a project as a whole lead to the page where that is."""

    def find(access: Access, events: Sequence[Event]) -> dict[int, Link]:
        link = Link(reverse(route, args=[access.project.pk]), str(label))
        return {event.pk: link for event in events}

    return find


def _nowhere(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    return {}


def _link(access: Access, route: str, pk: int, label: str) -> Link:
    return Link(reverse(route, args=[access.project.pk, pk]), label)


# Object type → where its lines lead. A test walks all types that are recorded.
ADDRESSES: dict[str, Finder] = {
    "coding": _codings,
    "codings": _sources,
    "placement": _placements,
    "note": _notes,
    "code": _codes,
    "example": _codes,
    "codebook": _versions,
    "proposal": _proposals,
    "source": _sources,
    "recording": _sources,
    "transcripts": _page("coding:sources", gettext_lazy("open the sources")),
    "speakers": _page("coding:speakers", gettext_lazy("open the speakers")),
    "participant": _participants,
    "case": _cases,
    "query": _queries,
    "matrix": _page("cases:matrix", gettext_lazy("open the matrix")),
    "history": _nowhere,
    "notebook": _nowhere,
    "agreement": _agreement,
    "round": _rounds,
    "comparison": _comparisons,
    "study": _page("coding:sources", gettext_lazy("open the sources")),
    "project": _nowhere,
    "member": _page("projects:members", gettext_lazy("open the members")),
    "trash": _page("cases:trash", gettext_lazy("open the trash")),
}


def links(access: Access, events: Sequence[Event]) -> dict[int, Link]:
    """By line, where it leads; some queries for each kind of thing, however many lines."""
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event.object_type, []).append(event)
    found: dict[int, Link] = {}
    for kind, rows in sorted(by_type.items()):
        found |= ADDRESSES.get(kind, _nowhere)(access, rows)
    return found


def shared_batches(access: Access, events: Sequence[Event]) -> set[uuid.UUID]:
    """The actions of these lines that have more than one line."""
    seen: dict[uuid.UUID, int] = {}
    rows = visible_events(access).filter(batch__in={event.batch for event in events})
    for batch in rows.order_by().values_list("batch", flat=True):
        seen[batch] = seen.get(batch, 0) + 1
    return {batch for batch, n in seen.items() if n > 1}
