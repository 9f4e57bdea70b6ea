"""Passages that show what a code means. They are live: an example goes when its coding goes."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from coding.models import Code, CodeExample, Coding
from coding.passages import passages
from coding.services.codebook.shared import current, lock_tree
from coding.services.codings.history import StateConflict
from projects.access import Access
from projects.services.events import record


@transaction.atomic
def add_example(*, access: Access, code: Code, coding: Coding) -> CodeExample:
    """Show a passage as an example of the code that it is coded with."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    coding = Coding.objects.select_related("source", "coder").get(
        pk=coding.pk, source__project=access.project
    )
    if coding.removed_at is not None or coding.code_id != code.pk:
        raise StateConflict(
            _("This passage is not coded with “%(code)s” any more.") % {"code": code.name},
            code="not_there",
        )
    (shown,) = passages(access, [coding])
    if not shown.quotable:
        raise ValidationError(
            _("Whoever speaks here has refused to be quoted: this cannot be an example."),
            code="no_quote",
        )
    last = code.examples.aggregate(last=Max("position"))["last"]
    example, made = CodeExample.objects.get_or_create(
        code=code, coding=coding, defaults={"position": 0 if last is None else last + 1}
    )
    if made:
        record(
            access,
            "example.added",
            code,
            source=coding.source,
            after={"passage": f"{coding.source.title}, {coding.start}–{coding.end}"},
        )
    return example


@transaction.atomic
def remove_example(*, access: Access, code: Code, coding: Coding) -> None:
    access.require("edit_codebook")
    lock_tree(access)
    gone, _rows = CodeExample.objects.filter(code=code, coding=coding).delete()
    if gone:
        record(
            access,
            "example.removed",
            code,
            source=coding.source,
            before={"passage": f"{coding.source.title}, {coding.start}–{coding.end}"},
        )
