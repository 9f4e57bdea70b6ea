"""Correct a transcript in the browser, decide about what became uncertain, restore."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Coding, PlacementReview, Source
from coding.services.versions import replace_text
from tests import factories
from tests.e2e.test_coding import log_in, open_source, saved
from tests.factories import TEXT, Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    return factories.world(cast.alder)


def coded(cast: Cast, scene: World, words: str) -> Coding:
    start = TEXT.index(words)
    me = cast.access("cora").membership
    return factories.coding(scene.source, scene.intranet, me, start, start + len(words))


def quote(scene: World, coding: Coding) -> str | None:
    row = Coding.objects.get(pk=coding.pk)
    text: str = Source.objects.get(pk=scene.source.pk).content.text
    return None if row.removed_at else text[row.start : row.end]


def violations(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, page.url
    return [v["id"] for v in Axe().run(page).response["violations"]]


def test_correct_review_restore(cast: Cast, scene: World, live_server, page: Page) -> None:
    first, second, third = (
        coded(cast, scene, words)
        for words in ("🙂 naïve or not", "We built it together", "And problems?")
    )
    log_in(page, live_server.url, "liam")
    here = f"{live_server.url}/projects/{cast.alder.pk}/sources/{scene.source.pk}/"
    found = {}

    page.goto(here + "correct/")
    found["correct"] = violations(page)
    box = page.get_by_label("Text", exact=True)
    assert box.input_value() == TEXT
    new = TEXT.replace("or not", "or knot").replace("We built", "We all built")
    box.fill(new.replace("And problems?", "So"))
    page.get_by_role("button", name="See what this does").click()
    expect(page.get_by_role("heading", name="What the correction does")).to_be_visible()
    expect(page.get_by_role("row", name="to be reviewed The beginning")).to_contain_text("2")
    expect(page.get_by_role("row", name="changed inside")).to_contain_text("1")
    found["preview"] = violations(page)
    page.get_by_label("Why").fill("Listened again")
    page.get_by_role("button", name="Correct the text").click()

    # The first one: its last word was put right. It goes on by key.
    expect(page.get_by_text("1 of 2 that wait.")).to_be_visible()
    found["review"] = violations(page)
    page.keyboard.press("c")
    expect(page.get_by_text("1 of 1 that waits.")).to_be_visible()
    assert quote(scene, first) == "🙂 naïve or knot"
    assert quote(scene, second) == "We all built it together"

    # Of the second other words are left: its end is moved by a key, one word on.
    page.locator("#review-text").focus()
    page.keyboard.press("}")
    words = page.locator("#review-quote").input_value()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    found["nothing waits"] = violations(page)
    assert quote(scene, third) == words
    assert words.startswith("So")
    assert {r.state for r in PlacementReview.objects.all()} == {"confirmed", "moved"}

    page.goto(here + "versions/")
    found["versions"] = violations(page)
    page.get_by_role("link", name="Compare version 1").click()
    expect(page.locator("del").first).to_have_text("not")
    found["compare"] = violations(page)
    page.goto(here + "versions/1/")
    expect(page.locator("#t3")).to_contain_text("And problems?")
    found["version"] = violations(page)
    page.goto(here + "versions/")
    page.get_by_role("link", name="Restore version 1").click()
    page.get_by_label("Why").fill("It was right before")
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_text("is at version 3 now")).to_be_visible()
    assert Source.objects.get(pk=scene.source.pk).content.text == TEXT
    assert quote(scene, second) == "We built it together"
    assert not any(found.values()), found


def test_words_are_chosen_with_the_mouse(cast: Cast, scene: World, live_server, page: Page) -> None:
    coding = coded(cast, scene, "🙂 naïve or not")
    log_in(page, live_server.url, "liam")
    here = f"{live_server.url}/projects/{cast.alder.pk}/sources/{scene.source.pk}/"
    page.goto(here + "correct/")
    page.get_by_label("Text", exact=True).fill(TEXT.replace("naïve or not", "naive 🙂 or so"))
    page.get_by_role("button", name="See what this does").click()
    page.get_by_label("Why").fill("x")
    page.get_by_role("button", name="Correct the text").click()
    expect(page.locator("[name=start]")).not_to_have_value("")
    # Within the excerpt, after two emoji: units are not code points.
    page.evaluate(
        """() => {
          const box = document.getElementById("review-text");
          const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("built it");
            if (at < 0) continue;
            getSelection().setBaseAndExtent(walker.currentNode, at + 1, walker.currentNode, at + 7);
          }
          box.dispatchEvent(new PointerEvent("pointerup"));
        }"""
    )
    expect(page.locator("#review-mark")).to_have_text("built it")
    page.get_by_role("button", name="Place it on these words").click()
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    assert quote(scene, coding) == "built it"


def test_the_open_page_says_that_the_text_was_corrected(
    cast: Cast, scene: World, live_server, page: Page
) -> None:
    log_in(page, live_server.url, "cora")
    open_source(page, live_server.url, scene.source)
    saved(page)
    replace_text(
        access=cast.access("liam"),
        source=scene.source,
        text=TEXT.replace("How do", "So how do"),
        expected_version=1,
        because="edited",
    )
    notice = page.get_by_text("The transcript has been corrected.", exact=True)
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Load the page again").click()
    expect(page.locator("#t1")).to_contain_text("So how do")
    expect(notice).to_be_hidden()


def test_names(cast: Cast, scene: World, live_server, page: Page) -> None:
    log_in(page, live_server.url, "liam")
    found = {}
    page.goto(f"{live_server.url}/projects/{cast.alder.pk}/names/")
    found["list"] = violations(page)
    page.get_by_label("Names and what").fill("Friday = [day]")
    page.get_by_role("button", name="Find the names").click()
    expect(page.get_by_text("1 place in 1 source.")).to_be_visible()
    found["preview"] = violations(page)
    page.get_by_role("button", name="Replace what is ticked").click()
    expect(page.get_by_role("cell", name="Friday")).to_be_visible()
    found["log"] = violations(page)
    assert "on [day]." in Source.objects.get(pk=scene.source.pk).content.text
    assert not any(found.values()), found
