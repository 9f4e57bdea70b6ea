"""What a running round keeps as it is: the texts of its sources, and what a coder has finished.

Asked by every service that writes a text or a coding, under the lock of the source.
"""

from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from coding.models import Assignment, Round, Source
from coding.services.codings.history import StateConflict
from projects.access import Access


def check_text(source: Source) -> None:
    """Raise ValidationError while a round runs: its coders must all have the same words before
    them."""
    held = Round.objects.filter(state=Round.State.RUNNING, assignments__source=source).values_list(
        "name", flat=True
    )
    if (name := held.first()) is not None:
        raise ValidationError(
            _(
                "“%(source)s” is being coded in round “%(round)s”. Its text cannot be changed until"
                " the round is opened."
            )
            % {"source": source.title, "round": name},
            code="round_running",
        )


def check_unfinished(access: Access, sources: Iterable[Source], coders: Collection[int]) -> None:
    """Raise StateConflict where one of these coders (memberships) has finished one of these
    sources in a round that still runs: what they had coded is what will be compared.

    No query for sources that were read under ``codings.history.lock`` and have nothing finished.
    """
    ids = [source.pk for source in sources if getattr(source, "any_finished", True)]
    if not ids:
        return
    done = (
        Assignment.objects.filter(
            round__state=Round.State.RUNNING,
            source__in=ids,
            coder__in=list(coders),
            finished_at__isnull=False,
        )
        .select_related("source", "round", "coder")
        .order_by("pk")
        .first()
    )
    if done is None:
        return
    words = {"source": done.source.title, "round": done.round.name, "coder": done.coder.label}
    if done.coder_id == access.membership.pk:
        said = _(
            "You have marked “%(source)s” as finished in round “%(round)s”. Take that back to go"
            " on coding it."
        )
    else:
        said = _(
            "%(coder)s has finished “%(source)s” in round “%(round)s”: their coding stays as it is"
            " until the round is opened."
        )
    raise StateConflict(said % words, code="finished")
