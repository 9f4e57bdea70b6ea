"""Matching speaker labels to people: decided once for all sources, or for one source alone.

A decision is a ``Speaker`` row; the turns follow it at once, and with them everything that is
counted by role or participant. Deciding again is how it is taken back.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, Case, Count, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding import people as reading
from coding.core.speakers import Person, default_role, exactly, fold
from coding.core.turns import INTERVIEWER, OBSERVER, PARTICIPANT, TEXT
from coding.models import Participant, Source, SourceText, Speaker, Turn
from coding.queries import withheld_sources
from coding.services.participants import create_participant
from projects.access import Access
from projects.models import Project
from projects.services.events import record

# What can be decided. NOBODY: read, but no turn of a participant. UNDECIDED takes a decision back.
PERSON, NEW, UNKNOWN, NOBODY, UNDECIDED = "person", "new", "unknown", "nobody", "undecided"
CHOICES = (PERSON, NEW, INTERVIEWER, OBSERVER, UNKNOWN, NOBODY, UNDECIDED)
_ROLES = {
    INTERVIEWER: INTERVIEWER,
    OBSERVER: OBSERVER,
    UNKNOWN: PARTICIPANT,
    NOBODY: TEXT,
}
# Labels decided in one go: more would make one statement too long for a database.
MOST = 300

Meaning = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whom ``label`` means: everywhere, or in the source with this id alone.

    ``person`` is the participant's id for PERSON, ``new`` the id of a new one for NEW.
    """

    label: str
    choice: str
    source: int | None = None
    person: int | None = None
    new: str = ""


@dataclass(slots=True)
class Matched:
    """What a round of decisions has changed."""

    labels: int = 0
    turns: int = 0
    sources: int = 0
    # Sources that cannot be read any more, because somebody in them has refused the use.
    withheld: int = 0
    made: list[Participant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """One spelling of a label in one source, with what its turns are now."""

    source: int
    spelling: str
    label: str
    role: str
    participant: int | None
    turns: int


@dataclass(slots=True)
class _Known:
    """Everything that says whom a label means, in the order in which it is asked."""

    in_source: dict[tuple[int, str], Meaning]
    everywhere: dict[str, Meaning]
    exactly: dict[str, Person]

    def meaning(self, source: int, label: str) -> Meaning | None:
        """None where nobody has decided and no id or pseudonym is just so."""
        found = self.in_source.get((source, label)) or self.everywhere.get(label)
        if found is not None:
            return found
        person = self.exactly.get(label)
        if person is None:
            return None
        return person.role, person.id if person.role == PARTICIPANT else None


@transaction.atomic
def match_speakers(
    *, access: Access, decisions: Sequence[Decision], batch: uuid.UUID | None = None
) -> Matched:
    """Make these decisions; all turns they are about follow. One event tells before and after."""
    access.require("edit_participants")
    Project.objects.select_for_update().get(pk=access.project.pk)
    batch = batch or uuid.uuid4()
    result = Matched()
    places = _places(access.project.sources.all())
    decisions = _checked(access, decisions, places)
    if not decisions:
        return result
    decisions = _with_new_people(access, decisions, places, batch, result)
    people = reading.people(access, identities=True)
    names = {person.id: person.names[1] for person in people}
    staff = {person.id: person.role for person in people}
    keys = dict(access.project.sources.values_list("pk", "key"))
    rows = {(s.source_id, fold(s.label)): s for s in access.project.speakers.all()}
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    made, changed, gone = [], [], []
    for decision in decisions:
        place = (decision.source, decision.label)
        row = rows.get(place)
        where = f" ({keys[decision.source]})" if decision.source is not None else ""
        told = _told(decision.label, people) + where
        while told in after:
            told += "*"
        before[told] = _in_words((row.role, row.participant_id) if row else None, names)
        if decision.choice == UNDECIDED:
            after[told] = _in_words(None, names)
            if row is not None:
                gone.append(row.pk)
            continue
        role, person = _meaning(decision, staff)
        after[told] = _in_words((role, person), names)
        if row is None:
            row = Speaker(project=access.project, source_id=decision.source, label=decision.label)
            made.append(row)
        else:
            changed.append(row)
        row.role, row.participant_id = role, person
    Speaker.objects.filter(pk__in=gone).delete()
    Speaker.objects.bulk_create(made)
    Speaker.objects.bulk_update(changed, ["role", "participant"])

    everywhere = {d.label for d in decisions if d.source is None}
    alone = {(d.source, d.label) for d in decisions if d.source is not None}
    touched = [p for p in places if p.label in everywhere or (p.source, p.label) in alone]
    hidden = withheld_sources(access).count()
    moved = _follow(_known(access, people), touched)
    result.withheld = max(0, withheld_sources(access).count() - hidden)
    result.labels = len({d.label for d in decisions})
    result.turns = sum(place.turns for place in moved)
    result.sources = len({place.source for place in moved})
    if before != after or moved:
        record(
            access,
            "speakers.matched",
            access.project,
            label=_summary(result),
            before=before,
            after=after,
            batch=batch,
        )
    return result


def assign_speakers(*, access: Access, source: Source) -> int:
    """Let the turns of ``source`` follow what has been decided, as after an import of it.

    A line for this source comes first, then one for all sources, then an id or pseudonym that is
    the label. Everything else stays as it was read. ``participant_words`` is counted anew. Returns
    how many labels are still undecided: those of participants of whom nobody has said who they are.
    To be called in the transaction that makes the source; records no event of its own.
    """
    places = _places(Source.objects.filter(pk=source.pk, project=access.project))
    known = _known(access, reading.people(access))
    decided = [p for p in places if known.meaning(p.source, p.label) is not None]
    _follow(known, decided, count=[source.pk])
    source.refresh_from_db(fields=["participant_words"])
    named = {p.label for p in decided}
    return len(
        {
            p.label
            for p in places
            if p.label not in named and p.role == PARTICIPANT and p.participant is None
        }
    )


def count_participant_words(sources: Collection[int]) -> None:
    """Count anew the words outside interviewers' turns. Three statements."""
    if not sources:
        return
    bodies: dict[int, list[tuple[int, int]]] = {}
    rows = Turn.objects.filter(source__in=sources, role=INTERVIEWER).order_by("start")
    for pk, start, end in rows.values_list("source_id", "body_start", "end"):
        bodies.setdefault(pk, []).append((start, end))
    stored = SourceText.objects.filter(source__in=sources)
    changed = []
    for pk, spans, words, now in stored.values_list(
        "source_id", "word_spans", "source__words", "source__participant_words"
    ):
        asked = sum(reading.words_in(bytes(spans), bodies.get(pk, [])))
        theirs = words - asked
        if theirs != now:
            changed.append(Source(pk=pk, participant_words=theirs))
    Source.objects.bulk_update(changed, ["participant_words"])


# --- the parts -----------------------------------------------------------------------------------


def _places(sources: Iterable[Source]) -> list[_Place]:
    rows = (
        Turn.objects.filter(source__in=sources, withdrawn=False)
        .exclude(speaker="")
        .values_list("source_id", "speaker", "role", "participant_id")
        .annotate(n=Count("id"))
        .order_by()
    )
    return [
        _Place(source, spelling, fold(spelling), role, participant, n)
        for source, spelling, role, participant, n in rows
    ]


def _known(access: Access, people: Sequence[Person]) -> _Known:
    known = _Known({}, {}, exactly(people))
    for row in access.project.speakers.all():
        meaning = (row.role, row.participant_id)
        if row.source_id is None:
            known.everywhere[fold(row.label)] = meaning
        else:
            known.in_source[row.source_id, fold(row.label)] = meaning
    return known


def _checked(
    access: Access, decisions: Sequence[Decision], places: Sequence[_Place]
) -> list[Decision]:
    """The decisions with folded labels, the last one of each place; every name looked up."""
    if len(decisions) > MOST:
        raise ValidationError(
            _("Decide about at most %(n)s speakers at once.") % {"n": MOST}, code="too_many"
        )
    labels = {place.label for place in places}
    pairs = {(place.source, place.label) for place in places}
    ids = {d.person for d in decisions if d.choice == PERSON and d.person is not None}
    there = set(access.project.participants.filter(pk__in=ids).values_list("pk", flat=True))
    chosen: dict[tuple[int | None, str], Decision] = {}
    for decision in decisions:
        label = fold(decision.label)
        found = label in labels if decision.source is None else (decision.source, label) in pairs
        if not found or decision.choice not in CHOICES:
            raise ValidationError(
                _("“%(label)s” is no speaker there any more; look at the list again.")
                % {"label": decision.label},
                code="gone",
            )
        if decision.choice == PERSON and decision.person not in there:
            raise ValidationError(
                _("The participant chosen for “%(label)s” is not in this project.")
                % {"label": decision.label},
                code="gone",
            )
        chosen[decision.source, label] = Decision(
            label, decision.choice, decision.source, decision.person, decision.new
        )
    return list(chosen.values())


def _with_new_people(
    access: Access,
    decisions: Sequence[Decision],
    places: Sequence[_Place],
    batch: uuid.UUID,
    result: Matched,
) -> list[Decision]:
    """Make the participants that are new; two labels with the same new id are one person."""
    made: dict[str, Participant] = {}
    filled = []
    for decision in decisions:
        if decision.choice != NEW:
            filled.append(decision)
            continue
        name = fold(decision.new)
        if not name:
            # As it stands in the transcript, where whoever reads this has to look for it.
            label = next(place.spelling for place in places if place.label == decision.label)
            raise ValidationError(
                _("Give the new participant for “%(label)s” an id.") % {"label": label}
            )
        if name not in made:
            made[name] = create_participant(access=access, key=decision.new, batch=batch)
        filled.append(Decision(decision.label, PERSON, decision.source, made[name].pk))
    result.made = list(made.values())
    return filled


def _meaning(decision: Decision, staff: dict[int, str]) -> Meaning:
    if decision.choice != PERSON:
        return _ROLES[decision.choice], None
    # Staff is never a participant, also where a table of people lists it.
    role = staff.get(decision.person or 0, PARTICIPANT)
    return role, decision.person if role == PARTICIPANT else None


def _follow(known: _Known, places: Sequence[_Place], count: Collection[int] = ()) -> list[_Place]:
    """Give the turns at ``places`` the role and participant that they should have; those changed.

    One statement for all turns, whatever they become.
    """
    moved: list[_Place] = []
    scattered: dict[Meaning, dict[str, set[int]]] = {}
    for place in places:
        meaning = known.meaning(place.source, place.label) or (default_role(place.label), None)
        if meaning != (place.role, place.participant):
            moved.append(place)
            scattered.setdefault(meaning, {}).setdefault(place.spelling, set()).add(place.source)
    touched = sorted({place.source for place in moved})
    # Whoever corrects one of these texts waits: turns are made anew there.
    list(Source.objects.select_for_update().filter(pk__in=touched).order_by("pk").only("pk"))
    roles, persons = [], []
    for (role, person), spellings in scattered.items():
        # Spellings that stand in the same sources go together.
        together: dict[frozenset[int], list[str]] = {}
        for spelling, sources in spellings.items():
            together.setdefault(frozenset(sources), []).append(spelling)
        for same, names in together.items():
            here = {"source__in": sorted(same), "speaker__in": names}
            roles.append(When(**here, then=Value(role)))
            persons.append(When(**here, then=Value(person)))
    if moved:
        Turn.objects.filter(
            source__in=touched, speaker__in={place.spelling for place in moved}, withdrawn=False
        ).update(
            role=Case(*roles, default="role"),
            participant=Case(*persons, default="participant_id", output_field=BigIntegerField()),
        )
    count_participant_words({*touched, *count})
    return moved


def _told(label: str, people: Iterable[Person]) -> str:
    """The label as history tells it: one with a part of a real name is not told there."""
    parts = set(label.split())
    for person in people:
        if any(parts & set(fold(name).split()) for name in person.names[2:]):
            return _("(a name)")
    return label


def _in_words(meaning: Meaning | None, names: dict[int, str]) -> str:
    if meaning is None:
        return _("undecided")
    role, person = meaning
    if person is not None:
        return names.get(person, "")
    words = {
        PARTICIPANT: _("an unknown participant"),
        INTERVIEWER: _("interviewer"),
        OBSERVER: _("observer"),
        TEXT: _("not a participant"),
    }
    return words[role]


def _summary(result: Matched) -> str:
    labels = ngettext("%(n)s speaker", "%(n)s speakers", result.labels) % {"n": result.labels}
    turns = ngettext("%(n)s turn", "%(n)s turns", result.turns) % {"n": result.turns}
    sources = ngettext("%(n)s source", "%(n)s sources", result.sources) % {"n": result.sources}
    return _("%(labels)s: %(turns)s in %(sources)s changed") % {
        "labels": labels,
        "turns": turns,
        "sources": sources,
    }
