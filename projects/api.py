"""What all API views share: closed unless a member, and one shape for every error."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import resolve

if TYPE_CHECKING:
    # rest_framework.views imports this module, named in its settings, while it is loading.
    from rest_framework.views import APIView


class ProjectPermission(BasePermission):
    """The default permission: a logged-in member of the project named in the address."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if "project_id" not in view.kwargs:
            return False
        request.access = resolve(request.user, view.kwargs["project_id"])  # type: ignore[attr-defined]
        return True


class Conflict(exceptions.APIException):
    """The request was fine, the state of things is not: somebody was quicker (409)."""

    status_code = 409

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code)
        self.code = code


def error(code: str, message: str, status: int, fields: dict[str, Any] | None = None) -> Response:
    body = {"code": code, "message": message, "fields": fields or {}}
    return Response({"error": body}, status=status)


def _sentences(error_: ValidationError) -> tuple[str, str, dict[str, Any]]:
    fields = {}
    if hasattr(error_, "error_dict"):
        fields = {name: [str(m) for m in messages] for name, messages in error_}
    first = error_.error_list[0] if hasattr(error_, "error_list") else None
    code = getattr(first, "code", None) or "invalid"
    return code, " ".join(error_.messages), fields


def _texts(detail: Any) -> list[str]:
    """The sentences of one field; those of a list's items lie one level deeper."""
    if isinstance(detail, dict):
        return list(dict.fromkeys(text for part in detail.values() for text in _texts(part)))
    if isinstance(detail, list):
        return [text for part in detail for text in _texts(part)]
    return [str(detail)]


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn Django's and DRF's errors into ``{"error": {"code", "message", "fields"}}``."""
    from rest_framework.views import set_rollback  # noqa: PLC0415  (see above)

    set_rollback()
    if isinstance(exc, ValidationError):
        code, message, fields = _sentences(exc)
        return error(code, message, 400, fields)
    if isinstance(exc, Http404):
        return error("not_found", _("There is no such thing in this project."), 404)
    if isinstance(exc, PermissionDenied):
        return error("forbidden", str(exc) or _("You may not do this."), 403)
    if isinstance(exc, exceptions.ValidationError):
        fields = {}
        if isinstance(exc.detail, dict):
            fields = {name: _texts(messages) for name, messages in exc.detail.items()}
        message = " ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items())
        return error("invalid", message or _("Please check the values."), 400, fields)
    if isinstance(exc, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        return error("not_authenticated", _("Please log in."), 401)
    if isinstance(exc, exceptions.APIException):
        code = getattr(exc, "code", None) or exc.default_code
        return error(str(code), str(exc.detail), exc.status_code)
    return None
