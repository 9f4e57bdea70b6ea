"""The main job in a real browser: log in, import, code by keyboard, matrix, cell, export.

Once on the embedded default and once for each broker of the team server: the same code, the same
numbers.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.e2e.team_server import Server, embedded_server, team_server

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "ruth@example.org", "a-long-test-password"
MAKE_USER = f"""
from projects.models import User
User.objects.create_user({EMAIL!r}, {PASSWORD!r}, display_name="Ruth")
"""


@contextmanager
def running(kind: str, tmp_path: Path) -> Iterator[Server]:
    if kind == "embedded":
        with embedded_server(tmp_path) as server:
            yield server
    else:
        with team_server(tmp_path, kind) as server:  # type: ignore[arg-type]
            yield server


def study_zip(shared: Path) -> bytes:
    """The import layout of the shared study as a team would send it: one folder in a ZIP."""
    out = io.BytesIO()
    names = ["cases.csv", "participants.csv", "documents.csv", "codebook.csv", "codings.csv"]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(shared / "study" / name, f"study/{name}")
        for path in sorted((shared / "study" / "documents").glob("*.txt")):
            archive.write(path, f"study/documents/{path.name}")
    return out.getvalue()


def log_in(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Your projects")).to_be_visible()


def number_in(page: Page, case: str, code: str) -> str:
    return page.get_by_role("link", name=f"{case}, {code}:").inner_text().strip()


@pytest.mark.parametrize(
    "kind",
    [
        "embedded",
        pytest.param("amqp", marks=pytest.mark.team),
        pytest.param("redis", marks=pytest.mark.team),
    ],
)
def test_the_main_job(kind: str, page: Page, tmp_path: Path, shared: Path) -> None:
    expected = json.loads((shared / "study" / "expected.json").read_text())["frequencies"]
    with running(kind, tmp_path) as server:
        server.manage("shell", "-c", MAKE_USER)
        log_in(page, server)

        # A project and its study folder.
        page.get_by_role("link", name="New project").click()
        page.get_by_label("Title").fill("Two districts")
        page.get_by_label("The data are synthetic").check()
        page.get_by_role("button", name="Make the project").click()
        page.get_by_role("link", name="Import a study folder").click()
        page.get_by_label("Study folder as a ZIP file").set_input_files(
            {"name": "study.zip", "mimeType": "application/zip", "buffer": study_zip(shared)}
        )
        page.get_by_role("button", name="Check the folder").click()

        # The dry run says what would be created; nothing is there yet.
        expect(page.get_by_role("heading", name="Ready to import")).to_be_visible(timeout=60_000)
        tiles = page.locator("dl.tiles .tile")
        assert dict(
            zip(
                tiles.locator("dt").all_inner_texts(),
                tiles.locator("dd").all_inner_texts(),
                strict=True,
            )
        ) == {
            "Cases": "2",
            "Participants": "17",
            "Documents": "16",
            "Codes": "8",
            "Codings": "404",
        }
        page.get_by_role("button", name="Import everything").click()
        expect(page.get_by_role("link", name="Open the matrix")).to_be_visible(timeout=60_000)

        # The matrix has the study's numbers.
        page.get_by_role("link", name="Open the matrix").click()
        names = {"northfield": "Northfield District (synthetic)"}
        names["southgate"] = "Southgate District (synthetic)"
        for case, name in names.items():
            for code, values in expected[case].items():
                assert number_in(page, name, code) == str(values["segments_union"])

        # Code a passage with the keyboard alone: a turn that nobody has coded with this code.
        page.get_by_role("link", name="Sources", exact=True).click()
        page.get_by_role("link", name="N-int1", exact=True).click()
        transcript = page.locator("#transcript")
        expect(transcript).to_contain_text("The modules are the same in every school.")
        # The words are there before the keys are.
        expect(page.locator("html")).to_have_attribute("data-reader-ready", "true")
        page.locator("p.turn").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("t")
        page.keyboard.press("Enter")
        page.keyboard.type("reform")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#save-state")).to_contain_text("Saved")
        expect(page.locator("#reader-panel")).to_contain_text("reform_context")
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()

        # It is there after a reload, counted once in the matrix.
        page.reload()
        before = expected["northfield"]["reform_context"]["segments_union"]
        page.get_by_role("link", name="Matrix", exact=True).click()
        assert number_in(page, names["northfield"], "reform_context") == str(before + 1)

        # The cell opens as many passages as it says, and each opens its transcript at the place.
        page.get_by_role("link", name=f"{names['northfield']}, reform_context:").click()
        expect(page.locator("li.passage")).to_have_count(before + 1)
        mine = page.locator("li.passage").filter(has_text="Ruth")
        expect(mine.locator("mark")).to_have_text("What happened then?")
        mine.get_by_role("link").first.click()
        expect(page.locator("#reader-panel")).to_contain_text("reform_context")
        page.go_back()
        expect(page.locator("li.passage")).to_have_count(before + 1)

        # The workbook says the same number, and how it was made.
        page.get_by_role("link", name="Matrix", exact=True).last.click()
        page.locator("summary", has_text="Export").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Excel").click()
        book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
        sheet = book["Matrix"]
        keys = [cell.value for cell in sheet[2]]
        northfield = next(
            row for row in sheet.iter_rows(values_only=True) if row[0] == "northfield"
        )
        assert northfield[keys.index("reform_context")] == before + 1
        rules = dict(book["Rules"].iter_rows(min_row=2, values_only=True))
        assert rules["Unit"] == "Segments"
        assert "synthetic" in rules["Data"].lower()
        assert len(rules["SHA-256 of the numbers and the rule"]) == 64
