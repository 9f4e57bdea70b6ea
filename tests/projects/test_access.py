"""Who gets in, as what, and what each role may do."""

import json
from dataclasses import FrozenInstanceError

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.http import Http404
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework import exceptions

from projects.access import RIGHTS, resolve
from projects.api import exception_handler
from projects.middleware import ProjectAccessMiddleware
from projects.models import Role, User
from projects.services.membership import end_membership
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

# What the members page tells people about the roles, as a table.
MAY = {
    "owner": {
        "read",
        "export",
        "code",
        "remove_others_codings",
        "change_others_notes",
        "edit_codebook",
        "create_codes",
        "adjudicate",
        "edit_participants",
        "see_identities",
        "run_rounds",
        "correct_sources",
        "import_data",
        "edit_project",
        "manage_members",
        "remove_evidence",
        "undo_others",
        "empty_trash",
        "withdraw",
    },
    "lead": {
        "read",
        "export",
        "code",
        "remove_others_codings",
        "change_others_notes",
        "edit_codebook",
        "create_codes",
        "adjudicate",
        "edit_participants",
        "see_identities",
        "run_rounds",
        "correct_sources",
        "import_data",
        "edit_project",
        "remove_evidence",
    },
    "coder": {"read", "export", "code"},
    "viewer": {"read", "export"},
}


def test_every_role_has_its_rights_and_no_others(cast: Cast) -> None:
    assert set(MAY) == set(Role.values)
    for who, role in (
        ("olive", "owner"),
        ("liam", "lead"),
        ("cora", "coder"),
        ("cody", "coder"),
        ("vera", "viewer"),
    ):
        access = cast.access(who)
        assert access.role == role
        assert {right for right, may in access.may.items() if may} == MAY[role]
        assert set(access.may) == set(RIGHTS)
        for right in RIGHTS:
            if right in MAY[role]:
                access.require(right)
            else:
                with pytest.raises(PermissionDenied, match=f"As {role} you may not do this in “A"):
                    access.require(right)


def test_a_right_that_is_not_there_is_a_mistake_and_no_permission(cast: Cast) -> None:
    with pytest.raises(KeyError):
        cast.access("olive").require("fly")
    with pytest.raises(TypeError):
        cast.access("vera").may["code"] = True  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        cast.access("vera").project = cast.brook  # type: ignore[misc]


@pytest.mark.parametrize("who", ["nora", "otto"])
def test_who_does_not_belong_learns_nothing(cast: Cast, who: str) -> None:
    for project_id in (cast.alder.pk, 987654, 0, -1, 10**30):
        with pytest.raises(Http404):
            resolve(getattr(cast, who), project_id)


def test_nobody_and_somebody_without_an_active_account(cast: Cast) -> None:
    cast.olive.is_active = False
    for user in (AnonymousUser(), None, "olive", cast.olive):
        with pytest.raises(Http404):
            resolve(user, cast.alder.pk)


def test_who_has_left_is_an_outsider(cast: Cast) -> None:
    end_membership(access=cast.access("olive"), membership=cast.access("cora").membership)
    with pytest.raises(Http404):
        resolve(cast.cora, cast.alder.pk)
    client = Client()
    client.force_login(cast.cora)
    assert client.get(f"/projects/{cast.alder.pk}/").status_code == 404


def test_a_coder_without_an_account_lets_nobody_in(cast: Cast) -> None:
    factories.member(cast.alder, None, "owner", "imported")
    with pytest.raises(Http404):
        resolve(cast.nora, cast.alder.pk)


def test_access_costs_one_query(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as seen:
        access = resolve(User.objects.get(pk=cast.vera.pk), cast.alder.pk)
        assert access.project.title == "Alder study"
        assert access.may["read"]
    assert len(seen) == 2


# --- over HTTP -----------------------------------------------------------------------------------


def test_pages_send_strangers_to_the_log_in(cast: Cast, client: Client) -> None:
    address = f"/projects/{cast.alder.pk}/"
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("number", ["987654", "0", "9" * 30])
def test_a_project_that_is_not_there_is_404(cast: Cast, client: Client, number: str) -> None:
    client.force_login(cast.nora)
    assert client.get(f"/projects/{number}/").status_code == 404
    response = client.get(f"/api/v1/projects/{number}/sources/1/codings/")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_numbers_beyond_every_database_are_404(cast: Cast, client: Client) -> None:
    client.force_login(cast.olive)
    home = f"/projects/{cast.alder.pk}/"
    big = "9" * 30
    for page in (f"sources/{big}/", f"codes/{big}/", f"jobs/{big}/", f"import/{big}/"):
        assert client.get(home + page).status_code == 404, page
    for page in (f"members/{big}/role/", f"members/invitations/{big}/revoke/"):
        assert client.post(home + page).status_code == 404, page


def test_the_middleware_gives_access_only_where_a_project_is_named(cast: Cast) -> None:
    seen: list[object] = []
    middleware = ProjectAccessMiddleware(lambda request: seen.append(request.access))
    request = RequestFactory().get("/")
    request.user = cast.vera
    middleware(request)
    assert seen == [None]
    middleware.process_view(request, lambda r: None, (), {})
    assert request.access is None
    middleware.process_view(request, lambda r: None, (), {"project_id": cast.alder.pk})
    assert (request.access.project, request.access.role) == (cast.alder, "viewer")
    request.user = cast.otto
    with pytest.raises(Http404):
        middleware.process_view(request, lambda r: None, (), {"project_id": cast.alder.pk})


# --- one shape for every error of the API --------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "status", "body"),
    [
        (
            ValidationError("No.", code="late"),
            400,
            {"code": "late", "message": "No.", "fields": {}},
        ),
        (
            ValidationError({"name": ["Too long.", "Too odd."]}),
            400,
            {
                "code": "invalid",
                "message": "Too long. Too odd.",
                "fields": {"name": ["Too long.", "Too odd."]},
            },
        ),
        (ValidationError(["A.", "B."]), 400, {"code": "invalid", "message": "A. B.", "fields": {}}),
        (
            Http404("secret"),
            404,
            {
                "code": "not_found",
                "message": "There is no such thing in this project.",
                "fields": {},
            },
        ),
        (
            PermissionDenied(),
            403,
            {"code": "forbidden", "message": "You may not do this.", "fields": {}},
        ),
        (
            exceptions.ValidationError({"codes": {0: ["Bad."], 3: ["Bad."]}}),
            400,
            {"code": "invalid", "message": "codes: Bad.", "fields": {"codes": ["Bad."]}},
        ),
        (
            exceptions.ValidationError(["Bad."]),
            400,
            {"code": "invalid", "message": "Please check the values.", "fields": {}},
        ),
        (
            exceptions.NotAuthenticated(),
            401,
            {"code": "not_authenticated", "message": "Please log in.", "fields": {}},
        ),
        (
            exceptions.Throttled(),
            429,
            {"code": "throttled", "message": "Request was throttled.", "fields": {}},
        ),
    ],
)
def test_errors_have_one_shape(problem: Exception, status: int, body: dict[str, object]) -> None:
    response = exception_handler(problem, {})
    assert response is not None
    assert response.status_code == status
    assert json.loads(json.dumps(response.data)) == {"error": body}


def test_what_is_not_expected_is_no_answer_but_a_fault() -> None:
    assert exception_handler(RuntimeError("x"), {}) is None
