"""How far everybody is with every source, for going from one source to the next."""

from dataclasses import dataclass

from django.db.models import Count

from coding.models import Source
from coding.queries.doors import visible_codings, visible_readings, visible_sources
from projects.access import Access
from projects.models import Membership


@dataclass(frozen=True, slots=True)
class CoderProgress:
    """How far one coder is with one source."""

    label: str
    codings: int
    finished: bool


@dataclass(frozen=True, slots=True)
class SourceProgress:
    """One line of the reader's list of sources: coders by name, those who did nothing left out."""

    id: int
    title: str
    here: bool
    coders: list[CoderProgress]


@dataclass(frozen=True, slots=True)
class SourceNav:
    previous: SourceProgress | None
    next: SourceProgress | None
    sources: list[SourceProgress]


def source_nav(access: Access, here: Source) -> SourceNav:
    """The sources around one that is open, in the order of the list. Four queries."""
    labels = dict(Membership.objects.filter(project=access.project).values_list("id", "label"))
    counted = (
        visible_codings(access)
        .order_by()
        .values_list("source_id", "coder_id")
        .annotate(n=Count("id"))
    )
    counts = {(source_id, coder_id): n for source_id, coder_id, n in counted}
    done = set(visible_readings(access).values_list("source_id", "coder_id"))
    by_source: dict[int, list[CoderProgress]] = {}
    for pair in sorted(counts.keys() | done, key=lambda pair: labels[pair[1]]):
        progress = CoderProgress(labels[pair[1]], counts.get(pair, 0), pair in done)
        by_source.setdefault(pair[0], []).append(progress)
    rows = [
        SourceProgress(pk, title, pk == here.pk, by_source.get(pk, []))
        for pk, title in visible_sources(access).order_by("key").values_list("id", "title")
    ]
    at = next(i for i, row in enumerate(rows) if row.here)
    return SourceNav(
        previous=rows[at - 1] if at else None,
        next=rows[at + 1] if at + 1 < len(rows) else None,
        sources=rows,
    )
