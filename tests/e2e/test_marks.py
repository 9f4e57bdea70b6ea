"""The reading and print view: on screen, on paper, without scripts, and where it is pointed to."""

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.e2e.test_coding import log_in
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    """Three passages: two that overlap, by two coders, and one over two turns."""
    world = factories.world(cast.alder)
    text = factories.TEXT
    world.solving.colour = 3
    world.solving.save()
    cora, cody = cast.access("cora").membership, cast.access("cody").membership
    for code, coder, words in (
        (world.intranet, cora, "every lesson on the intranet"),
        (world.solving, cody, "the intranet 🙂 naïve"),
    ):
        start = text.index(words)
        factories.coding(world.source, code, coder, start, start + len(words))
    factories.coding(
        world.source, world.gains, cora, text.index("And problems"), text.index("on Friday")
    )
    return world


def test_from_the_reader_to_paper_and_back(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "vera")
    reader = f"{base}/projects/{cast.alder.pk}/sources/{scene.source.pk}/"
    page.goto(reader)
    expect(page.locator("#transcript p.turn").first).to_be_visible()
    expect(page.locator("#no-highlights")).to_be_hidden()
    more = page.locator("details.source-more > summary")
    more.focus()
    page.keyboard.press("Enter")
    # A viewer may read, not correct.
    expect(page.locator("details.source-more a")).to_have_text(
        [
            "Memos about this source",
            "Reading and print view",
            "Versions of the text (now 1)",
            "Original file",
            "History of this source",
        ]
    )
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Reading and print view", exact=True).click()
    expect(page.get_by_role("heading", name="Interview int1")).to_be_visible()
    # A label stands in its line like any other word.
    label = page.locator(".marked-words .speaker").first
    assert label.evaluate("(element) => getComputedStyle(element).padding") == "0px"
    heard = page.locator(".marked").aria_snapshot()
    assert "[begin of 1 Intranet · Cora]" in heard
    assert "mark: the intranet" in heard
    assert "[end of" in heard
    words = paper(page)
    for said in (
        "Alder study",
        "3 coded passages",
        "Cody, Cora",
        "1 Intranet · Cora",
        "What the team gets",
        "turns 3–4",
    ):
        assert said in words, said
    assert "Open in the reader" not in words
    # The passages of one coder: the link in the list leads to where its passage begins.
    page.get_by_role("checkbox", name="Cody").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("1 of 3 coded passages")).to_be_visible()
    page.locator(".passage-list").get_by_role("link", name="Solving").click()
    expect(page).to_have_url(f"{reader}marks/?code=&coder={coder_id(cast, 'cody')}#p1")
    page.get_by_role("link", name="Open in the reader").click()
    expect(page.locator("#transcript p.turn").first).to_be_visible()
    assert f"/sources/{scene.source.pk}/marks/" in paper(page)


def coder_id(cast: Cast, who: str) -> int:
    return cast.access(who).membership.pk


def paper(page: Page) -> str:
    """The words of the printed page, which must be A4 where the page says so."""
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    if "/marks/" in page.url:
        assert [round(side) for side in document[0].get_size()] == [595, 842]
    return "\n".join(sheet.get_textpage().get_text_range() for sheet in document)


def test_a_browser_that_cannot_paint_is_led_there(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "vera")
    page.add_init_script("delete CSS.highlights")
    page.goto(f"{base}/projects/{cast.alder.pk}/sources/{scene.source.pk}/")
    expect(page.locator("#no-highlights")).to_be_visible()
    page.get_by_role("link", name="The reading and print view marks them in the text.").click()
    expect(page.locator(".marked mark").first).to_have_text("every lesson on ")


def test_without_scripts(chromium: Browser, live_server: object, cast: Cast, scene: World) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    log_in(page, base, "vera")
    page.goto(f"{base}/projects/{cast.alder.pk}/sources/{scene.source.pk}/")
    page.get_by_role("link", name="The reading and print view shows every coded passage.").click()
    expect(page.locator(".marked mark").first).to_have_text("every lesson on ")
    page.get_by_label("Code, with the codes below it").select_option(label="Gains › Solving")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".marked mark")).to_have_text(["the intranet 🙂 naïve"])
    context.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    width: int, scheme: str, page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, base, "olive")
    for query in ("", f"?code={scene.solving.pk}", f"?coder={coder_id(cast, 'liam')}"):
        page.goto(f"{base}/projects/{cast.alder.pk}/sources/{scene.source.pk}/marks/{query}")
        found = [v["id"] for v in Axe().run(page).response["violations"]]
        assert found == [], query
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, query
