"""The codebook as files see it: what is there to compare with, and what may be shown of it."""

from cases import queries
from cases.core.codebook_files import SAYABLE, Known, clean
from coding import queries as coding_queries
from coding.core.consent import why_not_quoted
from coding.models import CodeExample, Turn
from coding.services.codebook import undone_codes
from projects.access import Access


def known_codes(access: Access) -> list[Known]:
    """The codes as a file that is read is compared with them; those in the trash too, but for
    those that lie there because their import was undone: a better file may bring them again."""
    undone = undone_codes(access)
    rows = list(
        access.project.codes.select_related("parent", "merged_into").order_by("position", "id")
    )
    return [
        Known(
            guid=str(code.guid),
            key=code.key,
            name=clean(code.name),
            parent=str(code.parent.guid) if code.parent else None,
            values={
                name: clean(value) if isinstance(value := getattr(code, name), str) else value
                for name in SAYABLE
            },
            retired=code.retired_at is not None,
            removed=code.removed_at is not None,
            merged_into=clean(code.merged_into.name) if code.merged_into else "",
        )
        for code in rows
        if str(code.guid) not in undone
    ]


def code_examples(access: Access) -> dict[int, list[tuple[str, str]]]:
    """By code, its examples in their order: (words, why they may not be quoted or "")."""
    rows = list(
        CodeExample.objects.filter(
            code__project=access.project, coding__in=coding_queries.visible_in_any_layer(access)
        )
        .order_by("code_id", "position", "id")
        .values_list("code_id", "coding__source_id", "coding__start", "coding__end")
    )
    ids = {source for _code, source, _start, _end in rows}
    if not ids:
        return {}
    words = queries.texts(access, ids)
    turns: dict[int, list[tuple[int, int, str, bool, bool | None]]] = {}
    for source, start, end, role, person, consent in (
        Turn.objects.filter(source__in=ids)
        .order_by("source_id", "ordinal")
        .values_list(
            "source_id", "start", "end", "role", "participant_id", "participant__consent_quote"
        )
    ):
        turns.setdefault(source, []).append((start, end, role, person is not None, consent))
    found: dict[int, list[tuple[str, str]]] = {}
    for code, source, start, end in rows:
        touched = [turn[2:] for turn in turns.get(source, ()) if turn[0] < end and turn[1] > start]
        found.setdefault(code, []).append((words[source][start:end], why_not_quoted(touched)))
    return found
