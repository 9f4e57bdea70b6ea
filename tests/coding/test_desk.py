"""The pages on which the places of a round are gone through."""

import uuid
from typing import Any

import pytest
from django.test import Client

from coding import desk, queries
from coding.core.deciding import shared, united
from coding.desk.text import Drawn, draw
from coding.models import Coding, Comparison, Round
from coding.services import adjudication
from projects.models import Event, Job
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

# Places and how many (2), lanes, text, turns, codes, the listed places, comments on them; of the
# one in hand the thread, what lies near it, what is agreed there.
DESK_QUERIES = 11


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def held(cast: Cast, world: World) -> Round:
    """One place of each kind."""
    row = factories.opened_round(cast)
    spans = [(world.intranet, 41, 60)]
    share(cast, row, world, "cora", [*spans, (world.solving, 70, 80), (world.gains, 120, 130)])
    share(cast, row, world, "cody", [*spans, (world.gains, 72, 78), (world.gains, 125, 140)])
    adjudication.make_comparisons(access=cast.access("liam"), held=row)
    return row


def share(cast: Cast, held: Round, world: World, who: str, spans: Any) -> None:
    factories.share(held, world.source, cast.access(who).membership, spans)


def logged_in(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(
        getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def address(held: Round, *parts: object) -> str:
    tail = "".join(f"{part}/" for part in parts)
    return f"/projects/{held.project_id}/rounds/{held.pk}/review/{tail}"


def places(held: Round) -> list[Comparison]:
    return list(Comparison.objects.filter(round=held))


def test_the_list_counts_places_by_kind_and_state(cast: Cast, held: Round) -> None:
    kinds = [kind for kind, _label in desk.KINDS]
    assert kinds == ["agree", "boundary", "missed", "other"]
    adjudication.accept_agreed(access=cast.access("liam"), held=held)
    (line,) = desk.source_lines(cast.access("cora"), held, desk.Sieve())
    assert (line.kinds, line.places, line.open, line.decided) == ([1, 1, 0, 2], 4, 3, 1)
    answer = logged_in(cast, "cora").get(address(held))
    assert "1 of 4 places decided" in answer.content.decode()


def test_the_pair_filter_is_about_these_two(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    share(cast, held, world, "cora", [(world.intranet, 10, 20), (world.gains, 40, 50)])
    share(cast, held, world, "cody", [(world.intranet, 10, 20), (world.gains, 40, 50)])
    share(cast, held, world, "liam", [(world.intranet, 10, 20)])
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    cora, cody, liam = (cast.access(who).membership.pk for who in ("cora", "cody", "liam"))
    answers = {
        (cora, cody): [],
        (cora, liam): [40],
        (liam, cody): [40],
    }
    for pair, starts in answers.items():
        sieve = desk.Sieve(pair=pair)
        going = desk.way(cast.access("cora"), held, world.source, sieve)
        rows = Comparison.objects.filter(pk__in=going.ids)
        assert [row.start for row in rows] == starts
        (line,) = desk.source_lines(cast.access("cora"), held, sieve)
        assert line.places == len(starts)


def test_sentences_say_what_the_difference_is(cast: Cast, held: Round) -> None:
    access = cast.access("cora")
    source = places(held)[0].source
    said = [desk.desk(access, held, source, desk.Sieve(), row.pk).sentence for row in places(held)]
    assert said == [
        "Cody and Cora agree.",
        "Cora coded it; Cody coded “Gains” here.",
        "Cody coded it; Cora coded “Solving” here.",
        "Cody and Cora differ about where it begins and where it ends.",
    ]


def test_the_text_is_whole_and_each_line_lies_under_its_words() -> None:
    text = "INT: Hello there.\nP1: Yes, we do.\n"
    turns = [
        {"ordinal": 1, "start": 0, "body_start": 5, "end": 17, "speaker": "INT"},
        {"ordinal": 2, "start": 18, "body_start": 22, "end": 33, "speaker": "P1"},
    ]
    more = {
        "role": "participant",
        "time_start": None,
        "participant__pseudonym": "",
        "participant__consent_quote": None,
    }
    passages = [Drawn(5, 10, 0, 3, True), Drawn(8, 26, 1, 3, True), Drawn(0, 17, 0, 5)]
    rows = draw(text, [turn | more for turn in turns], (0, len(text)), passages)
    assert ["".join(run.text for run in row.runs) for row in rows] == [
        "INT: Hello there.",
        "P1: Yes, we do.",
    ]
    under: dict[tuple[int, int, bool], str] = {}
    for row in rows:
        for run in row.runs:
            for line in run.lines:
                under[line] = under.get(line, "") + run.text
    assert under == {
        (0, 3, True): "Hello",
        (0, 5, False): "INT:  there.",
        (1, 3, True): "lo there.P1: Yes,",
    }
    assert [(run.text, run.begins, run.ends) for row in rows for run in row.runs if run.begins] == [
        ("Hel", (0,), ()),
        ("lo", (1,), (0,)),
    ]


@pytest.mark.parametrize("who", ["liam", "cora", "vera"])
def test_everybody_reads_and_leads_decide(cast: Cast, held: Round, who: str) -> None:
    source = places(held)[0].source_id
    page = logged_in(cast, who).get(address(held, source)).content.decode()
    assert "Cody and Cora agree." in page
    assert ('name="decision"' in page) == (who == "liam")
    assert ('name="text"' in page) == (who != "vera")


def test_a_decision_leads_to_the_next_open_place(cast: Cast, held: Round) -> None:
    first, second, third, fourth = places(held)
    client = logged_in(cast, "liam")
    here = address(held, first.source_id, second.pk)
    answer = client.post(here, {"decision": "take:B", "why": "Clear", "key": str(uuid.uuid4())})
    batch = Event.objects.get(verb="comparison.decided").batch
    where = address(held, first.source_id)
    assert answer["Location"] == f"{where}?at={third.pk}&done={batch}"
    second.refresh_from_db()
    assert (second.decision, second.taken_from.label, second.why) == ("taken", "Cora", "Clear")
    # At the end it begins anew, and the filters stay.
    answer = client.post(
        address(held, first.source_id, fourth.pk), {"decision": "union", "kind": "boundary"}
    )
    assert answer["Location"].startswith(f"{where}?kind=boundary&at={fourth.pk}&done=")
    answer = client.post(address(held, first.source_id, third.pk), {"decision": "rejected"})
    assert answer["Location"].startswith(f"{where}?at={first.pk}&done=")
    answer = client.post(here, {"take_back": str(batch)})
    assert answer["Location"] == f"{where}?at={second.pk}"
    second.refresh_from_db()
    assert second.decision == ""


def test_words_set_by_hand_are_found_in_the_text(cast: Cast, held: Round) -> None:
    place = places(held)[3]
    client = logged_in(cast, "liam")
    here = address(held, place.source_id, place.pk)
    text = factories.TEXT
    client.post(here, {"decision": "edited", "quote": text[122:136]})
    assert list(Coding.objects.agreed().values_list("start", "end")) == [(122, 136)]
    client.post(here, {"decision": "edited", "quote": text[121:133], "start": 121, "end": 133})
    assert list(Coding.objects.agreed().values_list("start", "end")) == [(121, 133)]
    answer = client.post(here, {"decision": "edited", "quote": "nowhere"}, follow=True)
    assert answer.status_code == 200
    assert list(Coding.objects.agreed().values_list("start", "end")) == [(121, 133)]


@pytest.mark.parametrize(
    "query", ["kind=odd", "state=odd", "code=0", "code=x", "pair=1", "pair=1-1", "pair=1-99999"]
)
def test_an_address_that_makes_no_sense_is_refused(cast: Cast, held: Round, query: str) -> None:
    assert logged_in(cast, "liam").get(f"{address(held)}?{query}").status_code == 400


def test_without_names_no_name_is_on_the_page(cast: Cast, held: Round) -> None:
    held.anonymous = True
    held.save()
    source = places(held)[0].source
    adjudication.decide(
        access=cast.access("olive"), compared=places(held)[0], decision="union", why="So it is"
    )
    client = logged_in(cast, "liam")
    for row in places(held):
        page = client.get(f"{address(held, source.pk)}?at={row.pk}").content.decode()
        assert "Coder A" in page
        assert "Cora" not in page
        assert "Cody" not in page
    assert "Cora" not in client.get(address(held)).content.decode()
    cora, cody = (cast.access(who).membership.pk for who in ("cora", "cody"))
    assert client.get(f"{address(held)}?pair={cora}-{cody}").status_code == 400


def test_the_comparison_is_prepared_by_a_job(cast: Cast, world: World) -> None:
    held = factories.opened_round(cast)
    share(cast, held, world, "cora", [(world.intranet, 10, 20)])
    share(cast, held, world, "cody", [])
    client = logged_in(cast, "liam")
    assert "Prepare the comparison" in client.get(address(held)).content.decode()
    answer = client.post(address(held))
    job = Job.objects.get(kind="comparisons")
    assert answer["Location"] == f"/projects/{held.project_id}/jobs/{job.pk}/"
    assert job.params == {"round": held.pk}
    assert logged_in(cast, "cora").post(address(held)).status_code == 403


@pytest.mark.parametrize("state", ["draft", "running"])
def test_a_blind_round_has_no_page(cast: Cast, held: Round, state: str) -> None:
    Round.objects.update(state=state)
    row = places(held)[0]
    for who in ("olive", "cora"):
        for parts in ((), ("accept",), ("mine",), (row.source_id,), (row.source_id, row.pk)):
            answer = logged_in(cast, who).get(address(held, *parts))
            assert answer.status_code == (403 if parts == ("accept",) and who == "cora" else 404)


@pytest.mark.parametrize("many", [1, 60])
def test_the_page_asks_as_often_for_many_places_as_for_one(
    cast: Cast, world: World, many: int, django_assert_num_queries: Any
) -> None:
    held = factories.opened_round(cast)
    spans = [(world.intranet, 2 * n, 2 * n + 1) for n in range(many)]
    share(cast, held, world, "cora", spans)
    share(cast, held, world, "cody", spans)
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    access = cast.access("liam")
    with django_assert_num_queries(DESK_QUERIES):
        made = desk.desk(access, held, world.source, desk.Sieve(), None)
    assert len(made.lines) == min(many, desk.PAGE)
    with django_assert_num_queries(2):
        desk.source_lines(access, held, desk.Sieve())


# --- one's own -----------------------------------------------------------------------------------


def test_each_coder_sees_own_and_agreed(cast: Cast, held: Round) -> None:
    agree, solving, gains, border = places(held)
    access = cast.access("liam")
    cora = cast.access("cora").membership.pk
    adjudication.decide(access=access, compared=agree, decision="union")
    adjudication.decide(access=access, compared=solving, decision="rejected", why="Not yet solved")
    adjudication.decide(access=access, compared=gains, decision="union")
    own = desk.own(cast.access("cora"), held)
    assert (own.sources, own.open, own.total) == (1, 1, 4)
    assert [(line.code.name, line.outcome) for line in own.lines] == [
        ("Intranet", "kept"),
        ("Solving", "rejected"),
        ("Gains", "missed"),
    ]
    assert own.lines[1].compared.why == "Not yet solved"
    adjudication.decide(access=access, compared=border, decision="taken", coder=cora)
    rows = {row.code.name: row for row in desk.own(cast.access("cora"), held).rows}
    gained = rows["Gains"]
    assert (gained.kept, gained.changed, gained.rejected, gained.missed) == (1, 0, 0, 1)
    assert (gained.coded, gained.agreed) == (1, 2)
    other = {row.code.name: row for row in desk.own(cast.access("cody"), held).rows}
    assert (other["Gains"].kept, other["Gains"].changed) == (1, 1)
    # Left out by both: no line for who left it out.
    assert "Solving" not in other
    page = logged_in(cast, "cora").get(address(held, "mine")).content.decode()
    assert "not a measure of reliability" in page
    assert "Not yet solved" in page
    for who in ("olive", "vera"):
        page = logged_in(cast, who).get(address(held, "mine")).content.decode()
        assert "You have finished nothing in this round" in page


# --- spans ---------------------------------------------------------------------------------------


def test_spans_are_united_and_shared() -> None:
    assert united([(5, 9), (1, 4), (3, 6), (9, 12)]) == [(1, 9), (9, 12)]
    assert shared({1: [(0, 10)], 2: [(2, 4), (6, 12)]}) == [(2, 4), (6, 10)]
    assert shared({}) == []


def test_places_are_seen_by_the_round_alone(cast: Cast, held: Round, world: World) -> None:
    other = factories.opened_round(cast)
    assert not queries.visible_comparisons(cast.access("cora"), other).exists()
    row = places(held)[0]
    assert logged_in(cast, "liam").get(address(other, row.source_id, row.pk)).status_code == 404
