"""The list of sources, and one source as it is read: its text, turns, codings and people."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from coding.models import (
    Assignment,
    Coding,
    Participant,
    PlacementReview,
    Reading,
    Recording,
    Round,
    Source,
    SourceText,
)
from coding.queries.doors import (
    blind_sources,
    seen_by,
    visible_codings,
    visible_placements,
    visible_sources,
    withheld_sources,
)
from projects.access import Access
from projects.models import Membership


def sources(access: Access) -> QuerySet[Source]:
    """For the list of sources: with the number of codings, of coders and of passages to review."""
    withheld = withheld_sources(access).filter(pk=OuterRef("pk"))
    waiting = visible_placements(access).filter(
        source=OuterRef("pk"), state=PlacementReview.State.OPEN
    )
    # The same as ``visible_codings``, as a condition on what is counted.
    counted = Q(
        codings__removed_at__isnull=True,
        codings__agreed_in__isnull=True,
        codings__code__removed_at__isnull=True,
    ) & (Q(codings__coder=access.membership) | ~Q(pk__in=blind_sources(access).values("pk")))
    return (
        access.project.sources.present()
        .select_related("participant", "recording")
        .annotate(
            withheld=Exists(withheld),
            waiting=Subquery(
                waiting.order_by().values("source").annotate(n=Count("id")).values("n")
            ),
            codings_count=Count("codings", filter=counted, distinct=True),
            coders_count=Count("codings__coder", filter=counted, distinct=True),
        )
        .order_by("key")
    )


def source(access: Access, source_id: int) -> Source:
    """``in_round``: this person codes it in a running round."""
    share = Assignment.objects.filter(
        source=OuterRef("pk"), coder=access.membership, round__state=Round.State.RUNNING
    )
    rows = visible_sources(access).select_related("participant", "recording")
    rows = rows.annotate(in_round=Exists(share))
    return get_object_or_404(rows, pk=source_id)


def recording(source: Source) -> Recording | None:
    """The recording of a source that came from here, without another query."""
    return getattr(source, "recording", None)


def coding(access: Access, coding_id: int) -> Coding:
    """A coder's own coding, which may have been removed meanwhile: who removes it is told so.

    Never an agreed one: that is changed by deciding anew, and in no other way.
    """
    rows = seen_by(access, Coding.objects.filter(agreed_in__isnull=True))
    return get_object_or_404(rows, pk=coding_id)


def text(source: Source) -> str:
    return SourceText.objects.values_list("text", flat=True).get(source=source)


def original(source: Source) -> tuple[str, bytes]:
    """File name and bytes of what was imported."""
    name, content = SourceText.objects.values_list("original_name", "original").get(source=source)
    return name.rsplit("/", 1)[-1], bytes(content)


def turns(source: Source) -> list[dict[str, Any]]:
    fields = ("ordinal", "start", "body_start", "end", "speaker", "role", "withdrawn")
    times = ("time_start", "time_end")
    return [dict(row) for row in source.turns.order_by("ordinal").values(*fields, *times)]


def read_turns(source: Source) -> list[dict[str, Any]]:
    """The turns with what a reader is told of them beside their words: time, pseudonym, consent."""
    fields = ("ordinal", "start", "body_start", "end", "speaker", "role", "time_start")
    who = ("participant__pseudonym", "participant__consent_quote")
    rows = source.turns.order_by("ordinal").values(*fields, *who)
    return [dict(row) for row in rows]


def coding_rows(access: Access, source: Source) -> list[list[int]]:
    """``[id, start, end, code, coder]`` of every visible coding of a source, in text order."""
    rows = (
        visible_codings(access)
        .filter(source=source)
        .order_by("start", "-end", "id")
        .values_list("id", "start", "end", "code_id", "coder_id")
    )
    return [list(row) for row in rows]


def finished(access: Access, source: Source) -> bool:
    return Reading.objects.filter(source=source, coder=access.membership).exists()


def coders(access: Access) -> list[dict[str, Any]]:
    """Everybody who codes or has coded here."""
    rows = Membership.objects.filter(project=access.project).order_by("label")
    return [dict(row) for row in rows.values("id", "label")]


def participants(access: Access) -> QuerySet[Participant]:
    return access.project.participants.order_by("key")
