from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("projects/", views.project_list, name="list"),
    path("projects/new/", views.project_new, name="new"),
    path("projects/<int:project_id>/", views.home, name="home"),
    path("projects/<int:project_id>/edit/", views.project_edit, name="edit"),
    path("projects/<int:project_id>/members/", views.members, name="members"),
    path("projects/<int:project_id>/members/invite/", views.invite, name="invite"),
    path(
        "projects/<int:project_id>/members/invitations/<int:invitation_id>/revoke/",
        views.revoke,
        name="revoke",
    ),
    path(
        "projects/<int:project_id>/members/<int:membership_id>/role/",
        views.member_role,
        name="member_role",
    ),
    path(
        "projects/<int:project_id>/members/<int:membership_id>/end/",
        views.member_end,
        name="member_end",
    ),
    path("projects/<int:project_id>/jobs/<int:job_id>/", views.job, name="job"),
    path(
        "projects/<int:project_id>/jobs/<int:job_id>/cancel/", views.job_cancel, name="job_cancel"
    ),
    path("projects/<int:project_id>/jobs/<int:job_id>/retry/", views.job_retry, name="job_retry"),
    path("invitations/<str:token>/", views.accept, name="accept"),
    path("health/", views.health, name="health"),
]
