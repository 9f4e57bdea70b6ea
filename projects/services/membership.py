"""Projects and the people in them."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.access import Access
from projects.models import Invitation, Membership, Project, Role, User
from projects.services.events import record, record_for


@transaction.atomic
def create_project(
    *,
    user: User,
    title: str,
    description: str = "",
    synthetic: bool = False,
    coders_create_codes: bool = False,
    agreement_advice: bool = True,
) -> Project:
    project = Project(
        title=title,
        description=description,
        synthetic=synthetic,
        coders_create_codes=coders_create_codes,
        agreement_advice=agreement_advice,
    )
    project.full_clean()
    project.save()
    membership = _join(project, user, Role.OWNER)
    record_for(project, user, "project.created", project, after={"title": title})
    record_for(project, user, "member.joined", membership, after={"role": Role.OWNER})
    return project


@transaction.atomic
def update_project(
    *,
    access: Access,
    title: str,
    description: str,
    synthetic: bool,
    coders_create_codes: bool | None = None,
    agreement_advice: bool | None = None,
) -> Project:
    access.require("edit_project")
    project = Project.objects.select_for_update().get(pk=access.project.pk)
    fields = ("title", "description", "synthetic", "coders_create_codes", "agreement_advice")
    before = {name: getattr(project, name) for name in fields}
    project.title, project.description, project.synthetic = title, description, synthetic
    if coders_create_codes is not None:
        project.coders_create_codes = coders_create_codes
    if agreement_advice is not None:
        project.agreement_advice = agreement_advice
    project.full_clean()
    project.save()
    after = {name: getattr(project, name) for name in fields}
    if before != after:
        record(access, "project.changed", project, before=before, after=after)
    return project


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite(*, access: Access, role: str, note: str = "") -> tuple[Invitation, str]:
    """A new invitation and its token, which is shown once and not kept."""
    access.require("manage_members")
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        project=access.project,
        role=role,
        note=note,
        token_hash=hash_token(token),
        created_by=access.user,
        expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
    )
    invitation.full_clean()
    invitation.save()
    record(
        access, "project.invited", access.project, after={"role": role, "note": note}, label=note
    )
    return invitation, token


@transaction.atomic
def revoke_invitation(*, access: Access, invitation: Invitation) -> None:
    access.require("manage_members")
    changed = Invitation.objects.filter(
        pk=invitation.pk,
        project=access.project,
        accepted_at__isnull=True,
        revoked_at__isnull=True,
    ).update(revoked_at=timezone.now())
    if changed:
        record(
            access,
            "project.uninvited",
            access.project,
            before={"role": invitation.role, "note": invitation.note},
            label=invitation.note,
        )


def open_invitation(token: str) -> Invitation | None:
    """The invitation behind a link, if it is still open."""
    invitation = (
        Invitation.objects.select_related("project", "created_by")
        .filter(token_hash=hash_token(token))
        .first()
    )
    return invitation if invitation and invitation.is_open else None


@transaction.atomic
def accept_invitation(*, user: User, token: str) -> Project:
    invitation = Invitation.objects.select_for_update().filter(token_hash=hash_token(token)).first()
    if invitation is None or not invitation.is_open:
        raise ValidationError(
            _("This invitation is no longer open. Ask the person who sent it for a new one."),
            code="invitation_closed",
        )
    project = invitation.project
    membership = Membership.objects.filter(project=project, user=user).first()
    if membership and membership.ended_at is None:
        raise ValidationError(_("You are already a member of this project."), code="member")
    if membership:
        membership.ended_at, membership.role = None, invitation.role
        membership.save()
    else:
        membership = _join(project, user, invitation.role)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save()
    record_for(project, user, "member.joined", membership, after={"role": invitation.role})
    return project


@transaction.atomic
def change_role(*, access: Access, membership: Membership, role: str) -> None:
    access.require("manage_members")
    current = _current(access, membership)
    before = current.role
    if role not in Role.values:
        raise ValidationError(_("There is no such role."), code="invalid")
    if before == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(access, current)
    if before == role:
        return
    current.role = role
    current.save()
    record(access, "member.role", current, before={"role": before}, after={"role": role})


@transaction.atomic
def end_membership(*, access: Access, membership: Membership) -> None:
    """Take somebody out of the project, or leave it. Their codings stay theirs."""
    if membership.pk != access.membership.pk:
        access.require("manage_members")
    current = _current(access, membership)
    if current.role == Role.OWNER:
        _keep_an_owner(access, current)
    current.ended_at = timezone.now()
    current.save()
    record(access, "member.left", current, before={"role": current.role})


def _current(access: Access, membership: Membership) -> Membership:
    current = (
        Membership.objects.select_for_update()
        .filter(pk=membership.pk, project=access.project, ended_at__isnull=True)
        .first()
    )
    if current is None:
        raise ValidationError(_("This person is no longer a member."), code="gone")
    return current


def _keep_an_owner(access: Access, leaving: Membership) -> None:
    others = Membership.objects.select_for_update().filter(
        project=access.project, role=Role.OWNER, ended_at__isnull=True, user__isnull=False
    )
    if not [m for m in others if m.pk != leaving.pk]:
        raise ValidationError(
            _("A project needs an owner: make somebody else an owner first."), code="last_owner"
        )


def _join(project: Project, user: User, role: str) -> Membership:
    """A membership whose label nobody else in the project has."""
    label = base = (user.display_name or user.email.split("@")[0])[:70]
    number = 2
    while Membership.objects.filter(project=project, label=label).exists():
        label, number = f"{base} ({number})", number + 1
    return Membership.objects.create(project=project, user=user, label=label, role=role)


@transaction.atomic
def join_with_new_account(
    *, token: str, email: str, display_name: str, password: str
) -> tuple[User, Project]:
    """Make an account for somebody who follows an invitation, and let them in: both or neither."""
    if open_invitation(token) is None:
        raise ValidationError(
            _("This invitation is no longer open. Ask the person who sent it for a new one."),
            code="invitation_closed",
        )
    user = User.objects.create_user(email, password, display_name=display_name)
    return user, accept_invitation(user=user, token=token)
