from django.urls import path

from coding.api import notes, views

app_name = "coding-api"
urlpatterns = [
    path("codes/", views.Codes.as_view(), name="codes"),
    path("codings/<int:coding_id>/", views.CodingDetail.as_view(), name="coding"),
    path("codings/<int:coding_id>/example/", views.CodingExample.as_view(), name="example"),
    path("codings/<int:coding_id>/notes/", notes.CodingNotes.as_view(), name="notes"),
    path("notes/", notes.Notes.as_view(), name="all_notes"),
    path("notes/<int:note_id>/", notes.NoteDetail.as_view(), name="note"),
    path("sources/<int:source_id>/codings/", views.SourceCodings.as_view(), name="codings"),
    path("sources/<int:source_id>/changes/", views.Changes.as_view(), name="changes"),
    path("rounds/", views.Rounds.as_view(), name="rounds"),
    path("rounds/<int:round_id>/", views.RoundDetail.as_view(), name="round"),
    path("presence/", views.Presence.as_view(), name="presence"),
    path("sources/<int:source_id>/undo/", views.Undo.as_view(), name="undo"),
    path("sources/<int:source_id>/redo/", views.Redo.as_view(), name="redo"),
    path("sources/<int:source_id>/finished/", views.Finished.as_view(), name="finished"),
]
