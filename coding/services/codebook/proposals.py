"""Coders propose a code or a change of one; leads accept it, as it is or edited, or decline."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.core.codebook import MEANING
from coding.models import Code, CodeProposal
from coding.services.codebook.shared import current, lock_tree
from coding.services.codebook.writing import change_code, create_code
from coding.services.codings.history import StateConflict
from projects.access import Access
from projects.services.events import record

# What somebody may propose about a code.
PROPOSED = ("name", *MEANING)


@transaction.atomic
def propose(
    *,
    access: Access,
    code: Code | None,
    name: str,
    definition: str = "",
    when_to_use: str = "",
    when_not_to_use: str = "",
    reason: str = "",
) -> CodeProposal:
    """Ask for a new code, or (``code``) for a change of one."""
    access.require("code")
    words = {
        "name": name.strip(),
        "definition": definition.strip(),
        "when_to_use": when_to_use.strip(),
        "when_not_to_use": when_not_to_use.strip(),
    }
    if not words["name"]:
        raise ValidationError({"name": _("Give the code a name.")})
    if code is not None:
        words = {field: text for field, text in words.items() if text != getattr(code, field)}
        if not words:
            raise ValidationError(_("Nothing differs from what the codebook says."))
    row = CodeProposal.objects.create(
        project=access.project,
        code=code,
        content=words,
        reason=reason.strip(),
        made_by=access.membership,
    )
    record(
        access, "proposal.made", row, label=code.name if code else words["name"], after=dict(words)
    )
    return row


@transaction.atomic
def accept(
    *,
    access: Access,
    proposal: CodeProposal,
    edited: dict[str, Any],
    answer: str = "",
    seen: str = "",
) -> Code:
    """Make the code, or change it; ``edited`` holds the fields as the lead leaves them, ``seen``
    is as in ``change_code``."""
    access.require("edit_codebook")
    lock_tree(access)
    proposal = _open(access, proposal)
    words: dict[str, Any] = {field: str(edited.get(field, "")) for field in PROPOSED}
    reason = _("proposed by %(who)s") % {"who": proposal.made_by.label}
    if proposal.reason:
        reason = f"{proposal.reason} ({reason})"
    if proposal.code is None:
        code = create_code(access=access, reason=reason, **words)
    else:
        code = current(access, proposal.code)
        code = change_code(
            access=access,
            code=code,
            parent=code.parent,
            colour=code.colour,
            heading_only=code.heading_only,
            redefines=bool(edited.get("redefines")),
            reason=reason,
            seen=seen,
            **words,
        )
        proposal.code = code
    label = _decide(access, proposal, CodeProposal.State.ACCEPTED, answer)
    record(access, "proposal.accepted", proposal, label=label, after={"answer": proposal.answer})
    return code


@transaction.atomic
def decline(*, access: Access, proposal: CodeProposal, answer: str) -> None:
    access.require("edit_codebook")
    lock_tree(access)
    proposal = _open(access, proposal)
    if not answer.strip():
        raise ValidationError({"answer": _("Say why, in a word to whoever proposed it.")})
    label = _decide(access, proposal, CodeProposal.State.DECLINED, answer)
    record(access, "proposal.declined", proposal, label=label, after={"answer": proposal.answer})


def _open(access: Access, proposal: CodeProposal) -> CodeProposal:
    row = CodeProposal.objects.select_related("made_by", "code", "decided_by").get(
        pk=proposal.pk, project=access.project
    )
    if row.state != CodeProposal.State.OPEN:
        raise StateConflict(
            _("%(who)s has already decided on this proposal.")
            % {"who": row.decided_by.label if row.decided_by else "?"},
            code="decided",
        )
    return row


def _decide(access: Access, row: CodeProposal, state: str, answer: str) -> str:
    row.state, row.answer = state, answer.strip()
    row.decided_by, row.decided_at = access.membership, timezone.now()
    row.save()
    return row.code.name if row.code else str(row.content.get("name", ""))
