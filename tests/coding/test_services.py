"""Codings, undo and redo, the codebook, readings: what the services do and refuse."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from coding import queries
from coding.models import Code, Coding, Reading
from coding.services.codebook import change_code, create_code
from coding.services.codings import Outcome, StateConflict, add_codings, redo, remove_coding, undo
from coding.services.readings import set_finished
from projects.access import Access
from projects.models import Event
from projects.services.membership import change_role
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

Add = Callable[..., Outcome]


def present(world: World) -> list[tuple[str, str, str]]:
    """(code, coder, words) of every coding that is there."""
    rows = (
        Coding.objects.present()
        .filter(source__project=world.project)
        .order_by("start", "end", "code__name", "coder__label")
        .values_list("code__name", "coder__label", "start", "end")
    )
    text = world.source.content.text
    return [(code, coder, text[start:end]) for code, coder, start, end in rows]


def coding_events(world: World) -> list[Event]:
    verbs = ("coding.added", "coding.removed")
    return list(Event.objects.filter(project=world.project, verb__in=verbs).order_by("id"))


# --- adding --------------------------------------------------------------------------------------


def test_a_source_that_goes_while_somebody_tags_is_said_to_be_gone(
    cast: Cast, world: World, add: Add
) -> None:
    other = factories.source(cast.alder, "int2", "P1: We put every lesson online.\n")
    asked = queries.source(cast.access("cora"), other.pk)
    other.delete()
    with pytest.raises(StateConflict, match="no longer there"):
        add_codings(
            access=cast.access("cora"),
            source=asked,
            codes=[world.intranet],
            start=4,
            end=6,
            quote="We",
        )


def test_several_codes_at_once_are_one_action(cast: Cast, world: World, add: Add) -> None:
    outcome = add(cast.access("cora"), "We put every lesson", world.intranet, world.solving)
    assert present(world) == [
        ("Intranet", "Cora", "We put every lesson"),
        ("Solving", "Cora", "We put every lesson"),
    ]
    assert [c.code.name for c in outcome.added] == ["Intranet", "Solving"]
    assert outcome.message == "Coded with Intranet, Solving."
    (event,) = coding_events(world)
    assert (event.verb, event.actor, event.label) == (
        "coding.added",
        cast.cora,
        "Intranet, Solving",
    )
    assert event.source_guid == world.source.guid
    assert event.before is None
    assert event.after == {
        "codings": [
            {
                "id": c.pk,
                "guid": str(c.guid),
                "code": c.code_id,
                "coder": cast.access("cora").membership.pk,
                "start": c.start,
                "end": c.end,
            }
            for c in outcome.added
        ]
    }


@pytest.mark.parametrize("words", ["🙂", "🙂 naïve", "naïve", "ï", " ", "\n", "?\nP1: We put"])
def test_passages_are_kept_to_the_character(cast: Cast, world: World, add: Add, words: str) -> None:
    add(cast.access("cora"), words)
    assert present(world) == [("Intranet", "Cora", words)]


def test_a_letter_in_two_parts_is_not_joined(cast: Cast, world: World) -> None:
    """Text is never composed: i and a combining diaeresis are two characters."""
    source = factories.source(cast.alder, "nfd", "INT: nai\u0308ve 👩‍🏫 ok\n")
    add_codings(
        access=cast.access("cora"),
        source=source,
        start=7,
        end=9,
        quote="i\u0308",
        codes=[world.intranet],
    )
    with pytest.raises(StateConflict):
        add_codings(
            access=cast.access("cora"),
            source=source,
            start=7,
            end=8,
            quote="ï",
            codes=[world.intranet],
        )
    row = Coding.objects.get(source=source)
    assert source.content.text[row.start : row.end] == "i\u0308"


def test_the_same_passage_twice_is_coded_once(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    first = add(cora, "together", world.intranet)
    second = add(cora, "together", world.intranet)
    assert [c.pk for c in second.added] == [c.pk for c in first.added]
    assert second.message == "Already coded with Intranet."
    assert len(coding_events(world)) == 1
    # One of two is new; the other stays the coding it was.
    third = add(cora, "together", world.intranet, world.solving)
    assert {c.pk for c in third.added} > {c.pk for c in first.added}
    assert len(present(world)) == 2
    # Another person's coding of the same passage is one more.
    add(cast.access("cody"), "together", world.intranet)
    assert len(present(world)) == 3


def test_a_code_named_twice_is_applied_once(cast: Cast, world: World, add: Add) -> None:
    outcome = add(cast.access("cora"), "together", world.intranet, world.intranet)
    assert len(outcome.added) == len(present(world)) == 1


def test_overlapping_codings_stand_side_by_side(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    add(cora, "We put every lesson", world.intranet)
    add(cora, "every lesson on", world.intranet)
    add(cora, "lesson", world.solving)
    assert len(present(world)) == 3


def test_the_same_key_twice_acts_once(cast: Cast, world: World, text: str) -> None:
    key = uuid.uuid4()
    start = text.index("together")
    call: dict[str, Any] = {
        "access": cast.access("cora"),
        "source": world.source,
        "start": start,
        "end": start + 8,
        "quote": "together",
        "codes": [world.intranet, world.solving],
        "batch": key,
    }
    first, second = add_codings(**call), add_codings(**call)
    assert {c.pk for c in first.added} == {c.pk for c in second.added}
    assert len(coding_events(world)) == 1
    assert coding_events(world)[0].batch == key
    # Somebody else's key of the same value is another one.
    other = add_codings(**call | {"access": cast.access("cody")})
    assert len(other.added) == 2
    assert len(present(world)) == 4


def test_a_request_that_comes_again_late_undoes_no_undo(
    cast: Cast, world: World, text: str
) -> None:
    cora = cast.access("cora")
    call: dict[str, Any] = {"access": cora, "source": world.source, "start": 0, "end": 3}
    call |= {"quote": text[:3], "codes": [world.intranet], "batch": uuid.uuid4()}
    add_codings(**call)
    undo(access=cora, source=world.source)
    assert add_codings(**call).added == []
    assert present(world) == []
    assert len(coding_events(world)) == 2


def test_a_key_that_named_another_kind_of_action_does_not_stand_for_a_coding(
    cast: Cast, world: World, text: str
) -> None:
    """The batch of an import by the same person is no answer to a coding."""
    key = uuid.uuid4()
    Event.objects.create(
        project=cast.alder,
        actor=cast.cora,
        verb="study.imported",
        object_type="study",
        object_guid=cast.alder.guid,
        batch=key,
    )
    outcome = add_codings(
        access=cast.access("cora"),
        source=world.source,
        start=0,
        end=3,
        quote=text[:3],
        codes=[world.intranet],
        batch=key,
    )
    assert len(outcome.added) == 1


@pytest.mark.parametrize(
    ("start", "end", "quote", "code", "sentence"),
    [
        (0, 3, "INZ", "quote_mismatch", "The text at 0–3 reads “INT”, not “INZ”, "
         "which stands nowhere in this text."),
        (1, 4, "INT", "quote_mismatch", "The text at 1–4 reads “NT:”, not “INT”, "
         "which stands at 0–3."),
        (0, 3, "", "quote_mismatch", "The quoted text is empty, but 0–3 reads “INT”."),
        (-1, 3, "INT", "negative", "The start of a passage cannot be negative: -1."),
        (3, 0, "INT", "empty", "A passage must end after it starts: start 3, end 0."),
        (3, 3, "", "empty", "A passage must end after it starts: start 3, end 3."),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_text_is_refused(
    cast: Cast, world: World, start: int, end: int, quote: str, code: str, sentence: str
) -> None:
    with pytest.raises(StateConflict) as refused:
        add_codings(
            access=cast.access("cora"),
            source=world.source,
            start=start,
            end=end,
            quote=quote,
            codes=[world.intranet],
        )
    assert (refused.value.code, refused.value.messages) == (code, [sentence])
    assert present(world) == []
    assert coding_events(world) == []


def test_the_end_of_the_text_is_the_last_place(cast: Cast, world: World, text: str) -> None:
    call: dict[str, Any] = {"access": cast.access("cora"), "codes": [world.intranet]}
    call |= {"source": world.source, "start": len(text) - 1}
    with pytest.raises(StateConflict) as refused:
        add_codings(**call, end=len(text) + 1, quote="\n\n")
    assert refused.value.messages == [
        f"The passage {len(text) - 1}–{len(text) + 1} ends after the text, "
        f"which has {len(text)} characters."
    ]
    assert len(add_codings(**call, end=len(text), quote="\n").added) == 1


def test_a_heading_is_no_code_for_passages(cast: Cast, world: World, add: Add) -> None:
    heading = factories.code(cast.alder, "Conditions", heading_only=True)
    with pytest.raises(ValidationError) as refused:
        add(cast.access("cora"), "together", world.intranet, heading)
    assert refused.value.messages == [
        "“Conditions” is a heading; choose one of the codes below it."
    ]
    assert present(world) == []


def test_no_code_is_no_coding(cast: Cast, world: World) -> None:
    with pytest.raises(ValidationError, match="Choose at least one code"):
        add_codings(
            access=cast.access("cora"), source=world.source, start=0, end=3, quote="INT", codes=[]
        )


def test_a_viewer_codes_removes_and_undoes_nothing(cast: Cast, world: World, add: Add) -> None:
    row = add(cast.access("cora"), "together").added[0]
    vera = cast.access("vera")
    for call in (
        lambda: add(vera, "together"),
        lambda: remove_coding(access=vera, coding=row),
        lambda: undo(access=vera, source=world.source),
        lambda: redo(access=vera, source=world.source),
        lambda: set_finished(access=vera, source=world.source, finished=True),
    ):
        with pytest.raises(PermissionDenied):
            call()
    assert len(present(world)) == 1
    assert len(coding_events(world)) == 1


# --- removing ------------------------------------------------------------------------------------


def test_who_may_remove_what(cast: Cast, world: World, add: Add) -> None:
    mine, hers = add(cast.access("cora"), "together").added[0], None
    with pytest.raises(PermissionDenied) as refused:
        remove_coding(access=cast.access("cody"), coding=mine)
    assert str(refused.value) == (
        "This passage was coded by Cora; only Cora or a lead may remove it."
    )
    assert len(present(world)) == 1
    outcome = remove_coding(access=cast.access("cora"), coding=mine)
    assert (outcome.removed, outcome.message) == ([mine.pk], "Removed Intranet.")
    for who in ("liam", "olive"):
        hers = add(cast.access("cora"), "together").added[0]
        assert remove_coding(access=cast.access(who), coding=hers).removed == [hers.pk]
    assert present(world) == []
    # The rows stay, so that undo brings back the same codings.
    assert Coding.objects.filter(source=world.source).count() == 3
    assert [e.verb for e in coding_events(world)].count("coding.removed") == 3


def test_the_second_to_remove_is_told_who_was_first(cast: Cast, world: World, add: Add) -> None:
    row = add(cast.access("cora"), "together").added[0]
    remove_coding(access=cast.access("liam"), coding=row)
    with pytest.raises(StateConflict) as refused:
        remove_coding(access=cast.access("cora"), coding=row)
    assert refused.value.code == "already_removed"
    (sentence,) = refused.value.messages
    assert sentence.startswith("Liam has already removed this coding (")
    assert [e.verb for e in coding_events(world)] == ["coding.added", "coding.removed"]


def test_who_removed_it_last_is_named(cast: Cast, world: World, add: Add) -> None:
    row = add(cast.access("cora"), "together").added[0]
    remove_coding(access=cast.access("liam"), coding=row)
    undo(access=cast.access("liam"), source=world.source)
    remove_coding(access=cast.access("cora"), coding=row)
    with pytest.raises(StateConflict, match="Cora has already removed this coding"):
        remove_coding(access=cast.access("liam"), coding=row)


def test_a_removal_sent_twice_is_one(cast: Cast, world: World, add: Add) -> None:
    row = add(cast.access("cora"), "together").added[0]
    key = uuid.uuid4()
    for _time in range(2):
        outcome = remove_coding(access=cast.access("cora"), coding=row, batch=key)
        assert outcome.removed == [row.pk]
    assert len(coding_events(world)) == 2


def test_two_people_remove_one_coding_at_the_same_instant(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    world = factories.world(cast.alder)
    cora, liam = cast.access("cora"), cast.access("liam")
    for _time in range(5):
        row = add_codings(
            access=cora, source=world.source, start=0, end=3, quote="INT", codes=[world.intranet]
        ).added[0]
        results = at_once(
            lambda row=row: remove_coding(access=cora, coding=row),
            lambda row=row: remove_coding(access=liam, coding=row),
        )
        done = [r for r in results if isinstance(r, Outcome)]
        told = [r for r in results if isinstance(r, StateConflict)]
        assert (len(done), len(told)) == (1, 1), results
        winner = "Cora" if results[0] is done[0] else "Liam"
        assert told[0].code == "already_removed"
        assert told[0].messages[0].startswith(f"{winner} has already removed this coding (")
        assert done[0].removed == [row.pk]
    removed = Event.objects.filter(project=cast.alder, verb="coding.removed")
    assert removed.count() == 5


def test_one_request_sent_twice_at_the_same_instant_acts_once(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    world = factories.world(cast.alder)
    for _time in range(5):
        key = uuid.uuid4()
        call: dict[str, Any] = {"source": world.source, "start": 0, "end": 3, "quote": "INT"}
        call |= {"access": cast.access("cora"), "codes": [world.intranet], "batch": key}
        results = at_once(*[lambda call=call: add_codings(**call)] * 3)
        assert {tuple(c.pk for c in r.added) for r in results} == {
            (Coding.objects.present().get(source=world.source).pk,)
        }
        assert Event.objects.filter(batch=key).count() == 1
        undo(access=cast.access("cora"), source=world.source)


# --- undo and redo -------------------------------------------------------------------------------


def test_undo_and_redo_of_adding_and_removing(cast: Cast, world: World, add: Add) -> None:
    cora, here = cast.access("cora"), world.source
    both = [("Intranet", "Cora", "together"), ("Solving", "Cora", "together")]
    rows = add(cora, "together", world.intranet, world.solving).added
    assert undo(access=cora, source=here).message == "Undone: Intranet, Solving."
    assert present(world) == []
    outcome = redo(access=cora, source=here)
    assert outcome.message == "Done again: Intranet, Solving."
    # They are the same codings again, not new ones.
    assert {c.pk for c in outcome.added} == {c.pk for c in rows}
    assert present(world) == both
    remove_coding(access=cora, coding=rows[0])
    assert undo(access=cora, source=here).added == [rows[0]]
    assert present(world) == both
    assert redo(access=cora, source=here).removed == [rows[0].pk]
    assert present(world) == both[1:]
    assert [(e.verb, e.mode) for e in coding_events(world)] == [
        ("coding.added", "do"),
        ("coding.removed", "undo"),
        ("coding.added", "redo"),
        ("coding.removed", "do"),
        ("coding.added", "undo"),
        ("coding.removed", "redo"),
    ]


def test_nothing_to_undo_or_redo(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    with pytest.raises(StateConflict) as refused:
        undo(access=cora, source=world.source)
    assert (refused.value.code, refused.value.messages) == (
        "nothing_to_undo",
        ["There is nothing to undo here."],
    )
    add(cora, "together")
    with pytest.raises(StateConflict) as refused:
        redo(access=cora, source=world.source)
    assert (refused.value.code, refused.value.messages) == (
        "nothing_to_redo",
        ["There is nothing to redo here."],
    )


def test_undo_is_each_persons_own_and_each_sources_own(
    cast: Cast, world: World, add: Add, text: str
) -> None:
    other = factories.source(cast.alder, "int2", text + "P1: More.\n")
    cora, cody = cast.access("cora"), cast.access("cody")
    add(cora, "together")
    add(cody, "together")
    add(cora, "Friday", source=other)
    undo(access=cora, source=world.source)
    rows = Coding.objects.present().values_list("coder__label", "source__key")
    assert set(rows) == {("Cody", "int1"), ("Cora", "int2")}
    with pytest.raises(StateConflict):
        undo(access=cora, source=world.source)
    undo(access=cora, source=other)
    undo(access=cody, source=world.source)
    assert not Coding.objects.present().exists()


def test_a_new_action_ends_redo(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    add(cora, "together")
    undo(access=cora, source=world.source)
    add(cora, "Friday")
    with pytest.raises(StateConflict):
        redo(access=cora, source=world.source)
    assert present(world) == [("Intranet", "Cora", "Friday")]


def test_undo_after_somebody_else_has_removed_it(cast: Cast, world: World, add: Add) -> None:
    cora, liam = cast.access("cora"), cast.access("liam")
    rows = add(cora, "together", world.intranet, world.solving).added
    remove_coding(access=liam, coding=rows[0])
    outcome = undo(access=cora, source=world.source)
    assert outcome.removed == [rows[1].pk]
    assert outcome.message == (
        "Undone: Intranet, Solving. 1 coding was left as it is, because it has changed since."
    )
    assert present(world) == []
    # Liam takes his removal back: what Cora has undone meanwhile stays undone.
    outcome = undo(access=liam, source=world.source)
    assert outcome.added == [rows[0]]


def test_undo_brings_back_no_second_coding_of_the_same_passage(
    cast: Cast, world: World, add: Add
) -> None:
    cora, liam = cast.access("cora"), cast.access("liam")
    row = add(cora, "together").added[0]
    remove_coding(access=liam, coding=row)
    add(cora, "together")
    outcome = undo(access=liam, source=world.source)
    assert outcome.added == []
    assert outcome.message == (
        "Undone: Intranet. 1 coding was left as it is, because it has changed since."
    )
    assert present(world) == [("Intranet", "Cora", "together")]


def test_a_lead_no_more_leaves_others_codings_alone(cast: Cast, world: World, add: Add) -> None:
    """Redo is no way around the rights of now."""
    row = add(cast.access("cora"), "together").added[0]
    remove_coding(access=cast.access("liam"), coding=row)
    undo(access=cast.access("liam"), source=world.source)
    change_role(
        access=cast.access("olive"), membership=cast.access("liam").membership, role="coder"
    )
    outcome = redo(access=cast.access("liam"), source=world.source)
    assert outcome.removed == []
    assert present(world) == [("Intranet", "Cora", "together")]


def test_undo_sent_twice_is_one(cast: Cast, world: World, add: Add) -> None:
    cora = cast.access("cora")
    add(cora, "together")
    add(cora, "Friday")
    key = uuid.uuid4()
    for _time in range(2):
        undo(access=cora, source=world.source, batch=key)
    assert present(world) == [("Intranet", "Cora", "together")]


def test_undo_of_one_action_reaches_for_nothing_else(cast: Cast, world: World, add: Add) -> None:
    cora, first, second = cast.access("cora"), uuid.uuid4(), uuid.uuid4()
    add(cora, "together", batch=first)
    both = [("Intranet", "Cora", "together"), ("Intranet", "Cora", "Friday")]
    # The action that is meant never happened: it was refused, or it changed nothing.
    outcome = undo(access=cora, source=world.source, of=uuid.uuid4())
    assert (outcome.added, outcome.removed, present(world)) == ([], [], both[:1])
    add(cora, "Friday", batch=second)
    # Something else was done since.
    with pytest.raises(StateConflict) as refused:
        undo(access=cora, source=world.source, of=first)
    assert (refused.value.code, present(world)) == ("not_last", both)
    undo(access=cora, source=world.source, of=second)
    assert present(world) == both[:1]
    with pytest.raises(StateConflict):
        redo(access=cora, source=world.source, of=first)
    redo(access=cora, source=world.source, of=second)
    assert present(world) == both
    # Only what this person did counts, not somebody else's action of that key.
    theirs = uuid.uuid4()
    add(cast.access("liam"), "together", batch=theirs)
    assert undo(access=cora, source=world.source, of=theirs).removed == []


def test_what_undo_and_redo_would_do_is_known_to_the_page(
    cast: Cast, world: World, add: Add
) -> None:
    def state() -> tuple[bool, bool]:
        found = queries.undo_state(cast.access("cora"), world.source).as_json()
        return found["can_undo"], found["can_redo"]

    cora = cast.access("cora")
    assert state() == (False, False)
    add(cora, "together")
    add(cora, "Friday")
    assert state() == (True, False)
    undo(access=cora, source=world.source)
    assert state() == (True, True)
    undo(access=cora, source=world.source)
    assert state() == (False, True)
    redo(access=cora, source=world.source)
    assert state() == (True, True)


# --- the codebook --------------------------------------------------------------------------------


def change(access: Access, code: Code, **fields: Any) -> Code:
    given: dict[str, Any] = {
        "name": code.name,
        "parent": code.parent,
        "definition": code.definition,
        "colour": code.colour,
        "heading_only": code.heading_only,
    }
    return change_code(access=access, code=code, **given | fields)


def test_a_new_code(cast: Cast, world: World) -> None:
    code = create_code(
        access=cast.access("liam"),
        name="  Shared time ",
        parent=world.gains,
        definition=" Time that all have. ",
    )
    assert (code.name, code.key, code.definition) == (
        "Shared time",
        "shared_time",
        "Time that all have.",
    )
    assert (code.parent, code.position, code.colour) == (world.gains, 3, 3)
    event = Event.objects.filter(project=cast.alder)[0]
    assert (event.verb, event.label, event.actor) == ("code.created", "Shared time", cast.liam)
    assert event.object_guid == code.guid
    assert event.after == {
        "name": "Shared time",
        "definition": "Time that all have.",
        "when_to_use": "",
        "when_not_to_use": "",
        "kind": "",
        "elicited": False,
        "parent_id": world.gains.pk,
        "colour": 3,
        "heading_only": False,
    }


def test_keys_are_made_unique(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    keys = [
        create_code(access=liam, name="Time", parent=parent).key
        for parent in (None, world.gains, world.intranet)
    ]
    assert keys == ["time", "time_2", "time_3"]
    assert create_code(access=liam, name="???").key == "code"
    assert create_code(access=liam, name="!!!").key == "code_2"
    assert create_code(access=liam, name="Ärger & Mühe").key == "ärger_mühe"
    # Keys are unique within a project only.
    assert create_code(access=cast.access("otto", cast.brook), name="Time").key == "time"


@pytest.mark.parametrize("name", ["Intranet", "INTRANET", " intranet "])
def test_two_codes_of_one_name_side_by_side_are_refused(
    cast: Cast, world: World, name: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        create_code(access=cast.access("liam"), name=name, parent=world.gains)
    assert refused.value.message_dict == {
        "name": [f"There is already a code “{name.strip()}” here."]
    }
    with pytest.raises(ValidationError):
        change(cast.access("liam"), world.solving, name=name)
    assert create_code(access=cast.access("liam"), name=name).parent is None
    world.solving.refresh_from_db()
    assert world.solving.name == "Solving"


def test_letters_are_compared_alike_on_every_database(cast: Cast) -> None:
    liam = cast.access("liam")
    create_code(access=liam, name="Ärger")
    with pytest.raises(ValidationError):
        create_code(access=liam, name="ärger")
    create_code(access=liam, name="Straße")
    with pytest.raises(ValidationError):
        create_code(access=liam, name="STRASSE")


def test_a_code_cannot_be_its_own_descendant(cast: Cast, world: World) -> None:
    deep = factories.code(cast.alder, "Wiki", world.intranet)
    liam = cast.access("liam")
    for parent in (world.gains, world.intranet, deep):
        with pytest.raises(ValidationError) as refused:
            change(liam, world.gains, parent=parent)
        assert refused.value.message_dict == {
            "parent": [f"“{parent.name}” lies below “Gains”: a code cannot be its own descendant."]
        }
    world.gains.refresh_from_db()
    assert world.gains.parent is None
    moved = change(liam, deep, parent=world.solving)
    assert moved.parent == world.solving


def test_a_parent_of_another_project_is_refused(cast: Cast, world: World) -> None:
    foreign = factories.code(cast.brook, "Foreign")
    for call in (
        lambda: create_code(access=cast.access("liam"), name="New", parent=foreign),
        lambda: change(cast.access("liam"), world.intranet, parent=foreign),
    ):
        with pytest.raises(ValidationError, match="This parent belongs to another project"):
            call()
    with pytest.raises(Code.DoesNotExist):
        change(cast.access("liam"), foreign, name="Mine")


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_there_must_be(cast: Cast, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        create_code(access=cast.access("liam"), name=name)
    assert set(refused.value.message_dict) == {"name"}
    assert not Code.objects.filter(project=cast.alder).exists()


def test_a_change_says_what_was_and_what_is(cast: Cast, world: World) -> None:
    change(cast.access("liam"), world.intranet, name="Wiki", colour=7)
    event = Event.objects.filter(project=cast.alder)[0]
    assert event.verb == "code.changed"
    assert (event.before["name"], event.after["name"]) == ("Intranet", "Wiki")
    assert (event.before["colour"], event.after["colour"]) == (0, 7)
    count = Event.objects.count()
    change(cast.access("liam"), Code.objects.get(pk=world.intranet.pk))
    assert Event.objects.count() == count


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_the_codebook_is_the_leads(cast: Cast, world: World, who: str) -> None:
    with pytest.raises(PermissionDenied):
        create_code(access=cast.access(who), name="New")
    with pytest.raises(PermissionDenied):
        change(cast.access(who), world.intranet, name="New")


def test_a_colour_beyond_the_palette_is_refused(cast: Cast, world: World) -> None:
    with pytest.raises(ValidationError):
        change(cast.access("liam"), world.intranet, colour=12)


def test_the_tree_in_reading_order(cast: Cast, world: World) -> None:
    wiki = factories.code(cast.alder, "Wiki", world.intranet)
    last = factories.code(cast.alder, "Costs")
    nodes = queries.codebook(cast.access("vera"))
    assert [(n.code.name, n.depth, n.children, n.path) for n in nodes] == [
        ("Gains", 0, 2, "Gains"),
        ("Intranet", 1, 1, "Gains › Intranet"),
        ("Wiki", 2, 0, "Gains › Intranet › Wiki"),
        ("Solving", 1, 0, "Gains › Solving"),
        ("Costs", 0, 0, "Costs"),
    ]
    assert nodes[0].codes == {c.pk for c in (world.gains, world.intranet, wiki, world.solving)}
    assert nodes[4].codes == {last.pk}


# --- readings ------------------------------------------------------------------------------------


def test_finished_and_not(cast: Cast, world: World) -> None:
    cora = cast.access("cora")
    assert set_finished(access=cora, source=world.source, finished=True) is True
    assert set_finished(access=cora, source=world.source, finished=True) is True
    assert Reading.objects.filter(source=world.source, coder=cora.membership).count() == 1
    assert queries.finished(cora, world.source) is True
    assert queries.finished(cast.access("cody"), world.source) is False
    assert set_finished(access=cora, source=world.source, finished=False) is False
    verbs = Event.objects.filter(project=cast.alder).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["source.finished", "source.reopened"]


def test_finished_twice_at_the_same_instant(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    world = factories.world(cast.alder)
    cora = cast.access("cora")
    results = at_once(*[lambda: set_finished(access=cora, source=world.source, finished=True)] * 3)
    assert results == [True, True, True]
    assert Reading.objects.count() == 1
    assert Event.objects.filter(verb="source.finished").count() == 1
