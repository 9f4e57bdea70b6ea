"""What figures of agreement leave behind: who took which of them out, in which state."""

from django.db import transaction

from coding.models import Round
from projects.access import Access
from projects.services.events import record


@transaction.atomic
def record_agreement_export(
    *, access: Access, held: Round, name: str, query: str, sha256: str
) -> None:
    access.require("export")
    record(
        access,
        "agreement.exported",
        held,
        label=name,
        after={"file": name, "query": query, "sha256": sha256},
    )
