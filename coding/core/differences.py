"""A correction as people read it: the places that changed, with some words around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from coding.core.edits import Edit

# Characters shown before and after a change; changes closer than both are shown as one.
AROUND = 90


@dataclass(slots=True)
class Place:
    """One changed place: ``parts`` are (kind, text), kind "same", "old" or "new".

    ``line`` counts from 1 in the old text.
    """

    line: int
    start: int
    end: int
    parts: list[tuple[str, str]] = field(default_factory=list)


def places(old: str, edits: Sequence[Edit], most: int | None = None) -> list[Place]:
    """The changed places of ``old`` in order, at most ``most`` of them."""
    groups: list[list[Edit]] = []
    for edit in edits:
        if groups and edit.start - groups[-1][-1].end <= 2 * AROUND:
            groups[-1].append(edit)
        else:
            if most is not None and len(groups) == most:
                break
            groups.append([edit])
    shown, line, counted = [], 1, 0
    for group in groups:
        first, last = group[0].start, group[-1].end
        line += old.count("\n", counted, first)
        counted = first
        begin, finish = _start(old, first), _end(old, last)
        place = Place(line, first, last)
        at = begin
        if begin:
            place.parts.append(("same", "… "))
        for edit in group:
            place.parts += [
                ("same", old[at : edit.start]),
                ("old", old[edit.start : edit.end]),
                ("new", edit.new),
            ]
            at = edit.end
        place.parts.append(("same", old[at:finish] + (" …" if finish < len(old) else "")))
        place.parts = [part for part in place.parts if part[1]]
        shown.append(place)
    return shown


def count_places(edits: Sequence[Edit]) -> int:
    """How many places ``places`` would show."""
    return bool(edits) + sum(b.start - a.end > 2 * AROUND for a, b in pairwise(edits))


def _start(text: str, at: int) -> int:
    if at <= AROUND:
        return 0
    space = text.find(" ", at - AROUND, at)
    return space + 1 if space >= 0 else at - AROUND


def _end(text: str, at: int) -> int:
    if at + AROUND >= len(text):
        return len(text)
    space = text.rfind(" ", at, at + AROUND)
    return space if space >= 0 else at + AROUND
