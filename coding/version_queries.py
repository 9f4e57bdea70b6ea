"""What is read about versions of a text, and about passages that wait to be decided.

Real names stand in what came before they were replaced: those versions, and the original file, are
for people who may see identities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import Http404
from django.utils.translation import gettext as _

from coding.core.align import align
from coding.core.differences import count_places, places
from coding.core.edits import Edit
from coding.core.names import Finder, Hit, Replacement
from coding.models import (
    NameReplacement,
    Note,
    Participant,
    PlacementReview,
    Source,
    SourceText,
    SourceVersion,
    Speaker,
)
from coding.queries import (
    visible_notes,
    visible_placements,
    visible_sources,
    withheld_sources,
)
from coding.sealing import Unreadable, unseal
from projects.access import Access

OPEN = PlacementReview.State.OPEN
# Characters of the text around a passage on the page where somebody decides about it.
EXCERPT = 240


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version; who replaced it, when and why (None: it is the present one)."""

    number: int
    characters: int
    replaced_at: datetime | None
    replaced_by: str
    because: str
    comment: str
    named: bool
    present: bool
    withheld: bool = False


def named_until(source: Source) -> int:
    """The last version that holds names which were replaced since; -1 where none does."""
    names = SourceVersion.Reason.PSEUDONYMISED
    rows = SourceVersion.objects.filter(source=source, replaced_because=names)
    last = rows.order_by("-number").values_list("number", flat=True).first()
    return -1 if last is None else last


def require_names(access: Access, source: Source, number: int) -> None:
    """Raise PermissionDenied where this version holds real names that this person may not see."""
    if number <= named_until(source) and not access.may["see_identities"]:
        raise PermissionDenied(
            _(
                "Version %(n)s of “%(title)s” holds real names, which have been replaced since; "
                "only those who may see identities may read it."
            )
            % {"n": number, "title": source.title}
        )


class Refused:
    """Those who have refused the use of their words, and whether they speak in a version.

    A source in which they speak is withheld as a whole; once their turns have been taken out of it,
    the versions before still have them.
    """

    def __init__(self, access: Access) -> None:
        rows = Participant.objects.filter(project=access.project, consent_use=False)
        people = list(rows.values_list("pk", "key", "pseudonym"))
        self.ids = {row[0] for row in people}
        self.labels = {label.casefold() for row in people for label in row[1:] if label}
        if people:
            decided = Speaker.objects.filter(project=access.project, participant__in=self.ids)
            self.labels |= {label.casefold() for label in decided.values_list("label", flat=True)}

    def speak_in(self, turns: Sequence[Sequence[Any]]) -> bool:
        """Whether one of them has one of these ``SourceVersion.turns``. Labels decide where nobody
        had been matched with them yet."""
        return bool(self.ids) and any(
            turn[5] in self.ids or (turn[5] is None and turn[3].casefold() in self.labels)
            for turn in turns
        )


def require_consent(access: Access, source: Source, number: int) -> None:
    """Raise PermissionDenied where somebody speaks in this version who refused the use of it."""
    refused = Refused(access)
    if not refused.ids:
        return
    rows = SourceVersion.objects.filter(source=source, number=number)
    if refused.speak_in(rows.values_list("turns", flat=True).first() or ()):
        raise PermissionDenied(
            _(
                "Version %(n)s of “%(title)s” holds words of somebody who has refused their use; "
                "nobody may read it."
            )
            % {"n": number, "title": source.title}
        )


def require_original(access: Access, source: Source) -> None:
    """As ``require_names`` and ``require_consent``, for the file that the source came from."""
    if source.version > 1:
        require_consent(access, source, 1)
    if source.version > 1 and named_until(source) >= 0 and not access.may["see_identities"]:
        raise PermissionDenied(
            _(
                "The original file of “%(title)s” holds real names, which have been replaced "
                "since; only those who may see identities may have it."
            )
            % {"title": source.title}
        )


def originals(access: Access, sources: Sequence[Source]) -> set[int]:
    """Ids of those of ``sources`` whose original file this person may have and which still has it:
    ``require_original`` for many, in at most four queries, and none before a correction."""
    if not access.may["export"]:
        return set()
    found = {source.pk for source in sources if source.original_sha256}
    corrected = [source.pk for source in sources if source.version > 1]
    if not corrected:
        return found
    before = SourceVersion.objects.filter(source__in=corrected).order_by()
    if not access.may["see_identities"]:
        names = SourceVersion.Reason.PSEUDONYMISED
        found -= set(before.filter(replaced_because=names).values_list("source_id", flat=True))
    refused = Refused(access)
    if refused.ids:
        first = before.filter(number=1).values_list("source_id", "turns")
        found -= {pk for pk, turns in first.iterator() if refused.speak_in(turns)}
    return found


def versions(access: Access, source: Source) -> list[VersionLine]:
    """All versions, the present one first. Three queries, five where somebody has refused the use
    of their words."""
    rows = list(
        SourceVersion.objects.filter(source=source)
        .select_related("replaced_by")
        .defer("text", "turns", "codings")
        .annotate(characters=Length("text"))
        .order_by("-number")
    )
    names = SourceVersion.Reason.PSEUDONYMISED
    named = max((row.number for row in rows if row.replaced_because == names), default=-1)
    refused = Refused(access)
    withheld = set()
    if refused.ids:
        turns = SourceVersion.objects.filter(source=source).values_list("number", "turns")
        withheld = {number for number, spoken in turns.iterator() if refused.speak_in(spoken)}
    lines = [VersionLine(source.version, source.length, None, "", "", "", False, True)]
    lines += [
        VersionLine(
            row.number,
            row.characters,
            row.replaced_at,
            row.replaced_by.label if row.replaced_by else "",
            row.get_replaced_because_display(),
            row.comment,
            row.number <= named,
            False,
            row.number in withheld,
        )
        for row in rows
    ]
    return lines


def version_text(access: Access, source: Source, number: int) -> str:
    """The text of a version; Http404 where there is none, PermissionDenied where it has names or
    words of somebody who refused their use."""
    if number == source.version:
        return SourceText.objects.values_list("text", flat=True).get(source=source)
    # Beyond 64 bits a database fails on being asked.
    rows = SourceVersion.objects.filter(source=source, number=min(number, 2**31 - 1))
    text = rows.values_list("text", flat=True).first()
    if text is None:
        raise Http404
    require_names(access, source, number)
    require_consent(access, source, number)
    return text


def version_turns(source: Source, number: int) -> list[dict[str, Any]]:
    """Ordinal, start, body_start, end, speaker and role of the turns of a version."""
    if number == source.version:
        fields = ("ordinal", "start", "body_start", "end", "speaker", "role")
        return [dict(row) for row in source.turns.order_by("ordinal").values(*fields)]
    rows = SourceVersion.objects.values_list("turns", flat=True).get(source=source, number=number)
    return [
        {
            "ordinal": n,
            "start": row[0],
            "body_start": row[1],
            "end": row[2],
            "speaker": row[3],
            "role": row[4],
        }
        for n, row in enumerate(rows, start=1)
    ]


def edits_between(old: str, new: str) -> list[Edit]:
    return align(old, new)


# --- passages that wait --------------------------------------------------------------------------


def open_reviews(access: Access, source: Source) -> QuerySet[PlacementReview]:
    rows = visible_placements(access).filter(source=source, state=OPEN)
    # Never the texts of all of them: they are the same few, and long.
    return (
        rows.select_related("coding__code", "coding__coder", "version")
        .defer("version__text", "version__turns", "version__codings")
        .order_by("old_start", "id")
    )


def review(access: Access, source: Source, review_id: int) -> PlacementReview:
    """A review that may have been decided meanwhile: who decides is told so."""
    row = (
        visible_placements(access)
        .filter(source=source)
        .select_related("coding__code", "coding__coder")
        .filter(pk=review_id)
        .first()
    )
    if row is None:
        raise Http404
    return row


def waiting(access: Access, codings: Sequence[int] | None = None) -> int:
    """How many passages of the project wait to be decided."""
    rows = visible_placements(access).filter(state=OPEN)
    if codings is not None:
        rows = rows.filter(coding__in=codings)
    return rows.count()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage in its text: before, the passage, after. ``start`` counts where it begins."""

    start: int
    before: str
    passage: str
    after: str
    more_before: bool
    more_after: bool

    @property
    def text(self) -> str:
        return self.before + self.passage + self.after


def excerpt(text: str, start: int, end: int) -> Excerpt:
    first, last = max(0, start - EXCERPT), min(len(text), end + EXCERPT)
    # Not in the middle of a word.
    while 0 < first < start and not text[first - 1].isspace():
        first += 1
    while end < last < len(text) and not text[last].isspace():
        last -= 1
    return Excerpt(
        first, text[first:start], text[start:end], text[end:last], first > 0, last < len(text)
    )


def old_excerpt(access: Access, source: Source, row: PlacementReview) -> Excerpt | None:
    """The passage as it stood; None where this person may not read that version."""
    try:
        require_names(access, source, row.version.number)
        require_consent(access, source, row.version.number)
    except PermissionDenied:
        return None
    return excerpt(row.version.text, row.old_start, row.old_end)


def decided(access: Access, source: Source) -> int:
    """How many passages of the source have been decided."""
    return visible_placements(access).filter(source=source).exclude(state=OPEN).count()


def turn_at(source: Source, at: int) -> dict[str, Any] | None:
    rows = source.turns.filter(start__lte=at).order_by("-start")
    row = rows.values("ordinal", "speaker").first()
    return None if row is None else dict(row)


def find_quote(source: Source, quote: str, near: int) -> tuple[int, int]:
    """Where the words stand that somebody typed; of several places the nearest to ``near``.

    Raises ValidationError with a sentence if they stand nowhere.
    """
    if not quote:
        raise ValidationError(_("Select or type the words of the passage."), code="no_words")
    text = SourceText.objects.values_list("text", flat=True).get(source=source)
    found, at = [], text.find(quote)
    while at >= 0:
        found.append(at)
        at = text.find(quote, at + 1)
    if not found:
        raise ValidationError(
            _("“%(words)s” stands nowhere in this text.") % {"words": quote[:80]}, code="not_found"
        )
    start = min(found, key=lambda place: abs(place - near))
    return start, start + len(quote)


class Places:
    """The changed places of a text, as many as are shown, and how many there are."""

    def __init__(self, old: str, edits: Sequence[Edit], most: int) -> None:
        self.shown = places(old, edits, most)
        self.total = count_places(edits)
        self.changes = len(edits)

    @property
    def more(self) -> int:
        return self.total - len(self.shown)


# --- names ---------------------------------------------------------------------------------------

# Characters around a name on the page where it is ticked.
BESIDE = 60
# Memos that are linked to; the rest is counted.
LINKED = 50


class FoundHits(Protocol):
    """What ``coding.services.pseudonyms`` has found."""

    replacements: list[Replacement]
    hits: dict[int, list[Hit]]

    def shown(self) -> list[tuple[int, int, int]]: ...


@dataclass(frozen=True, slots=True)
class HitLine:
    """One place of a name, with words around it; ``key`` names it in the form."""

    key: str
    before: str
    name: str
    after: str
    replacement: str
    label: bool


def source_choices(access: Access) -> list[tuple[int, str]]:
    rows = visible_sources(access).order_by("key").values_list("pk", "title")
    return list(rows)


def withheld_count(access: Access) -> int:
    """How many sources nobody may read now: names in them stay."""
    return withheld_sources(access).count()


def hit_lines(access: Access, found: FoundHits) -> list[tuple[Source, list[HitLine], int]]:
    """The hits that are shown, by source, and how many more there are in it."""
    by_source: dict[int, set[tuple[int, int]]] = {}
    for pk, start, end in found.shown():
        by_source.setdefault(pk, set()).add((start, end))
    sources = visible_sources(access).in_bulk(list(found.hits))
    lines = []
    for pk, hits in found.hits.items():
        shown = by_source.get(pk, set())
        text = SourceText.objects.values_list("text", flat=True).get(source=pk) if shown else ""
        labels = (
            [
                range(start, body)
                for start, body in sources[pk].turns.values_list("start", "body_start")
            ]
            if shown
            else []
        )
        starts = {n for label in labels for n in label}
        rows = [
            HitLine(
                f"{pk}:{hit.start}:{hit.end}",
                _before(text, hit.start),
                text[hit.start : hit.end],
                _after(text, hit.end),
                found.replacements[hit.which].replacement,
                hit.start in starts,
            )
            for hit in hits
            if (hit.start, hit.end) in shown
        ]
        lines.append((sources[pk], rows, len(hits) - len(rows)))
    return lines


def _before(text: str, at: int) -> str:
    first = max(0, at - BESIDE)
    cut = text.find(" ", first, at) + 1 if first else 0
    return ("… " if first else "") + text[cut or first : at].replace("\n", " ⏎ ")


def _after(text: str, at: int) -> str:
    last = min(len(text), at + BESIDE)
    cut = text.rfind(" ", at, last) if last < len(text) else last
    shown = text[at : cut if cut > at else last].replace("\n", " ⏎ ")
    return shown + (" …" if last < len(text) else "")


def memos_with(access: Access, finder: Finder) -> list[Note]:
    """Memos in which one of the names stands; nobody changes them but their authors."""
    rows = visible_notes(access).select_related("coding__source", "coding__code", "author")
    return [
        row for row in rows.order_by("id").iterator() if finder.count(f"{row.title}\n{row.text}")
    ]


def titles_with(access: Access, finder: Finder) -> list[Source]:
    return [row for row in visible_sources(access).order_by("key") if finder.count(row.title)]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log; ``original`` is None for those who may not see identities."""

    row: NameReplacement
    original: str | None


def names_log(access: Access) -> list[LogLine]:
    rows = NameReplacement.objects.filter(project=access.project).select_related("made_by")
    return [LogLine(row, _original(access, row)) for row in rows]


def _original(access: Access, row: NameReplacement) -> str | None:
    if not access.may["see_identities"]:
        return None
    try:
        return unseal(row.original_sealed)
    except Unreadable as problem:
        return " ".join(problem.messages)
