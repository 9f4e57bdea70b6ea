"""The dry run: everything that a withdrawal would remove, with counts and names; nothing changes.

The plan that was confirmed and the plan that is carried out are compared by their ``token``: a hash
of what goes. Whoever codes in one of the sources meanwhile makes another plan of it.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import CaseParticipant, VariableValue
from cases.services.withdrawal import history
from cases.services.withdrawal.group_talk import work_out
from cases.services.withdrawal.plan import ABOUT_CODING, Plan, Section
from cases.services.withdrawal.scope import Scope, find_scope
from cases.services.withdrawal.searches import searches_of
from coding.core.codebook import MEANING
from coding.core.quoting import quoted, quotes_anywhere
from coding.models import (
    Code,
    Coding,
    Comparison,
    NameReplacement,
    Note,
    Participant,
    PlacementReview,
    Recording,
    SourceText,
    SourceVersion,
    Subject,
    Turn,
)
from coding.queries import blind_sources
from coding.sealing import Unreadable, unseal
from projects.access import Access

KIND = "withdrawal"
# How many names of each kind the page lists.
SHOWN = 200


def plan_withdrawal(*, access: Access, participant: Participant) -> Plan:
    """Find everything. A constant number of queries for each source with gap marks."""
    access.require("withdraw")
    scope = find_scope(access, participant)
    plan = Plan(scope, blind=blind_sources(access).exists())
    plan.talks = [work_out(scope, source) for source in scope.touched]
    plan.versions = list(
        SourceVersion.objects.filter(source__in=[*scope.own, *scope.touched])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    plan.recordings = list(
        Recording.objects.filter(source__in=[*scope.own, *scope.touched])
        .select_related("source")
        .order_by("pk")
    )
    plan.about = _notes_about(scope)
    plan.quoting = _quoting_notes(plan)
    plan.quotations = _quotations(scope)
    plan.searches = searches_of(scope)
    plan.replacements = _replacements(scope)
    jobs = access.project.jobs.exclude(kind=KIND).order_by("pk")
    plan.jobs = list(jobs)
    running = [job for job in plan.jobs if job.is_open]
    if running:
        plan.blocked = _(
            "Other work on this project is still waiting or running (%(n)s). Let it end, or cancel"
            " it, and come back: what it holds could bring the words back."
        ) % {"n": len(running)}
    _fill(plan)
    plan.mentions = _mentions(plan)
    plan.token = _token(plan)
    return plan


# --- finding -------------------------------------------------------------------------------------


def _notes_about(scope: Scope) -> list[Note]:
    """Memos about the person, and about what goes as a whole; removed ones included."""
    compared = Comparison.objects.filter(source__in=scope.own)
    return list(
        Note.objects.filter(
            Q(about=Subject.PARTICIPANT, about_guid=scope.participant.guid)
            | Q(about=Subject.SOURCE, about_guid__in=[source.guid for source in scope.own])
            | Q(about=Subject.COMPARISON, about_guid__in=compared.values("guid")),
            project=scope.access.project,
        )
        .select_related("author")
        .order_by("pk")
    )


def _other_notes(plan: Plan) -> QuerySet[Note]:
    """Memos that do not go with what they are about."""
    gone = Coding.objects.filter(plan.gone_codings).values("pk")
    return (
        Note.objects.filter(project=plan.scope.access.project)
        .exclude(coding__in=gone)
        .exclude(pk__in=[note.pk for note in plan.about])
        .select_related("author", "coding__source", "coding__code")
        .order_by("pk")
    )


def _quoting_notes(plan: Plan) -> list[Note]:
    """Memos elsewhere, removed ones included: their rows hold the words as well."""
    runs = plan.scope.runs
    return [
        note
        for note in _other_notes(plan).iterator(chunk_size=500)
        if quoted(note.text, runs) or quoted(note.title, runs)
    ]


def _where(note: Note) -> str:
    """What a memo is about, for the owner."""
    if note.coding is None:
        return _("about a %(what)s") % {"what": note.get_about_display()}
    return f"{note.coding.source.title}, {note.coding.code.name}"


def _quotations(scope: Scope) -> list[tuple[Any, str]]:
    """Other texts that the team has written and that quote: the quotation goes, the rest stays."""
    project = scope.access.project
    texts: list[tuple[Iterable[Any], str]] = [
        ([project], "description"),
        *((project.codes.order_by("pk"), field) for field in MEANING),
        *((project.code_proposals.order_by("pk"), f) for f in ("content", "reason", "answer")),
        *((project.codebook_versions.order_by("pk"), field) for field in ("content", "reason")),
        *((project.rounds.order_by("pk"), field) for field in ("name", "instructions")),
        (Comparison.objects.filter(round__project=project).order_by("pk"), "why"),
        (project.sources.exclude(pk__in=[s.pk for s in scope.own]).order_by("pk"), "title"),
        (
            VariableValue.objects.filter(variable__project=project, case__isnull=False).order_by(
                "pk"
            ),
            "value",
        ),
        (
            SourceVersion.objects.filter(source__project=project)
            .exclude(source__in=[*scope.own, *scope.touched])
            .defer("text", "turns", "codings")
            .order_by("pk"),
            "comment",
        ),
        (
            Comparison.objects.filter(round__project=project)
            .exclude(source__in=scope.own)
            .order_by("pk"),
            "why",
        ),
    ]
    return [
        (row, name)
        for rows, name in texts
        for row in rows
        if quotes_anywhere(getattr(row, name), scope.runs)
    ]


def _replacements(scope: Scope) -> list[NameReplacement]:
    """Lines of the log of names that are about this person: by pseudonym, or by the name itself."""
    hers = {name.casefold() for name in scope.names}
    parts = {part for name in hers for part in name.split() if len(part) > 1}
    found = []
    for row in scope.access.project.replacements.order_by("pk"):
        try:
            original = unseal(row.original_sealed).casefold()
        except Unreadable:
            original = ""
        if row.replacement.casefold() in hers or original in hers | parts:
            found.append(row)
    return found


# --- saying --------------------------------------------------------------------------------------


def _fill(plan: Plan) -> None:
    scope, person = plan.scope, plan.scope.participant
    own, talks = scope.own, plan.talks
    gone = Coding.objects.filter(source__in=own)
    own_codings = gone.filter(removed_at__isnull=True).count()
    inside = sum(talk.deleted_present for talk in talks)
    cut = sum(len(talk.shortened) for talk in talks)
    merged = sum(len(talk.merged) for talk in talks)
    notes = Note.objects.filter(
        coding__in=Coding.objects.filter(plan.gone_codings).values("pk")
    ).count()
    files = [job for job in plan.jobs if job.upload]

    def add(key: str, title: str, count: int, names: Iterable[str] = (), hint: str = "") -> None:
        plan.counts[key] = count
        if plan.blind and key in ABOUT_CODING:
            why = _("All of them go. How many is not shown while you code blindly in a round.")
            plan.sections.append(Section(key, title, None, [], why))
        elif count:
            plan.sections.append(Section(key, title, count, list(names)[:SHOWN], hint))

    add(
        "sources",
        _("Sources that are removed as a whole"),
        len(own),
        (f"{s.title} ({s.key})" for s in own),
        _("With their text, original file, earlier versions, recording and places in cases."),
    )
    add(
        "codings",
        _("Codings on these sources"),
        own_codings,
        hint=_("Codings that had been removed before go as well and are not counted here."),
    )
    add(
        "turns",
        _("Turns in group talk that become gap marks"),
        sum(len(talk.gone) for talk in talks),
        (
            _("%(title)s: %(turns)s turns, %(words)s words")
            % {"title": t.source.title, "turns": len(t.gone), "words": t.words_gone}
            for t in talks
            if t.gone
        ),
    )
    add("group_codings", _("Codings in group talk that lie wholly in these turns"), inside)
    add(
        "codings_cut",
        _("Codings in group talk that are cut to the words of others"),
        cut,
        hint=_("They stay. A coding that reaches across a gap mark keeps both sides."),
    )
    add(
        "codings_merged",
        _("Codings that equal another one of the same coder after cutting"),
        merged,
        hint=_("One of each stays, with the memos of both."),
    )
    add("notes", _("Memos on codings that go"), notes)
    add(
        "notes_about",
        _("Memos about this participant and about these sources"),
        len(plan.about),
        (f"{note.author.label}: {str(note)[:120]}" for note in plan.about),
    )
    add(
        "notes_quoting",
        _("Memos elsewhere that quote five or more words in a row"),
        len(plan.quoting),
        (
            f"{note.author.label}, {_where(note)}: {f'{note.title} {note.text}'.strip()[:300]}"
            for note in plan.quoting
        ),
        _("The whole memo goes. If its thought must stay, write it down without the words first."),
    )
    add(
        "quotations",
        _("Definitions, descriptions and attributes that quote"),
        len(plan.quotations),
        (_name_of(row) for row, _field in plan.quotations),
        _("The quoted words are replaced by a mark; the rest stays."),
    )
    add(
        "versions",
        _("Earlier versions of texts"),
        len(plan.versions),
        hint=_("All versions of every source that is touched: they hold the words."),
    )
    add(
        "placements",
        _("Passages to be reviewed after a correction"),
        PlacementReview.objects.filter(version__in=plan.versions).count(),
    )
    add(
        "originals",
        _("Original files of group talk"),
        len(scope.touched),
        (s.title for s in scope.touched),
        _("The source stays and says that its original was removed."),
    )
    add(
        "recordings",
        _("Recordings"),
        len(plan.recordings),
        (f"{r.source.title}: {r.name}" for r in plan.recordings),
        _("Also those of group talk: the voice cannot be cut out of them here."),
    )
    add(
        "speakers",
        _("Speaker labels that are known as this person"),
        person.speakers.count(),
        person.speakers.values_list("label", flat=True),
    )
    add(
        "attributes",
        _("Attributes of this participant"),
        VariableValue.objects.filter(participant=person).count(),
    )
    add(
        "cases",
        _("Places in cases"),
        CaseParticipant.objects.filter(participant=person).count(),
    )
    add(
        "replacements",
        _("Lines in the log of replaced names"),
        len(plan.replacements),
        (row.replacement for row in plan.replacements),
    )
    add(
        "searches",
        _("Saved searches for this person or these words"),
        len(plan.searches),
        (s.name for s in plan.searches),
    )
    add(
        "jobs",
        _("Records of background work in this project"),
        len(plan.jobs),
        hint=_(
            "All of them: their parameters and results may hold names and words. What was done"
            " stays in the history."
        ),
    )
    add(
        "uploads",
        _("Uploaded files that still lie here"),
        len(files),
        (job.upload_name for job in files),
    )
    add(
        "history",
        _("Lines of history that are blanked"),
        history.count(plan),
        hint=_(
            "Those about what goes, and others that hold the name or the words. What was done, by"
            " whom and when stays; names, places and contents are blanked."
        ),
    )


def _name_of(row: Any) -> str:
    return row.name if isinstance(row, Code) else str(row._meta.verbose_name)


def _mentions(plan: Plan) -> list[Section]:
    """Where others speak of this person by name: that stays, unless somebody replaces it."""
    scope = plan.scope
    if not scope.names:
        return []
    sections = []
    spoken = _spoken_mentions(scope)
    if spoken:
        total = sum(count for _title, count in spoken)
        sections.append(
            Section(
                "mentions_texts",
                _("Mentions in what others say"),
                total,
                [f"{title}: {count}" for title, count in spoken][:SHOWN],
                _("They are other people's words and stay. Replace the name by a pseudonym."),
            )
        )
    gone = {note.pk for note in plan.quoting}
    hidden = Q(coding__source__in=blind_sources(scope.access)) & ~Q(author=scope.access.membership)
    notes = [
        note
        for note in _other_notes(plan).filter(removed_at__isnull=True).exclude(hidden)
        if note.pk not in gone and scope.names_in(f"{note.title} {note.text}")
    ]
    if notes:
        names = [f"{note.author.label}, {_where(note)}: {note.text[:120]}" for note in notes]
        hint = _("They stay. Whoever wrote them can change them.")
        sections.append(
            Section("mentions_notes", _("Memos with the name"), len(notes), names[:SHOWN], hint)
        )
    project = scope.access.project
    own = [s.pk for s in scope.own]
    others: list[str] = [
        f"{s.title} ({s.key})"
        for s in project.sources.exclude(pk__in=own)
        if scope.names_in(f"{s.key} {'' if s in scope.group else s.title}")
    ]
    others += [
        code.name
        for code in project.codes.all()
        if scope.names_in(" ".join([code.name, *(getattr(code, field) for field in MEANING)]))
    ]
    if others:
        sections.append(
            Section(
                "mentions_names",
                _("Sources and codes that are called after the person"),
                len(others),
                others[:SHOWN],
                _("They stay. Rename them."),
            )
        )
    return sections


def _spoken_mentions(scope: Scope) -> list[tuple[str, int]]:
    """Title of a source and how often the name is said there by others."""
    # The texts themselves, not the index of words: “Mia's” is another word there than “Mia”.
    said = Q()
    for name in scope.names:
        said |= Q(text__contains=name)
    texts = SourceText.objects.filter(said, source__project=scope.access.project)
    texts = texts.exclude(source__in=scope.own)
    turns = Turn.objects.filter(source__in=texts.values("source"))
    turns = turns.exclude(participant=scope.participant).order_by("source_id", "ordinal")
    places: dict[int, list[tuple[int, int]]] = {}
    for source, start, end in turns.values_list("source_id", "body_start", "end"):
        places.setdefault(source, []).append((start, end))
    counts = []
    rows = texts.order_by("source__key").values_list("source_id", "source__title", "text")
    for source, title, text in rows.iterator(chunk_size=20):
        spans = places.get(source, [])
        count = sum(len(scope.names_in(text[start:end])) for start, end in spans)
        if count:
            counts.append((title, count))
    return counts


def _token(plan: Plan) -> str:
    """A hash of everything that goes: the same plan, the same token."""
    scope = plan.scope
    own = Coding.objects.filter(source__in=scope.own).order_by("pk")
    what = {
        "who": str(scope.participant.guid),
        "names": scope.names,
        "own": [(s.pk, s.text_sha256) for s in scope.own],
        "touched": [(s.pk, s.text_sha256, s.title) for s in scope.touched],
        "codings": list(own.values_list("pk", flat=True)),
        "talks": [
            (t.source.pk, t.deleted, sorted(t.moved.items()), sorted(t.merged.items()))
            for t in plan.talks
        ],
        "about": [note.pk for note in plan.about],
        "quoting": [note.pk for note in plan.quoting],
        "quotations": [(row._meta.label, row.pk) for row, _field in plan.quotations],
        "searches": [row.pk for row in plan.searches],
        "replacements": [row.pk for row in plan.replacements],
        "versions": plan.versions,
        "recordings": [row.pk for row in plan.recordings],
        "jobs": [job.pk for job in plan.jobs],
        "counts": plan.counts,
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def in_words(plan: Plan) -> str:
    """The plan in one sentence."""
    if plan.blind:
        codings = _("all codings on them")
    else:
        n = plan.counts["codings"] + plan.counts["group_codings"]
        codings = ngettext("%(n)s coding", "%(n)s codings", n) % {"n": n}
    return _("%(sources)s, %(turns)s and %(codings)s would be removed.") % {
        "sources": ngettext("%(n)s source", "%(n)s sources", plan.counts["sources"])
        % {"n": plan.counts["sources"]},
        "turns": ngettext(
            "%(n)s turn in group talk", "%(n)s turns in group talk", plan.counts["turns"]
        )
        % {"n": plan.counts["turns"]},
        "codings": codings,
    }
