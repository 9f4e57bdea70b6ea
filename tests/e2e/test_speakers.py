"""From a new participant to speakers that are matched, in the browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Participant, Source
from coding.sealing import unseal
from tests import factories
from tests.e2e.test_coding import log_in, open_source
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TALK = (
    "Ruth: What do you share?\nRosa: All our lessons.\nRuth: With whom?\nRosa: With the district.\n"
    "Speaker 1: And I with them.\nSpeaker 1: Mostly.\n"
)


@pytest.fixture
def talk(cast: Cast) -> Source:
    factories.world(cast.alder)
    return factories.source(cast.alder, "talk", TALK)


def test_add_a_participant_match_the_speakers_and_read(
    page: Page, live_server: object, cast: Cast, talk: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "liam")
    page.goto(f"{base}/projects/{cast.alder.pk}/")
    page.get_by_role("link", name="Participants", exact=True).first.click()
    page.get_by_role("link", name="Add a participant").click()
    page.get_by_label("Participant id").fill("S01")
    page.get_by_label("Pseudonym").fill("Marguerite")
    page.get_by_label("Real name").fill("Rosa Lindgren")
    page.get_by_label("Quote", exact=True).select_option(label="no")
    page.get_by_label("North").check()
    page.get_by_label("Name of the attribute").fill("years")
    page.get_by_label("Kind").select_option(label="number")
    page.get_by_label("Value for this participant").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("“many” is not a number")
    page.get_by_label("Value for this participant").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Marguerite")).to_be_visible()
    expect(page.get_by_text("Rosa Lindgren")).to_be_hidden()
    page.get_by_text("Show the real name").click()
    expect(page.get_by_text("Rosa Lindgren")).to_be_visible()
    person = Participant.objects.get(key="S01")
    assert unseal(person.real_name_sealed) == "Rosa Lindgren"

    # By her real name she is found; the page tells her pseudonym only.
    page.get_by_role("link", name="Match speakers").click()
    expect(page.locator("#answer")).to_have_text("3 of 5 names are undecided")
    page.get_by_label("Ruth in all sources").select_option(label="interviewer")
    speaker = page.get_by_label("Speaker 1 in Interview talk")
    expect(page.get_by_label("Id of the new participant").first).to_be_hidden()
    speaker.select_option(label="a new participant…")
    page.locator(".speaker-new:visible input").fill("S02")
    page.get_by_role("button", name="Accept 1 suggestion").click()
    expect(page.get_by_role("status").first).to_contain_text("3 speakers are matched")
    expect(page.locator("#answer")).to_have_text("All 5 names are decided")
    rows = talk.turns.order_by("ordinal").values_list("speaker", "role", "participant__key")
    assert list(rows) == [
        ("Ruth", "interviewer", None),
        ("Rosa", "participant", "S01"),
        ("Ruth", "interviewer", None),
        ("Rosa", "participant", "S01"),
        ("Speaker 1", "participant", "S02"),
        ("Speaker 1", "participant", "S02"),
    ]
    talk.refresh_from_db()
    assert (talk.words, talk.participant_words) == (17, 11)

    open_source(page, base, talk)
    roles = page.locator("#transcript p.turn").evaluate_all("ps => ps.map(p => p.dataset.role)")
    assert roles == ["interviewer", "participant"] * 2 + ["participant"] * 2
    page.goto(f"{base}/projects/{cast.alder.pk}/sources/{talk.pk}/marks/")
    expect(page.locator("#t2")).to_contain_text("Marguerite")
    expect(page.locator("#t2")).to_contain_text("not to be quoted")
    page.goto(f"{base}/projects/{cast.alder.pk}/search/?words=district")
    expect(page.locator(".passage-meta")).to_contain_text("Marguerite")
    expect(page.locator(".passage-meta")).to_contain_text("not to be quoted")
    page.goto(f"{base}/projects/{cast.alder.pk}/history/")
    expect(page.get_by_role("main")).to_contain_text("matched speakers")
    expect(page.get_by_role("main")).not_to_contain_text("Lindgren")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_people(
    width: int, scheme: str, page: Page, live_server: object, cast: Cast, talk: Source
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    person = Participant.objects.get(key="P1")
    Participant.objects.update(consent_quote=False, consent_use=True)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, base, "olive")
    here = f"{base}/projects/{cast.alder.pk}/"
    found = {}
    for address in (
        "participants/",
        "participants/?q=nobody",
        "participants/new/",
        f"participants/{person.pk}/",
        f"participants/{person.pk}/edit/",
        "speakers/",
    ):
        page.goto(here + address)
        found[address] = [v["id"] for v in Axe().run(page).response["violations"]]
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, (address, overflow)
    assert not any(found.values()), found
