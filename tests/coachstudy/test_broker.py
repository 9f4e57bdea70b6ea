"""The broker of the embedded default, and which queue hears what."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from kombu.transport.virtual import Channel

from coachstudy.broker import Transport, transport_options
from coachstudy.celery import app
from projects.tasks import run_job


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    # Kombu remembers bindings per process, whatever the folder.
    Transport.global_state.clear()
    with Connection(
        "filesystem://localhost", transport_options=transport_options(tmp_path / "broker")
    ) as connection:
        yield connection
    Transport.global_state.clear()


def waiting(tmp_path: Path) -> list[str]:
    names = sorted(os.listdir(tmp_path / "broker" / "messages"))
    return [re.sub(r"^\d+_[0-9a-f]{32}\.", "", name) for name in names]


def test_filesystem_means_this_transport(connection: Any) -> None:
    assert type(connection.transport) is Transport


@pytest.mark.parametrize("queue", ["interactive", "long"])
def test_a_bell_is_heard_by_its_queue_alone(connection: Any, tmp_path: Path, queue: str) -> None:
    # As a worker does at its start: both queues are bound before anything is sent.
    channel = connection.default_channel
    for name in ("interactive", "long"):
        app.amqp.queues[name].bind(channel).declare()
    run_job.apply_async(args=(7,), queue=queue, connection=connection)
    assert waiting(tmp_path) == [f"{queue}.msg"]
    message = app.amqp.queues[queue].bind(channel).get()
    assert message.payload[0] == [7]
    assert waiting(tmp_path) == []


def test_messages_come_whole_in_order_and_once(connection: Any, tmp_path: Path) -> None:
    channel: Channel = connection.default_channel
    for number in range(20):
        channel._put("long", {"number": number, "text": "ï" * 5000})
    # What is still being written has a name that no reader looks at.
    (tmp_path / "broker" / "messages" / ".00000000000000000000_x.long.msg").write_text('{"num')
    with Connection(
        "filesystem://localhost", transport_options=transport_options(tmp_path / "broker")
    ) as other:
        takers = [channel, other.default_channel]
        taken = [takers[turn % 2]._get("long")["number"] for turn in range(20)]
    assert taken == list(range(20))
    assert channel._size("interactive") == 0
    assert os.listdir(tmp_path / "broker" / "taken") == []
