"""What of the history a person does not see while a round keeps them blind.

Lines tell who coded which passage and how many there are; see ``projects.queries.visible_events``,
which asks this of every list of them.
"""

from django.db.models import Exists, Q

from coding.queries.doors import blind_sources
from projects.access import Access

# What is done to passages, by the first part of the verb.
ABOUT_PASSAGES = ("coding", "codings", "note", "placement", "example")
# Who is through with a source has looked at it, or coded nothing: that tells as well.
FINISHED = ("source.finished", "source.reopened")


def hidden_events(access: Access) -> Q:
    """Lines about what others do to passages of the sources in which this person is blind, and
    about who has finished these."""
    told = Q(object_type__in=ABOUT_PASSAGES) | Q(verb__in=FINISHED)
    there = told & Q(source_guid__in=blind_sources(access).values("guid"))
    return there & ~Q(actor=access.user)


def hidden_figures(access: Access) -> Q:
    """Whether figures in lines are kept back: how many passages a merge moved counts those as well
    that this person must not know of."""
    return Q(Exists(blind_sources(access)))
