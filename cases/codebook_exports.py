"""The codebook as files: every code with its texts, and a stamp of which state it is."""

import hashlib
import json
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cases import codebook
from cases.core.codebook_files import WRITERS, Book, Entry, clean
from cases.exports import ExportFile
from coding import queries as coding_queries
from coding.services.codebook import plain_key
from projects.access import Access

FORMATS = tuple(WRITERS)


def book(access: Access) -> Book:
    """The whole codebook, codes in the trash left out; a constant number of queries."""
    nodes = [n for n in coding_queries.codebook(access) if n.code.removed_at is None]
    counts = coding_queries.coding_counts(access)
    examples = codebook.code_examples(access)
    keys = {node.code.pk: node.code.key for node in nodes}
    entries = []
    numbers: list[int] = []
    for node in nodes:
        code = node.code
        numbers = [*numbers, 0][: node.depth + 1]
        numbers[node.depth] += 1
        shown = examples.get(code.pk, [])
        entries.append(
            Entry(
                guid=str(code.guid),
                key=code.key,
                name=clean(code.name),
                parent=keys.get(code.parent_id or 0, ""),
                path=clean(node.path),
                number=".".join(map(str, numbers)),
                depth=node.depth,
                definition=clean(code.definition),
                when_to_use=clean(code.when_to_use),
                when_not_to_use=clean(code.when_not_to_use),
                kind=code.kind,
                elicited=code.elicited,
                colour=code.colour,
                heading_only=code.heading_only,
                retired=timezone.localdate(code.retired_at).isoformat() if code.retired_at else "",
                merged_into=keys.get(code.merged_into_id or 0, ""),
                passages=counts.get(code.pk, 0),
                examples=tuple(clean(text) for text, why in shown if not why),
                unquoted=sum(bool(why) for _text, why in shown),
                plain_key=code.key == plain_key(code.name),
            )
        )
    made_at = timezone.now()
    return Book(
        title=_("Codebook: %(project)s") % {"project": clean(access.project.title)},
        entries=entries,
        stamp=_stamp(access, entries, made_at),
        made_at=made_at,
        software=f"coachstudy {settings.VERSION}",
    )


def export(access: Access, fmt: str) -> tuple[ExportFile, str]:
    """The codebook in one of ``FORMATS``, and the hash of its codes; KeyError for another format.

    ValidationError if there is no code: some formats cannot say so.
    """
    write, content_type = WRITERS[fmt]
    content = book(access)
    if not content.entries:
        raise ValidationError(_("There is no code yet, so there is nothing to export."))
    title = slugify(access.project.title)[:40] or "project"
    name = f"{title}-codebook-{timezone.localdate(content.made_at).isoformat()}.{fmt}"
    return ExportFile(name, content_type, write(content)), sha256(list(content.entries))


def _stamp(access: Access, entries: list[Entry], made_at: datetime) -> list[tuple[str, str]]:
    project = clean(access.project.title)
    retired = sum(bool(entry.retired) for entry in entries)
    stamp = [
        (_("Project"), project),
        (
            _("n"),
            _("codes: %(codes)s, of them retired: %(retired)s; codings: %(passages)s")
            % {
                "codes": len(entries),
                "retired": retired,
                "passages": sum(entry.passages for entry in entries),
            },
        ),
        (_("Passages"), _("codings of the code itself, each coder's counted by itself")),
        (_("Made"), timezone.localtime(made_at).strftime("%Y-%m-%d %H:%M:%S %Z")),
        (_("Made by"), clean(access.membership.label)),
        (_("Software"), f"coachstudy {settings.VERSION}"),
        (_("SHA-256 of the codes"), sha256(entries)),
    ]
    if access.project.synthetic:
        stamp.insert(1, (_("Data"), _("Synthetic: people and words are invented.")))
    return stamp


def sha256(entries: list[Entry]) -> str:
    """Of what the codes say and where they stand; not of how often they are used."""
    said = [
        [
            *(e.guid, e.key, e.name, e.parent, e.definition, e.when_to_use, e.when_not_to_use),
            *(e.kind, e.elicited, e.colour, e.heading_only, bool(e.retired), e.merged_into),
        ]
        for e in entries
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
