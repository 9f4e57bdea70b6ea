"""Projects, members and invitations, and the history that nobody can change."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coding.services.codings import add_codings
from projects import history, queries
from projects.access import resolve
from projects.models import AppendOnlyError, Event, Invitation, Membership, Project, User
from projects.queries import visible_events
from projects.services import membership as service
from projects.services.events import new_event, record, record_many
from tests import factories
from tests.factories import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def verbs(project: Project) -> list[str]:
    return list(Event.objects.filter(project=project).order_by("id").values_list("verb", flat=True))


# --- projects ------------------------------------------------------------------------------------


def test_who_makes_a_project_owns_it(cast: Cast) -> None:
    project = service.create_project(user=cast.nora, title="New", description="Why?")
    access = resolve(cast.nora, project.pk)
    assert (access.role, access.membership.label) == ("owner", "Nora")
    assert verbs(project) == ["project.created", "member.joined"]
    assert {e.actor for e in Event.objects.filter(project=project)} == {cast.nora}
    assert project.synthetic is False


@pytest.mark.parametrize("title", ["", "x" * 201])
def test_a_project_needs_a_title(cast: Cast, title: str) -> None:
    before = Project.objects.count(), Event.objects.count(), Membership.objects.count()
    with pytest.raises(ValidationError) as refused:
        service.create_project(user=cast.nora, title=title)
    assert set(refused.value.message_dict) == {"title"}
    assert (Project.objects.count(), Event.objects.count(), Membership.objects.count()) == before


def test_changing_a_project_says_from_what_to_what(cast: Cast) -> None:
    liam = cast.access("liam")
    values: dict[str, Any] = {
        "title": "Alder 2",
        "description": "More",
        "synthetic": True,
        "coders_create_codes": True,
        "agreement_advice": False,
    }
    service.update_project(access=liam, **values)
    event = Event.objects.filter(project=cast.alder).get()
    assert (event.verb, event.actor) == ("project.changed", cast.liam)
    assert event.before == {
        "title": "Alder study",
        "description": "",
        "synthetic": False,
        "coders_create_codes": False,
        "agreement_advice": True,
    }
    assert event.after == values
    service.update_project(access=liam, **values)
    assert verbs(cast.alder) == ["project.changed"]
    with pytest.raises(ValidationError):
        service.update_project(access=liam, **values | {"title": ""})
    for who in ("cora", "vera"):
        with pytest.raises(PermissionDenied):
            service.update_project(access=cast.access(who), **values | {"title": "Mine"})
    assert Project.objects.get(pk=cast.alder.pk).title == "Alder 2"


# --- invitations ---------------------------------------------------------------------------------


def test_an_invitation_lets_one_person_in_once(cast: Cast) -> None:
    invitation, token = service.invite(access=cast.access("olive"), role="coder", note="Nora")
    assert service.open_invitation(token) == invitation
    # What is stored does not open the door.
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values()[0])
    assert service.open_invitation(invitation.token_hash) is None
    assert service.accept_invitation(user=cast.nora, token=token) == cast.alder
    access = resolve(cast.nora, cast.alder.pk)
    assert (access.role, access.membership.label) == ("coder", "Nora")
    assert service.open_invitation(token) is None
    with pytest.raises(ValidationError, match="This invitation is no longer open"):
        service.accept_invitation(user=cast.otto, token=token)
    assert verbs(cast.alder) == ["project.invited", "member.joined"]
    event = Event.objects.filter(project=cast.alder, verb="project.invited").get()
    assert (event.label, event.after) == ("Nora", {"role": "coder", "note": "Nora"})
    assert token not in str(Event.objects.filter(project=cast.alder).values())


def test_invitations_that_are_over(cast: Cast) -> None:
    olive = cast.access("olive")
    withdrawn, first = service.invite(access=olive, role="coder")
    service.revoke_invitation(access=olive, invitation=withdrawn)
    service.revoke_invitation(access=olive, invitation=withdrawn)
    late, second = service.invite(access=olive, role="coder")
    Invitation.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for token in (first, second, "", "x" * 43):
        assert service.open_invitation(token) is None
        with pytest.raises(ValidationError) as refused:
            service.accept_invitation(user=cast.nora, token=token)
        assert refused.value.code == "invitation_closed"
    assert verbs(cast.alder).count("project.uninvited") == 1
    assert queries.open_invitations(olive) == []


def test_an_invitation_holds_as_long_as_the_settings_say(cast: Cast, settings: Any) -> None:
    settings.INVITATION_DAYS = 3
    before = timezone.now()
    invitation, _token = service.invite(access=cast.access("olive"), role="viewer")
    assert timedelta(0) <= invitation.expires_at - before - timedelta(days=3) < timedelta(minutes=1)


def test_only_owners_invite_and_withdraw(cast: Cast) -> None:
    invitation, _token = service.invite(access=cast.access("olive"), role="coder")
    for who in ("liam", "cora", "vera"):
        with pytest.raises(PermissionDenied):
            service.invite(access=cast.access(who), role="coder")
        with pytest.raises(PermissionDenied):
            service.revoke_invitation(access=cast.access(who), invitation=invitation)
    with pytest.raises(ValidationError):
        service.invite(access=cast.access("olive"), role="king")
    # An owner elsewhere changes nothing here.
    service.revoke_invitation(access=cast.access("otto", cast.brook), invitation=invitation)
    invitation.refresh_from_db()
    assert invitation.is_open


def test_a_member_needs_no_invitation(cast: Cast) -> None:
    _invitation, token = service.invite(access=cast.access("olive"), role="owner")
    with pytest.raises(ValidationError, match="You are already a member of this project"):
        service.accept_invitation(user=cast.vera, token=token)
    assert cast.access("vera").role == "viewer"
    assert service.open_invitation(token) is not None


def test_who_comes_back_is_the_coder_they_were(cast: Cast) -> None:
    olive = cast.access("olive")
    before = cast.access("cora").membership
    service.end_membership(access=olive, membership=before)
    _invitation, token = service.invite(access=olive, role="lead")
    service.accept_invitation(user=cast.cora, token=token)
    after = cast.access("cora").membership
    assert (after.pk, after.label, after.role) == (before.pk, "Cora", "lead")


def test_names_in_a_project_are_unique(cast: Cast) -> None:
    factories.member(cast.alder, None, "coder", "Nora")
    second = User.objects.create_user("nora2@example.org", PASSWORD, display_name="Nora")
    labels = []
    for user in (cast.nora, second):
        _invitation, token = service.invite(access=cast.access("olive"), role="coder")
        service.accept_invitation(user=user, token=token)
        labels.append(resolve(user, cast.alder.pk).membership.label)
    assert labels == ["Nora (2)", "Nora (3)"]


def test_a_new_account_and_its_membership_are_made_together(cast: Cast) -> None:
    _invitation, token = service.invite(access=cast.access("olive"), role="coder")
    user, project = service.join_with_new_account(
        token=token, email="Ida@Example.ORG", display_name="Ida", password=PASSWORD
    )
    assert (user.email, project) == ("ida@example.org", cast.alder)
    assert user.check_password(PASSWORD)
    assert resolve(user, project.pk).role == "coder"
    with pytest.raises(ValidationError):
        service.join_with_new_account(
            token=token, email="eve@example.org", display_name="Eve", password=PASSWORD
        )
    assert not User.objects.filter(email="eve@example.org").exists()


# --- members -------------------------------------------------------------------------------------


def test_changing_a_role(cast: Cast) -> None:
    olive, cora = cast.access("olive"), cast.access("cora").membership
    service.change_role(access=olive, membership=cora, role="lead")
    assert cast.access("cora").role == "lead"
    event = Event.objects.filter(project=cast.alder).get()
    assert (event.verb, event.label, event.before, event.after) == (
        "member.role",
        "Cora",
        {"role": "coder"},
        {"role": "lead"},
    )
    service.change_role(access=olive, membership=cora, role="lead")
    assert Event.objects.filter(project=cast.alder).count() == 1
    with pytest.raises(ValidationError, match="There is no such role"):
        service.change_role(access=olive, membership=cora, role="king")
    stranger = cast.access("otto", cast.brook).membership
    with pytest.raises(ValidationError, match="no longer a member"):
        service.change_role(access=olive, membership=stranger, role="viewer")
    assert cast.access("otto", cast.brook).role == "owner"
    for who in ("liam", "cora", "vera"):
        with pytest.raises(PermissionDenied):
            service.change_role(access=cast.access(who), membership=cora, role="owner")


def test_a_project_keeps_an_owner(cast: Cast) -> None:
    olive = cast.access("olive")
    factories.member(cast.alder, None, "owner", "without account")
    for call in (
        lambda: service.change_role(access=olive, membership=olive.membership, role="coder"),
        lambda: service.end_membership(access=olive, membership=olive.membership),
    ):
        with pytest.raises(ValidationError) as refused:
            call()
        assert refused.value.code == "last_owner"
    assert cast.access("olive").role == "owner"
    service.change_role(access=olive, membership=cast.access("liam").membership, role="owner")
    service.end_membership(access=olive, membership=olive.membership)
    assert {m.label for m in queries.members(cast.access("liam")) if m.role == "owner"} == {
        "Liam",
        "without account",
    }


def test_leaving_is_everybodys_own_right(cast: Cast) -> None:
    vera, cora = cast.access("vera"), cast.access("cora")
    with pytest.raises(PermissionDenied):
        service.end_membership(access=vera, membership=cora.membership)
    service.end_membership(access=vera, membership=vera.membership)
    with pytest.raises(ValidationError, match="no longer a member"):
        service.end_membership(access=cast.access("olive"), membership=vera.membership)
    event = Event.objects.filter(project=cast.alder).get()
    assert (event.verb, event.actor, event.before) == (
        "member.left",
        cast.vera,
        {"role": "viewer"},
    )
    assert [p.title for p in queries.projects_of(cast.vera)] == []


def test_the_codings_of_who_has_left_stay_theirs(cast: Cast) -> None:
    world = factories.world(cast.alder)
    row = factories.coding(world.source, world.intranet, cast.access("cora").membership, 0, 3)
    service.end_membership(access=cast.access("olive"), membership=cast.access("cora").membership)
    row.refresh_from_db()
    assert (row.removed_at, row.coder.label) == (None, "Cora")


# --- history -------------------------------------------------------------------------------------


def test_an_event_can_neither_be_changed_nor_deleted(cast: Cast) -> None:
    event = record(cast.access("olive"), "project.changed", cast.alder, label="x")
    event.label = "y"
    events = Event.objects.filter(pk=event.pk)
    for attempt in (
        event.save,
        event.delete,
        events.delete,
        Event.objects.all().delete,
        lambda: events.update(label="y"),
        lambda: Event.objects.update(verb="x"),
        lambda: cast.alder.events.update(label="y"),
        lambda: cast.alder.events.all().delete(),
        lambda: Event.objects.bulk_update([event], ["label"]),
        lambda: Event.objects.update_or_create(pk=event.pk, defaults={"label": "y"}),
    ):
        with pytest.raises(AppendOnlyError, match="History is append-only"), transaction.atomic():
            attempt()
    event.refresh_from_db()
    assert event.label == "x"


def test_many_lines_of_one_action(cast: Cast) -> None:
    events = [
        new_event(cast.alder, cast.olive, "project.changed", cast.alder, label="x" * 400)
        for _n in range(3)
    ]
    record_many(events)
    rows = Event.objects.filter(project=cast.alder)
    assert rows.count() == 3
    assert {len(row.label) for row in rows} == {300}
    assert {row.object_type for row in rows} == {"project"}
    assert {row.object_guid for row in rows} == {cast.alder.guid}


def test_history_in_words(cast: Cast) -> None:
    world = factories.world(cast.alder)
    cora = cast.access("cora")
    add_codings(
        access=cora, source=world.source, start=0, end=3, quote="INT", codes=[world.intranet]
    )
    service.change_role(access=cast.access("olive"), membership=cora.membership, role="lead")
    found = history.lines(cast.access("vera"), visible_events(cast.access("vera")))
    assert [(line.who, line.words, line.event.label, line.mode) for line in found] == [
        ("Olive", "changed the role of", "Cora", ""),
        ("Cora", "coded a passage with", "Intranet", ""),
    ]
    # Of another project nothing is seen.
    assert list(visible_events(cast.access("otto", cast.brook))) == []


# --- the pages -----------------------------------------------------------------------------------


def test_inviting_and_joining_over_the_pages(cast: Cast, client: Client) -> None:
    client.force_login(cast.olive)
    home = f"/projects/{cast.alder.pk}/"
    page = client.post(f"{home}members/invite/", {"note": "Ida", "role": "coder"}).content.decode()
    (link,) = set(re.findall(r"http://testserver(/invitations/[\w-]{43}/)", page))
    # It is shown this once.
    assert link not in client.get(f"{home}members/").content.decode()
    guest = Client()
    assert guest.get(link).status_code == 200
    joined = guest.post(
        link, {"display_name": "Ida", "email": "ida@example.org", "password": PASSWORD}
    )
    assert joined["Location"] == home
    assert guest.get(home).status_code == 200
    assert guest.get(link).status_code == 410
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "1234567890123"}, "password"),
        ({"email": "OLIVE@example.org"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"display_name": ""}, "display_name"),
    ],
)
def test_an_account_that_is_refused(cast: Cast, change: dict[str, str], field: str) -> None:
    _invitation, token = service.invite(access=cast.access("olive"), role="coder")
    data = {"display_name": "Ida", "email": "ida@example.org", "password": PASSWORD} | change
    people = User.objects.count()
    response = Client().post(f"/invitations/{token}/", data)
    assert set(response.context["form"].errors) == {field}
    assert User.objects.count() == people
    assert service.open_invitation(token) is not None


def test_roles_and_ends_over_the_pages(cast: Cast, client: Client) -> None:
    client.force_login(cast.olive)
    members = f"/projects/{cast.alder.pk}/members/"
    cora, olive = cast.access("cora").membership, cast.access("olive").membership
    client.post(f"{members}{cora.pk}/role/", {"role": "lead"})
    assert cast.access("cora").role == "lead"
    response = client.post(f"{members}{olive.pk}/role/", {"role": "coder"}, follow=True)
    assert "A project needs an owner" in response.content.decode()
    client.post(f"{members}{cora.pk}/end/")
    assert client.post(f"{members}{cora.pk}/role/", {"role": "lead"}).status_code == 404
    client.force_login(cast.vera)
    assert client.post(f"{members}{olive.pk}/end/").status_code == 403
    response = client.post(f"{members}{cast.access('vera').membership.pk}/end/")
    assert response["Location"] == "/projects/"


@pytest.mark.parametrize("items", [1, 3])
def test_a_constant_number_of_queries(cast: Cast, client: Client, items: int) -> None:
    olive = cast.access("olive")
    for n in range(items):
        user = factories.user(f"Guest{n}")
        factories.member(cast.alder, user, "coder")
        factories.member(cast.alder, None, "coder", f"imported {n}")
        service.invite(access=olive, role="coder", note=f"guest {n}")
        record(resolve(user, cast.alder.pk), "source.finished", cast.alder, label=f"s{n}")
        service.create_project(user=cast.olive, title=f"Other {n}")
    client.force_login(cast.olive)
    home = f"/projects/{cast.alder.pk}/"
    found = {}
    for name, page in {
        "list": "/projects/",
        "home": home,
        "members": f"{home}members/",
        "history": f"{home}history/",
    }.items():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page).status_code == 200
        found[name] = len(seen)
    assert found == {"list": 2, "home": 10, "members": 4, "history": 8}
