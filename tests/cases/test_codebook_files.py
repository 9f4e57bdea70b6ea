"""The codebook out as files and in again: rights, stamps, the dry run, what is written."""

import io
import json
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from cases import codebook, codebook_exports
from cases.core.codebook_files import Plan, Row, plan_codebook, read_codebook_file
from cases.services.codebook import import_codebook
from coding.models import Code, CodeExample
from projects import jobs
from projects.access import Access
from projects.models import Event, Job
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

FIELDS = (
    "key",
    "name",
    "parent__key",
    "definition",
    "when_to_use",
    "when_not_to_use",
    "kind",
    "elicited",
    "colour",
    "heading_only",
)


@pytest.fixture
def world(cast: Cast) -> World:
    made = factories.world(cast.alder)
    Code.objects.filter(pk=made.gains.pk).update(heading_only=True, colour=3)
    Code.objects.filter(pk=made.intranet.pk).update(
        definition='=Sharing on\r\nthe "intranet" 🙂',
        when_to_use="A file is put there.",
        when_not_to_use="Mail",
        kind="in_vivo",
        elicited=True,
        colour=5,
    )
    Code.objects.filter(pk=made.solving.pk).update(retired_at=timezone.now())
    return made


def codes(project: Any) -> list[tuple[Any, ...]]:
    rows = Code.objects.filter(project=project, removed_at__isnull=True)
    return [
        tuple(v.replace("\r\n", "\n") if isinstance(v, str) else v for v in row)
        for row in rows.order_by("position", "id").values_list(*FIELDS)
    ]


def planned(access: Access, content: str, **options: Any) -> tuple[list[Row], Plan]:
    rows = read_codebook_file(content.encode(), "b.csv").rows
    return rows, plan_codebook(rows, codebook.known_codes(access), "b.csv", **options)


def bring(access: Access, content: str, with_changes: bool = True) -> dict[str, int]:
    rows, plan = planned(access, content, with_changes=with_changes)
    return import_codebook(
        access=access, rows=rows, file="b.csv", with_changes=with_changes, digest=plan.digest
    )


# --- out -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fmt", "kind"),
    [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("csv", "text/csv; charset=utf-8"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("md", "text/markdown; charset=utf-8"),
        ("qdc", "application/xml; charset=utf-8"),
    ],
)
def test_downloads_are_recorded_and_not_kept_by_browsers(
    cast: Cast, world: World, client: Client, fmt: str, kind: str
) -> None:
    client.force_login(cast.vera)
    response = client.get(f"/projects/{cast.alder.pk}/codes/export/{fmt}/")
    name = f"alder-study-codebook-{timezone.localdate().isoformat()}.{fmt}"
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Content-Type"] == kind
    assert response["Cache-Control"] == "no-store"
    event = Event.objects.filter(project=cast.alder)[0]
    assert (event.verb, event.actor, event.label) == ("codebook.exported", cast.vera, name)
    sha256 = codebook_exports.sha256(list(codebook_exports.book(cast.access("vera")).entries))
    assert event.after == {"file": name, "format": fmt, "sha256": sha256}


def test_an_unknown_format_is_not_there_and_an_empty_codebook_is_not_exported(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.vera)
    assert client.get(f"/projects/{cast.alder.pk}/codes/export/pdf/").status_code == 404
    response = client.get(f"/projects/{cast.alder.pk}/codes/export/qdc/", follow=True)
    assert "There is no code yet" in response.content.decode()
    assert not Event.objects.filter(verb="codebook.exported").exists()


def test_the_stamp_says_what_when_and_by_whom(cast: Cast, world: World) -> None:
    factories.coding(world.source, world.intranet, cast.access("cora").membership, 41, 60)
    cast.alder.synthetic = True
    cast.alder.save()
    book = codebook_exports.book(cast.access("vera"))
    stamp = dict(book.stamp)
    assert book.title == "Codebook: Alder study"
    assert stamp["Project"] == "Alder study"
    assert stamp["Data"] == "Synthetic: people and words are invented."
    assert stamp["n"] == "codes: 3, of them retired: 1; codings: 1"
    assert stamp["Made by"] == "Vera"
    assert stamp["Software"] == "coachstudy 0.1.0"
    assert stamp["SHA-256 of the codes"] == codebook_exports.sha256(list(book.entries))
    assert [(e.number, e.depth, e.passages) for e in book.entries] == [
        ("1", 0, 0),
        ("1.1", 1, 1),
        ("1.2", 1, 0),
    ]


def test_only_what_may_be_quoted_is_an_example(cast: Cast, world: World) -> None:
    """An appendix leaves the team: unknown is not a yes."""
    me = cast.access("cora").membership
    at = factories.TEXT.index("We put")
    passage = factories.coding(world.source, world.intranet, me, at, at + 25)
    CodeExample.objects.create(code=world.intranet, coding=passage)

    def example() -> tuple[tuple[str, ...], int]:
        entry = codebook_exports.book(cast.access("vera")).entries[1]
        return entry.examples, entry.unquoted

    assert example() == ((), 1)
    for consent, wanted in ((False, ((), 1)), (True, (("We put every lesson on th",), 0))):
        world.participant.consent_quote = consent
        world.participant.save()
        assert example() == wanted
    content, _hash = codebook_exports.export(cast.access("vera"), "docx")
    table = docx.Document(io.BytesIO(content.content)).tables[0]
    assert "“We put every lesson on th”" in [cell.text for cell in table.rows[2].cells]
    passage.removed_at = timezone.now()
    passage.save()
    assert example() == ((), 0)


def test_codes_in_the_trash_are_not_exported(cast: Cast, world: World) -> None:
    Code.objects.filter(pk=world.solving.pk).update(removed_at=timezone.now())
    keys = [e.key for e in codebook_exports.book(cast.access("vera")).entries]
    assert keys == ["gains", "intranet"]


def test_a_large_codebook_costs_no_more_queries(
    cast: Cast, world: World, django_assert_num_queries: Any
) -> None:
    me = cast.access("cora").membership
    for n in range(20):
        code = factories.code(cast.alder, f"Code{n}", world.gains)
        passage = factories.coding(world.source, code, me, n, n + 5)
        CodeExample.objects.create(code=code, coding=passage)
    access = cast.access("vera")
    with django_assert_num_queries(5):
        codebook_exports.book(access)


# --- out and in again ----------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "qdc"])
def test_an_export_makes_the_same_codebook_in_an_empty_project(
    cast: Cast, world: World, fmt: str
) -> None:
    file, _hash = codebook_exports.export(cast.access("vera"), fmt)
    rows = read_codebook_file(file.content, file.name).rows
    there = cast.access("otto", cast.brook)
    plan = plan_codebook(rows, codebook.known_codes(there), file.name)
    counts = import_codebook(
        access=there, rows=rows, file=file.name, with_changes=True, digest=plan.digest
    )
    assert counts == {"new": 3, "changed": 0, "unchanged": 0, "left_out": 0}
    assert codes(cast.brook) == codes(cast.alder)
    assert Code.objects.get(project=cast.brook, key="solving").retired_at is not None
    # A guid is unique among all projects: the copy has its own.
    assert Code.objects.filter(guid=world.gains.guid).count() == 1
    again = plan_codebook(
        read_codebook_file(file.content, file.name).rows, codebook.known_codes(there), file.name
    )
    assert (again.new, again.changed, again.conflicts, again.unchanged) == ([], [], [], 3)


def test_guids_of_another_program_are_kept(cast: Cast) -> None:
    guid = "5215cc69-b628-4e02-afb9-9beeaee55808"
    xml = f'<CodeBook><Codes><Code name="Topics" guid="{{{guid.upper()}}}"/></Codes></CodeBook>'
    access = cast.access("olive")
    rows = read_codebook_file(xml.encode(), "b.qdc").rows
    plan = plan_codebook(rows, [], "b.qdc")
    import_codebook(access=access, rows=rows, file="b.qdc", with_changes=True, digest=plan.digest)
    assert str(Code.objects.get(project=cast.alder).guid) == guid
    file, _hash = codebook_exports.export(access, "qdc")
    (code,) = ElementTree.fromstring(file.content).iter("{urn:QDA-XML:codebook:1.0}Code")
    assert code.get("guid") == guid


# --- in ------------------------------------------------------------------------------------------

TABLE = (
    "code,name,parent,definition,when to use,kind\n"
    "gains,Benefits,,What the team gets,,\n"
    "intranet,Intranet,,,Only files,a priori\n"
    ",Fresh,Intranet,New here,,\n"
    ",Deep,Fresh,Deeper,,\n"
)


def test_new_codes_and_changes_are_written_with_what_was_before(cast: Cast, world: World) -> None:
    access = cast.access("liam")
    before = Code.objects.get(pk=world.intranet.pk)
    counts = bring(access, TABLE)
    assert counts == {"new": 2, "changed": 2, "unchanged": 0, "left_out": 0}
    gains = Code.objects.get(pk=world.gains.pk)
    assert (gains.name, gains.definition, gains.colour) == ("Benefits", "What the team gets", 3)
    intranet = Code.objects.get(pk=world.intranet.pk)
    assert (intranet.parent, intranet.definition, intranet.when_to_use, intranet.kind) == (
        None,
        "",
        "Only files",
        "a_priori",
    )
    # What it means has changed, so passages coded before are to be looked at again.
    assert intranet.redefined_at is not None
    made = Code.objects.filter(name__in=["Fresh", "Deep"]).order_by("position")
    assert [(c.key, c.parent.key if c.parent else "", c.definition) for c in made] == [
        ("fresh", "intranet", "New here"),
        ("deep", "fresh", "Deeper"),
    ]
    assert [c.position for c in made] == [3, 4]
    (event,) = Event.objects.filter(project=cast.alder, verb="code.imported")
    assert event.actor == cast.liam
    assert event.label == "Fresh, Deep, Benefits, Intranet"
    was = {row["key"]: row for row in event.before["codes"]}
    assert set(was) == {"gains", "intranet"}
    assert was["intranet"]["parent_id"] == world.gains.pk
    assert was["intranet"]["definition"] == before.definition
    assert was["intranet"]["guid"] == str(before.guid)
    is_now = {row["key"]: row for row in event.after["codes"]}
    assert set(is_now) == {"gains", "intranet", "fresh", "deep"}
    assert is_now["intranet"]["when_to_use"] == "Only files"
    head = Event.objects.get(project=cast.alder, verb="codebook.imported")
    assert (head.batch, head.label, head.after["counts"]) == (event.batch, "b.csv", counts)


def test_a_name_or_a_place_alone_is_no_new_meaning(cast: Cast, world: World) -> None:
    bring(cast.access("olive"), "code,name,parent\nintranet,Net,\n")
    intranet = Code.objects.get(pk=world.intranet.pk)
    assert (intranet.name, intranet.parent, intranet.redefined_at) == ("Net", None, None)


def test_only_new_codes_leave_the_others_alone(cast: Cast, world: World) -> None:
    before = codes(cast.alder)
    counts = bring(cast.access("olive"), TABLE, with_changes=False)
    assert counts == {"new": 2, "changed": 0, "unchanged": 2, "left_out": 0}
    assert codes(cast.alder)[:3] == before
    assert [row[:3] for row in codes(cast.alder)[3:]] == [
        ("fresh", "Fresh", "intranet"),
        ("deep", "Deep", "fresh"),
    ]


def test_nothing_is_written_if_the_codebook_has_changed_since(cast: Cast, world: World) -> None:
    access = cast.access("olive")
    rows, plan = planned(access, TABLE)
    Code.objects.filter(pk=world.gains.pk).update(name="Renamed meanwhile")
    before = codes(cast.alder)
    with pytest.raises(ValidationError, match="has changed since the file was checked"):
        import_codebook(
            access=access, rows=rows, file="b.csv", with_changes=True, digest=plan.digest
        )
    assert codes(cast.alder) == before
    assert not Event.objects.filter(verb="code.imported").exists()


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_owners_and_leads_import(cast: Cast, world: World, who: str) -> None:
    rows, plan = planned(cast.access("olive"), TABLE)
    with pytest.raises(PermissionDenied):
        import_codebook(
            access=cast.access(who), rows=rows, file="b", with_changes=True, digest=plan.digest
        )


# --- the pages -----------------------------------------------------------------------------------


def uploaded(client: Client, project: Any, content: bytes, name: str = "book.csv") -> Job:
    """The check of a file, run."""
    address = f"/projects/{project.pk}/codes/import/"
    response = client.post(address, {"codebook": SimpleUploadedFile(name, content)})
    assert response.status_code == 302, response.content.decode()
    job = Job.objects.filter(project=project).order_by("-pk")[0]
    if job.is_open:
        jobs.execute(job.pk)
    job.refresh_from_db()
    return job


def test_from_the_file_to_the_codebook(cast: Cast, world: World, client: Client) -> None:
    client.force_login(cast.liam)
    check = uploaded(client, cast.alder, (TABLE + "gains,Twice,,,,\n,Bad,,,,sometimes\n").encode())
    assert (check.state, check.kind) == ("done", "codebook_check")
    before = codes(cast.alder)
    page = f"/projects/{cast.alder.pk}/codes/import/{check.pk}/"
    assert check.result["next"] == page
    shown = client.get(page).content.decode()
    assert "<del>=Sharing on" in shown
    assert "<ins>Only files</ins>" in shown
    assert "The code “gains” is already in row 2." in shown
    assert "new codes and changes: 2 new, 2 changed" in shown
    assert "only new codes: 2" in shown
    assert codes(cast.alder) == before

    assert client.post(page, {"mode": "everything"}).status_code == 400
    assert client.post(page, {"mode": "all"}).status_code == 302
    job = Job.objects.get(project=cast.alder, kind="codebook_import")
    if job.is_open:
        jobs.execute(job.pk)
    job.refresh_from_db()
    assert job.message == ("The codebook was imported: 2 new, 2 changed, 0 as before, 2 left out.")
    assert job.result["counts"] == {"new": 2, "changed": 2, "unchanged": 0, "left_out": 1}
    assert len(codes(cast.alder)) == 5
    check.refresh_from_db()
    assert not check.upload
    assert "The file of this check is not kept any more" in client.get(page).content.decode()
    client.post(page, {"mode": "all"})
    assert Job.objects.filter(kind="codebook_import").count() == 1
    answer = client.get(f"/projects/{cast.alder.pk}/jobs/{job.pk}/").content.decode()
    assert f'href="/projects/{cast.alder.pk}/codes/"' in answer
    history = client.get(f"/projects/{cast.alder.pk}/history/").content.decode()
    assert "imported the codebook <span>book.csv</span>" in history
    batch = Event.objects.get(verb="codebook.imported").batch
    codes_too = client.get(f"/projects/{cast.alder.pk}/history/?batch={batch}").content.decode()
    assert f"?batch={batch}" in history
    assert "imported codes: <span>Fresh, Deep, Benefits, Intranet</span>" in codes_too

    # The same file again: its upload is gone, and a new check finds nothing to do but the names.
    again = uploaded(client, cast.alder, TABLE.encode())
    assert again.result["counts"] == {"new": 0, "changed": 0, "unchanged": 4, "left_out": 0}
    nothing = client.get(f"/projects/{cast.alder.pk}/codes/import/{again.pk}/").content.decode()
    assert "there is nothing to import" in nothing


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("book.pdf", b"%PDF", "“book.pdf” is no CSV, XLSX or QDC file."),
        ("book.csv", b"", "“book.csv” is empty."),
    ],
)
def test_a_wrong_file_is_refused_at_once(
    cast: Cast, client: Client, name: str, content: bytes, message: str
) -> None:
    client.force_login(cast.olive)
    address = f"/projects/{cast.alder.pk}/codes/import/"
    response = client.post(address, {"codebook": SimpleUploadedFile(name, content)})
    assert response.status_code == 400
    assert message in response.content.decode()
    assert not Job.objects.exists()


def test_a_bad_file_fails_with_its_place(cast: Cast, client: Client) -> None:
    client.force_login(cast.olive)
    job = uploaded(client, cast.alder, b"definition\nx\n")
    assert job.state == "failed"
    assert job.message == "The column name is missing; the first row has “definition”."
    (problem,) = job.problems
    assert (problem["file"], problem["row"], problem["column"]) == ("book.csv", 1, "name")
    page = client.get(f"/projects/{cast.alder.pk}/jobs/{job.pk}/").content.decode()
    assert f'href="/projects/{cast.alder.pk}/codes/import/"' in page


def test_the_codes_page_offers_both(cast: Cast, client: Client) -> None:
    address = f"/projects/{cast.alder.pk}/codes/"
    client.force_login(cast.olive)
    empty = client.get(address).content.decode()
    assert "codes/import/" in empty
    assert "codes/export/" not in empty
    factories.world(cast.alder)
    full = client.get(address).content.decode()
    assert all(f"codes/export/{fmt}/" in full for fmt in codebook_exports.FORMATS)
    assert "codes/import/" in full
    client.force_login(cast.vera)
    seen = client.get(address).content.decode()
    assert "codes/export/csv/" in seen
    assert "codes/import/" not in seen


def test_words_of_a_check_are_plain_data(cast: Cast, world: World, client: Client) -> None:
    client.force_login(cast.olive)
    check = uploaded(client, cast.alder, b"name\n<script>alert(1)</script>\n")
    assert json.loads(json.dumps(check.result))["new"][0]["name"] == "<script>alert(1)</script>"
    page = client.get(f"/projects/{cast.alder.pk}/codes/import/{check.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
