"""Search in the browser: from words to the place in the reader, auto-coding and back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from projects.jobs import execute
from projects.models import Job
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
    page.get_by_label("Words", exact=True).fill("TOGETHER")
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
    page.get_by_role("checkbox", name="Gains › Solving").check()
    page.get_by_role("checkbox", name="Code passage 1").uncheck()
    page.get_by_role("button", name="Code the ticked passages").click()
    expect(page.get_by_role("heading", name="Auto-coded")).to_be_visible()
    settles(scene.source, {("We solve them together on Friday.", "Solving")})

    page.get_by_role("link", name="Interview int1").click()
    expect(page.locator("#reader-panel .panel-list > li")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    saved(page)
    settles(scene.source, set())


def test_an_expression_is_looked_for_previewed_and_coded_with_two_codes(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    page.goto(f"{base}/projects/{cast.alder.pk}/search/")
    page.get_by_label("Words", exact=True).fill("(share|every) (materials|lesson")
    page.get_by_role("checkbox", name="This is a regular expression").check()
    page.get_by_role("main").get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Look for it").click()
    expect(page.get_by_role("heading", name="Search by a regular expression")).to_be_visible()
    execute(Job.objects.get().pk)
    expect(page.locator("#job [role=alert]")).to_contain_text("broken at character 32: missing )")

    page.get_by_role("link", name="Back to the search").click()
    expect(page.get_by_label("Words", exact=True)).to_have_value("(share|every) (materials|lesson")
    page.get_by_label("Words", exact=True).fill("(share|every) (materials|lesson)")
    page.get_by_role("main").get_by_role("button", name="Search", exact=True).click()
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []
    page.get_by_role("button", name="Look for it").click()
    expect(page.get_by_text("Waiting for the worker")).to_be_visible()
    execute(Job.objects.latest("pk").pk)
    expect(page.get_by_role("heading", name="Auto-code", exact=True)).to_be_visible()
    expect(page.get_by_text("2 passages in 1 source; 4 turns were searched.")).to_be_visible()
    expect(page.locator(".passage mark")).to_have_text(["share materials", "every lesson"])
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []
    page.get_by_role("checkbox", name="Gains › Intranet").check()
    page.get_by_role("checkbox", name="Gains › Solving").check()
    page.get_by_role("checkbox", name="Code passage 1").uncheck()
    page.get_by_role("button", name="Code the ticked passages").click()
    expect(page.get_by_text("2 of 2 codings are still there.")).to_be_visible()
    settles(scene.source, {("every lesson", "Intranet"), ("every lesson", "Solving")})
    page.get_by_role("button", name="Take the whole batch back").click()
    expect(page.get_by_text("0 of 2 codings are still there.")).to_be_visible()
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
    for address in (
        "",
        "?words=together",
        "?words=a*b",
        "?words=a*b&regex=1",
        "auto-code/?words=we&unit=sentence",
    ):
        page.goto(here + address)
        found[address] = [v["id"] for v in Axe().run(page).response["violations"]]
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, (address, overflow)
    page.get_by_role("checkbox", name="Gains", exact=True).check()
    page.get_by_role("button", name="Code the ticked passages").click()
    expect(page.get_by_role("heading", name="Auto-coded")).to_be_visible()
    found["batch"] = [v["id"] for v in Axe().run(page).response["violations"]]
    assert not any(found.values()), found
