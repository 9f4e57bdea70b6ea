from django.urls import path

from coding.api import views

app_name = "coding-api"
urlpatterns = [
    path("codes/", views.Codes.as_view(), name="codes"),
    path("codings/<int:coding_id>/", views.CodingDetail.as_view(), name="coding"),
    path("codings/<int:coding_id>/notes/", views.CodingNotes.as_view(), name="notes"),
    path("notes/<int:note_id>/", views.NoteDetail.as_view(), name="note"),
    path("sources/<int:source_id>/codings/", views.SourceCodings.as_view(), name="codings"),
    path("sources/<int:source_id>/changes/", views.Changes.as_view(), name="changes"),
    path("presence/", views.Presence.as_view(), name="presence"),
    path("sources/<int:source_id>/undo/", views.Undo.as_view(), name="undo"),
    path("sources/<int:source_id>/redo/", views.Redo.as_view(), name="redo"),
    path("sources/<int:source_id>/finished/", views.Finished.as_view(), name="finished"),
]
