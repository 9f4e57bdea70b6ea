"""Taking back, from its line of history, what was done to a code.

Only what the code is still as the line left it: whatever was changed since in the same fields has
to be undone first. A reversal is a line of its own, and can be reversed.
"""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Code
from coding.services.codebook.merging import MERGED, undo_merge
from coding.services.codebook.shared import FIELDS, check, current, lock_tree
from coding.services.codings.history import StateConflict
from projects.access import Access
from projects.models import Event
from projects.services.events import record

NAMES = ("retired", "merged_into_id", "in_trash")


def code_of(access: Access, event: Event) -> Code:
    """The code that a line is about; StateConflict where it was deleted for good."""
    code = access.project.codes.filter(guid=event.object_guid).first()
    if code is None:
        raise StateConflict(_("This code is gone for good."), code="gone")
    return code


@transaction.atomic
def reverse_change(
    *, access: Access, event: Event, mode: str, answers: uuid.UUID, batch: uuid.UUID | None = None
) -> dict[str, int]:
    """Put back the fields that a change of a code changed."""
    access.require("edit_codebook")
    lock_tree(access)
    code = code_of(access, event)
    before, after = event.before or {}, event.after or {}
    changed = [
        name
        for name in (*FIELDS, *NAMES)
        if name in before and name in after and before[name] != after[name]
    ]
    if not changed:
        raise StateConflict(_("There is nothing left of this to undo."), code="nothing_to_undo")
    if "in_trash" not in changed:
        code = current(access, code)
    now = _state(code)
    if moved := [name for name in changed if now[name] != after[name]]:
        raise _changed_since(code, moved)
    for name in changed:
        if name == "retired":
            code.retired_at = timezone.now() if before[name] else None
        elif name == "in_trash":
            code.removed_at = timezone.now() if before[name] else None
        else:
            setattr(code, name, before[name])
    if "to_review" in after:
        code.redefined_at = _begun_before(access, code, event)
    _checked(code)
    code.save()
    record(
        access,
        "code.changed",
        code,
        before=_words(after, changed),
        after=_words(before, changed),
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return {"codes": 1}


@transaction.atomic
def reverse_move(
    *, access: Access, event: Event, mode: str, answers: uuid.UUID, batch: uuid.UUID | None = None
) -> dict[str, int]:
    """Put a code back below where it lay, in its old place where that is known."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code_of(access, event))
    before, after = event.before or {}, event.after or {}
    if code.parent_id != after.get("parent_id"):
        raise _changed_since(code, ["parent"])
    code.parent_id = before.get("parent_id")
    _checked(code)
    code.save(update_fields=["parent"])
    here = Code.objects.present().filter(project=access.project, parent=code.parent_id)
    line = [row for row in here.order_by("position", "id") if row.pk != code.pk]
    place = before.get("place") or len(line) + 1
    line.insert(place - 1, code)
    for position, row in enumerate(line):
        row.position = position
    Code.objects.bulk_update(line, ["position"])
    record(
        access,
        "code.moved",
        code,
        before=after,
        after=before | {"place": 1 + line.index(code)},
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return {"codes": 1}


@transaction.atomic
def reverse_retirement(
    *, access: Access, event: Event, mode: str, answers: uuid.UUID, batch: uuid.UUID | None = None
) -> dict[str, int]:
    """Bring back a code that was retired; of bringing it back, retire it."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code_of(access, event))
    was = event.verb == "code.retired"
    if code.merged_into_id is not None or (code.retired_at is not None) != was:
        raise _changed_since(code, ["retired"])
    code.retired_at = None if was else timezone.now()
    _checked(code)
    code.save(update_fields=["retired_at"])
    record(
        access,
        "code.revived" if was else "code.retired",
        code,
        before={"retired": was},
        after={"retired": not was},
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return {"codes": 1}


@transaction.atomic
def reverse_merge(
    *, access: Access, event: Event, mode: str, answers: uuid.UUID, batch: uuid.UUID | None = None
) -> dict[str, int]:
    """Part what this very merge joined. What people have changed since stays as they left it."""
    code = code_of(access, event)
    last = access.project.events.filter(verb=MERGED, object_guid=code.guid).order_by("-id").first()
    if last is None or last.pk != event.pk:
        raise StateConflict(
            _("“%(code)s” was merged anew since: undo that instead.") % {"code": code.name},
            code="changed_since",
        )
    came, kept = undo_merge(access=access, code=code)
    return {"codes": 1, "passages": came, "left": kept}


@transaction.atomic
def reverse_split(
    *, access: Access, event: Event, mode: str, answers: uuid.UUID, batch: uuid.UUID | None = None
) -> dict[str, int]:
    """End the second look that a split began. Every decision has a line of its own."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code_of(access, event))
    later = access.project.events.filter(
        object_guid=code.guid, object_type="code", after__has_key="to_review", pk__gt=event.pk
    )
    if later.exists():
        raise _changed_since(code, ["definition"])
    code.redefined_at = _begun_before(access, code, event)
    code.save(update_fields=["redefined_at"])
    record(access, "code.ended", code, batch=batch, mode=mode, answers=answers)
    return {"codes": 1}


def _state(code: Code) -> dict[str, Any]:
    return {name: getattr(code, name) for name in FIELDS} | {
        "retired": code.retired_at is not None,
        "merged_into_id": code.merged_into_id,
        "in_trash": code.removed_at is not None,
    }


def _words(state: dict[str, Any], changed: list[str]) -> dict[str, Any]:
    names = {"parent"} if "parent_id" in changed else set()
    return {name: value for name, value in state.items() if name in {*changed, *names}}


def _checked(code: Code) -> None:
    """The rules of the tree, once more: its name or its place may be somebody else's by now."""
    if code.parent_id is not None:
        above = Code.objects.filter(pk=code.parent_id, project=code.project_id).first()
        if above is None:
            raise StateConflict(_("The code above it is gone for good."), code="gone")
        code.parent = above
    try:
        check(code)
    except ValidationError as problem:
        raise StateConflict(" ".join(problem.messages), code="no_place") from problem


def _begun_before(access: Access, code: Code, event: Event) -> Any:
    """When the second look began that was under way before this line, if there was one."""
    earlier = access.project.events.filter(
        object_guid=code.guid, object_type="code", after__has_key="to_review", pk__lt=event.pk
    )
    return earlier.order_by("-id").values_list("at", flat=True).first()


def _changed_since(code: Code, fields: list[str]) -> StateConflict:
    names = {"parent_id": _("its place"), "parent": _("its place"), "retired": _("retired or not")}
    said = ", ".join(str(names.get(name, name.replace("_", " "))) for name in fields)
    return StateConflict(
        _("“%(code)s” has been changed since (%(fields)s): undo that first.")
        % {"code": code.name, "fields": said},
        code="changed_since",
    )
