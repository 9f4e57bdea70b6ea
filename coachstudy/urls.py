"""All addresses. Pages of a project lie under /projects/<id>/, its JSON under /api/v1/."""

from allauth.account import urls as account_urls
from django.urls import include, path
from django.views.generic import RedirectView

# Accounts are made by invitation and there is no mail server to rely on, so of allauth's pages
# only these are open. The others need a mail to arrive.
ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_change_password",
}

PROJECT = "projects/<int:project_id>/"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="projects:list"), name="root"),
    path("accounts/", include([p for p in account_urls.urlpatterns if p.name in ACCOUNT_PAGES])),
    path("", include("projects.urls")),
    path(PROJECT, include("coding.urls")),
    path(PROJECT, include("cases.urls")),
    path(f"api/v1/{PROJECT}", include("coding.api.urls")),
]
handler400 = "projects.errors.bad_request"
handler403 = "projects.errors.forbidden"
handler404 = "projects.errors.not_found"
handler500 = "projects.errors.server_error"
