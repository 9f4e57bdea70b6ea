"""The withdrawal itself: everything in the plan, for good, in one transaction, and the receipt."""

import logging
import uuid
from collections.abc import Callable
from pathlib import Path

from django.core.files.storage import Storage
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from cases.models import SavedQuery
from cases.services.withdrawal import history
from cases.services.withdrawal.group_talk import apply
from cases.services.withdrawal.plan import ABOUT_CODING, Plan
from cases.services.withdrawal.planning import plan_withdrawal
from cases.services.withdrawal.scope import sort_sources
from coding.core.codebook import fingerprint
from coding.core.gaps import MARK
from coding.core.quoting import without_quotes
from coding.models import (
    CodebookVersion,
    Coding,
    NameReplacement,
    Note,
    NoteLink,
    Participant,
    Recording,
    Source,
    SourceText,
    SourceVersion,
    Withdrawal,
)
from coding.services.codings import StateConflict
from projects.access import Access
from projects.models import Job, Project
from projects.services.events import record
from projects.services.uploads import drop_working_files

logger = logging.getLogger(__name__)

# The number of a receipt is made of the participant's identifier, one way: a restored backup can be
# asked whether it holds somebody who had withdrawn, and the receipt says nothing to anybody else.
RECEIPTS = uuid.UUID("6d0f7b62-5a3e-5c1d-9d55-0a8f4c1b7e21")
BATCH = 500


def receipt_number(participant: Participant) -> uuid.UUID:
    return uuid.uuid5(RECEIPTS, str(participant.guid))


def withdraw(
    *,
    access: Access,
    participant: Participant,
    confirmed: str,
    progress: Callable[[str], None] | None = None,
    finish: Callable[[Withdrawal], None] | None = None,
) -> Withdrawal:
    """Remove a participant and every word of theirs; ``confirmed`` is the token of the plan.

    Refused with StateConflict when the plan is another one by now. ``finish`` is called inside the
    transaction, after everything else. Files are deleted when it is committed.
    """
    access.require("withdraw")
    with transaction.atomic():
        _shred()
        Project.objects.select_for_update().get(pk=access.project.pk)
        person = access.project.participants.select_for_update().filter(pk=participant.pk).first()
        if person is None:
            raise StateConflict(_("This participant has been withdrawn already."), code="gone")
        # Coders wait here; who was quicker has changed the plan.
        scope = sort_sources(access, person)
        ids = [source.pk for source in (*scope.own, *scope.touched)]
        list(Source.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        plan = plan_withdrawal(access=access, participant=person)
        check(plan, confirmed)
        (progress or _silent)(_("removing"))
        receipt = _remove(plan)
        if finish:
            finish(receipt)
    return receipt


def check(plan: Plan, confirmed: str) -> None:
    if plan.blocked:
        raise StateConflict(plan.blocked, code="blocked")
    if plan.token != confirmed:
        raise StateConflict(
            _(
                "Something that would be removed has changed since the list was made, so nothing"
                " was removed. Look at the list again and confirm it anew."
            ),
            code="changed",
        )


def _remove(plan: Plan) -> Withdrawal:
    scope = plan.scope
    access, person = scope.access, scope.participant
    number = receipt_number(person)
    files = _files(plan)
    # History first: it needs to know what the codings were.
    NoteLink.objects.filter(pk__in=_linked_and_gone(plan)).delete()
    counts = plan.counts | {"history": history.clean(plan)}
    for talk in plan.talks:
        apply(scope, talk)
    Note.objects.filter(pk__in=[note.pk for note in (*plan.about, *plan.quoting)]).delete()
    _blank_quotations(plan)
    touched = [source.pk for source in scope.touched]
    SourceVersion.objects.filter(pk__in=plan.versions).delete()
    Recording.objects.filter(pk__in=[row.pk for row in plan.recordings]).delete()
    SourceText.objects.filter(source__in=touched).update(original=b"", original_name="")
    Source.objects.filter(pk__in=touched).update(original_sha256="")
    NameReplacement.objects.filter(pk__in=[row.pk for row in plan.replacements]).delete()
    SavedQuery.objects.filter(pk__in=[row.pk for row in plan.searches]).delete()
    Job.objects.filter(pk__in=[job.pk for job in plan.jobs]).delete()
    Source.objects.filter(pk__in=[source.pk for source in scope.own]).delete()
    person.delete()
    _optimise()
    receipt = Withdrawal.objects.create(
        guid=number,
        project=access.project,
        # The receipt is read while the round goes on, by the same person.
        counts={
            key: n for key, n in counts.items() if n and not (plan.blind and key in ABOUT_CODING)
        },
        made_by=access.membership,
    )
    label = _("receipt %(number)s") % {"number": str(number)[:8]}
    record(access, "participant.withdrawn", receipt, label=label, after=receipt.counts)
    transaction.on_commit(lambda: _delete_files(files))
    return receipt


def _linked_and_gone(plan: Plan) -> list[int]:
    """Links of memos to what goes; asked for before it does."""
    gone = history.gone_in(plan)
    codings = Coding.objects.filter(pk__in=gone.codings).values_list("guid", flat=True)
    guids = {*gone.guids, *map(str, codings)}
    links = NoteLink.objects.filter(note__project=plan.scope.access.project)
    return [pk for pk, guid in links.values_list("pk", "target_guid") if str(guid) in guids]


def _blank_quotations(plan: Plan) -> None:
    for row, name in plan.quotations:
        fields = {name: without_quotes(getattr(row, name), plan.scope.runs, MARK)}
        if isinstance(fields[name], str):
            fields[name] = fields[name][: row._meta.get_field(name).max_length]
        elif isinstance(row, CodebookVersion):
            fields["sha256"] = fingerprint(fields[name])
        type(row)._base_manager.filter(pk=row.pk).update(**fields)


# --- files ---------------------------------------------------------------------------------------


def _files(plan: Plan) -> list[tuple[Storage, str]]:
    fields = [*(job.upload for job in plan.jobs), *(row.file for row in plan.recordings)]
    return [(file.storage, str(file.name)) for file in fields if file]


def _delete_files(files: list[tuple[Storage, str]]) -> None:
    for storage, name in files:
        try:
            storage.delete(name)
            drop_working_files(Path(storage.path(name)))
        except OSError as trouble:
            # The others go all the same. A file's name may tell who spoke: it is not logged.
            logger.error("a file could not be deleted (%s)", type(trouble).__name__)


# --- what databases keep of deleted rows ---------------------------------------------------------


def _shred() -> None:
    """SQLite: what is deleted is overwritten with zeros, not only forgotten."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def _optimise() -> None:
    """SQLite: the index of words is written anew, without what had been deleted from it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO coding_turnwords_fts(coding_turnwords_fts) VALUES ('optimize')"
            )


def scour() -> bool:
    """After the commit: leave nothing in the database's files either. False: not now.

    SQLite's file is written anew and its log emptied. PostgreSQL cleans up by itself in time; how
    to have it done at once, and what backups need, stands in docs/guide/withdrawal.md.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy: int = cursor.fetchone()[0]
            cursor.execute("PRAGMA secure_delete=OFF")
    except OperationalError as trouble:
        # What was deleted has been overwritten already; only older traces are left for next time.
        logger.warning("the database file was not written anew (%s)", type(trouble).__name__)
        return False
    return not busy


def _silent(_phase: str) -> None:
    return None


__all__ = ["check", "receipt_number", "scour", "withdraw"]
