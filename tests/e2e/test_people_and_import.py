"""Invitations, and the import page with bad input, progress and cancelling, in the browser."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import Browser, Page, expect

from coding.models import Source
from projects.jobs import execute
from projects.models import Invitation, Job, Membership
from tests.e2e.test_coding import log_in
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def upload(page: Page, base: str, cast: Cast, content: bytes, name: str = "study.zip") -> Job:
    page.goto(f"{base}/projects/{cast.alder.pk}/import/")
    page.get_by_label("Study folder as a ZIP file").set_input_files(
        {"name": name, "mimeType": "application/zip", "buffer": content}
    )
    page.get_by_role("button", name="Check the folder").click()
    expect(page.get_by_role("heading", name="Check of a study folder")).to_be_visible()
    return Job.objects.get(project=cast.alder)


def test_an_invitation_lets_one_person_in(
    page: Page, chromium: Browser, live_server: object, cast: Cast
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    page.goto(f"{base}/projects/{cast.alder.pk}/members/")
    page.get_by_label("Who is it for?").fill("Paul")
    page.get_by_label("Role", exact=True).select_option("coder")
    page.get_by_role("button", name="Make an invitation link").click()
    link = page.get_by_label("Invitation link").input_value()
    assert link.startswith(f"{base}/invitations/")
    # The link is shown once; what is kept cannot be turned back into it.
    page.goto(f"{base}/projects/{cast.alder.pk}/members/")
    expect(page.get_by_label("Invitation link")).to_have_count(0)
    assert Invitation.objects.get().token_hash not in link

    guest = chromium.new_context().new_page()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Join “Alder study”")).to_be_visible()
    guest.get_by_label("Your name, as the team sees it").fill("Paul")
    guest.get_by_label("Email").fill("paul@example.org")
    guest.get_by_label("Password").fill("short")
    guest.get_by_role("button", name="Make an account and join").click()
    expect(guest.locator(".error-summary")).to_contain_text("too short")
    guest.get_by_label("Password").fill("long-enough-for-paul")
    guest.get_by_role("button", name="Make an account and join").click()
    expect(guest.get_by_role("heading", name="Alder study")).to_be_visible()
    paul = Membership.objects.get(project=cast.alder, label="Paul")
    assert (paul.role, paul.user.email) == ("coder", "paul@example.org")  # type: ignore[union-attr]

    other = chromium.new_context().new_page()
    other.goto(link)
    expect(other.get_by_role("heading", name="This invitation is no longer open")).to_be_visible()


def test_a_broken_folder_is_refused_with_file_row_and_column(
    page: Page, live_server: object, cast: Cast
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    job = upload(
        page,
        base,
        cast,
        zipped(
            {
                "cases.csv": "case_id,name\nnorth,North\n",
                "documents.csv": "doc_id,case,type,file\nd1,nroth,interview,documents/d1.txt\n",
                "codebook.csv": "code,parent\na,b\nb,a\n",
                "codings.csv": "doc_id,code,coder,start,end,text\nd1,a,c1,5,999,x\n",
                "documents/d1.txt": "P1: Hello there.\n",
            }
        ),
    )
    execute(job.pk)
    expect(page.get_by_role("heading", name="This folder cannot be imported yet")).to_be_visible()
    rows = page.locator(".problems tbody tr").all_inner_texts()
    assert any(re.search(r"documents.csv\s+2\s+case\s+.*nroth.*north", row) for row in rows), rows
    assert any(re.search(r"codebook.csv\s+.*parent\s+.*own descendant|cycle", row) for row in rows)
    expect(page.get_by_role("button", name="Import everything")).to_have_count(0)
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"this is no archive", "not a ZIP"),
        (zipped({"../evil.csv": "x"}), "../evil.csv"),
        (zipped({f"documents/{n}.txt": "x" for n in range(10_000)}), "10,000"),
        (zipped({"documents/zeros.txt": b"0" * 60_000_000}), "zeros.txt"),
    ],
    ids=["no-zip", "parent-path", "10000-entries", "bomb"],
)
def test_a_hostile_archive_is_refused_in_a_sentence(
    content: bytes, sentence: str, page: Page, live_server: object, cast: Cast
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    job = upload(page, base, cast, content)
    execute(job.pk)
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_progress_is_shown_and_cancelling_works(
    page: Page, live_server: object, cast: Cast
) -> None:
    base = live_server.url  # type: ignore[attr-defined]
    log_in(page, base, "olive")
    job = upload(page, base, cast, zipped({"cases.csv": "case_id\nnorth\n"}))
    expect(page.get_by_text("Waiting for the worker")).to_be_visible()
    Job.objects.filter(pk=job.pk).update(
        state="running", phase="documents", progress_done=7, progress_total=16
    )
    expect(page.get_by_text("7 of 16")).to_be_visible()
    assert page.locator("progress").evaluate("bar => [bar.value, bar.max]") == [7, 16]
    Job.objects.filter(pk=job.pk).update(state="queued")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()
    execute(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.CANCELLED, {})
