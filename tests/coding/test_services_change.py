"""Moving borders and re-coding: what the services do, refuse and take back."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from coding.models import Code, Coding
from coding.services.codings import (
    Outcome,
    StateConflict,
    add_codings,
    change_coding,
    recode,
    redo,
    remove_coding,
    undo,
)
from projects.models import Event
from projects.services.membership import change_role
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

Add = Callable[..., Outcome]


def present(world: World) -> set[tuple[str, str, str]]:
    """(code, coder, words) of every coding that is there."""
    text = world.source.content.text
    rows = Coding.objects.present().select_related("code", "coder")
    return {(c.code.name, c.coder.label, text[c.start : c.end]) for c in rows}


def move(world: World, access: Any, coding: Coding, words: str, **more: Any) -> Outcome:
    start = world.source.content.text.index(words)
    return change_coding(
        access=access, coding=coding, start=start, end=start + len(words), quote=words, **more
    )


def changes() -> list[Event]:
    return list(Event.objects.filter(verb="coding.changed").order_by("id"))


def test_borders_move_to_the_character(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    coding = add(cora, "the intranet").added[0]
    for words in ("the intranet 🙂 naïve or", "🙂", "ve or"):
        outcome = move(world, cora, coding, words)
        assert [c.pk for c in outcome.added] == [coding.pk]
        assert outcome.message == "Changed the passage of Intranet."
        assert present(world) == {("Intranet", "Cora", words)}
    assert Coding.objects.count() == 1
    first = changes()[0]
    start = world.source.content.text.index("the intranet")
    assert first.before == {
        "codings": [
            {
                "id": coding.pk,
                "guid": str(coding.guid),
                "code": world.intranet.pk,
                "coder": coding.coder_id,
                "start": start,
                "end": start + 12,
            }
        ],
        "passage": f"{start}–{start + 12}",
        "code": "Intranet",
    }
    assert first.after["codings"][0] == first.before["codings"][0] | {"end": start + 23}
    assert (first.label, first.object_guid) == ("Intranet", coding.guid)


def test_recode_keeps_coder_and_place(cast: Cast, world: World, add: Add) -> None:
    coding = add(cast.access("cora"), "together").added[0]
    outcome = recode(access=cast.access("liam"), coding=coding, code=world.solving)
    assert outcome.message == "Changed Intranet to Solving."
    assert present(world) == {("Solving", "Cora", "together")}
    assert changes()[0].label == "Intranet → Solving"
    assert changes()[0].actor == cast.liam


def test_borders_and_code_in_one_action(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    coding = add(cora, "together").added[0]
    move(world, cora, coding, "built it together", code=world.solving)
    assert present(world) == {("Solving", "Cora", "built it together")}
    assert len(changes()) == 1
    assert undo(access=cora, source=world.source).message == (
        "Undone: change of Intranet → Solving."
    )
    assert present(world) == {("Intranet", "Cora", "together")}


def test_nothing_new_is_no_event(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    coding = add(cora, "together").added[0]
    assert move(world, cora, coding, "together").message == "Nothing has changed."
    assert recode(access=cora, coding=coding, code=world.intranet).added == [coding]
    assert changes() == []


def test_what_is_refused(cast: Cast, world: World, add: Add, text: str) -> None:
    cora = cast.access("cora")
    coding = add(cora, "together", world.intranet).added[0]
    add(cora, "together", world.solving)
    heading = factories.code(cast.alder, "Conditions", heading_only=True)
    start = text.index("together")
    calls: list[tuple[Callable[[], Outcome], str, str]] = [
        (
            lambda: recode(access=cora, coding=coding, code=world.solving),
            "already_there",
            "Cora has already coded exactly this passage with Solving.",
        ),
        (
            lambda: recode(access=cora, coding=coding, code=heading),
            "heading_only",
            "“Conditions” is a heading; choose one of the codes below it.",
        ),
        (
            lambda: change_coding(access=cora, coding=coding, start=start, end=start, quote=""),
            "empty",
            f"A passage must end after it starts: start {start}, end {start}.",
        ),
        (
            lambda: change_coding(access=cora, coding=coding, start=0, end=3, quote="INZ"),
            "quote_mismatch",
            "The text at 0–3 reads “INT”, not “INZ”, which stands nowhere in this text.",
        ),
        (
            lambda: change_coding(
                access=cora, coding=coding, start=0, end=len(text) + 1, quote=text
            ),
            "past_end",
            f"The passage 0–{len(text) + 1} ends after the text, which has {len(text)} characters.",
        ),
    ]
    before = present(world)
    for call, code, sentence in calls:
        with pytest.raises(ValidationError) as refused:
            call()
        assert (refused.value.error_list[0].code, refused.value.messages) == (code, [sentence])
    assert present(world) == before
    assert changes() == []


def test_who_may_change_what(cast: Cast, world: World, add: Add) -> None:
    coding = add(cast.access("cora"), "together").added[0]
    for who in ("cody", "vera"):
        with pytest.raises(PermissionDenied):
            move(world, cast.access(who), coding, "it together")
        with pytest.raises(PermissionDenied):
            recode(access=cast.access(who), coding=coding, code=world.solving)
    with pytest.raises(PermissionDenied) as refused:
        move(world, cast.access("cody"), coding, "it together")
    assert (
        str(refused.value) == "This passage was coded by Cora; only Cora or a lead may change it."
    )
    for who in ("liam", "olive"):
        move(world, cast.access(who), coding, "it together")
        move(world, cast.access("cora"), coding, "together")
    assert len(changes()) == 4


def test_a_removed_coding_is_not_changed(cast: Cast, world: World, add: Add) -> None:
    coding = add(cast.access("cora"), "together").added[0]
    remove_coding(access=cast.access("liam"), coding=coding)
    with pytest.raises(StateConflict, match="Liam has already removed this coding") as refused:
        move(world, cast.access("cora"), coding, "it together")
    assert refused.value.code == "already_removed"


def test_the_same_key_twice_acts_once(cast: Cast, world: World, add: Add) -> None:
    cora, key = cast.access("cora"), uuid.uuid4()
    coding = add(cora, "together").added[0]
    for _time in range(2):
        outcome = recode(access=cora, coding=coding, code=world.solving, batch=key)
        assert [(c.pk, c.code_id) for c in outcome.added] == [(coding.pk, world.solving.pk)]
        assert outcome.removed == []
    assert len(changes()) == 1


def test_undo_and_redo_step_by_step(cast: Cast, world: World, add: Add) -> None:
    cora, here = cast.access("cora"), world.source
    coding = add(cora, "together").added[0]
    move(world, cora, coding, "it together")
    recode(access=cora, coding=coding, code=world.solving)
    remove_coding(access=cora, coding=coding)
    states: list[set[tuple[str, str, str]]] = [
        set(),
        {("Intranet", "Cora", "together")},
        {("Intranet", "Cora", "it together")},
        {("Solving", "Cora", "it together")},
        set(),
    ]
    for state in states[-2::-1]:
        undo(access=cast.access("cora"), source=here)
        assert present(world) == state
    for state in states[1:]:
        redo(access=cast.access("cora"), source=here)
        assert present(world) == state
    assert Coding.objects.count() == 1


def test_undo_answers_with_the_changed_coding(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    coding = add(cora, "together").added[0]
    before = coding.as_row()
    move(world, cora, coding, "it together")
    outcome = undo(access=cora, source=world.source)
    assert [c.as_row() for c in outcome.added] == [before]
    assert (outcome.removed, outcome.message) == ([], "Undone: change of Intranet.")
    back = changes()[1]
    assert (back.mode, back.before["passage"]) == ("undo", changes()[0].after["passage"])
    assert back.after == changes()[0].before


LEFT = " 1 coding was left as it is, because it has changed since."


def test_undo_leaves_alone_what_somebody_else_has_changed(
    cast: Cast, world: World, add: Add
) -> None:
    cora, liam, here = cast.access("cora"), cast.access("liam"), world.source
    coding = add(cora, "together").added[0]
    move(world, cora, coding, "it together")
    recode(access=liam, coding=coding, code=world.solving)
    outcome = undo(access=cora, source=here)
    assert (outcome.added, outcome.message) == ([], "Undone: change of Intranet." + LEFT)
    assert undo(access=cora, source=here).message == "Undone: Intranet." + LEFT
    assert present(world) == {("Solving", "Cora", "it together")}
    undo(access=liam, source=here)
    assert present(world) == {("Intranet", "Cora", "it together")}


def test_undo_after_somebody_has_removed_it_or_coded_alike(
    cast: Cast, world: World, add: Add
) -> None:
    cora, liam, here = cast.access("cora"), cast.access("liam"), world.source
    coding = add(cora, "together").added[0]
    move(world, cora, coding, "it together")
    remove_coding(access=liam, coding=coding)
    assert undo(access=cora, source=here).message.endswith(LEFT)
    assert present(world) == set()
    undo(access=liam, source=here)
    redo(access=cora, source=here)  # left alone: it is already there
    move(world, liam, coding, "together")
    twin = add(cora, "it together").added[0]
    outcome = undo(access=liam, source=here)
    assert outcome.message == "Undone: change of Intranet." + LEFT
    assert {c.pk for c in Coding.objects.present()} == {coding.pk, twin.pk}


def test_undo_when_the_code_is_gone(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    coding = add(cora, "together").added[0]
    recode(access=cora, coding=coding, code=world.solving)
    Code.objects.filter(pk=world.intranet.pk).delete()
    outcome = undo(access=cora, source=world.source)
    assert outcome.message == (
        "Undone: change of Intranet → Solving. "
        "1 coding was left as it is, because its code is gone."
    )
    assert present(world) == {("Solving", "Cora", "together")}


def test_a_lead_no_more_changes_nothing_back(cast: Cast, world: World, add: Add) -> None:
    coding = add(cast.access("cora"), "together").added[0]
    recode(access=cast.access("liam"), coding=coding, code=world.solving)
    change_role(
        access=cast.access("olive"), membership=cast.access("liam").membership, role="coder"
    )
    assert undo(access=cast.access("liam"), source=world.source).added == []
    assert present(world) == {("Solving", "Cora", "together")}


def test_two_people_change_one_coding_at_the_same_instant(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    """One after the other: each event's before is what the other left."""
    cast = factories.cast()
    world = factories.world(cast.alder)
    cora, liam = cast.access("cora"), cast.access("liam")
    coding = add_codings(
        access=cora, source=world.source, start=0, end=3, quote="INT", codes=[world.intranet]
    ).added[0]
    results = at_once(
        lambda: move(world, cora, coding, "INT: How"),
        lambda: recode(access=liam, coding=coding, code=world.solving),
    )
    assert all(isinstance(r, Outcome) for r in results), results
    assert present(world) == {("Solving", "Cora", "INT: How")}
    first, second = changes()
    (was,) = second.before["codings"]
    was.pop("confirmed", None)
    (now,) = first.after["codings"]
    now.pop("confirmed", None)
    assert was == now
