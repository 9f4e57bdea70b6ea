"""A study folder becomes evidence: everything that was checked, in one short transaction.

Reading and checking happen before, outside any transaction, in ``cases.core.study_folder``; here
rows are made from a plan without problems, and history is written.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.core.archives import Folder
from cases.core.study_folder import CodeRow, StudyPlan
from cases.models import Case, CaseParticipant, CaseSource, Variable, VariableValue
from coding.core.speakers import Person, exactly, fold, staff_role
from coding.core.turns import PARTICIPANT
from coding.models import Code, Coding, Participant, Source, Speaker
from coding.services.codings.round_locks import check_unfinished
from coding.services.new_sources import NewSource, NewTurn, write_source
from coding.services.speakers import assign_speakers
from projects.access import Access
from projects.models import Event, Membership, Project, Role
from projects.services.events import new_event, record_many

COLOURS = 12
BATCH = 1_000


@dataclass
class Import:
    """One import under way: what has been made so far, by the folder's own names."""

    access: Access
    plan: StudyPlan
    folder: Folder
    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    cases: dict[str, Case] = field(default_factory=dict)
    participants: dict[str, Participant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def project(self) -> Project:
        return self.access.project

    def event(self, verb: str, obj: Any, **fields: Any) -> None:
        self.events.append(
            new_event(self.project, self.access.user, verb, obj, batch=self.batch, **fields)
        )


def import_study(
    *,
    access: Access,
    plan: StudyPlan,
    folder: Folder,
    coders: Mapping[str, int | None],
    name: str,
    finish: Callable[[dict[str, int]], None] | None = None,
) -> dict[str, int]:
    """Make everything in ``plan``, or nothing.

    ``coders`` maps a coder's name in the folder to a membership of the project; None, or a name
    that is not in it, makes a coder without an account. ``finish`` is called inside the
    transaction, after everything else (a job marks itself done with it).
    """
    access.require("import_data")
    if not plan.ok:
        raise ValidationError(_("The study folder has problems; nothing was imported."))
    try:
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=access.project.pk)
            counts = _write(Import(access, plan, folder), coders, name)
            if finish:
                finish(counts)
    except IntegrityError as error:
        # The plan was checked against the project as it was; somebody else has been quicker.
        raise ValidationError(
            _(
                "The project has changed since the folder was checked; nothing was imported. "
                "Check the folder again."
            ),
            code="changed",
        ) from error
    return counts


def _write(work: Import, coders: Mapping[str, int | None], name: str) -> dict[str, int]:
    _cases(work)
    _participants(work)
    _codes(work)
    _sources(work)
    codings = _codings(work, _coders(work, coders))
    plan = work.plan
    counts = {
        "cases": len(plan.cases),
        "participants": len(plan.participants),
        "documents": len(plan.documents),
        "codes": len(plan.codes),
        "codings": codings,
    }
    work.event("study.imported", work.project, label=name, after=counts)
    record_many(work.events)
    return counts


def _variables(work: Import, target: str) -> dict[str, Variable]:
    present = {v.key: v for v in Variable.objects.filter(project=work.project, target=target)}
    position = len(present)
    for row in work.plan.variables:
        if row.target != target:
            continue
        known = present.get(row.key)
        if known is None:
            present[row.key] = Variable.objects.create(
                project=work.project,
                target=target,
                key=row.key,
                kind=row.kind,
                position=position,
            )
            position += 1
        elif known.kind != row.kind:
            # A number that meets a word is a text from now on; nothing that was written is lost.
            known.kind = Variable.Kind.TEXT
            known.save()
    return present


def _values(
    variables: Mapping[str, Variable], rows: Iterable[tuple[Mapping[str, str], dict[str, Any]]]
) -> None:
    VariableValue.objects.bulk_create(
        [
            VariableValue(variable=variables[key], value=value, **owner)
            for values, owner in rows
            for key, value in values.items()
        ],
        batch_size=BATCH,
    )


def _cases(work: Import) -> None:
    rows = work.plan.cases
    variables = _variables(work, Variable.Target.CASE)
    position = work.project.cases.count()
    made = Case.objects.bulk_create(
        [
            Case(project=work.project, key=row.key, name=row.name, position=position + n)
            for n, row in enumerate(rows)
        ]
    )
    _values(
        variables,
        [(row.values, {"case": case}) for row, case in zip(rows, made, strict=True)],
    )
    work.cases = {case.key: case for case in work.project.cases.all()}
    if made:
        after = [
            {"guid": str(case.guid), "key": row.key, "name": row.name, "values": dict(row.values)}
            for row, case in zip(rows, made, strict=True)
        ]
        label = ", ".join(case.name for case in made)
        work.event("case.imported", work.project, label=label, after={"cases": after})


def _participants(work: Import) -> None:
    rows = work.plan.participants
    variables = _variables(work, Variable.Target.PARTICIPANT)
    made = Participant.objects.bulk_create(
        [
            Participant(
                project=work.project,
                key=row.key,
                pseudonym=row.pseudonym or row.key,
                role=row.role,
                consent_use=row.consent_use,
                consent_quote=row.consent_quote,
                consent_archive=row.consent_archive,
                consent_network=row.consent_network,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    pairs = list(zip(rows, made, strict=True))
    CaseParticipant.objects.bulk_create(
        [
            CaseParticipant(case=work.cases[row.case], participant=person)
            for row, person in pairs
            if row.case
        ],
        batch_size=BATCH,
    )
    _values(variables, [(row.values, {"participant": person}) for row, person in pairs])
    work.participants = {p.key: p for p in work.project.participants.all()}
    if made:
        after = [{"guid": str(person.guid), "key": row.key} for row, person in pairs]
        label = ", ".join(person.key for person in made)
        work.event("participant.imported", work.project, label=label, after={"participants": after})


def _codes(work: Import) -> None:
    """Level by level, because a code needs its parent's number."""
    work.codes = {code.key: code for code in work.project.codes.all()}
    position = len(work.codes)
    places = {row.key: position + n for n, row in enumerate(work.plan.codes)}
    waiting: list[CodeRow] = list(work.plan.codes)
    while waiting:
        level = [row for row in waiting if row.parent is None or row.parent in work.codes]
        made = Code.objects.bulk_create(
            [
                Code(
                    project=work.project,
                    key=row.key,
                    name=row.name,
                    definition=row.definition,
                    parent=work.codes[row.parent] if row.parent else None,
                    position=places[row.key],
                    colour=places[row.key] % COLOURS,
                )
                for row in level
            ],
            batch_size=BATCH,
        )
        work.codes |= {code.key: code for code in made}
        taken = {row.key for row in level}
        waiting = [row for row in waiting if row.key not in taken]
    if work.plan.codes:
        after = [
            {
                "guid": str(work.codes[row.key].guid),
                "key": row.key,
                "name": row.name,
                "parent": row.parent,
                "definition": row.definition,
            }
            for row in work.plan.codes
        ]
        label = ", ".join(row.name for row in work.plan.codes)
        work.event("code.imported", work.project, label=label, after={"codes": after})


def _sources(work: Import) -> None:
    # One by one: a text and its original may each be many megabytes.
    for row in work.plan.documents:
        new = NewSource(
            key=row.key,
            title=row.title,
            kind=row.kind,
            date=row.date,
            participant=work.participants[row.participant] if row.participant else None,
            text=row.text.text,
            text_sha256=row.text.sha256,
            words=row.words,
            turns=[
                NewTurn(*turn, work.participants.get(row.speakers.get(turn.speaker, "")))
                for turn in row.turns
            ],
            original=work.folder.read(row.file),
            original_name=row.file,
            original_sha256=row.sha256,
            encoding=row.text.encoding,
        )
        work.sources[row.key], event = write_source(access=work.access, new=new, batch=work.batch)
        work.events.append(event)
    CaseSource.objects.bulk_create(
        [
            CaseSource(case=work.cases[key], source=work.sources[row.key])
            for row in work.plan.documents
            for key in row.cases
        ],
        batch_size=BATCH,
    )
    _speakers(work)


def _speakers(work: Import) -> None:
    """What the folder says of its speakers, as if it had been decided by hand.

    A label that is somebody's id or pseudonym needs no line. Any other ("Respondent" in an
    interview that is declared to be with somebody) is decided for its source alone, and so is one
    that the project has decided otherwise.
    """
    people = [
        Person(p.pk, (p.key, p.pseudonym), staff_role(p.role)) for p in work.participants.values()
    ]
    known = {label: person.id for label, person in exactly(people).items()}
    known |= dict(
        Speaker.objects.filter(project=work.project, source__isnull=True).values_list(
            "label", "participant_id"
        )
    )
    lines: dict[tuple[int, str], Speaker] = {}
    for row in work.plan.documents:
        source = work.sources[row.key]
        for spelling, key in row.speakers.items():
            label, person = fold(spelling), work.participants[key]
            if known.get(label) != person.pk:
                lines[source.pk, label] = Speaker(
                    project=work.project,
                    source=source,
                    label=label,
                    role=PARTICIPANT,
                    participant=person,
                )
    Speaker.objects.bulk_create(lines.values(), batch_size=BATCH)
    if Speaker.objects.filter(project=work.project, source__isnull=True).exists():
        # What was decided before holds for the texts that come now.
        for source in work.sources.values():
            assign_speakers(access=work.access, source=source)


def _coders(work: Import, chosen: Mapping[str, int | None]) -> dict[str, Membership]:
    """Who the folder's coders are here: a member, or a coder without an account."""
    members = {m.pk: m for m in Membership.objects.filter(project=work.project)}
    by_label = {m.label: m for m in members.values()}
    coders: dict[str, Membership] = {}
    for label in work.plan.coders:
        member_id = chosen.get(label)
        if member_id is not None:
            if member_id not in members:
                raise ValidationError(
                    _("“%(coder)s” is matched to somebody who is not in this project.")
                    % {"coder": label}
                )
            coders[label] = members[member_id]
        else:
            coders[label] = _coder_without_account(work, label, by_label)
    return coders


def _coder_without_account(work: Import, label: str, by_label: dict[str, Membership]) -> Membership:
    """The coder of this name without an account; beside a member of the same name a "(2)".

    An earlier import may have made it, so that importing a folder again finds the same person.
    """
    free, number = label, 2
    while free in by_label and by_label[free].user_id is not None:
        free, number = f"{label[:70]} ({number})", number + 1
    if free in by_label:
        return by_label[free]
    member = Membership.objects.create(project=work.project, label=free, role=Role.CODER)
    by_label[free] = member
    work.event("member.joined", member, label=free, after={"role": Role.CODER, "account": False})
    return member


def _codings(work: Import, coders: Mapping[str, Membership]) -> int:
    keys = {row.doc for row in work.plan.codings} - set(work.sources)
    if keys:
        work.sources |= {s.key: s for s in work.project.sources.filter(key__in=keys)}
    present = set(
        Coding.objects.present()
        .filter(source__in=[work.sources[key] for key in keys])
        .values_list("source_id", "code_id", "coder_id", "start", "end")
    )
    sources = {work.sources[row.doc].pk: work.sources[row.doc] for row in work.plan.codings}
    check_unfinished(
        work.access, sources.values(), {coders[row.coder].pk for row in work.plan.codings}
    )
    codings: list[Coding] = []
    for row in work.plan.codings:
        coding = Coding(
            source=work.sources[row.doc],
            code=work.codes[row.code],
            coder=coders[row.coder],
            start=row.start,
            end=row.end,
        )
        place = (coding.source_id, coding.code_id, coding.coder_id, row.start, row.end)
        if place not in present:
            present.add(place)
            codings.append(coding)
    Coding.objects.bulk_create(codings, batch_size=BATCH)
    by_source: dict[int, list[Coding]] = {}
    for coding in codings:
        by_source.setdefault(coding.source_id, []).append(coding)
    for rows in by_source.values():
        source = rows[0].source
        after = [[c.pk, str(c.guid), c.code_id, c.coder_id, c.start, c.end] for c in rows]
        work.event("codings.imported", source, source=source, after={"codings": after})
    return len(codings)
