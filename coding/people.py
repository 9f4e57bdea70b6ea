"""What is read about participants and speakers: who they are, and what of the talk is theirs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from coding.core.speakers import Person, fold, means_anybody, staff_role, suggest
from coding.core.turns import PARTICIPANT
from coding.models import Participant, Source, SourceText, Speaker, Turn
from coding.queries import visible_sources, withheld_sources
from coding.sealing import Unreadable, unseal
from projects.access import Access


@dataclass(slots=True)
class Talk:
    """What one speaker label says in one source, in one role and as one participant."""

    source: int
    label: str
    role: str
    participant: int | None
    turns: int = 0
    words: int = 0


def talk(sources: QuerySet[Source]) -> list[Talk]:
    """Turns and words in ``sources``, by source, label, role and participant. Two queries.

    Turns with a label alone count as none, as they do everywhere.
    """
    rows = (
        Turn.objects.filter(source__in=sources, withdrawn=False)
        .order_by("source_id", "ordinal")
        .values_list("source_id", "body_start", "end", "speaker", "role", "participant_id")
    )
    by_source: dict[int, list[tuple[Any, ...]]] = {}
    for source, *turn in rows:
        by_source.setdefault(source, []).append(tuple(turn))
    stored = SourceText.objects.filter(source__in=list(by_source))
    found: dict[tuple[Any, ...], Talk] = {}
    for source, spans in stored.values_list("source_id", "word_spans"):
        turns = by_source[source]
        counts = words_in(bytes(spans), [(turn[0], turn[1]) for turn in turns])
        for (start, end, *who), words in zip(turns, counts, strict=True):
            part = found.setdefault((source, *who), Talk(source, *who))
            part.turns += end > start
            part.words += words
    return list(found.values())


def words_in(spans: bytes, bodies: list[tuple[int, int]]) -> list[int]:
    """How many words begin in each of ``bodies`` (start, end); ``spans`` as ``SourceText`` has."""
    starts = np.frombuffer(spans, dtype="<i4").reshape(-1, 2)[:, 0]
    edges = np.searchsorted(starts, np.array(bodies, np.int64).reshape(-1, 2), side="left")
    counts: list[int] = (edges[:, 1] - edges[:, 0]).tolist()
    return counts


# --- participants --------------------------------------------------------------------------------


@dataclass(slots=True)
class Share:
    """How much of the talk is one participant's."""

    sources: set[int] = field(default_factory=set)
    turns: int = 0
    words: int = 0


def shares(access: Access) -> dict[int, Share]:
    """By participant. Sources that are withheld count as well: they are there, only not read."""
    found: dict[int, Share] = {}
    for part in talk(access.project.sources.present()):
        if part.participant is None:
            continue
        share = found.setdefault(part.participant, Share())
        share.sources.add(part.source)
        share.turns += part.turns
        share.words += part.words
    return found


def participant(access: Access, participant_id: int) -> Participant:
    return get_object_or_404(access.project.participants, pk=participant_id)


def real_name(access: Access, person: Participant) -> str:
    """Opened for those who may see it; ``Unreadable`` with a key that does not fit."""
    access.require("see_identities")
    return unseal(person.real_name_sealed)


def people(access: Access, *, identities: bool = False) -> list[Person]:
    """The participants as labels are compared with them: by id and pseudonym.

    With ``identities`` by the real name, too, where this person may see it and the key fits.
    """
    may = identities and access.may["see_identities"]
    rows = access.project.participants.order_by("key")
    fields = ("pk", "key", "pseudonym", "role", "real_name_sealed")
    return [
        Person(
            pk, (key, pseudonym, *((_opened(sealed),) if may and sealed else ())), staff_role(role)
        )
        for pk, key, pseudonym, role, sealed in rows.values_list(*fields)
    ]


def _opened(sealed: str) -> str:
    try:
        return unseal(sealed)
    except Unreadable:
        return ""


# --- speakers ------------------------------------------------------------------------------------


@dataclass(slots=True)
class InSource:
    """A label in one source. ``role`` and ``participant`` are None where its turns differ.

    ``decided``: a line of its own for this source.
    """

    source: int
    role: str | None
    participant: int | None
    turns: int
    words: int
    decided: Speaker | None = None

    @property
    def unknown(self) -> bool:
        """Nobody has said who this is; a participant of whom no more is known, so far."""
        return self.role in (None, PARTICIPANT) and self.participant is None


@dataclass(slots=True)
class Label:
    """A speaker label, once for all spellings and sources. ``decided`` is its line for all."""

    label: str
    spellings: Counter[str]
    sources: list[InSource]
    decided: Speaker | None = None

    @property
    def shown(self) -> str:
        return self.spellings.most_common(1)[0][0]

    @property
    def turns(self) -> int:
        return sum(part.turns for part in self.sources)

    @property
    def words(self) -> int:
        return sum(part.words for part in self.sources)

    @property
    def open(self) -> int:
        """In how many sources nobody has decided whom the label means."""
        if self.decided is not None:
            return 0
        return sum(part.unknown and part.decided is None for part in self.sources)

    @property
    def same(self) -> tuple[str, int | None] | None:
        """The role and participant of all its turns, where they are all alike."""
        found = {(part.role, part.participant) for part in self.sources}
        role, person = next(iter(found))
        return (role, person) if len(found) == 1 and role is not None else None


def labels(access: Access) -> list[Label]:
    """Every speaker label of the project, the undecided ones first, then by name.

    Who may change them sees the labels of sources that are withheld, too: a wrong match may be why.
    """
    sources = visible_sources(access)
    if access.may["edit_participants"]:
        sources = access.project.sources.present()
    found: dict[str, Label] = {}
    parts: dict[tuple[str, int], InSource] = {}
    for part in talk(sources):
        if not part.label:
            continue
        name = fold(part.label)
        row = found.setdefault(name, Label(name, Counter(), []))
        row.spellings[part.label] += part.turns
        there = parts.get((name, part.source))
        if there is None:
            there = InSource(part.source, part.role, part.participant, part.turns, part.words)
            parts[name, part.source] = there
            row.sources.append(there)
            continue
        if (there.role, there.participant) != (part.role, part.participant):
            there.role = there.participant = None
        there.turns += part.turns
        there.words += part.words
    for decided in access.project.speakers.all():
        name = fold(decided.label)
        if decided.source_id is None and name in found:
            found[name].decided = decided
        elif decided.source_id is not None and (name, decided.source_id) in parts:
            parts[name, decided.source_id].decided = decided
    return sorted(found.values(), key=lambda row: (row.open == 0, row.label))


def suggestions(
    access: Access, rows: list[Label], persons: list[Person]
) -> dict[tuple[int | None, str], tuple[str, int | None]]:
    """(None or a source, label) -> role and participant that an undecided label may mean.

    Labels such as "Speaker 1" are looked at source by source: where an interview is declared to be
    with somebody and has one such label of a participant, it is that person's. Names in ``persons``
    decide what is found; nothing of them is told but whose they are.
    """
    found: dict[tuple[int | None, str], tuple[str, int | None]] = {}
    anybody: dict[int, list[str]] = {}
    for row in rows:
        if not row.open:
            continue
        guess = suggest(row.label, persons)
        if guess is not None:
            found[None, row.label] = (guess.role, guess.person)
        elif means_anybody(row.label):
            for part in row.sources:
                if part.unknown and part.decided is None:
                    anybody.setdefault(part.source, []).append(row.label)
    declared = dict(
        access.project.sources.present()
        .filter(pk__in=anybody, kind=Source.Kind.INTERVIEW, participant__isnull=False)
        .values_list("pk", "participant_id")
    )
    spoken = set(
        Turn.objects.filter(source__in=declared, participant__isnull=False)
        .order_by()
        .values_list("source_id", "participant_id")
        .distinct()
    )
    for source, person in declared.items():
        if len(anybody[source]) == 1 and (source, person) not in spoken:
            found[source, anybody[source][0]] = (PARTICIPANT, person)
    return found


def titles(access: Access) -> dict[int, dict[str, Any]]:
    """Key and title of every source, and whether it is withheld."""
    hidden = set(withheld_sources(access).values_list("pk", flat=True))
    rows = access.project.sources.present().order_by("key").values("pk", "key", "title")
    return {row["pk"]: {**row, "withheld": row["pk"] in hidden} for row in rows}
