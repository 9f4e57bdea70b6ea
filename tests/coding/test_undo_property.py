"""A plain editor (intervals in a dictionary, two stacks per person) against the services: tag, move
borders, re-code, remove, undo and redo of two people."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coding import queries
from coding.models import Coding, Source
from coding.services.codings import (
    StateConflict,
    add_codings,
    change_coding,
    recode,
    redo,
    remove_coding,
    undo,
)
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

# Astral characters, joined emoji, combining marks, text from right to left, a very long line.
TEXT = (
    "INT: Ready? 😀\n"
    "P1: We 👩🏽‍💻 put e\u0301very lesson on the naïve intranet 🏳️‍🌈 and 𠮷 trust it.\n"
    "\n"
    "P1: שלום עולם means\tpeace. 𝒜nd so on.\n"
    "P1: " + "𝒷e\u0301ta שלום 😀 " * 200 + "\n"
)
LETTERS = list(TEXT)
Where = tuple[str, int, int, int]  # coder, code, start, end
Change = dict[int, tuple[Where | None, Where | None]]  # coding -> where it was, where it is


@dataclass
class Editor:
    """What should happen: codings are numbers, ``here`` says where those on the page are."""

    leads: frozenset[str]
    here: dict[int, Where] = field(default_factory=dict)
    last: dict[int, Where] = field(default_factory=dict)
    undo: dict[str, list[Change]] = field(default_factory=dict)
    redo: dict[str, list[Change]] = field(default_factory=dict)

    def stacks(self, who: str) -> tuple[list[Change], list[Change]]:
        return self.undo.setdefault(who, []), self.redo.setdefault(who, [])

    def put(self, number: int, where: Where | None) -> None:
        if where is None:
            del self.here[number]
        else:
            self.here[number] = self.last[number] = where

    def do(self, who: str, change: Change) -> None:
        for number, (_was, now) in change.items():
            self.put(number, now)
        undo, redo = self.stacks(who)
        undo.append(change)
        redo.clear()

    def add(self, who: str, codes: list[int], start: int, end: int) -> list[int]:
        """The new codings; what this person has coded alike already stays the one it is."""
        places = [(who, code, start, end) for code in dict.fromkeys(codes)]
        fresh = [place for place in places if place not in self.here.values()]
        new = {len(self.last) + n: place for n, place in enumerate(fresh)}
        if new:
            self.do(who, {number: (None, place) for number, place in new.items()})
        return list(new)

    def refusal(self, who: str, number: int) -> str:
        if self.last[number][0] != who and who not in self.leads:
            return "forbidden"
        return "" if number in self.here else "already_removed"

    def remove(self, who: str, number: int) -> str:
        if refused := self.refusal(who, number):
            return refused
        self.do(who, {number: (self.here[number], None)})
        return "done"

    def change(self, who: str, number: int, code: int | None, span: tuple[int, int] | None) -> str:
        if refused := self.refusal(who, number):
            return refused
        was = self.here[number]
        now = (was[0], was[1] if code is None else code, *(span or was[2:]))
        if now == was:
            return "done"
        if now in self.here.values():
            return "already_there"
        self.do(who, {number: (was, now)})
        return "done"

    def step(self, who: str, back: bool) -> bool:
        undo, redo = self.stacks(who)
        source, target = (undo, redo) if back else (redo, undo)
        if not source:
            return False
        change = source.pop()
        target.append(change)
        for number, (was, now) in change.items():
            start, goal = (now, was) if back else (was, now)
            untouched = self.here.get(number) == start and self.last[number] == (start or goal)
            if untouched and (goal is None or goal not in self.here.values()):
                self.put(number, goal)
        return True


people = st.sampled_from(["cora", "liam"])
near = st.sampled_from([0, 5, 12, 18, 20, 24, 29, 60, 66, 80, 90, 95, 100])
spans = st.one_of(
    st.tuples(near, near).filter(lambda s: s[0] < s[1]),
    st.tuples(st.integers(0, len(LETTERS) - 1), st.integers(1, len(LETTERS))).filter(
        lambda s: s[0] < s[1]
    ),
    # Few enough that codings meet each other again and again.
    st.sampled_from([(17, 30), (17, 22), (20, 30)]),
)
codes = st.integers(0, 1)
which = st.integers(0, 30)
moves = st.one_of(
    st.tuples(st.just("add"), people, st.lists(codes, min_size=1, max_size=2), spans),
    st.tuples(st.just("remove"), people, which),
    st.tuples(st.just("change"), people, which, st.none(), spans),
    st.tuples(st.just("change"), people, which, codes, st.none()),
    st.tuples(st.just("change"), people, which, codes, spans),
    st.tuples(st.just("undo"), people),
    st.tuples(st.just("undo"), people),
    st.tuples(st.just("redo"), people),
)

ADD, UNDO, REDO = ("add", "cora", [0], (17, 30)), ("undo", "cora"), ("redo", "cora")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(moves, max_size=18))
@example([ADD, UNDO, ADD, UNDO, REDO, REDO]).via("what a new action cleared stays cleared")
@example([ADD, ("remove", "liam", 0), ADD, ("undo", "liam")]).via("coded alike meanwhile")
@example([ADD, ("remove", "liam", 0), UNDO, ("undo", "liam"), REDO]).via("removed meanwhile")
def test_two_coders_and_a_plain_editor_agree(cast: Cast, steps: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        play(cast, steps)
        transaction.set_rollback(True)


def attempt(call: Any, **arguments: Any) -> str:
    try:
        call(**arguments)
    except PermissionDenied:
        return "forbidden"
    except StateConflict as conflict:
        return str(conflict.code)
    return "done"


def play(cast: Cast, steps: list[tuple[Any, ...]]) -> None:
    world = factories.world(cast.alder)
    source = factories.source(cast.alder, "tricky", TEXT, people={"P1": world.participant})
    codes = [world.intranet, world.solving]
    editor = Editor(leads=frozenset({"liam"}))
    ids: dict[int, int] = {}
    for kind, who, *rest in steps:
        # Every step is a request of its own: nothing is remembered but what the database holds.
        access = cast.access(who)
        if kind == "add":
            start, end = rest[1]
            outcome = add_codings(
                access=access,
                source=source,
                start=start,
                end=end,
                quote="".join(LETTERS[start:end]),
                codes=[codes[n] for n in rest[0]],
            )
            made = {c.code_id: c.pk for c in outcome.added if c.pk not in ids.values()}
            new = editor.add(who, rest[0], start, end)
            assert set(made) == {codes[editor.last[n][1]].pk for n in new}
            ids |= {n: made[codes[editor.last[n][1]].pk] for n in new}
        elif kind in ("remove", "change"):
            if not ids:
                continue
            number = rest[0] % len(ids)
            call = {"access": access, "coding": Coding.objects.get(pk=ids[number])}
            if kind == "remove":
                assert attempt(remove_coding, **call) == editor.remove(who, number)
                agree(cast, source, editor, ids, codes)
                continue
            _number, code, span = rest
            expected = editor.change(who, number, code, span)
            if code is not None:
                call["code"] = codes[code]
            if span is None:
                found = attempt(recode, **call)
            else:
                quote = "".join(LETTERS[slice(*span)])
                found = attempt(change_coding, **call, start=span[0], end=span[1], quote=quote)
            assert found == expected
        else:
            back = kind == "undo"
            found = attempt(undo if back else redo, access=access, source=source)
            expected = "done" if editor.step(who, back) else f"nothing_to_{kind}"
            assert found == expected
        agree(cast, source, editor, ids, codes)


def agree(
    cast: Cast, source: Source, editor: Editor, ids: dict[int, int], codes: list[Any]
) -> None:
    labels = {"cora": "Cora", "liam": "Liam"}
    rows = Coding.objects.present().filter(source=source)
    stored = set(rows.values_list("pk", "coder__label", "code", "start", "end"))
    assert stored == {
        (ids[n], labels[who], codes[code].pk, start, end)
        for n, (who, code, start, end) in editor.here.items()
    }
    for person in labels:
        state = queries.undo_state(cast.access(person), source).as_json()
        stacks = editor.stacks(person)
        assert state == {"can_undo": bool(stacks[0]), "can_redo": bool(stacks[1])}
