"""The notebook as files: the memos that a page shows under its filters, with a stamp."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cases import notebook
from cases.core.codebook_files import clean
from cases.core.notebook_files import UNQUOTED, Book, Entry, docx_file, markdown_file
from cases.core.tables import Sheet, Value, csv_bytes, xlsx_bytes
from cases.exports import ExportFile
from coding import subjects
from coding.core import markdown
from coding.notebook import Memo
from projects.access import Access

HEAD = (
    "memo_id",
    "title",
    "kind",
    "about",
    "about_name",
    "passage",
    "speaker",
    "memo",
    "points_to",
    "mentions",
    "author",
    "written",
    "changed",
    "project",
    "data",
    "filters",
    "made_at",
    "made_by",
)


def table(book: Book, stamp: dict[str, str]) -> list[list[Value]]:
    """One line per memo, with the filters in each line."""
    made = book.made_at.isoformat(timespec="seconds")
    return [
        [
            e.guid,
            e.title,
            e.kind,
            e.about_kind,
            e.about,
            f"({UNQUOTED})" if e.unquoted else e.quote,
            e.speaker,
            e.text,
            "; ".join(f"{kind}: {name}" for kind, name in e.links),
            "; ".join(e.mentions),
            e.author,
            e.written,
            e.changed,
            stamp["project"],
            stamp["data"],
            stamp["filters"],
            made,
            stamp["made_by"],
        ]
        for e in book.entries
    ]


def _csv(book: Book, stamp: dict[str, str]) -> bytes:
    return csv_bytes([HEAD, *table(book, stamp)], book.stamp)


def _xlsx(book: Book, stamp: dict[str, str]) -> bytes:
    widths = (12, 24, 14, 14, 28, 40, 12, 70, 30, 16, 16, 20, 20)
    sheets = [
        Sheet(_("Memos"), [HEAD], table(book, stamp), widths=widths, frozen_columns=2),
        Sheet(_("Rules"), [[_("What"), _("How")]], list(book.stamp), widths=(30, 110)),
    ]
    return xlsx_bytes(sheets, title=book.title, made_at=book.made_at)


Write = Callable[[Book, dict[str, str]], bytes]
FORMATS: dict[str, tuple[Write, str]] = {
    "docx": (
        lambda book, _stamp: docx_file(book),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "md": (lambda book, _stamp: markdown_file(book), "text/markdown; charset=utf-8"),
    "csv": (_csv, "text/csv; charset=utf-8"),
    "xlsx": (_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def export(access: Access, spec: notebook.Spec, fmt: str) -> tuple[ExportFile, str]:
    """What ``spec`` finds in one of ``FORMATS``, and its hash; KeyError for another format."""
    write, content_type = FORMATS[fmt]
    made_at = timezone.now()
    found = notebook.memos(access, notebook.found(access, spec), spec)
    entries = [_entry(memo) for memo in found]
    said = [[e.guid, e.title, e.kind, e.about, e.text, list(e.links)] for e in entries]
    sha256 = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    stamp = {
        "project": clean(access.project.title),
        "data": "synthetic" if access.project.synthetic else "",
        "filters": clean(spec.in_words()),
        "made_by": clean(access.membership.label),
    }
    book = Book(
        title=_("%(project)s: notebook") % {"project": stamp["project"]},
        entries=entries,
        stamp=_stamp(access, spec, stamp, entries, made_at, sha256),
        made_at=made_at,
        software=f"coachstudy {settings.VERSION}",
    )
    title = slugify(access.project.title)[:40] or "project"
    name = f"{title}-notebook-{timezone.localdate(made_at).isoformat()}.{fmt}"
    return ExportFile(name, content_type, write(book, stamp)), sha256


def _entry(memo: Memo) -> Entry:
    note, passage = memo.note, memo.passage
    text = clean(note.text)
    return Entry(
        guid=str(note.guid),
        title=clean(note.title),
        kind=str(note.get_kind_display()) if note.kind else "",
        about_kind=memo.about.what,
        about=clean(memo.about.name),
        address=memo.about.address,
        author=clean(note.author.label),
        written=_time(note.created_at),
        changed=_time(note.updated_at) if note.updated_at else "",
        text=text,
        blocks=markdown.blocks(text),
        links=[(subjects.label(link.ref), clean(link.name)) for link in memo.links],
        mentions=[clean(name) for name in memo.mentions],
        # Read by the team; whoever has refused to be quoted is not quoted in a file.
        quote=clean(passage.text) if passage and passage.quotable else "",
        speaker=clean(passage.speaker) if passage else "",
        unquoted=bool(passage and not passage.quotable),
    )


def _time(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _stamp(
    access: Access,
    spec: notebook.Spec,
    said: dict[str, str],
    entries: list[Entry],
    made_at: datetime,
    sha256: str,
) -> list[tuple[str, str]]:
    query = spec.query()
    page = f"/projects/{access.project.pk}/notebook/"
    stamp = [
        (_("Project"), said["project"]),
        (_("n"), _("memos: %(n)s") % {"n": len(entries)}),
        (_("Filters"), said["filters"]),
        (_("Memos"), _("those that whoever exported may see, newest first")),
        (_("Made"), timezone.localtime(made_at).strftime("%Y-%m-%d %H:%M:%S %Z")),
        (_("Made by"), said["made_by"]),
        (_("Address"), clean(f"{page}?{query}" if query else page)),
        (_("Software"), f"coachstudy {settings.VERSION}"),
        (_("SHA-256 of the memos"), sha256),
    ]
    if access.project.synthetic:
        stamp.insert(1, (_("Data"), _("Synthetic: people and words are invented.")))
    return stamp
