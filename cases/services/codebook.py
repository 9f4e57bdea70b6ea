"""The codebook in and out: what a file brings, in one transaction; and who took it out."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import codebook
from cases.core.codebook_files import TEXTS, Changed, New, Place, Plan, Row, plan_codebook
from coding.models import Code
from coding.services.codebook import free_key, plain_key, undone_codes
from projects.access import Access
from projects.models import Project
from projects.services.events import record

COLOURS = 12
BATCH = 500
_STATE = (
    "key",
    "name",
    "parent_id",
    "definition",
    "when_to_use",
    "when_not_to_use",
    "kind",
    "elicited",
    "position",
    "colour",
    "heading_only",
)
_PLACE = ("key", "parent_id", "position")
_TIMES = ("redefined_at", "retired_at", "removed_at")


@transaction.atomic
def record_codebook_export(*, access: Access, name: str, fmt: str, sha256: str) -> None:
    access.require("export")
    record(
        access,
        "codebook.exported",
        access.project,
        label=name,
        after={"file": name, "format": fmt, "sha256": sha256},
    )


@transaction.atomic
def import_codebook(
    *,
    access: Access,
    rows: list[Row],
    file: str,
    with_changes: bool,
    digest: str,
    finish: Callable[[dict[str, int]], object] | None = None,
    batch: uuid.UUID | None = None,
) -> dict[str, int]:
    """Write what a file brings: new codes, and changes of codes that are there if wanted.

    Nothing is removed, retired or brought back. ``digest`` is that of the plan that somebody has
    seen; ValidationError if the codebook has changed since. ``finish`` is called inside the
    transaction with the counts. ``batch`` names the import in the history, for taking it back.
    """
    access.require("import_data")
    access.require("edit_codebook")
    # One writer of the tree at a time.
    Project.objects.select_for_update().get(pk=access.project.pk)
    plan = plan_codebook(rows, codebook.known_codes(access), file, with_changes=with_changes)
    if plan.digest != digest:
        raise ValidationError(
            _("The codebook has changed since the file was checked. Please check the file again.")
        )
    codes = {str(code.guid): code for code in access.project.codes.all()}
    made = _make(access, plan, codes)
    before = {change.guid: _state(codes[change.guid]) for change in plan.changed}
    changed = [_change(change, codes, made) for change in plan.changed]
    Code.objects.bulk_update(
        changed, [*(name for name in _STATE if name != "key"), "redefined_at"], batch_size=BATCH
    )
    counts = {
        "new": len(made),
        "changed": len(changed),
        "unchanged": plan.unchanged,
        "left_out": len(plan.conflicts),
    }
    _note(access, file, list(made.values()), changed, before, counts, batch)
    if finish is not None:
        finish(counts)
    return counts


def _make(access: Access, plan: Plan, codes: Mapping[str, Code]) -> dict[int, Code]:
    """The new codes by the number of their row, level by level: a code needs its parent's row."""
    position = max((code.position for code in codes.values()), default=-1) + 1
    taken = {code.key for code in codes.values()} | {
        item.row.key for item in plan.new if item.row.key
    }
    free = _free_guids({item.row.guid for item in plan.new if item.row.guid})
    made: dict[int, Code] = {}
    again = _Undone({g: code for g in undone_codes(access) if (code := codes.get(g))})
    new = [
        again.take(item, position + n) or _new(access, item, position + n, taken, free)
        for n, item in enumerate(plan.new)
    ]
    waiting = list(zip(plan.new, new, strict=True))
    while waiting:
        later: list[tuple[New, Code]] = []
        level: list[tuple[New, Code]] = []
        for item, code in waiting:
            if isinstance(item.parent, int) and item.parent not in made:
                later.append((item, code))
                continue
            code.parent = _code(item.parent, codes, made)
            level.append((item, code))
        rows = [code for _item, code in level]
        Code.objects.bulk_create([code for code in rows if code.pk is None], batch_size=BATCH)
        Code.objects.bulk_update(
            [code for code in rows if code.pk is not None],
            [*(name for name in _STATE if name != "key"), *_TIMES],
            batch_size=BATCH,
        )
        made |= {item.row.number: code for item, code in level}
        waiting = later
    return made


def _code(place: Place | None, codes: Mapping[str, Code], made: Mapping[int, Code]) -> Code | None:
    if place is None:
        return None
    return made[place] if isinstance(place, int) else codes[place]


def _new(access: Access, item: New, position: int, taken: set[str], free: set[str]) -> Code:
    row = item.row
    key = row.key or free_key(row.name, taken)
    taken.add(key)
    code = Code(
        project=access.project,
        key=key,
        name=row.name,
        position=position,
        retired_at=timezone.now() if row.retired else None,
        **{"colour": position % COLOURS, **row.values},
    )
    if row.guid in free:
        code.guid = uuid.UUID(row.guid)
        free.discard(row.guid)
    return code


class _Undone:
    """Codes in the trash since their import was undone. A file that names one again brings back
    the same code with its id and its history, as if it were new."""

    def __init__(self, codes: Mapping[str, Code]) -> None:
        self.by_guid = dict(codes)
        self.by_key = {code.key: code for code in codes.values()}

    def take(self, item: New, position: int) -> Code | None:
        row = item.row
        code = self.by_guid.get(row.guid) or self.by_key.get(row.key or plain_key(row.name))
        if code is None:
            return None
        self.by_guid.pop(str(code.guid))
        self.by_key.pop(code.key)
        empty = Code(project_id=code.project_id, name=row.name, colour=position % COLOURS)
        for name in (*(name for name in _STATE if name not in _PLACE), *_TIMES):
            setattr(code, name, row.values.get(name, getattr(empty, name)))
        code.position = position
        code.retired_at = timezone.now() if row.retired else None
        return code


def _free_guids(wanted: Iterable[str]) -> set[str]:
    """Those that no code has: a guid is unique among all projects, and a copy gets a new one."""
    asked = sorted(wanted)
    taken: set[str] = set()
    for start in range(0, len(asked), BATCH):
        some = asked[start : start + BATCH]
        taken |= {str(g) for g in Code.objects.filter(guid__in=some).values_list("guid", flat=True)}
    return set(asked) - taken


def _change(change: Changed, codes: Mapping[str, Code], made: Mapping[int, Code]) -> Code:
    code = codes[change.guid]
    for item in change.fields:
        if item.name == "parent":
            place = item.value
            assert place is None or isinstance(place, (str, int))  # noqa: S101  (for the types)
            code.parent = _code(place, codes, made)
        else:
            setattr(code, item.name, item.value)
        if item.name in TEXTS:
            code.redefined_at = timezone.now()
    return code


def _note(
    access: Access,
    file: str,
    made: list[Code],
    changed: list[Code],
    before: Mapping[str, dict[str, Any]],
    counts: dict[str, int],
    batch: uuid.UUID | None,
) -> None:
    """One line for the import, and with it one for each batch of codes: what is needed to take it
    back."""
    batch = batch or uuid.uuid4()
    after = {"file": file, "counts": counts}
    record(access, "codebook.imported", access.project, label=file, after=after, batch=batch)
    all_codes = [*made, *changed]
    for start in range(0, len(all_codes), BATCH):
        some = all_codes[start : start + BATCH]
        record(
            access,
            "code.imported",
            access.project,
            label=", ".join(code.name for code in some),
            before={"codes": [before[g] for c in some if (g := str(c.guid)) in before]},
            after={"codes": [_state(code) for code in some]},
            batch=batch,
        )


def _state(code: Code) -> dict[str, Any]:
    at = code.redefined_at
    return {
        "guid": str(code.guid),
        **{name: getattr(code, name) for name in _STATE},
        "redefined_at": at.isoformat() if at else None,
    }
