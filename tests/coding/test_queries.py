"""What the pages read: the list of sources beside an open one."""

from typing import Any

import pytest
from django.utils import timezone

from coding import queries
from coding.models import Reading
from projects.models import Membership
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(cast: Cast) -> World:
    return factories.world(cast.alder)


def member(cast: Cast, who: str) -> Membership:
    return Membership.objects.get(project=cast.alder, user=getattr(cast, who))


def told(nav: queries.SourceNav) -> list[tuple[str, list[tuple[str, int, bool]]]]:
    return [
        (row.title, [(c.label, c.codings, c.finished) for c in row.coders]) for row in nav.sources
    ]


def test_source_nav_counts_by_coder_and_names_the_finished(cast: Cast, scene: World) -> None:
    other = factories.source(cast.alder, "int2", "P1: Another text.\n")
    cora, cody = member(cast, "cora"), member(cast, "cody")
    factories.coding(scene.source, scene.intranet, cora, 41, 60)
    factories.coding(scene.source, scene.solving, cora, 41, 60)
    gone = factories.coding(scene.source, scene.gains, cora, 41, 60)
    gone.removed_at = timezone.now()
    gone.save()
    factories.coding(other, scene.intranet, cody, 4, 11)
    Reading.objects.create(source=scene.source, coder=cody)
    # The other team's work is nobody's here.
    brook = factories.world(cast.brook)
    otto = Membership.objects.get(project=cast.brook, user=cast.otto)
    factories.coding(brook.source, brook.gains, otto, 41, 60)
    Reading.objects.create(source=brook.source, coder=otto)

    nav = queries.source_nav(cast.access("vera"), scene.source)
    assert told(nav) == [
        ("Interview int1", [("Cody", 0, True), ("Cora", 2, False)]),
        ("Interview int2", [("Cody", 1, False)]),
    ]
    assert [row.here for row in nav.sources] == [True, False]


def test_source_nav_passes_over_what_is_withheld(cast: Cast, scene: World) -> None:
    refuses = factories.participant(cast.alder, "P2", consent_use=False)
    factories.source(cast.alder, "int2", "P2: Not to be read.\n", people={"P2": refuses})
    third = factories.source(cast.alder, "int3", "P1: To be read.\n")
    nav = queries.source_nav(cast.access("cora"), third)
    assert nav.previous is not None
    assert nav.previous.id == scene.source.pk
    assert nav.next is None
    assert [row.title for row in nav.sources] == ["Interview int1", "Interview int3"]
    first = queries.source_nav(cast.access("cora"), scene.source)
    assert first.previous is None
    assert first.next is not None
    assert first.next.id == third.pk


@pytest.mark.parametrize("sources", [1, 4])
def test_source_nav_asks_four_times_at_any_size(
    sources: int, cast: Cast, scene: World, django_assert_num_queries: Any
) -> None:
    for n in range(2, sources + 1):
        row = factories.source(cast.alder, f"int{n}", f"P1: Text number {n}.\n")
        for who in ["cora", "cody"]:
            factories.coding(row, scene.intranet, member(cast, who), 4, 8)
            Reading.objects.create(source=row, coder=member(cast, who))
    access = cast.access("cora")
    with django_assert_num_queries(4):
        nav = queries.source_nav(access, scene.source)
    assert len(nav.sources) == sources
