"""The pages: dry run, typed confirmation, the work as a job, the receipt."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.services.withdrawal import plan_withdrawal, receipt_number
from coding.models import Coding, Participant, Source, Withdrawal
from projects.jobs import execute
from projects.models import Job
from tests import factories
from tests.factories import Cast, World
from tests.test_isolation import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast) -> World:
    world = factories.world(cast.alder)
    world.participant.pseudonym = "Mia Lind"
    world.participant.save()
    me = cast.access("cora").membership
    factories.coding(world.source, world.intranet, me, 41, 60)
    return world


@pytest.fixture
def owner(cast: Cast) -> Client:
    return logged_in(cast.olive)


def address(world: World) -> str:
    return f"/projects/{world.project.pk}/participants/{world.participant.pk}/withdraw/"


def token(cast: Cast, world: World) -> str:
    return plan_withdrawal(access=cast.access("olive"), participant=world.participant).token


def test_the_dry_run_lists_and_changes_nothing(owner: Client, world: World) -> None:
    answer = owner.get(address(world))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "1 source, 0 turns in group talk and 1 coding would be removed." in page
    assert "Interview int1 (int1)" in page
    assert "Type Mia Lind to confirm" in page
    assert "This cannot be undone" in page
    assert "no-store" in answer["Cache-Control"]
    assert Source.objects.count() == 1


@pytest.mark.parametrize("typed", ["", "mia lind", "P1"])
def test_another_name_confirms_nothing(typed: str, owner: Client, cast: Cast, world: World) -> None:
    answer = owner.post(address(world), {"token": token(cast, world), "typed": typed})
    assert answer.status_code == 400
    assert not Job.objects.exists()
    if typed:
        words = "This is not the name of the participant: type “Mia Lind”."
        assert words in answer.content.decode()


def test_a_changed_plan_is_shown_anew(owner: Client, cast: Cast, world: World) -> None:
    old = token(cast, world)
    me = cast.access("cora").membership
    factories.coding(world.source, world.solving, me, 41, 60)
    answer = owner.post(address(world), {"token": old, "typed": "Mia Lind"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "has changed since the list was made" in page
    assert "and 2 codings would be removed." in page
    assert token(cast, world) in page
    assert not Job.objects.exists()


def test_from_the_confirmation_to_the_receipt(owner: Client, cast: Cast, world: World) -> None:
    number = receipt_number(world.participant)
    answer = owner.post(address(world), {"token": token(cast, world), "typed": " Mia  Lind "})
    job = Job.objects.get()
    assert answer["Location"] == f"/projects/{world.project.pk}/jobs/{job.pk}/"
    assert execute(job.pk) == "done"
    job.refresh_from_db()
    receipt = Withdrawal.objects.get()
    page = f"/projects/{world.project.pk}/withdrawals/{receipt.pk}/"
    assert (job.result, job.params) == ({"next": page}, {})
    assert receipt.guid == number
    assert not Participant.objects.exists()
    assert not Coding.objects.exists()
    for client in (owner, logged_in(cast.liam)):
        shown = client.get(page).content.decode()
        assert str(number) in shown
        assert "sources, as a whole" in shown
        assert (
            str(number)[:8]
            in client.get(f"/projects/{world.project.pk}/withdrawals/").content.decode()
        )
        text = client.get(f"{page}receipt.txt")
        assert (
            text["Content-Disposition"]
            == f'attachment; filename="withdrawal-{str(number)[:8]}.txt"'
        )
        assert f"Number: {number}\n" in text.content.decode()
        assert "By: Olive\n" in text.content.decode()
        assert "  1  sources, as a whole\n" in text.content.decode()
        assert "Mia" not in shown + text.content.decode()
    assert owner.get(address(world)).status_code == 404
    history = owner.get(f"/projects/{world.project.pk}/history/").content.decode()
    assert f"receipt {str(number)[:8]}" in history


def test_a_job_whose_plan_has_changed_ends_with_a_sentence(
    owner: Client, cast: Cast, world: World
) -> None:
    owner.post(address(world), {"token": token(cast, world), "typed": "Mia Lind"})
    factories.coding(world.source, world.solving, cast.access("cora").membership, 0, 4)
    job = Job.objects.get()
    assert execute(job.pk) == "failed"
    job.refresh_from_db()
    assert job.message.startswith("Something that would be removed has changed")
    assert Participant.objects.exists()
    page = owner.get(f"/projects/{world.project.pk}/jobs/{job.pk}/").content.decode()
    assert "Back to the participants" in page


def test_an_owner_who_is_none_any_more_withdraws_nothing(
    owner: Client, cast: Cast, world: World
) -> None:
    owner.post(address(world), {"token": token(cast, world), "typed": "Mia Lind"})
    cast.alder.memberships.filter(user=cast.olive).update(role="lead")
    assert execute(Job.objects.get().pk) == "failed"
    assert Participant.objects.exists()


def test_work_that_waits_is_waited_for(owner: Client, cast: Cast, world: World) -> None:
    Job.objects.create(project=cast.alder, kind="study_import", state="queued")
    page = owner.get(address(world)).content.decode()
    assert "Other work on this project is still waiting or running (1)." in page
    assert "Remove for good" not in page
    answer = owner.post(address(world), {"token": token(cast, world), "typed": "Mia Lind"})
    assert answer.status_code == 409


def test_the_original_of_group_talk_says_that_it_was_removed(
    owner: Client, cast: Cast, world: World
) -> None:
    group = factories.source(cast.alder, "talk", "A: Yes.\n", people={})
    Source.objects.filter(pk=group.pk).update(original_sha256="")
    group.content.original_name, group.content.original = "", b""
    group.content.save()
    here = f"/projects/{cast.alder.pk}/sources/"
    assert "original removed after a withdrawal" in owner.get(here).content.decode()
    answer = owner.get(f"{here}{group.pk}/original/", follow=True)
    assert "The original file was removed after a withdrawal." in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_codings(cast: Cast, world: World) -> None:
    access = cast.access("olive")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            plan_withdrawal(access=access, participant=world.participant)
        return len(found)

    first = queries()
    for at in range(30):
        factories.coding(world.source, world.solving, access.membership, at, at + 1)
    assert queries() == first


def test_after_a_restore_the_number_finds_the_participant(cast: Cast, world: World) -> None:
    number = str(receipt_number(world.participant))
    out = StringIO()
    call_command("find_withdrawn", number.upper(), stdout=out)
    assert out.getvalue() == "Alder study: P1 (Mia Lind)\n"
    with pytest.raises(CommandError, match="None of these numbers"):
        call_command("find_withdrawn", "0" * 36, stdout=out)


def test_the_page_of_a_participant_leads_there_for_owners_alone(
    owner: Client, cast: Cast, world: World
) -> None:
    here = f"/projects/{world.project.pk}/participants/{world.participant.pk}/"
    assert address(world) in owner.get(here).content.decode()
    assert address(world) not in logged_in(cast.liam).get(here).content.decode()


def test_nobody_has_withdrawn_yet(owner: Client, cast: Cast) -> None:
    page: Any = owner.get(f"/projects/{cast.alder.pk}/withdrawals/").content.decode()
    assert "Nobody has withdrawn" in page
