"""What pages read about projects, members, history and jobs; always inside one access."""

from collections.abc import Callable

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.shortcuts import get_object_or_404

from projects.access import Access
from projects.models import Event, Invitation, Job, Membership, Project, User


def projects_of(user: User) -> QuerySet[Project]:
    """The projects that ``user`` belongs to now, with their role as ``role``."""
    return (
        Project.objects.filter(memberships__user=user, memberships__ended_at__isnull=True)
        .annotate(role=F("memberships__role"))
        .order_by("title", "id")
    )


def members(access: Access) -> QuerySet[Membership]:
    """Members with an account first, then the coders who came with an import."""
    return (
        access.project.memberships.filter(ended_at__isnull=True)
        .select_related("user")
        .annotate(no_account=Q(user__isnull=True))
        .order_by("no_account", "label")
    )


def membership(access: Access, membership_id: int) -> Membership:
    return get_object_or_404(members(access), pk=membership_id)


def open_invitations(access: Access) -> list[Invitation]:
    rows = access.project.invitations.filter(accepted_at__isnull=True, revoked_at__isnull=True)
    return [row for row in rows.select_related("created_by") if row.is_open]


def invitation(access: Access, invitation_id: int) -> Invitation:
    return get_object_or_404(access.project.invitations, pk=invitation_id)


Rule = Callable[[Access], Q]
_kept_back: list[tuple[Rule, Rule]] = []


def keep_back(*, lines: Rule, figures: Rule) -> None:
    """Register what a room above keeps from some people: conditions on events, under which the
    line, or what it counts, is not shown to them."""
    _kept_back.append((lines, figures))


def visible_events(access: Access) -> QuerySet[Event]:
    """The lines of history that this person may see, newest first: the one door to them.

    ``uncounted`` says that the figures in a line are to be left out.
    """
    events = access.project.events.select_related("actor").order_by("-id")
    uncounted = Q(pk__in=[])
    for lines, figures in _kept_back:
        events = events.exclude(lines(access))
        uncounted |= figures(access)
    is_uncounted = ExpressionWrapper(uncounted, output_field=BooleanField())
    return events.annotate(uncounted=is_uncounted)


def job(access: Access, job_id: int) -> Job:
    return get_object_or_404(access.project.jobs.select_related("created_by"), pk=job_id)


def recent_jobs(access: Access, limit: int = 20) -> QuerySet[Job]:
    return access.project.jobs.select_related("created_by")[:limit]
