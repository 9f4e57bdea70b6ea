"""What the history folds and shows, jobs that are run again, originals that come back."""

from uuid import uuid4

import pytest
from django.test import Client

from projects.models import Job, Project
from projects.services.events import record
from projects.services.membership import update_project
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    return client


def test_history_says_from_what_to_what(cast: Cast) -> None:
    update_project(access=cast.access("olive"), title="Birch study", description="", synthetic=True)
    page = client_of(cast.vera).get(f"/projects/{cast.alder.pk}/history/").content.decode()
    assert "<del>Alder study</del> → <ins>Birch study</ins>" in page
    assert "<del>no</del> → <ins>yes</ins>" in page
    assert "<dt>description</dt>" not in page


def test_history_folds_what_came_with_an_import(cast: Cast) -> None:
    access, batch = cast.access("olive"), uuid4()
    for verb, label in (("source.imported", "Interview 7"), ("study.imported", "our study.zip")):
        record(access, verb, cast.alder, label=label, batch=batch)
    client, address = client_of(cast.vera), f"/projects/{cast.alder.pk}/history/"
    folded = client.get(address).content.decode()
    assert "our study.zip" in folded
    assert "Interview 7" not in folded
    assert f"?batch={batch}" in folded
    opened = client.get(f"{address}?batch={batch}").content.decode()
    assert "our study.zip" in opened
    assert "Interview 7" in opened
    assert client.get(f"{address}?batch=nonsense").status_code == 404


@pytest.mark.parametrize(
    ("state", "after"),
    [("failed", "queued"), ("cancelled", "queued"), ("done", "done"), ("running", "running")],
)
def test_only_what_failed_or_was_cancelled_runs_again(cast: Cast, state: str, after: str) -> None:
    job = Job.objects.create(
        project=cast.alder, kind="study_check", state=state, created_by=cast.olive, attempts=3
    )
    client_of(cast.olive).post(f"/projects/{cast.alder.pk}/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert (job.state, job.attempts) == (after, 0 if after == "queued" else 3)


def test_the_original_comes_back_byte_for_byte_and_only_as_a_file(cast: Cast) -> None:
    project: Project = cast.alder
    source = factories.source(project, "<b>", "P1: <script>alert(1)</script>\n")
    answer = client_of(cast.vera).get(f"/projects/{project.pk}/sources/{source.pk}/original/")
    assert answer.content == b"P1: <script>alert(1)</script>\n"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
