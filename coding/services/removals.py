"""A removal as the history tells it: its line, who may take it back, and how that is written."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from projects.access import Access
from projects.models import Event
from projects.services.events import HasGuid


def last_removal(access: Access, obj: HasGuid, *verbs: str) -> Event | None:
    """The line that put something into the trash last."""
    return (
        access.project.events.filter(verb__in=verbs, object_guid=obj.guid).order_by("-id").first()
    )


def check_may_restore(access: Access, event: Event | None, right: str) -> None:
    """Who removed it may bring it back, and whoever may remove it."""
    own = event is not None and event.actor_id == access.user.pk and access.may["code"]
    if not own and not access.may[right]:
        raise PermissionDenied(_("Only who removed it, a lead or an owner may restore it."))


def answering(
    event: Event | None, batch: uuid.UUID | None, mode: str, answers: uuid.UUID | None
) -> dict[str, Any]:
    """How a restoration is written: it answers the removal, also where nobody says so."""
    if mode == Event.Mode.DO and event is not None:
        mode, answers = Event.Mode.UNDO, event.answers or event.batch
    return {"batch": batch, "mode": mode, "answers": answers}
