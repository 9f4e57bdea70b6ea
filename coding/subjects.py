"""What memos can be about and point to, by one name each: ``code:<guid>``.

Each room registers its kinds of things, with who may see which: a memo, and the name of what it
points to, are seen where the thing is. What nobody registers has no memos and no name.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.urls import reverse

from coding.models import Subject
from projects.access import Access


class Ref(NamedTuple):
    """Names one thing of a project."""

    subject: str
    guid: uuid.UUID

    def __str__(self) -> str:
        return f"{self.subject}:{self.guid}"


@dataclass(frozen=True, slots=True)
class Place:
    """A thing as one who may see it is shown it: its name, and the page where it is."""

    ref: Ref
    name: str
    address: str

    @property
    def what(self) -> str:
        return label(self.ref)


@dataclass(frozen=True, slots=True)
class Kind:
    subject: Subject
    # The rows that this person may see, with ``guid``.
    visible: Callable[[Access], QuerySet[Any]]
    name: Callable[[Any], str]
    # Name of a route, its arguments, and what follows the address.
    page: Callable[[Any], tuple[str, list[Any], str]]
    order: tuple[str, ...] = ("id",)
    # Nobody writes a memo about a memo; but one can point to another.
    has_memos: bool = True
    # Among the things that a memo can be made to point to in a form: not of what there are
    # thousands, which are found on a page of their own.
    offered: bool = True

    def place(self, row: Any) -> Place:
        route, arguments, tail = self.page(row)
        return Place(
            Ref(self.subject.value, row.guid),
            self.name(row)[:300],
            reverse(route, args=arguments) + tail,
        )


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _KINDS[kind.subject.value] = kind


def kinds() -> list[Kind]:
    """In the order in which ``Subject`` names them."""
    return [_KINDS[subject.value] for subject in Subject if subject.value in _KINDS]


def parse(text: str) -> Ref | None:
    """``code:<guid>`` as a Ref; None for anything else."""
    subject, _colon, guid = text.partition(":")
    if subject not in _KINDS:
        return None
    try:
        return Ref(subject, uuid.UUID(guid))
    except ValueError:
        return None


def label(ref: Ref) -> str:
    """The kind of thing alone: of what one may not see, no name is said."""
    return str(Subject(ref.subject).label)


def has_memos(ref: Ref) -> bool:
    return ref.subject in _KINDS and _KINDS[ref.subject].has_memos


def places(access: Access, refs: Iterable[Ref]) -> dict[Ref, Place]:
    """Those of ``refs`` that this person may see. One query for each kind of thing among them."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for ref in refs:
        wanted.setdefault(ref.subject, set()).add(ref.guid)
    found: dict[Ref, Place] = {}
    for subject, guids in wanted.items():
        if kind := _KINDS.get(subject):
            for row in kind.visible(access).filter(guid__in=guids):
                place = kind.place(row)
                found[place.ref] = place
    return found


def place(access: Access, ref: Ref) -> Place | None:
    return places(access, [ref]).get(ref)


def choices(access: Access, subject: Subject, most: int = 500) -> list[Place]:
    """Things of one kind to choose from, in the order of their list. One query."""
    kind = _KINDS[subject.value]
    return [kind.place(row) for row in kind.visible(access).order_by(*kind.order)[:most]]
