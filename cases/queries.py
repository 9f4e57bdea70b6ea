"""What is read about cases, and the evidence that matrices are counted from."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from cases.core.counting import Codings, Row, SourceText, StudyText
from cases.core.counting import text as roles
from cases.core.study_folder import CaseRow, CodeRow, Existing, ParticipantRow
from cases.models import Case, CaseSource, SavedQuery, Variable, VariableValue
from coding import queries as coding_queries
from coding.models import Code, Coding, Participant, PlacementReview, Reading, Source, Turn
from coding.models import SourceText as StoredText
from projects.access import Access
from projects.models import Event

ROLE_CODES = {
    Turn.Role.PARTICIPANT.value: roles.PARTICIPANT,
    Turn.Role.INTERVIEWER.value: roles.INTERVIEWER,
    Turn.Role.OBSERVER.value: roles.OBSERVER,
    Turn.Role.TEXT.value: roles.TEXT,
}


def cases(access: Access) -> QuerySet[Case]:
    return access.project.cases.order_by("position", "id")


def case_table(access: Access) -> dict[str, Any]:
    """The cases with their attributes, number of sources and of participants."""
    variables = list(Variable.objects.filter(project=access.project, target=Variable.Target.CASE))
    values: dict[tuple[int, int], str] = {
        (case, variable): value
        for case, variable, value in VariableValue.objects.filter(
            variable__project=access.project, case__isnull=False
        ).values_list("case_id", "variable_id", "value")
    }
    rows = cases(access).annotate(
        sources_count=Count("sources", distinct=True),
        participants_count=Count("participants", distinct=True),
    )
    return {
        "variables": variables,
        "rows": [
            {
                "case": case,
                "cells": [
                    {
                        "key": v.key,
                        "number": v.kind == Variable.Kind.NUMBER,
                        "value": values.get((case.pk, v.pk), ""),
                    }
                    for v in variables
                ],
            }
            for case in rows
        ],
    }


def case_sources(access: Access, case: Case) -> QuerySet[Source]:
    return coding_queries.sources(access).filter(cases=case)


def case(access: Access, case_id: int) -> Case:
    return get_object_or_404(access.project.cases, pk=case_id)


def overview(access: Access) -> dict[str, int]:
    """The figures of a project's front page."""
    project = access.project
    visible = coding_queries.visible_codings(access)
    return {
        "cases": project.cases.count(),
        "sources": project.sources.count(),
        "participants": project.participants.count(),
        "codes": project.codes.count(),
        "codings": visible.count(),
        "coders": visible.values("coder").distinct().count(),
    }


# --- evidence for counting -----------------------------------------------------------------------


@dataclass(slots=True)
class Evidence:
    """Everything that a matrix is counted from, as arrays, under one set of filters.

    ``rows`` are the cases in order with the sources that are counted; ``withheld`` says how many
    sources of each case (0: of all together) are held back for lack of consent; ``loose`` are
    counted sources that belong to no case.
    """

    text: StudyText
    codings: Codings
    rows: list[Row]
    withheld: dict[int, int] = field(default_factory=dict)
    loose: tuple[int, ...] = ()
    finished: frozenset[int] = frozenset()


def evidence(
    access: Access,
    *,
    kinds: Collection[str] = (),
    coders: Collection[int] = (),
    only_case: int | None = None,
    turns: bool = True,
    words: bool = True,
) -> Evidence:
    """Load the evidence under these filters; nothing chosen means all.

    ``turns`` and ``words`` are for counts of turns or participants, and of coded words: without
    them these counts are not to be used. How many words there are is known in any case.
    """
    sources = coding_queries.visible_sources(access)
    hidden = coding_queries.withheld_sources(access)
    if kinds:
        sources, hidden = sources.filter(kind__in=kinds), hidden.filter(kind__in=kinds)
    if only_case is not None:
        sources = sources.filter(cases=only_case)
    sources = sources.order_by("key")
    ids = set(sources.values_list("pk", flat=True))

    members: dict[int, list[int]] = {}
    hidden_ids = set(hidden.values_list("pk", flat=True))
    withheld: dict[int, int] = {0: len(hidden_ids)}
    placed: set[int] = set()
    for case_id, source_id in CaseSource.objects.filter(case__project=access.project).values_list(
        "case_id", "source_id"
    ):
        if source_id in ids:
            members.setdefault(case_id, []).append(source_id)
            placed.add(source_id)
        elif source_id in hidden_ids:
            withheld[case_id] = withheld.get(case_id, 0) + 1
    readings = Reading.objects.filter(source__project=access.project, source__in=sources)
    if coders:
        readings = readings.filter(coder__in=coders)
    return Evidence(
        text=study_text(sources, turns=turns, words=words),
        codings=_codings(access, sources),
        rows=[
            Row(case.pk, tuple(sorted(members.get(case.pk, ()))))
            for case in cases(access)
            if only_case is None or case.pk == only_case
        ],
        withheld=withheld,
        loose=tuple(sorted(ids - placed)),
        finished=frozenset(readings.values_list("source_id", flat=True)),
    )


def placements_waiting(access: Access, sources: Collection[int], coders: Collection[int]) -> int:
    """How many codings of these sources wait for a review after a correction."""
    rows = PlacementReview.objects.filter(
        source__project=access.project, state=PlacementReview.State.OPEN
    )
    if coders:
        rows = rows.filter(coding__coder__in=coders)
    wanted = set(sources)
    return sum(pk in wanted for pk in rows.values_list("source_id", flat=True))


def study_text(sources: QuerySet[Source], *, turns: bool = True, words: bool = True) -> StudyText:
    """Turns and words of these sources as arrays; the text itself stays in the database."""
    turns_of = _turns(sources) if turns else {}
    words_of: dict[int, bytes] = {}
    if words:
        stored = StoredText.objects.filter(source__in=sources)
        words_of = {pk: bytes(spans) for pk, spans in stored.values_list("source_id", "word_spans")}
    empty = np.empty((0, 4), np.int64)
    pieces, totals = [], []
    for source_id, kind, length, *total in sources.values_list(
        "pk", "kind", "length", "words", "participant_words"
    ):
        turn = np.array(turns_of[source_id], np.int64) if source_id in turns_of else empty
        totals.append(total)
        pieces.append(
            SourceText(
                source_id=source_id,
                kind=kind,
                length=length,
                turn_starts=turn[:, 0],
                turn_ends=turn[:, 1],
                turn_roles=turn[:, 2],
                turn_participants=turn[:, 3],
                words=np.frombuffer(words_of.get(source_id, b""), dtype="<i4").reshape(-1, 2),
            )
        )
    all_words, participant_words = np.array(totals, np.int64).reshape(-1, 2).T
    # The denominators were counted once, at the import: they need no list of words.
    return replace(StudyText.build(pieces), words=all_words, participant_words=participant_words)


def _turns(sources: QuerySet[Source]) -> dict[int, list[tuple[int, int, int, int]]]:
    turns: dict[int, list[tuple[int, int, int, int]]] = {}
    rows = (
        # A gap mark is nobody's turn.
        Turn.objects.filter(source__in=sources, withdrawn=False)
        .order_by("source_id", "ordinal")
        .values_list("source_id", "body_start", "end", "role", "participant_id")
    )
    for source_id, start, end, role, participant in rows:
        turns.setdefault(source_id, []).append(
            (
                start,
                end,
                ROLE_CODES[role],
                roles.NOBODY if participant is None else participant,
            )
        )
    return turns


def _codings(access: Access, sources: QuerySet[Source]) -> Codings:
    rows = (
        coding_queries.visible_codings(access)
        .filter(source__in=sources)
        .order_by()
        .values_list("id", "source_id", "code_id", "coder_id", "start", "end")
    )
    # All at once: a cursor kept on the server would be written out there before it is read.
    return Codings.from_rows(rows)


# --- what the list behind a number shows ---------------------------------------------------------


def source_lines(access: Access, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Title, key and kind of sources, by id."""
    rows = coding_queries.visible_sources(access).filter(pk__in=ids)
    return {row["id"]: dict(row) for row in rows.values("id", "key", "title", "kind", "date")}


def texts(access: Access, ids: Collection[int]) -> dict[int, str]:
    rows = StoredText.objects.filter(
        source__in=coding_queries.visible_sources(access).filter(pk__in=ids)
    )
    return dict(rows.values_list("source_id", "text"))


def turn_lines(access: Access, ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The turns of sources in order, with the pseudonym of who speaks."""
    rows = (
        Turn.objects.filter(source__in=coding_queries.visible_sources(access).filter(pk__in=ids))
        .order_by("source_id", "ordinal")
        .values(
            "source_id",
            "ordinal",
            "start",
            "end",
            "speaker",
            pseudonym=F("participant__pseudonym"),
            consent_quote=F("participant__consent_quote"),
        )
    )
    lines: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        lines.setdefault(row["source_id"], []).append(dict(row))
    return lines


def coding_lines(access: Access, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Code and coder of codings, by id."""
    rows = (
        coding_queries.visible_codings(access)
        .filter(pk__in=ids)
        .values(
            "id",
            "start",
            "end",
            "code_id",
            "coder_id",
            code_name=F("code__name"),
            colour=F("code__colour"),
            coder_label=F("coder__label"),
        )
    )
    return {row["id"]: dict(row) for row in rows}


def participant_names(access: Access, ids: Collection[int]) -> dict[int, str]:
    rows = Participant.objects.filter(project=access.project, pk__in=ids)
    return {row.pk: str(row) for row in rows}


def codebook_state(access: Access) -> dict[str, Any]:
    """What the codebook is like now: how many codes, and the last change in history."""
    last = access.project.events.filter(object_type="code").aggregate(at=Max("at"), id=Max("id"))
    rows = Code.objects.filter(project=access.project).order_by("guid")
    return {
        "codes": rows.count(),
        "changed_at": last["at"],
        "event": last["id"],
        "rows": [
            [str(guid), key, name, definition, str(parent or "")]
            for guid, key, name, definition, parent in rows.values_list(
                "guid", "key", "name", "definition", "parent__guid"
            )
        ],
    }


def coders_with_codings(access: Access) -> list[dict[str, Any]]:
    """Who has coded here; for the filter of coders."""
    # Whether there is one coding, not how many: the latter reads every coding of the project.
    own = coding_queries.visible_codings(access).filter(coder=OuterRef("pk"))
    rows = access.project.memberships.filter(Exists(own)).order_by("label")
    return [{"id": pk, "label": label} for pk, label in rows.values_list("pk", "label")]


def kinds_present(access: Access) -> list[tuple[str, str]]:
    """The source types that this project has, in the fixed order."""
    kinds = access.project.sources.order_by().values_list("kind", flat=True)
    present = set(kinds.distinct())
    return [(kind.value, str(kind.label)) for kind in Source.Kind if kind.value in present]


# --- searches ------------------------------------------------------------------------------------


def saved_queries(access: Access) -> QuerySet[SavedQuery]:
    return access.project.saved_queries.select_related("made_by").order_by("name", "id")


def saved_query(access: Access, saved_id: int) -> SavedQuery:
    return get_object_or_404(access.project.saved_queries, pk=saved_id)


def batch_rows(event: Event) -> list[dict[str, Any]]:
    """The codings that an event of auto-coding has made."""
    return list(coding_queries.event_rows(event)[1].values())


def batch_lines(access: Access, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Of each event of auto-coding: its source, how many passages, how many are still there.

    Sources that may no longer be read are left out.
    """
    guids = [event.source_guid for event in events if event.source_guid]
    sources = coding_queries.visible_sources(access).filter(guid__in=guids)
    by_guid = {row["guid"]: row for row in sources.values("guid", "id", "title", "key")}
    ids = {row["id"] for event in events for row in batch_rows(event)}
    present = set(
        coding_queries.visible_codings(access)
        .filter(source__guid__in=guids, pk__in=ids)
        .values_list("pk", flat=True)
    )
    lines = []
    for event in events:
        codings = batch_rows(event)
        auto = (event.after or {}).get("auto")
        if auto is None or event.source_guid not in by_guid:
            continue
        lines.append(
            {
                "source": by_guid[event.source_guid],
                "label": event.label,
                # With several codes a passage has as many codings.
                "passages": len({(row["start"], row["end"]) for row in codings}),
                "codings": len(codings),
                "present": sum(row["id"] in present for row in codings),
                "first": f"{codings[0]['start']}-{codings[0]['end']}",
                "query": auto["query"],
            }
        )
    return sorted(lines, key=lambda line: line["source"]["key"])


# --- what an import may refer to -----------------------------------------------------------------


class StoredTexts(Mapping[str, str]):
    """Texts of a project's sources by key, read one by one and only when asked for."""

    def __init__(self, access: Access) -> None:
        self._ids = dict(access.project.sources.values_list("key", "pk"))

    def __getitem__(self, key: str) -> str:
        return StoredText.objects.values_list("text", flat=True).get(source_id=self._ids[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def existing(access: Access) -> Existing:
    """What the project has already, in the words of a study folder."""
    project = access.project
    values: dict[str, dict[int, dict[str, str]]] = {"case": {}, "participant": {}}
    for value in VariableValue.objects.filter(variable__project=project).select_related("variable"):
        target = "case" if value.case_id else "participant"
        owner = value.case_id or value.participant_id or 0
        values[target].setdefault(owner, {})[value.variable.key] = value.value
    homes = dict(project.participants.filter(cases__isnull=False).values_list("pk", "cases__key"))
    codings = Coding.objects.present().filter(source__project=project)
    return Existing(
        cases={c.key: CaseRow(c.key, c.name, values["case"].get(c.pk, {})) for c in cases(access)},
        participants={
            p.key: ParticipantRow(
                key=p.key,
                case=homes.get(p.pk),
                pseudonym=p.pseudonym,
                role=p.role,
                consent_use=p.consent_use,
                consent_quote=p.consent_quote,
                consent_archive=p.consent_archive,
                consent_network=p.consent_network,
                values=values["participant"].get(p.pk, {}),
            )
            for p in project.participants.all()
        },
        codes={
            c.key: CodeRow(c.key, c.name, c.parent.key if c.parent else None, c.definition)
            for c in project.codes.select_related("parent")
        },
        documents=StoredTexts(access),
        originals=dict(project.sources.values_list("original_sha256", "key")),
        texts=dict(project.sources.values_list("text_sha256", "key")),
        codings=set(
            codings.values_list("source__key", "code__key", "coder__label", "start", "end")
        ),
    )
