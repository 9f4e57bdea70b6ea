"""Cutting a transcript into sections for the page: whole turns, about 4,000 characters each.

A section is what the browser may leave unpainted while it is far away; measured, one turn is too
fine a grain for that and the whole text too coarse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from coding.core.clock import clock

SECTION_LENGTH = 4_000


@dataclass(slots=True)
class Section:
    start: int
    end: int = 0
    turns: list[dict[str, Any]] = field(default_factory=list)


def build(text: str, turns: Sequence[dict[str, Any]]) -> list[Section]:
    """Group ``turns`` (ordered rows with start, body_start, end, …) and give each its text, and
    its time in the recording in words where it has one.

    ``gap`` is what stands between a turn and the next where that is anything but line ends: the
    page cannot show it, but a passage over both turns has it in its quotation.
    """
    sections: list[Section] = []
    nexts = [turn["start"] for turn in turns[1:]]
    for turn, following in zip_longest(turns, nexts, fillvalue=None):
        assert turn is not None  # noqa: S101  (there is one following start less)
        if not sections or turn["start"] - sections[-1].start >= SECTION_LENGTH:
            sections.append(Section(start=turn["start"]))
        section = sections[-1]
        between = text[turn["end"] : following] if following is not None else ""
        gap = between if between.strip("\n") else ""
        section.turns.append(
            {
                **turn,
                "text": text[turn["start"] : turn["end"]],
                "gap": gap,
                "time": clock(turn.get("time_start")),
            }
        )
        section.end = turn["end"]
    return sections
