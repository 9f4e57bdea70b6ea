"""The codebook as it is changed: moved, retired, merged, split, frozen, restored, proposed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coding import queries
from coding.models import Code, CodeExample, Coding, Note, Source
from coding.services import codebook, notes
from coding.services.codings import StateConflict, add_codings, recode, redo, remove_coding, undo
from projects.access import Access
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


def tree(access: Access, *, merged: bool = False) -> list[str]:
    """ "- Gains", "-- Intranet": the tree in order, a dash for each level."""
    return [
        "-" * (node.depth + 1) + " " + node.code.name
        for node in queries.codebook(access, merged=merged)
    ]


def fresh(row: Any) -> Any:
    return type(row)._base_manager.get(pk=row.pk)


def change(access: Access, code: Code, **fields: Any) -> Code:
    code = fresh(code)
    given: dict[str, Any] = {
        name: getattr(code, name)
        for name in ("name", "parent", "definition", "colour", "heading_only")
    }
    return codebook.change_code(access=access, code=code, **given | fields)


def merge(cast: Cast, code: Code, into: Code) -> Event:
    return codebook.merge_codes(access=cast.access("liam"), code=code, into=into)


def there(code: Code) -> list[tuple[str, int, int]]:
    rows = Coding.objects.present().filter(code=code).order_by("start", "end", "coder__label")
    return list(rows.values_list("coder__label", "start", "end"))


@pytest.fixture
def coded(cast: Cast, world: World) -> dict[str, Coding]:
    """Cora: intranet at 0–3 and 4–8, solving at 0–3; Cody: intranet at 0–3."""
    cora, cody = cast.access("cora").membership, cast.access("cody").membership
    return {
        "double": factories.coding(world.source, world.intranet, cora, 0, 3),
        "twin": factories.coding(world.source, world.solving, cora, 0, 3),
        "alone": factories.coding(world.source, world.intranet, cora, 4, 8),
        "cody": factories.coding(world.source, world.intranet, cody, 0, 3),
    }


# --- moving --------------------------------------------------------------------------------------


def test_a_code_is_moved_among_its_siblings_and_below_another(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    top = factories.code(cast.alder, "Top")
    codebook.move_code(access=liam, code=world.solving, parent=world.gains, before=world.intranet)
    assert tree(liam) == ["- Gains", "-- Solving", "-- Intranet", "- Top"]
    codebook.move_code(access=liam, code=world.intranet, parent=None, before=top)
    assert tree(liam) == ["- Gains", "-- Solving", "- Intranet", "- Top"]
    codebook.move_code(access=liam, code=top, parent=world.solving, before=None)
    assert tree(liam) == ["- Gains", "-- Solving", "--- Top", "- Intranet"]
    last = Event.objects.latest("id")
    assert (last.verb, last.label) == ("code.moved", "Top")
    assert last.after == {"parent": "Solving", "parent_id": world.solving.pk, "place": 1}
    count = Event.objects.count()
    codebook.move_code(access=liam, code=top, parent=world.solving, before=None)
    assert Event.objects.count() == count


def test_no_move_makes_a_loop_or_two_of_one_name(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    with pytest.raises(ValidationError, match="cannot be its own descendant"):
        codebook.move_code(access=liam, code=world.gains, parent=world.solving, before=None)
    codebook.create_code(access=liam, name="SOLVING")
    with pytest.raises(ValidationError, match="There is already a code “Solving” there"):
        codebook.move_code(access=liam, code=world.solving, parent=None, before=None)
    with pytest.raises(ValidationError, match="is not there any more"):
        codebook.move_code(access=liam, code=world.solving, parent=world.gains, before=world.gains)
    with pytest.raises(PermissionDenied):
        codebook.move_code(access=cast.access("cora"), code=world.gains, parent=None, before=None)


# --- retiring ------------------------------------------------------------------------------------


def test_a_retired_code_keeps_its_passages_and_takes_no_new_ones(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    stale = fresh(world.intranet)
    codebook.retire_code(access=liam, code=world.intranet, reason="Too broad")
    assert Event.objects.latest("id").after == {"retired": True, "reason": "Too broad"}
    assert len(there(world.intranet)) == 3
    assert "-- Intranet" in tree(liam)
    text = world.source.content.text
    with pytest.raises(StateConflict) as refused:
        add_codings(
            access=cora, source=world.source, start=9, end=12, quote=text[9:12], codes=[stale]
        )
    assert refused.value.messages == [
        "“Intranet” is retired: it keeps its passages and takes no new ones."
    ]
    with pytest.raises(StateConflict, match="is retired"):
        recode(access=cora, coding=coded["twin"], code=stale)
    # What somebody takes away by mistake comes back all the same.
    remove_coding(access=cora, coding=coded["alone"])
    undo(access=cora, source=world.source)
    assert len(there(world.intranet)) == 3
    codebook.bring_back_code(access=liam, code=world.intranet)
    outcome = add_codings(
        access=cora, source=world.source, start=9, end=12, quote=text[9:12], codes=[stale]
    )
    assert len(outcome.added) == 1


def test_a_retired_codes_name_is_free_and_bringing_it_back_asks_for_it(
    cast: Cast, world: World
) -> None:
    liam = cast.access("liam")
    codebook.retire_code(access=liam, code=world.intranet)
    codebook.create_code(access=liam, name="Intranet", parent=world.gains)
    with pytest.raises(ValidationError, match="already a code “Intranet” here"):
        codebook.bring_back_code(access=liam, code=world.intranet)
    assert fresh(world.intranet).retired_at is not None


# --- merging -------------------------------------------------------------------------------------


def test_merging_moves_every_passage_and_keeps_one_of_two_alike(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    notes.add_note(access=cora, coding=coded["double"], text="Both, really?")
    child = factories.code(cast.alder, "Wiki", world.intranet)
    plan = codebook.plan_merge(access=liam, code=world.intranet, into=world.solving)
    assert (plan.passages, plan.coincide, plan.memos, plan.children) == (3, 1, 1, 1)
    assert there(world.solving) == [("Cora", 0, 3)]
    merge(cast, world.intranet, world.solving)
    assert there(world.solving) == [("Cody", 0, 3), ("Cora", 0, 3), ("Cora", 4, 8)]
    assert there(world.intranet) == []
    assert fresh(coded["double"]).removed_at is not None
    assert fresh(coded["alone"]).original_code == world.intranet
    assert fresh(coded["twin"]).original_code is None
    assert Note.objects.get().coding == coded["twin"]
    assert fresh(child).parent == world.solving
    merged = fresh(world.intranet)
    assert (merged.merged_into, merged.retired_at is None) == (world.solving, False)
    assert tree(liam) == ["- Gains", "-- Solving", "--- Wiki"]
    assert tree(liam, merged=True) == ["- Gains", "-- Intranet", "-- Solving", "--- Wiki"]
    event = Event.objects.latest("id")
    assert (event.verb, event.label) == ("code.merged", "Intranet → Solving")


def test_who_codes_with_a_merged_code_is_told_which_to_use(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    stale, text = fresh(world.intranet), world.source.content.text
    merge(cast, world.intranet, world.solving)
    merge(cast, world.solving, world.gains)
    with pytest.raises(StateConflict) as refused:
        add_codings(
            access=cast.access("cora"),
            source=world.source,
            start=9,
            end=12,
            quote=text[9:12],
            codes=[stale],
        )
    assert refused.value.messages == ["“Intranet” was merged into “Gains”; use “Gains”."]
    assert refused.value.code == "merged"
    with pytest.raises(ValidationError, match="undo the merge to have it back"):
        codebook.bring_back_code(access=cast.access("liam"), code=world.intranet)


def test_undoing_a_merge_gives_everything_back(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    notes.add_note(access=cora, coding=coded["double"], text="Both, really?")
    child = factories.code(cast.alder, "Wiki", world.intranet)
    CodeExample.objects.create(code=world.intranet, coding=coded["alone"])
    tables = (Coding, Code, Note, CodeExample)
    before = [list(table._base_manager.order_by("pk").values_list()) for table in tables]
    merge(cast, world.intranet, world.solving)
    assert CodeExample.objects.get().code == world.solving
    assert codebook.undo_merge(access=liam, code=world.intranet) == (3, 0)
    assert [list(table._base_manager.order_by("pk").values_list()) for table in tables] == before
    assert fresh(child).parent == world.intranet
    with pytest.raises(StateConflict, match="has been undone already"):
        codebook.undo_merge(access=liam, code=world.intranet)


def test_undoing_a_merge_leaves_alone_what_has_changed_since(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    merge(cast, world.intranet, world.solving)
    recode(access=cora, coding=coded["alone"], code=world.gains)
    remove_coding(access=cora, coding=coded["twin"])
    assert codebook.undo_merge(access=liam, code=world.intranet) == (2, 1)
    assert there(world.intranet) == [("Cody", 0, 3), ("Cora", 0, 3)]
    assert there(world.gains) == [("Cora", 4, 8)]
    assert there(world.solving) == []


def test_a_later_merge_has_to_be_undone_first(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam = cast.access("liam")
    merge(cast, world.intranet, world.solving)
    merge(cast, world.solving, world.gains)
    assert fresh(coded["alone"]).original_code == world.intranet
    with pytest.raises(StateConflict, match="undo that first"):
        codebook.undo_merge(access=liam, code=world.intranet)
    assert codebook.undo_merge(access=liam, code=world.solving) == (3, 0)
    assert codebook.undo_merge(access=liam, code=world.intranet) == (3, 0)
    assert len(there(world.intranet)) == 3


def everything() -> list[list[tuple[Any, ...]]]:
    """All rows that a merge touches; of times whether there are any."""
    return [
        [
            tuple(cell is not None if isinstance(cell, datetime) else cell for cell in row)
            for row in table._base_manager.order_by("pk").values_list()
        ]
        for table in (Coding, Code, Note, CodeExample)
    ]


def test_a_merge_that_was_undone_is_done_again(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    notes.add_note(access=cora, coding=coded["double"], text="Both, really?")
    factories.code(cast.alder, "Wiki", world.intranet)
    CodeExample.objects.create(code=world.intranet, coding=coded["alone"])
    with pytest.raises(StateConflict, match="No merge of “Intranet” has been undone"):
        codebook.redo_merge(access=liam, code=world.intranet)
    before = everything()
    first = codebook.merge_codes(
        access=liam, code=world.intranet, into=world.solving, reason="One idea"
    )
    after = everything()
    with pytest.raises(StateConflict, match="“Intranet” is merged into “Solving” already"):
        codebook.redo_merge(access=liam, code=world.intranet)
    codebook.undo_merge(access=liam, code=world.intranet)
    undone = Event.objects.latest("id")
    assert (undone.mode, undone.answers) == ("undo", first.batch)
    again = codebook.redo_merge(access=liam, code=world.intranet)
    assert (again.verb, again.mode, again.answers) == ("code.merged", "redo", first.batch)
    assert again.after["reason"] == "One idea"
    assert everything() == after
    # And there and back, as often as one likes.
    assert codebook.undo_merge(access=liam, code=world.intranet) == (3, 0)
    assert everything() == before
    undone = Event.objects.latest("id")
    assert (undone.mode, undone.answers) == ("undo", first.batch)
    codebook.redo_merge(access=liam, code=world.intranet)
    assert everything() == after


def test_what_was_coded_in_between_goes_along_when_a_merge_is_done_again(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    merge(cast, world.intranet, world.solving)
    codebook.undo_merge(access=liam, code=world.intranet)
    factories.coding(world.source, world.intranet, cora.membership, 20, 24)
    recode(access=cora, coding=coded["alone"], code=world.gains)
    codebook.redo_merge(access=liam, code=world.intranet)
    assert there(world.intranet) == []
    assert there(world.gains) == [("Cora", 4, 8)]
    assert there(world.solving) == [("Cody", 0, 3), ("Cora", 0, 3), ("Cora", 20, 24)]


def test_a_merge_is_done_again_only_where_it_still_can_be(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam = cast.access("liam")
    merge(cast, world.intranet, world.solving)
    codebook.undo_merge(access=liam, code=world.intranet)
    codebook.retire_code(access=liam, code=world.solving)
    with pytest.raises(StateConflict, match="“Solving” is retired"):
        codebook.redo_merge(access=liam, code=world.intranet)
    with pytest.raises(PermissionDenied):
        codebook.redo_merge(access=cast.access("cora"), code=world.intranet)
    assert fresh(world.intranet).merged_into is None
    Code.objects.filter(pk=world.solving.pk).update(removed_at=timezone.now())
    with pytest.raises(StateConflict, match="No merge of “Intranet”"):
        codebook.redo_merge(access=liam, code=world.intranet)


def test_what_cannot_be_merged(cast: Cast, world: World, coded: dict[str, Coding]) -> None:
    liam = cast.access("liam")
    heading = factories.code(cast.alder, "Heading", heading_only=True)
    for code, into, sentence in (
        (world.gains, world.gains, "A code cannot be merged into itself."),
        (world.gains, world.solving, "“Solving” lies below “Gains”: move it out first."),
        (world.intranet, heading, "“Heading” is a heading: passages cannot be given to it."),
    ):
        assert codebook.plan_merge(access=liam, code=code, into=into).problem == sentence
        with pytest.raises(ValidationError) as refused:
            merge(cast, code, into)
        assert refused.value.messages == [sentence]
    for parent in (world.intranet, world.solving):
        codebook.create_code(access=liam, name="Same", parent=parent)
    with pytest.raises(ValidationError, match="Both have a code “Same” below them"):
        merge(cast, world.intranet, world.solving)
    with pytest.raises(PermissionDenied):
        codebook.merge_codes(access=cast.access("cora"), code=world.intranet, into=world.solving)


def test_undo_in_the_reader_does_not_put_a_passage_back_to_a_merged_code(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    cora = cast.access("cora")
    remove_coding(access=cora, coding=coded["alone"])
    merge(cast, world.intranet, world.solving)
    message = undo(access=cora, source=world.source).message
    assert message.endswith("1 coding was left as it is, because its code is gone.")
    assert there(world.intranet) == []


def test_a_merge_takes_as_many_statements_for_many_passages(cast: Cast, world: World) -> None:
    cody = cast.access("cody").membership
    found = []
    for n in (3, 30):
        one, two = (factories.code(cast.alder, f"{name} {n}") for name in ("One", "Two"))
        for code in (one, two):
            for start in range(n):
                factories.coding(world.source, code, cody, start, start + 1 + n * (code == one))
                factories.coding(world.source, code, cody, start, start + 5)
        with CaptureQueriesContext(connection) as seen:
            merge(cast, one, two)
        found.append(len(seen))
    assert found[0] == found[1]


# --- meaning, and looking again ------------------------------------------------------------------


def test_a_changed_meaning_asks_for_a_second_look(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    change(liam, world.intranet, colour=5, redefines=True)
    assert queries.review_counts(liam) == {}
    change(liam, world.intranet, definition="Written up", redefines=True, reason="After week 2")
    assert queries.review_counts(liam) == {world.intranet.pk: 3}
    assert queries.review_counts(cora) == {world.intranet.pk: 2}
    assert queries.review_counts(cast.access("vera")) == {}
    begun = queries.review_begun(liam, world.intranet)
    assert begun is not None
    assert (begun.after["to_review"], begun.after["reason"]) == (3, "After week 2")
    # What is coded from now on is coded under the new meaning.
    factories.coding(world.source, world.intranet, cora.membership, 20, 24)
    assert queries.review_counts(liam) == {world.intranet.pk: 3}
    change(liam, world.solving, definition="A slip of the pen", redefines=False)
    assert world.solving.pk not in queries.review_counts(liam)


def test_each_decision_takes_a_passage_from_the_queue_and_can_be_taken_back(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam = cast.access("liam")
    change(liam, world.intranet, when_not_to_use="Paper", redefines=True)
    rows = ("pk", "code", "start", "end", "coder", "removed_at", "confirmed_at")
    before = list(Coding.objects.order_by("pk").values_list(*rows))

    def decide(coding: Coding, keep: bool, *codes: Code) -> Any:
        return codebook.decide(
            access=liam, coding=coding, code=world.intranet, keep=keep, codes=codes
        )

    for keep, codes, expected in (
        (True, [], {"Intranet"}),
        (False, [world.gains], {"Gains"}),
        (True, [world.gains], {"Gains", "Intranet"}),
        (False, [world.gains, world.solving], {"Gains", "Solving"}),
        (False, [], set()),
    ):
        done = decide(coded["alone"], keep, *codes)
        here = Coding.objects.present().filter(start=4, end=8)
        assert {row.code.name for row in here} == expected
        assert {row.coder.label for row in here} <= {"Cora"}
        assert coded["alone"].pk not in queries.to_review(liam).values_list("pk", flat=True)
        assert queries.review_counts(liam) == {world.intranet.pk: 2}
        codebook.take_back(access=liam, batch=done.batch)
        now = Coding.objects.filter(pk__in=[row[0] for row in before]).order_by("pk")
        assert list(now.values_list(*rows)) == before
        assert Coding.objects.present().count() == 4
    redo(access=liam, source=world.source)
    assert fresh(coded["alone"]).removed_at is not None


def test_a_decision_for_a_code_that_is_there_already(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    cora = cast.access("cora")
    notes.add_note(access=cora, coding=coded["double"], text="Why")
    with pytest.raises(StateConflict, match="has a memo here"):
        codebook.decide(
            access=cora,
            coding=coded["double"],
            code=world.intranet,
            keep=False,
            codes=[world.solving],
        )
    Note.objects.update(removed_at=timezone.now())
    codebook.decide(
        access=cora, coding=coded["double"], code=world.intranet, keep=False, codes=[world.solving]
    )
    assert there(world.intranet) == [("Cody", 0, 3), ("Cora", 4, 8)]
    assert there(world.solving) == [("Cora", 0, 3)]


def test_who_may_decide_and_when(cast: Cast, world: World, coded: dict[str, Coding]) -> None:
    cora = cast.access("cora")
    with pytest.raises(PermissionDenied, match="was coded by Cody"):
        codebook.decide(access=cora, coding=coded["cody"], code=world.intranet, keep=True)
    with pytest.raises(StateConflict, match="is not coded with “Solving” any more"):
        codebook.decide(access=cora, coding=coded["alone"], code=world.solving, keep=True)
    with pytest.raises(PermissionDenied):
        codebook.decide(
            access=cast.access("vera"), coding=coded["alone"], code=world.intranet, keep=True
        )
    done = codebook.decide(access=cora, coding=coded["alone"], code=world.intranet, keep=True)
    remove_coding(access=cora, coding=coded["double"])
    with pytest.raises(StateConflict, match="not your last action"):
        codebook.take_back(access=cora, batch=done.batch)


def test_a_split_offers_every_passage_to_the_parts(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam = cast.access("liam")
    parts = codebook.begin_split(
        access=liam, code=world.intranet, into=[world.solving], names=["Paper", " "]
    )
    assert [part.name for part in parts] == ["Solving", "Paper"]
    assert parts[1].parent == world.gains
    assert queries.review_counts(liam) == {world.intranet.pk: 3}
    begun = queries.review_begun(liam, world.intranet)
    assert begun is not None
    assert begun.after == {"into_ids": [part.pk for part in parts], "to_review": 3}
    with pytest.raises(ValidationError, match="Name at least one code"):
        codebook.begin_split(access=liam, code=world.intranet, into=[world.intranet])
    with pytest.raises(ValidationError, match="at most 6"):
        codebook.begin_split(
            access=liam, code=world.intranet, into=[], names=[str(n) for n in range(7)]
        )


# --- examples ------------------------------------------------------------------------------------


def test_examples_are_live(cast: Cast, world: World, coded: dict[str, Coding]) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    codebook.add_example(access=liam, code=world.intranet, coding=coded["alone"])
    codebook.add_example(access=liam, code=world.intranet, coding=coded["alone"])
    shown = [row.coding for row in queries.examples(liam, [world.intranet.pk])]
    assert shown == [coded["alone"]]
    remove_coding(access=cora, coding=coded["alone"])
    assert not queries.examples(liam, [world.intranet.pk]).exists()
    undo(access=cora, source=world.source)
    assert queries.examples(liam, [world.intranet.pk]).count() == 1
    recode(access=cora, coding=coded["alone"], code=world.gains)
    assert not queries.examples(liam, [world.intranet.pk]).exists()
    with pytest.raises(StateConflict, match="is not coded with “Intranet” any more"):
        codebook.add_example(access=liam, code=world.intranet, coding=coded["alone"])
    with pytest.raises(PermissionDenied):
        codebook.add_example(access=cora, code=world.intranet, coding=coded["double"])


def test_who_refused_to_be_quoted_is_no_example(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    world.participant.consent_quote = False
    world.participant.save()
    start = world.source.content.text.index("We put")
    coding = factories.coding(
        world.source, world.intranet, cast.access("cora").membership, start, start + 6
    )
    with pytest.raises(ValidationError, match="refused to be quoted"):
        codebook.add_example(access=cast.access("liam"), code=world.intranet, coding=coding)
    assert not CodeExample.objects.exists()


# --- versions ------------------------------------------------------------------------------------


def test_a_version_is_frozen_and_restored_as_a_new_one(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam = cast.access("liam")
    first = codebook.freeze(access=liam, name="Pilot", reason="Before round 2")
    assert (first.number, first.name, first.reason, len(first.content)) == (
        1,
        "Pilot",
        "Before round 2",
        3,
    )
    codings = list(Coding.objects.order_by("pk").values_list())
    change(liam, world.solving, name="Solving together", parent=None, definition="New")
    new = codebook.create_code(access=liam, name="Later")
    codebook.retire_code(access=liam, code=world.intranet)
    plan = codebook.plan_restore(access=liam, version=first)
    assert [(d.kind, d.name, [f[0] for f in d.fields], d.moved) for d in plan] == [
        ("changed", "Intranet", ["retired"], None),
        ("changed", "Solving", ["name", "definition"], ("", "Gains")),
        ("removed", "Later", [], None),
    ]
    second = codebook.restore(access=liam, version=first)
    assert (second.number, second.name) == (2, "Version 1 restored: Pilot")
    assert tree(liam) == ["- Gains", "-- Intranet", "-- Solving", "- Later"]
    assert fresh(new).retired_at is not None
    assert fresh(world.intranet).retired_at is None
    assert list(Coding.objects.order_by("pk").values_list()) == codings
    assert queries.review_counts(liam) == {world.solving.pk: 1}
    assert codebook.plan_restore(access=liam, version=first) == []
    assert [e for e in second.content if e["name"] != "Later"] == first.content


def test_a_merged_code_comes_back_with_its_version_and_passages_stay(
    cast: Cast, world: World, coded: dict[str, Coding]
) -> None:
    liam = cast.access("liam")
    first = codebook.freeze(access=liam, name="Pilot")
    merge(cast, world.intranet, world.solving)
    codebook.restore(access=liam, version=first)
    back = fresh(world.intranet)
    assert (back.merged_into, back.retired_at) == (None, None)
    assert there(world.intranet) == []
    assert len(there(world.solving)) == 3


def test_equal_states_have_equal_fingerprints(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    one = codebook.freeze(access=liam, name="One")
    two = codebook.freeze(access=liam, name="Two")
    change(liam, world.gains, elicited=True)
    three = codebook.freeze(access=liam, name="Three")
    assert one.sha256 == two.sha256 != three.sha256
    with pytest.raises(ValidationError, match="Give the version a name"):
        codebook.freeze(access=liam, name=" ")
    with pytest.raises(PermissionDenied):
        codebook.freeze(access=cast.access("cora"), name="Mine")


# --- proposals -----------------------------------------------------------------------------------


def test_a_proposal_is_accepted_as_it_is_left_by_the_lead(cast: Cast, world: World) -> None:
    cora, liam = cast.access("cora"), cast.access("liam")
    asked = codebook.propose(access=cora, code=None, name="Time", reason="Comes up a lot")
    assert (asked.state, queries.open_proposals(liam)) == ("open", 1)
    code = codebook.accept(
        access=liam, proposal=asked, edited={"name": "Shared time", "definition": "Time of all"}
    )
    assert (code.name, code.definition) == ("Shared time", "Time of all")
    asked = fresh(asked)
    assert (asked.state, asked.decided_by.label) == ("accepted", "Liam")
    made = Event.objects.get(verb="code.created", object_guid=code.guid)
    assert made.after["reason"] == "Comes up a lot (proposed by Cora)"
    with pytest.raises(StateConflict, match="Liam has already decided"):
        codebook.decline(access=liam, proposal=asked, answer="No")


def test_a_change_is_proposed_and_declined_with_a_word_back(cast: Cast, world: World) -> None:
    cora, liam = cast.access("cora"), cast.access("liam")
    with pytest.raises(ValidationError, match="Nothing differs"):
        codebook.propose(
            access=cora, code=world.gains, name="Gains", definition=world.gains.definition
        )
    asked = codebook.propose(
        access=cora, code=world.gains, name="Gains", definition="What is better now"
    )
    assert asked.content == {"definition": "What is better now"}
    with pytest.raises(ValidationError, match="Say why"):
        codebook.decline(access=liam, proposal=asked, answer=" ")
    codebook.decline(access=liam, proposal=asked, answer="Too wide")
    assert (fresh(asked).state, fresh(asked).answer) == ("declined", "Too wide")
    assert fresh(world.gains).definition == "What the team gets"
    with pytest.raises(PermissionDenied):
        codebook.decline(access=cora, proposal=asked, answer="x")
    with pytest.raises(PermissionDenied):
        codebook.propose(access=cast.access("vera"), code=None, name="Time")


def test_the_project_may_let_coders_make_codes(cast: Cast, world: World) -> None:
    with pytest.raises(PermissionDenied):
        codebook.create_code(access=cast.access("cora"), name="Mine")
    cast.alder.coders_create_codes = True
    cast.alder.save()
    codebook.create_code(access=cast.access("cora"), name="Mine")
    assert cast.access("cora").may["edit_codebook"] is False
    with pytest.raises(PermissionDenied):
        codebook.create_code(access=cast.access("vera"), name="Seen")


def test_nothing_is_done_to_another_source(cast: Cast, world: World) -> None:
    """A merge in one project leaves codes of the same name in another alone."""
    other = factories.world(cast.brook)
    factories.coding(other.source, other.intranet, cast.access("otto", cast.brook).membership, 0, 3)
    merge(cast, world.intranet, world.solving)
    assert there(other.intranet) == [("Otto", 0, 3)]
    assert Source.objects.count() == 2


# --- at the same instant -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_codes_while_a_merge_runs_is_moved_along_or_told(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    world = factories.world(cast.alder)
    liam, coders = cast.access("liam"), [cast.access("cora"), cast.access("cody")]
    text = world.source.content.text

    def code(access: Access) -> Any:
        return add_codings(
            access=access,
            source=world.source,
            start=0,
            end=3,
            quote=text[:3],
            codes=[world.intranet],
        )

    merged, *coded = at_once(
        lambda: codebook.merge_codes(access=liam, code=world.intranet, into=world.solving),
        lambda: code(coders[0]),
        lambda: code(coders[1]),
    )
    assert isinstance(merged, Event), merged
    told = [one for one in coded if isinstance(one, StateConflict)]
    assert all(one.code == "merged" for one in told)
    assert there(world.intranet) == []
    assert len(there(world.solving)) == 2 - len(told)


@pytest.mark.django_db(transaction=True)
def test_two_people_move_codes_into_each_other(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    world = factories.world(cast.alder)
    liam, olive = cast.access("liam"), cast.access("olive")
    one, two = world.intranet, world.solving
    results = at_once(
        lambda: codebook.move_code(access=liam, code=one, parent=two, before=None),
        lambda: codebook.move_code(access=olive, code=two, parent=one, before=None),
    )
    refused = [result for result in results if isinstance(result, ValidationError)]
    assert len(refused) == 1, results
    assert len(tree(liam)) == 3
