"""From what coders left in a round to what is agreed: comparing, deciding, taking back."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from coding import queries
from coding.models import Assignment, Code, Coding, Comparison, Note, Round, Source
from coding.notebook import memos
from coding.services import adjudication, codebook, notes
from coding.services.codings import StateConflict, add_codings
from coding.services.versions import replace_text
from coding.subjects import Ref
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

Spans = list[tuple[Code, int, int]]


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def held(cast: Cast, world: World) -> Round:
    """Cora and Cody have both coded the interview: one place of each kind."""
    row = factories.opened_round(cast)
    left(row, cast, "cora", world.source, [(world.intranet, 41, 60), (world.solving, 70, 80)])
    left(
        row,
        cast,
        "cody",
        world.source,
        [(world.intranet, 41, 60), (world.gains, 72, 78), (world.solving, 100, 110)],
    )
    return row


def left(held: Round, cast: Cast, who: str, source: Source, spans: Spans, **fields: Any) -> None:
    factories.share(held, source, cast.access(who).membership, spans, **fields)


def compared(held: Round) -> list[Comparison]:
    return list(Comparison.objects.filter(round=held))


def agreed(held: Round) -> list[tuple[str, int, int, str]]:
    rows = Coding.objects.agreed().filter(agreed_in=held).order_by("start", "code__name")
    return list(rows.values_list("code__name", "start", "end", "coder__label"))


@pytest.fixture
def places(cast: Cast, held: Round) -> list[Comparison]:
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    return compared(held)


def decide(cast: Cast, place: Comparison, decision: str, **more: Any) -> Any:
    return adjudication.decide(
        access=cast.access("liam"), compared=place, decision=decision, **more
    )


# --- comparing -----------------------------------------------------------------------------------


def test_each_place_is_held_side_by_side(cast: Cast, held: Round, world: World) -> None:
    assert adjudication.make_comparisons(access=cast.access("liam"), held=held) == 4
    cora, cody = (cast.access(who).membership.pk for who in ("cora", "cody"))
    rows = compared(held)
    assert [(c.code.name, c.start, c.end, c.kind) for c in rows] == [
        ("Intranet", 41, 60, "agree"),
        ("Solving", 70, 80, "other"),
        ("Gains", 72, 78, "other"),
        ("Solving", 100, 110, "missed"),
    ]
    whose = [[[p[0], p[2], p[3]] for p in c.passages] for c in rows]
    assert whose == [
        [[cora, 41, 60], [cody, 41, 60]] if cora < cody else [[cody, 41, 60], [cora, 41, 60]],
        [[cora, 70, 80]],
        [[cody, 72, 78]],
        [[cody, 100, 110]],
    ]
    assert [c.others for c in rows] == [
        [],
        [[cody, world.gains.pk]],
        [[cora, world.solving.pk]],
        [],
    ]
    event = Event.objects.get(verb="round.compared")
    assert event.after == {"places": 4, "sources": 1}


def test_comparing_again_changes_nothing(cast: Cast, places: list[Comparison], held: Round) -> None:
    decide(cast, places[0], "union")
    before = list(Comparison.objects.values())
    assert adjudication.make_comparisons(access=cast.access("olive"), held=held) == 0
    assert list(Comparison.objects.values()) == before
    assert Event.objects.filter(verb="round.compared").count() == 1


def test_who_has_not_finished_is_not_compared(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 41, 60)])
    left(held, cast, "cody", world.source, [(world.intranet, 41, 60)], finished=False)
    assert adjudication.make_comparisons(access=cast.access("liam"), held=held) == 0
    Assignment.objects.filter(round=held).update(finished_at=timezone.now())
    assert adjudication.make_comparisons(access=cast.access("liam"), held=held) == 1


def test_whoever_finished_without_a_passage_has_missed_it(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 41, 60)])
    left(held, cast, "cody", world.source, [])
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    assert [c.kind for c in compared(held)] == ["missed"]


def test_borders_that_differ_too_much_are_a_place_of_their_own_kind(
    cast: Cast, world: World
) -> None:
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 40, 60)])
    left(held, cast, "cody", world.source, [(world.intranet, 50, 70)])
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    assert [(c.kind, c.start, c.end) for c in compared(held)] == [("boundary", 40, 70)]


def test_what_was_left_is_carried_to_the_present_text_and_code(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 41, 60)])
    left(held, cast, "cody", world.source, [(world.solving, 41, 60)])
    text = world.source.content.text
    replace_text(
        access=cast.access("liam"),
        source=world.source,
        text="0123456789\n" + text,
        expected_version=1,
        because="edited",
    )
    codebook.merge_codes(access=cast.access("liam"), code=world.solving, into=world.intranet)
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    (place,) = compared(held)
    assert (place.code, place.start, place.end, place.kind) == (world.intranet, 52, 71, "agree")


@pytest.mark.parametrize("state", ["draft", "running"])
def test_a_blind_round_is_not_compared(cast: Cast, held: Round, state: str) -> None:
    Round.objects.update(state=state)
    with pytest.raises(Http404):
        adjudication.make_comparisons(access=cast.access("liam"), held=held)


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_leads_and_owners_decide(
    cast: Cast, places: list[Comparison], held: Round, who: str
) -> None:
    access = cast.access(who)
    with pytest.raises(PermissionDenied):
        adjudication.make_comparisons(access=access, held=held)
    with pytest.raises(PermissionDenied):
        adjudication.decide(access=access, compared=places[0], decision="union")
    with pytest.raises(PermissionDenied):
        adjudication.accept_agreed(access=access, held=held)
    with pytest.raises(PermissionDenied):
        adjudication.take_back(access=access, held=held, batch=uuid.uuid4())
    assert agreed(held) == []


# --- deciding ------------------------------------------------------------------------------------


@pytest.fixture
def apart(cast: Cast, world: World) -> Comparison:
    """Cora 40–60, Cody 50–70."""
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 40, 60)])
    left(held, cast, "cody", world.source, [(world.intranet, 50, 70)])
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    return compared(held)[0]


@pytest.mark.parametrize(
    ("decision", "more", "span"),
    [
        ("union", {}, (40, 70)),
        ("intersection", {}, (50, 60)),
        ("taken", {"who": "cora"}, (40, 60)),
        ("taken", {"who": "cody"}, (50, 70)),
        ("edited", {"hand": (45, 55)}, (45, 55)),
        ("rejected", {}, None),
    ],
)
def test_a_decision_makes_the_agreed_coding(
    decision: str, more: dict[str, Any], span: Any, cast: Cast, apart: Comparison
) -> None:
    if who := more.pop("who", None):
        more["coder"] = cast.access(who).membership.pk
    if "hand" in more:
        more["quote"] = factories.TEXT[45:55]
    own = list(Coding.objects.present().values())
    done = decide(cast, apart, decision, why="Both say so", **more)
    apart.refresh_from_db()
    assert (apart.decision, apart.why, apart.decided_by.label) == (decision, "Both say so", "Liam")
    assert agreed(apart.round) == ([("Intranet", *span, "Liam")] if span else [])
    assert list(Coding.objects.present().values()) == own
    event = Event.objects.get(batch=done.batch)
    assert (event.verb, event.source_guid) == ("comparison.decided", apart.source.guid)
    assert event.after["why"] == "Both say so"
    assert [row["start"] for row in event.after["codings"]] == ([span[0]] if span else [])


def test_deciding_anew_puts_one_in_the_place_of_the_other(cast: Cast, apart: Comparison) -> None:
    decide(cast, apart, "union")
    first = Coding.objects.agreed().get()
    decide(cast, apart, "intersection", why="Shorter is better")
    assert agreed(apart.round) == [("Intranet", 50, 60, "Liam")]
    first.refresh_from_db()
    assert first.removed_at is not None
    decide(cast, apart, "")
    apart.refresh_from_db()
    assert (apart.decision, apart.why, apart.decided_by, apart.decided_at) == ("", "", None, None)
    assert agreed(apart.round) == []


def test_a_decision_sent_twice_acts_once(cast: Cast, apart: Comparison) -> None:
    batch = uuid.uuid4()
    decide(cast, apart, "union", batch=batch)
    decide(cast, apart, "union", batch=batch)
    assert Event.objects.filter(verb="comparison.decided").count() == 1
    assert agreed(apart.round) == [("Intranet", 40, 70, "Liam")]


def test_a_decision_is_taken_back_with_the_same_rows(cast: Cast, apart: Comparison) -> None:
    decide(cast, apart, "union", why="Long")
    row = Coding.objects.agreed().get()
    second = decide(cast, apart, "intersection", why="Short")
    adjudication.take_back(access=cast.access("liam"), held=apart.round, batch=second.batch)
    apart.refresh_from_db()
    assert (apart.decision, apart.why) == ("union", "Long")
    assert Coding.objects.agreed().get() == row
    event = Event.objects.order_by("-id")[0]
    assert (event.verb, event.mode, event.answers) == ("comparison.decided", "undo", second.batch)


def test_taking_back_is_refused_after_another_decision(cast: Cast, apart: Comparison) -> None:
    first = decide(cast, apart, "union")
    adjudication.decide(access=cast.access("olive"), compared=apart, decision="rejected")
    with pytest.raises(StateConflict):
        adjudication.take_back(access=cast.access("liam"), held=apart.round, batch=first.batch)
    with pytest.raises(StateConflict):
        adjudication.take_back(access=cast.access("olive"), held=apart.round, batch=first.batch)
    assert agreed(apart.round) == []


@pytest.mark.parametrize(
    ("decision", "more"),
    [
        ("taken", {}),
        ("taken", {"coder": 0}),
        ("edited", {}),
        ("edited", {"hand": (45, 55), "quote": "not these"}),
        ("edited", {"hand": (45, 5_000), "quote": "x"}),
        ("nonsense", {}),
        ("union", {"why": "x" * 5_001}),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    decision: str, more: dict[str, Any], cast: Cast, apart: Comparison
) -> None:
    with pytest.raises(ValidationError) as refused:
        decide(cast, apart, decision, **more)
    assert refused.value.messages[0].endswith((".", "”"))
    apart.refresh_from_db()
    assert apart.decision == ""
    assert not Coding.objects.agreed().exists()


def test_nothing_in_common_cannot_be_agreed_on(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 10, 20)])
    left(held, cast, "cody", world.source, [(world.intranet, 18, 32)])
    left(held, cast, "liam", world.source, [(world.intranet, 30, 40)])
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    (place,) = compared(held)
    with pytest.raises(ValidationError, match="nothing that all of them coded"):
        decide(cast, place, "intersection")


def test_a_closed_round_stands(cast: Cast, apart: Comparison) -> None:
    done = decide(cast, apart, "union")
    Round.objects.update(state="closed")
    with pytest.raises(StateConflict):
        decide(cast, apart, "rejected")
    with pytest.raises(StateConflict):
        adjudication.take_back(access=cast.access("liam"), held=apart.round, batch=done.batch)
    with pytest.raises(StateConflict):
        adjudication.accept_agreed(access=cast.access("liam"), held=apart.round)


def test_two_places_may_come_to_the_same_passage(cast: Cast, world: World) -> None:
    """One coding is agreed on, not two; the second decision stands all the same."""
    held = factories.opened_round(cast)
    left(held, cast, "cora", world.source, [(world.intranet, 10, 20), (world.intranet, 30, 40)])
    left(held, cast, "cody", world.source, [])
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    one, two = compared(held)
    words = {"hand": (10, 40), "quote": factories.TEXT[10:40]}
    decide(cast, one, "edited", **words)
    decide(cast, two, "edited", **words)
    assert agreed(held) == [("Intranet", 10, 40, "Liam")]


# --- in bulk -------------------------------------------------------------------------------------


@pytest.fixture
def alike(cast: Cast, world: World) -> Round:
    """Three agreed places, at one of which the borders differ a little; one that is not agreed."""
    held = factories.opened_round(cast, threshold=80)
    spans = [(world.intranet, 10, 20), (world.solving, 10, 20), (world.intranet, 40, 60)]
    left(held, cast, "cora", world.source, [*spans, (world.gains, 70, 75)])
    spans[2] = (world.intranet, 42, 60)
    left(held, cast, "cody", world.source, spans)
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    return held


def test_agreed_places_are_accepted_at_once(cast: Cast, alike: Round) -> None:
    access = cast.access("liam")
    plan = adjudication.plan_agreed(access=access, held=alike)
    assert (plan.places, plan.sources, plan.identical, plan.differing) == (3, 1, 2, 1)
    done = adjudication.accept_agreed(access=access, held=alike, batch=uuid.uuid4())
    assert done.message == "3 agreed places are taken into the agreed coding."
    assert agreed(alike) == [
        ("Intranet", 10, 20, "Liam"),
        ("Solving", 10, 20, "Liam"),
        ("Intranet", 40, 60, "Liam"),
    ]
    assert [c.decision for c in compared(alike)] == ["union", "union", "union", ""]
    event = Event.objects.get(verb="round.accepted")
    assert (event.after["places"], event.after["passages"]) == (3, 3)
    adjudication.accept_agreed(access=access, held=alike, batch=done.batch)
    assert Event.objects.filter(verb="round.accepted").count() == 1


def test_accepting_is_taken_back_but_for_what_was_decided_since(cast: Cast, alike: Round) -> None:
    access = cast.access("liam")
    done = adjudication.accept_agreed(access=access, held=alike)
    decide(cast, compared(alike)[0], "rejected")
    back = adjudication.take_back(access=access, held=alike, batch=done.batch)
    assert back.message == "2 places are open again. 1 was decided anew since and stays."
    assert agreed(alike) == []
    assert sorted(c.decision for c in compared(alike)) == ["", "", "", "rejected"]


# --- what else there is --------------------------------------------------------------------------


def test_agreed_codings_are_in_no_list_of_what_people_coded(cast: Cast, apart: Comparison) -> None:
    access = cast.access("liam")
    decide(cast, apart, "union")
    assert list(queries.visible_codings(access)) == []
    assert [c.pk for c in queries.visible_agreed(access)] == [Coding.objects.agreed().get().pk]
    row = queries.sources(access).get(pk=apart.source_id)
    assert (row.codings_count, row.coders_count) == (0, 0)
    with pytest.raises(Http404):
        queries.coding(access, Coding.objects.agreed().get().pk)
    # Whoever decided may code the same passage themselves.
    text = factories.TEXT
    add_codings(
        access=access,
        source=apart.source,
        start=40,
        end=70,
        quote=text[40:70],
        codes=[apart.code],
    )
    assert queries.visible_codings(access).count() == 1


def test_agreed_codings_of_a_withheld_source_are_not_seen(cast: Cast, apart: Comparison) -> None:
    decide(cast, apart, "union")
    access = cast.access("liam")
    person = apart.source.participant
    person.consent_use = False
    person.save()
    assert not queries.visible_agreed(access).exists()
    assert not queries.visible_comparisons(access).exists()


def test_a_merge_takes_agreed_codings_along_and_gives_them_back(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    for who in ("cora", "cody"):
        left(held, cast, who, world.source, [(world.intranet, 10, 20), (world.solving, 10, 20)])
        left_too = [(world.solving, 30, 40)]
        Assignment.objects.filter(coder=cast.access(who).membership).update(
            passages=[
                *Assignment.objects.get(coder=cast.access(who).membership).passages,
                *([0, code.pk, a, b] for code, a, b in left_too),
            ]
        )
    access = cast.access("liam")
    adjudication.make_comparisons(access=access, held=held)
    adjudication.accept_agreed(access=access, held=held)
    codebook.merge_codes(access=access, code=world.solving, into=world.intranet)
    assert agreed(held) == [("Intranet", 10, 20, "Liam"), ("Intranet", 30, 40, "Liam")]
    codebook.undo_merge(access=access, code=Code.objects.get(pk=world.solving.pk))
    assert agreed(held) == [
        ("Intranet", 10, 20, "Liam"),
        ("Solving", 10, 20, "Liam"),
        ("Solving", 30, 40, "Liam"),
    ]


def test_a_decision_after_a_merge_is_about_the_code_of_now(cast: Cast, apart: Comparison) -> None:
    access = cast.access("liam")
    gains = Code.objects.get(name="Gains")
    codebook.merge_codes(access=access, code=apart.code, into=gains)
    decide(cast, apart, "union")
    assert agreed(apart.round) == [("Gains", 40, 70, "Liam")]


def test_a_correction_takes_places_and_agreed_codings_along(cast: Cast, apart: Comparison) -> None:
    decide(cast, apart, "union")
    replace_text(
        access=cast.access("liam"),
        source=apart.source,
        text="0123456789\n" + factories.TEXT,
        expected_version=1,
        because="edited",
    )
    apart.refresh_from_db()
    assert (apart.start, apart.end) == (51, 81)
    assert [p[2:] for p in apart.passages] == [[51, 71], [61, 81]]
    assert agreed(apart.round) == [("Intranet", 51, 81, "Liam")]


def test_an_agreed_passage_becomes_an_example(cast: Cast, apart: Comparison) -> None:
    access = cast.access("liam")
    decide(cast, apart, "union", why="The whole sentence is about it")
    coding = queries.coding_of_any_layer(access, Coding.objects.agreed().get().pk)
    codebook.add_example(access=access, code=apart.code, coding=coding)
    (example,) = queries.examples(access, [apart.code_id])
    assert example.coding.decision.why == "The whole sentence is about it"
    decide(cast, apart, "rejected")
    assert list(queries.examples(access, [apart.code_id])) == []


def test_a_thread_is_memos_written_by_coders_and_read_by_all(cast: Cast, apart: Comparison) -> None:
    about = Ref("comparison", apart.guid)
    batch = uuid.uuid4()
    for _twice in range(2):
        notes.create(access=cast.access("cora"), about=about, text=" I see. ", batch=batch)
    vera = cast.access("vera")
    assert [(n.author.label, n.text) for n in queries.thread(vera, apart)] == [("Cora", "I see.")]
    with pytest.raises(PermissionDenied):
        notes.create(access=vera, about=about, text="Hello")
    with pytest.raises(ValidationError):
        notes.create(access=cast.access("cora"), about=about, text="  ")
    assert Note.objects.count() == 1
    (memo,) = memos(vera, list(queries.visible_notes(vera)))
    address = f"/projects/{cast.alder.pk}/rounds/{apart.round_id}/review/{apart.source_id}/"
    assert (memo.about.name, memo.about.address) == (
        "Intranet in Interview int1 (Pilot round)",
        f"{address}?at={apart.pk}",
    )
    # Its line belongs to the source: who codes that blindly elsewhere is not shown it.
    event = Event.objects.get(verb="note.written")
    assert (event.source_guid, event.object_guid) == (apart.source.guid, memo.note.guid)
    Round.objects.update(state="running")
    assert list(queries.visible_notes(vera)) == []


def test_lanes_have_names_or_letters_shuffled_by_source(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    others = [
        factories.source(cast.alder, f"more{n}", f"P1: Text number {n}.\n") for n in range(12)
    ]
    for source in others:
        for who in ("cora", "cody", "liam"):
            left(held, cast, who, source, [])
    plain = [queries.lanes(held, source) for source in others]
    assert {tuple(lane.name for lane in row) for row in plain} == {("Cody", "Cora", "Liam")}
    held.anonymous = True
    hidden = [queries.lanes(held, source) for source in others]
    assert {tuple(lane.name for lane in row) for row in hidden} == {
        ("Coder A", "Coder B", "Coder C")
    }
    assert len({tuple(lane.coder for lane in row) for row in hidden}) > 1
    assert hidden == [queries.lanes(held, source) for source in others]
    held.state = Round.State.CLOSED
    assert [lane.name for lane in queries.lanes(held, others[0])] == ["Cody", "Cora", "Liam"]


def test_a_source_has_an_agreed_coding_when_all_is_decided(cast: Cast, alike: Round) -> None:
    access = cast.access("vera")
    source = Source.objects.get()
    assert queries.agreed_sources(access) == {}
    adjudication.accept_agreed(access=cast.access("liam"), held=alike)
    assert queries.agreed_sources(access) == {}
    decide(cast, compared(alike)[3], "rejected")
    assert queries.agreed_sources(access) == {source.pk: alike.pk}
    decide(cast, compared(alike)[3], "")
    assert queries.agreed_sources(access) == {}
    Round.objects.update(state="closed")
    assert queries.agreed_sources(access) == {source.pk: alike.pk}
