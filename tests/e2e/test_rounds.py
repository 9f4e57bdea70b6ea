"""A round of double coding from the draw to the opening, as three people go through it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from coding.models import Assignment, Coding, Round
from coding.services import rounds
from coding.services.rounds.planning import Settings
from tests import factories
from tests.e2e.test_coding import choose, log_in
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(cast: Cast) -> World:
    world = factories.world(cast.alder)
    for n in range(2, 6):
        factories.source(cast.alder, f"int{n}", f"P1: We are number {n}.\n" + "P1: So.\n" * n)
    return world


def ready(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html[data-reader-ready=true]")).to_be_attached()


def code_turn(page: Page, code: str) -> None:
    """Code a turn by keys."""
    page.locator("p.turn").nth(1).focus()
    page.keyboard.press("t")
    page.keyboard.press("c")
    choose(page, code)


def test_two_code_blindly_and_see_each_other_once_the_round_is_opened(
    page: Page, chromium: Browser, live_server: object, cast: Cast, world: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    here = f"{base}/projects/{cast.alder.pk}/"
    log_in(page, base, "liam")
    page.goto(f"{here}rounds/")
    page.get_by_role("link", name="New round").first.click()
    page.get_by_label("Name", exact=True).fill("Pilot")
    page.get_by_label("sources that I choose").check()
    page.get_by_label("Interview int1").check()
    page.get_by_label("Cora").check()
    page.get_by_label("Cody").check()
    page.get_by_role("button", name="Show who gets what").click()
    expect(page.get_by_role("heading", name="Who gets what")).to_be_visible()
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_role("heading", name="Pilot", level=1)).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("“Pilot” has started")

    windows = {}
    for who in ("cora", "cody"):
        windows[who] = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        log_in(windows[who], base, who)
        windows[who].goto(here)
        windows[who].get_by_role("region", name="Your sources to code").get_by_role(
            "link", name="Interview int1"
        ).first.click()
        expect(windows[who].locator("html[data-reader-ready=true]")).to_be_attached()
        expect(windows[who].locator("#reader-round")).to_contain_text("you code this blindly")
    cora, cody = windows["cora"], windows["cody"]
    with cora.expect_response(lambda answer: answer.request.method == "POST"):
        code_turn(cora, "Intranet")
    assert Coding.objects.filter(coder=cast.access("cora").membership).count() == 1
    # The open page of the other has asked several times since, and been told nothing.
    with cody.expect_response(re.compile("/changes/")):
        pass
    with cody.expect_response(re.compile("/changes/")):
        pass
    expect(cody.locator("#reader-coders")).to_have_text("")
    assert cody.locator(".bracket").count() == 0
    code_turn(cody, "Solving")
    expect(cody.locator("#reader-coders")).to_have_text("Cody 1")
    expect(cora.locator("#reader-coders")).to_have_text("Cora 1")

    for window in (cora, cody):
        window.get_by_role("button", name="I have finished coding this").click()
        expect(window.locator(".round-done")).to_be_visible()
    expect(cora.locator("#toasts")).to_contain_text("you have finished coding this source")
    # What is finished is locked.
    cora.locator("p.turn").nth(1).focus()
    cora.keyboard.press("u")
    expect(cora.locator("#reader-notices")).to_contain_text("Take that back to go on coding it.")
    assert [len(a.passages) for a in Assignment.objects.all()] == [1, 1]

    page.reload()
    expect(page.get_by_role("main")).to_contain_text("2 of 2 finished")
    page.get_by_role("link", name="Open…").click()
    expect(page.get_by_role("main")).to_contain_text("Everybody has finished.")
    page.get_by_role("button", name="Open the round").click()
    expect(page.locator(".messages")).to_contain_text("“Pilot” is open")
    assert Round.objects.get().state == "opened"
    # Without loading anything again.
    expect(cody.locator("#reader-coders")).to_have_text(re.compile("Cody 1\\s*Cora 1"))
    for window in windows.values():
        window.context.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    page: Page, live_server: object, cast: Cast, world: World, width: int, scheme: str
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    who = [cast.access(name).membership.pk for name in ("cora", "liam")]
    held = rounds.create_round(
        access=cast.access("olive"),
        settings=Settings(name="Pilot", instructions="Read it whole first."),
        shares=dict.fromkeys(cast.alder.sources.values_list("pk", flat=True), who),
    )
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, base, "liam")
    here = f"{base}/projects/{cast.alder.pk}/"
    stages = [
        (["rounds/", "rounds/new/", f"rounds/{held.pk}/", f"rounds/{held.pk}/edit/"], None),
        (
            ["", "rounds/", f"rounds/{held.pk}/", f"rounds/{held.pk}/open/"],
            rounds.start_round,
        ),
        ([f"rounds/{held.pk}/"], rounds.open_round),
    ]
    for tails, act in stages:
        if act is not None:
            act(access=cast.access("olive"), held=held)
        for tail in tails:
            page.goto(here + tail)
            expect(page.locator("h1")).to_be_visible()
            found = Axe().run(page)
            assert found.violations_count == 0, (tail, found.generate_report())
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            ), tail
        if act is rounds.start_round:
            ready(page, f"{here}sources/{world.source.pk}/")
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
