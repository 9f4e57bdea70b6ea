"""The doors: what a person may read and see. Consent, the trash and blind rounds are kept here, in
the query, and nowhere else; every other module of this package goes through them.
"""

from django.db.models import Q, QuerySet

from coding import subjects
from coding.models import (
    Assignment,
    Coding,
    Note,
    Participant,
    PlacementReview,
    Reading,
    Round,
    Source,
    Subject,
    Turn,
)
from projects.access import Access
from projects.models import Membership


def withheld_sources(access: Access) -> QuerySet[Source]:
    """Sources in which somebody speaks who has refused the use of their words."""
    # From the few who refused to their turns: the other way round every turn of the project would
    # be looked at, for every page.
    refused = Participant.objects.filter(project=access.project, consent_use=False).values("pk")
    spoken = Turn.objects.filter(participant__in=refused).values("source")
    return access.project.sources.present().filter(Q(participant__in=refused) | Q(pk__in=spoken))


def visible_sources(access: Access) -> QuerySet[Source]:
    """The sources whose words this person may read; none that is in the trash."""
    return access.project.sources.present().exclude(pk__in=withheld_sources(access).values("pk"))


def in_trash(access: Access, source_id: int) -> bool:
    """Whether a source lies in the trash, the list of which every member sees."""
    return access.project.sources.filter(pk=source_id, removed_at__isnull=False).exists()


def visible_codings(access: Access) -> QuerySet[Coding]:
    """The codings that this person may see, in sources that they may read."""
    return seen_by(access, Coding.objects.present())


def seen_by(access: Access, codings: QuerySet[Coding]) -> QuerySet[Coding]:
    """What this person may know of among ``codings``, removed ones included.

    Kept apart from ``visible_codings`` because who is told that a coding is gone must have been
    allowed to see it.
    """
    return codings.filter(_seen(access))


def _seen(access: Access, coding: str = "") -> Q:
    """``seen_by`` as a condition on rows that have a coding: ``coding`` is the way to it."""
    own = Q(**{f"{coding}coder": access.membership, f"{coding}agreed_in__isnull": True})
    blind = Q(**{f"{coding}source__in": _blind(access)})
    there = Q(
        **{
            f"{coding}source__in": visible_sources(access),
            f"{coding}code__removed_at__isnull": True,
        }
    )
    return there & (own | ~blind)


def blind_rounds(access: Access) -> QuerySet[Round]:
    """The rounds in which this person codes blindly now, whatever else they are in the project.

    Whoever does not code in a round sees all of it: somebody has to look after it.
    """
    return access.project.rounds.filter(
        state=Round.State.RUNNING, assignments__coder=access.membership
    ).distinct()


def blind_sources(access: Access) -> QuerySet[Source]:
    """The sources in which this person sees their own coding alone: all of each round in which they
    code, until it is opened. Also those of which they have no share themselves: what others do
    there would tell them how the others code."""
    return access.project.sources.filter(pk__in=_blind(access))


def _blind(access: Access) -> QuerySet[Assignment, int]:
    """The ids of ``blind_sources``, as a condition: never asked for by itself."""
    shared = Assignment.objects.filter(
        coder=access.membership, round__state=Round.State.RUNNING
    ).order_by()
    others = Assignment.objects.filter(round__in=shared.values("round")).order_by()
    return others.values_list("source", flat=True)


def visible_placements(access: Access) -> QuerySet[PlacementReview]:
    """Where codings stand after a correction, of those that this person may know of."""
    return PlacementReview.objects.filter(_seen(access, "coding__"))


def visible_readings(access: Access) -> QuerySet[Reading]:
    """Who has finished which source; in sources that are coded blindly one's own mark alone."""
    rows = Reading.objects.filter(source__in=visible_sources(access))
    return rows.filter(Q(coder=access.membership) | ~Q(source__in=_blind(access)))


def visible_presence(access: Access) -> QuerySet[Membership]:
    """The members of whom this person may see where they are at work: everybody with an account.

    The one door for presence, as ``visible_codings`` is for codings.
    """
    return Membership.objects.filter(
        project=access.project, user__isnull=False, ended_at__isnull=True
    ).order_by("label")


def visible_notes(access: Access) -> QuerySet[Note]:
    """The memos that this person may see: each where the thing that it is about is seen."""
    rows = notes_seen_by(access, Note.objects.filter(removed_at__isnull=True))
    return rows.filter(Q(coding__isnull=True) | Q(coding__in=visible_codings(access)))


def visible_passage_notes(access: Access) -> QuerySet[Note]:
    """Memos on codings alone, as the reader shows them."""
    rows = _passage_notes(access, Note.objects.filter(removed_at__isnull=True))
    return rows.filter(coding__in=visible_codings(access))


def _passage_notes(access: Access, notes: QuerySet[Note]) -> QuerySet[Note]:
    return notes.filter(_seen(access, "coding__")).filter(
        Q(author=access.membership) | ~Q(coding__source__in=_blind(access))
    )


def notes_seen_by(access: Access, notes: QuerySet[Note]) -> QuerySet[Note]:
    """Of ``notes``, removed ones included, those that this person may know of.

    While a round is blind what others think of its sources is hidden as well, and what they think
    of a passage, on one's own coding too.
    """
    there = Q(pk__in=_passage_notes(access, Note.objects.all()).values("pk"))
    for kind in subjects.kinds():
        if kind.subject != Subject.CODING and kind.has_memos:
            seen = kind.visible(access).values("guid")
            there |= Q(about=kind.subject, about_guid__in=seen)
    blind = Q(about=Subject.SOURCE, about_guid__in=blind_sources(access).values("guid"))
    rows = notes.filter(there, project=access.project)
    return rows.exclude(blind & ~Q(author=access.membership))
