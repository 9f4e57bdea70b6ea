"""Making codes, changing what they say, moving them in the tree, retiring them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.core.codebook import MEANING
from coding.models import Code
from coding.queries import visible_codings
from coding.services.codebook.shared import (
    COLOURS,
    check,
    check_parent,
    current,
    free_key,
    keys,
    lock_tree,
    next_position,
    stamp,
    state,
    taken_names,
)
from coding.services.codings.history import StateConflict
from projects.access import Access
from projects.services.events import record


@transaction.atomic
def create_code(
    *,
    access: Access,
    name: str,
    parent: Code | None = None,
    definition: str = "",
    colour: int | None = None,
    heading_only: bool = False,
    when_to_use: str = "",
    when_not_to_use: str = "",
    kind: str = "",
    elicited: bool = False,
    reason: str = "",
) -> Code:
    access.require("create_codes")
    lock_tree(access)
    if colour is None:
        colour = Code.objects.filter(project=access.project).count() % COLOURS
    code = Code(
        project=access.project,
        key=free_key(name, keys(access)),
        name=name.strip(),
        definition=definition.strip(),
        when_to_use=when_to_use.strip(),
        when_not_to_use=when_not_to_use.strip(),
        kind=kind,
        elicited=elicited,
        parent=parent,
        position=next_position(access),
        colour=colour,
        heading_only=heading_only,
    )
    check(code)
    code.save()
    record(access, "code.created", code, after=state(code) | _why(reason))
    return code


@transaction.atomic
def change_code(
    *,
    access: Access,
    code: Code,
    name: str,
    parent: Code | None,
    definition: str,
    colour: int,
    heading_only: bool,
    when_to_use: str | None = None,
    when_not_to_use: str | None = None,
    kind: str | None = None,
    elicited: bool | None = None,
    redefines: bool = False,
    reason: str = "",
    seen: str = "",
) -> Code:
    """Change what a code says; what is None stays.

    With ``redefines``, and if the definition or a rule changes, passages coded before are to be
    looked at again. ``seen`` is the ``stamp`` of the code as whoever writes has seen it:
    StateConflict if it says something else by now.
    """
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    before, is_now = state(code), stamp(code)
    above = (code.parent, parent)
    if (None if parent is None else parent.pk) != code.parent_id:
        code.position = next_position(access)
    code.name, code.parent, code.definition = name.strip(), parent, definition.strip()
    code.colour, code.heading_only = colour, heading_only
    if when_to_use is not None:
        code.when_to_use = when_to_use.strip()
    if when_not_to_use is not None:
        code.when_not_to_use = when_not_to_use.strip()
    code.kind = code.kind if kind is None else kind
    code.elicited = code.elicited if elicited is None else elicited
    check(code)
    after = state(code)
    if before == after:
        # Sent twice, or all of one mind: there is nothing to lose.
        return code
    if seen and seen != is_now:
        raise StateConflict(
            _("This code was changed while you were writing, so nothing is saved yet."),
            code="changed_since",
        )
    extra: dict[str, Any] = _why(reason)
    if redefines and any(before[name] != after[name] for name in MEANING):
        code.redefined_at = timezone.now()
        extra["to_review"] = visible_codings(access).filter(code=code).count()
    code.save()
    if before["parent_id"] != after["parent_id"]:
        # The history is read by people: it names the place.
        was, now = ({"parent": place.name if place else ""} for place in above)
        before, after = was | before, now | after
    record(access, "code.changed", code, before=before, after=after | extra)
    return code


@transaction.atomic
def move_code(*, access: Access, code: Code, parent: Code | None, before: Code | None) -> Code:
    """Put a code below ``parent`` (None: top level), in front of its child ``before``, or last."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    parent = None if parent is None else current(access, parent)
    if parent is not None:
        check_parent(code, parent)
    parent_id = None if parent is None else parent.pk
    moves = parent_id != code.parent_id
    named = moves and code.retired_at is None
    if named and taken_names(code.project_id, parent_id, code.pk, code.name):
        raise ValidationError(
            {"parent": _("There is already a code “%(name)s” there.") % {"name": code.name}}
        )
    here = Code.objects.present().filter(project=access.project, parent=parent)
    rows = here.order_by("position", "id")
    old = list(rows)
    line = [row for row in old if row.pk != code.pk]
    if before is None:
        line.append(code)
    else:
        at = next((i for i, row in enumerate(line) if row.pk == before.pk), None)
        if at is None:
            raise ValidationError(
                _("“%(before)s” is not there any more; look at the tree again.")
                % {"before": before.name},
                code="not_there",
            )
        line.insert(at, code)
    if not moves and [row.pk for row in line] == [row.pk for row in old]:
        return code
    was = {
        "parent": code.parent.name if code.parent else "",
        "parent_id": code.parent_id,
        "place": 1 + next((i for i, row in enumerate(old) if row.pk == code.pk), -1)
        if not moves
        else None,
    }
    code.parent = parent
    code.save(update_fields=["parent"])
    for place, row in enumerate(line):
        row.position = place
    Code.objects.bulk_update(line, ["position"])
    now = {
        "parent": parent.name if parent else "",
        "parent_id": parent_id,
        "place": 1 + line.index(code),
    }
    record(access, "code.moved", code, before=was, after=now)
    return code


@transaction.atomic
def retire_code(*, access: Access, code: Code, reason: str = "") -> Code:
    """From now on nothing is coded with it; what was coded with it stays and is counted."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    if code.retired_at is not None:
        return code
    code.retired_at = timezone.now()
    code.save(update_fields=["retired_at"])
    record(
        access,
        "code.retired",
        code,
        before={"retired": False},
        after={"retired": True} | _why(reason),
    )
    return code


@transaction.atomic
def bring_back_code(*, access: Access, code: Code, reason: str = "") -> Code:
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    if code.merged_into is not None:
        raise ValidationError(
            _("“%(code)s” was merged into “%(into)s”: undo the merge to have it back.")
            % {"code": code.name, "into": code.merged_into.name},
            code="merged",
        )
    if code.retired_at is None:
        return code
    code.retired_at = None
    check(code)
    code.save(update_fields=["retired_at"])
    record(
        access,
        "code.revived",
        code,
        before={"retired": True},
        after={"retired": False} | _why(reason),
    )
    return code


def _why(reason: str) -> dict[str, str]:
    return {"reason": reason.strip()} if reason.strip() else {}
