"""A coder finishes a source in a round, or takes that back while the round runs.

It is the same mark as “I have finished coding this” in the reader; in a running round it also keeps
what had been coded, which is what agreement is about.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from coding.models import Assignment, Round
from coding.services.readings import set_finished
from projects.access import Access


def finish_source(*, access: Access, share: Assignment) -> None:
    """Keep what this coder has coded in the source as their coding in the round."""
    _set(access, share, finished=True)


def take_back_finish(*, access: Access, share: Assignment) -> None:
    """Go on coding: what was kept is let go of."""
    _set(access, share, finished=False)


def _set(access: Access, share: Assignment, *, finished: bool) -> None:
    share = Assignment.objects.select_related("round", "source").get(
        pk=share.pk, round__project=access.project, coder=access.membership
    )
    if share.round.state != Round.State.RUNNING:
        raise ValidationError(
            _("Round “%(round)s” is not running: nothing can be finished in it.")
            % {"round": share.round.name},
            code="not_running",
        )
    set_finished(access=access, source=share.source, finished=finished)
