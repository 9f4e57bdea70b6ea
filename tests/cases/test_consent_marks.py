"""Words of somebody who refused to be quoted are read by the team, and marked as such."""

import pytest
from django.test import Client

from projects.models import Membership
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

MARK = "not to be quoted"


@pytest.mark.parametrize(("consent", "marked"), [(False, True), (True, False), (None, False)])
def test_a_refused_quotation_is_marked_in_the_cell_and_in_the_search(
    cast: Cast, consent: bool | None, marked: bool
) -> None:
    world = factories.world(cast.alder)
    world.participant.consent_quote = consent
    world.participant.save()
    olive = Membership.objects.get(user=cast.olive)
    start = factories.TEXT.index("every lesson")
    factories.coding(world.source, world.intranet, olive, start, start + 12)
    client = Client()
    client.force_login(cast.vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    here = f"/projects/{cast.alder.pk}/"
    cell = client.get(f"{here}matrix/cell/?row={world.case.pk}&column={world.intranet.pk}")
    found = client.get(f"{here}search/?words=lesson")
    printed = client.get(f"{here}sources/{world.source.pk}/marks/")
    for page in (cell, found, printed):
        words = page.content.decode()
        assert "every" in words
        assert (MARK in words) is marked


def test_a_passage_over_several_turns_is_marked_when_one_of_them_is_refused(cast: Cast) -> None:
    text = "S1: We share it all.\nS2: I would rather not.\nS1: Right.\nS2: Yes.\n"
    one = factories.participant(cast.alder, "S1", consent_quote=True)
    two = factories.participant(cast.alder, "S2", consent_quote=False)
    source = factories.source(cast.alder, "pair", text, people={"S1": one, "S2": two})
    code = factories.code(cast.alder, "Sharing")
    olive = Membership.objects.get(user=cast.olive)
    factories.coding(source, code, olive, 4, text.index("rather"))
    factories.coding(source, code, olive, text.index("Right"), text.index("Right") + 5)
    client = Client()
    client.force_login(cast.vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    found = client.get(f"/projects/{cast.alder.pk}/search/?code={code.pk}").content.decode()
    assert found.count("<blockquote") == 2
    assert found.count(MARK) == 1
