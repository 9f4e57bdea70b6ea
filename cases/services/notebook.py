"""What taking the notebook out leaves behind: who, under which filters, in which state."""

from django.db import transaction

from projects.access import Access
from projects.services.events import record


@transaction.atomic
def record_notebook_export(*, access: Access, name: str, query: str, sha256: str) -> None:
    access.require("export")
    record(
        access,
        "notebook.exported",
        access.project,
        label=name,
        after={"file": name, "query": query, "sha256": sha256},
    )
