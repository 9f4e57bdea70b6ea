"""Going through the places of a round in a browser: by keys, by hand, in bulk; one's own page."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Coding, Comparison, Round
from coding.services import adjudication
from tests import factories
from tests.e2e.test_coding import log_in
from tests.factories import Cast, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = factories.TEXT


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def held(cast: Cast, world: World) -> Round:
    """In order: agreed 5–12, borders 41–70, other code 80–90 (two places), missed 120–131."""
    row = factories.opened_round(cast)
    cora, cody = (cast.access(who).membership for who in ("cora", "cody"))
    factories.share(
        row,
        world.source,
        cora,
        [(world.gains, 5, 12), (world.intranet, 41, 60), (world.solving, 80, 90)],
    )
    factories.share(
        row,
        world.source,
        cody,
        [
            (world.gains, 5, 12),
            (world.intranet, 50, 70),
            (world.intranet, 80, 90),
            (world.solving, 120, 131),
        ],
    )
    adjudication.make_comparisons(access=cast.access("liam"), held=row)
    return row


def agreed() -> list[tuple[str, int, int]]:
    rows = Coding.objects.agreed().order_by("start", "code__name")
    return list(rows.values_list("code__name", "start", "end"))


def decisions() -> list[str]:
    return list(Comparison.objects.values_list("decision", flat=True))


def ready(page: Page, place: int) -> None:
    """The place of this number is in hand, and the keys answer."""
    expect(page.locator(".desk-step")).to_contain_text(f"{place} of 5")
    page.wait_for_selector("html[data-desk-ready=true]", state="attached")


def clean(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_a_round_is_decided_by_keys(
    page: Page, live_server: object, cast: Cast, world: World, held: Round
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    page.goto(f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/review/")
    expect(page.get_by_role("heading", name="Review of “Pilot round”")).to_be_visible()
    clean(page)
    page.get_by_role("link", name="Interview int1").click()
    at = page.locator(".place[aria-current]")
    sentence = page.locator(".desk-sentence")
    expect(sentence).to_have_text("Cody and Cora agree.")
    clean(page)
    # Steps.
    ready(page, 1)
    page.keyboard.press("n")
    ready(page, 2)
    expect(sentence).to_have_text("Cody and Cora differ about where it begins and where it ends.")
    expect(at).to_contain_text("boundary only")
    page.keyboard.press("p")
    ready(page, 1)
    expect(sentence).to_have_text("Cody and Cora agree.")
    page.keyboard.press("n")
    ready(page, 2)
    # A is Cody; a reason first.
    page.keyboard.press("w")
    page.keyboard.type("The shorter one begins too late")
    page.locator("h1").click()
    page.keyboard.press("u")
    expect(page.get_by_text("Agreed: “Intranet” is coded here.")).to_be_visible()
    expect(sentence).to_have_text("Cody coded it; Cora coded “Solving” here.")
    ready(page, 3)
    page.keyboard.press("a")
    expect(sentence).to_have_text("Cora coded it; Cody coded “Intranet” here.")
    ready(page, 4)
    page.keyboard.press("x")
    expect(page.get_by_text("Agreed: “Solving” is not coded here.")).to_be_visible()
    expect(sentence).to_have_text("Cody coded it; Cora did not.")
    ready(page, 5)
    assert agreed() == [("Intranet", 41, 70), ("Intranet", 80, 90)]
    # Taken back, and decided anew.
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back: the place is as it was before.")).to_be_visible()
    assert sorted(decisions()) == ["", "", "", "taken", "union"]
    # By hand: the end a word further.
    page.goto(f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/review/{world.source.pk}/")
    for place in range(1, 5):
        ready(page, place)
        page.keyboard.press("n")
    ready(page, 5)
    expect(sentence).to_have_text("Cody coded it; Cora did not.")
    page.keyboard.press("e")
    page.locator("#review-text").focus()
    before = page.locator("#review-mark").inner_text()
    page.keyboard.press("]")
    page.keyboard.press("}")
    after = page.locator("#review-mark").inner_text()
    assert after != before
    page.get_by_role("button", name="These words are agreed on").click()
    expect(page.get_by_text("Agreed: “Solving” is coded here.")).to_be_visible()
    (start, end) = next((s, e) for name, s, e in agreed() if name == "Solving")
    assert TEXT[start:end] == after


def test_agreed_places_are_accepted_and_each_coder_learns_why(
    page: Page, live_server: object, cast: Cast, world: World, held: Round
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    home = f"{base}/projects/{cast.alder.pk}/rounds/{held.pk}/review/"
    border = Comparison.objects.get(kind="boundary")
    adjudication.decide(
        access=cast.access("olive"), compared=border, decision="union", why="Both halves matter"
    )
    log_in(page, base, "liam")
    page.goto(home)
    page.get_by_role("link", name="Accept agreed places…").click()
    expect(page.get_by_role("heading", name="Accept agreed places")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Accept 1 agreed place").click()
    expect(page.get_by_text("2 of 5 places decided")).to_be_visible()
    assert agreed() == [("Gains", 5, 12), ("Intranet", 41, 70)]
    page.get_by_role("button", name="Take that back").click()
    expect(page.get_by_text("1 of 5 places decided")).to_be_visible()
    assert agreed() == [("Intranet", 41, 70)]
    page.context.clear_cookies()
    log_in(page, base, "cora")
    page.goto(home)
    page.get_by_role("link", name="You and the agreed coding").click()
    expect(page.get_by_text("Both halves matter")).to_be_visible()
    expect(page.get_by_text("After discussion – not a measure of reliability")).to_be_visible()
    clean(page)
    page.locator(".own-passages a").first.click()
    expect(page.locator(".desk-sentence")).to_contain_text("differ about")
    page.get_by_label("Comment").fill("I see it now.")
    page.get_by_role("button", name="Comment", exact=True).click()
    said = page.get_by_role("region", name="What was said about it")
    expect(said).to_contain_text("I see it now.")
    expect(page.get_by_role("button", name="Take A")).to_have_count(0)
    clean(page)
