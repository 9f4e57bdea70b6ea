"""Versions of the codebook: frozen under a name, compared, exported, and restored as a new one."""

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from coding import queries
from coding.core.codebook import MEANING, Difference, Entry, compare, fingerprint
from coding.models import Code, CodebookVersion, Coding
from coding.services.codebook.merging import chunks, last_merge
from coding.services.codebook.shared import lock_tree, state
from projects.access import Access
from projects.models import Event
from projects.services.events import new_event, record, record_many


def content(access: Access) -> list[Entry]:
    """The codebook as it is now, in tree order, retired and merged codes included."""
    nodes = queries.codebook(access, merged=True)
    guids = {node.code.pk: str(node.code.guid) for node in nodes}
    return [
        {
            "guid": str(code.guid),
            "key": code.key,
            "parent": guids.get(code.parent_id) if code.parent_id else None,
            "name": code.name,
            "definition": code.definition,
            "when_to_use": code.when_to_use,
            "when_not_to_use": code.when_not_to_use,
            "kind": code.kind,
            "elicited": code.elicited,
            "colour": code.colour,
            "heading_only": code.heading_only,
            "retired": code.retired_at is not None,
            "merged_into": guids.get(code.merged_into_id) if code.merged_into_id else None,
        }
        for code in (node.code for node in nodes)
    ]


@transaction.atomic
def freeze(*, access: Access, name: str, reason: str = "") -> CodebookVersion:
    """Keep the codebook as it is now, under a name and the next number."""
    access.require("edit_codebook")
    lock_tree(access)
    if not name.strip():
        raise ValidationError({"name": _("Give the version a name.")})
    row = _freeze(access, name.strip(), reason.strip())
    record(access, "codebook.frozen", row, after=_said(row))
    return row


def plan_restore(*, access: Access, version: CodebookVersion) -> list[Difference]:
    """What would differ from now if ``version`` were restored; nothing is changed.

    "removed" are the codes that are not in it: they would be retired.
    """
    access.require("edit_codebook")
    return _plan(content(access), version)


@dataclass(frozen=True, slots=True)
class Parted:
    """A merged code that would come back, and where the passages are that the merge moved:
    (code, n), most first. Not anywhere are the removed ones and, of two alike, the one that the
    merge put away (``alike``)."""

    code: Code
    moved: int
    now: list[tuple[str, int]]
    removed: int
    alike: int


def parted(*, access: Access, version: CodebookVersion) -> list[Parted]:
    """Merged codes that ``restore`` would bring back, without the passages that the merge moved;
    their merges end with that."""
    access.require("edit_codebook")
    back = [entry["guid"] for entry in version.content if not entry["retired"]]
    rows = Code.objects.filter(project=access.project, merged_into__isnull=False)
    merged = {str(code.guid): code for code in rows.select_related("merged_into")}
    return [_parted(access, merged[guid]) for guid in back if guid in merged]


def _parted(access: Access, code: Code) -> Parted:
    last = last_merge(access, code)
    did = (last.event.after or {}) if last else {}
    moved = did.get("moved", [])
    twins = Coding.objects.filter(pk__in=[pk for pk, _twin in did.get("twins", [])])
    alike = queries.seen_by(access, twins).count()
    now: Counter[str] = Counter()
    known = 0
    for ids in chunks(moved):
        # Whoever codes blindly learns nothing of how much others have coded.
        seen = queries.seen_by(access, Coding.objects.filter(pk__in=ids)).order_by()
        known += seen.count()
        there = seen.filter(removed_at__isnull=True)
        now.update(dict(there.values_list("code__name").annotate(n=Count("id"))))
    return Parted(code, known, now.most_common(), known - now.total(), alike)


def to_look_at_again(access: Access, differences: list[Difference]) -> int:
    """How many passages are coded with codes whose meaning differs."""
    codes = [
        difference.guid
        for difference in differences
        if any(name in MEANING for name, _before, _after in difference.fields)
    ]
    return queries.visible_codings(access).filter(code__guid__in=codes).count()


@transaction.atomic
def restore(
    *, access: Access, version: CodebookVersion, redefines: bool = True, reason: str = ""
) -> CodebookVersion:
    """Make the codebook say what it said in ``version``, as a new version.

    Codes are matched by their guid. One that is not in the version is retired, never deleted; one
    that is gone altogether is made again. No coding is touched.
    """
    access.require("edit_codebook")
    lock_tree(access)
    now = timezone.now()
    batch = uuid.uuid4()
    codes = {str(code.guid): code for code in Code.objects.filter(project=access.project)}
    counts: dict[int, int] = dict(
        queries.visible_codings(access).values_list("code_id").annotate(n=Count("id")).order_by()
    )
    before = {guid: _state(code) for guid, code in codes.items()}
    wanted: list[Entry] = version.content
    _make_missing(access, wanted, codes)
    for place, entry in enumerate(wanted):
        code = codes[entry["guid"]]
        for field in ("name", *MEANING, "kind", "elicited", "colour", "heading_only"):
            setattr(code, field, entry[field])
        parent = codes.get(entry["parent"] or "")
        code.parent_id = parent.pk if parent else None
        code.position = place
        if not entry["retired"]:
            code.retired_at, code.merged_into_id = None, None
        elif code.retired_at is None:
            code.retired_at = now
        code.removed_at = None
    inside = {entry["guid"] for entry in wanted}
    codes = {
        guid: code for guid, code in codes.items() if guid in inside or code.removed_at is None
    }
    behind = sorted(set(codes) - inside, key=lambda guid: (codes[guid].position, codes[guid].pk))
    for place, guid in enumerate(behind, start=len(wanted)):
        codes[guid].position = place
        codes[guid].retired_at = codes[guid].retired_at or now
    names = {code.pk: code.name for code in codes.values()}
    events: list[Event] = []
    for guid, code in codes.items():
        was, after = before.get(guid), _state(code)
        if was is None:
            events.append(_event(access, "code.created", code, None, after, batch))
        elif was != after:
            if was["parent_id"] != after["parent_id"]:
                was = {"parent": names.get(was["parent_id"], "")} | was
                after = {"parent": names.get(after["parent_id"], "")} | after
            extra: dict[str, Any] = {"reason": version.name}
            if redefines and any(was[field] != after[field] for field in MEANING):
                code.redefined_at = now
                extra["to_review"] = counts.get(code.pk, 0)
            events.append(_event(access, "code.changed", code, was, after | extra, batch))
    Code.objects.bulk_update(
        codes.values(),
        [
            "name",
            *MEANING,
            "kind",
            "elicited",
            "colour",
            "heading_only",
            "parent",
            "position",
            "retired_at",
            "merged_into",
            "removed_at",
            "redefined_at",
        ],
        batch_size=100,
    )
    record_many(events)
    title = _("Version %(n)s restored: %(name)s") % {"n": version.number, "name": version.name}
    row = _freeze(access, title[:120], reason.strip())
    record(access, "codebook.restored", row, after=_said(row))
    return row


def _make_missing(access: Access, wanted: list[Entry], codes: dict[str, Code]) -> None:
    taken = {code.key for code in codes.values()}
    for entry in wanted:
        if entry["guid"] in codes:
            continue
        key, number = entry["key"], 2
        while key in taken:
            key, number = f"{entry['key'][:180]}_{number}", number + 1
        taken.add(key)
        code = Code.objects.create(
            project=access.project, guid=entry["guid"], key=key, name=entry["name"]
        )
        codes[entry["guid"]] = code


def _plan(now: list[Entry], version: CodebookVersion) -> list[Difference]:
    # What is retired already stays so: nothing happens to it.
    inside = {entry["guid"] for entry in version.content}
    now = [entry for entry in now if entry["guid"] in inside or not entry["retired"]]
    return compare(now, version.content)


def _freeze(access: Access, name: str, reason: str) -> CodebookVersion:
    now = content(access)
    last = access.project.codebook_versions.aggregate(last=Max("number"))["last"] or 0
    return CodebookVersion.objects.create(
        project=access.project,
        number=last + 1,
        name=name,
        reason=reason,
        content=now,
        sha256=fingerprint(now),
        made_by=access.membership,
    )


def _said(row: CodebookVersion) -> dict[str, Any]:
    return {
        "number": row.number,
        "codes": len(row.content),
        "sha256": row.sha256,
        "reason": row.reason,
    }


def _state(code: Code) -> dict[str, Any]:
    return state(code) | {
        "retired": code.retired_at is not None,
        "merged_into_id": code.merged_into_id,
        "in_trash": code.removed_at is not None,
    }


def _event(
    access: Access, verb: str, code: Code, before: Any, after: Any, batch: uuid.UUID
) -> Event:
    return new_event(
        access.project, access.user, verb, code, before=before, after=after, batch=batch
    )
