"""Cutting a transcript into sections for the page: whole turns, about 4,000 characters each.

A section is what the browser may leave unpainted while it is far away; measured, one turn is too
fine a grain for that and the whole text too coarse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SECTION_LENGTH = 4_000


@dataclass(slots=True)
class Section:
    start: int
    end: int = 0
    turns: list[dict[str, Any]] = field(default_factory=list)


def build(text: str, turns: Sequence[dict[str, Any]]) -> list[Section]:
    """Group ``turns`` (ordered rows with start, body_start, end, …) and give each its text."""
    sections: list[Section] = []
    for turn in turns:
        if not sections or turn["start"] - sections[-1].start >= SECTION_LENGTH:
            sections.append(Section(start=turn["start"]))
        section = sections[-1]
        section.turns.append({**turn, "text": text[turn["start"] : turn["end"]]})
        section.end = turn["end"]
    return sections
