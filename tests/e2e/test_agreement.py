"""The agreement of a round in a browser: from a coefficient to the words, filters, report, axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Assignment, Round
from tests.cases import rounds
from tests.e2e.test_coding import log_in
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def held(cast: Cast) -> Round:
    held, codes, sources = rounds.small(cast, 6)
    liam, cody = (cast.access(name).membership for name in ("liam", "cody"))
    for source in sources[:5]:
        rounds.share(held, source, liam, rounds.in_turns(codes["Gains"], 2, 7))
    rounds.share(held, sources[5], liam, None)
    Assignment.objects.filter(coder=cody, source=sources[0]).update(passages=[])
    later = rounds.opened(cast.alder, 2)
    for who in (liam, cody):
        rounds.share(later, sources[0], who, rounds.in_turns(codes["Gains"], 1))
    return held


def test_three_clicks_from_a_coefficient_to_the_words(
    page: Page, live_server: object, cast: Cast, held: Round
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    page.goto(f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/agreement/")
    expect(page.locator(".lede")).to_have_text("66 speaker turns in 6 sources by 3 coders")
    first = page.locator("table.codes tbody tr").first
    expect(first).to_contain_text("Gains")
    first.get_by_role("link", name="Gains").click()
    expect(page.get_by_role("heading", name="The arithmetic")).to_be_visible()
    expect(page.locator(".formula").first).to_contain_text("α = 1 − Do ÷ De")
    page.locator(".passage-meta a").first.click()
    expect(page.locator("html[data-reader-ready=true]")).to_be_attached()
    assert "?at=" in page.url


def test_sorting_and_filters_are_the_address(
    page: Page, live_server: object, cast: Cast, held: Round
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    page.goto(f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/agreement/")
    page.get_by_role("link", name="Applied").click()
    expect(page.locator("table.codes th[aria-sort=ascending]")).to_contain_text("Applied")
    expect(page.locator("table.codes tbody tr").first).to_contain_text("Loss")
    page.get_by_label("Unit").select_option("character")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".lede")).to_contain_text("characters in 6 sources")
    # Why a figure is missing opens by keys.
    page.goto(f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/agreement/?unit=overlap")
    reason = page.locator("table.codes details.why").first
    reason.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(reason.locator("span")).to_be_visible()


def test_the_report_is_there_to_be_copied(
    page: Page, live_server: object, cast: Cast, held: Round
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    page.goto(f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/agreement/")
    page.get_by_role("link", name="Report and files").click()
    text = page.get_by_label("Methods paragraph")
    text.focus()
    chosen = page.evaluate("() => window.getSelection().toString()")
    assert chosen.startswith("3 coders independently and blindly coded 6 of 6 sources")
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel (XLSX)").click()
    assert download.value.suggested_filename.endswith(".xlsx")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    page: Page, live_server: object, cast: Cast, held: Round, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "cora")
    first = f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/agreement/"
    code = cast.alder.codes.get(name="Gains").pk
    for path in ("", "?unit=overlap&interval=bootstrap&rollup=1", f"{code}/", "report/"):
        page.goto(first + path)
        expect(page.locator("h1")).to_be_visible()
        results = Axe().run(page)
        assert results.violations_count == 0, (path, results.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (path, wide)
