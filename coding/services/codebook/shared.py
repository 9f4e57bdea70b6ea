"""What every change of the codebook shares: the lock of the tree, its rules, a code's state."""

import hashlib
import json
import re
from collections.abc import Container
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from coding.core.codebook import MEANING
from coding.models import Code
from coding.services.codings.history import check_kept
from projects.access import Access
from projects.models import Project

FIELDS = (
    "name",
    *MEANING,
    "kind",
    "elicited",
    "parent_id",
    "colour",
    "heading_only",
)
COLOURS = 12


def lock_tree(access: Access) -> None:
    """One writer of the tree at a time: two people must not make a cycle or the same name
    together. Whoever only refers to the project (every line of history does) need not wait."""
    Project.objects.select_for_update(no_key=True).get(pk=access.project.pk)


def current(access: Access, code: Code) -> Code:
    """The code as it is now, unless it lies in the trash; to be asked for under the lock."""
    row = Code.objects.select_related("merged_into", "parent").get(
        pk=code.pk, project=access.project
    )
    check_kept(row)
    return row


def state(code: Code) -> dict[str, Any]:
    return {name: getattr(code, name) for name in FIELDS}


def stamp(code: Code) -> str:
    """The same as long as the code says the same: for forms that were open for a while."""
    said = state(code) | {"retired": code.retired_at is not None, "merged": code.merged_into_id}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def next_position(access: Access) -> int:
    """Behind all others."""
    last = Code.objects.filter(project=access.project).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def plain_key(name: str) -> str:
    """The id that a code of this name gets."""
    return re.sub(r"-", "_", slugify(name, allow_unicode=True))[:60] or "code"


def free_key(name: str, taken: Container[str]) -> str:
    """That id, or with the lowest number from 2 behind it that nobody has."""
    base = plain_key(name)
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def keys(access: Access) -> set[str]:
    return set(Code.objects.filter(project=access.project).values_list("key", flat=True))


def check(code: Code) -> None:
    """The rules of a code in its place: name, parent, no cycle, shape of the fields."""
    if code.retired_at is None and taken_names(code.project_id, code.parent_id, code.pk, code.name):
        raise ValidationError(
            {"name": _("There is already a code “%(name)s” here.") % {"name": code.name}}
        )
    if code.parent is not None:
        # As it is now: somebody may have merged it since it was read.
        check_parent(code, Code.objects.get(pk=int(code.parent.pk or 0)))
    code.full_clean()


def check_parent(code: Code, parent: Code) -> None:
    if parent.project_id != code.project_id:
        raise ValidationError({"parent": _("This parent belongs to another project.")})
    if parent.removed_at is not None:
        raise ValidationError(
            {"parent": _("“%(parent)s” is in the trash.") % {"parent": parent.name}}
        )
    if parent.merged_into_id is not None:
        raise ValidationError(
            {
                "parent": _("“%(parent)s” was merged into another code: nothing lies below it.")
                % {"parent": parent.name}
            }
        )
    if code.pk and code.pk in line_above(parent):
        raise ValidationError(
            {
                "parent": _(
                    "“%(parent)s” lies below “%(code)s”: a code cannot be its own descendant."
                )
                % {"parent": parent.name, "code": code.name}
            }
        )


def taken_names(project_id: int, parent_id: int | None, own: int | None, *names: str) -> set[str]:
    """Which of ``names`` a code below this parent has already; retired codes do not count."""
    siblings = Code.objects.filter(
        project_id=project_id,
        parent_id=parent_id,
        retired_at__isnull=True,
        removed_at__isnull=True,
    )
    # Compared here: databases differ in what they take for the same letter.
    there = {
        name.casefold() for name in siblings.exclude(pk=own or 0).values_list("name", flat=True)
    }
    return {name for name in names if name.casefold() in there}


def line_above(code: Code) -> set[int]:
    """The ids of a code and of everything above it."""
    parents: dict[int, int | None] = dict(
        Code.objects.filter(project_id=code.project_id).values_list("pk", "parent_id")
    )
    seen: set[int] = set()
    at: int | None = code.pk
    while at is not None and at not in seen:
        seen.add(at)
        at = parents.get(at)
    return seen
