"""Receipts: how much of what a withdrawal removed, who did it and when; nothing of the content."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coding.models import Withdrawal
from projects.access import Access

# In the order of the receipt.
LABELS = {
    "sources": gettext_lazy("sources, as a whole"),
    "codings": gettext_lazy("codings on these sources"),
    "turns": gettext_lazy("turns in group talk, now gap marks"),
    "group_codings": gettext_lazy("codings in group talk"),
    "codings_cut": gettext_lazy("codings cut to the words of others (they stay)"),
    "codings_merged": gettext_lazy("codings made one with an equal one"),
    "notes": gettext_lazy("memos on codings that went"),
    "notes_about": gettext_lazy("memos about the participant and their sources"),
    "notes_quoting": gettext_lazy("memos elsewhere that quoted"),
    "quotations": gettext_lazy("definitions, descriptions and attributes with a quotation blanked"),
    "versions": gettext_lazy("earlier versions of texts"),
    "placements": gettext_lazy("passages to be reviewed"),
    "originals": gettext_lazy("original files of group talk"),
    "recordings": gettext_lazy("recordings"),
    "speakers": gettext_lazy("speaker labels"),
    "attributes": gettext_lazy("attributes"),
    "cases": gettext_lazy("places in cases"),
    "replacements": gettext_lazy("lines in the log of replaced names"),
    "searches": gettext_lazy("saved searches"),
    "jobs": gettext_lazy("records of background work"),
    "uploads": gettext_lazy("uploaded files"),
    "history": gettext_lazy("lines of history blanked"),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One withdrawal as it is shown. ``lines`` are (what, how many)."""

    id: int
    number: str
    who: str
    at: str
    lines: list[tuple[str, int]]

    @property
    def short(self) -> str:
        return self.number[:8]


def receipts(access: Access) -> list[Receipt]:
    """For owners and leads: all withdrawals of the project, the latest first."""
    access.require("edit_participants")
    return [_as_receipt(row) for row in _rows(access)]


def receipt(access: Access, withdrawal_id: int) -> Receipt:
    access.require("edit_participants")
    return _as_receipt(get_object_or_404(_rows(access), pk=withdrawal_id))


def as_text(access: Access, shown: Receipt) -> str:
    """The receipt as a plain text to be kept elsewhere."""
    width = max((len(str(n)) for _what, n in shown.lines), default=1)
    lines = [
        _("Receipt of a withdrawal"),
        "",
        _("Project: %(title)s") % {"title": access.project.title},
        _("Number: %(number)s") % {"number": shown.number},
        _("When: %(at)s") % {"at": shown.at},
        _("By: %(who)s") % {"who": shown.who},
        "",
        _("Removed, with one participant:"),
        *(f"  {n:>{width}}  {what}" for what, n in shown.lines),
        "",
        _("Backups made before this still hold what was removed. After restoring one, withdraw"),
        _("the same participant again: `manage.py find_withdrawn` finds them by this number."),
    ]
    return "\n".join(lines) + "\n"


def _rows(access: Access) -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(project=access.project).select_related("made_by")


def _as_receipt(row: Withdrawal) -> Receipt:
    known = [(str(words), row.counts[key]) for key, words in LABELS.items() if key in row.counts]
    # A kind of thing that a later version of the program counted.
    other = [(key.replace("_", " "), n) for key, n in row.counts.items() if key not in LABELS]
    return Receipt(
        id=row.pk,
        number=str(row.guid),
        who=row.made_by.label,
        at=formats.date_format(timezone.localtime(row.made_at), "DATETIME_FORMAT"),
        lines=known + other,
    )
