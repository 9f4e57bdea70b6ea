"""The one place that decides who may do what in which project.

``resolve`` is called by the middleware for pages, by the API's default permission and by jobs.
Outsiders get 404, so that they cannot learn that a project exists; members without the right get
403. Rows are always reached from ``access.project``, never by a bare id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from projects.models import Membership, Project, Role, User

# What each role may do, as data. A later role or right is a line here, not an `if` elsewhere.
RIGHTS: Mapping[str, frozenset[str]] = {
    "read": frozenset({Role.OWNER, Role.LEAD, Role.CODER, Role.VIEWER}),
    "export": frozenset({Role.OWNER, Role.LEAD, Role.CODER, Role.VIEWER}),
    "code": frozenset({Role.OWNER, Role.LEAD, Role.CODER}),
    "remove_others_codings": frozenset({Role.OWNER, Role.LEAD}),
    "change_others_notes": frozenset({Role.OWNER, Role.LEAD}),
    "edit_codebook": frozenset({Role.OWNER, Role.LEAD}),
    "create_codes": frozenset({Role.OWNER, Role.LEAD}),
    "adjudicate": frozenset({Role.OWNER, Role.LEAD}),
    "edit_participants": frozenset({Role.OWNER, Role.LEAD}),
    "see_identities": frozenset({Role.OWNER, Role.LEAD}),
    "run_rounds": frozenset({Role.OWNER, Role.LEAD}),
    "correct_sources": frozenset({Role.OWNER, Role.LEAD}),
    "remove_evidence": frozenset({Role.OWNER, Role.LEAD}),
    "undo_others": frozenset({Role.OWNER}),
    "empty_trash": frozenset({Role.OWNER}),
    "withdraw": frozenset({Role.OWNER}),
    "import_data": frozenset({Role.OWNER, Role.LEAD}),
    "edit_project": frozenset({Role.OWNER, Role.LEAD}),
    "manage_members": frozenset({Role.OWNER}),
}

# What a project's setting gives to further roles: right → (field of the project, roles).
BY_SETTING: Mapping[str, tuple[str, frozenset[str]]] = {
    "create_codes": ("coders_create_codes", frozenset({Role.CODER})),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody's way into one project: who, where, as what."""

    user: User
    project: Project
    membership: Membership

    @property
    def role(self) -> str:
        return self.membership.role

    @property
    def may(self) -> Mapping[str, bool]:
        return MappingProxyType({right: self._has(right) for right in RIGHTS})

    def _has(self, right: str) -> bool:
        if self.role in RIGHTS[right]:
            return True
        setting, roles = BY_SETTING.get(right, ("", frozenset()))
        return self.role in roles and bool(getattr(self.project, setting))

    def require(self, right: str) -> None:
        """Raise PermissionDenied (403) unless this role has ``right``."""
        if not self._has(right):
            raise PermissionDenied(
                _("As %(role)s you may not do this in “%(project)s”.")
                % {"role": self.membership.get_role_display(), "project": self.project.title}
            )


def resolve(user: object, project_id: int) -> Access:
    """The access of ``user`` to a project, or Http404 for everybody who does not belong to it."""
    if not isinstance(user, User) or not user.is_active:
        raise Http404
    # An address may hold any number; SQLite fails on being asked for one beyond 64 bits.
    if abs(project_id) >= 2**63:
        raise Http404
    membership = (
        Membership.objects.select_related("project")
        .filter(project_id=project_id, user=user, ended_at__isnull=True)
        .first()
    )
    if membership is None:
        raise Http404
    return Access(user=user, project=membership.project, membership=membership)
