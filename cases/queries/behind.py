"""What the list behind a number shows of sources, turns and codings, by id."""

from collections.abc import Collection
from typing import Any

from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _

from coding import queries as coding_queries
from coding.models import Participant, Turn
from coding.models import SourceText as StoredText
from projects.access import Access


def source_lines(access: Access, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Title, key and kind of sources, by id."""
    rows = coding_queries.visible_sources(access).filter(pk__in=ids)
    return {row["id"]: dict(row) for row in rows.values("id", "key", "title", "kind", "date")}


def texts(access: Access, ids: Collection[int]) -> dict[int, str]:
    rows = StoredText.objects.filter(
        source__in=coding_queries.visible_sources(access).filter(pk__in=ids)
    )
    return dict(rows.values_list("source_id", "text"))


def turn_lines(access: Access, ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The turns of sources in order, with the pseudonym of who speaks."""
    rows = (
        Turn.objects.filter(source__in=coding_queries.visible_sources(access).filter(pk__in=ids))
        .order_by("source_id", "ordinal")
        .values(
            "source_id",
            "ordinal",
            "start",
            "end",
            "speaker",
            pseudonym=F("participant__pseudonym"),
            consent_quote=F("participant__consent_quote"),
        )
    )
    lines: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        lines.setdefault(row["source_id"], []).append(dict(row))
    return lines


def coding_lines(access: Access, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Code and coder of codings, by id; what was agreed on is nobody's, and says so."""
    rows = (
        coding_queries.visible_in_any_layer(access)
        .filter(pk__in=ids)
        .values(
            "id",
            "start",
            "end",
            "code_id",
            "coder_id",
            code_name=F("code__name"),
            colour=F("code__colour"),
            coder_label=Case(
                When(agreed_in__isnull=False, then=Value(_("agreed coding"))),
                default=F("coder__label"),
            ),
        )
    )
    return {row["id"]: dict(row) for row in rows}


def participant_names(access: Access, ids: Collection[int]) -> dict[int, str]:
    rows = Participant.objects.filter(project=access.project, pk__in=ids)
    return {row.pk: str(row) for row in rows}
