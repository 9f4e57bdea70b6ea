"""A code goes into the trash with its passages; the codes below it stay, and move up.

What was merged into it goes with it: its passages are among those that are hidden.
"""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Code, CodeExample, Coding, Comparison, Note, Round
from coding.queries import blind_rounds
from coding.services.codebook.shared import check, current, lock_tree, taken_names
from coding.services.codings.history import StateConflict, check_in_use
from coding.services.removals import answering, check_may_restore, last_removal
from coding.services.trash.shared import (
    Touched,
    not_there,
)
from projects.access import Access
from projects.models import Event
from projects.services.events import record

REMOVED, RESTORED = "code.removed", "code.restored"


def plan_remove_code(*, access: Access, code: Code) -> Touched:
    """What goes into the trash with the code, and what moves up; nothing is changed."""
    access.require("edit_codebook")
    try:
        _check(access, code)
    except ValidationError as problem:
        return Touched(problem=" ".join(problem.messages))
    return Touched(_counts(code))


@transaction.atomic
def remove_code(
    *,
    access: Access,
    code: Code,
    reason: str = "",
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Touched:
    """Put a code into the trash."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    _check(access, code)
    touched = Touched(_counts(code))
    children = list(_children(code).values_list("pk", flat=True))
    Code.objects.filter(pk__in=children).update(parent=code.parent_id)
    now = timezone.now()
    Code.objects.filter(pk__in=[code.pk, *_merged(code)]).update(removed_at=now)
    record(
        access,
        REMOVED,
        code,
        after=touched.counts
        | {"moved_up": children}
        | ({"reason": reason.strip()} if reason.strip() else {}),
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return touched


@transaction.atomic
def restore_code(
    *,
    access: Access,
    code: Code,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> None:
    """Take a code out of the trash, with its passages, into its place in the tree.

    The codes that had moved up lie below it again, where they still are where they were put.
    """
    lock_tree(access)
    code = Code.objects.select_related("parent", "merged_into").get(
        pk=code.pk, project=access.project
    )
    removal = last_removal(access, code, REMOVED)
    check_may_restore(access, removal, "edit_codebook")
    if code.removed_at is None:
        raise not_there(code.name)
    if code.merged_into is not None:
        raise StateConflict(
            _("“%(code)s” was merged into “%(into)s”, which is in the trash: restore that.")
            % {"code": code.name, "into": code.merged_into.name},
            code="merged",
        )
    if code.parent is not None and code.parent.removed_at is not None:
        raise StateConflict(
            _("“%(code)s” lay below “%(parent)s”, which is in the trash too: restore that first.")
            % {"code": code.name, "parent": code.parent.name},
            code="parent_in_trash",
        )
    code_removed_at, code.removed_at = code.removed_at, None
    try:
        check(code)
    except ValidationError as problem:
        raise StateConflict(" ".join(problem.messages), code="no_place") from problem
    merged = Code.objects.filter(pk__in=_merged(code), removed_at=code_removed_at)
    merged.update(removed_at=None)
    code.save(update_fields=["removed_at"])
    did: dict[str, Any] = (removal.after or {}) if removal else {}
    _take_children_back(code, did.get("moved_up", []))
    record(access, RESTORED, code, **answering(removal, batch, mode, answers))


def _check(access: Access, code: Code) -> None:
    if code.merged_into_id is not None:
        check_in_use(code)
    kids = _children(code).filter(retired_at__isnull=True)
    if double := taken_names(
        code.project_id, code.parent_id, code.pk, *kids.values_list("name", flat=True)
    ):
        raise StateConflict(
            _(
                "“%(name)s” lies below it and would move up, where there is a code of this name: "
                "rename or move that first."
            )
            % {"name": min(double)},
            code="double",
        )
    # Neither a refusal nor numbers may tell somebody blind whether others have used the code.
    blind = blind_rounds(access).order_by("number").first()
    if blind is not None:
        raise StateConflict(
            _(
                "You code blindly in the round “%(round)s”, so you are not shown whether others "
                "use “%(code)s” there: open the round first, or retire the code."
            )
            % {"code": code.name, "round": blind.name},
            code="blind",
        )
    rounds = Round.objects.filter(project=access.project).exclude(state=Round.State.CLOSED)
    compared = Comparison.objects.filter(code=code, round__in=rounds).values("round")
    coded = rounds.filter(
        assignments__source__codings__code=code,
        assignments__source__codings__removed_at__isnull=True,
    ).values("pk")
    used = rounds.filter(Q(pk__in=compared) | Q(pk__in=coded)).order_by("number").first()
    if used is not None:
        raise StateConflict(
            _(
                "“%(code)s” is used in the round “%(round)s”, which is not closed yet: close the "
                "round first, or retire the code."
            )
            % {"code": code.name, "round": used.name},
            code="in_round",
        )


def _counts(code: Code) -> dict[str, int]:
    codings = Coding.objects.present().filter(code=code, source__removed_at__isnull=True)
    return {
        "passages": codings.count(),
        "memos": Note.objects.filter(
            coding__in=codings.values("pk"), removed_at__isnull=True
        ).count(),
        "examples": CodeExample.objects.filter(code=code).count(),
        "merged": len(_merged(code)),
        "children": _children(code).count(),
    }


def _children(code: Code) -> Any:
    return code.children.filter(removed_at__isnull=True).order_by("position", "id")


def _merged(code: Code) -> list[int]:
    """The codes that were merged into this one, and into those."""
    into: dict[int, list[int]] = {}
    for pk, target in Code.objects.filter(
        project=code.project_id, merged_into__isnull=False
    ).values_list("pk", "merged_into_id"):
        into.setdefault(target, []).append(pk)
    found: list[int] = []
    waiting = [code.pk]
    while waiting:
        here = into.get(waiting.pop(), [])
        found += here
        waiting += here
    return found


def _take_children_back(code: Code, ids: list[int]) -> None:
    there = Code.objects.present().filter(
        pk__in=ids, project=code.project_id, parent=code.parent_id
    )
    for child in there.order_by("position", "id"):
        named = child.retired_at is None
        if named and taken_names(code.project_id, code.pk, child.pk, child.name):
            continue
        Code.objects.filter(pk=child.pk).update(parent=code)
