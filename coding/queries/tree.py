"""The tree of codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coding.models import Code
from projects.access import Access


@dataclass(frozen=True, slots=True)
class CodeNode:
    """A code in its place in the tree: ``codes`` are its own id and those of all descendants."""

    code: Code
    depth: int
    children: int
    codes: frozenset[int]
    path: str
    # Whether its number with the codes below holds some that the interview asks about.
    elicited_below: bool = False


def codebook(access: Access, *, merged: bool = False) -> list[CodeNode]:
    """The code tree in reading order, depth first. One query.

    A code that was merged into another has no passage left and is only there with ``merged``.
    """
    found = access.project.codes.present()
    if not merged:
        found = found.filter(merged_into__isnull=True)
    rows = list(found.select_related("merged_into").order_by("position", "id"))
    elicited = {code.pk for code in rows if code.elicited}
    below: dict[int | None, list[Code]] = {}
    for code in rows:
        below.setdefault(code.parent_id, []).append(code)
    nodes: list[CodeNode] = []

    def walk(code: Code, depth: int, path: str) -> frozenset[int]:
        place = len(nodes)
        here = f"{path} › {code.name}" if path else code.name
        nodes.append(None)  # type: ignore[arg-type]  # filled below, once the subtree is known
        own = {code.pk}
        for child in below.get(code.pk, []):
            own |= walk(child, depth + 1, here)
        asked = bool(own & elicited - {code.pk})
        children = len(below.get(code.pk, []))
        nodes[place] = CodeNode(code, depth, children, frozenset(own), here, asked)
        return frozenset(own)

    for root in below.get(None, []):
        walk(root, 0, "")
    return nodes


def code_rows(access: Access) -> list[dict[str, Any]]:
    """The code tree as the scripts of the reader take it, in tree order."""
    return [
        {
            "id": node.code.pk,
            "key": node.code.key,
            "name": node.code.name,
            "parent": node.code.parent_id,
            "depth": node.depth,
            "colour": node.code.colour,
            "definition": node.code.definition,
            "heading_only": node.code.heading_only,
            "elicited": node.code.elicited,
            "retired": node.code.retired_at is not None,
        }
        for node in codebook(access)
    ]


def merged_away(access: Access, ids: Iterable[int]) -> str:
    """Where one of these codes was merged: a sentence that says into which; else ""."""
    rows = access.project.codes.present().filter(pk__in=list(ids), merged_into__isnull=False)
    if (row := rows.order_by("pk").first()) is None:
        return ""
    words = {"code": row.name, "into": last_of_merges(row).name}
    return _("“%(code)s” was merged into “%(into)s”; choose that.") % words


def last_of_merges(code: Code) -> Code:
    """The code that has the passages now."""
    while code.merged_into is not None:
        code = code.merged_into
    return code


def code(access: Access, code_id: int) -> Code:
    return get_object_or_404(access.project.codes.present(), pk=code_id)


def codes(access: Access, ids: Iterable[int]) -> list[Code]:
    """The codes with these ids, in the order given; an id of another project is 404."""
    wanted = list(ids)
    # No database has a number beyond 64 bits, and some fail on being asked for one.
    there = access.project.codes.present()
    found = there.in_bulk([pk for pk in wanted if abs(pk) < 2**63])
    return [found.get(pk) or get_object_or_404(there, pk=pk) for pk in wanted]
