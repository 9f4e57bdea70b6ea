"""The codebook in a browser: moving by keys and by dragging, the queue by keys, axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding import queries
from coding.models import Code
from coding.services import codebook
from tests import factories
from tests.e2e.test_coding import log_in, open_source
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    world = factories.world(cast.alder)
    cora = cast.access("cora").membership
    for start in (5, 20):
        factories.coding(world.source, world.intranet, cora, start, start + 8)
    return world


def tree(page: Page) -> list[str]:
    rows: list[str] = page.eval_on_selector_all(
        "#code-tree [data-code]",
        "rows => rows.map((r) => `${r.className} ${r.querySelector('a').textContent.trim()}`)",
    )
    return rows


def test_a_code_is_moved_by_keys_and_by_dragging(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    page.goto(f"{base}/projects/{cast.alder.pk}/codes/")
    assert tree(page) == ["depth-0 Gains", "depth-1 Intranet", "depth-1 Solving"]
    solving = page.locator("#code-tree a.chip", has_text="Solving")
    solving.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#announcer")).to_contain_text("“Solving” is at its new place below Gains.")
    expect(solving).to_be_focused()
    assert tree(page) == ["depth-0 Gains", "depth-1 Solving", "depth-1 Intranet"]
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator("#code-tree .depth-0")).to_have_count(2)
    assert tree(page) == ["depth-0 Gains", "depth-1 Intranet", "depth-0 Solving"]
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#announcer")).to_contain_text("nowhere to go")
    row = page.locator("#code-tree tbody tr")
    height = (row.nth(0).bounding_box() or {})["height"]
    row.nth(2).drag_to(row.nth(0), target_position={"x": 40, "y": height - 3})
    expect(page.locator("#code-tree .depth-1")).to_have_count(2)
    assert tree(page) == ["depth-0 Gains", "depth-1 Intranet", "depth-1 Solving"]
    assert Code.objects.get(name="Solving").parent == scene.gains


def test_the_queue_goes_by_keys(page: Page, live_server: object, cast: Cast, scene: World) -> None:
    liam = cast.access("liam")
    codebook.begin_split(access=liam, code=scene.intranet, into=[scene.solving], names=["Wiki"])
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    page.goto(f"{base}/projects/{cast.alder.pk}/codes/{scene.intranet.pk}/review/")
    expect(page.locator(".progress")).to_contain_text("0 of 2 looked at")
    page.keyboard.press("2")
    expect(page.locator(".messages")).to_contain_text("Coded with Wiki instead of “Intranet”.")
    page.keyboard.press("u")
    expect(page.locator(".progress")).to_contain_text("0 of 2 looked at")
    page.keyboard.press("b")
    page.keyboard.press("1")
    expect(page.locator(".messages")).to_contain_text("Coded with “Intranet” and with Solving.")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Nothing waits here")).to_be_visible()


def test_an_example_is_chosen_in_the_reader_by_button_and_key(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    open_source(page, base, scene.source, "?at=5-13")
    item = page.locator(".panel-item")
    badge = item.locator(".badge", has_text="example")
    expect(badge).to_have_count(0)
    item.get_by_role("button", name="Make it an example of Intranet").focus()
    page.keyboard.press("Enter")
    expect(badge).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("An example of “Intranet” now.")
    # The focus stays on the button, which now does the opposite.
    expect(item.get_by_role("button", name="No longer an example of Intranet")).to_be_focused()
    assert queries.example_rows(cast.access("liam"), scene.source) != []
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    page.keyboard.press("e")
    expect(badge).to_have_count(0)
    expect(page.locator("#announcer")).to_contain_text("No longer an example of “Intranet”.")
    assert queries.example_rows(cast.access("liam"), scene.source) == []
    page.locator("#transcript").focus()
    page.keyboard.press("e")
    expect(badge).to_be_visible()
    page.reload()
    expect(badge).to_be_visible()


def test_who_may_not_edit_the_codebook_sees_which_are_examples(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    liam = cast.access("liam")
    coding = queries.codings_of_code(liam, scene.intranet).get(start=5)
    codebook.add_example(access=liam, code=scene.intranet, coding=coding)
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    open_source(page, base, scene.source, "?at=5-13")
    expect(page.locator(".panel-item .badge", has_text="example")).to_be_visible()
    expect(page.locator(".panel-example")).to_have_count(0)
    page.locator("#transcript").focus()
    page.keyboard.press("e")
    expect(page.locator("#announcer")).to_contain_text("Who may edit the codebook")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    page: Page, live_server: object, cast: Cast, scene: World, width: int, scheme: str
) -> None:
    liam = cast.access("liam")
    version = codebook.freeze(access=liam, name="Pilot")
    codebook.begin_split(access=liam, code=scene.intranet, into=[], names=["Wiki"])
    asked = codebook.propose(access=cast.access("cora"), code=scene.gains, name="Won")
    codebook.retire_code(access=liam, code=scene.solving)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    one = f"{scene.intranet.pk}/"
    for path in (
        "",
        one,
        f"{one}edit/",
        f"{one}move/",
        f"{one}retire/",
        f"{one}merge/?into={scene.gains.pk}",
        f"{one}split/",
        f"{one}review/",
        "versions/",
        f"versions/{version.pk}/?with=now",
        f"versions/{version.pk}/restore/",
        "proposals/",
        "proposals/new/",
        f"proposals/{asked.pk}/",
    ):
        page.goto(f"{base}/projects/{cast.alder.pk}/codes/{path}")
        result = Axe().run(page)
        assert result.violations_count == 0, (path, result.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
