"""Speaker labels matched to people: turns, words and history follow, and can be taken back."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coding import people
from coding.models import Participant, Source, Speaker
from coding.services.participants import create_participant
from coding.services.speakers import Decision, Matched, assign_speakers, match_speakers
from projects.models import Event
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

# Words without labels: 2 + 3 + 1 + 2 = 8.
ONE = "Ruth: How so?\nRosa: We share it.\nRuth: Good.\nrosa: On Fridays.\n"
# 1 + 4 + 1 + 2 + 1 + 1 = 10.
TWO = "Ruth: Why?\nRosa: To save our time.\nRuth: Fine.\nDevin: I differ.\nDevin: No.\nRosa: Ok.\n"


@pytest.fixture
def one(cast: Cast) -> Source:
    return factories.source(cast.alder, "one", ONE)


@pytest.fixture
def two(cast: Cast) -> Source:
    return factories.source(cast.alder, "two", TWO)


@pytest.fixture
def rosa(cast: Cast) -> Participant:
    return Participant.objects.create(project=cast.alder, key="S01", pseudonym="Marguerite")


def match(cast: Cast, *decisions: Decision) -> Matched:
    return match_speakers(access=cast.access("liam"), decisions=decisions)


def turns(source: Source) -> list[tuple[str, str, str | None]]:
    rows = source.turns.order_by("ordinal")
    return [tuple(r) for r in rows.values_list("speaker", "role", "participant__key")]


def words(source: Source) -> int:
    source.refresh_from_db()
    return source.participant_words


def test_a_label_is_decided_once_for_all_sources_and_spellings(
    cast: Cast, one: Source, two: Source, rosa: Participant
) -> None:
    done = match(cast, Decision("ROSA", "person", person=rosa.pk))
    assert (done.labels, done.turns, done.sources) == (1, 4, 2)
    assert turns(one) == [
        ("Ruth", "participant", None),
        ("Rosa", "participant", "S01"),
        ("Ruth", "participant", None),
        ("rosa", "participant", "S01"),
    ]
    assert turns(two)[1] == ("Rosa", "participant", "S01")
    (row,) = Speaker.objects.all()
    assert (row.label, row.source, row.participant) == ("rosa", None, rosa)
    (event,) = Event.objects.all()
    assert (event.verb, event.label) == (
        "speakers.matched",
        "1 speaker: 4 turns in 2 sources changed",
    )
    assert (event.before, event.after) == ({"rosa": "undecided"}, {"rosa": "Marguerite"})


def test_an_interviewers_words_are_no_participants(cast: Cast, one: Source, two: Source) -> None:
    assert (words(one), words(two)) == (8, 10)
    match(cast, Decision("Ruth", "interviewer"), Decision("Devin", "observer"))
    assert turns(one)[0] == ("Ruth", "interviewer", None)
    assert turns(two)[3] == ("Devin", "observer", None)
    assert (words(one), words(two)) == (5, 8)
    match(cast, Decision("ruth", "unknown"))
    assert turns(one)[0] == ("Ruth", "participant", None)
    assert (words(one), words(two)) == (8, 10)
    match(cast, Decision("ruth", "nobody"))
    assert turns(one)[0] == ("Ruth", "text", None)


def test_one_source_may_differ_and_stays_so(
    cast: Cast, one: Source, two: Source, rosa: Participant
) -> None:
    match(cast, Decision("Rosa", "interviewer", source=two.pk))
    match(cast, Decision("Rosa", "person", person=rosa.pk))
    assert turns(one)[1] == ("Rosa", "participant", "S01")
    assert turns(two)[1] == ("Rosa", "interviewer", None)
    match(cast, Decision("Rosa", "undecided", source=two.pk))
    assert turns(two)[1] == ("Rosa", "participant", "S01")
    assert words(two) == 10


def test_taking_a_decision_back_leaves_what_the_label_says_itself(
    cast: Cast, rosa: Participant
) -> None:
    source = factories.source(cast.alder, "one", "INT: So?\nS01: Yes.\nINT: And?\nS01: No.\n")
    match(cast, Decision("INT", "person", person=rosa.pk), Decision("S01", "unknown"))
    assert turns(source)[:2] == [("INT", "participant", "S01"), ("S01", "participant", None)]
    match(cast, Decision("INT", "undecided"), Decision("S01", "undecided"))
    assert turns(source)[:2] == [("INT", "interviewer", None), ("S01", "participant", "S01")]
    assert not Speaker.objects.exists()


def test_a_new_participant_is_made_on_the_way(cast: Cast, one: Source, two: Source) -> None:
    done = match(
        cast,
        Decision("Rosa", "new", new="S07"),
        Decision("Devin", "new", new="s07 "),
    )
    (person,) = Participant.objects.all()
    assert (person.key, done.made) == ("S07", [person])
    assert turns(two)[3] == ("Devin", "participant", "S07")
    batches = set(Event.objects.values_list("batch", flat=True))
    assert len(batches) == 1


def test_a_new_participant_without_an_id_is_asked_for_as_the_transcript_writes_them(
    cast: Cast, one: Source
) -> None:
    with pytest.raises(ValidationError) as refused:
        match(cast, Decision("Rosa", "new", new=" "))
    assert refused.value.messages == ["Give the new participant for “Rosa” an id."]


def test_staff_in_the_list_of_people_is_no_participant(cast: Cast, one: Source) -> None:
    ruth = factories.participant(cast.alder, "R1", role="Interviewer")
    match(cast, Decision("Ruth", "person", person=ruth.pk))
    assert turns(one)[0] == ("Ruth", "interviewer", None)
    assert words(one) == 5


def test_a_label_that_is_a_real_name_is_not_told_in_history(cast: Cast, one: Source) -> None:
    person = create_participant(access=cast.access("liam"), key="S01", real_name="Rosa Lindgren")
    match(cast, Decision("Rosa", "person", person=person.pk))
    event = Event.objects.get(verb="speakers.matched")
    assert event.after == {"(a name)": "S01"}


@pytest.mark.parametrize(
    "decision",
    [
        Decision("Nobody", "interviewer"),
        Decision("Rosa", "king"),
        Decision("Rosa", "person"),
        Decision("Rosa", "person", person=10**6),
        Decision("Rosa", "new", new=" "),
        Decision("Rosa", "interviewer", source=10**6),
    ],
)
def test_what_makes_no_sense_is_refused_as_a_whole(
    cast: Cast, one: Source, decision: Decision
) -> None:
    with pytest.raises(ValidationError):
        match(cast, Decision("Ruth", "interviewer"), decision)
    assert not Speaker.objects.exists()
    assert turns(one)[0] == ("Ruth", "participant", None)


def test_another_projects_people_and_sources_are_not_there(cast: Cast, one: Source) -> None:
    foreign = factories.participant(cast.brook, "B1")
    other = factories.source(cast.brook, "other", ONE)
    for decision in (
        Decision("Rosa", "person", person=foreign.pk),
        Decision("Rosa", "interviewer", source=other.pk),
    ):
        with pytest.raises(ValidationError):
            match(cast, decision)
    match(cast, Decision("Ruth", "interviewer"))
    assert turns(other)[0] == ("Ruth", "participant", None)


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_coders_decide_nothing(cast: Cast, one: Source, who: str) -> None:
    with pytest.raises(PermissionDenied):
        match_speakers(access=cast.access(who), decisions=[Decision("Ruth", "interviewer")])


def test_the_number_of_statements_does_not_grow(cast: Cast) -> None:
    names = ["Anna", "Berit", "Carl"]
    for n in range(3):
        text = "".join(f"{name}: Yes {n}.\nRuth: And?\n{name}: No.\n" for name in names)
        factories.source(cast.alder, f"s{n}", text)
    person = {name: factories.participant(cast.alder, name[0] * 3) for name in names}
    counts = []
    for chosen in (names[:1], names):
        Speaker.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            match(
                cast,
                *(Decision(name, "person", person=person[name].pk) for name in chosen),
                Decision("Ruth", "interviewer" if len(chosen) == 1 else "observer"),
            )
        counts.append(len(queries))
    # Two of them are the savepoint.
    assert counts == [19, 19]


# --- a source that comes later -------------------------------------------------------------------


def test_a_new_source_follows_what_was_decided(cast: Cast, one: Source, rosa: Participant) -> None:
    match(cast, Decision("Ruth", "interviewer"), Decision("Rosa", "person", person=rosa.pk))
    later = factories.source(cast.alder, "later", TWO + "S01: Also me.\nS01: Yes.\n")
    assert assign_speakers(access=cast.access("liam"), source=later) == 1
    assert [row[1:] for row in turns(later)] == [
        ("interviewer", None),
        ("participant", "S01"),
        ("interviewer", None),
        ("participant", None),
        ("participant", None),
        ("participant", "S01"),
        ("participant", "S01"),
        ("participant", "S01"),
    ]
    assert later.participant_words == words(later) == 11


def test_an_exact_id_needs_no_decision_and_a_source_of_its_own_wins(
    cast: Cast, rosa: Participant
) -> None:
    text = "S01: Yes.\nMarguerite: No.\nSpeaker 1: So.\nS01: A.\nMarguerite: B.\nSpeaker 1: C.\n"
    source = factories.source(cast.alder, "one", text)
    other = factories.participant(cast.alder, "S02")
    Speaker.objects.create(
        project=cast.alder, source=source, label="Speaker 1", role="participant", participant=other
    )
    assert assign_speakers(access=cast.access("liam"), source=source) == 0
    assert [row[2] for row in turns(source)] == ["S01", "S01", "S02"] * 2


def test_only_this_source_is_touched(cast: Cast, one: Source, two: Source) -> None:
    Speaker.objects.create(project=cast.alder, label="ruth", role="interviewer")
    assert assign_speakers(access=cast.access("liam"), source=one) == 1
    assert turns(one)[0] == ("Ruth", "interviewer", None)
    assert turns(two)[0] == ("Ruth", "participant", None)


def test_withdrawn_turns_stay_as_they_are(cast: Cast, one: Source) -> None:
    one.turns.filter(ordinal=1).update(withdrawn=True, participant=None)
    match(cast, Decision("Ruth", "interviewer"))
    assert [row[1] for row in turns(one)] == [
        "participant",
        "participant",
        "interviewer",
        "participant",
    ]


# --- what the page reads -------------------------------------------------------------------------


def test_the_labels_with_their_numbers_undecided_ones_first(
    cast: Cast, one: Source, two: Source, rosa: Participant
) -> None:
    match(cast, Decision("Devin", "interviewer"))
    rows = people.labels(cast.access("cora"))
    assert [(r.label, r.turns, r.words, len(r.sources), r.open) for r in rows] == [
        ("rosa", 4, 10, 2, 2),
        ("ruth", 4, 5, 2, 2),
        ("devin", 2, 3, 1, 0),
    ]
    assert rows[0].shown == "Rosa"
    assert (rows[0].same, rows[2].same) == (("participant", None), ("interviewer", None))


def test_labels_of_withheld_sources_are_seen_by_those_who_may_put_them_right(
    cast: Cast, one: Source, rosa: Participant
) -> None:
    rosa.consent_use = False
    rosa.save()
    done = match(cast, Decision("Rosa", "person", person=rosa.pk))
    assert done.withheld == 1
    assert people.labels(cast.access("cora")) == []
    assert [r.label for r in people.labels(cast.access("liam"))] == ["ruth", "rosa"]


@pytest.mark.parametrize("n", [1, 3])
def test_labels_take_as_many_queries_for_three_sources_as_for_one(cast: Cast, n: int) -> None:
    for i in range(n):
        factories.source(cast.alder, f"s{i}", ONE + f"Rosa: Number {i}.\n")
    with CaptureQueriesContext(connection) as queries:
        people.labels(cast.access("liam"))
    # Membership and user, turns, words, speakers.
    assert len(queries) == 4
