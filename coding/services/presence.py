"""Who has which source open now.

A mark in the shared cache per member, refreshed by the reader's polls and forgotten a few seconds
after the last one: nothing of it is history, and a write to the database per poll would be one too
many. The cache is shared by all web processes (see settings.CACHES: one process has its own memory,
several have Redis or a table). What is lost is back with the next poll.
"""

import time
from typing import Any

from django.core.cache import cache

from coding import queries
from projects.access import Access

PRESENT_SECONDS = 10.0
# A mark is written again when it is older than this: not by every poll.
REFRESH_SECONDS = 3.0

People = list[dict[str, Any]]


def refresh(access: Access, source_id: int | None) -> dict[int, People]:
    """Mark this person as at work in ``source_id`` (None: nowhere new); then like ``by_source``."""
    return _read(access, source_id)


def by_source(access: Access) -> dict[int, People]:
    """Source id -> the other people who have it open, as ``{"coder", "name"}``, by name.

    One query, and one look into the cache.
    """
    return _read(access, None)


def _read(access: Access, mark: int | None) -> dict[int, People]:
    now = time.time()
    own = _key(access, access.membership.pk)
    members = {_key(access, m.pk): m for m in queries.visible_presence(access)}
    marks: dict[str, dict[int, float]] = cache.get_many([own, *members])
    if mark is not None:
        _refresh(own, marks.get(own, {}), mark, now)
    here: dict[int, People] = {}
    for key, member in members.items():
        if key == own:
            continue
        for source_id, seen in marks.get(key, {}).items():
            if now - seen < PRESENT_SECONDS:
                person = {"coder": member.pk, "name": member.label}
                here.setdefault(source_id, []).append(person)
    return here


def _refresh(key: str, marks: dict[int, float], source_id: int, now: float) -> None:
    """Two tabs of one person may overwrite each other's mark; the next poll sets it again."""
    if now - marks.get(source_id, 0.0) < REFRESH_SECONDS:
        return
    fresh = {pk: seen for pk, seen in marks.items() if now - seen < PRESENT_SECONDS}
    cache.set(key, fresh | {source_id: now}, timeout=PRESENT_SECONDS)


def _key(access: Access, membership_id: int) -> str:
    return f"presence:{access.project.pk}:{membership_id}"
