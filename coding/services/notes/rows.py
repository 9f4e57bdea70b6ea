"""What a memo says, checked and written; and its row in the history."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from coding import subjects
from coding.core.markdown import mentioned
from coding.models import Note, NoteLink
from coding.subjects import Ref
from projects.access import Access
from projects.models import Membership

MAX_LENGTH = 20_000
MAX_TITLE = 200
MAX_LINKS = 30


@dataclass(frozen=True, slots=True)
class Words:
    """What is to stand in a memo; None leaves a part as it is."""

    text: str | None = None
    title: str | None = None
    kind: str | None = None
    links: tuple[Ref, ...] | None = None


def cleaned(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if not text:
        raise ValidationError(_("A memo needs some text."), code="empty")
    if len(text) > MAX_LENGTH:
        raise ValidationError(
            _("A memo has at most %(most)s characters; this one has %(found)s.")
            % {"most": MAX_LENGTH, "found": len(text)},
            code="too_long",
        )
    return text


def fill(access: Access, note: Note, words: Words) -> list[str]:
    """Put ``words`` into ``note``, checked, without saving; the names of what has changed."""
    new: dict[str, str] = {}
    if words.text is not None:
        new["text"] = cleaned(words.text)
    if words.title is not None:
        new["title"] = " ".join(words.title.replace("\x00", "").split())
        if len(new["title"]) > MAX_TITLE:
            raise ValidationError(
                _("A title has at most %(most)s characters; this one has %(found)s.")
                % {"most": MAX_TITLE, "found": len(new["title"])},
                code="too_long",
            )
    if words.kind is not None:
        if words.kind not in ("", *Note.Kind.values):
            raise ValidationError(
                _("“%(kind)s” is no kind of memo.") % {"kind": words.kind[:40]}, code="kind"
            )
        new["kind"] = words.kind
    changed = [name for name, value in new.items() if getattr(note, name) != value]
    for name in changed:
        setattr(note, name, new[name])
    if words.links is not None:
        links = _checked(access, note, words.links)
        if note.pk is None or links != links_of(note):
            changed.append("links")
    return changed


def _checked(access: Access, note: Note, links: Iterable[Ref]) -> list[Ref]:
    """Each once; what a memo points to already may stay, even where the writer may not see it."""
    wanted = list(dict.fromkeys(links))
    if len(wanted) > MAX_LINKS:
        raise ValidationError(
            _("A memo points to at most %(most)s things; this one to %(found)s.")
            % {"most": MAX_LINKS, "found": len(wanted)},
            code="links",
        )
    kept = set(links_of(note)) if note.pk else set()
    seen = subjects.places(access, [ref for ref in wanted if ref not in kept])
    for ref in wanted:
        if ref not in kept and ref not in seen:
            raise ValidationError(
                _("What the memo points to (%(what)s) is not there, or you may not see it.")
                % {"what": subjects.label(ref)},
                code="links",
            )
        if ref == Ref("note", note.guid):
            raise ValidationError(_("A memo cannot point to itself."), code="links")
    return wanted


def links_of(note: Note) -> list[Ref]:
    return [Ref(row.target, row.target_guid) for row in note.links.all()]


def save(note: Note, changed: Iterable[str], links: Iterable[Ref] | None = None) -> None:
    """Write ``note``, where it points to and who is mentioned."""
    fields = [name for name in changed if name != "links"]
    if note.pk is None:
        note.save()
    elif fields:
        note.save(update_fields=fields)
    if links is not None:
        set_links(note, links)
    if "text" in fields:
        note_mentions(note)


def set_links(note: Note, links: Iterable[Ref]) -> None:
    note.links.all().delete()
    NoteLink.objects.bulk_create(
        NoteLink(note=note, target=ref.subject, target_guid=ref.guid)
        for ref in dict.fromkeys(links)
    )


def note_mentions(note: Note) -> None:
    """Members with an account whose name stands in the text as ``@[Name]``."""
    people = Membership.objects.filter(
        project=note.project_id, user__isnull=False, ended_at__isnull=True
    )
    by_name = {member.label: member for member in people} if "@[" in note.text else {}
    note.mentions.set([by_name[name] for name in mentioned(note.text, by_name)])


def check_owner(access: Access, note: Note) -> None:
    if note.author_id != access.membership.pk and not access.may["change_others_notes"]:
        raise PermissionDenied(
            _("This memo is by %(author)s; only %(author)s or a lead may change or remove it.")
            % {"author": note.author.label}
        )


def as_row(note: Note) -> dict[str, Any]:
    """A memo on a passage in the history: undo puts its words back from there."""
    return {
        "id": note.pk,
        "guid": str(note.guid),
        "coding": note.coding_id,
        "author": note.author_id,
        "text": note.text,
        "title": note.title,
        "kind": note.kind,
        "links": [str(ref) for ref in links_of(note)],
    }


def put_back(note: Note, row: dict[str, Any]) -> None:
    """The words of a row of the history, as far as it holds them (older ones hold the text)."""
    for name in ("text", "title", "kind"):
        if name in row:
            setattr(note, name, row[name])
    note.save(update_fields=["text", "title", "kind"])
    if "links" in row:
        refs = (subjects.parse(text) for text in row["links"] if isinstance(text, str))
        set_links(note, [ref for ref in refs if ref is not None])
    note_mentions(note)


def reads(note: Note, row: dict[str, Any]) -> bool:
    """Does the memo say what the row says?"""
    return all(
        getattr(note, name) == row[name] for name in ("text", "title", "kind") if name in row
    )
