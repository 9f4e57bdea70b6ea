"""Merging one code into another, taking a merge back, and doing it again.

However many passages there are, each table is written by one statement. What a merge moved stands
in its line of history; taking it back touches only what is still as the merge left it. Doing it
again is the same merge of what there is now: a merged code has no passages, so what was coded with
it in between goes along.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Code, CodeExample, Coding, Note, Source
from coding.queries import blind_sources, seen_by, visible_codings, visible_notes
from coding.services.codebook.shared import current, line_above, lock_tree, taken_names
from coding.services.codings.history import StateConflict, check_in_use
from projects.access import Access
from projects.models import Event
from projects.services.events import record

MERGED, UNMERGED = "code.merged", "code.unmerged"
# Ids in one condition: databases limit how many there may be.
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do, or the sentence that says why it cannot be done.

    ``blind``: passages that this person must not know of yet are not counted; they move as well.
    """

    passages: int = 0
    coincide: int = 0
    memos: int = 0
    children: int = 0
    problem: str = ""
    blind: bool = False


def plan_merge(*, access: Access, code: Code, into: Code) -> MergePlan:
    """How much ``merge_codes`` would touch; nothing is changed."""
    access.require("edit_codebook")
    try:
        _check(access, code, into)
    except ValidationError as problem:
        return MergePlan(problem=" ".join(problem.messages))
    twins = seen_by(access, _twins(code, into))
    return MergePlan(
        passages=visible_codings(access).filter(code=code).count(),
        coincide=twins.count(),
        memos=visible_notes(access).filter(coding__in=twins.values("pk")).count(),
        children=code.children.present().count(),
        blind=blind_sources(access).exists(),
    )


@transaction.atomic
def merge_codes(*, access: Access, code: Code, into: Code, reason: str = "") -> Event:
    """Give every passage of ``code`` to ``into``, and retire ``code``.

    Where a coder has coded exactly the same passage with both, one coding is left, with the memos
    of both.
    """
    access.require("edit_codebook")
    _lock(access)
    return _merge(access, current(access, code), current(access, into), reason)


@transaction.atomic
def redo_merge(*, access: Access, code: Code) -> Event:
    """Do a merge again that was the last of this code and has been undone."""
    access.require("edit_codebook")
    _lock(access)
    code = current(access, code)
    if code.merged_into is not None:
        raise StateConflict(
            _("“%(code)s” is merged into “%(into)s” already.")
            % {"code": code.name, "into": code.merged_into.name},
            code="merged",
        )
    last = last_merge(access, code)
    if last is None or last.undone is None:
        raise StateConflict(
            _("No merge of “%(code)s” has been undone, so none can be done again.")
            % {"code": code.name},
            code="not_undone",
        )
    reason = (last.event.after or {}).get("reason", "")
    about = {"mode": Event.Mode.REDO, "answers": last.undone.answers}
    return _merge(access, code, current(access, last.into), reason, **about)


@dataclass(frozen=True, slots=True)
class LastMerge:
    """The last merge of a code as the history has it, and the line that took it back."""

    event: Event
    undone: Event | None
    into: Code


def last_merge(access: Access, code: Code) -> LastMerge | None:
    """None where the code was never merged, or what it was merged into is gone."""
    rows = Event.objects.filter(
        project=access.project, verb__in=(MERGED, UNMERGED), object_guid=code.guid
    ).order_by("-id")
    undone, event = None, rows.first()
    if event is not None and event.verb == UNMERGED:
        undone, event = event, rows.filter(verb=MERGED).first()
    if event is None:
        return None
    into_id = int((event.after or {}).get("into_id") or 0)
    into = Code.objects.filter(project=access.project, pk=into_id, removed_at__isnull=True).first()
    return None if into is None else LastMerge(event, undone, into)


def _merge(access: Access, code: Code, into: Code, reason: str, **about: Any) -> Event:
    _check(access, code, into)
    now = timezone.now()
    twins: dict[int, int] = {row.pk: row.twin for row in _twins(code, into)}
    notes = list(
        Note.objects.filter(coding__code=code, coding__in=_twins(code, into).values("pk"))
        .order_by("pk")
        .values_list("pk", "coding_id")
    )
    if notes:
        _give_notes(twins, notes)
    Coding.objects.filter(pk__in=_twins(code, into).values("pk")).update(removed_at=now)
    moving = _there().filter(code=code)
    moved = list(moving.order_by("pk").values_list("pk", flat=True))
    examples = list(
        CodeExample.objects.filter(code=code, coding__removed_at__isnull=True).values_list(
            "pk", flat=True
        )
    )
    there = CodeExample.objects.filter(code=into).values("coding")
    CodeExample.objects.filter(code=code, coding__in=moving.values("pk")).exclude(
        coding__in=there
    ).update(code=into)
    moving.update(code=into, original_code=Coalesce("original_code", code.pk))
    # What lies below it in the trash comes along: it would be lost below a code that is merged.
    children = list(code.children.order_by("position", "id").values_list("pk", flat=True))
    code.children.update(parent=into)
    code.retired_at, code.merged_into = now, into
    code.save(update_fields=["retired_at", "merged_into"])
    return record(
        access,
        MERGED,
        code,
        label=f"{code.name} → {into.name}",
        before={"passages": len(moved) + len(twins), "into": ""},
        after={
            "passages": 0,
            "into": into.name,
            "into_id": into.pk,
            "moved": moved,
            "twins": [[pk, twin] for pk, twin in sorted(twins.items())],
            "notes": [list(row) for row in notes],
            "examples": examples,
            "children": children,
            "at": now.isoformat(),
        }
        | ({"reason": reason.strip()} if reason.strip() else {}),
        **about,
    )


@transaction.atomic
def undo_merge(*, access: Access, code: Code) -> tuple[int, int]:
    """Give ``code`` its passages back; how many came back, and how many have changed since."""
    access.require("edit_codebook")
    _lock(access)
    code = current(access, code)
    into = code.merged_into
    if into is None:
        raise StateConflict(_("This merge has been undone already."), code="not_merged")
    if into.merged_into is not None:
        raise StateConflict(
            _("“%(into)s” itself was merged into “%(next)s” since: undo that first.")
            % {"into": into.name, "next": into.merged_into.name},
            code="merged_since",
        )
    event = (
        Event.objects.filter(project=access.project, verb=MERGED, object_guid=code.guid)
        .order_by("-id")
        .first()
    )
    if event is None:
        raise StateConflict(_("The history has no line of this merge."), code="not_merged")
    did: dict[str, Any] = event.after or {}
    code.retired_at, code.merged_into = None, None
    if taken_names(code.project_id, code.parent_id, code.pk, code.name):
        raise ValidationError(
            _("There is a code “%(name)s” in its place now: rename that first.")
            % {"name": code.name},
            code="name_taken",
        )
    code.save(update_fields=["retired_at", "merged_into"])
    came = 0
    for ids in chunks(did["moved"]):
        still = _there().filter(pk__in=ids, code=into)
        CodeExample.objects.filter(
            pk__in=did["examples"], code=into, coding__in=still.values("pk")
        ).update(code=code)
        still.filter(original_code=code).update(original_code=None)
        came += still.update(code=code)
    came += _part_twins(code, did)
    for note_ids in chunks([row[0] for row in did["notes"]]):
        _take_notes_back(did, set(note_ids))
    _take_children_back(code, into, did["children"])
    kept = len(did["moved"]) + len(did["twins"]) - came
    record(
        access,
        UNMERGED,
        code,
        label=f"{code.name} ← {into.name}",
        before={"passages": 0, "into": into.name},
        after={
            "passages": came,
            "into": "",
            "into_id": None,
            "from_id": into.pk,
            "left_as_changed_since": kept,
        },
        # Whatever was done again in between: what is answered is the action itself.
        answers=event.answers or event.batch,
        mode=Event.Mode.UNDO,
    )
    return came, kept


def _lock(access: Access) -> None:
    # Coding waits until the merge is done, and then sees that the code is merged. Sources come
    # before the tree, in the order in which whoever codes comes by them.
    list(_sources(access).values_list("pk", flat=True))
    lock_tree(access)


def _sources(access: Access) -> QuerySet[Source]:
    # Always locked in the same order, so that two changes never wait for each other.
    return Source.objects.select_for_update().filter(project=access.project).order_by("pk")


def _check(access: Access, code: Code, into: Code) -> None:
    check_in_use(code)
    check_in_use(into)
    words = {"code": code.name, "into": into.name}
    if code.pk == into.pk:
        raise ValidationError(_("A code cannot be merged into itself."), code="same")
    if code.pk in line_above(into):
        raise ValidationError(
            _("“%(into)s” lies below “%(code)s”: move it out first.") % words, code="below"
        )
    if into.heading_only and Coding.objects.filter(code=code).exists():
        raise ValidationError(
            _("“%(into)s” is a heading: passages cannot be given to it.") % words,
            code="heading_only",
        )
    below = code.children.present().filter(retired_at__isnull=True)
    names = list(below.values_list("name", flat=True))
    if double := taken_names(code.project_id, into.pk, code.pk, *names):
        raise ValidationError(
            _("Both have a code “%(name)s” below them: merge or rename these first.")
            % {"name": min(double)},
            code="double",
        )


def _there() -> QuerySet[Coding]:
    """What is coded, by coders and by agreement alike: a code goes with all of it."""
    return Coding.objects.filter(removed_at__isnull=True)


def _alike(**fields: Any) -> tuple[QuerySet[Coding], QuerySet[Coding]]:
    """The codings of the same passage, of the same coder; and those agreed on in the same round.

    Agreed codings are compared within their round, whoever decided; never with somebody's own.
    """
    same = _there().filter(
        source=OuterRef("source"), start=OuterRef("start"), end=OuterRef("end"), **fields
    )
    own = same.filter(agreed_in__isnull=True, coder=OuterRef("coder"))
    return own, same.filter(agreed_in=OuterRef("agreed_in"))


def _twins(code: Code, into: Code) -> QuerySet[Any]:
    """The codings of ``code`` where the same coder (or the same round, by agreement) has coded the
    same passage with ``into``."""
    own, agreed = _alike(code=into)
    twin = Case(
        When(agreed_in__isnull=True, then=Subquery(own.values("pk")[:1])),
        default=Subquery(agreed.values("pk")[:1]),
    )
    return _there().filter(code=code).annotate(twin=twin).filter(twin__isnull=False).order_by("pk")


def _give_notes(twins: dict[int, int], notes: list[tuple[int, int]]) -> None:
    rows = Note.objects.in_bulk([pk for pk, _coding in notes])
    for pk, coding in notes:
        rows[pk].coding_id = twins[coding]
    Note.objects.bulk_update(rows.values(), ["coding"], batch_size=500)


def _take_notes_back(did: dict[str, Any], ids: set[int]) -> None:
    """Memos go back to the coding they were on, where they still lie on its twin."""
    twins = dict(did["twins"])
    rows = Note.objects.in_bulk(ids)
    home = dict(did["notes"])
    back = []
    homes = _there().filter(pk__in={home[pk] for pk in rows})
    there = set(homes.values_list("pk", flat=True))
    for pk, note in rows.items():
        if note.coding_id == twins[home[pk]] and home[pk] in there:
            note.coding_id = home[pk]
            back.append(note)
    Note.objects.bulk_update(back, ["coding"], batch_size=500)


def _part_twins(code: Code, did: dict[str, Any]) -> int:
    """The codings that the merge put away as doubles come back, where nothing stands there."""
    came = 0
    own, agreed = _alike(code=code)
    standing = Q(agreed_in__isnull=True) & Exists(own) | Exists(agreed)
    for ids in chunks([row[0] for row in did["twins"]]):
        away = Coding.objects.filter(pk__in=ids, code=code, removed_at=did["at"])
        came += away.exclude(standing).update(removed_at=None)
    return came


def _take_children_back(code: Code, into: Code, ids: list[int]) -> None:
    """Codes that lie where the merge put them go back below ``code``, where that makes no loop."""
    above = line_above(code)
    for child in Code.objects.filter(pk__in=ids, parent=into).order_by("position", "id"):
        if child.pk in above:
            continue
        named = child.retired_at is None and child.removed_at is None
        if named and taken_names(code.project_id, code.pk, child.pk, child.name):
            continue
        Code.objects.filter(pk=child.pk).update(parent=code)


def chunks(ids: list[int]) -> list[list[int]]:
    return [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]
