"""What went wrong, in one look for pages and one shape for the API."""

import pytest
from django.test import Client, override_settings

from tests.factories import Cast, world

pytestmark = pytest.mark.django_db


def logged_in(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.olive, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_an_address_that_does_not_exist(cast: Cast) -> None:
    page = logged_in(cast).get("/nowhere/")
    assert (page.status_code, "Nothing here" in page.content.decode()) == (404, True)
    answer = logged_in(cast).get("/api/v1/nowhere/")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert set(answer.json()["error"]) == {"code", "message", "fields"}


@override_settings(DEBUG=False)
@pytest.mark.parametrize("api", [False, True])
def test_our_own_mistake(cast: Cast, api: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("a participant's words")

    monkeypatch.setattr("coding.queries.codebook", broken)
    monkeypatch.setattr("coding.queries.coding_rows", broken)

    here = world(cast.alder)
    source = f"sources/{here.source.pk}/codings/"
    address = (
        f"/api/v1/projects/{cast.alder.pk}/{source}"
        if api
        else (f"/projects/{cast.alder.pk}/codes/")
    )
    answer = logged_in(cast).get(address)
    assert answer.status_code == 500
    assert "participant's words" not in answer.content.decode()
    if api:
        assert answer.json()["error"]["code"] == "server_error"
    else:
        assert "Our mistake" in answer.content.decode()
