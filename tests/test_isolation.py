"""The third net: whoever does not belong gets in nowhere, and nothing of one project is seen in
another. The routes are read from the URLconf, the models from the apps, so that a new view or a
new model is covered without a new test, or fails here until it is.
"""

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, models
from django.test import Client

from cases.core.transcript_batch import FileSettings
from cases.models import SavedQuery
from coding.models import (
    AgreementCount,
    Assignment,
    Code,
    CodebookVersion,
    CodeExample,
    CodeProposal,
    Coding,
    Comparison,
    NameReplacement,
    Note,
    NoteLink,
    PlacementReview,
    Reading,
    Recording,
    Round,
    SourceVersion,
    Speaker,
    Withdrawal,
)
from coding.sealing import unseal
from coding.services.autocode import auto_code
from coding.services.codebook import create_code
from coding.services.trash import remove_code
from projects.access import resolve
from projects.models import Event, Invitation, Job, JobStep, Membership, Project
from projects.services.events import record_for
from projects.services.membership import hash_token
from tests import factories
from tests.factories import Cast
from tests.routes import Route, all_routes

pytestmark = pytest.mark.django_db

CANARY = "zanzibarine"
TYPED = b"P1: Yes.\nP1: We do.\n"
ROOMS = ("projects", "coding", "cases")
# Routes outside every project; each of them shows nothing but the visitor's own things.
OPEN = {
    "root",
    "projects:list",
    "projects:new",
    "projects:accept",
    "projects:health",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_change_password",
}
PROJECT_ROUTES = [route for route in all_routes() if route.in_project]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Place:
    """A project with one of everything that an address can name."""

    project: Project
    ids: dict[str, Any]
    world: factories.World
    coding: Coding

    def address(self, route: Route, **other: Any) -> str:
        return route.address(**{"project_id": self.project.pk, **self.ids, **other})


def place(project: Project, owner: Any, word: str = "") -> Place:
    mark = f" {word}" if word else ""
    world = factories.world(project, word)
    me = Membership.objects.get(project=project, user=owner)
    ghost = factories.member(project, None, "coder", label=f"imported coder{mark}")
    factories.coding(world.source, world.solving, ghost, 0, 4)
    coding = factories.coding(world.source, world.intranet, me, 41, 60)
    note = Note.objects.create(
        project=project,
        coding=coding,
        author=me,
        title=f"On sharing{mark}",
        text=f"Why here?{mark}",
    )
    memos_about(world, me, note, mark)
    Reading.objects.create(source=world.source, coder=me)
    receipt = evidence(world, me, coding, mark)
    meanings = codebook_rows(world, me, coding, mark)
    invitation = Invitation.objects.create(
        project=project,
        note=f"somebody{mark}",
        token_hash=hash_token(f"token-{project.pk}"),
        created_by=owner,
        expires_at="2999-01-01T00:00:00Z",
    )
    job = Job.objects.create(
        project=project,
        kind="study_check",
        state="done",
        created_by=owner,
        upload=ContentFile(b"not a zip", name="study.zip"),
        upload_name=f"study{mark}.zip",
        message=f"done{mark}",
        phase=f"reading{mark}",
        result={
            "ok": True,
            "coders": {},
            "counts": dict.fromkeys(["cases", "participants", "documents", "codes", "codings"], 0),
            "notes": [f"a note{mark}"],
            "problems": [],
        },
    )
    JobStep.objects.create(job=job, ordinal=0, params={"word": word})
    expression = Job.objects.create(
        project=project,
        kind="expression",
        state="done",
        created_by=owner,
        params={"query": "words=lesson&regex=1", "unit": "match"},
        result={
            "places": [[world.source.pk, 50, 56, [[50, 56]]]],
            "texts": {str(world.source.pk): world.source.text_sha256},
            "searched": 4,
            "more": False,
            "empty": 0,
        },
    )
    saved = SavedQuery.objects.create(
        project=project, name=f"Sharing{mark}", query=f"words=intranet{mark}", made_by=me
    )
    batch = uuid.uuid4()
    auto_code(
        access=resolve(owner, project.pk),
        passages=[(world.source.pk, 10, 20)],
        codes=[world.solving],
        query="words=coaches",
        unit="turn",
        batch=batch,
    )
    record_for(project, owner, "code.created", world.gains, label=f"Gains{mark}", after={"w": word})
    return Place(
        project=project,
        world=world,
        coding=coding,
        ids={
            "source_id": world.source.pk,
            "code_id": world.intranet.pk,
            "coding_id": coding.pk,
            "note_id": note.pk,
            "membership_id": ghost.pk,
            "withdrawal_id": receipt.pk,
            "invitation_id": invitation.pk,
            "job_id": job.pk,
            "expression_id": expression.pk,
            "saved_id": saved.pk,
            "participant_id": world.participant.pk,
            "batch": batch,
            "number": version_number(world),
            "review_id": PlacementReview.objects.get(source=world.source).pk,
            "fmt": "xlsx",
            **trash(world, owner, mark),
            **meanings,
            **double_coding(world, me, coding, mark),
            **transcripts(project, owner, world, mark),
            "codebook_check_id": codebook_check(project, owner, mark),
            "import_batch": codebook_import(project, owner, mark),
        },
    )


def trash(world: factories.World, owner: Any, mark: str) -> dict[str, Any]:
    """Something in the trash, and the line of history that put it there."""
    access = resolve(owner, world.project.pk)
    code = create_code(access=access, name=f"Thrown away{mark}")
    remove_code(access=access, code=code)
    line = Event.objects.filter(project=world.project, verb="code.removed").latest("id")
    return {"trashed": code.guid, "event_id": line.pk, "case_id": world.case.pk}


def memos_about(world: factories.World, me: Membership, note: Note, mark: str) -> None:
    """A memo about one of everything, each pointing to the next, and mentioning somebody."""
    things = {
        "project": world.project,
        "source": world.source,
        "code": world.intranet,
        "participant": world.participant,
        "case": world.case,
    }
    before: tuple[str, Any] = ("note", note)
    for about, row in things.items():
        memo = Note.objects.create(
            project=world.project,
            about=about,
            about_guid=row.guid,
            author=me,
            title=f"On the {about}{mark}",
            text=f"A thought{mark}, @[{me.label}]",
        )
        memo.mentions.add(me)
        NoteLink.objects.create(note=memo, target=before[0], target_guid=before[1].guid)
        before = (about, row)


def codebook_rows(
    world: factories.World, me: Membership, coding: Coding, mark: str
) -> dict[str, int]:
    """Rules of a code, an example, a version and a proposal; their ids in addresses."""
    project = world.project
    Code.objects.filter(pk=world.intranet.pk).update(
        when_to_use=f"Written up{mark}",
        when_not_to_use=f"Paper{mark}",
        redefined_at="2999-01-01T00:00:00Z",
    )
    CodeExample.objects.create(code=world.intranet, coding=coding)
    content = [
        {
            "guid": str(world.gains.guid),
            "parent": None,
            "merged_into": None,
            "key": "gains",
            "name": f"Gains{mark}",
            "definition": f"As it was{mark}",
            "when_to_use": "",
            "when_not_to_use": "",
            "kind": "",
            "elicited": False,
            "colour": 0,
            "heading_only": False,
            "retired": False,
        }
    ]
    version = CodebookVersion.objects.create(
        project=project,
        number=1,
        name=f"Pilot{mark}",
        reason=f"Before round 2{mark}",
        content=content,
        sha256="0" * 64,
        made_by=me,
    )
    proposal = CodeProposal.objects.create(
        project=project,
        content={"name": f"Time{mark}"},
        reason=f"Comes up a lot{mark}",
        answer=f"Not yet{mark}",
        made_by=me,
    )
    return {"version_id": version.pk, "proposal_id": proposal.pk}


def double_coding(
    world: factories.World, me: Membership, coding: Coding, mark: str
) -> dict[str, int]:
    """A round that has been opened, with two shares of it and one place to decide."""
    place = [coding.pk, coding.code_id, coding.start, coding.end]
    held = Round.objects.create(
        project=world.project,
        number=1,
        name=f"Pilot round{mark}",
        instructions=f"Read it whole first{mark}",
        drawing={"how": f"chosen{mark}"},
        codebook=CodebookVersion.objects.get(project=world.project),
        state="opened",
        made_by=me,
    )
    share = Assignment.objects.create(
        round=held,
        source=world.source,
        coder=me,
        finished_at="2020-01-01T00:00:00Z",
        passages=[[*place, mark]],
        earlier=[[*place, mark]],
        version=world.source.version,
    )
    # Somebody else finished it as well, so that there is agreement to show.
    Assignment.objects.create(
        round=held,
        source=world.source,
        coder=Membership.objects.get(project=world.project, user=None),
        finished_at="2020-01-01T00:00:00Z",
        version=world.source.version,
    )
    AgreementCount.objects.create(
        round=held, source=world.source, unit="turn", basis="", counts=b""
    )
    compared = Comparison.objects.create(
        round=held,
        source=world.source,
        code=coding.code,
        start=coding.start,
        end=coding.end,
        kind="missed",
        passages=[[me.pk, coding.pk, coding.start, coding.end, mark]],
        others=[[me.pk, coding.code_id, mark]],
        why=f"Both say so{mark}",
    )
    return {"round_id": held.pk, "assignment_id": share.pk, "comparison_id": compared.pk}


def codebook_check(project: Project, owner: Any, mark: str) -> int:
    """A checked codebook with one new code and nothing to complain about."""
    job = Job.objects.create(
        project=project,
        kind="codebook_check",
        state="done",
        created_by=owner,
        upload_name=f"book{mark}.csv",
        result={
            "counts": {"new": 1, "changed": 0, "unchanged": 0, "left_out": 0},
            "modes": {mode: {"digest": "", "new": 1} for mode in ("all", "new")},
            "new": [{"row": 2, "name": f"New{mark}", "key": "", "below": "", "definition": ""}],
            "changed": [],
            "notes": [],
            "problems": [],
            "problem_count": 0,
        },
    )
    return job.pk


def codebook_import(project: Project, owner: Any, mark: str) -> uuid.UUID:
    """A codebook that was imported with nothing in it."""
    counts = {"new": 0, "changed": 0, "unchanged": 0, "left_out": 0}
    line = record_for(
        project, owner, "codebook.imported", project, label=f"book{mark}", after={"counts": counts}
    )
    return line.batch


def transcripts(project: Project, owner: Any, world: factories.World, mark: str) -> dict[str, int]:
    """A check of one transcript, which is ready, and an import that found it a duplicate."""
    check = Job.objects.create(
        project=project,
        kind="transcripts_check",
        state="done",
        created_by=owner,
        upload=ContentFile(TYPED, name="transcripts.bundle"),
        upload_name=f"talk{mark}.txt",
        params={"files": [{"name": f"talk{mark}.txt", "start": 0, "size": len(TYPED)}]},
    )
    step = JobStep.objects.create(
        job=check,
        ordinal=0,
        state="done",
        params={
            "file": 0,
            "member": None,
            "name": f"talk{mark}.txt",
            "size": len(TYPED),
            "problem": None,
            "as": FileSettings(key="talk", title=f"Talk{mark}").as_json(),
        },
        result={
            "format": "text",
            "text_sha256": "1" * 64,
            "original_sha256": "2" * 64,
            "speakers": 1,
            "said": {
                "labels": [[f"P1{mark}", 1]],
                "samples": [{"speaker": "P1", "words": f"Yes{mark}", "start": None, "end": None}],
                "notes": [f"A note{mark}"],
            },
        },
    )
    done = Job.objects.create(
        project=project,
        kind="transcripts_import",
        state="done",
        created_by=owner,
        upload_name=f"talk{mark}.txt",
        params={"check": check.pk, "steps": [step.pk], "batch": str(uuid.uuid4())},
    )
    JobStep.objects.create(
        job=done,
        ordinal=0,
        state="done",
        params={"step": step.pk},
        result={
            "outcome": "duplicate",
            "source": world.source.pk,
            "message": f"As{mark}",
            "undecided": 0,
        },
    )
    return {"check_id": check.pk, "step_id": step.pk, "import_id": done.pk}


def version_number(world: factories.World) -> int:
    return SourceVersion.objects.get(source=world.source).number


def evidence(world: factories.World, me: Membership, coding: Coding, mark: str) -> Withdrawal:
    """An earlier version with a passage to review, speakers, a recording, the two logs."""
    project, source = world.project, world.source
    version = SourceVersion.objects.create(
        source=source,
        number=7 if mark else 0,
        text=f"INT: How do coaches share?{mark}",
        text_sha256="0" * 64,
        turns=[[0, 5, 26, f"INT{mark}", "interviewer", None, None, None, False]],
        codings=[[coding.pk, 5, 26, mark]],
        replaced_because="edited",
        comment=f"A slip of the pen{mark}",
        replaced_by=me,
    )
    PlacementReview.objects.create(
        source=source, coding=coding, version=version, old_start=5, old_end=26
    )
    Speaker.objects.create(project=project, label=f"SPEAKER_00{mark}", role="participant")
    NameReplacement.objects.create(
        project=project,
        batch=uuid.uuid4(),
        original_sealed="",
        replacement=f"[town]{mark}",
        hits=3,
        sources=1,
        made_by=me,
    )
    Recording.objects.create(
        source=source,
        file=ContentFile(f"RIFF{mark}".encode(), name="talk.wav"),
        name=f"talk{mark}.wav",
        content_type="audio/wav",
        size=4 + len(mark),
        sha256="0" * 64,
    )
    return Withdrawal.objects.create(project=project, counts={f"sources{mark}": 1}, made_by=me)


@dataclass
class Scene:
    cast: Cast
    own: Place
    foreign: Place


@pytest.fixture
def scene(cast: Cast) -> Scene:
    cast.brook.title = f"Brook {CANARY}"
    cast.brook.description = f"About {CANARY}"
    cast.brook.save()
    cast.otto.display_name = f"Otto {CANARY}"
    cast.otto.save()
    Membership.objects.filter(project=cast.brook).update(label=f"Otto {CANARY}")
    return Scene(
        cast=cast,
        own=place(cast.alder, cast.olive),
        foreign=place(cast.brook, cast.otto, CANARY),
    )


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def good_call(route: Route, where: Place) -> tuple[str, str, dict[str, Any]]:
    """Method, query and body with which the owner's call of this route succeeds.

    A route that is not here is called by GET without a query. If that does not do, the test below
    says so: add the call.
    """
    world, text = where.world, factories.TEXT
    cell = f"row={world.case.pk}&column={world.gains.pk}"
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "projects:invite": ("post", "", {"note": "x", "role": "coder"}),
        "projects:revoke": ("post", "", {}),
        "projects:member_role": ("post", "", {"role": "viewer"}),
        "projects:member_end": ("post", "", {}),
        "projects:job_cancel": ("post", "", {}),
        "projects:job_retry": ("post", "", {}),
        "cases:cell": ("get", cell, {}),
        "cases:search": ("get", "words=and", {}),
        "cases:trash_restore": ("post", "", {}),
        "cases:memo_new": ("post", f"about=code:{world.intranet.guid}", {"text": "A thought."}),
        "cases:memo_edit": ("post", "", {"text": "Another thought."}),
        "cases:memo_remove": ("post", "", {}),
        "cases:memo_restore": ("post", "", {}),
        "coding-api:all_notes": (
            "post",
            "",
            {"about": f"code:{world.intranet.guid}", "text": "A thought."},
        ),
        "cases:search_save": ("post", "words=lesson", {"name": "Lessons"}),
        "cases:search_remove": ("post", "", {}),
        "cases:auto_code": ("get", "words=and", {}),
        "coding:review": ("post", "", {"action": "confirm"}),
        "coding:comparison": ("post", "", {"decision": "rejected"}),
        "coding:comparison_say": ("post", "", {"text": "I see."}),
        "coding:round_source": ("get", f"at={where.ids['comparison_id']}", {}),
        "coding:recording_remove": ("post", "", {}),
        "cases:agreement_count": ("post", "", {}),
        "cases:expression": ("post", "words=les+on&regex=1", {"unit": "match"}),
        "coding:code_examples": ("post", "", {"coding": where.coding.pk}),
        "coding:code_review": ("get", "", {}),
        "coding:proposal_new": ("post", "", {"name": "Time"}),
        "coding-api:codings": (
            "post",
            "",
            {"start": 0, "end": 4, "quote": text[:4], "codes": [world.intranet.pk]},
        ),
        "coding-api:coding": ("delete", "", {}),
        "coding-api:example": ("put", "", {}),
        "coding-api:notes": ("post", "", {"text": "Compare with the other school."}),
        "coding-api:note": ("patch", "", {"text": "Written anew."}),
        "coding-api:undo": ("post", "", {}),
        "coding-api:redo": ("post", "", {}),
        "coding-api:finished": ("post", "", {"finished": True}),
        "coding-api:codes": ("post", "", {"name": "Another"}),
        "cases:round_start": ("post", "", {}),
        "cases:round_open": ("post", "", {}),
        "cases:round_close": ("post", "", {}),
        "cases:round_delete": ("post", "", {}),
        "cases:round_put_back": ("post", "", {}),
    }
    return calls.get(route.name, ("get", "", {}))


def send(client: Client, method: str, address: str, body: dict[str, Any], api: bool) -> Any:
    if method == "get":
        return client.get(address)
    if api:
        return getattr(client, method)(address, body, content_type="application/json")
    return getattr(client, method)(address, body)


def prepare(route: Route, scene: Scene) -> None:
    """Undo and redo need something that can be taken back."""
    if route.name not in ("coding-api:undo", "coding-api:redo"):
        return
    owner = logged_in(scene.cast.olive)
    base = f"/api/v1/projects/{scene.own.project.pk}/sources/{scene.own.ids['source_id']}/"
    body = {"start": 5, "end": 9, "quote": factories.TEXT[5:9], "codes": [scene.own.ids["code_id"]]}
    assert send(owner, "post", base + "codings/", body, True).status_code == 201
    if route.name == "coding-api:redo":
        assert send(owner, "post", base + "undo/", {}, True).status_code == 200


def ids(route: Route) -> str:
    return route.name


def test_every_route_lies_in_a_project_or_on_the_open_list() -> None:
    outside = {route.name for route in all_routes() if not route.in_project}
    assert outside == OPEN
    assert len(PROJECT_ROUTES) >= 29


@pytest.mark.parametrize("route", PROJECT_ROUTES, ids=ids)
def test_strangers_never_get_in(route: Route, scene: Scene) -> None:
    address = scene.own.address(route)
    for method in METHODS:
        anonymous = send(Client(), method, address, {}, route.is_api)
        if route.is_api:
            assert anonymous.status_code in (401, 403), method
        else:
            assert anonymous.status_code == 302, method
            assert anonymous["Location"].startswith("/accounts/login/")
        for outsider in (scene.cast.nora, scene.cast.otto):
            answer = send(logged_in(outsider), method, address, {}, route.is_api)
            assert answer.status_code == 404, (method, outsider)


def test_a_former_member_is_a_stranger(scene: Scene) -> None:
    Membership.objects.filter(project=scene.own.project, user=scene.cast.cora).update(
        ended_at="2020-01-01T00:00:00Z"
    )
    address = f"/projects/{scene.own.project.pk}/"
    assert logged_in(scene.cast.cora).get(address).status_code == 404
    assert logged_in(scene.cast.cody).get(address).status_code == 200


@pytest.mark.parametrize(
    "route",
    [r for r in PROJECT_ROUTES if set(r.arguments) - {"project_id", "fmt"}],
    ids=ids,
)
def test_another_projects_object_is_not_there_and_an_own_one_is(route: Route, scene: Scene) -> None:
    prepare(route, scene)
    method, query, body = good_call(route, scene.own)
    owner = logged_in(scene.cast.olive)
    for name in set(route.arguments) - {"project_id", "fmt"}:
        wrong = scene.own.address(route, **{name: scene.foreign.ids[name]})
        answer = send(owner, method, f"{wrong}?{query}", body, route.is_api)
        assert answer.status_code == 404, name
    answer = send(owner, method, f"{scene.own.address(route)}?{query}", body, route.is_api)
    assert answer.status_code in (200, 201, 302), (route.name, answer.content[:300])


@pytest.mark.parametrize("route", PROJECT_ROUTES, ids=ids)
def test_the_owners_call_succeeds(route: Route, scene: Scene) -> None:
    prepare(route, scene)
    method, query, body = good_call(route, scene.own)
    address = f"{scene.own.address(route)}?{query}"
    answer = send(logged_in(scene.cast.olive), method, address, body, route.is_api)
    assert answer.status_code in (200, 201, 302), answer.content[:300]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("cases:matrix", "code={code_id}"),
        ("cases:matrix", "coder={membership_id}"),
        ("cases:export", "code={code_id}"),
        ("cases:cell", "row={case}&column={code_id}"),
        ("cases:search", "code={code_id}"),
        ("cases:search", "words=we&without={code_id}"),
        ("cases:search", "case={case}"),
        ("cases:search", "who=p:{person}"),
        ("cases:auto_code", "code={code_id}"),
        ("cases:participants", "case={case}"),
        ("cases:notebook", "author={membership_id}"),
        ("cases:notebook", "of=case:{case_guid}"),
        ("cases:notebook", "of=coding:{coding_guid}"),
        ("cases:notebook", "of=note:{note_guid}"),
        ("cases:notebook_export", "of=participant:{person_guid}"),
        ("cases:memo_new", "about=source:{source_guid}"),
        ("coding-api:all_notes", "about=code:{code_guid}"),
        ("coding:round_review", "code={code_id}"),
        ("coding:round_accept", "source={source_id}"),
        ("cases:agreement", "source={source_id}"),
        ("cases:agreement_export", "code={code_id}"),
    ],
)
def test_ids_in_a_query_are_looked_up_inside_the_project(
    name: str, query: str, scene: Scene
) -> None:
    route = next(r for r in PROJECT_ROUTES if r.name == name)
    owner = logged_in(scene.cast.olive)
    for where, expected in ((scene.foreign, (400, 404)), (scene.own, (200,))):
        person = where.world.participant.pk
        guids = {
            "case_guid": where.world.case.guid,
            "coding_guid": where.coding.guid,
            "note_guid": Note.objects.get(pk=where.ids["note_id"]).guid,
            "person_guid": where.world.participant.guid,
            "source_guid": where.world.source.guid,
            "code_guid": where.world.intranet.guid,
        }
        filled = query.format(case=where.world.case.pk, person=person, **guids, **where.ids)
        answer = owner.get(f"{scene.own.address(route)}?{filled}")
        assert answer.status_code in expected, filled


def test_ids_in_a_body_are_looked_up_inside_the_project(scene: Scene) -> None:
    owner = logged_in(scene.cast.olive)
    base = f"/api/v1/projects/{scene.own.project.pk}/"
    codings = f"{base}sources/{scene.own.ids['source_id']}/codings/"
    body = {
        "start": 0,
        "end": 4,
        "quote": factories.TEXT[:4],
        "codes": [scene.foreign.ids["code_id"]],
    }
    assert send(owner, "post", codings, body, True).status_code == 404
    own = f"{base}codings/{scene.own.ids['coding_id']}/"
    recode = {"code": scene.foreign.ids["code_id"]}
    assert send(owner, "patch", own, recode, True).status_code == 404
    child = {"name": "Child", "parent": scene.foreign.ids["code_id"]}
    assert send(owner, "post", f"{base}codes/", child, True).status_code == 404
    memo = {"about": f"code:{scene.own.world.gains.guid}", "text": "A thought."}
    foreign = f"code:{scene.foreign.world.gains.guid}"
    before = Note.objects.count()
    assert send(owner, "post", f"{base}notes/", memo | {"about": foreign}, True).status_code == 404
    linked = send(owner, "post", f"{base}notes/", memo | {"links": [foreign]}, True)
    assert linked.status_code == 400
    assert Note.objects.count() == before
    form = {"name": "Child", "parent": scene.foreign.ids["code_id"], "colour": 1}
    answer = owner.post(f"/projects/{scene.own.project.pk}/codes/new/", form)
    assert answer.status_code == 200  # the form again: no such choice
    assert not scene.own.project.codes.filter(name="Child").exists()


# --- nothing of project B is seen in project A ---------------------------------------------------


def text_fields(model: type[models.Model]) -> list[Any]:
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [f for f in model._meta.fields if isinstance(f, kinds) and not f.choices]


def room_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m._meta.app_label in ROOMS]


# Text that is no text of people: keys, hashes, file names of the machine.
MACHINE_TEXT = {
    "User.email",
    "User.password",
    "Invitation.token_hash",
    "Event.verb",
    "Event.object_type",
    "Event.before",
    "Job.kind",
    "Job.claimed_by",
    "Job.params",
    "Job.problems",
    "Source.text_sha256",
    "Source.original_sha256",
    "Source.format",
    "SourceVersion.text_sha256",
    "Recording.file",
    "Recording.content_type",
    "Recording.sha256",
    "CodebookVersion.sha256",
    "AgreementCount.basis",
    # Encrypted: what is planted there is looked for in words by tests of their own.
    "Participant.real_name_sealed",
    "NameReplacement.original_sealed",
    "SourceText.encoding",
    "Participant.key",
    "Turn.speaker",
    "CaseSource",
}


def test_the_canary_sits_in_every_text_field(scene: Scene) -> None:
    """Fails when a model or a text field is added and nobody plants the canary in it."""
    missing = []
    for model in room_models():
        for field in text_fields(model):
            name = f"{model.__name__}.{field.name}"
            if name in MACHINE_TEXT:
                continue
            values = [str(v) for v in model._base_manager.values_list(field.name, flat=True)]
            if not any(CANARY in value for value in values):
                missing.append(name)
    assert missing == []


def words_of(content: bytes) -> str:
    """An answer as text; a workbook is unpacked first."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    return content.decode("utf-8", "replace")


def answers(client: Client, where: Place) -> Iterator[tuple[str, str]]:
    for route in PROJECT_ROUTES:
        _method, query, _body = good_call(route, where)
        formats = ("xlsx", "tidy", "wide", "csv", "docx", "md", "qdc", "codes", "sources", "units")
        variants = formats if "fmt" in route.arguments else ("",)
        for fmt in variants:
            answer = client.get(f"{where.address(route, fmt=fmt)}?{query}&stay=1")
            if answer.status_code == 200:
                content = b"".join(answer) if answer.streaming else answer.content
                yield f"{route.name} {fmt}", words_of(content)
    for address in ("/projects/", "/projects/new/"):
        yield address, words_of(client.get(address).content)


def test_no_page_export_or_api_answer_shows_another_projects_words(scene: Scene) -> None:
    for who in ("olive", "liam", "cora", "vera"):
        client = logged_in(getattr(scene.cast, who))
        seen = dict(answers(client, scene.own))
        assert len(seen) >= 15
        leaking = [name for name, words in seen.items() if CANARY in words.lower()]
        assert leaking == []


def test_the_net_would_catch_something(scene: Scene) -> None:
    seen = dict(answers(logged_in(scene.cast.otto), scene.foreign))
    caught = {name for name, words in seen.items() if CANARY in words.lower()}
    assert {
        "projects:home ",
        "projects:members ",
        "cases:history ",
        "cases:history_export csv",
        "cases:history_export xlsx",
        "cases:history_undo ",
        "cases:trash ",
        "cases:trash_delete ",
        "coding:sources ",
        "coding:source ",
        "coding:recording ",
        "coding:marks ",
        "coding:codes ",
        "coding:code ",
        "coding:codebook_versions ",
        "coding:codebook_version ",
        "coding:codebook_export ",
        "coding:codebook_restore ",
        "coding:proposals ",
        "coding:proposal ",
        "coding:round_review ",
        "coding:round_source ",
        "coding:round_accept ",
        "coding:round_own ",
        "coding-api:notes ",
        "cases:list ",
        "cases:agreement ",
        "cases:agreement_code ",
        "cases:agreement_report ",
        "cases:agreement_export codes",
        "cases:agreement_export units",
        "cases:matrix ",
        "cases:cell ",
        "cases:export xlsx",
        "cases:export tidy",
        "cases:export wide",
        "cases:import ",
        "cases:codebook_export xlsx",
        "cases:codebook_export csv",
        "cases:codebook_export docx",
        "cases:codebook_export md",
        "cases:codebook_export qdc",
        "cases:codebook_plan ",
        "cases:transcripts ",
        "cases:transcripts_plan ",
        "cases:transcripts_file ",
        "cases:transcripts_done ",
        "cases:rounds ",
        "cases:round ",
        "coding-api:rounds ",
        "coding-api:round ",
        "cases:search ",
        "cases:auto_code ",
        "cases:participants ",
        "cases:participant ",
        "cases:participant_edit ",
        "coding:speakers ",
        "cases:expression_found ",
        "coding-api:all_notes ",
        "cases:memo_new ",
        "cases:memo_edit ",
        "cases:notebook ",
        "cases:notebook_export xlsx",
        "cases:notebook_export csv",
        "cases:notebook_export docx",
        "cases:notebook_export md",
    } <= caught


# --- real names ----------------------------------------------------------------------------------

REAL_NAME = "Quillonella Zvezdanovic"


def in_every_table(word: str) -> list[str]:
    """The tables of the database, ours and others', that hold ``word``."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                cells = (bytes(c) if isinstance(c, memoryview) else c for c in row)
                if any(word.lower() in str(cell).lower() for cell in cells):
                    found.append(table)
                    break
    return found


def test_a_real_name_is_seen_by_owners_and_leads_and_lies_nowhere_in_plain_words(
    scene: Scene,
) -> None:
    owner = logged_in(scene.cast.olive)
    here = f"/projects/{scene.own.project.pk}/"
    person = scene.own.world.participant
    page = f"{here}participants/{person.pk}/"
    form = {"key": "P1", "pseudonym": "Marguerite", "role": "coach", "real_name": REAL_NAME}
    assert owner.post(f"{page}edit/", form).status_code == 302
    new = {"key": "P2", "pseudonym": "", "real_name": f"{REAL_NAME} jr"}
    assert owner.post(f"{here}participants/new/", new).status_code == 302
    decided = {"label-0": "P1", "source-0": "", "was-0": "", "choice-0": f"p:{person.pk}"}
    assert owner.post(f"{here}speakers/", decided).status_code == 302
    person.refresh_from_db()
    assert unseal(person.real_name_sealed) == REAL_NAME

    surname = REAL_NAME.split()[1].lower()
    for who in ("cora", "vera"):
        client = logged_in(getattr(scene.cast, who))
        seen = dict(answers(client, scene.own))
        assert len(seen) >= 18
        assert "marguerite" in seen["cases:participant "].lower()
        leaking = [
            name
            for name, words in seen.items()
            if surname in words.lower() or person.real_name_sealed in words
        ]
        assert leaking == []
        for method in METHODS:
            answer = send(client, method, f"{page}edit/", form, False)
            assert answer.status_code in (403, 405)
            assert surname not in answer.content.decode().lower()
    seen = dict(answers(owner, scene.own))
    caught = {name for name, words in seen.items() if surname in words.lower()}
    assert caught == {"cases:participant ", "cases:participant_edit "}
    assert in_every_table(surname) == []
    assert in_every_table("marguerite") != []


# --- roles ---------------------------------------------------------------------------------------


def state() -> dict[str, list[Any]]:
    """Everything in the database but history, which also notes exports."""
    return {
        m.__name__: list(m._base_manager.order_by("pk").values_list())
        for m in room_models()
        if m is not Event
    }


def test_a_viewer_changes_nothing(scene: Scene) -> None:
    viewer = logged_in(scene.cast.vera)
    before = state()
    for route in PROJECT_ROUTES:
        method, query, body = good_call(route, scene.own)
        address = f"{scene.own.address(route)}?{query}"
        for tried in METHODS:
            answer = send(viewer, tried, address, body if tried == method else {}, route.is_api)
            assert answer.status_code in (200, 302, 403, 404, 405), (route.name, tried)
            if tried != "get":
                assert answer.status_code in (403, 404, 405), (route.name, tried)
    assert state() == before
    assert set(Event.objects.filter(actor=scene.cast.vera).values_list("verb", flat=True)) <= {
        "matrix.exported",
        "codebook.exported",
        "history.exported",
        "notebook.exported",
        "agreement.exported",
    }


MAY = {
    "projects:edit": {"olive", "liam"},
    "projects:invite": {"olive"},
    "projects:revoke": {"olive"},
    "projects:member_role": {"olive"},
    "projects:member_end": {"olive"},
    "cases:import": {"olive", "liam"},
    "cases:codebook_export": {"olive", "liam", "cora", "vera"},
    "cases:codebook_import": {"olive", "liam"},
    "cases:codebook_plan": {"olive", "liam"},
    "coding:codebook_import_undo": {"olive", "liam"},
    "cases:import_plan": {"olive", "liam"},
    "cases:transcripts": {"olive", "liam"},
    "cases:transcripts_plan": {"olive", "liam"},
    "cases:transcripts_file": {"olive", "liam"},
    "cases:transcripts_done": {"olive", "liam"},
    "cases:export": {"olive", "liam", "cora", "vera"},
    "cases:search": {"olive", "liam", "cora", "vera"},
    "cases:history": {"olive", "liam", "cora", "vera"},
    "cases:history_export": {"olive", "liam", "cora", "vera"},
    "cases:history_undo": {"olive", "liam", "cora"},
    "cases:trash": {"olive", "liam", "cora", "vera"},
    "cases:trash_restore": {"olive", "liam"},
    "cases:trash_delete": {"olive"},
    "cases:trash_empty": {"olive"},
    "cases:source_remove": {"olive", "liam"},
    "cases:code_remove": {"olive", "liam"},
    "cases:case_remove": {"olive", "liam"},
    "cases:withdraw": {"olive"},
    "cases:withdrawals": {"olive", "liam"},
    "cases:withdrawal": {"olive", "liam"},
    "cases:withdrawal_text": {"olive", "liam"},
    "cases:notebook": {"olive", "liam", "cora", "vera"},
    "cases:notebook_export": {"olive", "liam", "cora", "vera"},
    "cases:memo_new": {"olive", "liam", "cora"},
    "cases:memo_edit": {"olive", "liam"},
    "cases:memo_remove": {"olive", "liam"},
    "cases:memo_restore": {"olive", "liam"},
    "coding-api:all_notes": {"olive", "liam", "cora"},
    "cases:search_save": {"olive", "liam", "cora"},
    "cases:search_remove": {"olive", "liam"},
    "cases:auto_code": {"olive", "liam", "cora"},
    "cases:participants": {"olive", "liam", "cora", "vera"},
    "cases:participant": {"olive", "liam", "cora", "vera"},
    "cases:participant_new": {"olive", "liam"},
    "cases:participant_edit": {"olive", "liam"},
    "coding:speakers": {"olive", "liam", "cora", "vera"},
    "cases:expression": {"olive", "liam", "cora"},
    "cases:rounds": {"olive", "liam", "cora", "vera"},
    "cases:round": {"olive", "liam", "cora", "vera"},
    "cases:new_round": {"olive", "liam"},
    "cases:round_edit": {"olive", "liam"},
    "cases:round_start": {"olive", "liam"},
    "cases:round_open": {"olive", "liam"},
    "cases:round_close": {"olive", "liam"},
    "cases:round_delete": {"olive", "liam"},
    "cases:round_put_back": {"olive", "liam"},
    "coding:code_new": {"olive", "liam"},
    "coding:code_edit": {"olive", "liam"},
    "coding:code_move": {"olive", "liam"},
    "coding:code_retire": {"olive", "liam"},
    "coding:code_merge": {"olive", "liam"},
    "coding:code_unmerge": {"olive", "liam"},
    "coding:code_remerge": {"olive", "liam"},
    "coding:code_split": {"olive", "liam"},
    "coding:code_examples": {"olive", "liam"},
    "coding:code_review": {"olive", "liam", "cora"},
    "coding:codebook_restore": {"olive", "liam"},
    "coding:codebook_export": {"olive", "liam", "cora", "vera"},
    "coding:proposal_new": {"olive", "liam", "cora"},
    "coding:proposal": {"olive", "liam", "cora", "vera"},
    "coding:correct": {"olive", "liam"},
    "coding:names": {"olive", "liam"},
    "coding:names_log": {"olive", "liam", "cora", "vera"},
    "coding:version": {"olive", "liam", "cora", "vera"},
    "coding:version_restore": {"olive", "liam"},
    "coding:reviews": {"olive", "liam", "cora", "vera"},
    "coding:review": {"olive", "liam"},
    "coding:round_review": {"olive", "liam", "cora", "vera"},
    "coding:round_source": {"olive", "liam", "cora", "vera"},
    "coding:round_accept": {"olive", "liam"},
    "coding:round_own": {"olive", "liam", "cora", "vera"},
    "coding:comparison": {"olive", "liam"},
    "coding:comparison_say": {"olive", "liam", "cora"},
    "coding-api:codes": {"olive", "liam"},
    "coding-api:codings": {"olive", "liam", "cora"},
    "coding-api:coding": {"olive", "liam"},
    "coding-api:example": {"olive", "liam"},
    "coding-api:notes": {"olive", "liam", "cora"},
    "coding-api:note": {"olive", "liam"},
    "coding-api:finished": {"olive", "liam", "cora"},
    "coding:source": {"olive", "liam", "cora", "vera"},
    "coding:recording": {"olive", "liam", "cora", "vera"},
    "coding:recording_edit": {"olive", "liam"},
    "coding:recording_remove": {"olive", "liam"},
    "cases:agreement": {"olive", "liam", "cora", "vera"},
    "cases:agreement_code": {"olive", "liam", "cora", "vera"},
    "cases:agreement_report": {"olive", "liam", "cora", "vera"},
    "cases:agreement_export": {"olive", "liam", "cora", "vera"},
    "cases:agreement_count": {"olive", "liam", "cora"},
}


@pytest.mark.parametrize("who", ["olive", "liam", "cora", "vera"])
@pytest.mark.parametrize("name", MAY)
def test_each_role_may_do_just_this(name: str, who: str, scene: Scene) -> None:
    route = next(r for r in PROJECT_ROUTES if r.name == name)
    method, query, body = good_call(route, scene.own)
    address = f"{scene.own.address(route)}?{query}"
    answer = send(logged_in(getattr(scene.cast, who)), method, address, body, route.is_api)
    if who in MAY[name]:
        assert answer.status_code in (200, 201, 302), answer.content[:200]
    else:
        assert answer.status_code == 403
