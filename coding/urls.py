from django.urls import path

from coding import (
    codebook_views,
    desk_views,
    name_views,
    recording_views,
    speaker_views,
    version_views,
    views,
)

app_name = "coding"
urlpatterns = [
    path("sources/", views.source_list, name="sources"),
    path("sources/<int:source_id>/", views.source, name="source"),
    path("sources/<int:source_id>/marks/", views.marks, name="marks"),
    path("sources/<int:source_id>/original/", views.original, name="original"),
    path("sources/<int:source_id>/correct/", version_views.correct, name="correct"),
    path("sources/<int:source_id>/versions/", version_views.version_list, name="versions"),
    path("sources/<int:source_id>/versions/<int:number>/", version_views.version, name="version"),
    path(
        "sources/<int:source_id>/versions/<int:number>/compare/",
        version_views.compare,
        name="version_compare",
    ),
    path(
        "sources/<int:source_id>/versions/<int:number>/restore/",
        version_views.restore,
        name="version_restore",
    ),
    path("sources/<int:source_id>/review/", version_views.reviews, name="reviews"),
    path("sources/<int:source_id>/review/<int:review_id>/", version_views.decide, name="review"),
    path("names/", name_views.names, name="names"),
    path("names/log/", name_views.names_log, name="names_log"),
    path(
        "sources/<int:source_id>/recording/",
        recording_views.recording,
        name="recording",
    ),
    path(
        "sources/<int:source_id>/recording/edit/",
        recording_views.recording_edit,
        name="recording_edit",
    ),
    path(
        "sources/<int:source_id>/recording/remove/",
        recording_views.recording_remove,
        name="recording_remove",
    ),
    path("speakers/", speaker_views.speaker_list, name="speakers"),
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
        name="codebook_export",
    ),
    path(
        "codes/versions/<int:version_id>/restore/",
        codebook_views.version_restore,
        name="codebook_restore",
    ),
    path(
        "codes/imports/<uuid:import_batch>/undo/",
        codebook_views.import_undo,
        name="codebook_import_undo",
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
    path("codes/<int:code_id>/remerge/", codebook_views.code_remerge, name="code_remerge"),
    path("codes/<int:code_id>/split/", codebook_views.code_split, name="code_split"),
    path("codes/<int:code_id>/review/", codebook_views.code_review, name="code_review"),
    path("rounds/<int:round_id>/review/", desk_views.review, name="round_review"),
    path("rounds/<int:round_id>/review/accept/", desk_views.accept, name="round_accept"),
    path("rounds/<int:round_id>/review/mine/", desk_views.mine, name="round_own"),
    path(
        "rounds/<int:round_id>/review/<int:source_id>/", desk_views.one_source, name="round_source"
    ),
    path(
        "rounds/<int:round_id>/review/<int:source_id>/<int:comparison_id>/",
        desk_views.comparison,
        name="comparison",
    ),
    path(
        "rounds/<int:round_id>/review/<int:source_id>/<int:comparison_id>/say/",
        desk_views.say,
        name="comparison_say",
    ),
]
