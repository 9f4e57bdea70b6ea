"""One small world in alder, and what the tests of coding ask of it."""

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from coding.models import Code, Source
from coding.services.codings import Outcome, add_codings
from projects.access import Access
from tests import factories
from tests.factories import Cast, World

Add = Callable[..., Outcome]


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def text(world: World) -> str:
    content: str = world.source.content.text
    return content


@pytest.fixture
def add(world: World, text: str) -> Add:
    """Code the first place where some words stand, as the page would."""

    def run(
        access: Access,
        words: str,
        *codes: Code,
        source: Source | None = None,
        batch: uuid.UUID | None = None,
    ) -> Outcome:
        start = text.index(words)
        return add_codings(
            access=access,
            source=source or world.source,
            start=start,
            end=start + len(words),
            quote=words,
            codes=list(codes) or [world.intranet],
            batch=batch,
        )

    return run


@pytest.fixture
def file_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """On SQLite: a database in a file, as in production.

    The tests' database in memory locks whole tables between threads and does not wait; only a file
    behaves as the one that people use.
    """
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    path = tmp_path / "concurrent.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = in_memory, name


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Run calls at the same instant, each on a connection of its own; their results or errors."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(calls))
        results: list[Any] = [None] * len(calls)

        def body(number: int) -> None:
            try:
                connection.ensure_connection()
                gate.wait(20)
                results[number] = calls[number]()
            except Exception as error:
                results[number] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=body, args=(n,)) for n in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        return results

    return run
