"""Cases with their attributes, and what a project consists of."""

from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from cases.models import Case, Variable, VariableValue
from coding import queries as coding_queries
from coding.models import Code, Source
from projects.access import Access


def cases(access: Access) -> QuerySet[Case]:
    return access.project.cases.present().order_by("position", "id")


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
        sources_count=Count("sources", filter=Q(sources__removed_at__isnull=True), distinct=True),
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
    return get_object_or_404(access.project.cases.present(), pk=case_id)


def overview(access: Access) -> dict[str, int]:
    """The figures of a project's front page."""
    project = access.project
    visible = coding_queries.visible_codings(access)
    return {
        "cases": project.cases.present().count(),
        "sources": project.sources.present().count(),
        "participants": project.participants.count(),
        "codes": project.codes.present().count(),
        "codings": visible.count(),
        "coders": visible.values("coder").distinct().count(),
    }


def coders_with_codings(access: Access) -> list[dict[str, Any]]:
    """Who has coded here; for the filter of coders."""
    # Whether there is one coding, not how many: the latter reads every coding of the project.
    own = coding_queries.visible_codings(access).filter(coder=OuterRef("pk"))
    rows = access.project.memberships.filter(Exists(own)).order_by("label")
    return [{"id": pk, "label": label} for pk, label in rows.values_list("pk", "label")]


def kinds_present(access: Access) -> list[tuple[str, str]]:
    """The source types that this project has, in the fixed order."""
    kinds = access.project.sources.present().order_by().values_list("kind", flat=True)
    present = set(kinds.distinct())
    return [(kind.value, str(kind.label)) for kind in Source.Kind if kind.value in present]


def codebook_state(access: Access) -> dict[str, Any]:
    """What the codebook is like now: how many codes, and the last change in history."""
    last = access.project.events.filter(object_type="code").aggregate(at=Max("at"), id=Max("id"))
    rows = Code.objects.present().filter(project=access.project).order_by("guid")
    return {
        "codes": rows.count(),
        "changed_at": last["at"],
        "event": last["id"],
        "rows": [
            [str(guid), *words, bool(retired), str(parent or "")]
            for guid, *words, retired, parent in rows.values_list(
                "guid",
                "key",
                "name",
                "definition",
                "when_to_use",
                "when_not_to_use",
                "kind",
                "elicited",
                "retired_at",
                "parent__guid",
            )
        ],
    }
