"""Search in the browser: from words to the place in the reader, auto-coding and back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import factories
from tests.e2e.test_coding import log_in, saved, settles
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    return factories.world(cast.alder)


def test_search_open_auto_code_and_undo(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    page.goto(f"{base}/projects/{cast.alder.pk}/")
    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_label("Words").fill("TOGETHER")
    page.get_by_role("main").get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#answer")).to_contain_text("2 turns in 1 source; 4 turns were searched.")
    expect(page.locator(".passage mark")).to_have_text(["together", "together"])

    page.locator(".passage-meta a").last.click()
    start = factories.TEXT.rindex("together")
    expect(page).to_have_url(re.compile(rf"\?at={start}-{start + 8}$"))
    expect(page.locator("#transcript p.turn").first).to_be_visible()
    page.go_back()

    page.get_by_role("link", name="Auto-code…").click()
    page.get_by_role("link", name="the sentence").click()
    page.get_by_label("Code with").select_option(label="Gains › Solving")
    page.get_by_role("checkbox", name="Code passage 1").uncheck()
    page.get_by_role("button", name="Code the ticked passages").click()
    expect(page.get_by_role("heading", name="Auto-coded")).to_be_visible()
    settles(scene.source, {("We solve them together on Friday.", "Solving")})

    page.get_by_role("link", name="Interview int1").click()
    expect(page.locator("#reader-panel .panel-list > li")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    saved(page)
    settles(scene.source, set())


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_search(
    width: int, scheme: str, page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, base, "olive")
    here = f"{base}/projects/{cast.alder.pk}/search/"
    page.goto(f"{here}?words=together")
    page.get_by_label("Save this search as").fill("Working together")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Working together")).to_be_visible()
    found = {}
    for address in ("", "?words=together", "?words=a*b", "auto-code/?words=we&unit=sentence"):
        page.goto(here + address)
        found[address] = [v["id"] for v in Axe().run(page).response["violations"]]
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, (address, overflow)
    page.get_by_label("Code with").select_option(label="Gains")
    page.get_by_role("button", name="Code the ticked passages").click()
    expect(page.get_by_role("heading", name="Auto-coded")).to_be_visible()
    found["batch"] = [v["id"] for v in Axe().run(page).response["violations"]]
    assert not any(found.values()), found
