"""Making and changing participants: ids, consents, and real names that stay sealed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from coding import people
from coding.models import Participant, Speaker
from coding.sealing import unseal
from coding.services.participants import change_participant, create_participant
from coding.services.speakers import Decision, match_speakers
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

NAME = "Ingrid Vestergaard"


def change(cast: Cast, person: Participant, **fields: object) -> Participant:
    now = {
        name: getattr(person, name)
        for name in (
            "key",
            "pseudonym",
            "role",
            "consent_use",
            "consent_quote",
            "consent_archive",
            "consent_network",
        )
    }
    return change_participant(
        access=cast.access("liam"),
        participant=person,
        **{**now, **fields},  # type: ignore[arg-type]
    )


def test_somebody_new_has_a_pseudonym_and_no_consent_that_was_not_given(cast: Cast) -> None:
    person = create_participant(
        access=cast.access("liam"), key=" S03 ", role="coach", consent_quote=False
    )
    person.refresh_from_db()
    assert (person.key, person.pseudonym, person.role) == ("S03", "S03", "coach")
    assert (person.consent_use, person.consent_quote, person.consent_archive) == (None, False, None)
    (event,) = Event.objects.filter(verb="participant.created")
    assert event.after == {
        "key": "S03",
        "pseudonym": "S03",
        "role": "coach",
        "consent_use": None,
        "consent_quote": False,
        "consent_archive": None,
        "consent_network": None,
    }


def test_a_real_name_is_sealed_and_history_tells_only_that_it_changed(cast: Cast) -> None:
    person = create_participant(access=cast.access("olive"), key="S03", real_name=NAME)
    change(cast, person, real_name="Inga  Vestergaard")
    change(cast, person, real_name="Inga Vestergaard")
    person.refresh_from_db()
    assert unseal(person.real_name_sealed) == "Inga Vestergaard"
    assert people.real_name(cast.access("liam"), person) == "Inga Vestergaard"
    change(cast, person, real_name="")
    assert [
        (e.verb, e.after["real_name"])
        for e in Event.objects.filter(object_type="participant").order_by("id")
    ] == [
        ("participant.created", "changed"),
        ("participant.changed", "changed"),
        ("participant.changed", "removed"),
    ]
    person.refresh_from_db()
    assert person.real_name_sealed == ""
    assert "Vestergaard" not in str(list(Event.objects.values()))


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_coders_and_viewers_neither_change_people_nor_open_names(cast: Cast, who: str) -> None:
    person = create_participant(access=cast.access("olive"), key="S03", real_name=NAME)
    with pytest.raises(PermissionDenied):
        create_participant(access=cast.access(who), key="S04")
    with pytest.raises(PermissionDenied):
        change_participant(
            access=cast.access(who),
            participant=person,
            key="S03",
            pseudonym="x",
            role="",
            consent_use=True,
            consent_quote=True,
            consent_archive=True,
            consent_network=True,
        )
    with pytest.raises(PermissionDenied):
        people.real_name(cast.access(who), person)
    assert [p.names for p in people.people(cast.access(who), identities=True)] == [("S03", "S03")]
    assert people.people(cast.access("liam"), identities=True)[0].names == ("S03", "S03", NAME)


def test_an_id_that_differs_in_case_only_is_refused(cast: Cast, world: World) -> None:
    with pytest.raises(ValidationError) as problem:
        create_participant(access=cast.access("olive"), key="p1")
    assert problem.value.message_dict == {"key": ["There is already a participant “P1”."]}
    assert Participant.objects.count() == 1
    # The same id in another project is nobody's business.
    create_participant(access=cast.access("otto", cast.brook), key="P1")


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "x" * 65])
def test_an_id_is_one_short_line(cast: Cast, key: str) -> None:
    with pytest.raises(ValidationError) as problem:
        create_participant(access=cast.access("olive"), key=key)
    assert list(problem.value.message_dict) == ["key"]
    assert not Participant.objects.exists()


def test_the_pseudonym_is_not_the_real_name(cast: Cast) -> None:
    with pytest.raises(ValidationError) as problem:
        create_participant(
            access=cast.access("olive"), key="S03", pseudonym="ingrid vestergaard", real_name=NAME
        )
    assert list(problem.value.message_dict) == ["pseudonym"]


def test_what_cannot_be_opened_stays_until_a_new_name_is_given(cast: Cast) -> None:
    person = create_participant(access=cast.access("olive"), key="S03")
    Participant.objects.update(real_name_sealed="sealed with a lost key")
    change(cast, person, role="coach")
    change(cast, person, role="coordinator", real_name="")
    person.refresh_from_db()
    assert (person.role, person.real_name_sealed) == ("coordinator", "sealed with a lost key")
    assert people.people(cast.access("olive"), identities=True)[0].names == ("S03", "S03", "")
    change(cast, person, real_name=NAME)
    person.refresh_from_db()
    assert unseal(person.real_name_sealed) == NAME


def test_nothing_changed_is_no_event(cast: Cast, world: World) -> None:
    change(cast, world.participant)
    assert not Event.objects.exists()


def test_another_projects_participant_cannot_be_changed(cast: Cast) -> None:
    other = create_participant(access=cast.access("otto", cast.brook), key="B1")
    with pytest.raises(Participant.DoesNotExist):
        change(cast, other, pseudonym="taken")


def test_what_is_a_participants_of_the_talk(cast: Cast, world: World) -> None:
    shares = people.shares(cast.access("vera"))
    (share,) = shares.values()
    # "We put every lesson on the intranet naïve or not. We built it together." 10 + 4,
    # "We solve them together on Friday." 6
    assert (list(shares), share.sources, share.turns, share.words) == (
        [world.participant.pk],
        {world.source.pk},
        2,
        20,
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_the_same_id_at_once_one_is_told(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    calls = [
        lambda who=who, key=key: create_participant(access=cast.access(who), key=key)
        for who, key in (("olive", "S01"), ("liam", "s01"))
    ]
    results = at_once(*calls)
    assert sorted(type(result).__name__ for result in results) == ["Participant", "ValidationError"]
    assert Participant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_the_later_one_stands_and_nothing_is_half(
    file_database: None, at_once: Callable[..., list[Any]]
) -> None:
    cast = factories.cast()
    source = factories.source(cast.alder, "one", "Anna: We do.\nAnna: Why not?\n")
    results = at_once(
        *[
            lambda who=who, choice=choice: match_speakers(
                access=cast.access(who), decisions=[Decision("Anna", choice)]
            )
            for who, choice in (("olive", "interviewer"), ("liam", "nobody"))
        ]
    )
    assert [type(result).__name__ for result in results] == ["Matched", "Matched"]
    (row,) = Speaker.objects.all()
    assert set(source.turns.values_list("role", flat=True)) == {row.role}
    source.refresh_from_db()
    assert source.participant_words == {"interviewer": 0, "text": 4}[row.role]
