"""The evidence that matrices are counted from, as arrays."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
from django.db.models import QuerySet

from cases.core.counting import Codings, Row, SourceText, StudyText
from cases.core.counting import text as roles
from cases.models import CaseSource
from cases.queries.overviews import cases
from coding import queries as coding_queries
from coding.models import Coding, PlacementReview, Source, Turn
from coding.models import SourceText as StoredText
from projects.access import Access

ROLE_CODES = {
    Turn.Role.PARTICIPANT.value: roles.PARTICIPANT,
    Turn.Role.INTERVIEWER.value: roles.INTERVIEWER,
    Turn.Role.OBSERVER.value: roles.OBSERVER,
    Turn.Role.TEXT.value: roles.TEXT,
}


@dataclass(slots=True)
class Evidence:
    """Everything that a matrix is counted from, as arrays, under one set of filters.

    ``rows`` are the cases in order with the sources that are counted; ``withheld`` says how many
    sources of each case (0: of all together) are held back for lack of consent; ``loose`` are
    counted sources that belong to no case. ``agreed`` is set where agreed codings take the place
    of everybody's own.
    """

    text: StudyText
    codings: Codings
    rows: list[Row]
    withheld: dict[int, int] = field(default_factory=dict)
    loose: tuple[int, ...] = ()
    finished: frozenset[int] = frozenset()
    agreed: coding_queries.AgreedLayer | None = None

    @property
    def agreed_sources(self) -> list[int]:
        """The counted sources of which the agreed coding counts."""
        if self.agreed is None:
            return []
        return [pk for pk in self.text.source_ids.tolist() if pk in self.agreed.sources]


def evidence(
    access: Access,
    *,
    kinds: Collection[str] = (),
    coders: Collection[int] = (),
    only_case: int | None = None,
    turns: bool = True,
    words: bool = True,
    agreed: bool = False,
) -> Evidence:
    """Load the evidence under these filters; nothing chosen means all.

    ``agreed``: where a source has an agreed coding, that takes the place of everybody's own; the
    codings of ``coders`` are then chosen here, since nobody's choice may leave out what was agreed.

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
    readings = coding_queries.visible_readings(access).filter(source__in=sources)
    if coders:
        readings = readings.filter(coder__in=coders)
    layer = coding_queries.agreed_layer(access) if agreed else None
    finished = set(readings.values_list("source_id", flat=True))
    parts = [coding_queries.visible_codings(access)]
    if layer is not None:
        parts = layer.parts(coders)
        # What was decided was looked for.
        finished |= layer.sources.keys() & ids
    return Evidence(
        text=study_text(sources, turns=turns, words=words),
        codings=_codings(parts, sources),
        rows=[
            Row(case.pk, tuple(sorted(members.get(case.pk, ()))))
            for case in cases(access)
            if only_case is None or case.pk == only_case
        ],
        withheld=withheld,
        loose=tuple(sorted(ids - placed)),
        finished=frozenset(finished),
        agreed=layer,
    )


def placements_waiting(access: Access, sources: Collection[int], coders: Collection[int]) -> int:
    """How many codings of these sources wait for a review after a correction."""
    rows = coding_queries.visible_placements(access).filter(state=PlacementReview.State.OPEN)
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


def _codings(parts: list[QuerySet[Coding]], sources: QuerySet[Source]) -> Codings:
    # All at once: a cursor kept on the server would be written out there before it is read.
    return Codings.from_rows(
        row
        for part in parts
        for row in part.filter(source__in=sources)
        .order_by()
        .values_list("id", "source_id", "code_id", "coder_id", "start", "end")
    )
