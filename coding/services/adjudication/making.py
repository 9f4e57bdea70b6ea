"""Working out the places of a round where coders meet or miss each other."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import numpy as np
from django.db import transaction

from coding import queries
from coding.core.agreement import SourceCoding, comparisons
from coding.models import Assignment, Comparison, Round, Source
from coding.queries import last_of_merges
from coding.services.codings.history import lock
from coding.services.versions.translate import carry_through, steps_since_version
from projects.access import Access
from projects.services.events import record

COMPARED = "round.compared"
BATCH = 1_000
KINDS = {
    "agree": Comparison.Kind.AGREE,
    "boundary": Comparison.Kind.BOUNDARY,
    "missed": Comparison.Kind.MISSED,
    "other_code": Comparison.Kind.OTHER,
}

# Coder, coding, code, start, end.
Row = tuple[int, int, int, int, int]


def make_comparisons(
    *, access: Access, held: Round, progress: Callable[[int, int], None] | None = None
) -> int:
    """Hold side by side what the coders of an opened round had left; how many places were made.

    A source counts that at least two of them have finished. A source whose places were made before
    keeps them, so that this can be asked again at any time; each source is written by itself, and
    what was interrupted goes on where it stopped.
    """
    access.require("adjudicate")
    held = queries.opened_round(access, held.pk)
    sources = list(queries.finished_by_two(access, held))
    codes = {
        code.pk: last_of_merges(code).pk
        for code in access.project.codes.select_related("merged_into__merged_into")
    }
    made = 0
    for number, source in enumerate(sources):
        if progress is not None:
            progress(number, len(sources))
        made += _one_source(held, source, codes)
    with transaction.atomic():
        # Two at once: the line is written by whoever comes first.
        Round.objects.select_for_update().get(pk=held.pk)
        if made or not queries.prepared(access, held):
            record(
                access, COMPARED, held, before={}, after={"places": made, "sources": len(sources)}
            )
    return made


@transaction.atomic
def _one_source(held: Round, source: Source, codes: dict[int, int]) -> int:
    source = lock(source.pk)
    if Comparison.objects.filter(round=held, source=source).exists():
        return 0
    shares = Assignment.objects.filter(round=held, source=source, finished_at__isnull=False)
    rows: list[Row] = []
    coders = []
    for share in shares.order_by("coder"):
        coders.append(share.coder_id)
        rows += _passages(source, share, codes)
    places = comparisons(
        SourceCoding.from_rows(
            source.pk, source.length, coders, [(who, code, a, b) for who, _pk, code, a, b in rows]
        ),
        threshold=held.threshold,
    )
    of_code: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row[3], row[4], row[0], row[1])):
        of_code.setdefault(row[2], []).append(row)
    starts = {code: [row[3] for row in own] for code, own in of_code.items()}
    new = []
    for place in places:
        first = bisect_left(starts[place.code], place.start)
        last = bisect_left(starts[place.code], place.end)
        new.append(
            Comparison(
                round=held,
                source=source,
                code_id=place.code,
                start=place.start,
                end=place.end,
                kind=KINDS[place.kind.value],
                passages=[
                    [who, pk, a, b] for who, pk, _code, a, b in of_code[place.code][first:last]
                ],
                others=[[who, other] for who, several in place.others.items() for other in several],
            )
        )
    Comparison.objects.bulk_create(new, batch_size=BATCH)
    return len(new)


def _passages(source: Source, share: Assignment, codes: dict[int, int]) -> list[Row]:
    """What one coder had left, in the text and under the codes of now."""
    held: list[list[Any]] = [row for row in share.passages if row[1] in codes]
    spans = np.array([row[2:4] for row in held], dtype=np.int64).reshape(-1, 2)
    if share.version < source.version:
        spans, _certain = carry_through(spans, steps_since_version(source, share.version))
    return [
        (share.coder_id, row[0], codes[row[1]], start, end)
        for row, (start, end) in zip(held, spans.tolist(), strict=True)
        # Of what a correction took out of the text nothing is left to compare.
        if 0 <= start < end <= source.length
    ]
