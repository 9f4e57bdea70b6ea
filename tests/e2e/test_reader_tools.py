"""The reader's tools in the browser: codes panel, finding, what is hidden and remembered."""

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from coding.models import Coding, Reading, Source
from projects.models import Membership
from tests import factories
from tests.e2e.test_coding import TRICKY, drag_over, log_in, open_source, quotes, saved, settles
from tests.factories import Cast, World

# Playwright keeps an event loop in this thread, for which Django would refuse its database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST = "We built it together."
SECOND = "every lesson on the intranet"


@pytest.fixture
def scene(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def coded(cast: Cast, scene: World) -> World:
    """Olive: Intranet on the second passage; Cora: Solving and Intranet on the first."""
    code_passage(cast, scene, "olive", scene.intranet, SECOND)
    code_passage(cast, scene, "cora", scene.solving, FIRST)
    code_passage(cast, scene, "cora", scene.intranet, FIRST)
    return scene


@pytest.fixture
def long(cast: Cast, scene: World) -> Source:
    lines = [f"P1: Turn {n} is about sharing and nothing else at all." for n in range(1, 181)]
    return factories.source(cast.alder, "long", "\n".join(lines) + "\n")


def code_passage(cast: Cast, scene: World, who: str, code: object, words: str) -> Coding:
    start = factories.TEXT.index(words)
    member = Membership.objects.get(project=cast.alder, user=getattr(cast, who))
    return factories.coding(scene.source, code, member, start, start + len(words))


def in_view(page: Page) -> list[str]:
    """The texts of the brackets that are drawn."""
    return sorted(
        b.get_attribute("aria-label") or "" for b in page.locator("#transcript .bracket").all()
    )


def painted(page: Page, name: str) -> list[str]:
    """What a highlight covers, read from its ranges."""
    return page.evaluate(
        """(name) => [...(CSS.highlights.get(name) ?? [])].map((range) => {
          const live = document.createRange();
          live.setStart(range.startContainer, range.startOffset);
          live.setEnd(range.endContainer, range.endOffset);
          return live.toString();
        })""",
        name,
    )


def row(page: Page, name: str) -> Locator:
    """A code of the tree."""
    return page.locator("#code-list .reader-tree .code-button").filter(has_text=name)


def menu(page: Page, code: str, item: str) -> None:
    page.locator(f"#code-list .reader-tree .code-more[aria-label='More for {code}']").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=item).click()


def select_words(page: Page, turn: int, *keys: str) -> None:
    page.locator("p.turn").nth(turn).focus()
    for key in keys or ("s",):
        page.keyboard.press(key)


def violations(page: Page) -> list[tuple[str, list[str]]]:
    # What is half faded in or out has no contrast yet.
    page.evaluate(
        """() => Promise.race([
          Promise.allSettled(document.getAnimations().map((motion) => motion.finished)),
          new Promise((resolve) => setTimeout(resolve, 2000)),
        ])"""
    )
    found = Axe().run(page).response["violations"]
    return [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found]


def test_filter_keeps_parents_and_says_the_number(
    page: Page, live_server: object, coded: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, coded.source)
    page.get_by_label("Filter the codes").fill("solv")
    expect(page.locator("#code-filter-status")).to_have_text("1 code")
    expect(row(page, "Gains")).to_be_visible()
    expect(row(page, "Intranet")).to_be_hidden()
    page.keyboard.press("Enter")
    # Without a selection a code leads to its next passage.
    assert painted(page, "cs-target") == [FIRST]
    page.get_by_label("Filter the codes").focus()
    page.keyboard.press("Escape")
    expect(row(page, "Intranet")).to_be_visible()


def test_number_keys_apply_the_codes_at_hand(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, scene.source)
    row(page, "Solving").focus()
    page.keyboard.press("p")
    # A number typed beside the text is no command.
    select_words(page, 1)
    row(page, "Solving").focus()
    page.keyboard.press("1")
    assert quotes(scene.source) == set()
    select_words(page, 3)
    page.keyboard.press("1")
    saved(page)
    sentence = "We solve them together on Friday."
    settles(scene.source, {(sentence, "Solving")})
    select_words(page, 3, "t")
    row(page, "Intranet").click()
    saved(page)
    # Pinned first, then the last applied; both after a reload, too.
    page.reload()
    expect(page.locator(".quick-list .code-name")).to_have_text(["Solving", "Intranet"])
    select_words(page, 0)
    page.keyboard.press("2")
    saved(page)
    settles(
        scene.source,
        {
            (sentence, "Solving"),
            (sentence, "Intranet"),
            ("How do coaches share materials?", "Intranet"),
        },
    )
    # Somebody else's browser storage would be another; another person's list is empty here.
    page.context.clear_cookies()
    log_in(page, base, "cody")
    open_source(page, base, scene.source)
    expect(page.locator(".quick-list")).to_have_count(0)


def test_hidden_codes_and_coders_and_one_code_alone(
    page: Page, live_server: object, coded: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    open_source(page, base, coded.source)
    expect(page.locator(".bracket")).to_have_count(3)
    menu(page, "Solving", "Hide its passages")
    expect(page.locator(".bracket")).to_have_count(2)
    expect(page.locator("#view-state")).to_contain_text("hidden: 1 code")
    assert painted(page, f"cs-code-{coded.solving.pk}") == []
    page.locator("#coder-list").get_by_role("button", name=re.compile("Cora")).click()
    expect(page.locator(".bracket")).to_have_count(1)
    expect(page.locator("#view-state")).to_contain_text("hidden: 1 code, 1 coder")
    assert painted(page, f"cs-code-{coded.intranet.pk}") == [SECOND]
    # Remembered for this source, and nothing is gone.
    page.reload()
    expect(page.locator(".bracket")).to_have_count(1)
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".bracket")).to_have_count(3)
    expect(page.locator("#view-state")).to_be_hidden()

    menu(page, "Intranet", "Show only this code")
    expect(page.locator("#view-state")).to_contain_text("only “Intranet”")
    expect(page.locator("#transcript .bracket")).to_have_count(2)
    assert all(label.startswith("Intranet") for label in in_view(page))
    # The panel follows: at the first passage only one of its two codings is listed.
    page.locator(".bracket").last.click()
    expect(page.locator("#reader-panel .panel-list > li")).to_have_count(1)
    menu(page, "Intranet", "Show the other codes again")
    expect(page.locator("#reader-panel .panel-list > li")).to_have_count(2)


def test_next_and_previous_of_this_code(page: Page, live_server: object, coded: World) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    open_source(page, base, coded.source)
    page.locator("p.turn").first.focus()
    page.keyboard.press("n")
    assert painted(page, "cs-target") == [SECOND]
    page.keyboard.press("Shift+N")
    assert painted(page, "cs-target") == [FIRST]
    expect(page.locator("#announcer")).to_contain_text("Intranet (Cora)")
    page.keyboard.press("Shift+N")
    expect(page.locator("#announcer")).to_have_text("No passage of Intranet after this one.")
    page.keyboard.press("Shift+P")
    assert painted(page, "cs-target") == [SECOND]


def test_drag_a_code_onto_words_and_a_passage_onto_a_code(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, scene.source)
    passage = "every lesson on the intranet 🙂 naïve"
    drag_over(page, passage)
    mouse = page.mouse
    target = page.evaluate(
        """() => { const [range] = CSS.highlights.get("cs-selection");
          const live = document.createRange();
          live.setStart(range.startContainer, range.startOffset);
          live.setEnd(range.endContainer, range.endOffset);
          const box = live.getBoundingClientRect();
          return [box.left + 20, box.top + 10]; }"""
    )
    start = row(page, "Intranet").bounding_box()
    assert start
    mouse.move(start["x"] + 30, start["y"] + 8)
    mouse.down()
    mouse.move(target[0], target[1], steps=6)
    expect(page.locator(".drag-ghost")).to_have_text("Intranet")
    mouse.up()
    saved(page)
    settles(scene.source, {(passage, "Intranet")})

    # The same passage from the margin onto another code, then one let go beside any code.
    page.locator(".bracket").hover()
    box = page.locator(".bracket").bounding_box()
    assert box
    goal = row(page, "Solving").bounding_box()
    assert goal
    for x, y in [(goal["x"] + 30, goal["y"] + 8), (700, 30)]:
        mouse.move(box["x"] + 5, box["y"] + box["height"] - 3)
        mouse.down()
        mouse.move(x, y, steps=6)
        mouse.up()
        expect(page.locator(".drag-ghost")).to_have_count(0)
    saved(page)
    settles(scene.source, {(passage, "Intranet"), (passage, "Solving")})

    # And from the list at the cursor.
    page.locator(".bracket").first.click()
    item = page.locator(".panel-item").first.locator(".panel-go")
    item.hover()
    mouse.down()
    goal = row(page, "Gains").bounding_box()
    assert goal
    mouse.move(goal["x"] + 30, goal["y"] + 8, steps=6)
    mouse.up()
    settles(scene.source, {(passage, "Intranet"), (passage, "Solving"), (passage, "Gains")})


def test_find_counts_paints_and_leaves_the_text_alone(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    tricky = factories.source(cast.alder, "tricky", TRICKY)
    log_in(page, base, "cora")
    open_source(page, base, tricky)
    before = page.locator("#transcript").inner_html()
    page.locator("p.turn").first.focus()
    page.keyboard.press("f")
    page.keyboard.type("EVERY")
    expect(page.locator(".find-status")).to_have_text("1 of 1")
    assert painted(page, "cs-find-now") == ["e\u0301very"]
    page.get_by_label("Words to find").fill("naive intranet 🏳️‍🌈")
    assert painted(page, "cs-find-now") == ["naïve intranet 🏳️‍🌈"]
    page.get_by_label("Words to find").fill("P1")
    expect(page.locator(".find-status")).to_have_text("1 of 2")
    assert painted(page, "cs-find") == ["P1", "P1"]
    page.keyboard.press("Enter")
    expect(page.locator(".find-status")).to_have_text("2 of 2")
    page.get_by_label("Words to find").fill("nobody")
    expect(page.locator(".find-status")).to_have_text("not found")
    page.get_by_label("Words to find").fill("𝒜nd so")
    page.keyboard.press("Escape")
    # The hit is selected: it can be coded at once.
    assert painted(page, "cs-find") == []
    assert painted(page, "cs-selection") == ["𝒜nd so"]
    page.keyboard.press("c")
    page.keyboard.type("Intra")
    page.keyboard.press("Control+Enter")
    saved(page)
    settles(tricky, {("𝒜nd so", "Intranet")})
    page.locator(".section-codes").evaluate_all("lists => lists.forEach(list => list.remove())")
    turns = re.compile(r' tabindex="-?\d"')
    now = page.locator("#transcript").inner_html()
    assert turns.sub("", now) == turns.sub("", before)


def test_go_to_a_turn_and_come_back_to_it_later(
    page: Page, live_server: object, cast: Cast, scene: World, long: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, long)
    page.locator("p.turn").first.focus()
    page.keyboard.press("g")
    page.keyboard.type("120")
    page.keyboard.press("Enter")
    turn = page.locator("#t120")
    expect(turn).to_be_focused()
    expect(turn).to_be_in_viewport()
    page.wait_for_timeout(700)
    where = turn.bounding_box()
    assert where
    open_source(page, base, long)
    expect(turn).to_be_in_viewport()
    page.wait_for_timeout(300)
    now = turn.bounding_box()
    assert now
    assert abs(now["y"] - where["y"]) < 4
    assert painted(page, "cs-cursor") == ["Turn"]
    # A passage that is asked for wins.
    open_source(page, base, long, "?at=4-10")
    expect(page.locator("#t1")).to_be_in_viewport()
    expect(turn).not_to_be_in_viewport()


def test_sides_stay_folded(
    page: Page, live_server: object, cast: Cast, scene: World, long: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, scene.source)
    page.get_by_role("button", name="Side of the codes").click()
    expect(page.get_by_label("Filter the codes")).to_be_hidden()
    # Also in a source that is opened for the first time.
    open_source(page, base, long)
    fold = page.get_by_role("button", name="Side of the codes")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(page.get_by_label("Filter the codes")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Filter the codes")).to_be_visible()


def test_without_storage_everything_works(
    page: Page, live_server: object, cast: Cast, coded: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    page.add_init_script(
        """Object.defineProperty(window, "localStorage",
          {get() { throw new DOMException("forbidden", "SecurityError"); }});"""
    )
    log_in(page, base, "cora")
    open_source(page, base, coded.source)
    row(page, "Gains").focus()
    page.keyboard.press("p")
    menu(page, "Solving", "Hide its passages")
    expect(page.locator("#view-state")).to_contain_text("hidden: 1 code")
    page.get_by_role("button", name="Side of the passages").click()
    select_words(page, 3)
    page.keyboard.press("1")
    saved(page)
    sentence = ("We solve them together on Friday.", "Gains")
    settles(coded.source, {sentence, (FIRST, "Solving"), (FIRST, "Intranet"), (SECOND, "Intranet")})


def test_sources_with_the_progress_of_each_coder(
    page: Page, live_server: object, cast: Cast, coded: World, long: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    cora = Membership.objects.get(project=cast.alder, user=cast.cora)
    Reading.objects.create(source=coded.source, coder=cora)
    log_in(page, base, "vera")
    open_source(page, base, long)
    page.locator(".source-menu summary").click()
    lines = page.locator(".source-list a")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text(
        re.compile(r"Interview int1\s+Cora 2 codings finished\s*Olive 1 coding"),
        use_inner_text=False,
    )
    expect(lines.nth(1)).to_contain_text("not coded yet")
    expect(lines.nth(1)).to_have_attribute("aria-current", "page")
    page.keyboard.press("Escape")
    page.get_by_role("link", name=re.compile("Previous source")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Interview int1")
    expect(page.get_by_role("link", name=re.compile("Next source"))).to_be_visible()


def test_a_code_in_the_speakers_own_words(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    open_source(page, base, scene.source)
    drag_over(page, "built it together")
    page.keyboard.press("c")
    option = page.get_by_role("option", name="In vivo: “built it together”")
    option.click()
    page.keyboard.press("Control+Enter")
    saved(page)
    settles(scene.source, {("built it together", "built it together")})
    # Coders have no right to make codes: they are not offered it.
    page.context.clear_cookies()
    log_in(page, base, "cora")
    open_source(page, base, scene.source)
    select_words(page, 3)
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.get_by_role("option", name=re.compile("^In vivo"))).to_have_count(0)


def test_who_coded_is_shown_beside_a_bracket(
    page: Page, live_server: object, cast: Cast, coded: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "vera")
    open_source(page, base, coded.source)
    tip = page.locator(".bracket-tip")
    page.locator(".bracket[aria-label^='Solving']").hover()
    expect(tip).to_contain_text("coded by Cora")
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    page.locator(".bracket[aria-label*='coded by Olive']").focus()
    expect(tip).to_contain_text("coded by Olive")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(
    width: int, scheme: str, page: Page, live_server: object, cast: Cast, coded: World, long: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, base, "olive")
    open_source(page, base, coded.source)
    found = {}
    if width == 390:
        page.locator("#reader-dock").get_by_role("button", name="Codes").click()
    page.locator("#code-list .reader-tree .code-more").nth(1).click()
    found["code menu"] = violations(page)
    page.get_by_role("menuitem", name="Pin to the top").click()
    page.locator("#coder-list button").first.click()
    page.locator("#code-list .reader-tree .code-more").nth(2).click()
    page.get_by_role("menuitem", name="Show only this code").click()
    page.get_by_label("Filter the codes").fill("in")
    found["hidden, alone, filtered"] = violations(page)
    page.get_by_role("button", name="Show all").click()
    page.keyboard.press("Escape")
    page.locator(".source-menu summary").click()
    found["sources"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Find", exact=True).click()
    page.keyboard.type("to")
    found["find"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Go to", exact=True).click()
    found["go to a turn"] = violations(page)
    page.keyboard.press("Escape")
    if width == 1440:
        page.get_by_role("button", name="Side of the codes").click()
        page.get_by_role("button", name="Side of the passages").click()
        found["folded"] = violations(page)
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert {name: bad for name, bad in found.items() if bad} == {}
    assert overflow <= 0
