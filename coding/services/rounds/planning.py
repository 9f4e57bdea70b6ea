"""Preparing a round: what is coded, by whom, with which codebook. Only a draft can be changed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from coding.models import Assignment, CodebookVersion, Round, Source
from coding.queries import able_coders, visible_sources
from coding.services.codings.history import StateConflict
from projects.access import Access
from projects.models import Event, Project
from projects.services.events import record

# Shares of one round: a page shows them all.
MOST_SHARES = 2_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What is said about a round before it starts. Without ``codebook`` starting it freezes one."""

    name: str
    instructions: str = ""
    unit: str = Round.Unit.TURN
    threshold: int = 90
    codebook: CodebookVersion | None = None
    deadline: date | None = None
    fresh: bool = False
    anonymous: bool = False
    # How the sources were drawn, to be cited: see coding.core.drawing.
    drawing: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def create_round(
    *,
    access: Access,
    settings: Settings,
    shares: Mapping[int, Sequence[int]],
    batch: uuid.UUID | None = None,
) -> Round:
    """Keep a round as a draft. ``shares``: by source, the memberships of those who code it."""
    access.require("run_rounds")
    # The lock of the project: numbers are given one after the other.
    Project.objects.select_for_update().get(pk=access.project.pk)
    if batch is not None:
        done = Event.objects.filter(
            project=access.project, actor=access.user, batch=batch, verb="round.created"
        ).first()
        if done is not None:
            return access.project.rounds.get(guid=done.object_guid)
    last = access.project.rounds.aggregate(last=Max("number"))["last"]
    held = Round(project=access.project, number=(last or 0) + 1, made_by=access.membership)
    _set(access, held, settings)
    held.save()
    _share(access, held, shares)
    record(access, "round.created", held, label=held.name, after=_said(held), batch=batch)
    return held


@transaction.atomic
def change_round(
    *,
    access: Access,
    held: Round,
    settings: Settings,
    shares: Mapping[int, Sequence[int]] | None = None,
) -> Round:
    """Change a draft; ``shares`` where these are to be others."""
    access.require("run_rounds")
    held = current(access, held)
    _expect_draft(held)
    before = _said(held)
    _set(access, held, settings)
    held.save()
    if shares is not None:
        held.assignments.all().delete()
        _share(access, held, shares)
    after = _said(held)
    if before != after:
        record(access, "round.changed", held, label=held.name, before=before, after=after)
    return held


@transaction.atomic
def delete_draft(*, access: Access, held: Round) -> None:
    """A draft holds nothing but its settings: nobody has coded for it yet."""
    access.require("run_rounds")
    held = current(access, held)
    _expect_draft(held)
    record(access, "round.deleted", held, label=held.name, before=_said(held))
    held.delete()


def current(access: Access, held: Round) -> Round:
    """The round as it is now, locked."""
    return Round.objects.select_for_update().get(pk=held.pk, project=access.project)


def _expect_draft(held: Round) -> None:
    if held.state != Round.State.DRAFT:
        raise StateConflict(
            _("Round “%(round)s” has been started; it cannot be changed any more.")
            % {"round": held.name},
            code="started",
        )


def _set(access: Access, held: Round, settings: Settings) -> None:
    name = settings.name.strip()
    if not name:
        raise ValidationError({"name": _("Give the round a name.")})
    if len(name) > 120:
        raise ValidationError({"name": _("A name has at most 120 characters.")})
    if settings.unit not in Round.Unit.values:
        raise ValidationError({"unit": _("Choose one of the units.")})
    if not 1 <= settings.threshold <= 100:
        raise ValidationError({"threshold": _("The overlap lies between 1 and 100 percent.")})
    version = settings.codebook
    if version is not None and version.project_id != access.project.pk:
        raise ValidationError({"codebook": _("There is no such version of the codebook.")})
    held.name, held.instructions = name, settings.instructions.strip()
    held.unit, held.threshold = settings.unit, settings.threshold
    held.codebook, held.deadline = version, settings.deadline
    held.fresh, held.anonymous = settings.fresh, settings.anonymous
    held.drawing = dict(settings.drawing)


def _share(access: Access, held: Round, shares: Mapping[int, Sequence[int]]) -> None:
    if not shares:
        raise ValidationError(_("Choose at least one source."), code="no_sources")
    sources: dict[int, Source] = visible_sources(access).in_bulk(list(shares))
    if len(sources) != len(shares):
        raise ValidationError(_("One of these sources is no longer there."), code="gone")
    wanted = {pk for coders in shares.values() for pk in coders}
    people = able_coders(access)
    if wanted - people.keys():
        raise ValidationError(_("One of these people cannot code here any more."), code="no_coder")
    rows = []
    for source_id, coders in shares.items():
        if len(set(coders)) < 2:
            raise ValidationError(
                _("“%(source)s” needs at least two coders: there is nothing to compare otherwise.")
                % {"source": sources[source_id].title},
                code="one_coder",
            )
        rows += [
            Assignment(round=held, source=sources[source_id], coder=people[pk])
            for pk in dict.fromkeys(coders)
        ]
    if len(rows) > MOST_SHARES:
        raise ValidationError(
            _("A round has at most %(most)s shares (sources times coders); these are %(n)s.")
            % {"most": f"{MOST_SHARES:,}", "n": f"{len(rows):,}"},
            code="too_many",
        )
    Assignment.objects.bulk_create(rows)


def _said(held: Round) -> dict[str, Any]:
    """What history tells of a round."""
    shares = list(held.assignments.values_list("source", "coder"))
    return {
        "name": held.name,
        "unit": str(Round.Unit(held.unit).label),
        "overlap_in_percent": held.threshold,
        "codebook": str(held.codebook) if held.codebook else "",
        "deadline": held.deadline.isoformat() if held.deadline else "",
        "fresh": held.fresh,
        "anonymous": held.anonymous,
        "sources": len({source for source, _coder in shares}),
        "coders": len({coder for _source, coder in shares}),
    }
