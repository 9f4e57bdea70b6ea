"""Accepting the places where all coders agree, all at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding import queries
from coding.core.deciding import united
from coding.models import Coding, Comparison, Round, Source
from coding.queries import last_of_merges
from coding.services.adjudication.shared import ACCEPTED, Decided, check_open
from projects.access import Access
from projects.models import Event
from projects.services.events import record

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class AgreedPlan:
    """The agreed places that wait: how many, and at how many the borders differ a little."""

    places: int
    sources: int
    differing: int

    @property
    def identical(self) -> int:
        return self.places - self.differing


def plan_agreed(*, access: Access, held: Round, source: Source | None = None) -> AgreedPlan:
    """What ``accept_agreed`` would do; nothing is changed."""
    rows = list(_waiting(access, held, source).values_list("source", "start", "end", "passages"))
    differing = sum(
        any((row[2], row[3]) != (start, end) for row in passages)
        for _source, start, end, passages in rows
    )
    return AgreedPlan(len(rows), len({row[0] for row in rows}), differing)


@transaction.atomic
def accept_agreed(
    *,
    access: Access,
    held: Round,
    source: Source | None = None,
    batch: uuid.UUID | None = None,
) -> Decided:
    """Take every open place of kind "agreed" into the agreed coding.

    Identical passages are taken as they are; where borders differ within the overlap that counts as
    agreement, all that anybody coded is taken. One line of history; ``take_back`` answers it.
    """
    access.require("adjudicate")
    batch = batch or uuid.uuid4()
    if Event.objects.filter(project=access.project, actor=access.user, batch=batch).exists():
        return Decided(_("Saved."), batch)
    held = check_open(access, held)
    wanted = _waiting(access, held, source).values("source")
    # In the order in which everybody locks them.
    list(Source.objects.select_for_update().filter(pk__in=wanted).order_by("pk").only("pk"))
    rows = list(_waiting(access, held, source).order_by("pk"))
    now = timezone.now()
    codes = {
        code.pk: last_of_merges(code).pk
        for code in access.project.codes.select_related("merged_into__merged_into")
    }
    there = set(
        Coding.objects.agreed()
        .filter(agreed_in=held, source__in={row.source_id for row in rows})
        .values_list("source_id", "code_id", "start", "end")
    )
    new: list[Coding] = []
    for row in rows:
        spans = united((start, end) for _who, _pk, start, end, *_more in row.passages)
        for start, end in spans:
            place = (row.source_id, codes[row.code_id], start, end)
            if place in there:
                continue
            there.add(place)
            new.append(
                Coding(
                    source_id=row.source_id,
                    code_id=codes[row.code_id],
                    coder=access.membership,
                    start=start,
                    end=end,
                    created_at=now,
                    agreed_in=held,
                    decision=row,
                )
            )
    Coding.objects.bulk_create(new, batch_size=BATCH)
    _decided(access, [row.pk for row in rows], now)
    if rows:
        record(
            access,
            ACCEPTED,
            held,
            label=f"{held.name}: {source.title}" if source else held.name,
            before={"places": 0},
            after={
                "places": len(rows),
                "passages": len(new),
                "source_id": source.pk if source else None,
                "at": now.isoformat(),
            },
            batch=batch,
        )
    return Decided(
        ngettext(
            "%(n)s agreed place is taken into the agreed coding.",
            "%(n)s agreed places are taken into the agreed coding.",
            len(rows),
        )
        % {"n": len(rows)},
        batch,
    )


def _decided(access: Access, ids: Sequence[int], now: object) -> None:
    for first in range(0, len(ids), BATCH * 10):
        Comparison.objects.filter(pk__in=ids[first : first + BATCH * 10]).update(
            decision=Comparison.Decision.UNION,
            taken_from=None,
            decided_by=access.membership,
            decided_at=now,
        )


def _waiting(access: Access, held: Round, source: Source | None) -> QuerySet[Comparison]:
    rows = queries.visible_comparisons(access, held).filter(
        kind=Comparison.Kind.AGREE, decision=Comparison.Decision.OPEN
    )
    return rows if source is None else rows.filter(source=source)
