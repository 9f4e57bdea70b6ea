from django.urls import path

from cases import (
    agreement_views,
    auto_views,
    codebook_views,
    history_views,
    notebook_views,
    participant_views,
    round_views,
    search_views,
    transcript_views,
    trash_views,
    views,
    withdrawal_views,
)

app_name = "cases"
urlpatterns = [
    path("history/", history_views.history, name="history"),
    path("history/export/<str:fmt>/", history_views.history_export, name="history_export"),
    path("history/<int:event_id>/undo/", history_views.undo, name="history_undo"),
    path("trash/", trash_views.trash_list, name="trash"),
    path("trash/empty/", trash_views.trash_empty, name="trash_empty"),
    path("trash/<uuid:trashed>/restore/", trash_views.trash_restore, name="trash_restore"),
    path("trash/<uuid:trashed>/delete/", trash_views.trash_delete, name="trash_delete"),
    path("sources/<int:source_id>/remove/", trash_views.source_remove, name="source_remove"),
    path("codes/<int:code_id>/remove/", trash_views.code_remove, name="code_remove"),
    path("cases/<int:case_id>/remove/", trash_views.case_remove, name="case_remove"),
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
    path("notebook/", notebook_views.notebook_page, name="notebook"),
    path("notebook/new/", notebook_views.memo_new, name="memo_new"),
    path("notebook/<int:note_id>/edit/", notebook_views.memo_edit, name="memo_edit"),
    path("notebook/<int:note_id>/remove/", notebook_views.memo_remove, name="memo_remove"),
    path("notebook/<int:note_id>/restore/", notebook_views.memo_restore, name="memo_restore"),
    path("notebook/export/<str:fmt>/", notebook_views.export, name="notebook_export"),
    path("rounds/", round_views.round_list, name="rounds"),
    path("rounds/new/", round_views.edit, name="new_round"),
    path("rounds/<int:round_id>/", round_views.round_page, name="round"),
    path("rounds/<int:round_id>/edit/", round_views.edit, name="round_edit"),
    path("rounds/<int:round_id>/start/", round_views.start, name="round_start"),
    path("rounds/<int:round_id>/open/", round_views.open_, name="round_open"),
    path("rounds/<int:round_id>/close/", round_views.close, name="round_close"),
    path("rounds/<int:round_id>/delete/", round_views.delete, name="round_delete"),
    path("rounds/<int:round_id>/put-back/", round_views.put_back, name="round_put_back"),
    path("matrix/", views.matrix_page, name="matrix"),
    path("matrix/cell/", views.cell, name="cell"),
    path("matrix/export/<str:fmt>/", views.export, name="export"),
    path("rounds/<int:round_id>/agreement/", agreement_views.page, name="agreement"),
    path("rounds/<int:round_id>/agreement/count/", agreement_views.count, name="agreement_count"),
    path(
        "rounds/<int:round_id>/agreement/report/", agreement_views.report, name="agreement_report"
    ),
    path(
        "rounds/<int:round_id>/agreement/<int:code_id>/",
        agreement_views.code,
        name="agreement_code",
    ),
    path(
        "rounds/<int:round_id>/agreement/export/<str:fmt>/",
        agreement_views.export,
        name="agreement_export",
    ),
]
