"""What is read about sources, codes and codings; always inside one access.

``visible_sources`` and ``visible_codings`` are the two doors: consent to use and, later, blind
rounds are kept here, in the query, and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coding.models import (
    Code,
    CodebookVersion,
    CodeExample,
    CodeProposal,
    Coding,
    Note,
    Participant,
    PlacementReview,
    Reading,
    Recording,
    Source,
    SourceText,
    Turn,
)
from projects.access import Access
from projects.models import Event, Membership

CODING_VERBS = ("coding.added", "coding.removed", "coding.changed", "coding.confirmed")
NOTE_VERBS = ("note.created", "note.changed", "note.removed")
# What a person's undo in a source goes through, in the order in which it was done.
UNDOABLE_VERBS = CODING_VERBS + NOTE_VERBS
# How far back undo reaches, in actions.
UNDO_REACH = 500


def withheld_sources(access: Access) -> QuerySet[Source]:
    """Sources in which somebody speaks who has refused the use of their words."""
    # From the few who refused to their turns: the other way round every turn of the project would
    # be looked at, for every page.
    refused = Participant.objects.filter(project=access.project, consent_use=False).values("pk")
    spoken = Turn.objects.filter(participant__in=refused).values("source")
    return access.project.sources.filter(Q(participant__in=refused) | Q(pk__in=spoken))


def visible_sources(access: Access) -> QuerySet[Source]:
    """The sources whose words this person may read."""
    return access.project.sources.exclude(pk__in=withheld_sources(access).values("pk"))


def visible_codings(access: Access) -> QuerySet[Coding]:
    """The codings that this person may see, in sources that they may read."""
    return seen_by(access, Coding.objects.present())


def seen_by(access: Access, codings: QuerySet[Coding]) -> QuerySet[Coding]:
    """What this person may know of among ``codings``, removed ones included.

    Kept apart from ``visible_codings`` because who is told that a coding is gone must have been
    allowed to see it.
    """
    return codings.filter(source__in=visible_sources(access))


def visible_presence(access: Access) -> QuerySet[Membership]:
    """The members of whom this person may see where they are at work: everybody with an account.

    The one door for presence, as ``visible_codings`` is for codings.
    """
    return Membership.objects.filter(
        project=access.project, user__isnull=False, ended_at__isnull=True
    ).order_by("label")


def sources(access: Access) -> QuerySet[Source]:
    """For the list of sources: with the number of codings, of coders and of passages to review."""
    withheld = withheld_sources(access).filter(pk=OuterRef("pk"))
    waiting = PlacementReview.objects.filter(
        source=OuterRef("pk"), state=PlacementReview.State.OPEN
    )
    return (
        access.project.sources.select_related("participant", "recording")
        .annotate(
            withheld=Exists(withheld),
            waiting=Subquery(
                waiting.order_by().values("source").annotate(n=Count("id")).values("n")
            ),
            codings_count=Count(
                "codings", filter=Q(codings__removed_at__isnull=True), distinct=True
            ),
            coders_count=Count(
                "codings__coder", filter=Q(codings__removed_at__isnull=True), distinct=True
            ),
        )
        .order_by("key")
    )


def source(access: Access, source_id: int) -> Source:
    rows = visible_sources(access).select_related("participant", "recording")
    return get_object_or_404(rows, pk=source_id)


def recording(source: Source) -> Recording | None:
    """The recording of a source that came from here, without another query."""
    return getattr(source, "recording", None)


def coding(access: Access, coding_id: int) -> Coding:
    """A coding that may have been removed meanwhile: who removes it is told so."""
    return get_object_or_404(
        Coding.objects.filter(source__in=visible_sources(access)), pk=coding_id
    )


def text(source: Source) -> str:
    return SourceText.objects.values_list("text", flat=True).get(source=source)


def original(source: Source) -> tuple[str, bytes]:
    """File name and bytes of what was imported."""
    name, content = SourceText.objects.values_list("original_name", "original").get(source=source)
    return name.rsplit("/", 1)[-1], bytes(content)


def turns(source: Source) -> list[dict[str, Any]]:
    fields = ("ordinal", "start", "body_start", "end", "speaker", "role", "withdrawn")
    times = ("time_start", "time_end")
    return [dict(row) for row in source.turns.order_by("ordinal").values(*fields, *times)]


def read_turns(source: Source) -> list[dict[str, Any]]:
    """The turns with what a reader is told of them beside their words: time, pseudonym, consent."""
    fields = ("ordinal", "start", "body_start", "end", "speaker", "role", "time_start")
    who = ("participant__pseudonym", "participant__consent_quote")
    rows = source.turns.order_by("ordinal").values(*fields, *who)
    return [dict(row) for row in rows]


def coding_rows(access: Access, source: Source) -> list[list[int]]:
    """``[id, start, end, code, coder]`` of every visible coding of a source, in text order."""
    rows = (
        visible_codings(access)
        .filter(source=source)
        .order_by("start", "-end", "id")
        .values_list("id", "start", "end", "code_id", "coder_id")
    )
    return [list(row) for row in rows]


def finished(access: Access, source: Source) -> bool:
    return Reading.objects.filter(source=source, coder=access.membership).exists()


@dataclass(frozen=True, slots=True)
class CoderProgress:
    """How far one coder is with one source."""

    label: str
    codings: int
    finished: bool


@dataclass(frozen=True, slots=True)
class SourceProgress:
    """One line of the reader's list of sources: coders by name, those who did nothing left out."""

    id: int
    title: str
    here: bool
    coders: list[CoderProgress]


@dataclass(frozen=True, slots=True)
class SourceNav:
    previous: SourceProgress | None
    next: SourceProgress | None
    sources: list[SourceProgress]


def source_nav(access: Access, here: Source) -> SourceNav:
    """The sources around one that is open, in the order of the list. Four queries."""
    labels = dict(Membership.objects.filter(project=access.project).values_list("id", "label"))
    counted = (
        visible_codings(access)
        .order_by()
        .values_list("source_id", "coder_id")
        .annotate(n=Count("id"))
    )
    counts = {(source_id, coder_id): n for source_id, coder_id, n in counted}
    done = set(
        Reading.objects.filter(source__in=visible_sources(access)).values_list(
            "source_id", "coder_id"
        )
    )
    by_source: dict[int, list[CoderProgress]] = {}
    for pair in sorted(counts.keys() | done, key=lambda pair: labels[pair[1]]):
        progress = CoderProgress(labels[pair[1]], counts.get(pair, 0), pair in done)
        by_source.setdefault(pair[0], []).append(progress)
    rows = [
        SourceProgress(pk, title, pk == here.pk, by_source.get(pk, []))
        for pk, title in visible_sources(access).order_by("key").values_list("id", "title")
    ]
    at = next(i for i, row in enumerate(rows) if row.here)
    return SourceNav(
        previous=rows[at - 1] if at else None,
        next=rows[at + 1] if at + 1 < len(rows) else None,
        sources=rows,
    )


def coders(access: Access) -> list[dict[str, Any]]:
    """Everybody who codes or has coded here."""
    rows = Membership.objects.filter(project=access.project).order_by("label")
    return [dict(row) for row in rows.values("id", "label")]


# --- the codebook --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CodeNode:
    """A code in its place in the tree: ``codes`` are its own id and those of all descendants."""

    code: Code
    depth: int
    children: int
    codes: frozenset[int]
    path: str


def codebook(access: Access, *, merged: bool = False) -> list[CodeNode]:
    """The code tree in reading order, depth first. One query.

    A code that was merged into another has no passage left and is only there with ``merged``.
    """
    found = access.project.codes.filter(removed_at__isnull=True)
    if not merged:
        found = found.filter(merged_into__isnull=True)
    rows = list(found.select_related("merged_into").order_by("position", "id"))
    below: dict[int | None, list[Code]] = {}
    for code in rows:
        below.setdefault(code.parent_id, []).append(code)
    nodes: list[CodeNode] = []

    def walk(code: Code, depth: int, path: str) -> frozenset[int]:
        place = len(nodes)
        here = f"{path} › {code.name}" if path else code.name
        nodes.append(None)  # type: ignore[arg-type]  # filled below, once the subtree is known
        own = {code.pk}
        for child in below.get(code.pk, []):
            own |= walk(child, depth + 1, here)
        nodes[place] = CodeNode(code, depth, len(below.get(code.pk, [])), frozenset(own), here)
        return frozenset(own)

    for root in below.get(None, []):
        walk(root, 0, "")
    return nodes


def code_rows(access: Access) -> list[dict[str, Any]]:
    """The code tree as the scripts of the reader take it, in tree order."""
    return [
        {
            "id": node.code.pk,
            "key": node.code.key,
            "name": node.code.name,
            "parent": node.code.parent_id,
            "depth": node.depth,
            "colour": node.code.colour,
            "definition": node.code.definition,
            "heading_only": node.code.heading_only,
            "retired": node.code.retired_at is not None,
        }
        for node in codebook(access)
    ]


def merged_away(access: Access, ids: Iterable[int]) -> str:
    """Where one of these codes was merged: a sentence that says into which; else ""."""
    rows = access.project.codes.filter(pk__in=list(ids), merged_into__isnull=False)
    if (row := rows.order_by("pk").first()) is None:
        return ""
    words = {"code": row.name, "into": last_of_merges(row).name}
    return _("“%(code)s” was merged into “%(into)s”; choose that.") % words


def last_of_merges(code: Code) -> Code:
    """The code that has the passages now."""
    while code.merged_into is not None:
        code = code.merged_into
    return code


def code(access: Access, code_id: int) -> Code:
    return get_object_or_404(access.project.codes, pk=code_id)


def codes(access: Access, ids: Iterable[int]) -> list[Code]:
    """The codes with these ids, in the order given; an id of another project is 404."""
    wanted = list(ids)
    # No database has a number beyond 64 bits, and some fail on being asked for one.
    found = access.project.codes.in_bulk([pk for pk in wanted if abs(pk) < 2**63])
    return [found.get(pk) or get_object_or_404(access.project.codes, pk=pk) for pk in wanted]


def coding_counts(access: Access) -> dict[int, int]:
    """Number of visible codings by code id."""
    rows = visible_codings(access).values_list("code_id").annotate(n=Count("id")).order_by()
    return dict(rows)


def to_review(access: Access, code: Code | None = None) -> QuerySet[Coding]:
    """Passages coded under an older definition, which nobody has looked at since: one's own, and
    for those who may change them everybody's."""
    rows = visible_codings(access).filter(created_at__lt=F("code__redefined_at"))
    rows = rows.filter(Q(confirmed_at=None) | Q(confirmed_at__lt=F("code__redefined_at")))
    if not access.may["remove_others_codings"]:
        rows = rows.filter(coder=access.membership)
    if code is not None:
        rows = rows.filter(code=code)
    return rows.order_by("source__key", "start", "-end", "id")


def review_counts(access: Access) -> dict[int, int]:
    """How many passages wait for a second look, by code id; codes without any are left out."""
    rows = to_review(access).order_by().values_list("code_id").annotate(n=Count("id"))
    return dict(rows)


def review_begun(access: Access, code: Code) -> Event | None:
    """The change of this code that made its passages worth a second look, if there was one."""
    return (
        access.project.events.select_related("actor")
        .filter(object_guid=code.guid, object_type="code", after__has_key="to_review")
        .order_by("-id")
        .first()
    )


def code_events(access: Access, code: Code) -> QuerySet[Event]:
    """The history of one code, newest first; with what was merged into it, and taken out again."""
    own = Q(object_guid=code.guid, object_type__in=("code", "example"))
    came = Q(verb="code.merged", after__into_id=code.pk)
    went = Q(verb="code.unmerged", after__from_id=code.pk)
    rows = access.project.events.filter(own | came | went)
    return rows.select_related("actor").order_by("-id")


def counts_of_code(
    access: Access, code: Code
) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]]]:
    """Its passages by coder ``(label, n)``, and by source ``(id, title, n)``."""
    rows = visible_codings(access).filter(code=code).order_by()
    by_coder = rows.values_list("coder__label").annotate(n=Count("id")).order_by("coder__label")
    by_source = (
        rows.values_list("source_id", "source__title")
        .annotate(n=Count("id"))
        .order_by("source__key")
    )
    return list(by_coder), list(by_source)


def codings_of_code(access: Access, code: Code) -> QuerySet[Coding]:
    rows = visible_codings(access).filter(code=code).select_related("source", "coder", "code")
    return rows.order_by("source__key", "start", "-end", "id")


def examples(access: Access, codes: Iterable[int]) -> QuerySet[CodeExample]:
    """Passages that show what codes mean, as far as they are still coded so."""
    return (
        CodeExample.objects.filter(
            code__in=list(codes), coding__code=F("code"), coding__in=visible_codings(access)
        )
        .select_related("coding__source", "coding__coder", "coding__code")
        .order_by("code", "position", "id")
    )


def codebook_versions(access: Access) -> QuerySet[CodebookVersion]:
    return access.project.codebook_versions.select_related("made_by").order_by("-number")


def codebook_version(access: Access, version_id: int) -> CodebookVersion:
    return get_object_or_404(codebook_versions(access), pk=version_id)


def proposals(access: Access) -> QuerySet[CodeProposal]:
    """Open ones first, then the newest decisions."""
    rows = access.project.code_proposals.select_related("code", "made_by", "decided_by")
    is_open = ExpressionWrapper(
        Q(state=CodeProposal.State.OPEN), output_field=models.BooleanField()
    )
    return rows.annotate(open=is_open).order_by("-open", "-made_at", "id")


def proposal(access: Access, proposal_id: int) -> CodeProposal:
    return get_object_or_404(proposals(access), pk=proposal_id)


def open_proposals(access: Access) -> int:
    return access.project.code_proposals.filter(state=CodeProposal.State.OPEN).count()


def participants(access: Access) -> QuerySet[Participant]:
    return access.project.participants.order_by("key")


def event_rows(
    event: Event, kind: str = "codings"
) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """By id, the codings (or "notes") that were there before an event and those after it.

    What is on one side only came or went; what is on both has changed.
    """
    before, after = ((part or {}).get(kind, []) for part in (event.before, event.after))
    return {row["id"]: row for row in before}, {row["id"]: row for row in after}


# --- memos ---------------------------------------------------------------------------------------


def visible_notes(access: Access) -> QuerySet[Note]:
    """Memos on the codings that this person may see."""
    return Note.objects.filter(removed_at__isnull=True, coding__in=visible_codings(access))


def note_counts(
    access: Access, source: Source, codings: Iterable[int] | None = None
) -> list[list[int]]:
    """``[coding, number of memos]``; of all codings with a memo, or of just these, 0 included."""
    rows = visible_notes(access).filter(coding__source=source)
    if codings is not None:
        rows = rows.filter(coding__in=list(codings))
    counts = dict(rows.order_by("coding").values_list("coding").annotate(n=Count("id")))
    return [[pk, counts.get(pk, 0)] for pk in (counts if codings is None else codings)]


def coding_notes(access: Access, coding: Coding) -> QuerySet[Note]:
    """The memos on one coding, oldest first."""
    rows = visible_notes(access).filter(coding=coding)
    return rows.select_related("author").order_by("created_at", "id")


def note(access: Access, note_id: int) -> Note:
    """A memo that may have been removed meanwhile: who changes it is told so."""
    rows = Note.objects.filter(coding__source__in=visible_sources(access))
    return get_object_or_404(rows.select_related("coding__source"), pk=note_id)


# --- undo ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UndoState:
    """The actions that undo and redo would answer now; None where there is none."""

    undo: Event | None
    redo: Event | None

    def as_json(self) -> dict[str, bool]:
        return {"can_undo": self.undo is not None, "can_redo": self.redo is not None}


def undo_state(access: Access, source: Source) -> UndoState:
    """Replay this person's own actions in this source, as an editor's two stacks."""
    own = Event.objects.filter(
        project=access.project,
        actor=access.user,
        source_guid=source.guid,
        verb__in=UNDOABLE_VERBS,
    ).order_by("-id")
    last = own.first()
    # Doing something empties the stack of redo and lies on top of that of undo: nothing before it
    # matters, and it is what most people have done last.
    if last is None or last.mode == Event.Mode.DO:
        return UndoState(last, None)
    recent = list(own.defer("before", "after")[:UNDO_REACH])
    undo: list[Event] = []
    redo: list[Event] = []
    for event in reversed(recent):
        if event.mode == Event.Mode.DO:
            undo.append(event)
            redo.clear()
        elif event.mode == Event.Mode.UNDO:
            if undo and undo[-1].batch == event.answers:
                redo.append(undo.pop())
        elif redo and redo[-1].batch == event.answers:
            undo.append(redo.pop())
    return UndoState(undo[-1] if undo else None, redo[-1] if redo else None)
