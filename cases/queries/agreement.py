"""What the report of a round needs to know of sources and cases."""

from collections.abc import Collection

from django.db.models import Count, Sum

from cases.models import CaseSource
from coding import queries as coding_queries
from coding.models import Assignment, Coding, Comparison, Round, Source
from projects.access import Access


def sources_of_cases(
    access: Access, ids: Collection[int]
) -> tuple[dict[int, str], dict[int, list[int]]]:
    """The names of the cases that these sources belong to, and the sources of each."""
    names: dict[int, str] = {}
    members: dict[int, list[int]] = {}
    there = access.project.cases.present()
    rows = CaseSource.objects.filter(case__in=there, source__in=ids)
    for case, name, source in rows.order_by("case__position", "case_id", "source_id").values_list(
        "case_id", "case__name", "source_id"
    ):
        names[case] = name
        members.setdefault(case, []).append(source)
    return names, members


def source_versions(access: Access, ids: Collection[int]) -> dict[int, int]:
    """Which version of its text each source has now."""
    rows = coding_queries.visible_sources(access).filter(pk__in=ids)
    return dict(rows.order_by().values_list("id", "version"))


def all_sources(access: Access) -> tuple[int, int]:
    """How many sources the project has that may be used, and their characters."""
    found = coding_queries.visible_sources(access).aggregate(n=Count("pk"), size=Sum("length"))
    return found["n"], found["size"] or 0


def lengths(access: Access, ids: Collection[int]) -> int:
    """The characters of these sources, as they are now."""
    rows = Source.objects.filter(project=access.project, pk__in=ids)
    return rows.aggregate(size=Sum("length"))["size"] or 0


def coded_before(held: Round, judged: Collection[tuple[int, int]]) -> bool:
    """Whether something went into the round that one of these, each (source, coder), had coded
    before it began."""
    if held.started_at is None:
        return False
    older = Coding.objects.filter(
        source__in={source for source, _coder in judged}, created_at__lt=held.started_at
    )
    known = set(older.values_list("pk", flat=True))
    if not known:
        return False
    rows = Assignment.objects.filter(round=held).values_list("source", "coder", "passages")
    return any(
        row[0] in known
        for source, coder, passages in rows
        if (source, coder) in judged
        for row in passages
    )


def compared_places(
    held: Round, sources: Collection[int], code: int
) -> dict[tuple[int, int, int], int]:
    """The places of a code that are held side by side, by source, start and end."""
    rows = held.comparisons.filter(source__in=sources, code=code)
    return {
        (source, start, end): pk
        for pk, source, start, end in rows.values_list("pk", "source_id", "start", "end")
    }


def decided(access: Access, held: Round) -> tuple[int, int]:
    """How many places of a round differ between coders, and how many of these are decided."""
    there = coding_queries.visible_sources(access)
    rows = held.comparisons.filter(source__in=there).exclude(kind=Comparison.Kind.AGREE)
    made = rows.exclude(decision=Comparison.Decision.OPEN)
    return rows.count(), made.count()
