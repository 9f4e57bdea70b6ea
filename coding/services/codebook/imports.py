"""Taking back the import of a codebook: one import is one batch of lines in the history.

These lines say what each code was before and after it. What the import made goes to the trash, what
it changed is put back; all of it, or nothing: where somebody has worked on with one of the codes it
is refused, and said which.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.core.codebook import MEANING
from coding.models import Code, CodeProposal, Coding, Round
from coding.queries import blind_rounds
from coding.services.codebook.shared import lock_tree
from coding.services.codings.history import StateConflict
from projects.access import Access
from projects.models import Event
from projects.services.events import new_event, record, record_many

IMPORTED, CODES = "codebook.imported", "code.imported"
# What an import says about a code. Its position is not among it: it changes with its neighbours.
SAID = ("name", "parent_id", *MEANING, "kind", "elicited", "colour", "heading_only")
# So many codes are named in a sentence.
NAMED = 8
BATCH = 500

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportUndo:
    """What taking an import back would do: codes that go, codes that are put back as they were,
    and codes in the way: (id, name now, reason)."""

    file: str
    event: Event
    lines: list[Event]
    gone: list[Code] = field(default_factory=list)
    back: list[Code] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    undone: bool = False


def plan_undo_import(*, access: Access, batch: uuid.UUID) -> ImportUndo:
    """What ``undo_import`` would do; nothing is changed."""
    access.require("import_data")
    access.require("edit_codebook")
    return _plan(access, batch)


@transaction.atomic
def undo_import(*, access: Access, batch: uuid.UUID) -> ImportUndo:
    """Put every code back as it was before an import, and what it made into the trash.

    StateConflict, and nothing is changed, where one of the codes is in use or was changed since.
    """
    access.require("import_data")
    access.require("edit_codebook")
    lock_tree(access)
    plan = _plan(access, batch)
    if plan.undone:
        raise StateConflict(_("This import has been undone already."), code="undone")
    if plan.problems:
        raise StateConflict(_sentence(plan.problems), code="in_the_way")
    now = timezone.now()
    for code in plan.gone:
        code.removed_at = now
    Code.objects.bulk_update(plan.gone, ["removed_at"], batch_size=BATCH)
    Code.objects.bulk_update(
        plan.back,
        [*(name for name in SAID if name != "parent_id"), "parent", "redefined_at"],
        batch_size=BATCH,
    )
    about: dict[str, Any] = {
        "batch": uuid.uuid4(),
        "mode": Event.Mode.UNDO,
        "answers": plan.event.batch,
    }
    record(
        access,
        IMPORTED,
        access.project,
        label=plan.file,
        before={"file": plan.file},
        after={
            "counts": {"removed": len(plan.gone), "put_back": len(plan.back)},
            "removed": [str(code.guid) for code in plan.gone],
            "at": now.isoformat(),
        },
        **about,
    )
    record_many(
        [
            new_event(
                access.project,
                access.user,
                CODES,
                access.project,
                label=line.label,
                before=line.after,
                after=line.before,
                **about,
            )
            for line in plan.lines
        ]
    )
    return plan


def undone_codes(access: Access) -> set[str]:
    """Guids of codes that lie in the trash since an import was undone; to be imported anew."""
    lines = Event.objects.filter(project=access.project, verb=IMPORTED, mode=Event.Mode.UNDO)
    removed = dict(
        Code.objects.filter(project=access.project, removed_at__isnull=False).values_list(
            "guid", "removed_at"
        )
    )
    there = {str(guid): at for guid, at in removed.items()}
    return {
        guid
        for line in lines
        if (after := line.after or {})
        for guid in after["removed"]
        if there.get(guid) == datetime.fromisoformat(after["at"])
    }


def _plan(access: Access, batch: uuid.UUID) -> ImportUndo:
    rows = Event.objects.filter(project=access.project, mode=Event.Mode.DO, batch=batch)
    event = rows.filter(verb=IMPORTED).first()
    if event is None:
        raise StateConflict(_("The history has no such import of a codebook."), code="not_there")
    lines = list(rows.filter(verb=CODES).order_by("id"))
    before = _states(line.before for line in lines)
    after = _states(line.after for line in lines)
    undone = Event.objects.filter(
        project=access.project, verb=IMPORTED, mode=Event.Mode.UNDO, answers=batch
    ).exists()
    plan = ImportUndo(file=event.label, event=event, lines=lines, undone=undone)
    if undone:
        return plan
    codes = {
        str(code.guid): code
        for code in Code.objects.filter(project=access.project).select_related("merged_into")
    }
    passages = _passages(code.pk for guid in after if (code := codes.get(guid)))
    blind = blind_rounds(access).order_by("number").first()
    asked = _asked(access)
    reasons: dict[int, str] = {}
    for guid, state in after.items():
        code = codes.get(guid)
        if code is None or (code.removed_at is not None and guid not in before):
            # Gone already: there is nothing to take back.
            continue
        reason = _worked_on(code, state, codes.values())
        n = passages.get(code.pk, 0)
        if guid not in before:
            plan.gone.append(code)
            if not reason and blind:
                reason = _unknown(blind)
            elif not reason and n:
                reason = ngettext(
                    "%(n)s passage is coded with it", "%(n)s passages are coded with it", n
                ) % {"n": n}
            elif not reason and code.pk in asked:
                reason = _("there is an open proposal about it")
        else:
            plan.back.append(code)
            heading = before[guid]["heading_only"] and not code.heading_only
            if not reason and heading and blind:
                reason = _unknown(blind)
            elif not reason and heading and n:
                reason = _("it was a heading, and passages are coded with it now")
        if reason:
            reasons[code.pk] = reason
    names = {code.pk: code.name for code in codes.values()}
    for code in plan.back:
        _put_back(code, before[str(code.guid)])
    for pk, reason in _misplaced(plan, codes.values()).items():
        reasons.setdefault(pk, reason)
    plan.problems.extend((pk, name, reasons[pk]) for pk, name in names.items() if pk in reasons)
    return plan


def _unknown(blind: Round) -> str:
    """Neither a refusal nor a number may tell somebody blind whether others have used a code."""
    return _(
        "whether it is used in the round “%(round)s”, which you code blindly, is not shown"
    ) % {"round": blind.name}


def _states(said: Iterable[Any]) -> dict[str, State]:
    return {row["guid"]: row for one in said for row in one["codes"]}


def _passages(ids: Iterable[int]) -> dict[int, int]:
    """Codings that are there, by code, whoever may see them: those of rounds too."""
    rows = Coding.objects.filter(code__in=list(ids), removed_at__isnull=True).order_by()
    return dict(rows.values_list("code_id").annotate(n=Count("id")))


def _asked(access: Access) -> set[int | None]:
    rows = access.project.code_proposals.filter(state=CodeProposal.State.OPEN)
    return set(rows.values_list("code_id", flat=True))


def _worked_on(code: Code, state: State, codes: Iterable[Code]) -> str:
    """Why a code is not as the import left it; "" where it is."""
    if code.merged_into is not None:
        return _("it was merged into “%(into)s”") % {"into": code.merged_into.name}
    if code.removed_at is not None:
        return _("it is in the trash")
    came = next((other for other in codes if other.merged_into_id == code.pk), None)
    if came is not None:
        return _("“%(code)s” was merged into it") % {"code": came.name}
    same = all(getattr(code, name) == state[name] for name in SAID)
    # Lines of earlier times do not say when the meaning changed.
    if same and _moment(state.get("redefined_at", code.redefined_at)) == code.redefined_at:
        return ""
    return _("it has been changed since")


def _put_back(code: Code, state: State) -> None:
    for name in SAID:
        setattr(code, name, state[name])
    if "redefined_at" in state:
        code.redefined_at = _moment(state["redefined_at"])


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _misplaced(plan: ImportUndo, codes: Iterable[Code]) -> dict[int, str]:
    """Codes that would have no good place once all is put back: reasons by their id."""
    going = {code.pk for code in plan.gone}
    kept = {c.pk: c for c in codes if c.removed_at is None and c.pk not in going}
    every = {code.pk: code for code in codes}
    found: dict[int, str] = {}
    for code in kept.values():
        if code.parent_id in going:
            words = {"code": every[code.parent_id].name}
            found[code.pk] = _("it lies below “%(code)s”, which the import made") % words
    names = _names(kept)
    for code in plan.back:
        parent = every.get(code.parent_id or 0)
        if code.parent_id is not None and (
            parent is None or parent.removed_at is not None or parent.merged_into_id is not None
        ):
            found[code.pk] = _("the code above it is gone")
        elif _in_a_loop(code, every):
            found[code.pk] = _("what was above it lies below it now")
        elif code.retired_at is None and len(names[_place(code)]) > 1:
            found[code.pk] = _("there is another code “%(name)s” in its old place") % {
                "name": code.name
            }
    return found


def _names(codes: Mapping[int, Code]) -> dict[tuple[int | None, str], list[Code]]:
    found: dict[tuple[int | None, str], list[Code]] = {}
    for code in codes.values():
        if code.retired_at is None:
            found.setdefault(_place(code), []).append(code)
    return found


def _place(code: Code) -> tuple[int | None, str]:
    return code.parent_id, code.name.casefold()


def _in_a_loop(code: Code, codes: Mapping[int, Code]) -> bool:
    seen: set[int] = set()
    at: int | None = code.pk
    while at is not None and at in codes:
        if at in seen:
            return True
        seen.add(at)
        at = codes[at].parent_id
    return False


def _sentence(problems: list[tuple[int, str, str]]) -> str:
    told = [f"“{name}” ({reason})" for _pk, name, reason in problems[:NAMED]]
    said = _("The import cannot be undone as it is. In the way: %(codes)s.") % {
        "codes": "; ".join(told)
    }
    more = len(problems) - len(told)
    if more:
        rest = ngettext("And %(n)s more code.", "And %(n)s more codes.", more) % {"n": more}
        said = f"{said} {rest}"
    return said
