from django.urls import path

from coding import codebook_views, views

app_name = "coding"
urlpatterns = [
    path("sources/", views.source_list, name="sources"),
    path("sources/<int:source_id>/", views.source, name="source"),
    path("sources/<int:source_id>/marks/", views.marks, name="marks"),
    path("sources/<int:source_id>/original/", views.original, name="original"),
    path("codes/", codebook_views.code_list, name="codes"),
    path("codes/new/", codebook_views.code_edit, name="code_new"),
    path("codes/versions/", codebook_views.codebook_versions, name="codebook_versions"),
    path(
        "codes/versions/<int:version_id>/",
        codebook_views.codebook_version,
        name="codebook_version",
    ),
    path(
        "codes/versions/<int:version_id>/export/",
        codebook_views.version_export,
        name="version_export",
    ),
    path(
        "codes/versions/<int:version_id>/restore/",
        codebook_views.version_restore,
        name="version_restore",
    ),
    path("codes/proposals/", codebook_views.proposals, name="proposals"),
    path("codes/proposals/new/", codebook_views.proposal_new, name="proposal_new"),
    path("codes/proposals/<int:proposal_id>/", codebook_views.proposal, name="proposal"),
    path("codes/<int:code_id>/", codebook_views.code, name="code"),
    path("codes/<int:code_id>/edit/", codebook_views.code_edit, name="code_edit"),
    path("codes/<int:code_id>/move/", codebook_views.code_move, name="code_move"),
    path("codes/<int:code_id>/retire/", codebook_views.code_retire, name="code_retire"),
    path("codes/<int:code_id>/examples/", codebook_views.code_examples, name="code_examples"),
    path("codes/<int:code_id>/merge/", codebook_views.code_merge, name="code_merge"),
    path("codes/<int:code_id>/unmerge/", codebook_views.code_unmerge, name="code_unmerge"),
    path("codes/<int:code_id>/split/", codebook_views.code_split, name="code_split"),
    path("codes/<int:code_id>/review/", codebook_views.code_review, name="code_review"),
]
