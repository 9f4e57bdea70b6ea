"""Times of turns, and the recording beside the text."""

import os
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import factories
from tests.e2e.test_coding import log_in, open_source, settles
from tests.factories import Cast, World

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    world = factories.world(cast.alder)
    for turn, start in zip(world.source.turns.order_by("ordinal"), (0, 1, 2, 3), strict=True):
        turn.time_start, turn.time_end = start * 1_000, start * 1_000 + 900
        turn.save()
    return world


def test_times_are_not_in_the_text_and_lead_to_a_turn(
    page: Page, live_server: Any, cast: Cast, scene: World
) -> None:
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, scene.source)
    shown = page.evaluate(
        "[...document.querySelectorAll('.turn')].map(e => getComputedStyle(e, '::after').content)"
    )
    assert [re.findall(r'"(.*?)"', content)[0] for content in shown] == [
        "0:00:00",
        "0:00:01",
        "0:00:02",
        "0:00:03",
    ]
    whole = """() => { const r = document.createRange();
      r.selectNodeContents(document.getElementById("transcript")); return r.toString(); }"""
    assert page.evaluate(whole).strip() == factories.TEXT.replace("\n", "")
    page.get_by_role("button", name="Go to", exact=True).click()
    box = page.get_by_role("textbox", name="Number of the turn, or time (12:30)")
    expect(page.locator("#jump-range")).to_have_text("1 to 4, or 0:00 to 0:00:03")
    box.fill("half past")
    page.get_by_role("button", name="Go there").click()
    expect(page.locator("#jump")).to_be_visible()
    box.fill("0:02")
    page.get_by_role("button", name="Go there").click()
    expect(page.locator("#jump")).to_be_hidden()
    expect(page.locator("#t3")).to_be_focused()
    page.keyboard.press("t")
    page.keyboard.press("c")
    page.keyboard.type("Intra")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    settles(scene.source, {("And problems?", "Intranet")})


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_beside_times(
    width: int, page: Page, live_server: Any, cast: Cast, scene: World
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, scene.source)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
