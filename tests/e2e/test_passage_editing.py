"""Changing coded passages in the browser: keys, handles, another code, memos; what is stored after
each step is compared with the words themselves."""

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Coding, Note, Source
from projects.models import Membership
from tests import factories
from tests.e2e.test_coding import TRICKY, log_in, open_source, saved, settles
from tests.factories import Cast, World

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def tricky(cast: Cast, scene: World) -> Source:
    return factories.source(
        cast.alder, "tricky", TRICKY, case=scene.case, people={"P1": scene.participant}
    )


def coded(cast: Cast, source: Source, scene: World, words: str, who: str = "cora") -> Coding:
    start = TRICKY.index(words)
    coder = Membership.objects.get(user=getattr(cast, who))
    return factories.coding(source, scene.intranet, coder, start, start + len(words))


def open_at(page: Page, base: str, coding: Coding) -> None:
    open_source(page, base, coding.source, f"?at={coding.start}-{coding.end}")
    expect(page.locator("#reader-panel .panel-item").first).to_be_visible()
    page.wait_for_function("document.activeElement.matches('.turn')")


def test_borders_by_keys(
    page: Page, live_server: object, cast: Cast, scene: World, tricky: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "naïve intranet")
    log_in(page, base, "cora")
    open_at(page, base, coding)
    steps = [
        ("}", "naïve intranet 🏳️‍🌈"),
        ("}", "naïve intranet 🏳️‍🌈 and"),
        ("}", "naïve intranet 🏳️‍🌈 and 𠮷"),
        ("[", "the naïve intranet 🏳️‍🌈 and 𠮷"),
        ("]", "naïve intranet 🏳️‍🌈 and 𠮷"),
        ("]", "intranet 🏳️‍🌈 and 𠮷"),
        ("]", "🏳️‍🌈 and 𠮷"),
        ("Alt+]", " and 𠮷"),
        ("Alt+[", "🏳️‍🌈 and 𠮷"),
        ("{", "🏳️‍🌈 and"),
        ("Alt+}", "🏳️‍🌈 and "),
        ("Alt+{", "🏳️‍🌈 and"),
        ("{", "🏳️‍🌈"),
        # There must be something left.
        ("{", "🏳️‍🌈"),
        ("]", "🏳️‍🌈"),
        ("Shift+S", "We 👩🏽‍💻 put e\u0301very lesson on the naïve intranet 🏳️‍🌈 and 𠮷 trust it."),
    ]
    places = {"[": "BracketLeft", "]": "BracketRight"}
    places |= {"{": "Shift+BracketLeft", "}": "Shift+BracketRight"}
    states = ["naïve intranet"]
    for keys, words in steps:
        page.keyboard.press("+".join(places.get(key, key) for key in keys.split("+")))
        settles(tricky, {(words, "Intranet")})
        if words != states[-1]:
            states.append(words)
    saved(page)
    assert Coding.objects.filter(source=tricky).count() == 1

    # Undo after a reload, down to what it was in the beginning.
    page.reload()
    for words in reversed(states[:-1]):
        page.get_by_role("button", name="Undo").click()
        settles(tricky, {(words, "Intranet")})
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Redo").click()
    settles(tricky, {(states[1], "Intranet")})


def test_many_keys_in_a_row_are_all_kept(
    page: Page, live_server: object, cast: Cast, scene: World, tricky: Source
) -> None:
    """The next key is pressed before the last change is saved."""
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "naïve")
    log_in(page, base, "cora")
    open_at(page, base, coding)
    for key in ["Shift+BracketRight"] * 4 + ["["] * 2 + ["Shift+BracketLeft"]:
        page.keyboard.press(key)
    settles(tricky, {("on the naïve intranet 🏳️‍🌈 and", "Intranet")})
    saved(page)
    page.keyboard.press("u")
    settles(tricky, {("on the naïve intranet 🏳️‍🌈 and 𠮷", "Intranet")})


def test_turns_and_right_to_left(
    page: Page, live_server: object, cast: Cast, scene: World, tricky: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "means")
    log_in(page, base, "cora")
    open_at(page, base, coding)
    page.keyboard.press("[")
    settles(tricky, {("שלום means", "Intranet")})
    page.keyboard.press("Alt+BracketRight")
    settles(tricky, {("לום means", "Intranet")})
    page.keyboard.press("Shift+T")
    settles(tricky, {("שלום means\tpeace. 𝒜nd so on, the end.", "Intranet")})


def centre(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def edge_of(page: Page, words: str, after: int) -> tuple[float, float]:
    """Where the first ``after`` characters of ``words`` end on the screen."""
    x, y = page.evaluate(
        """([words, after]) => {
          const walker = document.createTreeWalker(
            document.getElementById("transcript"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + after);
            const box = [...range.getClientRects()].at(-1);
            return [box.right, (box.top + box.bottom) / 2];
          }
        }""",
        [words, after],
    )
    return x, y


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def test_handles(page: Page, live_server: object, cast: Cast, scene: World, tricky: Source) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "naïve intranet")
    log_in(page, base, "cora")
    open_at(page, base, coding)
    expect(page.locator(".handle-end")).to_be_visible()
    assert page.locator("#transcript .handle").count() == 0
    # In the middle of a word: the nearest border of a word is meant.
    drag(page, centre(page, ".handle-end"), edge_of(page, "trust it", 4))
    settles(tricky, {("naïve intranet 🏳️‍🌈 and 𠮷 trust", "Intranet")})
    drag(page, centre(page, ".handle-start"), edge_of(page, "lesson on", 1))
    long = "lesson on the naïve intranet 🏳️‍🌈 and 𠮷 trust"
    settles(tricky, {(long, "Intranet")})
    page.keyboard.down("Alt")
    drag(page, centre(page, ".handle-start"), edge_of(page, "put e\u0301very", 6))
    page.keyboard.up("Alt")
    settles(tricky, {("very " + long, "Intranet")})
    # Escape gives up.
    page.mouse.move(*centre(page, ".handle-end"))
    page.mouse.down()
    page.mouse.move(*edge_of(page, "lesson on", 9), steps=3)
    page.keyboard.press("Escape")
    page.mouse.up()
    saved(page)
    settles(tricky, {("very " + long, "Intranet")})
    page.get_by_role("button", name="Undo").click()
    settles(tricky, {(long, "Intranet")})


def test_another_code_and_somebody_elses(
    page: Page, live_server: object, cast: Cast, scene: World, tricky: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "naïve intranet")
    coded(cast, tricky, scene, "naïve", "cody")
    log_in(page, base, "cora")
    open_at(page, base, coding)
    page.keyboard.press("r")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.get_by_role("option", name="Intranet")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("Solv")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    both = {("naïve intranet", "Solving"), ("naïve", "Intranet")}
    settles(tricky, both)
    # Cody's passage is not Cora's to change: the keys are about her own.
    page.keyboard.press("Shift+BracketRight")
    settles(tricky, {("naïve intranet 🏳️‍🌈", "Solving"), ("naïve", "Intranet")})
    # A lead may change both and has to choose.
    log_out_and_in(page, base, "liam")
    open_at(page, base, coding)
    page.locator(".panel-item").filter(has_text="Cody").get_by_role(
        "button", name=re.compile("^Another code")
    ).focus()
    page.keyboard.press("Shift+BracketRight")
    settles(tricky, {("naïve intranet 🏳️‍🌈", "Solving"), ("naïve intranet", "Intranet")})
    assert set(Coding.objects.values_list("coder__label", flat=True)) == {"Cora", "Cody"}


def log_out_and_in(page: Page, base: str, who: str) -> None:
    page.context.clear_cookies()
    log_in(page, base, who)


def test_memos(page: Page, live_server: object, cast: Cast, scene: World, tricky: Source) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "naïve intranet")
    log_in(page, base, "cora")
    open_at(page, base, coding)
    expect(page.locator(".bracket-memo")).to_have_count(0)
    page.keyboard.press("m")
    page.keyboard.type("First line")
    page.keyboard.press("Enter")
    page.keyboard.type("[second] 🙂 <b>")
    page.keyboard.press("Control+Enter")
    memo = page.locator(".memo-text")
    expect(memo).to_have_text("First line\n[second] 🙂 <b>", use_inner_text=True)
    saved(page)
    assert Note.objects.get().text == "First line\n[second] 🙂 <b>"
    expect(page.locator(".bracket-memo")).to_have_count(1)
    expect(page.locator(".bracket[aria-label*='with a memo']")).to_have_count(1)

    # Somebody else reads it, with who and when, and may not change it.
    log_out_and_in(page, base, "cody")
    open_at(page, base, coding)
    expect(memo).to_have_text("First line\n[second] 🙂 <b>", use_inner_text=True)
    expect(page.locator(".memo-who")).to_contain_text("Cora ·")
    expect(page.get_by_role("button", name="Edit memo")).to_have_count(0)

    log_out_and_in(page, base, "cora")
    open_at(page, base, coding)
    page.get_by_role("button", name="Edit memo").click()
    page.get_by_role("textbox", name="Memo").fill("Anew")
    page.get_by_role("button", name="Save memo").click()
    expect(memo).to_have_text("Anew")
    page.reload()
    page.get_by_role("button", name="Undo").click()
    expect(memo).to_have_text("First line\n[second] 🙂 <b>", use_inner_text=True)
    page.get_by_role("button", name="Remove memo").click()
    expect(memo).to_have_count(0)
    expect(page.locator(".bracket-memo")).to_have_count(0)
    saved(page)
    assert Note.objects.get().removed_at is not None


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_passage_with_a_memo(
    width: int,
    scheme: str,
    page: Page,
    live_server: object,
    cast: Cast,
    scene: World,
    tricky: Source,
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    coding = coded(cast, tricky, scene, "naïve intranet")
    for text in ("One\ntwo", "x" * 300):
        Note.objects.create(project=cast.alder, coding=coding, author=coding.coder, text=text)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, base, "cora")
    open_source(page, base, tricky, f"?at={coding.start}-{coding.end}")
    if width == 390:
        page.get_by_role("button", name=re.compile("^Here")).click()
    expect(page.locator(".memo")).to_have_count(2)
    page.get_by_role("button", name="Edit memo").first.click()
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in violations] == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
