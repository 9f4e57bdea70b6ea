"""Taking the import of a codebook back: all of it, or nothing and which codes are in the way."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from cases import codebook as codebook_of
from cases.core.codebook_files import plan_codebook, read_codebook_file
from cases.services.codebook import import_codebook
from coding import queries
from coding.models import Code, CodeProposal, Coding
from coding.services import codebook
from coding.services.codings import StateConflict, add_codings, remove_coding, undo
from projects.access import Access
from projects.models import Event, Job
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

TABLE = (
    "code,name,parent,definition,heading only\n"
    "gains,Benefits,,What is better,no\n"
    "intranet,Intranet,,Files only,no\n"
    ",Fresh,Intranet,New here,no\n"
    ",Deep,Fresh,Deeper,no\n"
)


@pytest.fixture
def world(cast: Cast) -> World:
    world = factories.world(cast.alder)
    Code.objects.filter(pk=world.gains.pk).update(heading_only=True, colour=3)
    Code.objects.filter(pk=world.intranet.pk).update(redefined_at=timezone.now())
    return world


def bring(access: Access, table: str, name: str = "book.csv") -> uuid.UUID:
    rows = read_codebook_file(table.encode(), name).rows
    plan = plan_codebook(rows, codebook_of.known_codes(access), name)
    assert plan.conflicts == []
    batch = uuid.uuid4()
    import_codebook(
        access=access, rows=rows, file=name, with_changes=True, digest=plan.digest, batch=batch
    )
    return batch


def there(project: Any) -> list[tuple[Any, ...]]:
    rows = Code.objects.filter(project=project, removed_at__isnull=True).order_by("pk")
    return list(rows.values_list())


def refused(access: Access, batch: uuid.UUID) -> str:
    before = list(Code.objects.order_by("pk").values_list())
    lines = Event.objects.count()
    with pytest.raises(StateConflict) as problem:
        codebook.undo_import(access=access, batch=batch)
    assert list(Code.objects.order_by("pk").values_list()) == before
    assert Event.objects.count() == lines
    return str(problem.value.messages[0])


def named(name: str) -> Code:
    return Code.objects.get(name=name, removed_at__isnull=True)


def test_every_code_is_as_it_was(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    before = there(cast.alder)
    batch = bring(liam, TABLE)
    assert there(cast.alder) != before
    plan = codebook.plan_undo_import(access=liam, batch=batch)
    assert [code.name for code in plan.gone] == ["Fresh", "Deep"]
    assert sorted(code.key for code in plan.back) == ["gains", "intranet"]
    assert (plan.file, plan.problems, plan.undone) == ("book.csv", [], False)
    codebook.undo_import(access=liam, batch=batch)
    assert there(cast.alder) == before
    # In the trash, not deleted.
    assert Code.objects.filter(removed_at__isnull=False).count() == 2
    heads = Event.objects.filter(verb="codebook.imported").order_by("id")
    assert [(e.mode, e.label, e.answers) for e in heads] == [
        ("do", "book.csv", None),
        ("undo", "book.csv", batch),
    ]
    assert heads[1].after["counts"] == {"removed": 2, "put_back": 2}
    (line,) = Event.objects.filter(verb="code.imported", mode="undo")
    assert (line.answers, line.batch) == (batch, heads[1].batch)
    did = Event.objects.get(verb="code.imported", mode="do")
    assert (line.before, line.after) == (did.after, did.before)
    assert refused(liam, batch) == "This import has been undone already."
    assert codebook.plan_undo_import(access=liam, batch=batch).undone


def test_where_a_code_is_named_again_it_is_the_same_one(cast: Cast, world: World) -> None:
    """A wrong file, taken back, and put right: its codes do not lie in their own way."""
    liam = cast.access("liam")
    batch = bring(liam, TABLE)
    fresh = named("Fresh")
    memory = there(cast.alder)
    codebook.undo_import(access=liam, batch=batch)
    again = bring(liam, TABLE)
    now = there(cast.alder)
    assert [row[:4] for row in now] == [row[:4] for row in memory]
    assert [code.name for code in queries_tree(liam)] == [
        "Benefits",
        "Solving",
        "Intranet",
        "Fresh",
        "Deep",
    ]
    assert named("Fresh").pk == fresh.pk
    codebook.undo_import(access=liam, batch=again)
    other = bring(liam, "name,definition\nFresh,Something else\n")
    back = named("Fresh")
    assert (back.pk, back.key, back.parent, back.definition) == (
        fresh.pk,
        "fresh",
        None,
        "Something else",
    )
    codebook.undo_import(access=liam, batch=other)
    # What somebody put into the trash is another matter.
    third = bring(liam, "code,name\nfresh,Fresh\n")
    Code.objects.filter(pk=fresh.pk).update(removed_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert third not in (batch, again, other)
    rows = read_codebook_file(b"code,name\nfresh,Fresh\n", "b.csv").rows
    plan = plan_codebook(rows, codebook_of.known_codes(liam), "b.csv")
    assert "is in the trash" in plan.conflicts[0].message


def queries_tree(access: Access) -> list[Code]:
    return [node.code for node in queries.codebook(access)]


def test_what_is_in_the_way_is_named(cast: Cast, world: World) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    batch = bring(liam, TABLE)
    text = world.source.content.text
    fresh, deep = named("Fresh"), named("Deep")
    (coding,) = add_codings(
        access=cora, source=world.source, start=0, end=3, quote=text[:3], codes=[fresh]
    ).added
    assert refused(liam, batch) == (
        "The import cannot be undone as it is. In the way: “Fresh” (1 passage is coded with it)."
    )
    remove_coding(access=cora, coding=coding)
    asked = codebook.propose(access=cora, code=deep, name="Deeper")
    assert "“Deep” (there is an open proposal about it)" in refused(liam, batch)
    CodeProposal.objects.filter(pk=asked.pk).delete()
    codebook.move_code(access=liam, code=world.solving, parent=deep, before=None)
    assert "“Solving” (it lies below “Deep”, which the import made)" in refused(liam, batch)
    codebook.move_code(access=liam, code=world.solving, parent=None, before=None)
    codebook.merge_codes(access=liam, code=world.solving, into=fresh)
    assert "“Fresh” (“Solving” was merged into it)" in refused(liam, batch)
    codebook.undo_merge(access=liam, code=world.solving)
    codebook.merge_codes(access=liam, code=deep, into=world.solving)
    assert "“Deep” (it was merged into “Solving”)" in refused(liam, batch)
    codebook.undo_merge(access=liam, code=deep)
    Code.objects.filter(pk=world.intranet.pk).update(definition="Better words")
    Code.objects.filter(pk=deep.pk).update(name="Depth")
    assert refused(liam, batch) == (
        "The import cannot be undone as it is. In the way: “Intranet” (it has been changed "
        "since); “Depth” (it has been changed since)."
    )
    Code.objects.filter(pk=world.intranet.pk).update(definition="Files only")
    Code.objects.filter(pk=deep.pk).update(name="Deep", retired_at=timezone.now())
    codebook.undo_import(access=liam, batch=batch)
    # Who takes back the removal of a passage is told that its code is gone.
    message = undo(access=cora, source=world.source).message
    assert message.endswith("1 coding was left as it is, because its code is gone.")
    assert not Coding.objects.present().exists()
    with pytest.raises(StateConflict, match="“Fresh” is in the trash"):
        add_codings(access=cora, source=world.source, start=0, end=3, quote=text[:3], codes=[fresh])


def test_a_place_that_is_taken_is_in_the_way(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    batch = bring(liam, "code,name\ngains,Benefits\n")
    codebook.create_code(access=liam, name="Gains")
    assert "“Benefits” (there is another code “Gains” in its old place)" in refused(liam, batch)


def test_a_place_that_is_gone_is_in_the_way(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    batch = bring(liam, "code,name,parent\nintranet,Intranet,\n")
    codebook.move_code(access=liam, code=world.gains, parent=world.intranet, before=None)
    assert "“Intranet” (what was above it lies below it now)" in refused(liam, batch)
    codebook.move_code(access=liam, code=world.gains, parent=None, before=None)
    codebook.merge_codes(
        access=liam, code=world.gains, into=codebook.create_code(access=liam, name="New")
    )
    assert "“Intranet” (the code above it is gone)" in refused(liam, batch)


def test_nothing_is_imported_below_a_merged_code(cast: Cast, world: World) -> None:
    """It would be seen nowhere: a merged code is not in the tree."""
    liam = cast.access("liam")
    codebook.merge_codes(access=liam, code=world.intranet, into=world.solving)
    table = b"code,name,parent\nwiki,Wiki,intranet\ngains,Gains,intranet\n"
    rows = read_codebook_file(table, "b.csv").rows
    plan = plan_codebook(rows, codebook_of.known_codes(liam), "b.csv")
    assert (plan.new, plan.changed) == ([], [])
    assert [(p.row, p.column, p.message) for p in plan.conflicts] == [
        (
            row,
            "parent",
            "The parent “Intranet” was merged into “Solving”; nothing lies below it any more.",
        )
        for row in (2, 3)
    ]


def test_a_heading_again_with_passages_is_in_the_way(cast: Cast, world: World) -> None:
    liam, cora = cast.access("liam"), cast.access("cora")
    batch = bring(liam, TABLE)
    text = world.source.content.text
    add_codings(
        access=cora, source=world.source, start=0, end=3, quote=text[:3], codes=[world.gains]
    )
    assert "it was a heading, and passages are coded with it now" in refused(liam, batch)


def test_many_in_the_way_are_counted(cast: Cast, world: World) -> None:
    liam = cast.access("liam")
    batch = bring(liam, "name\n" + "".join(f"Code {n:02}\n" for n in range(10)))
    Code.objects.filter(name__startswith="Code").update(definition="Mine")
    said = refused(liam, batch)
    assert "“Code 07” (it has been changed since). And 2 more codes." in said
    assert "Code 08" not in said


def test_only_who_may_and_only_what_there_is(cast: Cast, world: World) -> None:
    batch = bring(cast.access("liam"), TABLE)
    for who in ("cora", "vera"):
        with pytest.raises(PermissionDenied):
            codebook.undo_import(access=cast.access(who), batch=batch)
    assert refused(cast.access("olive"), uuid.uuid4()) == (
        "The history has no such import of a codebook."
    )
    factories.world(cast.brook)
    assert "no such import" in refused(cast.access("otto", cast.brook), batch)


def test_from_the_page_of_the_import(cast: Cast, world: World, client: Client) -> None:
    client.force_login(cast.liam)
    before = there(cast.alder)
    batch = bring(cast.access("liam"), TABLE)
    job = Job.objects.create(
        project=cast.alder,
        kind="codebook_import",
        state="done",
        created_by=cast.liam,
        result={"counts": {}, "batch": str(batch)},
    )
    address = f"/projects/{cast.alder.pk}/codes/imports/{batch}/undo/"
    told = client.get(f"/projects/{cast.alder.pk}/jobs/{job.pk}/").content.decode()
    assert f'href="{address}"' in told
    page = client.get(address).content.decode()
    assert "<strong>2</strong> codes that it made go to the trash" in page
    assert "<strong>2</strong> codes that it changed are put back" in page
    assert [row[0] for row in there(cast.alder)] != [row[0] for row in before]
    done = client.post(address, follow=True)
    assert [str(m) for m in done.context["messages"]] == [
        "The import of book.csv is undone: 2 codes in the trash, 2 as they were."
    ]
    assert there(cast.alder) == before
    again = client.post(address, follow=True)
    assert [str(m) for m in again.context["messages"]] == ["This import has been undone already."]
    assert (
        client.get(f"/projects/{cast.alder.pk}/codes/imports/{uuid.uuid4()}/undo/").status_code
        == 404
    )
    history = client.get(f"/projects/{cast.alder.pk}/history/").content.decode()
    assert history.count("imported the codebook") == 2


def test_the_page_says_what_is_in_the_way(cast: Cast, world: World, client: Client) -> None:
    client.force_login(cast.liam)
    batch = bring(cast.access("liam"), TABLE)
    Code.objects.filter(name="Deep").update(name="<b>Mine</b>")
    address = f"/projects/{cast.alder.pk}/codes/imports/{batch}/undo/"
    page = client.get(address).content.decode()
    assert "&lt;b&gt;Mine&lt;/b&gt;" in page
    assert "it has been changed since" in page
    assert "What this touches" not in page
    refused_page = client.post(address, follow=True).content.decode()
    assert "The import cannot be undone as it is." in refused_page
