"""Withdrawing S03 from the reference study: the numbers are those worked out elsewhere."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client

from cases.services.withdrawal import plan_withdrawal, withdraw
from coding.models import Coding, Participant, Source, Turn, TurnWords, Withdrawal
from coding.services.codings import StateConflict
from projects.access import Access
from projects.models import Event
from tests.cases.test_matrix import NAMES, assert_values

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(study: Access) -> Participant:
    return study.project.participants.get(key="S03")


@pytest.fixture
def expected(shared: Path) -> dict[str, Any]:
    found = json.loads((shared / "study" / "expected.json").read_text())
    return {
        "southgate": found["after_withdrawal_of_S03"]["frequencies_southgate"],
        "northfield": found["frequencies"]["northfield"],
    }


def carry_out(access: Access, person: Participant) -> Withdrawal:
    plan = plan_withdrawal(access=access, participant=person)
    return withdraw(access=access, participant=person, confirmed=plan.token)


def test_the_dry_run_says_what_goes_and_changes_nothing(study: Access, person: Participant) -> None:
    before = (Source.objects.count(), Coding.objects.count(), Event.objects.count())
    plan = plan_withdrawal(access=study, participant=person)
    assert [source.key for source in plan.scope.own] == ["S-int3"]
    assert plan.scope.group == []
    assert {key: n for key, n in plan.counts.items() if n} == {
        "sources": 1,
        "codings": 32,
        "attributes": person.values.count(),
        "cases": 1,
        # Two about the source; and that of the import, which lists S03 among the participants.
        "history": 3,
    }
    assert (Source.objects.count(), Coding.objects.count(), Event.objects.count()) == before


def test_the_matrix_counts_as_the_reference_does(
    study: Access, person: Participant, expected: Any, build: Any, cell: Any, same: Any
) -> None:
    assert cell(build(study), "southgate", "process_gain").value == 159
    carry_out(study, person)
    for unit in NAMES:
        assert assert_values(build(study, unit=unit), cell, same, expected) == 16
    table = build(study)
    assert cell(table, "southgate", "process_gain").value == 136
    assert {row.key: row.withheld for row in table.rows if row.key} == {
        "northfield": 0,
        "southgate": 0,
    }
    assert Coding.objects.count() == 404 - 32
    assert not Source.objects.filter(key="S-int3").exists()
    assert Turn.objects.count() == TurnWords.objects.count()


def test_page_csv_and_xlsx_say_the_same(study: Access, person: Participant) -> None:
    carry_out(study, person)
    client = Client()
    client.force_login(study.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    base = f"/projects/{study.project.pk}/matrix/"
    page = client.get(base).content.decode()
    assert ">136<" in page
    assert ">159<" not in page
    tidy = client.get(f"{base}export/tidy/").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(tidy)))
    found = [r for r in rows if "southgate" in r.values() and "process_gain" in r.values()]
    assert [r["value"] for r in found] == ["136"]
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{base}export/xlsx/").content))
    values = {c.value for sheet in book for line in sheet.iter_rows() for c in line}
    assert 136 in values
    assert 159 not in values


def test_a_plan_that_has_changed_is_refused_and_nothing_is_removed(
    study: Access, person: Participant
) -> None:
    plan = plan_withdrawal(access=study, participant=person)
    source = Source.objects.get(key="S-int3")
    code = study.project.codes.filter(heading_only=False).first()
    assert code is not None
    Coding.objects.create(source=source, code=code, coder=study.membership, start=0, end=3)
    with pytest.raises(StateConflict, match="has changed since the list was made"):
        withdraw(access=study, participant=person, confirmed=plan.token)
    assert Source.objects.filter(key="S-int3").exists()
    assert Participant.objects.filter(key="S03").exists()
    assert not Withdrawal.objects.exists()
