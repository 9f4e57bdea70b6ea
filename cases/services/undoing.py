"""Undo from the history: how each kind of line is taken back, by whom, or why it cannot be.

``WAYS`` has a line for every verb; a test walks all verbs that services record. What a way does is
an event of its own that answers the line, and can be reversed in the same way: then it is a redo.
Where an action has several lines (a search that coded in many sources), all are reversed together.

A rehearsal is the thing itself, taken back before anything is kept: what a page says beforehand is
what will happen.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case
from cases.services import trash as cases_trash
from coding.models import Source, SourceVersion
from coding.services import codebook, notes, trash, versions
from coding.services.codings import StateConflict, reverse
from coding.services.trash.shared import in_words
from coding.services.versions.reviews import reverse_decision
from projects.access import Access
from projects.models import Event
from projects.queries import visible_events
from projects.services.redaction import NOBODY

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Way:
    """``act`` takes a line back; ``right`` is needed for it, ``others`` for what others did."""

    act: Callable[..., Any]
    right: str
    others: str = "undo_others"
    # The lines of one action go together, source by source.
    together: bool = False


def _restore_source(**about: Any) -> Counts:
    trash.restore_source(source=_row(Source, about), **about)
    return {"sources": 1}


def _remove_source(**about: Any) -> Counts:
    touched = trash.remove_source(source=_row(Source, about), **about)
    return {"sources": 1} | touched.counts


def _restore_code(*, event: Event, **about: Any) -> Counts:
    code = codebook.code_of(about["access"], event)
    trash.restore_code(code=code, **about)
    return {"codes": 1}


def _remove_code(*, event: Event, **about: Any) -> Counts:
    code = codebook.code_of(about["access"], event)
    return {"codes": 1} | trash.remove_code(code=code, **about).counts


def _restore_case(**about: Any) -> Counts:
    cases_trash.restore_case(case=_row(Case, about), **about)
    return {"cases": 1}


def _remove_case(**about: Any) -> Counts:
    return {"cases": 1} | cases_trash.remove_case(case=_row(Case, about), **about).counts


def _text_before(*, event: Event, access: Access, **about: Any) -> Counts:
    """The text as it was before a correction, as a new version."""
    found = access.project.sources.filter(guid=event.object_guid).first()
    if found is None:
        raise StateConflict(_("This source is gone for good."), code="gone")
    was, now = (int((part or {})["version"]) for part in (event.before, event.after))
    if found.version != now:
        raise StateConflict(
            _(
                "“%(source)s” has been corrected again since (it is at version %(n)s): undo that "
                "first, or restore version %(was)s from its versions."
            )
            % {"source": found.title, "n": found.version, "was": was},
            code="changed_since",
        )
    versions.restore_version(access=access, source=found, number=was, expected_version=now, **about)
    return {"corrected": 1}


def _import_before(*, access: Access, event: Event, **about: Any) -> Counts:
    """The codebook as it was before an import."""
    if event.mode == Event.Mode.UNDO:
        raise StateConflict(_("To have it again, import the file again."), code="not_undoable")
    done = codebook.undo_import(access=access, batch=event.batch)
    return {"codes": len(done.gone) + len(done.back)}


def _merge_again(*, access: Access, event: Event, **about: Any) -> Counts:
    code = codebook.code_of(access, event)
    last = access.project.events.filter(verb=event.verb, object_guid=code.guid).latest("id")
    if last.pk != event.pk:
        raise StateConflict(
            _("“%(code)s” was merged anew since: undo that instead.") % {"code": code.name},
            code="changed_since",
        )
    merged = codebook.redo_merge(access=access, code=code)
    return {"codes": 1, "passages": int((merged.before or {}).get("passages", 0))}


def _row(model: type[Source] | type[Case], about: dict[str, Any]) -> Any:
    event: Event = about.pop("event")
    row = model._base_manager.filter(
        guid=event.object_guid, project=about["access"].project
    ).first()
    if row is None:
        raise StateConflict(_("This is gone for good."), code="gone")
    return row


CODINGS = Way(reverse, "code", "remove_others_codings", together=True)
NOTES = Way(reverse, "code", "change_others_notes", together=True)
MEMOS = Way(notes.reverse, "code", "change_others_notes")
PLACEMENTS = Way(reverse_decision, "code", "remove_others_codings")
RETIRING = Way(codebook.reverse_retirement, "edit_codebook")

NOT_HERE = gettext_lazy("Nothing was taken away by this.")
IN_ROUND = gettext_lazy("What can be taken back of a round is on its page.")
BY_HAND = gettext_lazy("Set it anew on the page where it was set.")

# Verb → how it is undone, or the sentence that says why it is not undone from here.
WAYS: dict[str, Way | Any] = {
    "coding.added": CODINGS,
    "coding.removed": CODINGS,
    "coding.changed": CODINGS,
    "coding.confirmed": CODINGS,
    "note.created": NOTES,
    "note.changed": NOTES,
    "note.removed": NOTES,
    "note.restored": NOTES,
    "note.written": MEMOS,
    "note.rewritten": gettext_lazy(
        "The history holds no words of this memo: open it, and write it anew."
    ),
    "note.discarded": MEMOS,
    "note.recovered": MEMOS,
    "placement.confirmed": PLACEMENTS,
    "placement.moved": PLACEMENTS,
    "placement.removed": PLACEMENTS,
    "placement.reopened": PLACEMENTS,
    "source.removed": Way(_restore_source, "remove_evidence"),
    "source.restored": Way(_remove_source, "remove_evidence"),
    "source.corrected": Way(_text_before, "correct_sources"),
    "case.removed": Way(_restore_case, "remove_evidence"),
    "case.restored": Way(_remove_case, "remove_evidence"),
    "code.removed": Way(_restore_code, "edit_codebook"),
    "code.restored": Way(_remove_code, "edit_codebook"),
    "code.changed": Way(codebook.reverse_change, "edit_codebook"),
    "code.moved": Way(codebook.reverse_move, "edit_codebook"),
    "code.retired": RETIRING,
    "code.revived": RETIRING,
    "code.merged": Way(codebook.reverse_merge, "edit_codebook"),
    "code.split": Way(codebook.reverse_split, "edit_codebook"),
    "code.unmerged": Way(_merge_again, "edit_codebook"),
    "code.ended": gettext_lazy("Begin the split, or the second look, again."),
    "code.created": gettext_lazy("Put the code into the trash from its page."),
    "code.imported": gettext_lazy("Put the codes into the trash from their pages."),
    "example.added": gettext_lazy("Take the example away on the page of the code."),
    "example.removed": gettext_lazy("Make the passage an example again on the page of the code."),
    "codebook.frozen": NOT_HERE,
    "codebook.restored": gettext_lazy(
        "Each code that it changed has a line of its own; or restore another version."
    ),
    "codebook.imported": Way(_import_before, "edit_codebook"),
    "codebook.exported": NOT_HERE,
    "proposal.made": NOT_HERE,
    "proposal.accepted": gettext_lazy("The code that it made or changed has a line of its own."),
    "proposal.declined": gettext_lazy("Propose it again."),
    "trash.emptied": gettext_lazy("What an owner deletes from the trash is gone for good."),
    "participant.withdrawn": gettext_lazy("A withdrawal is for good."),
    "recording.added": gettext_lazy("Remove the recording on the page of the source."),
    "recording.removed": gettext_lazy("The file was deleted: add it again."),
    "source.finished": gettext_lazy("Go on coding in the source."),
    "source.reopened": gettext_lazy("Finish the source again."),
    "source.imported": gettext_lazy("Put the source into the trash from its page."),
    "study.imported": gettext_lazy("Put what it brought into the trash."),
    "transcripts.imported": gettext_lazy("Put the sources that it brought into the trash."),
    "case.imported": gettext_lazy("Put the cases into the trash from the list of cases."),
    "participant.imported": BY_HAND,
    "participant.created": BY_HAND,
    "participant.changed": BY_HAND,
    "participant.described": BY_HAND,
    "speakers.matched": BY_HAND,
    "codings.imported": gettext_lazy("Put the sources into the trash, or remove the passages."),
    "query.saved": gettext_lazy("Remove the saved search on the page of the search."),
    "query.removed": gettext_lazy("Search again, and save it."),
    "matrix.exported": NOT_HERE,
    "agreement.exported": NOT_HERE,
    "notebook.exported": NOT_HERE,
    "comparison.decided": gettext_lazy("Open the place again in the review of the round."),
    "comparison.reopened": gettext_lazy("Decide the place again in the review of the round."),
    "round.accepted": IN_ROUND,
    "round.changed": IN_ROUND,
    "round.closed": IN_ROUND,
    "round.compared": IN_ROUND,
    "round.created": IN_ROUND,
    "round.deleted": IN_ROUND,
    "round.opened": IN_ROUND,
    "round.restored": IN_ROUND,
    "round.started": IN_ROUND,
    "round.unaccepted": IN_ROUND,
    "history.exported": NOT_HERE,
    "project.created": NOT_HERE,
    "project.changed": BY_HAND,
    "project.invited": gettext_lazy("Withdraw the invitation on the page of the members."),
    "project.uninvited": gettext_lazy("Invite again."),
    "member.joined": BY_HAND,
    "member.left": gettext_lazy("Invite again."),
    "member.role": BY_HAND,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a line can be undone from here by this person; else ``why`` not."""

    can: bool = False
    why: str = ""
    # The line that has undone it, or done it again, since.
    since: Event | None = None


def standings(access: Access, events: Sequence[Event]) -> dict[int, Standing]:
    """By line. One query, however many there are."""
    answered = _answers(access, events)
    return {event.pk: _standing(access, event, answered) for event in events}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an undo would touch, or why it cannot be."""

    counts: Counts
    problem: str = ""

    @property
    def words(self) -> list[str]:
        return in_words(self.counts)


def rehearse(*, access: Access, event: Event) -> Rehearsal:
    """Undo it and take that back: nothing is changed."""
    try:
        with transaction.atomic():
            counts = undo_event(access=access, event=event)
            transaction.set_rollback(True)
    except (ValidationError, PermissionDenied) as problem:
        said = problem.messages if isinstance(problem, ValidationError) else [str(problem)]
        return Rehearsal({}, " ".join(said))
    return Rehearsal(counts)


@transaction.atomic
def undo_event(*, access: Access, event: Event, batch: uuid.UUID | None = None) -> Counts:
    """Take back what a line says (of an undo: do it again), all of its action or nothing.

    StateConflict with the reason where something in between makes that impossible. Sent twice
    under the same ``batch`` it acts once.
    """
    if batch is not None and access.project.events.filter(batch=batch).exists():
        return {}
    way = WAYS.get(event.verb)
    if not isinstance(way, Way):
        raise StateConflict(str(way), code="not_undoable")
    _check_right(access, event, way)
    parts = [event]
    if way.together:
        same = visible_events(access).filter(batch=event.batch, object_type=event.object_type)
        parts = list(same.order_by("source_guid", "id"))
    answered = _answers(access, parts)
    standing = [part for part in parts if _last(part, answered) is None]
    if event.pk not in {part.pk for part in standing}:
        raise StateConflict(_since(_last(event, answered) or event), code="answered")
    mode = Event.Mode.REDO if event.mode == Event.Mode.UNDO else Event.Mode.UNDO
    about = {"mode": mode, "answers": event.answers or event.batch, "batch": batch or uuid.uuid4()}
    # In one order for everybody: each takes the lock of a source.
    keys = {part.source_guid for part in standing}
    order = dict(
        access.project.sources.filter(guid__in=[k for k in keys if k]).values_list("guid", "pk")
    )
    total: Counter[str] = Counter()
    for part in sorted(standing, key=lambda e: (order.get(e.source_guid or NOBODY, 0), -e.pk)):
        total.update(way.act(access=access, event=part, **about))
    return dict(total)


def names_replaced(event: Event) -> bool:
    """Whether a correction was the replacement of names: the old text is not brought back."""
    label = str(SourceVersion.Reason.PSEUDONYMISED.label)
    return event.verb == "source.corrected" and (event.after or {}).get("because") == label


def _standing(access: Access, event: Event, answered: dict[Any, list[Event]]) -> Standing:
    way = WAYS.get(event.verb)
    if not isinstance(way, Way):
        return Standing(why=str(way or ""))
    if names_replaced(event):
        return Standing(why=_("Names were replaced for good: the text before holds them."))
    if (since := _last(event, answered)) is not None:
        return Standing(why=_since(since), since=since)
    try:
        _check_right(access, event, way)
    except PermissionDenied as problem:
        return Standing(why=str(problem))
    return Standing(can=True)


def _check_right(access: Access, event: Event, way: Way) -> None:
    access.require(way.right)
    if not _own(access, event) and not (access.may[way.others] or access.may["undo_others"]):
        raise PermissionDenied(_("Somebody else did this; an owner can undo it."))


def _own(access: Access, event: Event) -> bool:
    """What one has done oneself; and a memo is its author's, whoever removed it."""
    if event.actor_id == access.user.pk or event.object_type != "note":
        return event.actor_id == access.user.pk
    rows = [row for part in (event.before, event.after) for row in (part or {}).get("notes", [])]
    return bool(rows) and all(row.get("author") == access.membership.pk for row in rows)


def _key(event: Event) -> tuple[uuid.UUID, Any]:
    """What answers what: an action has one line for each source, or for each code."""
    root = event.answers or event.batch
    if event.object_type in ("coding", "note"):
        return root, (event.object_type, event.source_guid)
    return root, event.object_guid


def _answers(access: Access, events: Sequence[Event]) -> dict[Any, list[Event]]:
    roots = {event.answers or event.batch for event in events}
    found: dict[Any, list[Event]] = {}
    rows = access.project.events.filter(Q(answers__in=roots)).select_related("actor")
    for row in rows.defer("before", "after").order_by("id"):
        found.setdefault(_key(row), []).append(row)
    return found


def _last(event: Event, answered: dict[Any, list[Event]]) -> Event | None:
    """The last line that answers the same action after this one; None where this one stands."""
    later = [row for row in answered.get(_key(event), []) if row.pk > event.pk]
    # An answer of two kinds (passages, memos) has lines of its own for each.
    return later[-1] if later and later[-1].batch != event.batch else None


def _since(event: Event) -> str:
    if event.mode == Event.Mode.UNDO:
        return _("This has been undone.")
    return _("This has been done again.")
