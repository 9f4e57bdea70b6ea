"""The pages for what went wrong: one look, one sentence, a way on."""

from django.conf import settings
from django.core.exceptions import BadRequest, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

CODES = {400: "invalid", 403: "forbidden", 404: "not_found", 500: "server_error"}


def _page(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        # The one shape of errors there; see projects.api.
        body = {"code": CODES[status], "message": message, "fields": {}}
        return JsonResponse({"error": body}, status=status)
    if not hasattr(request, "access"):
        request.access = None  # type: ignore[attr-defined]
    return render(request, "error.html", {"title": title, "message": message}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = _("The address or the form cannot be understood. Go back and try again.")
    if isinstance(exception, TooManyFilesSent):
        message = _("These are more than %(limit)d files. Go back and send them in parts.") % {
            "limit": settings.MAX_TRANSCRIPTS
        }
    elif isinstance(exception, BadRequest) and str(exception):
        # Raised by ourselves, with a sentence for whoever followed the address.
        message = str(exception)
    return _page(request, 400, _("That did not work"), message)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = str(exception) or _("Your role in this project does not include this.")
    return _page(request, 403, _("Not with this role"), message)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = _("This page does not exist, or it belongs to a project that you are not in.")
    return _page(request, 404, _("Nothing here"), message)


def server_error(request: HttpRequest) -> HttpResponse:
    message = _("Something went wrong on our side. What you had saved is saved. Please try again.")
    return _page(request, 500, _("Our mistake"), message)
