from django.urls import path

from coding import speaker_views, views

app_name = "coding"
urlpatterns = [
    path("sources/", views.source_list, name="sources"),
    path("sources/<int:source_id>/", views.source, name="source"),
    path("sources/<int:source_id>/marks/", views.marks, name="marks"),
    path("sources/<int:source_id>/original/", views.original, name="original"),
    path("speakers/", speaker_views.speaker_list, name="speakers"),
    path("codes/", views.code_list, name="codes"),
    path("codes/new/", views.code_edit, name="code_new"),
    path("codes/<int:code_id>/", views.code_edit, name="code"),
]
