"""Several people at once, and a network that goes away: nothing is lost, nothing is done twice."""

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from coding.models import Coding
from coding.services.codings import remove_coding
from projects.models import Event, Membership
from tests import factories
from tests.e2e.test_coding import choose, drag_over, log_in, open_source, quotes, saved, settles
from tests.factories import Cast, World

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "every lesson"
TAG = (WORDS, "Intranet")


@pytest.fixture
def scene(cast: Cast) -> World:
    cache.clear()
    return factories.world(cast.alder)


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Any]:
    """Windows of different people. The network is broken on purpose: the console may say so."""
    made: list[BrowserContext] = []
    trouble: list[str] = []

    def new() -> Page:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        made.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        # "There is something unsent": leave all the same.
        page.on("dialog", lambda dialog: dialog.accept())
        # A script that fails fails the test.
        page.on("pageerror", lambda error: trouble.append(str(error)))
        return page

    yield new
    for context in made:
        context.close()
    assert trouble == []


def opened(contexts: Any, base: str, who: str, scene: World, at: str = "") -> Page:
    page: Page = contexts()
    log_in(page, base, who)
    open_source(page, base, scene.source, at)
    expect(page.locator("html")).to_have_attribute("data-reader-ready", "true")
    return page


def tag(page: Page) -> None:
    drag_over(page, WORDS)
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("Intra")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#palette")).to_be_hidden()


def state(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#save-state .save-words")).to_have_text(words)


def brackets(page: Page, number: int) -> None:
    expect(page.locator("#transcript .bracket")).to_have_count(number)


def test_anothers_passage_and_its_removal_appear_without_reload(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    cora = opened(contexts, live_server.url, "cora", scene)
    cody = opened(contexts, live_server.url, "cody", scene)
    # Cody has a selection and has scrolled: neither may move.
    cody.set_viewport_size({"width": 1440, "height": 300})
    drag_over(cody, "solve them together")
    place = "[scrollY, document.getSelection().toString(), document.activeElement.id]"
    before = cody.evaluate(place)
    selected = cody.locator("#panel-selection").text_content()
    assert selected
    expect(cody.locator("#reader-present")).to_have_text("Cora is here")
    expect(cora.locator("#reader-present")).to_have_text("Cody is here")

    tag(cora)
    start = time.monotonic()
    brackets(cody, 1)
    print(f"another coder's passage after {time.monotonic() - start:.2f} s")
    expect(cody.locator("#reader-coders")).to_contain_text("Cora")
    assert cody.evaluate(place) == before
    assert cody.locator("#panel-selection").text_content() == selected

    saved(cora)
    coding = Coding.objects.present().get(source=scene.source)
    remove_coding(access=cast.access("liam"), coding=coding)
    start = time.monotonic()
    for page in (cody, cora):
        brackets(page, 0)
    print(f"a removal after {time.monotonic() - start:.2f} s")

    # Whoever leaves is not here any more.
    cora.goto("about:blank")
    expect(cody.locator("#reader-present")).to_have_text("", timeout=20_000)


def test_the_list_of_sources_says_who_is_where(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    opened(contexts, live_server.url, "cora", scene)
    cody: Page = contexts()
    log_in(cody, live_server.url, "cody")
    cody.goto(f"{live_server.url}/projects/{cast.alder.pk}/sources/")
    expect(cody.locator(".present")).to_have_text("Cora is here")
    assert Axe().run(cody).response["violations"] == []


def test_offline_the_tag_shows_at_once_and_is_sent_once(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    page.context.set_offline(True)
    tag(page)
    brackets(page, 1)
    state(page, re.compile(r"Not saved — (1 change waits|retrying \(1 change\))"))
    assert quotes(scene.source) == set()
    page.context.set_offline(False)
    state(page, "Saved")
    settles(scene.source, {TAG})
    assert Event.objects.filter(verb="coding.added").count() == 1
    brackets(page, 1)


def test_a_lost_answer_and_the_retry_make_one_coding(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    seen: list[int] = []

    def swallow(route: Route) -> None:
        if route.request.method != "POST" or seen:
            route.fallback()
            return
        # The server does it; its answer never arrives.
        seen.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/codings/", swallow)
    tag(page)
    state(page, "Saved")
    assert seen == [201]
    settles(scene.source, {TAG})
    assert Coding.objects.filter(source=scene.source).count() == 1
    assert Event.objects.filter(verb="coding.added").count() == 1
    brackets(page, 1)
    page.get_by_role("button", name="Undo").click()
    brackets(page, 0)
    settles(scene.source, set())


def test_a_reload_keeps_what_is_unsent(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    page.route("**/codings/", lambda route: route.abort())
    tag(page)
    state(page, re.compile("Not saved"))
    warned: list[str] = []
    page.on("dialog", lambda dialog: warned.append(dialog.type))
    page.reload()
    assert warned == ["beforeunload"]
    # The page is new and the way to the server still broken: the tag is there.
    brackets(page, 1)
    state(page, re.compile("Not saved"))
    # A person without any network meets the browser's own error page, and comes back later.
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    assert quotes(scene.source) == set()
    page.unroute("**/codings/")
    page.context.set_offline(False)
    open_source(page, live_server.url, scene.source)
    state(page, "Saved")
    settles(scene.source, {TAG})
    brackets(page, 1)


def test_undo_of_what_is_unsent(contexts: Any, live_server: Any, cast: Cast, scene: World) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    page.context.set_offline(True)
    tag(page)
    state(page, re.compile("Not saved"))
    page.get_by_role("button", name="Undo").click()
    brackets(page, 0)
    page.context.set_offline(False)
    state(page, "Saved")
    settles(scene.source, set())
    brackets(page, 0)


def test_what_is_refused_is_explained(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    """Cora has become a viewer meanwhile."""
    page = opened(contexts, live_server.url, "cora", scene)
    Membership.objects.filter(project=cast.alder, user=cast.cora).update(role="viewer")
    tag(page)
    notice = page.locator("#reader-aside .notice")
    expect(notice).to_contain_text("“every lesson” is not coded with Intranet.")
    expect(notice).to_contain_text("As viewer you may not do this")
    expect(notice).to_contain_text("The mark has been taken away again.")
    brackets(page, 0)
    assert Axe().run(page).response["violations"] == []
    notice.get_by_role("button", name="Discard").click()
    expect(page.locator("#reader-aside")).to_be_hidden()
    state(page, "Saved")


def test_an_expired_log_in_keeps_the_tag_for_this_person_only(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    tag(page)
    state(page, "Not saved — log in again")
    link = page.locator("#reader-notices").get_by_role("link", name=re.compile("Log in"))
    expect(link).to_have_attribute("href", "/accounts/login/")
    # Somebody else logs in in another tab: nothing is sent under the wrong name.
    other = page.context.new_page()
    log_in(other, live_server.url, "cody")
    expect(page.locator("#reader-notices")).to_contain_text("Somebody else is logged in")
    assert quotes(scene.source) == set()
    brackets(page, 1)
    # The same person again: with a new session, and so with another token.
    page.context.clear_cookies()
    assert cookies
    log_in(other, live_server.url, "cora")
    state(page, "Saved")
    expect(page.locator("#reader-notices")).to_be_hidden()
    settles(scene.source, {TAG})
    (coding,) = Coding.objects.present().filter(source=scene.source)
    assert coding.coder.user == cast.cora


def test_a_new_code_of_a_colleague_can_be_used_without_reload(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    from coding.services.codebook import create_code

    page = opened(contexts, live_server.url, "cora", scene)
    create_code(access=cast.access("liam"), name="Shared pages")
    expect(page.locator("#code-list")).to_contain_text("Shared pages")
    drag_over(page, WORDS)
    page.keyboard.press("c")
    choose(page, "Shared")
    settles(scene.source, {(WORDS, "Shared pages")})
