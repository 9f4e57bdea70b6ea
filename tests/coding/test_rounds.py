"""Rounds: prepared, started, finished, opened; what is kept of them, and what they keep so."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from coding import queries
from coding.models import (
    Assignment,
    CodebookVersion,
    Coding,
    Comparison,
    PlacementReview,
    Reading,
    Round,
    Source,
    SourceVersion,
)
from coding.services import autocode, codebook, codings, rounds, versions
from coding.services.codings import StateConflict
from coding.services.readings import set_finished
from coding.services.rounds.planning import Settings
from projects.access import Access
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db
TEXT = factories.TEXT


@dataclass
class Scene:
    cast: Cast
    world: World
    lead: Access
    cora: Access
    cody: Access

    @property
    def source(self) -> Source:
        return Source.objects.get(pk=self.world.source.pk)

    def draft(self, **settings: Any) -> Round:
        return rounds.create_round(
            access=self.lead,
            settings=Settings(name="Pilot", **settings),
            shares={self.source.pk: [self.cora.membership.pk, self.cody.membership.pk]},
        )

    def running(self, **settings: Any) -> Round:
        return rounds.start_round(access=self.lead, held=self.draft(**settings))

    def code(self, who: Access, word: str, code: Any = None) -> Coding:
        start = TEXT.index(word)
        done = codings.add_codings(
            access=who,
            source=self.source,
            start=start,
            end=start + len(word),
            quote=word,
            codes=[code or self.world.intranet],
        )
        return done.added[0]

    def share(self, who: Access) -> Assignment:
        return Assignment.objects.get(coder=who.membership, source=self.source)

    def finish(self, who: Access) -> None:
        rounds.finish_source(access=who, share=self.share(who))


@pytest.fixture
def s(cast: Cast) -> Scene:
    world = factories.world(cast.alder)
    return Scene(cast, world, cast.access("liam"), cast.access("cora"), cast.access("cody"))


def seen(access: Access) -> set[int]:
    return set(queries.visible_codings(access).values_list("pk", flat=True))


# --- preparing -----------------------------------------------------------------------------------


def test_a_draft_is_kept_changed_and_deleted(s: Scene) -> None:
    held = s.draft(instructions="Read it whole.", deadline=date(2031, 5, 1), drawing={"seed": 7})
    assert (held.number, held.state, held.drawing) == (1, "draft", {"seed": 7})
    assert held.assignments.count() == 2
    rounds.change_round(access=s.lead, held=held, settings=Settings(name="Second try"))
    held.refresh_from_db()
    assert (held.name, held.instructions, held.assignments.count()) == ("Second try", "", 2)
    assert s.draft().number == 2
    rounds.delete_draft(access=s.lead, held=held)
    assert list(Round.objects.values_list("name", flat=True)) == ["Pilot"]
    verbs = Event.objects.filter(object_type="round").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["round.created", "round.changed", "round.created", "round.deleted"]


def test_sent_twice_it_is_one_round(s: Scene) -> None:
    batch = uuid.uuid4()
    shares = {s.source.pk: [s.cora.membership.pk, s.cody.membership.pk]}
    made = [
        rounds.create_round(
            access=s.lead, settings=Settings(name="Once"), shares=shares, batch=batch
        )
        for _n in range(2)
    ]
    assert made[0] == made[1]
    assert Round.objects.count() == 1


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_leads_and_owners_run_rounds(s: Scene, who: str) -> None:
    held = s.draft()
    access = s.cast.access(who)
    with pytest.raises(PermissionDenied):
        rounds.start_round(access=access, held=held)
    with pytest.raises(PermissionDenied):
        rounds.open_round(access=access, held=held)
    with pytest.raises(PermissionDenied):
        rounds.delete_draft(access=access, held=held)
    with pytest.raises(PermissionDenied):
        rounds.create_round(access=access, settings=Settings(name="x"), shares={})


def test_what_makes_no_round(s: Scene) -> None:
    me, other = s.cora.membership.pk, s.cody.membership.pk
    viewer = s.cast.access("vera").membership.pk
    ghost = factories.member(s.cast.alder, None, "coder", label="imported").pk
    foreign = factories.source(s.cast.brook, "x", "P1: Elsewhere.\n").pk
    here = s.source.pk
    cases: list[tuple[dict[int, list[int]], str]] = [
        ({}, "Choose at least one source."),
        ({here: [me]}, "“Interview int1” needs at least two coders"),
        ({here: [me, me]}, "“Interview int1” needs at least two coders"),
        ({here: [me, viewer]}, "One of these people cannot code here any more."),
        ({here: [me, ghost]}, "One of these people cannot code here any more."),
        ({foreign: [me, other]}, "One of these sources is no longer there."),
    ]
    for shares, sentence in cases:
        with pytest.raises(ValidationError, match=sentence):
            rounds.create_round(access=s.lead, settings=Settings(name="x"), shares=shares)
    with pytest.raises(ValidationError, match="Give the round a name"):
        rounds.create_round(access=s.lead, settings=Settings(name=" "), shares={here: [me, other]})
    assert Round.objects.count() == 0


# --- starting ------------------------------------------------------------------------------------


def test_starting_freezes_the_codebook_and_makes_blind(s: Scene) -> None:
    theirs = s.code(s.cody, "every lesson")
    assert seen(s.cora) == {theirs.pk}
    held = s.running()
    assert held.state == "running"
    version = CodebookVersion.objects.get()
    assert held.codebook == version
    assert version.name == "Round 1: Pilot"
    assert seen(s.cora) == set()
    assert seen(s.cody) == {theirs.pk}
    assert seen(s.lead) == {theirs.pk}
    assert set(queries.blind_rounds(s.cora)) == {held}
    assert set(queries.blind_rounds(s.lead)) == set()


def test_a_version_that_was_chosen_is_not_frozen_again(s: Scene) -> None:
    version = codebook.freeze(access=s.lead, name="Spring")
    held = s.running(codebook=version)
    assert held.codebook == version
    assert CodebookVersion.objects.count() == 1


def test_starting_twice_or_in_two_rounds_at_once_is_refused(s: Scene) -> None:
    held, second = s.draft(), s.draft()
    rounds.start_round(access=s.lead, held=held)
    with pytest.raises(StateConflict, match="has been started already"):
        rounds.start_round(access=s.lead, held=held)
    with pytest.raises(StateConflict, match="cannot be changed any more"):
        rounds.change_round(access=s.lead, held=held, settings=Settings(name="x"))
    with pytest.raises(StateConflict, match="cannot be changed any more"):
        rounds.delete_draft(access=s.lead, held=held)
    with pytest.raises(ValidationError, match="“Interview int1” is being coded in round “Pilot”"):
        rounds.start_round(access=s.lead, held=second)
    second.refresh_from_db()
    assert second.state == "draft"


def test_who_has_left_cannot_begin(s: Scene) -> None:
    held = s.draft()
    s.cody.membership.ended_at = "2030-01-01T00:00:00Z"
    s.cody.membership.save()
    with pytest.raises(ValidationError, match="Cody cannot code here any more"):
        rounds.start_round(access=s.lead, held=held)


def test_a_fresh_round_puts_earlier_coding_aside_and_back(s: Scene) -> None:
    first = s.code(s.cora, "every lesson")
    second = s.code(s.cora, "materials")
    kept = s.code(s.lead, "Friday")
    Reading.objects.create(source=s.source, coder=s.cora.membership)
    held = s.running(fresh=True)
    assert set(Coding.objects.present()) == {kept}
    assert not Reading.objects.exists()
    a, b = TEXT.index("every lesson"), TEXT.index("materials")
    assert s.share(s.cora).earlier == [
        [second.pk, second.code_id, b, b + 9],
        [first.pk, first.code_id, a, a + 12],
    ]
    (event,) = Event.objects.filter(verb="round.started")
    assert event.after["codings_put_aside"] == 2
    again = s.code(s.cora, "every lesson")
    with pytest.raises(StateConflict, match="Open the round first"):
        rounds.bring_back_earlier(access=s.lead, held=held)
    rounds.open_round(access=s.lead, held=held)
    # One of the two has been coded anew: twice would be once too often.
    assert rounds.bring_back_earlier(access=s.lead, held=held) == 1
    assert set(Coding.objects.present()) == {kept, again, second}
    assert rounds.bring_back_earlier(access=s.lead, held=held) == 0


# --- finishing -----------------------------------------------------------------------------------


def test_finishing_keeps_what_was_coded_and_is_the_mark_of_the_reader(s: Scene) -> None:
    s.running()
    one = s.code(s.cora, "every lesson")
    gone = s.code(s.cora, "materials")
    codings.remove_coding(access=s.cora, coding=gone)
    s.code(s.cody, "Friday")
    s.finish(s.cora)
    share = s.share(s.cora)
    assert share.passages == [[one.pk, one.code_id, one.start, one.end]]
    assert (share.version, share.finished_at is not None) == (1, True)
    assert Reading.objects.filter(coder=s.cora.membership, source=s.source).exists()
    set_finished(access=s.cora, source=s.source, finished=False)
    share = s.share(s.cora)
    assert (share.passages, share.finished_at) == ([], None)
    assert not Reading.objects.exists()
    set_finished(access=s.cora, source=s.source, finished=True)
    assert s.share(s.cora).passages == [[one.pk, one.code_id, one.start, one.end]]
    verbs = Event.objects.filter(object_type="source", actor=s.cora.user).order_by("id")
    assert [e.verb for e in verbs] == ["source.finished", "source.reopened", "source.finished"]


def test_what_is_finished_is_locked_for_everybody_until_it_is_taken_back(s: Scene) -> None:
    held = s.running()
    mine = s.code(s.cora, "every lesson")
    s.finish(s.cora)
    own = "You have marked “Interview int1” as finished in round “Pilot”. Take that back"
    theirs = "Cora has finished “Interview int1” in round “Pilot”: their coding stays as it is"
    place = (s.source.pk, 0, 4)
    batch = {"query": "", "unit": "turn", "batch": uuid.uuid4()}
    version = SourceVersion.objects.create(
        source=s.source, number=0, text=TEXT, text_sha256="0" * 64, turns=[], codings=[]
    )
    review = PlacementReview.objects.create(
        source=s.source, coding=mine, version=version, old_start=1, old_end=2
    )
    other = s.world.solving

    def by(who: Access) -> list[Any]:
        return [
            lambda: codings.remove_coding(access=who, coding=mine),
            lambda: codings.recode(access=who, coding=mine, code=other),
            lambda: codings.change_coding(access=who, coding=mine, start=0, end=4, quote=TEXT[:4]),
            lambda: codebook.decide(access=who, coding=mine, code=mine.code, keep=True),
            lambda: versions.remove_placement(access=who, review=review),
        ]

    own_acts = [
        *by(s.cora),
        lambda: s.code(s.cora, "Friday"),
        lambda: codings.undo(access=s.cora, source=s.source),
        lambda: autocode.auto_code(access=s.cora, passages=[place], codes=[other], **batch),
    ]
    for acts, sentence in ((own_acts, own), (by(s.lead), theirs)):
        for act in acts:
            with pytest.raises(StateConflict, match=sentence):
                act()
    assert list(Coding.objects.present().values_list("pk", "code")) == [(mine.pk, mine.code_id)]
    # Somebody else codes on.
    assert s.code(s.cody, "Friday").pk
    rounds.take_back_finish(access=s.cora, share=s.share(s.cora))
    codings.remove_coding(access=s.cora, coding=mine)
    s.finish(s.cora)
    rounds.open_round(access=s.lead, held=held)
    assert s.code(s.cora, "Friday").pk


def test_nobody_finishes_for_somebody_else_or_in_a_round_that_does_not_run(s: Scene) -> None:
    held = s.draft()
    with pytest.raises(ValidationError, match="Round “Pilot” is not running"):
        s.finish(s.cora)
    rounds.start_round(access=s.lead, held=held)
    with pytest.raises(Assignment.DoesNotExist):
        rounds.finish_source(access=s.cody, share=s.share(s.cora))


# --- opening -------------------------------------------------------------------------------------


def test_opening_ends_the_blindness_and_keeps_the_record(s: Scene) -> None:
    held = s.running()
    mine, theirs = s.code(s.cora, "every lesson"), s.code(s.cody, "Friday")
    s.finish(s.cora)
    rounds.open_round(access=s.lead, held=held)
    held.refresh_from_db()
    assert (held.state, held.opened_by) == ("opened", s.lead.membership)
    assert seen(s.cora) == seen(s.cody) == {mine.pk, theirs.pk}
    (event,) = Event.objects.filter(verb="round.opened")
    assert event.actor == s.lead.user
    assert (event.after["finished"], event.after["of"]) == (1, 2)
    assert event.after["not_finished"] == "Cody"
    # Whoever goes on, and also un-marks the source, changes nothing in the record.
    codings.remove_coding(access=s.cora, coding=mine)
    set_finished(access=s.cora, source=s.source, finished=False)
    assert s.share(s.cora).passages == [[mine.pk, mine.code_id, mine.start, mine.end]]
    assert s.share(s.cora).finished_at is not None
    assert (s.share(s.cody).finished_at, s.share(s.cody).passages) == (None, [])
    with pytest.raises(StateConflict, match="is not running"):
        rounds.open_round(access=s.lead, held=held)
    rounds.close_round(access=s.lead, held=held)
    with pytest.raises(StateConflict, match="is not open"):
        rounds.close_round(access=s.lead, held=held)


# --- texts ---------------------------------------------------------------------------------------


def correct(s: Scene, old: str, new: str) -> None:
    source = s.source
    text = queries.text(source).replace(old, new)
    versions.replace_text(
        access=s.lead,
        source=source,
        text=text,
        expected_version=source.version,
        because="edited",
    )


def test_no_text_changes_while_a_round_runs(s: Scene) -> None:
    held = s.running()
    sentence = "“Interview int1” is being coded in round “Pilot”. Its text cannot be changed"
    with pytest.raises(ValidationError, match=sentence):
        correct(s, "Friday", "Monday")
    with pytest.raises(ValidationError, match=sentence):
        versions.plan_correction(s.lead, s.source, TEXT + "P1: More.\n")
    rounds.open_round(access=s.lead, held=held)
    correct(s, "Friday", "Monday")
    assert s.source.version == 2


def test_a_correction_takes_the_records_along(s: Scene) -> None:
    held = s.running(fresh=True)
    late, early = s.code(s.cora, "Friday"), s.code(s.cora, "materials")
    s.finish(s.cora)
    rounds.open_round(access=s.lead, held=held)
    Comparison.objects.create(
        round=held,
        source=s.source,
        code=late.code,
        start=late.start,
        end=late.end,
        kind="missed",
        passages=[[s.cora.membership.pk, late.pk, late.start, late.end]],
    )
    # A coder who has moved on since: the record is about then.
    codings.change_coding(access=s.cora, coding=late, start=0, end=3, quote="INT")
    correct(s, "every lesson", "each and every lesson")
    share = s.share(s.cora)
    assert share.version == 2
    text = queries.text(s.source)
    assert [(row[0], text[row[2] : row[3]]) for row in share.passages] == [
        (early.pk, "materials"),
        (late.pk, "Friday"),
    ]
    compared = Comparison.objects.get()
    assert text[compared.start : compared.end] == "Friday"
    assert compared.passages == [[s.cora.membership.pk, late.pk, compared.start, compared.end]]
    # What is not in the text any more is in no record.
    correct(s, " on Friday", "")
    assert [row[0] for row in s.share(s.cora).passages] == [early.pk]


def test_the_texts_of_other_sources_stay_free(s: Scene) -> None:
    s.running()
    other = factories.source(s.cast.alder, "two", "P1: Here too.\n")
    versions.replace_text(
        access=s.lead, source=other, text="P1: There too.\n", expected_version=1, because="edited"
    )
    other.refresh_from_db()
    assert other.version == 2


# --- reading -------------------------------------------------------------------------------------


def test_progress_is_everybodys_for_a_lead_and_ones_own_for_the_blind(s: Scene) -> None:
    held = s.running()
    s.finish(s.cody)
    all_of_it = queries.progress(s.lead, held)
    assert [(c.coder.label, c.sources, c.finished) for c in all_of_it.coders] == [
        ("Cody", 1, 1),
        ("Cora", 1, 0),
    ]
    assert (all_of_it.shares, all_of_it.finished, all_of_it.blind) == (2, 1, False)
    own = queries.progress(s.cora, held)
    assert [(c.coder.label, c.finished) for c in own.coders] == [("Cora", 0)]
    assert (own.shares, own.blind) == (1, True)


def test_a_draft_is_for_leads_and_ones_list_has_what_runs(s: Scene) -> None:
    held = s.draft()
    assert list(queries.rounds(s.cora)) == []
    assert list(queries.rounds(s.lead)) == [held]
    assert list(queries.own_shares(s.cora)) == []
    rounds.start_round(access=s.lead, held=held)
    assert list(queries.rounds(s.cora)) == [held]
    assert list(queries.own_shares(s.cora)) == [s.share(s.cora)]
    assert list(queries.own_shares(s.lead)) == []
    assert queries.source(s.cora, s.source.pk).in_round
    assert not queries.source(s.lead, s.source.pk).in_round
    rounds.open_round(access=s.lead, held=held)
    assert list(queries.own_shares(s.cora)) == []
    assert queries.running_share(s.cora, s.source) is None


@pytest.mark.parametrize(
    ("state", "deadline", "overdue"),
    [
        ("running", date(2001, 1, 1), True),
        ("running", date(2999, 1, 1), False),
        ("running", None, False),
        ("opened", date(2001, 1, 1), False),
    ],
)
def test_overdue_is_what_runs_past_its_day(
    state: str, deadline: date | None, overdue: bool
) -> None:
    assert queries.is_overdue(Round(state=state, deadline=deadline)) is overdue
