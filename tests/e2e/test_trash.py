"""The trash and the history in a browser: away, gone everywhere, back; undo days later; axe."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from coding.models import Coding
from coding.services.codings import add_codings, remove_coding
from coding.services.trash import remove_code, remove_source, restore_source
from projects.models import Event
from projects.services import redaction
from tests import factories
from tests.e2e.test_coding import log_in
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(cast: Cast) -> World:
    world = factories.world(cast.alder)
    for start in (5, 20):
        add_codings(
            access=cast.access("cora"),
            source=world.source,
            start=start,
            end=start + 8,
            quote=factories.TEXT[start : start + 8],
            codes=[world.intranet],
        )
    return world


def test_a_source_and_a_code_go_and_come_back(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = f"{live_server.url}/projects/{cast.alder.pk}"  # type: ignore[attr-defined]
    log_in(page, live_server.url, "liam")  # type: ignore[attr-defined]
    page.goto(f"{base}/codes/{scene.intranet.pk}/")
    page.get_by_text("Change the tree").click()
    page.get_by_role("link", name="Put into the trash…").click()
    expect(page.get_by_role("main")).to_contain_text("2 coded passages")
    page.get_by_role("button", name="Put into the trash").click()
    expect(page.locator(".messages")).to_contain_text("“Intranet” is in the trash.")
    expect(page.locator("#code-tree")).not_to_contain_text("Intranet")

    page.goto(f"{base}/sources/{scene.source.pk}/")
    expect(page.locator("html[data-reader-ready=true]")).to_be_attached()
    expect(page.locator("body")).not_to_contain_text("Intranet")
    page.locator(".source-more summary").click()
    page.get_by_role("link", name="Put into the trash…").click()
    page.get_by_role("button", name="Put into the trash").click()
    expect(page.get_by_role("heading", name="No sources yet")).to_be_visible()

    page.goto(f"{base}/trash/")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("link", name="Empty the trash…")).to_have_count(0)
    page.get_by_role("button", name=f"Restore {scene.source.title}").click()
    expect(page.locator(".messages")).to_contain_text("is back where it was")
    page.get_by_role("button", name="Restore Intranet").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    page.goto(f"{base}/codes/")
    expect(page.locator("#code-tree")).to_contain_text("Intranet")
    assert Coding.objects.present().count() == 2


def test_an_open_reader_says_that_its_source_went_and_came_back(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = f"{live_server.url}/projects/{cast.alder.pk}"  # type: ignore[attr-defined]
    log_in(page, live_server.url, "cora")  # type: ignore[attr-defined]
    page.goto(f"{base}/sources/{scene.source.pk}/")
    expect(page.locator("html[data-reader-ready=true]")).to_be_attached()
    gone = page.locator(".notice", has_text="This source has been put into the trash.")
    remove_source(access=cast.access("liam"), source=scene.source)
    expect(gone).to_be_visible(timeout=10_000)
    expect(gone).to_contain_text("What is not saved yet is kept in this browser")
    restore_source(access=cast.access("liam"), source=scene.source)
    expect(gone).to_have_count(0, timeout=20_000)


def test_an_open_reader_says_that_its_source_is_out_of_reach(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    base = f"{live_server.url}/projects/{cast.alder.pk}"  # type: ignore[attr-defined]
    log_in(page, live_server.url, "cora")  # type: ignore[attr-defined]
    page.goto(f"{base}/sources/{scene.source.pk}/")
    expect(page.locator("html[data-reader-ready=true]")).to_be_attached()
    me = cast.access("cora").membership
    type(me).objects.filter(pk=me.pk).update(ended_at=timezone.now())
    gone = page.locator(".notice", has_text="This source is no longer there.")
    expect(gone).to_be_visible(timeout=10_000)
    expect(gone.get_by_role("link", name="To the sources")).to_have_attribute(
        "href", f"/projects/{cast.alder.pk}/sources/"
    )


def test_a_removal_is_undone_days_later(
    page: Page, live_server: object, cast: Cast, scene: World
) -> None:
    coding = Coding.objects.get(start=5)
    remove_coding(access=cast.access("cora"), coding=coding)
    redaction._open().update(at=timezone.now() - timedelta(days=12))
    base = f"{live_server.url}/projects/{cast.alder.pk}"  # type: ignore[attr-defined]
    log_in(page, live_server.url, "olive")  # type: ignore[attr-defined]
    page.goto(f"{base}/history/")
    page.get_by_label("Only").select_option("removed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".history > li")).to_have_count(1)
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_role("main")).to_contain_text("1 coded passage")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".messages")).to_contain_text("Undone.")
    newest = page.locator(".history > li").first
    expect(newest).to_contain_text("undo")
    newest.get_by_role("link", name="open the passage").click()
    expect(page.locator("html[data-reader-ready=true]")).to_be_attached()
    assert page.url.endswith("?at=5-13")
    coding.refresh_from_db()
    assert coding.removed_at is None
    assert Event.objects.latest("id").actor == cast.olive


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    page: Page, live_server: object, cast: Cast, scene: World, width: int, scheme: str
) -> None:
    olive = cast.access("olive")
    remove_code(access=olive, code=scene.solving)
    other = factories.source(cast.alder, "s2", "P1: Another talk.\n")
    remove_source(access=olive, source=other)
    line = Event.objects.latest("id")
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    base = f"{live_server.url}/projects/{cast.alder.pk}"  # type: ignore[attr-defined]
    log_in(page, live_server.url, "olive")  # type: ignore[attr-defined]
    for path in (
        "history/",
        "history/?group=removed&from=2020-01-01",
        "history/?to=2020-01-01",
        f"history/{line.pk}/undo/",
        "trash/",
        f"trash/{other.guid}/delete/",
        "trash/empty/",
        f"sources/{scene.source.pk}/remove/",
        f"codes/{scene.gains.pk}/remove/",
        f"cases/{scene.case.pk}/remove/",
        "cases/",
    ):
        page.goto(f"{base}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        result = Axe().run(page)
        assert result.violations_count == 0, (path, result.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
