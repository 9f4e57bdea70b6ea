"""Participants with their cases and attributes: the service, the pages, and consent at once."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import matrix, people
from cases.matrix import MatrixSpec
from cases.models import Case, CaseParticipant, Variable, VariableValue
from cases.services.participants import NewAttribute, save_participant
from coding import speaker_views
from coding.models import Participant
from coding.services.speakers import Decision, match_speakers
from projects.models import Event, Membership
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

FIELDS = {
    "key": "P1",
    "pseudonym": "Marguerite",
    "role": "coach",
    "consent_use": None,
    "consent_quote": None,
    "consent_archive": None,
    "consent_network": True,
}


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


def client(cast: Cast, who: str) -> Client:
    made = Client()
    made.force_login(
        getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return made


def here(cast: Cast, address: str = "") -> str:
    return f"/projects/{cast.alder.pk}/participants/{address}"


def attribute(cast: Cast, name: str, kind: str) -> Variable:
    return Variable.objects.create(
        project=cast.alder, target="participant", key=name, kind=kind, position=0
    )


# --- the service ---------------------------------------------------------------------------------


def test_one_action_saves_the_person_cases_and_attributes(cast: Cast, world: World) -> None:
    south = Case.objects.create(project=cast.alder, key="south", name="South", position=1)
    years = attribute(cast, "years", "number")
    save_participant(
        access=cast.access("liam"),
        participant=world.participant,
        fields=FIELDS,
        cases=[south.pk],
        values={years.pk: " 12.5 "},
        attribute=NewAttribute("since", "date", "2019-02-28"),
    )
    person = Participant.objects.get(key="P1")
    assert (person.pseudonym, person.consent_network) == ("Marguerite", True)
    assert people.case_ids_of(person) == [south.pk]
    rows = VariableValue.objects.filter(participant=person).order_by("variable__key")
    assert list(rows.values_list("variable__key", "variable__kind", "value")) == [
        ("since", "date", "2019-02-28"),
        ("years", "number", "12.5"),
    ]
    changed, described = Event.objects.order_by("id")
    assert changed.batch == described.batch
    assert (changed.verb, described.verb) == ("participant.changed", "participant.described")
    assert described.before == {"cases": "North", "years": "", "since": ""}
    assert described.after == {"cases": "South", "years": "12.5", "since": "2019-02-28"}

    save_participant(
        access=cast.access("liam"),
        participant=person,
        fields=FIELDS,
        cases=[],
        values={years.pk: ""},
    )
    assert not CaseParticipant.objects.filter(participant=person).exists()
    assert list(rows.values_list("variable__key", flat=True)) == ["since"]
    assert Event.objects.count() == 3


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("number", "many", "“x”: “many” is not a number such as 12 or 3.5."),
        ("number", "3,5", "“x”: “3,5” is not a number such as 12 or 3.5."),
        ("boolean", "1", "“x”: “1” is neither yes nor no."),
        ("date", "28.2.2019", "“x”: “28.2.2019” is not a date written YYYY-MM-DD."),
        ("date", "2019-02-30", "“x”: “2019-02-30” is not a date written YYYY-MM-DD."),
    ],
)
def test_a_value_must_be_of_its_kind(
    cast: Cast, world: World, kind: str, value: str, sentence: str
) -> None:
    field = attribute(cast, "x", kind)
    with pytest.raises(ValidationError) as problem:
        save_participant(
            access=cast.access("liam"),
            participant=world.participant,
            fields=FIELDS,
            cases=[],
            values={field.pk: value},
        )
    assert problem.value.messages == [sentence]
    world.participant.refresh_from_db()
    assert world.participant.pseudonym == "P1"
    assert not Event.objects.exists()


def test_cases_and_attributes_of_elsewhere_and_names_twice_are_refused(
    cast: Cast, world: World
) -> None:
    foreign = factories.world(cast.brook)
    attribute(cast, "school", "text")
    of_cases = Variable.objects.get(project=cast.alder, target="case")
    good = {"participant": world.participant, "fields": FIELDS, "cases": [], "values": {}}
    for bad in (
        {"cases": [foreign.case.pk]},
        {"values": {of_cases.pk: "x"}},
        {"attribute": NewAttribute("School", "text", "x")},
        {"attribute": NewAttribute("x", "colour", "red")},
    ):
        with pytest.raises(ValidationError):
            save_participant(access=cast.access("liam"), **{**good, **bad})  # type: ignore[arg-type]
    with pytest.raises(PermissionDenied):
        save_participant(access=cast.access("cora"), **good)  # type: ignore[arg-type]
    assert not Event.objects.exists()


# --- pages ---------------------------------------------------------------------------------------


def test_the_list_and_its_filters(cast: Cast, world: World) -> None:
    factories.participant(cast.alder, "S2", role="coordinator", consent_quote=False)
    school = attribute(cast, "school", "text")
    VariableValue.objects.create(variable=school, participant=world.participant, value="Dunmore")
    viewer = client(cast, "vera")

    def shown(query: str) -> list[str]:
        page = viewer.get(f"{here(cast)}?{query}")
        assert page.status_code == 200
        return [row.person.key for row in page.context["page"]]

    assert shown("") == ["P1", "S2"]
    assert shown("q=dunm") == ["P1"]
    assert shown("q=s2") == ["S2"]
    assert shown("role=coordinator") == ["S2"]
    assert shown(f"case={world.case.pk}") == ["P1"]
    assert shown("consent=quote:no") == ["S2"]
    assert shown("consent=quote:unknown") == ["P1"]
    assert shown("consent=quote:yes") == []
    assert viewer.get(f"{here(cast)}?consent=quote:maybe").status_code == 400
    assert viewer.get(f"{here(cast)}?case=0").status_code == 400
    words = viewer.get(here(cast)).content.decode()
    assert "Add a participant" not in words
    assert "not known" in words


def test_the_empty_list_says_what_will_be_there(cast: Cast) -> None:
    words = client(cast, "olive").get(here(cast)).content.decode()
    assert "No participants yet" in words
    assert here(cast, "new/") in words


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_takes_as_many_queries_for_three_as_for_one(cast: Cast, n: int) -> None:
    case = Case.objects.create(project=cast.alder, key="north", name="North")
    school = attribute(cast, "school", "text")
    for i in range(n):
        person = factories.participant(cast.alder, f"S{i}")
        CaseParticipant.objects.create(case=case, participant=person)
        VariableValue.objects.create(variable=school, participant=person, value="Dunmore")
        text = f"S{i}: Yes.\nINT: So?\nS{i}: No {i}.\n"
        factories.source(cast.alder, f"d{i}", text, people={f"S{i}": person})
    viewer = client(cast, "vera")
    with CaptureQueriesContext(connection) as queries:
        assert viewer.get(here(cast)).status_code == 200
    # User, membership; attributes, values, cases, members, turns, words, participants.
    assert len(queries) == 9


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_of_speakers_takes_as_many_queries_for_three_as_for_one(
    cast: Cast, n: int
) -> None:
    for i in range(n):
        factories.participant(cast.alder, f"S{i}")
        text = f"Speaker 1: Yes.\nINT: So?\nSpeaker 1: No {i}.\nAnna{i}: A.\nAnna{i}: B.\n"
        factories.source(cast.alder, f"d{i}", text)
    owner = client(cast, "olive")
    with CaptureQueriesContext(connection) as queries:
        assert owner.get(f"/projects/{cast.alder.pk}/speakers/").status_code == 200
    # User, membership; turns, words, lines, people twice, titles, withheld, declared interviews.
    assert len(queries) == 10


def test_a_form_that_is_wrong_says_why_and_keeps_what_was_typed(cast: Cast, world: World) -> None:
    page = client(cast, "liam").post(
        here(cast, "new/"), {"key": "p1", "pseudonym": "Rosa", "new_value": "x"}
    )
    words = page.content.decode()
    assert page.status_code == 400
    assert "Give the attribute a name, too." in words
    page = client(cast, "liam").post(here(cast, "new/"), {"key": "p1", "pseudonym": "Rosa"})
    words = page.content.decode()
    assert (page.status_code, Participant.objects.count()) == (400, 1)
    assert "There is already a participant “P1”." in words
    assert 'value="Rosa"' in words
    assert page["Cache-Control"] == "no-store"


def test_saving_a_form_as_it_is_changes_nothing(cast: Cast, world: World) -> None:
    flag = attribute(cast, "interviewed", "boolean")
    VariableValue.objects.create(variable=flag, participant=world.participant, value="TRUE")
    Participant.objects.update(consent_use=True, consent_archive=False)
    lead = client(cast, "liam")
    address = here(cast, f"{world.participant.pk}/edit/")
    form = lead.get(address).context["form"]
    data = {field.name: field.value() for field in form if field.value() not in (None, "")}
    assert lead.post(address, data).status_code == 302
    assert not Event.objects.exists()
    world.participant.refresh_from_db()
    assert (world.participant.consent_use, world.participant.consent_archive) == (True, False)


def test_a_name_that_cannot_be_opened_is_a_sentence(cast: Cast, world: World) -> None:
    Participant.objects.update(real_name_sealed="sealed with a lost key")
    owner = client(cast, "olive")
    for address in (f"{world.participant.pk}/", f"{world.participant.pk}/edit/"):
        page = owner.get(here(cast, address))
        assert page.status_code == 200
        assert "a key that the program does not have" in page.content.decode()
    viewer = client(cast, "vera").get(here(cast, f"{world.participant.pk}/")).content.decode()
    assert "Real name" not in viewer


# --- consent and roles act at once ---------------------------------------------------------------


def test_a_consent_that_is_withdrawn_withholds_at_once(cast: Cast, world: World) -> None:
    lead, coder = client(cast, "liam"), client(cast, "cora")
    source = f"/projects/{cast.alder.pk}/sources/{world.source.pk}/"
    search = f"/projects/{cast.alder.pk}/search/?words=lesson"
    assert coder.get(source).status_code == 200
    assert "every" in coder.get(search).content.decode().partition("<ol")[2]
    data = {"key": "P1", "consent_use": "no"}
    assert lead.post(here(cast, f"{world.participant.pk}/edit/"), data).status_code == 302
    assert coder.get(source).status_code == 404
    assert "every" not in coder.get(search).content.decode().partition("<ol")[2]
    data["consent_use"] = "yes"
    lead.post(here(cast, f"{world.participant.pk}/edit/"), data)
    assert coder.get(source).status_code == 200


def test_the_matrix_follows_what_is_decided_about_speakers(cast: Cast) -> None:
    """Counts of participants, and rates per participants' words, before and after."""
    case = Case.objects.create(project=cast.alder, key="north", name="North")
    # 4 + 2 words of the two, 3 + 1 of the other.
    text = "Anna: Why do you share?\nBea: We save time.\nAnna: So then?\nBea: Yes.\n"
    source = factories.source(cast.alder, "one", text, case=case)
    code = factories.code(cast.alder, "Sharing")
    olive = Membership.objects.get(project=cast.alder, user=cast.olive)
    start = text.index("We save time")
    factories.coding(source, code, olive, start, start + 12)
    access = cast.access("liam")

    def number(unit: str) -> tuple[object, object]:
        table = matrix.build(access, MatrixSpec(unit=unit))
        line = next(cells for row, cells in table.table if row.key == "north")
        measure = line[0].state.measure
        return measure.value, measure.denominator

    # Nobody is known to be a participant: not applicable.
    assert number("participants")[0] is None
    assert number("per_1000_participant_words") == (100.0, 10)
    bea = factories.participant(cast.alder, "S01")
    match_speakers(
        access=access,
        decisions=[Decision("Anna", "interviewer"), Decision("Bea", "person", person=bea.pk)],
    )
    assert number("participants")[0] == 1
    assert number("per_1000_participant_words") == (250.0, 4)
    match_speakers(access=access, decisions=[Decision("Bea", "observer")])
    assert number("participants")[0] is None


# --- the page of speakers ------------------------------------------------------------------------


def test_suggestions_are_taken_over_but_never_over_a_choice(cast: Cast) -> None:
    rosa = factories.participant(cast.alder, "S01")
    rosa.pseudonym = "Rosa"
    rosa.save()
    text = "Interviewr: So?\nS-01: Yes.\nInterviewr: And?\nS-01: No.\nSam: A.\nSam: B.\n"
    source = factories.source(cast.alder, "one", text)
    lead = client(cast, "liam")
    address = f"/projects/{cast.alder.pk}/speakers/"
    page = lead.get(address)
    lines = {line.label: line for line in page.context["lines"]}
    assert {label: line.suggested for label, line in lines.items()} == {
        "Interviewr": "interviewer",
        "S-01": f"p:{rosa.pk}",
        "Sam": "",
    }
    data = {"accept": "all"}
    for line in lines.values():
        data |= {
            f"label-{line.number}": line.label,
            f"was-{line.number}": "",
            f"choice-{line.number}": "observer" if line.label == "S-01" else "",
            f"suggested-{line.number}": line.suggested,
        }
    assert lead.post(address, data).status_code == 302
    roles = dict(source.turns.values_list("speaker", "role"))
    assert roles == {"Interviewr": "interviewer", "S-01": "observer", "Sam": "participant"}
    assert Event.objects.filter(verb="speakers.matched").count() == 1


def test_an_interview_with_somebody_suggests_them_for_its_one_nameless_speaker(
    cast: Cast, world: World
) -> None:
    text = "INT: So?\nSpeaker 1: Yes.\nINT: And?\nSpeaker 1: No.\n"
    source = factories.source(cast.alder, "one", text)
    source.participant = world.participant
    source.save()
    page = client(cast, "liam").get(f"/projects/{cast.alder.pk}/speakers/")
    (top,) = [line for line in page.context["lines"] if line.label == "Speaker 1"]
    assert (top.suggested, top.generic, top.open) == ("", True, True)
    assert [line.suggested for line in top.lines] == [f"p:{world.participant.pk}"]


def test_a_refused_form_keeps_what_was_chosen(cast: Cast, world: World) -> None:
    factories.source(cast.alder, "one", "Anna: Yes.\nAnna: No.\n")
    lead = client(cast, "liam")
    address = f"/projects/{cast.alder.pk}/speakers/"
    data = {"label-0": "Anna", "was-0": "", "choice-0": "new", "new-0": "p1"}
    page = lead.post(address, data)
    assert page.status_code == 400
    assert "There is already a participant “P1”." in page.content.decode()
    assert (page.context["lines"][0].chosen, page.context["lines"][0].new) == ("new", "p1")
    for wrong in ({"source-0": "x"}, {"choice-0": "p:x"}, {"choice-0": "king"}):
        assert lead.post(address, {**data, **wrong}).status_code == 400
    assert client(cast, "cora").post(address, data).status_code == 403
    words = client(cast, "cora").get(address).content.decode()
    assert "Anna" in words
    assert "<select" not in words


def test_many_sources_of_one_name_have_a_page_of_their_own(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaker_views, "LINES", 3)
    for n in range(5):
        factories.source(cast.alder, f"d{n}", f"Speaker 1: Yes.\nSpeaker 1: No {n}.\n")
    lead = client(cast, "liam")
    address = f"/projects/{cast.alder.pk}/speakers/"
    (top,) = lead.get(address).context["lines"]
    assert (len(top.lines), top.more, top.sources) == (3, 2, 5)
    assert "?label=Speaker%201" in lead.get(address).content.decode()
    (top,) = lead.get(f"{address}?label=SPEAKER+1").context["lines"]
    assert (len(top.lines), top.more) == (5, 0)
    assert lead.get(f"{address}?label=nobody").status_code == 200
