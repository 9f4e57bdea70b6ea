"""Undo and redo of two people, against two plain stacks as every editor has them."""

from dataclasses import dataclass, field

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coding import queries
from coding.models import Coding
from coding.services.codings import StateConflict, add_codings, redo, remove_coding, undo
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

SPANS = ((0, 3), (2, 6))
Where = tuple[str, int, int]  # coder, code, span


@dataclass
class Action:
    adds: bool
    codings: list[int]


@dataclass
class Editor:
    """What should happen: codings are numbers, each with its place, in a set that is the page."""

    leads: frozenset[str]
    place: dict[int, Where] = field(default_factory=dict)
    here: set[int] = field(default_factory=set)
    undo: dict[str, list[Action]] = field(default_factory=dict)
    redo: dict[str, list[Action]] = field(default_factory=dict)

    def stacks(self, who: str) -> tuple[list[Action], list[Action]]:
        return self.undo.setdefault(who, []), self.redo.setdefault(who, [])

    def taken(self, where: Where) -> bool:
        return any(self.place[number] == where for number in self.here)

    def do(self, who: str, action: Action) -> None:
        undo, redo = self.stacks(who)
        undo.append(action)
        redo.clear()

    def appear(self, numbers: list[int]) -> None:
        for number in numbers:
            if number not in self.here and not self.taken(self.place[number]):
                self.here.add(number)

    def add(self, who: str, codes: list[int], span: int) -> list[int]:
        """The new codings; what this person has coded alike already stays the one it is."""
        new = []
        for code in dict.fromkeys(codes):
            if not self.taken((who, code, span)):
                number = len(self.place)
                self.place[number] = (who, code, span)
                new.append(number)
        if new:
            self.here.update(new)
            self.do(who, Action(True, new))
        return new

    def remove(self, who: str, number: int) -> str:
        if self.place[number][0] != who and who not in self.leads:
            return "forbidden"
        if number not in self.here:
            return "already_removed"
        self.here.remove(number)
        self.do(who, Action(False, [number]))
        return "done"

    def step(self, who: str, back: bool) -> bool:
        undo, redo = self.stacks(who)
        source, target = (undo, redo) if back else (redo, undo)
        if not source:
            return False
        action = source.pop()
        target.append(action)
        if action.adds is back:
            self.here.difference_update(action.codings)
        else:
            self.appear(action.codings)
        return True


people = st.sampled_from(["cora", "liam"])
moves = st.one_of(
    st.tuples(
        st.just("add"),
        people,
        st.sampled_from(([0], [1], [0, 1])),
        st.integers(0, len(SPANS) - 1),
    ),
    st.tuples(st.just("remove"), people, st.integers(0, 30)),
    st.tuples(st.just("undo"), people),
    st.tuples(st.just("undo"), people),
    st.tuples(st.just("redo"), people),
)

ADD, UNDO, REDO = ("add", "cora", [0], 0), ("undo", "cora"), ("redo", "cora")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(moves, max_size=18))
@example([ADD, UNDO, ADD, UNDO, REDO, REDO]).via("what a new action cleared stays cleared")
@example([ADD, ("remove", "liam", 0), ADD, ("undo", "liam")]).via("coded alike meanwhile")
@example([ADD, ("remove", "liam", 0), UNDO, ("undo", "liam"), REDO]).via("removed meanwhile")
def test_two_coders_and_a_plain_editor_agree(cast: Cast, steps: list[tuple[object, ...]]) -> None:
    with transaction.atomic():
        play(cast, steps)
        transaction.set_rollback(True)


def play(cast: Cast, steps: list[tuple[object, ...]]) -> None:
    world = factories.world(cast.alder)
    text, codes = world.source.content.text, [world.intranet, world.solving]
    editor = Editor(leads=frozenset({"liam"}))
    ids: dict[int, int] = {}
    for kind, who, *rest in steps:
        # Every step is a request of its own: nothing is remembered but what the database holds.
        access = cast.access(who)
        if kind == "add":
            start, end = SPANS[rest[1]]
            outcome = add_codings(
                access=access,
                source=world.source,
                start=start,
                end=end,
                quote=text[start:end],
                codes=[codes[n] for n in rest[0]],
            )
            made = {c.code_id: c.pk for c in outcome.added if c.pk not in ids.values()}
            new = editor.add(who, rest[0], rest[1])
            assert set(made) == {codes[editor.place[n][1]].pk for n in new}
            ids |= {n: made[codes[editor.place[n][1]].pk] for n in new}
        elif kind == "remove":
            if not ids:
                continue
            number = rest[0] % len(ids)
            coding = Coding.objects.get(pk=ids[number])
            try:
                found = "done" if remove_coding(access=access, coding=coding).removed else "?"
            except PermissionDenied:
                found = "forbidden"
            except StateConflict as conflict:
                found = conflict.code
            assert found == editor.remove(who, number)
        else:
            back = kind == "undo"
            try:
                (undo if back else redo)(access=access, source=world.source)
                found = "done"
            except StateConflict as conflict:
                found = conflict.code
            expected = "done" if editor.step(who, back) else f"nothing_to_{kind}"
            assert found == expected
        rows = Coding.objects.present().filter(source=world.source)
        assert set(rows.values_list("pk", flat=True)) == {ids[n] for n in editor.here}
        for person in ("cora", "liam"):
            state = queries.undo_state(cast.access(person), world.source).as_json()
            stacks = editor.stacks(person)
            assert state == {"can_undo": bool(stacks[0]), "can_redo": bool(stacks[1])}
