"""Memos in a browser: one about a code with a link and a mention, found by whoever is meant."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.services import notes
from coding.subjects import Ref
from tests import factories
from tests.e2e.test_coding import log_in
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    world = factories.world(cast.alder)
    cora = cast.access("cora").membership
    factories.coding(world.source, world.intranet, cora, 5, 13)
    return world


def test_a_memo_finds_whoever_is_meant(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    home = f"{base}/projects/{cast.alder.pk}/"
    log_in(page, base, "cora")
    page.goto(f"{home}codes/{scene.intranet.pk}/")
    section = page.locator("#memos")
    section.get_by_text("Write a memo").click()
    section.get_by_role("link", name="With title and links…").click()
    page.get_by_label("Title").fill("How wide it is")
    page.get_by_label("Kind").select_option("decision")
    page.get_by_label("Memo", exact=True).fill("Keep it **wide**? @[Liam]")
    page.get_by_text("Cases 1").click()
    page.get_by_label("North").check()
    page.get_by_role("button", name="Save memo").click()
    expect(page.locator(".messages")).to_contain_text("The memo is saved.")
    expect(page.locator("#memos .memo-card")).to_contain_text("Points to: case North")
    expect(page.locator("#memos .memo-body strong").first).to_have_text("wide")

    page.context.clear_cookies()
    log_in(page, base, "liam")
    page.goto(home)
    page.get_by_role("link", name="1 memo mentions you").click()
    card = page.locator(".memo-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("about the code Intranet")
    expect(card.locator(".mention")).to_have_text("@Liam")
    page.locator(".memo-head").get_by_text("Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert "## How wide it is" in text
    assert "Keep it **wide**? @\\[Liam\\]" in text

    page.locator(".memo-head").get_by_text("Export").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".memo-undo")).to_contain_text("The memo is removed.")
    expect(page.locator(".memo-card")).to_have_count(0)
    page.get_by_role("button", name="Undo: bring it back").click()
    expect(page.locator(".memo-card")).to_have_count(1)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    page: Page, live_server: object, cast: Cast, scene: World, width: int, scheme: str
) -> None:
    access = cast.access("cora")
    things = {"code": scene.intranet, "participant": scene.participant, "case": scene.case}
    for subject, row in things.items():
        note = notes.create(
            access=access,
            about=Ref(subject, row.guid),
            title="A title",
            kind="method",
            text="# One\n\n- two\n\n> three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`"
            + "long" * 60
            + "` @[Liam]",
            links=(Ref("source", scene.source.guid),),
        ).note
    assert note is not None
    gone = notes.remove(access=access, note=note).note
    assert gone is not None
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    code = f"code:{scene.intranet.guid}"
    for path in (
        "notebook/",
        f"notebook/?of={code}",
        f"notebook/?removed={gone.guid}",
        "notebook/?kind=reflexive",
        f"notebook/new/?about={code}",
        f"codes/{scene.intranet.pk}/",
        f"participants/{scene.participant.pk}/",
        "cases/",
    ):
        page.goto(f"{base}/projects/{cast.alder.pk}/{path}")
        expect(page.locator("h1")).to_be_visible()
        for closed in page.locator(".memo-add > summary, .memo-pick > summary").all():
            closed.click()
        result = Axe().run(page)
        assert result.violations_count == 0, (path, result.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
