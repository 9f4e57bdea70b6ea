"""Coding in the browser, against the real server and database: mouse, keys, undo, exactness."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Coding, Source
from projects.models import Membership
from tests import factories
from tests.factories import PASSWORD, Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Everything that shifts offsets where somebody counts wrongly: astral characters, joined emoji,
# combining marks, right-to-left text, a blank line, a tab.
TRICKY = (
    "INT: Ready? 😀\n"
    "P1: We 👩🏽‍💻 put e\u0301very lesson on the naïve intranet 🏳️‍🌈 and 𠮷 trust it.\n"
    "\n"
    "P1: שלום means\tpeace. 𝒜nd so on, the end.\n"
)


@pytest.fixture
def scene(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def tricky(cast: Cast, scene: World) -> Source:
    return factories.source(
        cast.alder, "tricky", TRICKY, case=scene.case, people={"P1": scene.participant}
    )


def log_in(page: Page, base: str, who: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(f"{who}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Your projects")).to_be_visible()


def open_source(page: Page, base: str, source: Source, at: str = "") -> None:
    page.goto(f"{base}/projects/{source.project_id}/sources/{source.pk}/{at}")
    expect(page.locator("#transcript p.turn").first).to_be_visible()
    # The words are there before the keys are.
    expect(page.locator("html")).to_have_attribute("data-reader-ready", "true")


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def drag_over(page: Page, words: str) -> None:
    """Select ``words`` with the mouse, from the first character to the last."""
    box = page.evaluate(
        """(words) => {
          const walker = document.createTreeWalker(
            document.getElementById("transcript"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + words.length);
            const rects = [...range.getClientRects()];
            const first = rects[0], last = rects[rects.length - 1];
            return [first.left + 1, (first.top + first.bottom) / 2,
                    last.right - 1, (last.top + last.bottom) / 2];
          }
          return null;
        }""",
        words,
    )
    assert box, words
    page.mouse.move(box[0], box[1])
    page.mouse.down()
    page.mouse.move((box[0] + box[2]) / 2, box[3], steps=4)
    page.mouse.move(box[2], box[3], steps=4)
    page.mouse.up()


def choose(page: Page, *names: str) -> None:
    """In the open palette: tick each code, then apply them together."""
    expect(page.locator("#palette")).to_be_visible()
    for name in names:
        page.keyboard.type(name)
        page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#palette")).to_be_hidden()
    saved(page)


def settles(source: Source, expected: set[tuple[str, str]]) -> None:
    """What is stored becomes ``expected``: a click may still be on its way to the server."""
    end = time.monotonic() + 5
    while quotes(source) != expected and time.monotonic() < end:
        time.sleep(0.05)
    assert quotes(source) == expected


def quotes(source: Source) -> set[tuple[str, str]]:
    text = source.content.text
    return {
        (text[c.start : c.end], c.code.name)
        for c in Coding.objects.present().filter(source=source).select_related("code")
    }


def test_mouse_several_codes_overlap_remove_undo_redo(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, scene.source)

    drag_over(page, "every lesson on the intranet 🙂 naïve")
    page.get_by_role("button", name=re.compile("^Code")).first.click()
    choose(page, "Intra", "Solv")
    passage = "every lesson on the intranet 🙂 naïve"
    settles(scene.source, {(passage, "Intranet"), (passage, "Solving")})

    drag_over(page, "intranet 🙂 naïve or not")
    page.keyboard.press("c")
    choose(page, "Gains")
    overlapping = ("intranet 🙂 naïve or not", "Gains")
    everything = {(passage, "Intranet"), (passage, "Solving"), overlapping}
    settles(scene.source, everything)
    # At a place that all three cover, all three are listed.
    start = factories.TEXT.index("intranet 🙂")
    open_source(page, base, scene.source, f"?at={start}-{start + 10}")
    panel = page.locator("#reader-panel .panel-list > li")
    expect(panel).to_have_count(3)

    panel.filter(has_text="Solving").get_by_role("button", name=re.compile("Remove")).click()
    expect(panel).to_have_count(2)
    saved(page)
    settles(scene.source, {(passage, "Intranet"), overlapping})

    # Undo survives the reload in between, in the order in which things were done.
    page.reload()
    page.get_by_role("button", name="Undo").click()
    settles(scene.source, everything)
    page.get_by_role("button", name="Undo").click()
    settles(scene.source, everything - {overlapping})
    page.get_by_role("button", name="Redo").click()
    settles(scene.source, everything)
    assert set(Coding.objects.values_list("coder__label", flat=True)) == {"Cora"}


@pytest.mark.parametrize(
    "words",
    [
        "👩🏽‍💻 put e\u0301very",
        "naïve intranet 🏳️‍🌈 and 𠮷",
        "שלום means\tpeace. 𝒜nd",
        "𠮷 trust it.",
    ],
)
def test_what_is_selected_is_what_is_stored(
    words: str, page: Page, live_server: object, cast: Cast, tricky: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, tricky)
    # By the browser's own selection, so that right-to-left text is no matter of mouse places.
    page.evaluate(
        """(words) => {
          const walker = document.createTreeWalker(
            document.getElementById("transcript"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            walker.currentNode.parentElement.focus();
            document.getSelection().setBaseAndExtent(
              walker.currentNode, at, walker.currentNode, at + words.length);
            return;
          }
        }""",
        words,
    )
    expect(page.locator("#panel-selection")).to_contain_text("selected")
    page.keyboard.press("c")
    choose(page, "Intra")
    settles(tricky, {(words, "Intranet")})


def test_a_passage_over_turns_holds_the_line_ends(
    page: Page, live_server: object, cast: Cast, tricky: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, tricky)
    page.locator("p.turn").nth(1).focus()
    page.keyboard.press("t")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("c")
    choose(page, "Intra")
    start = TRICKY.index("We 👩🏽‍💻")
    settles(tricky, {(TRICKY[start:].rstrip("\n"), "Intranet")})


def test_a_new_code_can_be_made_while_coding_by_who_may(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    open_source(page, base, scene.source)
    page.locator("p.turn").nth(1).focus()
    page.keyboard.press("s")
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("Shared pages")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    saved(page)
    expect(page.locator("#code-list")).to_contain_text("Shared pages")
    settles(
        scene.source, {("We put every lesson on the intranet 🙂 naïve or not.", "Shared pages")}
    )


def test_somebody_else_was_quicker(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    cora = Membership.objects.get(user=cast.cora)
    coding = factories.coding(scene.source, scene.intranet, cora, 41, 60)
    log_in(page, base, "cora")
    open_source(page, base, scene.source, "?at=41-60")
    from coding.services.codings import remove_coding

    remove_coding(access=cast.access("liam"), coding=coding)
    page.locator("#reader-panel").get_by_role("button", name=re.compile("Remove")).click()
    expect(
        page.get_by_text(re.compile("Liam has already removed this coding")).first
    ).to_be_visible()
    expect(page.locator("#reader-panel .panel-list > li")).to_have_count(0)


def test_a_viewer_reads_and_is_offered_no_coding(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "vera")
    open_source(page, base, scene.source)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.locator("p.turn").nth(1).focus()
    page.keyboard.press("t")
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    width: int, scheme: str, page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    olive = Membership.objects.get(user=cast.olive)
    factories.coding(scene.source, scene.intranet, olive, 41, 60)
    factories.coding(scene.source, scene.solving, olive, 50, 70)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{base}/accounts/login/")
    found = {"/accounts/login/": Axe().run(page).response["violations"]}
    log_in(page, base, "olive")
    here = f"/projects/{cast.alder.pk}/"
    cell = f"matrix/cell/?row={scene.case.pk}&column={scene.gains.pk}"
    pages = ["sources/", "codes/", "codes/new/", "cases/", "matrix/", cell, "import/", "members/"]
    pages += ["history/", f"sources/{scene.source.pk}/?at=41-60", "edit/", "nowhere/"]
    for address in ["/projects/", "/projects/new/", here] + [here + p for p in pages]:
        page.goto(base + address)
        found[address] = Axe().run(page).response["violations"]
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, (address, overflow)
    told = {
        address: [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in violations]
        for address, violations in found.items()
        if violations
    }
    assert told == {}
