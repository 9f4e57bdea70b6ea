from django.urls import path

from cases import views

app_name = "cases"
urlpatterns = [
    path("cases/", views.case_list, name="list"),
    path("import/", views.import_study, name="import"),
    path("import/<int:job_id>/", views.import_plan, name="import_plan"),
    path("matrix/", views.matrix_page, name="matrix"),
    path("matrix/cell/", views.cell, name="cell"),
    path("matrix/export/<str:fmt>/", views.export, name="export"),
]
