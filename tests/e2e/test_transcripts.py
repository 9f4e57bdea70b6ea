"""Transcripts in the browser: drop files, correct one, import, see turns with times."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coding.models import Source, Turn
from projects.jobs import execute
from projects.models import Job
from tests.cases.test_transcripts import TYPED, VTT
from tests.e2e.test_coding import log_in
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BRACKETS = "[Ann] Hello there.\n[Ben] Hi.\n[Ann] And then?\n"
DROP = """(zone, files) => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([text], name));
  zone.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
}"""


def run_latest() -> Job:
    job = Job.objects.order_by("-pk")[0]
    assert execute(job.pk) == "done", job.message
    return job


def clean(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert found == [], json.dumps(found, indent=1)[:3000]


def test_drop_correct_import_and_read(page: Page, live_server: object, cast: Cast) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    # An empty project leads here.
    page.goto(f"{base}/projects/{cast.alder.pk}/sources/")
    page.get_by_role("link", name="Import transcripts").click()
    expect(page.get_by_role("heading", name="Import transcripts")).to_be_visible()
    clean(page)
    files = [
        ["coach.vtt", VTT],
        ["brackets.txt", BRACKETS],
        ["typed.txt", TYPED],
        ["bad.exe", "MZ\x00\x01"],
    ]
    page.locator(".dropzone").evaluate(DROP, files)
    expect(page.locator(".dropzone-name")).to_have_text(
        "coach.vtt, brackets.txt, typed.txt, bad.exe"
    )
    page.get_by_label("or a new case, by its name").fill("North")
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("heading", name="Check of transcripts")).to_be_visible()
    run_latest()

    expect(page.get_by_role("heading", name="Ready to import")).to_be_visible()
    clean(page)
    rows = page.locator("table.uploads tbody tr")
    badges = rows.locator(".badge")
    expect(badges).to_have_text(["ready", "needs a decision", "ready", "refused"])
    expect(rows.nth(3)).to_contain_text("bad.exe")
    expect(page.get_by_role("button", name="Import 2 files")).to_be_enabled()

    # The one without speakers: another way of naming them, and it is ready.
    page.get_by_role("link", name="brackets.txt").click()
    expect(page.get_by_role("heading", name="brackets.txt")).to_be_visible()
    clean(page)
    expect(page.locator(".own-pattern")).to_be_hidden()
    page.get_by_label("A speaker stands as").select_option("[NAME]")
    page.get_by_label("Title").fill("In brackets")
    page.get_by_role("button", name="Read again with these settings").click()
    expect(page.get_by_role("heading", name="Reading transcripts again")).to_be_visible()
    run_latest()
    expect(page.get_by_role("heading", name="brackets.txt")).to_be_visible()
    expect(page.locator(".lede .badge")).to_have_text("ready")
    expect(page.locator(".samples .passage-meta").first).to_have_text("Ann")
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="4 files").click()

    # One is left out by keyboard.
    page.get_by_role("button", name="Leave typed.txt out").focus()
    page.keyboard.press("Enter")
    expect(badges).to_have_text(["ready", "ready", "left out", "refused"])
    page.get_by_role("button", name="Import 2 files").click()
    expect(page.get_by_role("heading", name="Import of transcripts")).to_be_visible()
    run_latest()
    expect(page.get_by_role("heading", name="The import is done")).to_be_visible()
    clean(page)
    expect(page.locator("tbody .badge")).to_have_text(["imported", "imported"])
    expect(page.get_by_text("4 speakers are not matched to participants yet.")).to_be_visible()
    assert set(Source.objects.values_list("key", "title", "cases__name")) == {
        ("coach", "coach", "North"),
        ("brackets", "In brackets", "North"),
    }
    times = Turn.objects.filter(source__key="coach").values_list("time_start", "time_end")
    assert list(times) == [(1000, 4500), (4500, 12000), (12000, 15000)]
    page.get_by_role("link", name="coach", exact=True).click()
    expect(page.get_by_text("We put every lesson on the intranet.")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_name_without_a_space_pushes_nothing_out_of_sight(
    page: Page, live_server: object, cast: Cast, width: int
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, base, "olive")
    home = f"{base}/projects/{cast.alder.pk}"
    page.goto(f"{home}/import/transcripts/")
    page.locator(".dropzone").evaluate(DROP, [["n" * 196 + ".txt", TYPED]])
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("heading", name="Check of transcripts")).to_be_visible()
    run_latest()
    expect(page.get_by_role("heading", name="Ready to import")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="nnn").last.click()
    expect(page.get_by_label("Case, by its name")).to_be_visible()
    fits(page)
    page.go_back()
    page.get_by_role("button", name="Import 1 file").click()
    expect(page.get_by_role("heading", name="Import of transcripts")).to_be_visible()
    run_latest()
    expect(page.get_by_role("heading", name="The import is done")).to_be_visible()
    fits(page)
    page.goto(f"{home}/sources/")
    fits(page)


def fits(page: Page) -> None:
    over = """() => [document.documentElement, ...document.querySelectorAll(".table-scroll")]
      .map((box) => box.scrollWidth - box.clientWidth)"""
    assert max(page.evaluate(over)) <= 0


def test_too_many_files_are_told_before_anything_is_sent(
    page: Page, live_server: object, cast: Cast
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    page.goto(f"{base}/projects/{cast.alder.pk}/import/transcripts/")
    page.locator(".dropzone").evaluate(DROP, [[f"{n}.txt", "x"] for n in range(201)])
    expect(page.locator(".dropzone-name")).to_contain_text("(201)")
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("alert").filter(has_text="These are 201 files")).to_be_visible()
    large = {"name": "talk.docx", "mimeType": "application/zip", "buffer": b"x" * 25_000_001}
    page.get_by_label("Transcripts, or a ZIP of them").set_input_files([large])
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("alert").filter(has_text="“talk.docx” is too large")).to_be_visible()
    assert not Job.objects.exists()
