"""Pages of projects, members, invitations and jobs."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from projects import jobs, queries
from projects.forms import InviteForm, JoinForm, ProjectForm
from projects.services import membership as service
from projects.tasks import enqueue


@login_not_required
@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """For health checks: the process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})


@require_GET
def project_list(request: HttpRequest) -> HttpResponse:
    return render(request, "projects/list.html", {"projects": queries.projects_of(request.user)})


def project_new(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = service.create_project(user=request.user, **form.cleaned_data)
        messages.success(request, _("“%(title)s” is ready.") % {"title": project.title})
        return redirect("projects:home", project_id=project.pk)
    return render(request, "projects/form.html", {"form": form})


def project_edit(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    access.require("edit_project")
    project = access.project
    fields = ("title", "description", "synthetic", "coders_create_codes", "agreement_advice")
    initial = {name: getattr(project, name) for name in fields}
    form = ProjectForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        service.update_project(access=access, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("projects:home", project_id=project.pk)
    return render(request, "projects/form.html", {"form": form, "project": project})


@require_GET
def home(request: HttpRequest, project_id: int) -> HttpResponse:
    """The project's front page. Its figures come from the rooms above, by template tag."""
    context = {"project": request.access.project, "jobs": queries.recent_jobs(request.access, 5)}
    return render(request, "projects/home.html", context)


@require_GET
def members(request: HttpRequest, project_id: int) -> HttpResponse:
    return _members_page(request, InviteForm())


def _members_page(
    request: HttpRequest, form: InviteForm, link: str = "", status: int = 200
) -> HttpResponse:
    access = request.access
    context = {
        "members": queries.members(access),
        "invitations": queries.open_invitations(access) if access.may["manage_members"] else [],
        "form": form,
        "link": link,
        "roles": service.Role.choices,
    }
    return render(request, "projects/members.html", context, status=status)


@require_POST
@never_cache
def invite(request: HttpRequest, project_id: int) -> HttpResponse:
    """Makes an invitation and shows its link, this once."""
    request.access.require("manage_members")
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _members_page(request, form, status=400)
    _invitation, token = service.invite(access=request.access, **form.cleaned_data)
    link = request.build_absolute_uri(reverse("projects:accept", kwargs={"token": token}))
    return _members_page(request, InviteForm(), link=link)


@require_POST
def revoke(request: HttpRequest, project_id: int, invitation_id: int) -> HttpResponse:
    service.revoke_invitation(
        access=request.access, invitation=queries.invitation(request.access, invitation_id)
    )
    messages.success(request, _("The invitation is withdrawn; its link no longer works."))
    return redirect("projects:members", project_id=project_id)


@require_POST
def member_role(request: HttpRequest, project_id: int, membership_id: int) -> HttpResponse:
    member = queries.membership(request.access, membership_id)
    try:
        service.change_role(
            access=request.access, membership=member, role=request.POST.get("role", "")
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Saved."))
    return redirect("projects:members", project_id=project_id)


@require_POST
def member_end(request: HttpRequest, project_id: int, membership_id: int) -> HttpResponse:
    member = queries.membership(request.access, membership_id)
    leaving = member.pk == request.access.membership.pk
    try:
        service.end_membership(access=request.access, membership=member)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("projects:members", project_id=project_id)
    if leaving:
        messages.success(request, _("You have left the project."))
        return redirect("projects:list")
    messages.success(request, _("%(name)s is no longer a member.") % {"name": member.label})
    return redirect("projects:members", project_id=project_id)


@login_not_required
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation link leads: join with this account, or make one."""
    invitation = service.open_invitation(token)
    if invitation is None:
        return render(request, "projects/invitation_closed.html", status=410)
    form = JoinForm(request.POST or None) if not request.user.is_authenticated else None
    if request.method == "POST":
        try:
            if form is None:
                project = service.accept_invitation(user=request.user, token=token)
                return redirect("projects:home", project_id=project.pk)
            if form.is_valid():
                user, project = service.join_with_new_account(token=token, **form.cleaned_data)
                login(request, user)
                return redirect("projects:home", project_id=project.pk)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("projects:list")
    return render(request, "projects/accept.html", {"invitation": invitation, "form": form})


@require_GET
def job(request: HttpRequest, project_id: int, job_id: int) -> HttpResponse:
    """A job's page; asked by htmx it answers with the part that changes."""
    row = queries.job(request.access, job_id)
    if row.state == row.State.DONE and row.result.get("next"):
        if request.htmx:
            response = HttpResponse(status=204)
            response["HX-Redirect"] = row.result["next"]
            return response
        if not request.GET.get("stay"):
            return redirect(row.result["next"])
    template = "projects/_job.html" if request.htmx else "projects/job.html"
    return render(request, template, {"job": row})


@require_POST
def job_cancel(request: HttpRequest, project_id: int, job_id: int) -> HttpResponse:
    row = queries.job(request.access, job_id)
    jobs.request_cancel(request.access, row)
    return redirect("projects:job", project_id=project_id, job_id=row.pk)


@require_POST
def job_retry(request: HttpRequest, project_id: int, job_id: int) -> HttpResponse:
    """Run a job again that failed or was cancelled."""
    row = queries.job(request.access, job_id)
    if jobs.request_retry(request.access, row):
        enqueue(row)
    return redirect("projects:job", project_id=project_id, job_id=row.pk)
