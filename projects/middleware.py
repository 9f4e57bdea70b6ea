"""Every page with a ``project_id`` gets ``request.access``, or the visitor gets 404."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from projects.access import resolve


class ProjectAccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.access = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> None:
        # API views authenticate later, inside DRF; their default permission does the same there.
        if "project_id" in kwargs and request.user.is_authenticated and not hasattr(view, "cls"):
            request.access = resolve(request.user, kwargs["project_id"])  # type: ignore[attr-defined]
