"""Counting against a slow twin that is written from the definitions, with sets of characters."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.core.counting import (
    INTERVIEWER,
    NOBODY,
    OBSERVER,
    PARTICIPANT,
    TEXT,
    UNITS,
    Codings,
    Column,
    Row,
    Rule,
    SourceText,
    StudyText,
    count,
    drill_down,
    segments,
    value,
)

SOURCES = (300, 7, 12)  # in no order, far from positions
UNKNOWN = 99
CODES = (5, 41, 6, 900)
CODERS = (3, 1, 70)
PEOPLE = (NOBODY, 20, 4, 21)
ONE_BY_ONE = ("segments", "codings", "documents", "participants", "turns")


@dataclass
class World:
    sources: dict[int, SourceText]
    codings: list[tuple[int, int, int, int, int, int]]
    rows: list[Row]
    columns: list[Column]
    rule: Rule
    finished: set[int]

    @property
    def text(self) -> StudyText:
        return StudyText.build(self.sources.values())

    def count(self) -> Any:
        codings = Codings.from_rows(self.codings)
        return count(self.text, codings, self.rows, self.columns, self.rule, self.finished)


@st.composite
def stretches(draw: st.DrawFn, length: int, shortest: int) -> list[tuple[int, int]]:
    """Disjoint stretches of a text, in order, often touching."""
    found, at = [], 0
    for gap, size in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(shortest, 9)), max_size=8)
    ):
        if at + gap + size > length:
            break
        found.append((at + gap, at + gap + size))
        at += gap + size
    return found


@st.composite
def worlds(
    draw: st.DrawFn, layers: tuple[str, ...] = ("union", "consensus", "coder_mean")
) -> World:
    sources = {}
    for source in SOURCES[: draw(st.integers(0, 3))]:
        length = draw(st.integers(0, 36))
        turns = draw(stretches(length, 0))
        n = len(turns)
        roles = draw(
            st.lists(
                st.sampled_from([PARTICIPANT, PARTICIPANT, INTERVIEWER, OBSERVER, TEXT]),
                min_size=n,
                max_size=n,
            )
        )
        people = draw(st.lists(st.sampled_from(PEOPLE), min_size=n, max_size=n))
        sources[source] = SourceText(
            source,
            "interview",
            length,
            [s for s, _ in turns],
            [e for _, e in turns],
            roles,
            people,
            draw(stretches(length, 1)),
        )
    places = [(UNKNOWN, 30), *((s.source_id, s.length) for s in sources.values() if s.length)]
    codings = []
    for n in range(draw(st.integers(0, 14))):
        source, length = draw(st.sampled_from(places))
        start = draw(st.integers(0, length - 1))
        end = min(length, start + draw(st.integers(1, 12)))
        code, coder = draw(st.sampled_from(CODES)), draw(st.sampled_from(CODERS))
        codings.append((500 - n, source, code, coder, start, end))
    some_codes = st.frozensets(st.sampled_from(CODES), min_size=1)
    some_sources = st.lists(st.sampled_from((*SOURCES, UNKNOWN)), max_size=4)
    return World(
        sources,
        codings,
        [Row(n, tuple(draw(some_sources))) for n in range(draw(st.integers(0, 3)))],
        [Column(n, draw(some_codes)) for n in range(draw(st.integers(0, 3)))],
        Rule(
            draw(st.sampled_from(layers)),
            draw(st.integers(2, 3)),
            draw(st.none() | st.frozensets(st.sampled_from(CODERS))),
        ),
        draw(st.sets(st.sampled_from((*SOURCES, UNKNOWN)))),
    )


class Twin:
    """One cell, counted the slow way."""

    def __init__(self, world: World, row: Row, column: Column) -> None:
        rule = world.rule
        self.sources = [s for i, s in world.sources.items() if i in row.sources]
        chosen = [c for c in world.codings if rule.coders is None or c[3] in rule.coders]
        self.coded = [s.source_id for s in self.sources if any(c[1] == s.source_id for c in chosen)]
        self.codings = [
            c
            for c in chosen
            if c[2] in column.codes and c[1] in [s.source_id for s in self.sources]
        ]
        self.pieces: list[tuple[int, int, int]] = []
        self.mean = 0.0
        for source in self.sources:
            mine = [c for c in self.codings if c[1] == source.source_id]
            if rule.layer == "consensus":
                found = runs(
                    {
                        i
                        for i in range(source.length)
                        if len({c[3] for c in mine if c[4] <= i < c[5]}) >= rule.k
                    }
                )
            else:
                found = merge([(c[4], c[5]) for c in mine])
            self.pieces += [(source.source_id, *span) for span in found]
            coders = {c[3] for c in chosen if c[1] == source.source_id}
            if coders:
                numbers = [len(merge([(c[4], c[5]) for c in mine if c[3] == m])) for m in coders]
                self.mean += sum(numbers) / len(coders)
        self.characters = {(s, i) for s, start, end in self.pieces for i in range(start, end)}

    def hit(self, source: SourceText, start: int, end: int) -> bool:
        return any((source.source_id, i) in self.characters for i in range(start, end))

    def turns(self) -> list[tuple[SourceText, int, int, int, int]]:
        columns = ("turn_starts", "turn_ends", "turn_roles", "turn_participants")
        return [
            (source, *turn)
            for source in self.sources
            for turn in zip(*(getattr(source, name) for name in columns), strict=True)
            if turn[1] > turn[0]
        ]

    def numbers(self, world: World) -> dict[str, float]:
        turns = self.turns()
        spoken = [t for t in turns if t[3] in (PARTICIPANT, OBSERVER)]
        known = [t for t in turns if t[3] == PARTICIPANT and t[4] != NOBODY]
        words = [(s, a, b) for s in self.sources for a, b in s.words]
        asked = {
            (s.source_id, i)
            for s, a, b, role, _ in turns
            if role == INTERVIEWER
            for i in range(a, b)
        }
        return {
            "codings": len(self.codings),
            "segments": self.mean if world.rule.layer == "coder_mean" else len(self.pieces),
            "documents": len({s for s, _, _ in self.pieces}),
            "participants": len({t[4] for t in known if self.hit(*t[:3])}),
            "turns": sum(self.hit(*t[:3]) for t in spoken),
            "words": sum(self.hit(*word) for word in words),
            "chars": len(self.characters),
            "den_documents": len(self.sources),
            "den_words": len(words),
            "den_participant_words": sum(
                not any((s.source_id, i) in asked for i in range(a, b)) for s, a, b in words
            ),
            "den_turns": len(spoken),
            "den_chars": sum(s.length for s in self.sources),
            "den_participants": len({t[4] for t in known}),
            "documents_coded": sum(
                s.source_id in self.coded or s.source_id in world.finished for s in self.sources
            ),
        }


def merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge any two that share a character, until no two do."""
    while True:
        for one, other in combinations(range(len(spans)), 2):
            (a, b), (c, d) = spans[one], spans[other]
            if set(range(a, b)) & set(range(c, d)):
                rest = [s for n, s in enumerate(spans) if n not in (one, other)]
                spans = [*rest, (min(a, c), max(b, d))]
                break
        else:
            return sorted(spans)


def runs(characters: set[int]) -> list[tuple[int, int]]:
    starts = sorted(c for c in characters if c - 1 not in characters)
    ends = sorted(c + 1 for c in characters if c + 1 not in characters)
    return list(zip(starts, ends, strict=True))


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_every_number_equals_the_definition(world: World) -> None:
    counts = world.count()
    assert counts.segments.shape == (len(world.rows), len(world.columns))
    for i, row in enumerate(world.rows):
        for j, column in enumerate(world.columns):
            for name, number in Twin(world, row, column).numbers(world).items():
                found = getattr(counts, name)
                got = found[i] if found.ndim == 1 else found[i, j]
                if name == "segments" and world.rule.layer == "coder_mean":
                    assert abs(got - number) < 1e-9
                else:
                    assert got == number, name


@settings(max_examples=300, deadline=None)
@given(worlds(layers=("union", "consensus")))
def test_the_list_behind_a_number_adds_up_to_it(world: World) -> None:
    counts, text = world.count(), world.text
    codings = Codings.from_rows(world.codings)
    for i, row in enumerate(world.rows):
        for j, column in enumerate(world.columns):
            for unit in UNITS:
                behind = drill_down(text, codings, row.sources, column.codes, world.rule, unit)
                number = value(counts, unit, i, j).numerator
                assert sum(entry.amount for entry in behind) == number, unit
                if UNITS[unit].counts in ONE_BY_ONE:
                    assert len(behind) == number, unit
                    assert all(entry.amount == 1 for entry in behind)


@settings(max_examples=300, deadline=None)
@given(worlds(layers=("union", "consensus")))
def test_the_list_names_the_right_places(world: World) -> None:
    text, codings = world.text, Codings.from_rows(world.codings)
    for row in world.rows:
        for column in world.columns:
            cell = (text, codings, row.sources, column.codes, world.rule)
            twin = Twin(world, row, column)
            found = segments(*cell)
            assert [(s.source, s.start, s.end) for s in found] == twin.pieces
            for s in found:
                overlapping = {
                    c[0]
                    for c in twin.codings
                    if c[1] == s.source and c[4] < s.end and s.start < c[5]
                }
                assert s.coding_ids == tuple(sorted(overlapping))
            for entry in drill_down(*cell, unit="documents"):
                assert entry.segments == tuple(s for s in found if s.source == entry.source)
            for entry in drill_down(*cell, unit="codings"):
                assert entry.coding in {c[0] for c in twin.codings}
                assert entry.segments == tuple(s for s in found if entry.coding in s.coding_ids)
            turns = [t for t in twin.turns() if t[3] in (PARTICIPANT, OBSERVER)]
            assert [
                (e.source, e.start, e.end, e.segments) for e in drill_down(*cell, unit="turns")
            ] == [
                (t[0].source_id, t[1], t[2], touching(found, [t]))
                for t in turns
                if touching(found, [t])
            ]
            for entry in drill_down(*cell, unit="participants"):
                own = [t for t in turns if t[3] == PARTICIPANT and t[4] == entry.participant]
                assert entry.participant != NOBODY
                assert entry.segments == touching(found, own)


def touching(found: list[Any], turns: list[Any]) -> tuple[Any, ...]:
    """The segments that share a character with one of the turns."""
    return tuple(
        s
        for s in found
        if any(t[0].source_id == s.source and s.start < t[2] and t[1] < s.end for t in turns)
    )


@settings(max_examples=150, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_codings_and_sources_changes_nothing(world: World, random: Any) -> None:
    before = world.count()
    random.shuffle(world.codings)
    shuffled = list(world.sources.items())
    random.shuffle(shuffled)
    world.sources = dict(shuffled)
    after = world.count()
    for name in (*(unit.counts for unit in UNITS.values()), *(u.base for u in UNITS.values())):
        assert np.allclose(getattr(before, name), getattr(after, name), rtol=1e-12, atol=0), name


@settings(max_examples=150, deadline=None)
@given(worlds(layers=("union",)))
def test_a_parent_lies_between_its_largest_child_and_their_sum(world: World) -> None:
    """In what is covered; segments may be fewer, as children's segments run together."""
    world.columns = [
        Column(0, frozenset(CODES)),
        *(Column(code, frozenset([code])) for code in CODES),
    ]
    counts = world.count()
    for name in ("codings", "documents", "participants", "turns", "words", "chars"):
        parent, children = getattr(counts, name)[:, 0], getattr(counts, name)[:, 1:]
        assert (parent >= children.max(axis=1, initial=0)).all()
        assert (parent <= children.sum(axis=1)).all()
    assert (counts.segments[:, 0] <= counts.segments[:, 1:].sum(axis=1)).all()
    assert (counts.codings[:, 0] == counts.codings[:, 1:].sum(axis=1)).all()
