from django.urls import path

from coding import name_views, recording_views, speaker_views, version_views, views

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
    path("codes/", views.code_list, name="codes"),
    path("codes/new/", views.code_edit, name="code_new"),
    path("codes/<int:code_id>/", views.code_edit, name="code"),
]
