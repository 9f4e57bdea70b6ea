"""Writing many rows at once, whatever the kinds of their fields."""

import uuid

import pytest

from projects.models import Event, Membership
from projects.services.rows import write_rows
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_values_of_every_kind_come_back_as_they_were_written(cast: Cast) -> None:
    events = [
        Event.objects.create(
            project=cast.alder, verb="x.y", object_type="x", object_guid=uuid.uuid4(), label="old"
        )
        for _ in range(3)
    ]
    guids = [uuid.uuid4() for _ in events]
    values = [{"a": [1, "ü 🙂"]}, None, {"q": 'it\'s "%s"'}]
    for event, guid, value in zip(events, guids, values, strict=True):
        event.label, event.after, event.source_guid = "%s new", value, guid
        event.before = {"not": "written"}
    write_rows(events[:2], ["label", "after", "source_guid"])
    rows = Event.objects.order_by("pk").values_list("label", "before", "after", "source_guid")
    assert list(rows) == [
        ("%s new", None, values[0], guids[0]),
        ("%s new", None, None, guids[1]),
        ("old", None, None, None),
    ]
    # Nothing at all and not the JSON value null: conditions tell the two apart.
    assert Event.objects.filter(after__isnull=True).count() == 2
    write_rows(events[2:], ["after"])
    assert Event.objects.get(pk=events[2].pk).after == values[2]
    write_rows([], ["label"])


def test_foreign_keys_are_written_by_their_number(cast: Cast) -> None:
    member = Membership.objects.filter(project=cast.alder).first()
    assert member is not None
    member.project = cast.brook
    write_rows([member], ["project"])
    member.refresh_from_db()
    assert member.project_id == cast.brook.pk
