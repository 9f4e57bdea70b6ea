"""Places of an earlier version of a text, in the present one.

The line of history about a correction keeps its edits as numbers: start, end, new length. With the
texts of the versions they are whole again, so that a place is carried now exactly as the codings
were carried then.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coding.core.align import carry_to
from coding.core.edits import Edit, IntArray
from coding.models import Source, SourceText, SourceVersion
from projects.models import Event

CORRECTED = "source.corrected"


class Step(NamedTuple):
    """One correction: the text before it, the text after it, and what changed."""

    old: str
    new: str
    edits: list[Edit]
    # It was said what stands for what, not found out.
    exact: bool = False


def as_numbers(edits: Sequence[Edit]) -> list[list[int]]:
    return [[edit.start, edit.end, len(edit.new)] for edit in edits]


def steps_since_event(source: Source, event: Event) -> list[Step]:
    """The corrections of a source after something was done in it, in order.

    Whoever changes codings or the text holds the lock of the source, so of two of its events the
    earlier has the smaller id.
    """
    later = _corrections(source).filter(pk__gt=event.pk)
    return _steps(source, list(later))


def steps_since_version(source: Source, number: int) -> list[Step]:
    """The corrections that lead from a version to the present text."""
    later = [e for e in _corrections(source) if (e.after or {}).get("version", 0) > number]
    return _steps(source, later)


def carry_through(
    spans: NDArray[np.integer[Any]], steps: Sequence[Step]
) -> tuple[IntArray, NDArray[np.bool_]]:
    """Where spans of the first step's old text stand after all of them, and which for certain."""
    places = np.asarray(spans, dtype=np.int64).reshape(-1, 2).copy()
    certain = np.ones(len(places), dtype=bool)
    for step in steps:
        there = places[:, 1] > places[:, 0]
        places[there], sure = carry_to(
            places[there], step.edits, step.old, step.new, exact=step.exact
        )
        certain[there] &= sure
        places[~there] = 0
    certain &= places[:, 1] > places[:, 0]
    return places, certain


def _corrections(source: Source) -> Any:
    return Event.objects.filter(
        project=source.project_id, source_guid=source.guid, verb=CORRECTED
    ).order_by("pk")


def _steps(source: Source, events: Sequence[Event]) -> list[Step]:
    if not events:
        return []
    lines: list[dict[str, Any]] = [event.after or {} for event in events]
    numbers = [line["version"] - 1 for line in lines]
    texts = dict(
        SourceVersion.objects.filter(source=source, number__gte=min(numbers)).values_list(
            "number", "text"
        )
    )
    present = SourceText.objects.values_list("text", flat=True).get(source=source)
    steps = []
    for number, line in zip(numbers, lines, strict=True):
        old, new = texts[number], texts.get(number + 1, present)
        edits, shift = [], 0
        for start, end, size in line["edits"]:
            edits.append(Edit(start, end, new[start + shift : start + shift + size]))
            shift += size - (end - start)
        steps.append(Step(old, new, edits, bool(line.get("carried", {}).get("exact"))))
    return steps
