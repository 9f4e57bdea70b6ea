"""Memos as they are shown: what each is about, where it leads, and who may change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from coding import queries, subjects
from coding.core import markdown
from coding.models import Note, Subject
from coding.passages import Passage, passages
from coding.subjects import Place, Ref
from projects.access import Access


@dataclass(frozen=True)
class Link:
    """Where a memo points. ``place`` is None where the reader may not see it, or it is gone."""

    ref: Ref
    place: Place | None

    @property
    def name(self) -> str:
        if self.place is not None:
            return self.place.name
        return _("a %(what)s that you may not see, or that is gone") % {
            "what": subjects.label(self.ref)
        }


@dataclass(frozen=True)
class Memo:
    note: Note
    about: Place
    links: tuple[Link, ...]
    mentions: tuple[str, ...]
    may_change: bool
    # The words of a passage, for a memo on one.
    passage: Passage | None = None
    # Shown with a thing that it is not about: it points there, or is about a code that was merged
    # into it.
    points_here: bool = False
    elsewhere: bool = False

    @cached_property
    def html(self) -> SafeString:
        # The renderer lets nothing through that is not its own.
        return mark_safe(markdown.html(self.note.text, self.mentions))  # noqa: S308


def memos(access: Access, notes: Sequence[Note], here: Sequence[Ref] = ()) -> list[Memo]:
    """``notes`` with all that is shown of them, in the order given; a constant number of queries
    however many there are. ``here`` is the thing on whose page they stand."""
    refs = {note.pk: queries.about(note) for note in notes}
    links = {
        note.pk: [Ref(row.target, row.target_guid) for row in note.links.all()] for note in notes
    }
    wanted = {*refs.values(), *(ref for found in links.values() for ref in found)}
    places = subjects.places(access, wanted)
    codings = [note.coding for note in notes if note.coding and refs[note.pk] in places]
    quoted = {p.coding.pk: p for p in passages(access, codings)} if codings else {}
    lead, me = access.may["change_others_notes"], access.membership.pk
    return [
        Memo(
            note=note,
            about=places[refs[note.pk]],
            links=tuple(Link(ref, places.get(ref)) for ref in links[note.pk]),
            mentions=tuple(member.label for member in note.mentions.all()),
            passage=quoted.get(note.coding_id) if note.coding_id else None,
            may_change=access.may["code"] and (lead or note.author_id == me),
            points_here=bool(here) and refs[note.pk] not in here,
            elsewhere=bool(here) and refs[note.pk] != here[0],
        )
        for note in notes
        # Between two questions somebody may have put away what a memo is about.
        if refs[note.pk] in places
    ]


def newest_first(notes: QuerySet[Note]) -> QuerySet[Note]:
    """With all that ``memos`` asks of a note."""
    rows = notes.select_related("author", "coding__source", "coding__code")
    return rows.prefetch_related("links", "mentions").order_by("-created_at", "-id")


def with_thing(refs: Sequence[Ref]) -> Q:
    """About one of these, or pointing to it."""
    found = Q(pk__in=[])
    for ref in refs:
        found |= Q(links__target=ref.subject, links__target_guid=ref.guid)
        if ref.subject == Subject.CODING:
            found |= Q(coding__guid=ref.guid)
        elif ref.subject == Subject.NOTE:
            found |= Q(guid=ref.guid)
        else:
            found |= Q(about=ref.subject, about_guid=ref.guid)
    return found


def refs_of(access: Access, ref: Ref) -> list[Ref]:
    """The thing itself; for a code also those that were merged into it: their memos stay theirs,
    and are shown with it."""
    found = [ref]
    if ref.subject == Subject.CODE:
        merged: dict[UUID | None, list[UUID]] = {}
        rows = access.project.codes.filter(merged_into__isnull=False)
        for guid, into in rows.values_list("guid", "merged_into__guid"):
            merged.setdefault(into, []).append(guid)
        for one in found:
            found += [Ref(ref.subject, guid) for guid in merged.get(one.guid, [])]
    return found


def memos_with(access: Access, ref: Ref, most: int) -> tuple[list[Memo], int]:
    """The newest memos about a thing or pointing to it, and how many there are in all."""
    here = refs_of(access, ref)
    # A memo that is about it and points to it is one memo.
    rows = queries.visible_notes(access).filter(with_thing(here)).distinct()
    found = list(newest_first(rows)[: most + 1])
    count = rows.count() if len(found) > most else len(found)
    return memos(access, found[:most], here), count
