"""The list behind a number. It has exactly as many entries as the number says.

Under coder_mean a number of segments is an average, so the list shows the merged segments it
was made from; every other number keeps the promise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cases.core.counting.measures import unit_named
from cases.core.counting.model import Codings, Rule
from cases.core.counting.tally import choose, merge
from cases.core.counting.text import BoolArray, StudyText, first_touch, items_under
from coding.core.spans import IntArray


@dataclass(frozen=True, slots=True)
class Segment:
    """A counted stretch of a source, and the codings that overlap it."""

    source: int
    start: int
    end: int
    coding_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list behind a number.

    ``amount`` is what the line adds to the number: 1 for things that are counted one by one,
    the words or characters of a segment otherwise. ``source``, ``start`` and ``end`` are None
    where the line stands for more than one place; ``participant`` is set for participants,
    and for turns of a known participant.
    """

    amount: int
    segments: tuple[Segment, ...]
    source: int | None = None
    start: int | None = None
    end: int | None = None
    participant: int | None = None
    coding: int | None = None


def segments(
    text: StudyText,
    codings: Codings,
    row_sources: Collection[int],
    codes: Collection[int],
    rule: Rule | None = None,
) -> list[Segment]:
    """The segments of one cell, in text order (sources in the order of ``text``).

    As many as ``Counts.segments`` says, under union and consensus.
    """
    rule = rule or Rule()
    chosen, source = _cell_codings(text, codings, row_sources, codes, rule)
    base = text.line[source]
    starts, ends = chosen.start + base, chosen.end + base
    pieces = merge(starts, ends, np.zeros_like(starts), chosen.coder, rule)
    # Under union a coding lies in one piece; under consensus it may overlap several, or none.
    low, high = items_under(starts, ends, pieces.starts, pieces.ends)
    members: list[list[int]] = [[] for _ in range(len(pieces))]
    for coding, begin, stop in zip(chosen.id.tolist(), low.tolist(), high.tolist(), strict=True):
        for piece in range(begin, stop):
            members[piece].append(coding)
    source = text.source_at(pieces.starts)
    base = text.line[source]
    return [
        Segment(source_id, start, end, tuple(sorted(ids)))
        for source_id, start, end, ids in zip(
            text.source_ids[source].tolist(),
            (pieces.starts - base).tolist(),
            (pieces.ends - base).tolist(),
            members,
            strict=True,
        )
    ]


def drill_down(
    text: StudyText,
    codings: Codings,
    row_sources: Collection[int],
    codes: Collection[int],
    rule: Rule | None = None,
    unit: str = "segments",
) -> list[Entry]:
    """The list behind the number of one cell: the amounts of its entries add up to it.

    For a rate, the list behind its numerator. One entry per segment, coding, document,
    participant or turn; for words and characters one per segment, with its share of them.
    """
    rule = rule or Rule()
    counted = unit_named(unit).counts
    found = segments(text, codings, row_sources, codes, rule)
    if counted == "codings":
        chosen, _ = _cell_codings(text, codings, row_sources, codes, rule)
        return by_coding(chosen, found)
    if counted == "documents":
        return by_document(found)
    if counted == "participants":
        return by_participant(text, found)
    if counted == "turns":
        return by_turn(text, found)
    if counted == "words":
        amounts = _words_of(text, found)
    elif counted == "chars":
        amounts = [segment.end - segment.start for segment in found]
    else:
        amounts = [1] * len(found)
    return [
        Entry(amount, (segment,), segment.source, segment.start, segment.end)
        for amount, segment in zip(amounts, found, strict=True)
    ]


def by_coding(codings: Codings, found: Iterable[Segment]) -> list[Entry]:
    """One entry per coding, in text order, with the segments it is part of.

    ``codings`` are those of the cell. Under consensus a coding that nobody else shares has no
    segment.
    """
    within: dict[int, list[Segment]] = {}
    for segment in found:
        for coding in segment.coding_ids:
            within.setdefault(coding, []).append(segment)
    order = np.lexsort((codings.id, codings.end, codings.start, codings.source))
    columns = (codings.id, codings.source, codings.start, codings.end)
    return [
        Entry(1, tuple(within.get(coding, ())), source, start, end, coding=coding)
        for coding, source, start, end in zip(
            *(column[order].tolist() for column in columns), strict=True
        )
    ]


def by_document(found: Iterable[Segment]) -> list[Entry]:
    """One entry per source, with its segments."""
    groups: dict[int, list[Segment]] = {}
    for segment in found:
        groups.setdefault(segment.source, []).append(segment)
    return [Entry(1, tuple(group), source) for source, group in groups.items()]


def by_participant(text: StudyText, found: Sequence[Segment]) -> list[Entry]:
    """One entry per participant, with the segments that touch a turn of theirs."""
    groups: dict[int, dict[int, None]] = {}
    person = text.turn_participant.tolist()
    for position, turn in _touched_turns(text, found, text.turn_has_person):
        groups.setdefault(person[turn], {})[position] = None
    return [
        Entry(1, tuple(found[position] for position in positions), participant=participant)
        for participant, positions in groups.items()
    ]


def by_turn(text: StudyText, found: Sequence[Segment]) -> list[Entry]:
    """One entry per counted turn (start and end of what is said), with its segments."""
    groups: dict[int, list[Segment]] = {}
    for position, turn in _touched_turns(text, found, text.turn_counts):
        groups.setdefault(turn, []).append(found[position])
    entries = []
    for turn, group in groups.items():
        source = int(text.turn_source[turn])
        base = int(text.line[source])
        person = int(text.turn_participant[turn]) if text.turn_has_person[turn] else None
        entries.append(
            Entry(
                1,
                tuple(group),
                int(text.source_ids[source]),
                int(text.turn_start[turn]) - base,
                int(text.turn_end[turn]) - base,
                participant=person,
            )
        )
    return entries


def _cell_codings(
    text: StudyText,
    codings: Codings,
    row_sources: Collection[int],
    codes: Collection[int],
    rule: Rule,
) -> tuple[Codings, IntArray]:
    inside = np.isin(codings.source, np.array(sorted(set(row_sources)), dtype=np.int64))
    inside &= np.isin(codings.code, np.array(sorted(set(codes)), dtype=np.int64))
    return choose(text, codings.take(inside), rule)


def _on_line(text: StudyText, found: Sequence[Segment]) -> tuple[IntArray, IntArray]:
    source = text.index_of(np.array([segment.source for segment in found], dtype=np.int64))
    base = text.line[source]
    starts = np.array([segment.start for segment in found], dtype=np.int64) + base
    ends = np.array([segment.end for segment in found], dtype=np.int64) + base
    return starts, ends


def _touched_turns(
    text: StudyText, found: Sequence[Segment], which: BoolArray
) -> list[tuple[int, int]]:
    """(position of a segment, turn) for every one of these turns that a segment touches."""
    turns = np.flatnonzero(which)
    starts, ends = _on_line(text, found)
    low, high = items_under(starts, ends, text.turn_start[turns], text.turn_end[turns])
    return [
        (position, int(turns[i]))
        for position, (begin, stop) in enumerate(zip(low.tolist(), high.tolist(), strict=True))
        for i in range(begin, stop)
    ]


def _words_of(text: StudyText, found: Sequence[Segment]) -> list[int]:
    """The words of each segment; one cut by a border belongs to the earlier segment."""
    starts, ends = _on_line(text, found)
    low, high = items_under(starts, ends, text.word_start, text.word_end)
    amounts: list[int] = (high - first_touch(low, high, np.zeros_like(low))).tolist()
    return amounts
