"""What every action on codings shares: lock, outcome, event, and the answer to a repetition."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from coding.core.spans import check_span
from coding.models import (
    Assignment,
    Code,
    Coding,
    Note,
    PlacementReview,
    Round,
    Source,
    SourceText,
    SourceVersion,
)
from coding.queries import UNDOABLE_VERBS, event_rows, visible_codings
from projects.access import Access
from projects.models import Event, Membership
from projects.services.events import record

ADDED, REMOVED, CHANGED = "coding.added", "coding.removed", "coding.changed"
CONFIRMED = "coding.confirmed"


class StateConflict(ValidationError):  # noqa: N818  (an outcome, not a fault)
    """What was asked no longer fits the state of things (409 over HTTP)."""


@dataclass
class Outcome:
    """What an action did: codings now there (new or changed), ids now gone, codings whose memos
    are others now, and a sentence for the person."""

    message: str
    added: list[Coding] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    noted: list[int] = field(default_factory=list)
    # The memo that was written, changed or removed.
    note: Note | None = None


def lock(source_id: int) -> Source:
    """The source's row is the lock of all its codings, their memos and its text."""
    source = lockable().filter(pk=source_id).first()
    if source is None:
        # Withdrawn, or deleted for good, since the request came.
        raise StateConflict(_("This source is no longer there."), code="source_gone")
    if source.removed_at is not None:
        raise StateConflict(
            _("“%(source)s” is in the trash: restore it from there first.")
            % {"source": source.title},
            code="in_trash",
        )
    return source


def lockable() -> QuerySet[Source]:
    """Sources to be locked; ``any_finished`` says whether a running round keeps somebody's coding
    in them as it is (see ``services.codings.round_locks``)."""
    finished = Assignment.objects.filter(
        source=OuterRef("pk"), round__state=Round.State.RUNNING, finished_at__isnull=False
    )
    return Source.objects.select_for_update().annotate(any_finished=Exists(finished))


def current(access: Access, coding: Coding) -> Coding:
    """The coding as it is now; to be asked for under the lock."""
    return Coding.objects.select_related("source", "code", "coder").get(
        pk=coding.pk, source__project=access.project
    )


def check_codes(codes: Iterable[Code]) -> None:
    """May passages be coded with these now? Asked under the lock of a source, and answered from
    the database: somebody may have retired or merged a code since it was read."""
    wanted = [code.pk for code in codes]
    fresh = Code.objects.select_related("merged_into__merged_into").in_bulk(wanted)
    for pk in wanted:
        check_in_use(fresh[pk])
        if fresh[pk].heading_only:
            raise ValidationError(
                _("“%(code)s” is a heading; choose one of the codes below it.")
                % {"code": fresh[pk].name},
                code="heading_only",
            )


def check_in_use(code: Code) -> None:
    """Retired codes take no new passages; of a merged one it is said which to use instead."""
    if code.removed_at is not None:
        raise StateConflict(
            _("“%(code)s” is in the trash: restore it from there first.") % {"code": code.name},
            code="in_trash",
        )
    if code.merged_into is not None:
        last = code.merged_into
        while last.merged_into is not None:
            last = last.merged_into
        raise StateConflict(
            _("“%(code)s” was merged into “%(into)s”; use “%(into)s”.")
            % {"code": code.name, "into": last.name},
            code="merged",
        )
    check_kept(code)
    if code.retired_at is not None:
        raise StateConflict(
            _("“%(code)s” is retired: it keeps its passages and takes no new ones.")
            % {"code": code.name},
            code="retired",
        )


def check_kept(code: Code) -> None:
    if code.removed_at is not None:
        raise StateConflict(
            _("“%(code)s” is in the trash: restore it from there first.") % {"code": code.name},
            code="in_trash",
        )


def check_owner(access: Access, coding: Coding, sentence: str) -> None:
    """``sentence`` tells who may; it names %(coder)s."""
    if coding.coder_id != access.membership.pk and not access.may["remove_others_codings"]:
        raise PermissionDenied(sentence % {"coder": coding.coder.label})


def check_there(access: Access, coding: Coding) -> None:
    if coding.removed_at is not None:
        raise StateConflict(_gone_sentence(access, coding), code="already_removed")


def check_passage(source_id: int, start: int, end: int, quote: str) -> None:
    """Raise StateConflict unless ``text[start:end]`` reads ``quote``."""
    text = SourceText.objects.values_list("text", flat=True).get(source=source_id)
    problem = check_span(text, start, end, quote)
    if problem is None:
        return
    if problem.code in ("quote_mismatch", "past_end"):
        # The usual reason: the page was opened before a correction.
        for old in SourceVersion.objects.filter(source=source_id).order_by("-number")[:5]:
            if check_span(old.text, start, end, quote) is None:
                raise StateConflict(
                    _(
                        "The transcript has been corrected since this page was opened (version "
                        "%(n)s is now the present one); load the page again."
                    )
                    % {"n": Source.objects.values_list("version", flat=True).get(pk=source_id)},
                    code="text_corrected",
                )
    raise StateConflict(problem.message, code=problem.code)


def as_event_row(coding: Coding) -> dict[str, Any]:
    return {
        "id": coding.pk,
        "guid": str(coding.guid),
        "code": coding.code_id,
        "coder": coding.coder_id,
        "start": coding.start,
        "end": coding.end,
    }


def record_codings(
    access: Access,
    source: Source,
    verb: str,
    codings: Sequence[Coding],
    *,
    before: list[dict[str, Any]] | None = None,
    after: list[dict[str, Any]] | None = None,
    label: str = "",
    words: tuple[dict[str, str], dict[str, str]] | None = None,
    **fields: Any,
) -> None:
    """One event about ``codings``; ``words`` are what history shows of before and after."""
    was, now = words or ({}, {})
    # Before the first correction there is nothing to be decided.
    if source.version > 1 and (verb != ADDED or fields.get("mode")):
        settle_placements(access, codings, verb)
    record(
        access,
        verb,
        codings[0] if codings else source,
        label=label or ", ".join(dict.fromkeys(c.code.name for c in codings)),
        source=source,
        before=None if before is None else {"codings": before, **was},
        after=None if after is None else {"codings": after, **now},
        **fields,
    )


def settle_placements(access: Access, codings: Sequence[Coding], verb: str) -> None:
    """Who changes or removes a coding has decided where it stands after a correction."""
    state = PlacementReview.State
    PlacementReview.objects.filter(coding__in=codings, state=state.OPEN).update(
        state=state.REMOVED if verb == REMOVED else state.MOVED,
        decided_by=access.membership,
        decided_at=timezone.now(),
    )


def already_done(access: Access, batch: uuid.UUID | None) -> Outcome | None:
    """The outcome of this very request, if it has arrived before."""
    if batch is None:
        return None
    event = Event.objects.filter(
        project=access.project, actor=access.user, batch=batch, verb__in=UNDOABLE_VERBS
    ).first()
    if event is None:
        return None
    before, after = event_rows(event)
    was, now = event_rows(event, "notes")
    return Outcome(
        _("Saved."),
        added=list(visible_codings(access).filter(pk__in=after)),
        removed=[pk for pk in before if pk not in after],
        noted=list({row["coding"] for row in (*was.values(), *now.values())}),
        note=Note.objects.filter(project=access.project, guid=event.object_guid).first(),
    )


def _gone_sentence(access: Access, coding: Coding) -> str:
    last: Event | None = None
    for event in Event.objects.filter(
        project=access.project, source_guid=coding.source.guid, verb__in=(REMOVED, CHANGED)
    ).select_related("actor")[:200]:
        before, after = event_rows(event)
        if coding.pk in before and coding.pk not in after:
            last = event
            break
    if last is None or last.actor is None or coding.removed_at is None:
        return _("This coding has already been removed.")
    who: Any = Membership.objects.filter(project=access.project, user=last.actor).first()
    return _("%(who)s has already removed this coding (%(when)s).") % {
        "who": who or last.actor,
        "when": formats.date_format(timezone.localtime(coding.removed_at), "DATETIME_FORMAT"),
    }
