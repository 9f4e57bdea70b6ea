"""How codes are used: counts, passages, examples, history, and what waits for a second look."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from coding.models import Code, CodeExample, Coding, Source
from coding.queries.compared import visible_in_any_layer
from coding.queries.doors import seen_by, visible_codings
from projects.access import Access
from projects.models import Event
from projects.queries import visible_events


def coding_counts(access: Access) -> dict[int, int]:
    """Number of visible codings by code id."""
    rows = visible_codings(access).values_list("code_id").annotate(n=Count("id")).order_by()
    return dict(rows)


def to_review(access: Access, code: Code | None = None) -> QuerySet[Coding]:
    """Passages coded under an older definition, which nobody has looked at since: one's own, and
    for those who may change them everybody's."""
    rows = visible_codings(access).filter(created_at__lt=F("code__redefined_at"))
    rows = rows.filter(Q(confirmed_at=None) | Q(confirmed_at__lt=F("code__redefined_at")))
    if not access.may["remove_others_codings"]:
        rows = rows.filter(coder=access.membership)
    if code is not None:
        rows = rows.filter(code=code)
    return rows.order_by("source__key", "start", "-end", "id")


def review_counts(access: Access) -> dict[int, int]:
    """How many passages wait for a second look, by code id; codes without any are left out."""
    rows = to_review(access).order_by().values_list("code_id").annotate(n=Count("id"))
    return dict(rows)


def review_begun(access: Access, code: Code) -> Event | None:
    """The change of this code that made its passages worth a second look, if there was one."""
    return (
        visible_events(access)
        .filter(object_guid=code.guid, object_type="code", after__has_key="to_review")
        .order_by("-id")
        .first()
    )


def code_events(access: Access, code: Code) -> QuerySet[Event]:
    """The history of one code, newest first; with what was merged into it, and taken out again."""
    own = Q(object_guid=code.guid, object_type__in=("code", "example"))
    came = Q(verb="code.merged", after__into_id=code.pk)
    went = Q(verb="code.unmerged", after__from_id=code.pk)
    return visible_events(access).filter(own | came | went).order_by("-id")


def counts_of_code(
    access: Access, code: Code
) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]]]:
    """Its passages by coder ``(label, n)``, and by source ``(id, title, n)``."""
    rows = visible_codings(access).filter(code=code).order_by()
    by_coder = rows.values_list("coder__label").annotate(n=Count("id")).order_by("coder__label")
    by_source = (
        rows.values_list("source_id", "source__title")
        .annotate(n=Count("id"))
        .order_by("source__key")
    )
    return list(by_coder), list(by_source)


def codings_of_code(access: Access, code: Code) -> QuerySet[Coding]:
    rows = visible_codings(access).filter(code=code).select_related("source", "coder", "code")
    return rows.order_by("source__key", "start", "-end", "id")


def examples(access: Access, codes: Iterable[int]) -> QuerySet[CodeExample]:
    """Passages that show what codes mean, as far as they are still coded so."""
    return (
        CodeExample.objects.filter(
            code__in=list(codes), coding__code=F("code"), coding__in=visible_in_any_layer(access)
        )
        .select_related(
            "coding__source",
            "coding__coder",
            "coding__code",
            "coding__agreed_in",
            "coding__decision",
        )
        .order_by("code", "position", "id")
    )


def example_rows(access: Access, source: Source) -> list[list[int]]:
    """``[coding, code]`` of a source's examples for the scripts of the reader; also where the
    coding has another code now, or is removed: either may be taken back."""
    codings = seen_by(access, Coding.objects.filter(source=source, agreed_in__isnull=True))
    rows = CodeExample.objects.filter(coding__in=codings).order_by("coding", "code")
    return [list(row) for row in rows.values_list("coding", "code")]
