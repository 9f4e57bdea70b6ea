"""What an export leaves behind: who took which table out, in which state."""

from django.db import transaction

from projects.access import Access
from projects.services.events import record


@transaction.atomic
def record_history_export(*, access: Access, name: str, query: str, sha256: str) -> None:
    access.require("export")
    record(
        access,
        "history.exported",
        access.project,
        label=name,
        after={"file": name, "query": query, "sha256": sha256},
    )


@transaction.atomic
def record_export(*, access: Access, name: str, query: str, sha256: str) -> None:
    access.require("export")
    record(
        access,
        "matrix.exported",
        access.project,
        label=name,
        after={"file": name, "query": query, "sha256": sha256},
    )
