from django.urls import path

from cases import (
    auto_views,
    codebook_views,
    participant_views,
    search_views,
    transcript_views,
    views,
    withdrawal_views,
)

app_name = "cases"
urlpatterns = [
    path("cases/", views.case_list, name="list"),
    path("participants/", participant_views.participant_list, name="participants"),
    path("participants/new/", participant_views.edit, name="participant_new"),
    path("participants/<int:participant_id>/", participant_views.participant, name="participant"),
    path(
        "participants/<int:participant_id>/edit/", participant_views.edit, name="participant_edit"
    ),
    path(
        "participants/<int:participant_id>/withdraw/",
        withdrawal_views.withdraw,
        name="withdraw",
    ),
    path("withdrawals/", withdrawal_views.receipt_list, name="withdrawals"),
    path("withdrawals/<int:withdrawal_id>/", withdrawal_views.receipt, name="withdrawal"),
    path(
        "withdrawals/<int:withdrawal_id>/receipt.txt",
        withdrawal_views.receipt_text,
        name="withdrawal_text",
    ),
    path("import/", views.import_study, name="import"),
    path("import/<int:job_id>/", views.import_plan, name="import_plan"),
    path("import/transcripts/", transcript_views.upload, name="transcripts"),
    path("import/transcripts/<int:check_id>/", transcript_views.plan, name="transcripts_plan"),
    path(
        "import/transcripts/<int:check_id>/files/<int:step_id>/",
        transcript_views.one_file,
        name="transcripts_file",
    ),
    path(
        "import/transcripts/done/<int:import_id>/", transcript_views.done, name="transcripts_done"
    ),
    path("codes/export/<str:fmt>/", codebook_views.codebook_export, name="codebook_export"),
    path("codes/import/", codebook_views.codebook_import, name="codebook_import"),
    path(
        "codes/import/<int:codebook_check_id>/", codebook_views.codebook_plan, name="codebook_plan"
    ),
    path("search/", search_views.search_page, name="search"),
    path("search/save/", search_views.save, name="search_save"),
    path("search/saved/<int:saved_id>/remove/", search_views.saved_remove, name="search_remove"),
    path("search/auto-code/", auto_views.auto_code, name="auto_code"),
    path("search/auto-code/<uuid:batch>/", auto_views.auto_coded, name="auto_coded"),
    path("search/expression/", auto_views.expression, name="expression"),
    path(
        "search/expression/<int:expression_id>/",
        auto_views.expression_found,
        name="expression_found",
    ),
    path("matrix/", views.matrix_page, name="matrix"),
    path("matrix/cell/", views.cell, name="cell"),
    path("matrix/export/<str:fmt>/", views.export, name="export"),
]
