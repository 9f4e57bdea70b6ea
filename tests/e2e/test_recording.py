"""Times of turns, and the recording beside the text."""

import os
import re
import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding import ranges
from coding.models import Recording
from coding.services.recordings import set_recording
from tests import factories
from tests.coding.test_recordings import tone, upload
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


def test_a_time_beyond_the_last_one_says_so(
    page: Page, live_server: Any, cast: Cast, scene: World
) -> None:
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, scene.source)
    told = page.locator("#toasts")
    for time_typed, words in (
        ("0:03", ""),
        ("12:30", "The times of this transcript end at 0:00:03"),
    ):
        page.get_by_role("button", name="Go to", exact=True).click()
        page.get_by_role("textbox", name="Number of the turn, or time (12:30)").fill(time_typed)
        page.get_by_role("button", name="Go there").click()
        expect(page.locator("#jump")).to_be_hidden()
        expect(page.locator("#t4")).to_be_focused()
        expect(told).to_contain_text(words) if words else expect(told).to_be_empty()


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


@pytest.fixture
def recorded(cast: Cast, scene: World) -> World:
    set_recording(
        access=cast.access("liam"), source=scene.source, upload=upload(tone(4)), name="talk.wav"
    )
    return scene


NOW = "document.querySelector('#recording audio').currentTime"
PAUSED = "document.querySelector('#recording audio').paused"


def until(page: Page, expression: str) -> None:
    end = time.monotonic() + 10
    while not page.evaluate(expression) and time.monotonic() < end:
        time.sleep(0.05)
    assert page.evaluate(expression), expression


def test_listening_beside_the_text(
    page: Page,
    live_server: Any,
    cast: Cast,
    recorded: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Many parts, so that the player has to ask for the next one again and again.
    monkeypatch.setattr(ranges, "MOST", 9_000)
    parts: list[str] = []
    page.on(
        "response",
        lambda answer: (
            parts.append(answer.headers.get("content-range", "whole"))
            if answer.url.endswith("/recording/")
            else None
        ),
    )
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, recorded.source)
    until(page, "document.querySelector('#recording audio').readyState >= 1")
    assert abs(page.evaluate("document.querySelector('#recording audio').duration") - 4) < 0.01
    text = "document.getElementById('transcript').textContent"
    before = page.evaluate(text)
    page.locator("#t3").focus()
    page.keyboard.press(".")
    until(page, f"{NOW} >= 2 && !{PAUSED}")
    playing = page.locator(".turn[data-playing]")
    expect(playing).to_have_id("t3")
    expect(playing).to_have_id("t4")
    # The cursor stays where it was: listening is not moving.
    expect(page.locator("#t3")).to_be_focused()
    page.keyboard.press("a")
    until(page, PAUSED)
    page.keyboard.press("b")
    until(page, f"{NOW} === 0")
    expect(playing).to_have_count(0)
    page.locator("#t2").focus()
    page.get_by_role("button", name="Play this turn").click()
    until(page, f"{NOW} >= 1")
    assert page.evaluate(text) == before
    assert len(parts) >= 4
    assert "whole" not in parts
    page.get_by_role("button", name="Shortcuts").click()
    expect(page.locator("#shortcuts")).to_contain_text("play or pause the recording")


def test_a_turn_after_the_end_of_the_recording_says_so(
    page: Page, live_server: Any, cast: Cast, recorded: World
) -> None:
    last = recorded.source.turns.order_by("ordinal").last()
    assert last is not None
    last.time_start, last.time_end = 9_000, 9_900
    last.save()
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, recorded.source)
    told = page.locator("#recording [role=status]")
    page.locator("#t4").focus()
    page.get_by_role("button", name="Play this turn").click()
    expect(told).to_have_text("The recording ends before this turn, at 0:00:04.")
    assert page.evaluate(f"[{NOW}, {PAUSED}]") == [0, True]
    page.locator("#t3").focus()
    page.get_by_role("button", name="Play this turn").click()
    until(page, f"{NOW} >= 2")
    expect(told).to_be_empty()


def test_a_source_without_a_recording_says_so(
    page: Page, live_server: Any, cast: Cast, scene: World
) -> None:
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, scene.source)
    expect(page.locator("#recording")).to_have_count(0)
    page.locator("#t1").focus()
    page.keyboard.press("a")
    expect(page.locator("#announcer")).to_have_text("This source has no recording.")


def test_adding_replacing_and_removing(
    page: Page, live_server: Any, cast: Cast, scene: World
) -> None:
    log_in(page, live_server.url, "liam")
    open_source(page, live_server.url, scene.source)
    page.locator("details.source-more > summary").click()
    page.get_by_role("link", name="Add a recording").click()
    file = {"name": "talk.mp3", "mimeType": "audio/mpeg", "buffer": b"MZ no recording at all"}
    page.get_by_label("Recording", exact=True).set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Keep this recording").click()
    expect(page.get_by_role("alert").first).to_contain_text("“talk.mp3” is not a recording")
    assert Axe().run(page).response["violations"] == []
    file = {"name": "talk.wav", "mimeType": "audio/wav", "buffer": tone(4)}
    page.get_by_label("Recording", exact=True).set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Keep this recording").click()
    expect(page.locator("#recording audio")).to_be_visible()
    page.get_by_role("link", name="Change…").click()
    assert Axe().run(page).response["violations"] == []
    page.get_by_text("Remove the recording…").click()
    page.get_by_role("button", name="Delete the file").click()
    expect(page.get_by_text("The recording is removed.")).to_be_visible()
    assert not Recording.objects.exists()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_beside_the_player(
    width: int, scheme: str, page: Page, live_server: Any, cast: Cast, recorded: World
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, live_server.url, "liam")
    open_source(page, live_server.url, recorded.source)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
