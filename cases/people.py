"""What is read about the participants of a study: who they are, their cases and attributes."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, CaseParticipant, Variable, VariableValue
from coding import people
from coding.models import Participant
from projects.access import Access

CONSENTS = (
    ("use", gettext_lazy("Use")),
    ("quote", gettext_lazy("Quote")),
    ("archive", gettext_lazy("Archive")),
    ("network", gettext_lazy("Network")),
)
ANSWERS = (
    ("yes", gettext_lazy("yes")),
    ("no", gettext_lazy("no")),
    ("unknown", gettext_lazy("not known")),
)
_MEANT = {"yes": True, "no": False, "unknown": None}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which participants are shown; empty means all."""

    text: str = ""
    case: int | None = None
    role: str = ""
    consent: str = ""

    @property
    def any(self) -> bool:
        return self != Filters()


@dataclass(slots=True)
class Row:
    """One participant in the list: ``cells`` are attributes in order, "" where there is none."""

    person: Participant
    cases: list[str]
    cells: list[tuple[Variable, str]]
    share: people.Share
    case_ids: set[int] = field(default_factory=set)

    @property
    def consents(self) -> list[tuple[str, str, bool | None]]:
        return consents(self.person)


@dataclass(slots=True)
class Table:
    rows: list[Row]
    total: int
    variables: list[Variable]
    cases: list[tuple[int, str]]
    roles: list[str]


def consents(person: Participant) -> list[tuple[str, str, bool | None]]:
    return [(key, str(label), getattr(person, f"consent_{key}")) for key, label in CONSENTS]


def variables(access: Access) -> list[Variable]:
    """The attributes of participants, in order."""
    rows = Variable.objects.filter(project=access.project, target=Variable.Target.PARTICIPANT)
    return list(rows.order_by("position", "id"))


def case_choices(access: Access) -> list[tuple[int, str]]:
    return list(access.project.cases.present().order_by("position", "id").values_list("pk", "name"))


def read_filters(access: Access, params: QueryDict) -> Filters:
    """What an address asks for. What the project does not have is an error, never ignored."""
    case: int | None = None
    written = params.get("case", "").strip()
    if written:
        known = {str(pk): pk for pk in access.project.cases.present().values_list("pk", flat=True)}
        if written not in known:
            raise BadRequest(_("This address names a case that is not in this project."))
        case = known[written]
    consent = params.get("consent", "")
    if consent and consent not in {f"{key}:{answer}" for key, _l in CONSENTS for answer in _MEANT}:
        raise BadRequest(_("This address names a consent that there is not."))
    return Filters(" ".join(params.get("q", "").split()), case, params.get("role", ""), consent)


def table(access: Access, filters: Filters) -> Table:
    """The participants under these filters. Seven queries, however many there are."""
    attributes = variables(access)
    values: dict[tuple[int, int], str] = {
        (person, variable): value
        for person, variable, value in VariableValue.objects.filter(
            variable__project=access.project, participant__isnull=False
        ).values_list("participant_id", "variable_id", "value")
    }
    own_cases = case_choices(access)
    members: dict[int, set[int]] = {}
    for person_id, case_id in CaseParticipant.objects.filter(
        case__project=access.project
    ).values_list("participant_id", "case_id"):
        members.setdefault(person_id, set()).add(case_id)
    talk = people.shares(access)
    everybody = list(access.project.participants.defer("real_name_sealed").order_by("key"))
    rows = [
        Row(
            person=person,
            cases=[name for pk, name in own_cases if pk in members.get(person.pk, ())],
            cells=[(v, values.get((person.pk, v.pk), "")) for v in attributes],
            share=talk.get(person.pk, people.Share()),
            case_ids=members.get(person.pk, set()),
        )
        for person in everybody
    ]
    return Table(
        rows=[row for row in rows if _fits(row, filters)],
        total=len(rows),
        variables=attributes,
        cases=own_cases,
        roles=sorted({person.role for person in everybody if person.role}),
    )


def _fits(row: Row, filters: Filters) -> bool:
    person = row.person
    words = (person.key, person.pseudonym, person.role, *(value for _v, value in row.cells))
    if filters.text and not any(filters.text.casefold() in word.casefold() for word in words):
        return False
    if filters.case is not None and filters.case not in row.case_ids:
        return False
    if filters.role and filters.role != person.role:
        return False
    if filters.consent:
        key, _colon, answer = filters.consent.partition(":")
        return getattr(person, f"consent_{key}") is _MEANT[answer]
    return True


@dataclass(frozen=True, slots=True)
class Portrait:
    """One participant with everything but the real name."""

    person: Participant
    cases: list[Case]
    cells: list[tuple[Variable, str]]
    sources: list[dict[str, Any]]
    labels: list[str]


def portrait(access: Access, person: Participant) -> Portrait:
    values = dict(
        VariableValue.objects.filter(participant=person).values_list("variable_id", "value")
    )
    spoken: dict[int, dict[str, Any]] = {}
    titles = people.titles(access)
    mine = access.project.sources.present().filter(turns__participant=person)
    labels: set[str] = set()
    for part in people.talk(mine.distinct()):
        if part.participant != person.pk:
            continue
        line = spoken.setdefault(part.source, {**titles[part.source], "turns": 0, "words": 0})
        line["turns"] += part.turns
        line["words"] += part.words
        labels.add(part.label)
    return Portrait(
        person=person,
        cases=list(Case.objects.present().filter(participants=person).order_by("position", "id")),
        cells=[(v, values.get(v.pk, "")) for v in variables(access)],
        sources=sorted(spoken.values(), key=lambda line: line["key"]),
        labels=sorted(labels - {""}),
    )


def values_of(person: Participant) -> dict[int, str]:
    """What is written in this participant's attributes, by id of the attribute."""
    rows = VariableValue.objects.filter(participant=person)
    return dict(rows.values_list("variable_id", "value"))


def case_ids_of(person: Participant) -> list[int]:
    rows = CaseParticipant.objects.filter(participant=person, case__removed_at__isnull=True)
    return list(rows.values_list("case", flat=True))
