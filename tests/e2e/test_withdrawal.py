"""A participant withdraws, in the browser: the list, the typed name, the receipt, the gap mark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cases.services.withdrawal import receipt_number
from coding.models import Participant, Source
from projects.jobs import execute
from projects.models import Job
from tests import factories
from tests.e2e.test_coding import log_in
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TALK = "INT: So?\nMia: It was hard for me.\nJo: It was for all of us.\n"


@pytest.fixture
def mia(cast: Cast) -> Participant:
    people = {key: factories.participant(cast.alder, key) for key in ("Mia", "Jo")}
    factories.source(cast.alder, "talk", TALK, people=people)
    factories.source(cast.alder, "alone", "INT: And?\nMia: No more.\n", people=people)
    return people["Mia"]


def assert_accessible(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [v["id"] for v in violations] == []


def test_from_the_participant_to_the_receipt_and_the_mark(
    page: Page, live_server: object, cast: Cast, mia: Participant
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    number = receipt_number(mia)
    log_in(page, base, "olive")
    page.goto(f"{base}/projects/{cast.alder.pk}/participants/{mia.pk}/")
    page.get_by_role("link", name="Withdraw…").click()
    expect(page.get_by_text("1 source, 1 turn in group talk and 0 codings")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Type Mia to confirm").fill("Jo")
    page.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_role("alert").first).to_contain_text("This is not the name")
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Type Mia to confirm").fill("Mia")
    page.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_role("heading", name="Withdrawal of a participant")).to_be_visible()
    assert execute(Job.objects.get().pk) == "done"
    expect(page).to_have_url(re.compile(r"/withdrawals/\d+/$"))
    expect(page.get_by_text(str(number))).to_be_visible()
    assert_accessible(page)
    source = Source.objects.get()
    page.goto(f"{base}/projects/{cast.alder.pk}/sources/{source.pk}/")
    expect(page.locator("p.turn[data-withdrawn]")).to_have_text("[withdrawn]: [withdrawn]")
    expect(page.locator("#transcript")).to_contain_text("It was for all of us.")
    expect(page.locator("#transcript")).not_to_contain_text("Mia")
    assert_accessible(page)
