"""Auto-coding: many passages at once, as one batch that each source's undo takes back.

A batch is one event per source with the same batch identifier. The events are those of coding by
hand, so that history, undo and redo know them; ``after["auto"]`` says how they came about.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.models import Code, Coding
from coding.queries import event_rows, undo_state, visible_sources
from coding.services.codings import ADDED, undo
from coding.services.codings.history import check_codes, lockable
from coding.services.codings.round_locks import check_unfinished
from projects.access import Access
from projects.models import Event
from projects.services.events import record

LIMIT = 2_000
MAX_CODES = 10
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class AutoCoded:
    """What a batch made: codings, in how many sources, and how many were there before."""

    codings: int
    sources: int
    already: int = 0


@transaction.atomic
def auto_code(
    *,
    access: Access,
    passages: Sequence[tuple[int, int, int]],
    codes: Sequence[Code],
    query: str,
    unit: str,
    batch: uuid.UUID,
    expression: str = "",
    texts: Mapping[int, str] | None = None,
) -> AutoCoded:
    """Apply all ``codes`` to passages (source id, start, end) that a search has found.

    ``query`` (the search as an address), ``unit`` and ``expression`` (where one was looked for) go
    into the history. ``texts`` gives the SHA-256 of the texts that were searched: a source whose
    text is another one now is refused. What this coder has coded alike already stays as it is.
    Sent twice under the same ``batch``, it acts once.
    """
    access.require("code")
    if not passages:
        raise ValidationError(_("No passage is ticked."), code="no_passages")
    if len(passages) > LIMIT:
        raise ValidationError(
            _("At most %(limit)s passages can be coded at once; these are %(n)s.")
            % {"limit": f"{LIMIT:,}", "n": f"{len(passages):,}"},
            code="too_many",
        )
    if not codes:
        raise ValidationError(_("Choose at least one code."), code="no_code")
    if len(codes) > MAX_CODES:
        raise ValidationError(
            _("At most %(limit)s codes can be applied at once; these are %(n)s.")
            % {"limit": MAX_CODES, "n": len(codes)},
            code="too_many_codes",
        )
    wanted = {source for source, _start, _end in passages}
    # Always locked in the same order, so that two batches never wait for each other.
    locked = lockable().filter(pk__in=wanted).order_by("pk")
    sources = {source.pk: source for source in locked}
    check_codes(codes)
    visible = set(visible_sources(access).filter(pk__in=wanted).values_list("pk", flat=True))
    done = batch_events(access, batch)
    if done:
        return AutoCoded(sum(len(event_rows(event)[1]) for event in done), len(done))
    if visible != wanted:
        raise ValidationError(_("One of these sources is no longer there."), code="gone")
    check_unfinished(access, sources.values(), [access.membership.pk])
    for pk, digest in (texts or {}).items():
        if pk in sources and sources[pk].text_sha256 != digest:
            raise ValidationError(
                _(
                    "The text of “%(source)s” has been corrected since it was searched. Search"
                    " again; nothing was coded."
                )
                % {"source": sources[pk].title},
                code="text_changed",
            )
    for source, start, end in passages:
        if not 0 <= start < end <= sources[source].length:
            raise ValidationError(_("One of the passages lies outside its text."), code="past_end")
    present = set(
        Coding.objects.present()
        .filter(source__in=wanted, code__in=codes, coder=access.membership)
        .values_list("source_id", "start", "end", "code_id")
    )
    asked = [
        (source, start, end, code)
        for source, start, end in dict.fromkeys(passages)
        for code in dict.fromkeys(codes)
    ]
    new = [
        Coding(source=sources[source], code=code, coder=access.membership, start=start, end=end)
        for source, start, end, code in asked
        if (source, start, end, code.pk) not in present
    ]
    Coding.objects.bulk_create(new, batch_size=BATCH)
    by_source: dict[int, list[Coding]] = {}
    for coding in new:
        by_source.setdefault(coding.source_id, []).append(coding)
    auto = {"query": query, "unit": unit} | ({"expression": expression} if expression else {})
    for rows in by_source.values():
        _write_history(access, rows, auto, batch)
    return AutoCoded(len(new), len(by_source), len(asked) - len(new))


def _write_history(
    access: Access, rows: list[Coding], auto: dict[str, str], batch: uuid.UUID
) -> None:
    passages = len({(coding.start, coding.end) for coding in rows})
    words = {
        "codes": ", ".join(dict.fromkeys(coding.code.name for coding in rows)),
        "n": passages,
        "expression": auto.get("expression", ""),
    }
    if "expression" in auto:
        label = ngettext(
            "%(codes)s (auto-coded: %(n)s passage with the expression %(expression)s)",
            "%(codes)s (auto-coded: %(n)s passages with the expression %(expression)s)",
            passages,
        )
    else:
        label = ngettext(
            "%(codes)s (auto-coded: %(n)s passage)",
            "%(codes)s (auto-coded: %(n)s passages)",
            passages,
        )
    record(
        access,
        ADDED,
        rows[0],
        label=label % words,
        source=rows[0].source,
        after={
            "codings": [
                {
                    "id": c.pk,
                    "guid": str(c.guid),
                    "code": c.code_id,
                    "coder": c.coder_id,
                    "start": c.start,
                    "end": c.end,
                }
                for c in rows
            ],
            "auto": auto,
        },
        batch=batch,
    )


def batch_events(access: Access, batch: uuid.UUID) -> list[Event]:
    """The events of one of this person's batches, one per source, in the order of writing."""
    return list(
        Event.objects.filter(
            project=access.project, actor=access.user, batch=batch, verb=ADDED, mode=Event.Mode.DO
        ).order_by("id")
    )


@transaction.atomic
def undo_batch(*, access: Access, batch: uuid.UUID) -> tuple[int, int]:
    """Take a batch back in every source where it is still this person's last action.

    Returns the number of sources where it was taken back, and of those where something has been
    done since (there, the reader's undo goes back step by step).
    """
    access.require("code")
    guids = [event.source_guid for event in batch_events(access, batch) if event.source_guid]
    undone = kept = 0
    locked = lockable().filter(project=access.project, guid__in=guids)
    for source in locked.order_by("pk"):
        last = undo_state(access, source).undo
        if last is not None and last.batch == batch:
            undo(access=access, source=source)
            undone += 1
        else:
            kept += 1
    return undone, kept
