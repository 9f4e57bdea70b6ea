"""Rounds of double coding for tests, written as they are when they have been opened."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from coding.models import Assignment, Code, CodebookVersion, Round, Source
from projects.models import Membership, Project
from tests import factories
from tests.factories import Cast

Place = tuple[Code, int, int]


def opened(
    project: Project,
    number: int = 1,
    *,
    unit: str = "turn",
    state: str = "opened",
    codebook: CodebookVersion | None = None,
    **fields: object,
) -> Round:
    return Round.objects.create(
        project=project,
        number=number,
        name=f"Round {number}",
        unit=unit,
        state=state,
        codebook=codebook,
        made_by=Membership.objects.filter(project=project).order_by("pk")[0],
        started_at=timezone.now(),
        opened_at=timezone.now(),
        **fields,
    )


def share(
    held: Round,
    source: Source,
    coder: Membership,
    places: Sequence[Place] | None,
    earlier: Sequence[Place] = (),
) -> Assignment:
    """What a coder left in a source; None: not finished yet."""
    return Assignment.objects.create(
        round=held,
        source=source,
        coder=coder,
        finished_at=None if places is None else timezone.now(),
        version=source.version,
        passages=[[n, c.pk, start, end] for n, (c, start, end) in enumerate(places or (), 1)],
        earlier=[[n, c.pk, start, end] for n, (c, start, end) in enumerate(earlier, 1)],
    )


# Ten turns of three characters each, "A1.", on lines of their own: turn n begins at 8 n + 4; then a
# label without words, and an eleventh turn that makes texts differ.
def ten_turns(project: Project, key: str) -> Source:
    text = "".join(f"P1: A{n}.\n" for n in range(10)) + f"P1:\nP1: {key}\n"
    return factories.source(project, key, text)


def turn(n: int) -> tuple[int, int]:
    return 8 * n + 4, 8 * n + 7


def in_turns(code: Code, *numbers: int) -> list[Place]:
    return [(code, *turn(n)) for n in numbers]


def small(cast: Cast, sources: int = 1) -> tuple[Round, Mapping[str, Code], list[Source]]:
    """Cora and Cody, two codes, eleven turns with words in each source.

    Gains: Cora in turns 0–3, Cody in turns 2–5: a = 2, b = 2, c = 2, d = 5 of 11 in each source.
    Loss: Cora in turn 9; Cody in turn 9 too: a = 1, d = 10.
    """
    codes = {name: factories.code(cast.alder, name) for name in ("Gains", "Loss")}
    held = opened(cast.alder)
    cora, cody = (cast.access(name).membership for name in ("cora", "cody"))
    made = []
    for n in range(sources):
        source = ten_turns(cast.alder, f"S{n}")
        both = in_turns(codes["Loss"], 9)
        share(held, source, cora, in_turns(codes["Gains"], 0, 1, 2, 3) + both)
        share(held, source, cody, in_turns(codes["Gains"], 2, 3, 4, 5) + both)
        made.append(source)
    return held, codes, made
