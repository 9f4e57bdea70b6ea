"""The notebook: all memos that somebody may see, under filters that stand in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from coding import notebook, queries, subjects
from coding.core.search_text import Query, QueryProblem, hits, parse_query
from coding.models import Note, Subject
from coding.passages import passages
from coding.subjects import Place, Ref
from projects.access import Access

# A memo of which no kind was said.
NO_KIND = "none"
# Of passages and memos there are too many to choose among: the newest are offered.
NEWEST = 40


@dataclass(frozen=True)
class Spec:
    """What is shown; ``query`` is its address."""

    kind: str = ""
    author: int | None = None
    about: str = ""
    words: str = ""
    mentions: bool = False
    first: date | None = None
    last: date | None = None
    of: Ref | None = None
    # What ``of`` is; None for a memo that was removed.
    place: Place | None = None
    author_label: str = ""

    @property
    def any(self) -> bool:
        return bool(self.query())

    @property
    def filtered(self) -> bool:
        """Is anything asked beside one thing?"""
        return bool(replace(self, of=None).query())

    def query(self, **more: Any) -> str:
        asked = {
            "of": self.of,
            "kind": self.kind,
            "author": self.author,
            "about": self.about,
            "words": self.words,
            "mentions": "1" if self.mentions else "",
            "from": self.first,
            "to": self.last,
            **more,
        }
        return urlencode([(name, str(value)) for name, value in asked.items() if value])

    def in_words(self) -> str:
        """The filters as an export says them."""
        said = []
        if self.of:
            name = self.place.name if self.place else ""
            said.append(
                _("about or pointing to: %(what)s %(name)s")
                % {"what": subjects.label(self.of), "name": name}
            )
        if self.kind:
            said.append(_("kind: %(kind)s") % {"kind": dict(kinds())[self.kind]})
        if self.about:
            said.append(_("about a: %(what)s") % {"what": Subject(self.about).label})
        if self.author_label:
            said.append(_("author: %(who)s") % {"who": self.author_label})
        if self.words:
            said.append(_("words: %(words)s") % {"words": self.words})
        if self.mentions:
            said.append(_("those that mention whoever exported"))
        if self.first:
            said.append(_("from %(day)s") % {"day": self.first.isoformat()})
        if self.last:
            said.append(_("to %(day)s") % {"day": self.last.isoformat()})
        return "; ".join(said) or _("none: all memos")


def kinds() -> list[tuple[str, Any]]:
    return [*Note.Kind.choices, (NO_KIND, _("no kind said"))]


def abouts() -> list[tuple[str, Any]]:
    return [(kind.subject.value, kind.subject.label) for kind in subjects.kinds() if kind.has_memos]


def read_spec(access: Access, data: Mapping[str, str]) -> tuple[Spec, str]:
    """The filters of an address, and a sentence about what in it cannot be understood.

    What names something of another project, or hidden from this person, is 404.
    """
    problems: list[str] = []

    def one_of(name: str, allowed: list[tuple[str, Any]]) -> str:
        value = data.get(name, "")
        if value and value not in dict(allowed):
            problems.append(_("“%(value)s” is no such choice.") % {"value": value[:40]})
            return ""
        return value

    def day(name: str) -> date | None:
        value = data.get(name, "").strip()
        try:
            found = parse_date(value) if value else None
        except ValueError:
            found = None
        if value and found is None:
            problems.append(
                _("“%(value)s” is no day; write it as %(example)s.")
                % {"value": value[:20], "example": "2026-03-31"}
            )
        return found

    words = " ".join(data.get("words", "").replace("\x00", "").split())
    if words:
        try:
            parse_query(words)
        except QueryProblem as problem:
            problems.append(str(problem))
            words = ""
    author, label = _author(access, data.get("author", ""))
    of, place = _thing(access, data.get("of", ""))
    first, last = day("from"), day("to")
    if first and last and last < first:
        problems.append(
            _("The last day (%(last)s) lies before the first (%(first)s).")
            % {"last": formats.date_format(last), "first": formats.date_format(first)}
        )
    spec = Spec(
        kind=one_of("kind", kinds()),
        author=author,
        author_label=label,
        about=one_of("about", abouts()),
        words=words,
        mentions=bool(data.get("mentions")),
        first=first,
        last=last,
        of=of,
        place=place,
    )
    return spec, " ".join(problems)


def _author(access: Access, value: str) -> tuple[int | None, str]:
    if not value:
        return None, ""
    if not value.isascii() or not value.isdecimal() or len(value) > 15:
        raise Http404
    row = get_object_or_404(access.project.memberships, pk=int(value))
    return row.pk, row.label


def _thing(access: Access, value: str) -> tuple[Ref | None, Place | None]:
    if not value:
        return None, None
    ref = subjects.parse(value)
    if ref is None:
        raise Http404
    place = subjects.place(access, ref)
    if place is None and removed(access, ref) is None:
        raise Http404
    return ref, place


def removed(access: Access, ref: Ref) -> Note | None:
    """The memo that ``ref`` names, if it has been removed."""
    if ref.subject != Subject.NOTE:
        return None
    rows = queries.notes_seen_by(access, Note.objects.all())
    return rows.filter(guid=ref.guid, removed_at__isnull=False).first()


def found(access: Access, spec: Spec) -> list[int]:
    """The ids of the memos that fit, newest first. One query, and one more for words."""
    rows = queries.visible_notes(access)
    if spec.of:
        rows = rows.filter(notebook.with_thing(notebook.refs_of(access, spec.of)))
    if spec.kind:
        rows = rows.filter(kind="" if spec.kind == NO_KIND else spec.kind)
    if spec.author:
        rows = rows.filter(author=spec.author)
    if spec.about:
        rows = rows.filter(about=spec.about)
    if spec.mentions:
        rows = rows.filter(mentions=access.membership)
    if spec.first:
        rows = rows.filter(created_at__date__gte=spec.first)
    if spec.last:
        rows = rows.filter(created_at__date__lte=spec.last)
    rows = rows.distinct().order_by("-created_at", "-id")
    if not spec.words:
        return [pk for pk, _at in rows.values_list("pk", "created_at")]
    query = parse_query(spec.words)
    said = rows.values_list("pk", "created_at", "title", "text")
    return [pk for pk, _at, title, text in said if _fits(f"{title}\n{text}", query)]


def _fits(text: str, query: Query) -> bool:
    """Is something of every group of the query there? Words as in the search of sources."""
    return all(
        any(hits(text, 0, len(text), Query(((term,),))) for term in group) for group in query.groups
    )


def memos(access: Access, ids: list[int], spec: Spec) -> list[notebook.Memo]:
    thing = spec.of if spec.of and spec.of.subject != Subject.NOTE else None
    here = notebook.refs_of(access, thing) if thing else ()
    rows = {note.pk: note for note in notebook.newest_first(_rows(access, ids))}
    return notebook.memos(access, [rows[pk] for pk in ids if pk in rows], here)


def _rows(access: Access, ids: list[int]) -> QuerySet[Note]:
    return Note.objects.filter(project=access.project, pk__in=ids, removed_at__isnull=True)


def authors(access: Access) -> list[tuple[int, str]]:
    """Who has written memos that this person may see."""
    wrote = queries.visible_notes(access).order_by().values("author")
    rows = access.project.memberships.filter(pk__in=wrote).order_by("label")
    return list(rows.values_list("pk", "label"))


def ref_or_404(access: Access, value: str) -> Place:
    """What somebody wants to write about."""
    ref = subjects.parse(value)
    place = subjects.place(access, ref) if ref and subjects.has_memos(ref) else None
    if place is None:
        raise Http404
    return place


def names_to_mention(access: Access) -> list[str]:
    rows = access.project.memberships.filter(user__isnull=False, ended_at__isnull=True)
    return list(rows.exclude(pk=access.membership.pk).values_list("label", flat=True))


def link_choices(access: Access, chosen: list[Ref]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a memo can point to, kind by kind: (kind, [(ref, name)]). What it points to already is
    among them, seen or not."""
    groups = []
    places = subjects.places(access, chosen)
    for kind in subjects.kinds():
        if kind.subject == Subject.PROJECT:
            continue
        offered = dict(_offered(access, kind.subject)) if kind.offered else {}
        for ref in chosen:
            if ref.subject == kind.subject and ref not in offered:
                offered[ref] = notebook.Link(ref, places.get(ref)).name
        if offered:
            rows = [(str(ref), name) for ref, name in offered.items()]
            groups.append((kind.subject.value, rows))
    return groups


def _offered(access: Access, subject: Subject) -> list[tuple[Ref, str]]:
    if subject == Subject.NOTE:
        return [(place.ref, place.name) for place in subjects.choices(access, subject, NEWEST)]
    if subject != Subject.CODING:
        return [(place.ref, place.name) for place in subjects.choices(access, subject)]
    newest = queries.visible_codings(access).select_related("source", "code").order_by("-id")
    return [
        (
            Ref(subject.value, p.coding.guid),
            f"{p.coding.code.name} · {p.coding.source.title} · “{_short(p.text)}”",
        )
        for p in passages(access, list(newest[:NEWEST]))
    ]


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else words[:59].rstrip() + "…"
