"""Rounds of double coding after they were opened: the places where coders are held side by side,
what was decided about them, and the agreed coding that came of it.

Nothing here answers for a round that is not open yet: while it runs, its coders are blind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coding import subjects
from coding.models import (
    Assignment,
    Coding,
    Comparison,
    Note,
    Round,
    Source,
    SourceText,
    Subject,
    Turn,
)
from coding.queries.doors import blind_sources, seen_by, visible_codings, visible_sources
from projects.access import Access
from projects.models import Membership

OPENED = (Round.State.OPENED, Round.State.CLOSED)


def opened_rounds(access: Access) -> QuerySet[Round]:
    """The rounds whose coders may see each other's work."""
    return access.project.rounds.filter(state__in=OPENED)


def opened_round(access: Access, round_id: int) -> Round:
    return get_object_or_404(opened_rounds(access), pk=round_id)


def visible_comparisons(access: Access, held: Round | None = None) -> QuerySet[Comparison]:
    """Places to compare, in sources that this person may read; none in a source that they code
    blindly in another round, since these places would tell them how others code it."""
    rows = Comparison.objects.filter(
        round__in=opened_rounds(access),
        source__in=visible_sources(access),
        code__removed_at__isnull=True,
    ).exclude(source__in=blind_sources(access).values("pk"))
    return rows if held is None else rows.filter(round=held)


def visible_agreed(access: Access, held: Round | None = None) -> QuerySet[Coding]:
    """What was agreed on, as far as this person may see it: of one round, or of all."""
    rows = seen_by(access, Coding.objects.agreed()).filter(agreed_in__in=opened_rounds(access))
    return rows if held is None else rows.filter(agreed_in=held)


def visible_in_any_layer(access: Access) -> QuerySet[Coding]:
    """Coders' own codings and agreed ones alike: for what may point to either, as an example may.

    Never for counting: what somebody coded and what was made of it are the same words twice.
    """
    own = Q(agreed_in__isnull=True) | Q(agreed_in__in=opened_rounds(access))
    return seen_by(access, Coding.objects.filter(own, removed_at__isnull=True))


def coding_of_any_layer(access: Access, coding_id: int) -> Coding:
    """A coder's own coding or an agreed one, which may have been removed meanwhile."""
    rows = seen_by(access, Coding.objects.all()).filter(
        Q(agreed_in__isnull=True) | Q(agreed_in__in=opened_rounds(access))
    )
    return get_object_or_404(rows, pk=coding_id)


def comparison(access: Access, held: Round, source: Source, comparison_id: int) -> Comparison:
    rows = visible_comparisons(access, held).filter(source=source)
    return get_object_or_404(rows.select_related("source", "code"), pk=comparison_id)


def finished_by_two(access: Access, held: Round) -> QuerySet[Source]:
    """The sources of a round that at least two people have finished; only these are compared."""
    done = (
        Assignment.objects.filter(round=held, finished_at__isnull=False)
        .order_by()
        .values("source")
        .annotate(n=Count("id"))
        .filter(n__gte=2)
    )
    return access.project.sources.filter(pk__in=done.values("source")).order_by("key")


def compared_sources(access: Access, held: Round) -> QuerySet[Source]:
    """Of these the ones that this person may read and does not code blindly in another round."""
    rows = finished_by_two(access, held).filter(pk__in=visible_sources(access).values("pk"))
    return rows.exclude(pk__in=blind_sources(access).values("pk"))


def prepared(access: Access, held: Round) -> bool:
    """Whether the places of this round were worked out."""
    return access.project.events.filter(verb="round.compared", object_guid=held.guid).exists()


@dataclass(frozen=True, slots=True)
class Lane:
    """One coder of a source: a letter, and the name that is shown (a letter alone if hidden)."""

    coder: int
    letter: str
    name: str


def lanes(held: Round, source: Source) -> list[Lane]:
    """Who finished this source in this round, in the order of their lanes.

    Where a round is decided without names, the order is another one in every source, so that
    nobody can be followed from one to the next; it stays the same when the page is asked again.
    """
    rows = Assignment.objects.filter(round=held, source=source, finished_at__isnull=False)
    people = list(rows.order_by("coder__label", "coder").values_list("coder", "coder__label"))
    return lanes_of(held, str(source.guid), people)


def lanes_of(held: Round, source: str, people: Iterable[tuple[int, str]]) -> list[Lane]:
    """The lanes of the source with this guid; ``people`` are (coder, label) of who finished it."""
    hidden = nameless(held)
    people = list(people)
    if hidden:
        people.sort(key=lambda row: _shuffled(held, source, row[0]))
    return [
        Lane(pk, letter(n), _("Coder %(letter)s") % {"letter": letter(n)} if hidden else label)
        for n, (pk, label) in enumerate(people)
    ]


def nameless(held: Round) -> bool:
    """Whether it is still hidden who coded what."""
    return held.anonymous and held.state != Round.State.CLOSED


def letter(n: int) -> str:
    """A, B … Z, then A1, B1 …"""
    again, place = divmod(n, 26)
    return chr(ord("A") + place) + (str(again) if again else "")


def _shuffled(held: Round, source: str, coder: int) -> bytes:
    return sha256(f"{held.guid} {source} {coder}".encode()).digest()


def thread(access: Access, compared: Comparison) -> QuerySet[Note]:
    """What was said about a place, oldest first."""
    rows = Note.objects.filter(
        project=access.project,
        about=Subject.COMPARISON,
        about_guid=compared.guid,
        removed_at__isnull=True,
    )
    rows = rows.select_related("author", "coding").prefetch_related("links", "mentions")
    return rows.order_by("created_at", "id")


def thread_counts(access: Access, guids: Iterable[object]) -> dict[object, int]:
    """How much was said about each of these places; those without a word are left out."""
    rows = Note.objects.filter(
        project=access.project,
        about=Subject.COMPARISON,
        about_guid__in=list(guids),
        removed_at__isnull=True,
    )
    return dict(rows.order_by().values_list("about_guid").annotate(n=Count("id")))


def agreed_sources(access: Access) -> dict[int, int]:
    """The sources that have an agreed coding, each with the round it comes from.

    A source has one where every place of it was decided, or where the round was closed. Of several
    rounds the last one counts. Three queries.
    """
    rounds = {
        pk: (number, state)
        for pk, number, state in opened_rounds(access).values_list("pk", "number", "state")
    }
    counted = (
        visible_comparisons(access)
        .order_by()
        .values_list("round", "source")
        .annotate(waiting=Count("id", filter=Q(decision=Comparison.Decision.OPEN)))
    )
    whole = {(pk, source) for pk, source, waiting in counted if not waiting}
    closed = [pk for pk, (_number, state) in rounds.items() if state == Round.State.CLOSED]
    finished = (
        Assignment.objects.filter(
            round__in=closed, finished_at__isnull=False, source__in=visible_sources(access)
        )
        .exclude(source__in=blind_sources(access).values("pk"))
        .order_by()
        .values_list("round", "source")
        .annotate(n=Count("id"))
    )
    whole |= {(pk, source) for pk, source, n in finished if n > 1}
    found: dict[int, int] = {}
    for pk, source in sorted(whole, key=lambda pair: rounds[pair[0]][0]):
        found[source] = pk
    return found


@dataclass(frozen=True, slots=True)
class AgreedLayer:
    """Everybody's codings, but where a source has an agreed coding, that alone.

    ``sources`` are these sources with their rounds; ``undecided`` the places of them that were
    still open when their round was closed, which no agreed coding is about.
    """

    access: Access
    sources: dict[int, int]
    undecided: dict[int, int]

    def parts(self, coders: Iterable[int] = ()) -> list[QuerySet[Coding]]:
        """Two lists of codings without anything in common, which together are the layer.

        ``coders`` restricts what people coded by themselves; what was agreed on is nobody's.
        """
        own = visible_codings(self.access).exclude(source__in=list(self.sources))
        if coders:
            own = own.filter(coder__in=list(coders))
        by_round: dict[int, list[int]] = {}
        for source, held in self.sources.items():
            by_round.setdefault(held, []).append(source)
        pairs = Q(pk__in=[])
        for held, sources in by_round.items():
            pairs |= Q(agreed_in=held, source__in=sources)
        return [own, visible_agreed(self.access).filter(pairs)]


def agreed_layer(access: Access) -> AgreedLayer:
    """As ``agreed_sources``; one query more."""
    sources = agreed_sources(access)
    waiting = (
        visible_comparisons(access)
        .filter(source__in=list(sources), decision=Comparison.Decision.OPEN)
        .order_by()
        .values_list("round", "source")
        .annotate(n=Count("id"))
    )
    undecided = {source: n for held, source, n in waiting if sources.get(source) == held}
    return AgreedLayer(access, sources, undecided)


def any_opened(access: Access) -> bool:
    return opened_rounds(access).exists()


def own_assignments(access: Access, held: Round) -> QuerySet[Assignment]:
    """What this person has finished in a round, among what they may read."""
    rows = Assignment.objects.filter(
        round=held,
        coder=access.membership,
        finished_at__isnull=False,
        source__in=visible_sources(access),
    )
    return rows.select_related("source").order_by("source__key")


def names_of(access: Access) -> dict[int, str]:
    return dict(Membership.objects.filter(project=access.project).values_list("pk", "label"))


def texts(access: Access, sources: Iterable[int]) -> dict[int, str]:
    rows = SourceText.objects.filter(source__in=visible_sources(access).filter(pk__in=sources))
    return dict(rows.values_list("source_id", "text"))


def turn_starts(access: Access, sources: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """(start, number) of the turns of sources, in order."""
    rows = Turn.objects.filter(source__in=visible_sources(access).filter(pk__in=sources))
    found: dict[int, list[tuple[int, int]]] = {}
    for source, start, ordinal in rows.order_by("source_id", "ordinal").values_list(
        "source_id", "start", "ordinal"
    ):
        found.setdefault(source, []).append((start, ordinal))
    return found


subjects.register(
    subjects.Kind(
        Subject.COMPARISON,
        visible=lambda access: visible_comparisons(access).select_related(
            "round", "source", "code"
        ),
        name=lambda row: (
            _("%(code)s in %(source)s (%(round)s)")
            % {"code": row.code.name, "source": row.source.title, "round": row.round.name}
        ),
        page=lambda row: (
            "coding:round_source",
            [row.round.project_id, row.round_id, row.source_id],
            f"?at={row.pk}",
        ),
        order=("round", "source__key", "start", "end", "id"),
        offered=False,
    )
)
