"""Work that waits to be saved: offline, across reloads, while the world changes."""

import os
import re
from hashlib import sha256
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from coding.models import Code, Coding, Note, Source, SourceText
from coding.services.codebook import change_code
from coding.services.trash import remove_source, restore_source
from projects.models import Event, Membership
from tests import factories
from tests.e2e.test_coding import choose, drag_over, open_source, quotes, saved, settles
from tests.e2e.test_live import brackets, contexts, opened, state, tag
from tests.factories import Cast, World

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "every lesson"
KEPT = "Object.keys(localStorage).filter(name => name.startsWith('cs-unsent')).length"
__all__ = ["contexts"]


@pytest.fixture
def scene(cast: Cast) -> World:
    cache.clear()
    return factories.world(cast.alder)


def own(cast: Cast, scene: World, words: str, code: Code) -> Coding:
    start = factories.TEXT.index(words)
    coder = Membership.objects.get(project=cast.alder, user=cast.cora)
    return factories.coding(scene.source, code, coder, start, start + len(words))


def pick(page: Page, words: str) -> None:
    """The cursor on a passage of Cora's, from the list of the passage's place in the text."""
    start = factories.TEXT.index(words)
    page.locator(f".bracket[data-from='{start}']").first.click()
    expect(page.locator("#reader-panel .panel-item")).to_have_count(1)


def test_a_whole_piece_of_work_offline_is_saved_exactly_once(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    widened = own(cast, scene, "coaches", scene.intranet)
    recoded = own(cast, scene, "problems", scene.intranet)
    removed = own(cast, scene, "Friday", scene.intranet)
    page = opened(contexts, live_server.url, "cora", scene)
    brackets(page, 3)
    page.context.set_offline(True)
    tag(page)
    pick(page, "coaches")
    page.keyboard.press("Shift+BracketRight")
    pick(page, "problems")
    page.locator("#reader-panel").get_by_role("button", name=re.compile("^Another code")).click()
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("Solv")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("m")
    page.keyboard.type("Why only here?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".memo-unsaved")).to_contain_text("Not saved yet")
    pick(page, "Friday")
    page.locator("#reader-panel").get_by_role("button", name=re.compile("^Remove")).click()
    brackets(page, 3)
    state(page, re.compile(r"Not saved — (5 changes wait|retrying \(5 changes\))"))
    before = {("coaches", "Intranet"), ("problems", "Intranet"), ("Friday", "Intranet")}
    assert quotes(scene.source) == before
    warned: list[str] = []
    page.on("dialog", lambda dialog: warned.append(dialog.type))
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    assert warned == ["beforeunload"]

    page.context.set_offline(False)
    open_source(page, live_server.url, scene.source)
    state(page, "Saved")
    after = {(WORDS, "Intranet"), ("coaches share", "Intranet"), ("problems", "Solving")}
    settles(scene.source, after)
    brackets(page, 3)
    assert Coding.objects.filter(source=scene.source).count() == 4
    assert set(Coding.objects.present().values_list("pk", flat=True)) >= {widened.pk, recoded.pk}
    removed.refresh_from_db()
    assert removed.removed_at is not None
    assert [(n.text, n.coding_id) for n in Note.objects.all()] == [("Why only here?", recoded.pk)]
    verbs = Event.objects.filter(actor=cast.cora).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "coding.added",
        "coding.changed",
        "coding.changed",
        "note.created",
        "coding.removed",
    ]
    assert page.evaluate(KEPT) == 0
    # All of it can be taken back, in the same order.
    for _step in verbs:
        page.get_by_role("button", name="Undo").click()
        saved(page)
    settles(scene.source, before)
    assert not Note.objects.filter(removed_at__isnull=True).exists()


def test_a_memo_undone_before_it_is_sent_is_not_written_twice(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    own(cast, scene, "Friday", scene.intranet)
    page = opened(contexts, live_server.url, "cora", scene)
    page.context.set_offline(True)
    tag(page)
    state(page, re.compile("Not saved"))
    pick(page, "Friday")
    page.keyboard.press("m")
    page.keyboard.type("Once")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".memo-text")).to_have_text("Once")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".memo-text")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Memo")).to_have_count(0)
    page.get_by_role("button", name="Redo").click()
    expect(page.locator(".memo-text")).to_have_text("Once")
    page.context.set_offline(False)
    state(page, "Saved")
    expect(page.locator(".memo-unsaved")).to_have_count(0)
    expect(page.locator(".memo-text")).to_have_text("Once")
    assert [note.text for note in Note.objects.all()] == ["Once"]


def test_a_code_that_became_a_heading_meanwhile(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    page.context.set_offline(True)
    tag(page)
    change_code(access=cast.access("liam"), code=scene.intranet, **fields(scene, heading_only=True))
    page.context.set_offline(False)
    notice = page.locator("#reader-aside .notice")
    expect(notice).to_contain_text("“every lesson” is not coded with Intranet.")
    expect(notice).to_contain_text("“Intranet” is a heading")
    expect(notice).to_contain_text("It is kept in this browser until you decide.")
    brackets(page, 0)
    assert Axe().run(page).response["violations"] == []
    page.reload()
    expect(notice).to_contain_text("“every lesson” is not coded with Intranet.")
    # With another code instead: the words are selected, the palette does the rest.
    notice.get_by_role("button", name="Select the passage").click()
    page.keyboard.press("c")
    choose(page, "Solv")
    settles(scene.source, {(WORDS, "Solving")})
    notice.get_by_role("button", name="Discard").click()
    expect(page.locator("#reader-aside")).to_be_hidden()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-reader-ready", "true")
    expect(notice).to_have_count(0)


def fields(scene: World, **other: Any) -> dict[str, Any]:
    code = scene.intranet
    return {
        "name": code.name,
        "parent": code.parent,
        "definition": code.definition,
        "colour": code.colour,
    } | other


def correct(source: Source, old: str, new: str) -> Source:
    """The source with its text as a correction would leave it; later turns move along."""
    content = SourceText.objects.get(source=source)
    at, shift = content.text.index(old), len(new) - len(old)
    content.text = content.text.replace(old, new, 1)
    content.save()
    for turn in source.turns.order_by("ordinal"):
        for name in ("start", "body_start", "end"):
            if getattr(turn, name) > at:
                setattr(turn, name, getattr(turn, name) + shift)
        turn.save()
    digest = sha256(content.text.encode()).hexdigest()
    Source.objects.filter(pk=source.pk).update(text_sha256=digest, length=len(content.text))
    return Source.objects.get(pk=source.pk)


def test_a_text_corrected_before_the_words(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    page.context.set_offline(True)
    tag(page)
    now = correct(scene.source, "How do coaches", "So 🙂 how do the coaches")
    page.context.set_offline(False)
    notice = page.locator("#reader-aside .notice")
    expect(notice).to_contain_text("“every lesson” is not coded with Intranet.")
    expect(notice).to_contain_text("This page still shows the earlier text.")
    assert quotes(now) == set()
    notice.get_by_role("button", name="Load the corrected text").click()
    expect(page.locator("#transcript")).to_contain_text("So 🙂 how")
    expect(notice).to_contain_text("“every lesson” is not coded with Intranet.")
    notice.get_by_role("button", name="Code it there").click()
    settles(now, {(WORDS, "Intranet")})
    expect(page.locator("#reader-aside")).to_be_hidden()
    brackets(page, 1)


def test_a_text_corrected_in_the_words_themselves(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    page.route("**/codings/", lambda route: route.abort())
    tag(page)
    state(page, re.compile("Not saved"))
    now = correct(scene.source, "every lesson", "each lesson")
    page.reload()
    notice = page.locator("#reader-aside .notice")
    # What was meant, though it stands nowhere any more.
    expect(notice).to_contain_text("“every lesson” is not coded with Intranet.")
    expect(notice).to_contain_text("These words are no longer in it")
    brackets(page, 0)
    assert Axe().run(page).response["violations"] == []
    page.unroute("**/codings/")
    drag_over(page, "each lesson")
    notice.get_by_role("button", name="Place it on the selection").click()
    settles(now, {("each lesson", "Intranet")})
    state(page, "Saved")
    expect(page.locator("#reader-aside")).to_be_hidden()


def test_access_that_has_ended_and_comes_back(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    members = Membership.objects.filter(project=cast.alder, user=cast.cora)
    members.update(ended_at="2026-01-01T00:00:00Z")
    tag(page)
    notice = page.locator("#reader-notices .notice")
    expect(notice).to_contain_text("You may no longer read this source")
    expect(notice).to_contain_text("1 change is kept in this browser")
    state(page, "Not saved — no access")
    brackets(page, 1)
    assert quotes(scene.source) == set()
    members.update(ended_at=None)
    state(page, "Saved")
    settles(scene.source, {(WORDS, "Intranet")})
    expect(page.locator("#reader-notices")).to_be_hidden()


def test_a_source_that_somebody_puts_into_the_trash_and_restores(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    remove_source(access=cast.access("liam"), source=scene.source)
    notice = page.locator("#reader-notices .notice")
    expect(notice).to_contain_text("This source has been put into the trash.")
    tag(page)
    state(page, "Not saved — in the trash")
    expect(notice).to_have_count(1)
    expect(notice).to_contain_text("kept in this browser, and sent when the source")
    brackets(page, 1)
    assert quotes(scene.source) == set()
    assert page.evaluate(KEPT) == 1
    restore_source(access=cast.access("liam"), source=scene.source)
    state(page, "Saved")
    settles(scene.source, {(WORDS, "Intranet")})
    expect(page.locator("#reader-notices")).to_be_hidden()


def test_access_that_has_ended_for_good(
    contexts: Any, live_server: Any, cast: Cast, scene: World
) -> None:
    page = opened(contexts, live_server.url, "cora", scene)
    Membership.objects.filter(project=cast.alder, user=cast.cora).update(
        ended_at="2026-01-01T00:00:00Z"
    )
    tag(page)
    notice = page.locator("#reader-notices .notice")
    notice.get_by_role("button", name="Discard them").click()
    notice.get_by_role("button", name="Really discard?").click()
    expect(page.locator("#reader-notices")).to_be_hidden()
    brackets(page, 0)
    assert page.evaluate(KEPT) == 0
