"""Making and changing codes."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from coding.models import Code
from projects.access import Access
from projects.models import Project
from projects.services.events import record

FIELDS = ("name", "definition", "parent_id", "colour", "heading_only")
COLOURS = 12


@transaction.atomic
def create_code(
    *,
    access: Access,
    name: str,
    parent: Code | None = None,
    definition: str = "",
    colour: int | None = None,
    heading_only: bool = False,
) -> Code:
    access.require("edit_codebook")
    # One writer of the tree at a time: two people must not make a cycle or the same name together.
    Project.objects.select_for_update().get(pk=access.project.pk)
    codes = Code.objects.filter(project=access.project)
    code = Code(
        project=access.project,
        key=_free_key(name, set(codes.values_list("key", flat=True))),
        name=name.strip(),
        definition=definition.strip(),
        parent=parent,
        position=codes.count(),
        colour=codes.count() % COLOURS if colour is None else colour,
        heading_only=heading_only,
    )
    _check(code)
    code.save()
    record(access, "code.created", code, after=_state(code))
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
) -> Code:
    access.require("edit_codebook")
    Project.objects.select_for_update().get(pk=access.project.pk)
    code = Code.objects.get(pk=code.pk, project=access.project)
    before = _state(code)
    code.name, code.parent, code.definition = name.strip(), parent, definition.strip()
    code.colour, code.heading_only = colour, heading_only
    _check(code)
    code.save()
    if before != _state(code):
        record(access, "code.changed", code, before=before, after=_state(code))
    return code


def _check(code: Code) -> None:
    siblings = Code.objects.filter(project_id=code.project_id, parent_id=code.parent_id)
    names = siblings.exclude(pk=code.pk).values_list("name", flat=True)
    # Compared here: databases differ in what they take for the same letter.
    if code.name.casefold() in {name.casefold() for name in names}:
        raise ValidationError(
            {"name": _("There is already a code “%(name)s” here.") % {"name": code.name}}
        )
    if code.parent_id is not None:
        assert code.parent is not None  # noqa: S101  (for the type checker)
        if code.parent.project_id != code.project_id:
            raise ValidationError({"parent": _("This parent belongs to another project.")})
        if code.pk and code.pk in _line_above(code.parent):
            raise ValidationError(
                {
                    "parent": _(
                        "“%(parent)s” lies below “%(code)s”: a code cannot be its own descendant."
                    )
                    % {"parent": code.parent.name, "code": code.name}
                }
            )
    code.full_clean()


def _line_above(code: Code) -> set[int]:
    parents: dict[int, int | None] = dict(
        Code.objects.filter(project_id=code.project_id).values_list("pk", "parent_id")
    )
    seen: set[int] = set()
    current: int | None = code.pk
    while current is not None and current not in seen:
        seen.add(current)
        current = parents.get(current)
    return seen


def _free_key(name: str, taken: set[str]) -> str:
    base = re.sub(r"-", "_", slugify(name, allow_unicode=True))[:60] or "code"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def _state(code: Code) -> dict[str, Any]:
    return {name: getattr(code, name) for name in FIELDS}
