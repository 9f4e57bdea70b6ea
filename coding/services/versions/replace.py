"""Putting a new text in the place of the old one, which is kept as a version."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from coding import search
from coding.core.edits import Edit
from coding.core.text import word_spans
from coding.core.turns import INTERVIEWER, TurnSpan, label_intervals, words_per_turn
from coding.models import (
    Coding,
    Note,
    PlacementReview,
    Source,
    SourceText,
    SourceVersion,
    Turn,
)
from coding.services.codings.history import StateConflict, lock
from coding.services.versions.plan import Placed, Plan, plan_correction
from coding.services.versions.records import carry_records
from coding.services.versions.translate import (
    CORRECTED,
    as_numbers,
    carry_through,
    steps_since_version,
)
from coding.version_queries import require_consent, require_names
from projects.access import Access
from projects.models import Event
from projects.services.events import record

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a correction did; ``counts`` as in ``Plan``, with those to review and made one."""

    version: int
    counts: dict[str, int]


@transaction.atomic
def replace_text(
    *,
    access: Access,
    source: Source,
    text: str,
    expected_version: int,
    because: str,
    comment: str = "",
    edits: Sequence[Edit] | None = None,
    exact: bool = False,
    batch: uuid.UUID | None = None,
) -> Replaced:
    """Make ``text`` the text of ``source``; the old one is kept, every coding is carried along.

    ``edits`` where it is known what changed; otherwise it is found out (``exact``: see ``carry``).
    What cannot be placed with certainty stands at the best guess, or is removed softly where
    nothing is left, and waits to be decided (``PlacementReview``). Raises StateConflict if the text
    is no longer that of ``expected_version``; sent twice under the same ``batch``, it acts once.
    """
    access.require("correct_sources")
    source = lock(source.pk)
    if source.project_id != access.project.pk:
        raise Source.DoesNotExist
    if batch is not None and (done := _already(access, source, batch)):
        return done
    expect_version(source, expected_version)
    plan = plan_correction(access, source, text, edits, exact=exact)
    return _put(access, source, plan, because, comment, batch)


@transaction.atomic
def restore_version(
    *,
    access: Access,
    source: Source,
    number: int,
    expected_version: int,
    comment: str = "",
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Replaced:
    """Make the text of an earlier version the present one again, as a new version.

    Codings that nobody has moved since stand exactly where they stood in it, also those that had
    been lost on the way; all others are carried like after any correction.
    """
    access.require("correct_sources")
    source = lock(source.pk)
    if source.project_id != access.project.pk:
        raise Source.DoesNotExist
    if batch is not None and (done := _already(access, source, batch)):
        return done
    expect_version(source, expected_version)
    plan = plan_restore(access, source, number)
    reason = SourceVersion.Reason.RESTORED
    return _put(access, source, plan, reason, comment, batch, mode=mode, answers=answers)


def plan_restore(access: Access, source: Source, number: int) -> Plan:
    """What restoring a version would do. Raises ValidationError where that may not be, and
    PermissionDenied where it holds words that were refused, or names that may not be seen."""
    access.require("correct_sources")
    version = get_object_or_404(
        # Beyond 64 bits a database fails on being asked.
        SourceVersion,
        source=source,
        source__project=access.project,
        number=max(min(number, 2**31 - 1), -1),
    )
    require_names(access, source, number)
    names = SourceVersion.Reason.PSEUDONYMISED
    if SourceVersion.objects.filter(
        source=source, number__gte=number, replaced_because=names
    ).exists():
        raise ValidationError(
            _("Version %(n)s holds names that have been replaced since; it cannot be restored.")
            % {"n": number},
            code="holds_names",
        )
    require_consent(access, source, number)
    plan = plan_correction(access, source, version.text)
    _as_they_stood(plan, version)
    return plan


def expect_version(source: Source, expected: int) -> None:
    """Raise StateConflict if the text of ``source`` is no longer that of this version."""
    if source.version != expected:
        raise StateConflict(
            _(
                "“%(title)s” has been corrected meanwhile: it is at version %(now)s, and your "
                "correction was made to version %(then)s. Nothing was changed."
            )
            % {"title": source.title, "now": source.version, "then": expected},
            code="text_corrected",
        )


def _already(access: Access, source: Source, batch: uuid.UUID) -> Replaced | None:
    event = Event.objects.filter(
        project=access.project,
        actor=access.user,
        batch=batch,
        verb=CORRECTED,
        source_guid=source.guid,
    ).first()
    if event is None:
        return None
    after = event.after or {}
    return Replaced(after["version"], after["codings"])


def _as_they_stood(plan: Plan, version: SourceVersion) -> None:
    """Puts into the plan the exact old places of codings that nobody has moved since."""
    old = {row[0]: (row[1], row[2]) for row in version.codings}
    known = [n for n, placed in enumerate(plan.placed) if placed.coding.pk in old]
    if not known:
        return
    steps = steps_since_version(plan.source, version.number)
    spans = np.array([old[plan.placed[n].coding.pk] for n in known], dtype=np.int64)
    now, _certain = carry_through(spans, steps)
    # Those that became uncertain only after that version.
    waiting = set(
        PlacementReview.objects.filter(
            source=plan.source,
            state=PlacementReview.State.OPEN,
            version__number__gte=version.number,
        ).values_list("coding", flat=True)
    )
    for n, place in zip(known, now.tolist(), strict=True):
        coding = plan.placed[n].coding
        waits = coding.pk in waiting
        untouched = (coding.start, coding.end) == tuple(place)
        if untouched or (waits and coding.removed_at is not None):
            a, b = old[coding.pk]
            quote = plan.old[coding.start : coding.end]
            plan.placed[n] = Placed(coding, a, b, True, plan.new[a:b] != quote, waits)


def _put(
    access: Access,
    source: Source,
    plan: Plan,
    because: str,
    comment: str,
    batch: uuid.UUID | None,
    **about: Any,
) -> Replaced:
    version = SourceVersion.objects.create(
        source=source,
        number=source.version,
        text=plan.old,
        text_sha256=source.text_sha256,
        turns=[
            [
                t.start,
                t.body_start,
                t.end,
                t.speaker,
                t.role,
                t.participant_id,
                t.time_start,
                t.time_end,
                t.withdrawn,
            ]
            for t in plan.old_turns
        ],
        codings=[[p.coding.pk, p.coding.start, p.coding.end] for p in plan.placed],
        replaced_because=because,
        comment=comment.strip(),
        replaced_by=access.membership,
    )
    before = {"version": source.version, "characters": source.length, "words": source.words}
    # Before anything moves: both are found from where things stood.
    turns, counts = plan.turns, plan.counts
    _text(source, plan, turns)
    _turns(source, plan.new, turns)
    review, merged = _codings(access, source, plan, version)
    carry_records(source, plan, version.codings)
    counts = counts | {"to_review": review, "made_one": merged}
    record(
        access,
        CORRECTED,
        source,
        source=source,
        before=before,
        after={
            "version": source.version,
            "characters": source.length,
            "words": source.words,
            **({"codings_to_review": review} if review else {}),
            **({"codings_made_one": merged} if merged else {}),
            "because": str(SourceVersion.Reason(because).label),
            "codings": counts,
            "edits": as_numbers(plan.edits),
            "carried": {"exact": plan.exact},
        },
        batch=batch,
        **about,
    )
    return Replaced(source.version, counts)


def _text(source: Source, plan: Plan, turns: Sequence[Turn]) -> None:
    spans = [TurnSpan(t.start, t.body_start, t.end, t.speaker, t.role) for t in turns]
    # A gap mark is nobody's words.
    marks = [(turn.start, turn.end) for turn in turns if turn.withdrawn]
    words = word_spans(plan.new, [*label_intervals(spans), *marks])
    per_turn = words_per_turn(words, spans)
    asked = sum(int(n) for n, turn in zip(per_turn, spans, strict=True) if turn.role == INTERVIEWER)
    source.version += 1
    source.length = len(plan.new)
    source.text_sha256 = plan.sha256
    source.words = len(words)
    source.participant_words = len(words) - asked
    try:
        with transaction.atomic():
            source.save(
                update_fields=["version", "length", "text_sha256", "words", "participant_words"]
            )
    except IntegrityError as error:
        raise ValidationError(
            _("Another source has exactly this text already; nothing was changed."),
            code="same_text",
        ) from error
    SourceText.objects.filter(source=source).update(
        text=plan.new, word_spans=np.ascontiguousarray(words, dtype="<i4").tobytes()
    )


def _turns(source: Source, text: str, turns: Sequence[Turn]) -> None:
    Turn.objects.filter(source=source).delete()
    made = Turn.objects.bulk_create(turns, batch_size=BATCH)
    search.index_turns(text, made)


def _codings(access: Access, source: Source, plan: Plan, version: SourceVersion) -> tuple[int, int]:
    """Places every coding; how many wait to be decided, and how many were made one."""
    if not plan.placed:
        return 0, 0
    reviews = {
        review.coding_id: review
        for review in PlacementReview.objects.filter(
            source=source, state=PlacementReview.State.OPEN
        )
    }
    # Whoever stands in the place of another for a moment would break the rule that nobody codes a
    # passage twice: all step aside first, under a time that is nobody else's.
    aside = timezone.now()
    gone = aside + timedelta(microseconds=1)
    Coding.objects.filter(source=source, removed_at__isnull=True).update(removed_at=aside)
    taken: dict[tuple[int | None, ...], Coding] = {}
    moved: list[Coding] = []
    twins: dict[int, Coding] = {}
    new_reviews: list[PlacementReview] = []
    settled: list[int] = []
    # What was there before any correction keeps its place against what comes back.
    for placed in sorted(plan.placed, key=lambda p: (p.coding.removed_at is not None, p.coding.pk)):
        coding = placed.coding
        was = (coding.start, coding.end, coding.removed_at)
        waits = coding.pk in reviews
        if placed.restored:
            # Lost by an earlier correction, it is found again.
            coding.removed_at = None
            settled.append(reviews[coding.pk].pk)
        present = coding.removed_at is None
        if present and not placed.certain and not waits:
            new_reviews.append(
                PlacementReview(
                    source=source,
                    coding=coding,
                    version=version,
                    old_start=coding.start,
                    old_end=coding.end,
                )
            )
        if placed.lost:
            # A row of no length cannot be; it is removed, and the review knows where it stood.
            coding.start = max(min(placed.start, len(plan.new) - 1), 0)
            coding.end = coding.start + 1
            coding.removed_at = coding.removed_at or gone
        else:
            coding.start, coding.end = placed.start, placed.end
            # By agreement a passage is coded once, whoever decided it.
            whose = (coding.agreed_in_id, None) if coding.agreed_in_id else (None, coding.coder_id)
            place = (coding.code_id, *whose, coding.start, coding.end)
            if present and place in taken:
                twins[coding.pk] = taken[place]
                coding.removed_at = gone
            elif present:
                taken[place] = coding
        if was != (coding.start, coding.end, coding.removed_at):
            moved.append(coding)
    _write_places(moved)
    Coding.objects.filter(source=source, removed_at=aside).update(removed_at=None)
    _move_memos(twins)
    gone_twins = set(twins)
    PlacementReview.objects.bulk_create(
        [review for review in new_reviews if review.coding_id not in gone_twins],
        batch_size=BATCH,
    )
    closed = {"decided_by": access.membership, "decided_at": aside}
    PlacementReview.objects.filter(pk__in=settled).update(
        state=PlacementReview.State.CONFIRMED, **closed
    )
    PlacementReview.objects.filter(
        source=source, coding__in=gone_twins, state=PlacementReview.State.OPEN
    ).update(state=PlacementReview.State.REMOVED, **closed)
    return len([r for r in new_reviews if r.coding_id not in gone_twins]), len(twins)


def _write_places(codings: Sequence[Coding]) -> None:
    """One prepared statement for all: many times as fast as a CASE for each of them."""
    if not codings:
        return
    quote = connection.ops.quote_name
    table, start, end, gone, key = map(
        quote, (Coding._meta.db_table, "start", "end", "removed_at", "id")
    )
    # Names of the model's own columns; every value is a parameter.
    sql = f"UPDATE {table} SET {start} = %s, {end} = %s, {gone} = %s WHERE {key} = %s"  # noqa: S608
    when = connection.ops.adapt_datetimefield_value
    rows = [(c.start, c.end, c.removed_at and when(c.removed_at), c.pk) for c in codings]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _move_memos(twins: dict[int, Coding]) -> None:
    """Memos of codings that became equal to another go to the one that stays."""
    if not twins:
        return
    notes = list(Note.objects.filter(coding__in=list(twins)))
    for note in notes:
        if note.coding_id is not None:
            note.coding = twins[note.coding_id]
    Note.objects.bulk_update(notes, ["coding"], batch_size=BATCH)
