"""Cutting a transcript into sections for the page: whole turns, about 4,000 characters each.

A section is what the browser may leave unpainted while it is far away; measured, one turn is too
fine a grain for that and the whole text too coarse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
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


def html(sections: Sequence[Section], at: str = "{time}") -> str:
    """The transcript as the page has it: turns as ``<p>`` with their offsets, and nothing in them
    but their text, as white space there would shift every offset after it.

    A template loop would say the same at many times the cost: this is most of a long page. Turns
    of a recording (rows with ``time_start``, ``time_end`` in milliseconds and ``time`` in words)
    carry their times as well; ``at`` says one for the ear.
    """
    parts: list[str] = []
    for section in sections:
        parts.append(
            f'<section class="section" data-s="{section.start:d}" data-e="{section.end:d}">'
        )
        for turn in section.turns:
            number, rest = turn["ordinal"], ""
            if turn.get("withdrawn"):
                rest = " data-withdrawn"
            if turn["gap"]:
                rest += f' data-gap="{escape(turn["gap"])}"'
            if turn.get("time"):
                rest += _times(turn, at)
            parts.append(
                f'<p class="turn" id="t{number:d}" data-s="{turn["start"]:d}"'
                f' data-e="{turn["end"]:d}" data-b="{turn["body_start"]:d}" data-n="{number:d}"'
                f' data-role="{escape(turn["role"])}"{rest} tabindex="-1">'
                # Quotation marks are harmless between tags, and talk is full of them.
                f"{escape(turn['text'], quote=False)}</p>"
            )
        parts.append("</section>")
    return "".join(parts)


def _times(turn: dict[str, Any], at: str) -> str:
    until = turn["time_end"]
    time = escape(turn["time"])
    return (
        f' data-at="{turn["time_start"]:d}"'
        + (f' data-until="{until:d}"' if until is not None else "")
        + f' data-time="{time}" aria-description="{escape(at.format(time=turn["time"]))}"'
    )
