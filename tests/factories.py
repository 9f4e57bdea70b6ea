"""Small worlds for tests: the fixed cast, a project with evidence in it."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from django.utils import timezone

from cases.models import Case, CaseParticipant, CaseSource, Variable, VariableValue
from coding import search
from coding.core.text import word_spans
from coding.core.turns import parse_turns
from coding.models import (
    Assignment,
    Code,
    Coding,
    Participant,
    Round,
    Source,
    SourceText,
    Turn,
)
from projects.access import Access, resolve
from projects.models import Membership, Project, User

PASSWORD = "a-long-test-password"


def user(name: str) -> User:
    return User.objects.create_user(f"{name.lower()}@example.org", PASSWORD, display_name=name)


def member(project: Project, who: User | None, role: str, label: str = "") -> Membership:
    return Membership.objects.create(project=project, user=who, role=role, label=label or str(who))


@dataclass
class Cast:
    """The people of every test. ``alder`` and ``brook`` are two projects that share nobody."""

    alder: Project
    brook: Project
    olive: User  # owner of alder
    liam: User  # lead
    cora: User  # coder
    cody: User  # coder
    vera: User  # viewer
    otto: User  # owner of brook
    nora: User  # member of nothing

    def access(self, who: str, project: Project | None = None) -> Access:
        return resolve(getattr(self, who), (project or self.alder).pk)


def cast() -> Cast:
    alder = Project.objects.create(title="Alder study")
    brook = Project.objects.create(title="Brook study")
    names = ["Olive", "Liam", "Cora", "Cody", "Vera", "Otto", "Nora"]
    people = {name.lower(): user(name) for name in names}
    for name, role in {
        "olive": "owner",
        "liam": "lead",
        "cora": "coder",
        "cody": "coder",
        "vera": "viewer",
    }.items():
        member(alder, people[name], role)
    member(brook, people["otto"], "owner")
    return Cast(alder=alder, brook=brook, **people)


TEXT = (
    "INT: How do coaches share materials?\n"
    "P1: We put every lesson on the intranet 🙂 naïve or not. We built it together.\n"
    "INT: And problems?\n"
    "P1: We solve them together on Friday.\n"
)


@dataclass
class World:
    """A project's evidence: one case, one participant, one interview, a small code tree."""

    project: Project
    case: Case
    participant: Participant
    source: Source
    gains: Code
    intranet: Code
    solving: Code


def participant(project: Project, key: str = "P1", **fields: object) -> Participant:
    return Participant.objects.create(project=project, key=key, pseudonym=key, **fields)


def source(
    project: Project,
    key: str,
    text: str,
    *,
    case: Case | None = None,
    kind: str = "interview",
    people: dict[str, Participant] | None = None,
) -> Source:
    """A source with turns and words, written the plain way (not through the import)."""
    people = people or {}
    turns = parse_turns(text, dict.fromkeys(people, "participant"))
    words = word_spans(text, [(t.start, t.body_start) for t in turns])
    interviewer = [(t.start, t.end) for t in turns if t.role == "interviewer"]
    inside = sum(1 for s, _e in words if any(a <= s < b for a, b in interviewer))
    digest = sha256(text.encode()).hexdigest()
    row = Source.objects.create(
        project=project,
        key=key,
        title=f"Interview {key}",
        kind=kind,
        length=len(text),
        text_sha256=digest,
        original_sha256=digest,
        words=len(words),
        participant_words=len(words) - inside,
    )
    SourceText.objects.create(
        source=row,
        text=text,
        word_spans=np.ascontiguousarray(words, dtype="<i4").tobytes(),
        original=text.encode(),
        original_name=f"{key}.txt",
        encoding="utf-8",
    )
    made = Turn.objects.bulk_create(
        Turn(
            source=row,
            ordinal=n,
            start=t.start,
            body_start=t.body_start,
            end=t.end,
            speaker=t.speaker,
            role=t.role,
            participant=people.get(t.speaker),
        )
        for n, t in enumerate(turns, start=1)
    )
    search.index_turns(text, made)
    if case:
        CaseSource.objects.create(case=case, source=row)
    return row


def code(project: Project, name: str, parent: Code | None = None, **fields: object) -> Code:
    position = Code.objects.filter(project=project).count()
    return Code.objects.create(
        project=project, key=name.lower(), name=name, parent=parent, position=position, **fields
    )


def coding(source: Source, code: Code, coder: Membership, start: int, end: int) -> Coding:
    return Coding.objects.create(source=source, code=code, coder=coder, start=start, end=end)


def world(project: Project, word: str = "") -> World:
    """Evidence in ``project``; ``word`` is planted in every text field (a canary)."""
    mark = f" {word}" if word else ""
    case = Case.objects.create(project=project, key=f"north{word}", name=f"North{mark}")
    person = participant(project, "P1", role=f"coach{mark}")
    person.pseudonym += mark
    person.save()
    CaseParticipant.objects.create(case=case, participant=person)
    variable = Variable.objects.create(project=project, target="case", key=f"policy{mark}")
    VariableValue.objects.create(variable=variable, case=case, value=f"shared{mark}")
    text = TEXT + (f"P1: And {word}, of course.\n" if word else "")
    row = source(project, f"int1{word}", text, case=case, people={"P1": person})
    row.title += mark
    row.participant = person
    row.save()
    gains = code(project, f"Gains{mark}", definition=f"What the team gets{mark}")
    return World(
        project=project,
        case=case,
        participant=person,
        source=row,
        gains=gains,
        intranet=code(project, f"Intranet{mark}", gains),
        solving=code(project, f"Solving{mark}", gains),
    )


def opened_round(cast: Cast, **fields: object) -> Round:
    """A round of double coding in alder that everybody may look at; without any share yet."""
    values = {"name": "Pilot round", "state": "opened", **fields}
    number = Round.objects.filter(project=cast.alder).count() + 1
    me = Membership.objects.get(project=cast.alder, user=cast.olive)
    return Round.objects.create(project=cast.alder, number=number, made_by=me, **values)


def share(
    held: Round,
    source: Source,
    coder: Membership,
    spans: list[tuple[Code, int, int]],
    *,
    finished: bool = True,
) -> Assignment:
    """What a coder had left of a source; the codings themselves are not made."""
    return Assignment.objects.create(
        round=held,
        source=source,
        coder=coder,
        finished_at=timezone.now() if finished else None,
        version=source.version,
        passages=[[0, code.pk, start, end] for code, start, end in spans],
    )
