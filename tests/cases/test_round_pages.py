"""Pages of rounds: drawing one, its progress, starting and opening it, one's own list."""

from typing import Any

import pytest
from django.test import Client

from cases.models import CaseSource
from coding.models import Assignment, CodebookVersion, Coding, Round
from coding.services import adjudication, codings, rounds
from coding.services.rounds.planning import Settings
from projects.models import Job
from tests import factories
from tests.factories import Cast, World
from tests.test_isolation import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast) -> World:
    world = factories.world(cast.alder)
    for n in range(2, 9):
        source = factories.source(
            cast.alder,
            f"int{n}",
            f"P1: We are number {n}.\n" + "P1: And so on.\n" * n,
            kind="observation" if n % 2 else "interview",
        )
        if n % 4 == 0:
            CaseSource.objects.create(case=world.case, source=source)
    return world


@pytest.fixture
def liam(cast: Cast, world: World) -> Client:
    return logged_in(cast.liam)


def form(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Pilot",
        "how": "random",
        "number": 4,
        "seed": 17,
        "coders": [cast.access("cora").membership.pk, cast.access("cody").membership.pk],
        "unit": "turn",
        "threshold": 90,
        "action": "show",
    } | changes


def address(cast: Cast, tail: str = "") -> str:
    return f"/projects/{cast.alder.pk}/rounds/{tail}"


def test_an_empty_list_teaches(cast: Cast, liam: Client) -> None:
    page = liam.get(address(cast)).content.decode()
    assert "No rounds yet" in page
    assert "10 to 25 %" in page
    assert "New round" not in logged_in(cast.cora).get(address(cast)).content.decode()


def test_a_draw_is_shown_before_it_is_kept_and_kept_as_shown(cast: Cast, liam: Client) -> None:
    shown = liam.post(address(cast, "new/"), form(cast))
    plan = shown.context["plan"]
    assert Round.objects.count() == 0
    assert (len(plan.sources), plan.of) == (4, 8)
    assert [(c.label, c.sources) for c in plan.coders] == [("Cody", 4), ("Cora", 4)]
    assert {c.words for c in plan.coders} == {plan.words}
    assert plan.words == sum(line.source["words"] for line in plan.sources)
    kept = form(cast, action="keep", seen=plan.seen, key=str(shown.context["key"]))
    answers = [liam.post(address(cast, "new/"), kept) for _n in range(2)]
    held = Round.objects.get()
    assert {a["Location"] for a in answers} == {address(cast, f"{held.pk}/")}
    assert {a.source_id for a in held.assignments.all()} == set(plan.shares)
    assert held.assignments.count() == 8
    assert held.drawing | {"words": 0, "words_of": 0} == {
        "how": "random",
        "seed": 17,
        "number": 4,
        "percent": None,
        "by": [],
        "each": None,
        "of": 8,
        "drawn": 4,
        "words": 0,
        "words_of": 0,
        "strata": [],
    }
    page = liam.get(address(cast, f"{held.pk}/")).content.decode()
    assert "4 of 8 sources, drawn at random (seed 17)." in page


def test_another_draw_than_the_one_shown_is_not_kept(cast: Cast, liam: Client) -> None:
    shown = liam.post(address(cast, "new/"), form(cast))
    kept = form(cast, action="keep", seen=shown.context["plan"].seen, number=5)
    page = liam.post(address(cast, "new/"), kept).content.decode()
    assert "This is what it gives now; look at it and keep it." in page
    assert Round.objects.count() == 0


def test_a_draw_within_groups_says_what_came_of_each(cast: Cast, liam: Client) -> None:
    answer = liam.post(address(cast, "new/"), form(cast, how="stratified", by="kind", number=4))
    plan = answer.context["plan"]
    # Of five interviews and three observations: 2.5 and 1.5, so three and one, or two and two.
    assert [(s.name, s.of, s.drawn) for s in plan.strata] == [
        ("interview", 5, 3),
        ("observation", 3, 1),
    ]
    both = liam.post(
        address(cast, "new/"), form(cast, how="stratified", by="both", percent=50, number="")
    ).context["plan"]
    assert {s.name.split(", ")[1] for s in both.strata} == {"interview", "observation"}
    assert sum(s.drawn for s in both.strata) == 4


def test_sources_chosen_by_hand_and_two_of_three_coders_each(cast: Cast, liam: Client) -> None:
    people = [cast.access(who).membership.pk for who in ("olive", "cora", "cody")]
    ids = list(cast.alder.sources.order_by("key").values_list("pk", flat=True))[:3]
    plan = liam.post(
        address(cast, "new/"), form(cast, how="chosen", chosen=ids, coders=people, each=2)
    ).context["plan"]
    assert set(plan.shares) == set(ids)
    assert [n for _a, _b, n in plan.pairs] == [1, 1, 1]
    assert [c.sources for c in plan.coders] == [2, 2, 2]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Name: This field is required."),
        ({"number": ""}, "How many sources: Say how many sources, or what percentage."),
        ({"percent": 20}, "Percent: Give a number or a percentage, not both."),
        ({"number": 0}, "How many sources: Ensure this value is greater than or equal to 1."),
        ({"number": 9}, "How many sources: There are 8 sources."),
        ({"how": "chosen"}, "Sources: Choose at least one source."),
        ({"how": "chosen", "chosen": [10**6]}, "Sources: Select a valid choice."),
        ({"coders": []}, "Who codes?: Choose at least two coders."),
        ({"each": 3}, "Coders for each source: These are 2 coders: fewer than that"),
        ({"each": 1}, "Coders for each source: Ensure this value is greater than or equal to 2."),
        ({"threshold": 0}, "Overlap in percent: Ensure this value"),
        ({"threshold": "much"}, "Overlap in percent: Enter a whole number."),
        ({"deadline": "soon"}, "Deadline: Enter a valid date."),
        ({"seed": -1}, "Seed of the draw: Ensure this value"),
        ({"unit": "line"}, "Unit of analysis: Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    cast: Cast, liam: Client, changes: dict[str, Any], sentence: str
) -> None:
    answer = liam.post(address(cast, "new/"), form(cast, **changes))
    assert answer.status_code == 200
    assert answer.context["plan"] is None
    assert sentence in answer.content.decode()


def kept(cast: Cast, **settings: Any) -> Round:
    who = [cast.access(name).membership.pk for name in ("cora", "cody")]
    first, second = cast.alder.sources.order_by("key")[:2]
    return rounds.create_round(
        access=cast.access("liam"),
        settings=Settings(name="Pilot", drawing={"how": "chosen", "seed": 1}, **settings),
        shares={first.pk: who, second.pk: who},
    )


def test_a_draft_is_changed_through_its_form(cast: Cast, liam: Client) -> None:
    held = kept(cast, instructions="Slowly.")
    page = liam.get(address(cast, f"{held.pk}/edit/"))
    initial = page.context["form"].initial
    assert initial["instructions"] == "Slowly."
    assert len(initial["chosen"]) == 2
    shown = liam.post(address(cast, f"{held.pk}/edit/"), form(cast, name="Other"))
    seen = shown.context["plan"].seen
    done = liam.post(
        address(cast, f"{held.pk}/edit/"), form(cast, name="Other", action="keep", seen=seen)
    )
    assert done.status_code == 302
    held.refresh_from_db()
    assert (held.name, held.assignments.count()) == ("Other", 8)


def test_from_start_to_close_over_the_pages(cast: Cast, liam: Client) -> None:
    held = kept(cast)
    here = address(cast, f"{held.pk}/")
    cora, home = logged_in(cast.cora), f"/projects/{cast.alder.pk}/"
    assert cora.get(here).status_code == 404
    assert "Your sources to code" not in cora.get(home).content.decode()
    assert "A draft: its coders know nothing" in liam.get(here).content.decode()
    started = liam.post(f"{here}start/", follow=True).content.decode()
    assert "“Pilot” has started" in started
    assert "You do not code in it, so you see all coding" in started
    assert "Your sources to code" in cora.get(home).content.decode()
    page = cora.get(here).content.decode()
    assert "The others: not shown until the round is opened." in page
    assert "0 of 2 finished" in page
    assert "Cody" not in page
    share = Assignment.objects.filter(coder=cast.access("cora").membership).first()
    assert share is not None
    reader = cora.get(f"/projects/{cast.alder.pk}/sources/{share.source_id}/").content.decode()
    assert "Round “Pilot”: you code this blindly until it is opened." in reader
    assert reader.count('id="finished"') == 1
    rounds.finish_source(access=cast.access("cora"), share=share)
    sure = liam.get(f"{here}open/").content.decode()
    assert "1 of 4 shares are finished. The others count as missing:" in sure
    assert "Cody: 0 of 2" in sure
    assert (
        "all of its coders see all coding"
        in liam.post(f"{here}open/", follow=True).content.decode()
    )
    page = cora.get(here).content.decode()
    assert "1 of 4 finished" in page
    assert "Cody" in page
    assert "missing" in page
    assert "“Pilot” is closed." in liam.post(f"{here}close/", follow=True).content.decode()
    refused = liam.post(f"{here}start/", follow=True).content.decode()
    assert "Round “Pilot” has been started already." in refused


def test_a_lead_who_codes_is_told_what_opening_means_without_the_others_progress(
    cast: Cast, world: World
) -> None:
    who = [cast.access(name).membership.pk for name in ("cora", "liam")]
    held = rounds.create_round(
        access=cast.access("liam"), settings=Settings(name="Two"), shares={world.source.pk: who}
    )
    rounds.start_round(access=cast.access("liam"), held=held)
    page = logged_in(cast.liam).get(address(cast, f"{held.pk}/open/")).content.decode()
    assert "You code in this round yourself." in page
    assert "Cora" not in page


def test_opening_has_the_coders_held_side_by_side_and_leads_to_the_results(
    cast: Cast, liam: Client
) -> None:
    held = kept(cast)
    here = address(cast, f"{held.pk}/")
    liam.post(f"{here}start/")
    assert not Job.objects.filter(kind="comparisons").exists()
    assert "review/" not in liam.get(here).content.decode()
    liam.post(f"{here}open/")
    (job,) = Job.objects.filter(kind="comparisons")
    assert (job.params, job.created_by) == ({"round": held.pk}, cast.liam)
    page = liam.get(here).content.decode()
    for tail in ("agreement/", "agreement/report/", "review/", "review/mine/"):
        assert f'href="{here}{tail}"' in page
    # A second click opens nothing twice.
    liam.post(f"{here}open/")
    assert Job.objects.filter(kind="comparisons").count() == 1


def test_closing_is_asked_about_with_what_is_still_open(
    cast: Cast, liam: Client, world: World
) -> None:
    held = factories.opened_round(cast)
    for who in ("cora", "cody"):
        coder = cast.access(who).membership
        factories.share(held, world.source, coder, [(world.gains, 5, 12)])
    closing = address(cast, f"{held.pk}/close/")
    assert f'href="{closing}"' in liam.get(address(cast, f"{held.pk}/")).content.decode()
    page = liam.get(closing).content.decode()
    assert "Closing cannot be taken back." in page
    assert "No places were compared in this round" in page
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    assert "1 of 1 places is still open." in liam.get(closing).content.decode()
    adjudication.accept_agreed(access=cast.access("liam"), held=held)
    assert "All places are decided." in liam.get(closing).content.decode()
    assert liam.get(closing).status_code == 200
    held.refresh_from_db()
    assert held.state == "opened"
    assert liam.post(closing).status_code == 302
    held.refresh_from_db()
    assert held.state == "closed"
    # Once more: a sentence, and nothing else.
    assert "it cannot be closed" in liam.post(closing, follow=True).content.decode()
    assert liam.get(closing)["Location"] == address(cast, f"{held.pk}/")


def test_deleting_a_draft_leads_back_to_the_list(cast: Cast, liam: Client) -> None:
    held = kept(cast)
    done = liam.post(address(cast, f"{held.pk}/delete/"))
    assert done["Location"] == address(cast)
    assert Round.objects.count() == 0


def test_putting_back_what_a_fresh_round_put_aside(cast: Cast, liam: Client, world: World) -> None:
    mine = factories.coding(world.source, world.intranet, cast.access("cora").membership, 5, 9)
    held = kept(cast, fresh=True)
    here = address(cast, f"{held.pk}/")
    liam.post(f"{here}start/")
    assert not Coding.objects.present().exists()
    assert "Put it back" not in liam.get(here).content.decode()
    liam.post(f"{here}open/")
    assert "Put it back" in liam.get(here).content.decode()
    assert (
        "1 earlier coding is back." in liam.post(f"{here}put-back/", follow=True).content.decode()
    )
    assert list(Coding.objects.present()) == [mine]


def test_the_api_tells_of_rounds(cast: Cast, liam: Client) -> None:
    held = kept(cast)
    rounds.start_round(access=cast.access("liam"), held=held)
    base = f"/api/v1/projects/{cast.alder.pk}/rounds/"
    (row,) = liam.get(base).json()["rounds"]
    assert (row["name"], row["state"]) == ("Pilot", "running")
    assert row["codebook_id"] == CodebookVersion.objects.get().pk
    assert len(liam.get(f"{base}{held.pk}/").json()["shares"]) == 4
    own = logged_in(cast.cora).get(f"{base}{held.pk}/").json()
    assert (own["blind"], len(own["shares"])) == (True, 2)
    assert {share["coder"] for share in own["shares"]} == {cast.access("cora").membership.pk}


def test_what_is_finished_cannot_be_coded_over_the_api(cast: Cast, world: World) -> None:
    held = kept(cast)
    rounds.start_round(access=cast.access("liam"), held=held)
    cora = logged_in(cast.cora)
    base = f"/api/v1/projects/{cast.alder.pk}/sources/{world.source.pk}/"
    code = {"start": 0, "end": 4, "quote": factories.TEXT[:4], "codes": [world.gains.pk]}
    done = cora.post(f"{base}finished/", {"finished": True}, content_type="application/json")
    assert done.json()["finished"] is True
    refused = cora.post(f"{base}codings/", code, content_type="application/json")
    assert refused.status_code == 409
    assert "Take that back to go on coding it." in refused.content.decode()
    cora.post(f"{base}finished/", {"finished": False}, content_type="application/json")
    assert cora.post(f"{base}codings/", code, content_type="application/json").status_code == 201


@pytest.mark.parametrize("more", [0, 6])
def test_pages_ask_a_constant_number_of_questions(
    cast: Cast, liam: Client, more: int, django_assert_num_queries: Any
) -> None:
    who = [cast.access(name).membership.pk for name in ("cora", "cody")]
    ids = list(cast.alder.sources.order_by("key").values_list("pk", flat=True))
    held = rounds.create_round(
        access=cast.access("liam"),
        settings=Settings(name="Pilot"),
        shares=dict.fromkeys(ids[: 2 + more], who),
    )
    rounds.start_round(access=cast.access("liam"), held=held)
    for tail, count in (("", 4), (f"{held.pk}/", 5)):
        with django_assert_num_queries(count):
            liam.get(address(cast, tail))


def test_undo_of_a_lead_does_not_reach_behind_the_blindness(cast: Cast, world: World) -> None:
    """A lead who changed a colleague's passage, and now codes blindly beside them, cannot put it
    back: whether that works would tell what the colleague has done since."""
    cora, liam = cast.access("cora"), cast.access("liam")
    theirs = factories.coding(world.source, world.intranet, cora.membership, 5, 9)
    codings.recode(access=liam, coding=theirs, code=world.solving)
    held = rounds.create_round(
        access=liam,
        settings=Settings(name="Two"),
        shares={world.source.pk: [cora.membership.pk, liam.membership.pk]},
    )
    rounds.start_round(access=liam, held=held)
    said = codings.undo(access=liam, source=world.source).message
    assert said.endswith("1 coding was left as it is, because it has changed since.")
    theirs.refresh_from_db()
    assert theirs.code == world.solving
