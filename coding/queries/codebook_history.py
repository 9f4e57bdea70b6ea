"""How the codebook came to be as it is: frozen versions, what coders propose, and imports."""

from uuid import UUID

from django.db import models
from django.db.models import ExpressionWrapper, Q, QuerySet
from django.shortcuts import get_object_or_404

from coding.models import CodebookVersion, CodeProposal
from projects.access import Access
from projects.models import Event


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


def codebook_import(access: Access, batch: UUID) -> Event:
    """The line of history that says that a codebook was imported."""
    lines = access.project.events.filter(verb="codebook.imported", mode=Event.Mode.DO)
    return get_object_or_404(lines, batch=batch)
