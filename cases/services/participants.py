"""A participant with what the study knows of them: cases and attributes, saved in one action."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cases.core.study_folder import fits_kind
from cases.models import Case, CaseParticipant, Variable, VariableValue
from coding.models import Participant
from coding.services.participants import change_participant, create_participant
from projects.access import Access
from projects.services.events import record


@dataclass(frozen=True, slots=True)
class NewAttribute:
    """An attribute that participants have from now on, and its value for this one."""

    name: str
    kind: str
    value: str = ""


@transaction.atomic
def save_participant(
    *,
    access: Access,
    participant: Participant | None,
    fields: Mapping[str, Any],
    cases: Collection[int],
    values: Mapping[int, str],
    attribute: NewAttribute | None = None,
) -> Participant:
    """Make somebody (``participant`` None) or change them, with cases and attributes.

    ``fields`` go to ``coding.services.participants``; ``cases`` are ids of all their cases,
    ``values`` maps ids of attributes to what is written, "" for none. Attributes left out stay.
    """
    access.require("edit_participants")
    batch = uuid.uuid4()
    if participant is None:
        person = create_participant(access=access, batch=batch, **fields)
    else:
        person = change_participant(access=access, participant=participant, batch=batch, **fields)
    own = Variable.objects.filter(project=access.project, target=Variable.Target.PARTICIPANT)
    variables = {v.pk: v for v in own}
    written = dict(values)
    if attribute is not None:
        made = _attribute(access, attribute, variables)
        variables[made.pk] = made
        written[made.pk] = attribute.value
    if set(written) - set(variables):
        raise ValidationError(_("One of these attributes is not in this project any more."))
    names = dict(access.project.cases.present().filter(pk__in=cases).values_list("pk", "name"))
    if set(cases) - set(names):
        raise ValidationError(_("One of these cases is not in this project any more."))
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    _place(person, names, before, after)
    _write(person, variables, written, before, after)
    if attribute is not None:
        before.setdefault(attribute.name, "")
        after.setdefault(attribute.name, "")
    if before != after or attribute is not None:
        record(access, "participant.described", person, before=before, after=after, batch=batch)
    return person


def _attribute(access: Access, new: NewAttribute, present: Mapping[int, Variable]) -> Variable:
    name = " ".join(new.name.split())
    if name.casefold() in {v.key.casefold() for v in present.values()}:
        raise ValidationError(
            _("Participants have an attribute “%(name)s” already.") % {"name": name}
        )
    variable = Variable(
        project=access.project,
        target=Variable.Target.PARTICIPANT,
        key=name,
        kind=new.kind,
        position=len(present),
    )
    variable.full_clean(exclude=["project"])
    variable.save()
    return variable


def _place(
    person: Participant, names: dict[int, str], before: dict[str, str], after: dict[str, str]
) -> None:
    """Put the person into just these cases."""
    there = dict(
        Case.objects.present()
        .filter(participants=person)
        .order_by("position", "id")
        .values_list("pk", "name")
    )
    if set(there) == set(names):
        return
    # A case in the trash keeps its people, for when it comes back.
    there_now = CaseParticipant.objects.filter(participant=person, case__in=there)
    there_now.exclude(case__in=names).delete()
    CaseParticipant.objects.bulk_create(
        CaseParticipant(case_id=pk, participant=person) for pk in names if pk not in there
    )
    before["cases"], after["cases"] = ", ".join(there.values()), ", ".join(names.values())


def _write(
    person: Participant,
    variables: Mapping[int, Variable],
    written: Mapping[int, str],
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    present = {row.variable_id: row for row in VariableValue.objects.filter(participant=person)}
    made, changed, gone = [], [], []
    for pk, text in written.items():
        value = text.strip()
        row = present.get(pk)
        old = row.value if row else ""
        if value == old:
            continue
        if value and not fits_kind(value, variables[pk].kind):
            raise ValidationError(wrong_kind(variables[pk], value))
        before[variables[pk].key], after[variables[pk].key] = old, value
        if row is None:
            made.append(VariableValue(variable=variables[pk], participant=person, value=value))
        elif value:
            row.value = value
            changed.append(row)
        else:
            gone.append(row.pk)
    VariableValue.objects.bulk_create(made)
    VariableValue.objects.bulk_update(changed, ["value"])
    VariableValue.objects.filter(pk__in=gone).delete()


def wrong_kind(variable: Variable, value: str) -> str:
    """One sentence about a value that is not of its attribute's kind."""
    sentences = {
        Variable.Kind.NUMBER: _("“%(name)s”: “%(value)s” is not a number such as 12 or 3.5."),
        Variable.Kind.BOOLEAN: _("“%(name)s”: “%(value)s” is neither yes nor no."),
        Variable.Kind.DATE: _("“%(name)s”: “%(value)s” is not a date written YYYY-MM-DD."),
    }
    return sentences[Variable.Kind(variable.kind)] % {"name": variable.key, "value": value}
