"""What rounds keep about passages, put into a text that has changed.

Records name their places as codings do, and go along with every correction and cut; whether
somebody coded a passage stays as it was. A passage of which nothing is left is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from coding.core.align import carry_to
from coding.models import Assignment, Comparison, Source
from coding.services.versions.plan import Plan
from projects.services.rows import write_rows

Place = tuple[int, int]
# New places of the places given; None where nothing is left.
Mover = Callable[[Sequence[Place]], Sequence[Place | None]]


def carry_records(source: Source, plan: Plan, stood: Sequence[Sequence[int]]) -> None:
    """After a correction: along with the codings. ``stood``: coding, start and end of each of them
    before it, in the order of the plan."""
    # A coding that is still where it was when it was recorded takes its record with it, also where
    # a version is restored.
    known = {
        (row[0], row[1], row[2]): (placed.start, placed.end)
        for placed, row in zip(plan.placed, stood, strict=True)
    }

    def move(spans: Sequence[Place]) -> list[Place | None]:
        places = np.array(spans, dtype=np.int64).reshape(-1, 2)
        after, _certain = carry_to(places, plan.edits, plan.old, plan.new, exact=plan.exact)
        return [(a, b) if b > a else None for a, b in after.tolist()]

    move_records(source, move, known)


def move_records(
    source: Source,
    move: Mover,
    known: dict[tuple[int, int, int], Place] | None = None,
    *,
    forget: bool = False,
) -> None:
    """Put the records of one source into its new text. Two queries where there is none.

    A place of which nothing is left goes, unless somebody has decided about it: then it stays where
    it was. With ``forget`` it goes all the same.
    """
    known = known or {}
    shares = list(Assignment.objects.filter(source=source))
    for share in shares:
        share.passages = _moved(share.passages, 0, move, known)
        share.earlier = _moved(share.earlier, 0, move, known)
        share.version = source.version
    Assignment.objects.bulk_update(shares, ["passages", "earlier", "version"], batch_size=500)
    kept, gone = [], []
    for row in Comparison.objects.filter(source=source):
        row.passages = _moved(row.passages, 1, move, known)
        if row.passages:
            row.start = min(passage[2] for passage in row.passages)
            row.end = max(passage[3] for passage in row.passages)
        elif forget or not row.decision:
            gone.append(row.pk)
            continue
        else:
            row.start = min(row.start, max(source.length - 1, 0))
            row.end = row.start + 1
        kept.append(row)
    Comparison.objects.filter(pk__in=gone).delete()
    write_rows(kept, ["start", "end", "passages"])


def _moved(
    rows: list[list[Any]], at: int, move: Mover, known: dict[tuple[int, int, int], Place]
) -> list[list[Any]]:
    """Rows with a coding's id at ``at``; their places are the third and fourth."""
    if not rows:
        return []
    places = move([(row[2], row[3]) for row in rows])
    kept = []
    for row, place in zip(rows, places, strict=True):
        now = known.get((row[at], row[2], row[3]), place)
        if now is not None and now[1] > now[0]:
            kept.append([*row[:2], *now, *row[4:]])
    return kept
