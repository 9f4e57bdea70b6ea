"""What a file would do to a codebook: which codes are new, which change, which cannot be placed.

An import never removes or retires anything; a row that would leave the tree in doubt is left out
and said. Codes are known again by their guid, else by their id, else by name and place.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence

from cases.core.codebook_files.effects import (
    Changed,
    Field,
    Known,
    New,
    Place,
    Plan,
    State,
    called,
)
from cases.core.codebook_files.places import find_places, leave_out_twins
from cases.core.codebook_files.rows import KINDS, LABELS, PALETTE, SAYABLE, Row, Value
from cases.core.codebook_files.tree import keep_a_tree
from cases.core.study_folder.report import listing, shown


def plan_codebook(
    rows: Sequence[Row], known: Iterable[Known], file: str, *, with_changes: bool = True
) -> Plan:
    """The plan; with ``with_changes`` False codes that are there stay exactly as they are."""
    state = State({row.number: row for row in rows}, {code.guid: code for code in known}, file)
    find_places(state)
    leave_out_twins(state)
    changed = _changes(state) if with_changes else {}
    keep_a_tree(state, changed)
    new = [
        New(row, state.parent[number], called(state, state.parent[number]))
        for number, row in state.rows.items()
        if number not in state.faults and state.identity[number] == number
    ]
    kept = [change for number, change in changed.items() if number not in state.faults]
    there = sum(
        number not in state.faults and isinstance(place, str)
        for number, place in state.identity.items()
    )
    return Plan(
        new=_parents_first(new),
        changed=kept,
        unchanged=there - len(kept),
        conflicts=[state.faults[number] for number in sorted(state.faults)],
        notes=_notes(state.elsewhere),
        digest=_digest(new, kept),
    )


def _notes(elsewhere: list[str]) -> list[str]:
    if not elsewhere:
        return []
    names = listing([shown(name) for name in elsewhere], 12)
    return [f"Codes of these names are there in another place already: {names}."]


def _changes(state: State) -> dict[int, Changed]:
    changed = {}
    for number, row in state.rows.items():
        place = state.identity.get(number)
        if number in state.faults or not isinstance(place, str):
            continue
        code = state.known[place]
        fields = []
        if row.name != code.name:
            fields.append(Field("name", LABELS["name"], code.name, row.name, row.name))
        parent = state.parent[number]
        if parent != code.parent:
            fields.append(
                Field(
                    "parent",
                    LABELS["parent"],
                    called(state, code.parent) or "the top",
                    called(state, parent) or "the top",
                    parent,
                )
            )
        for name in SAYABLE:
            if name in row.values and row.values[name] != code.values[name]:
                old, new = code.values[name], row.values[name]
                fields.append(
                    Field(name, LABELS[name], as_text(name, old), as_text(name, new), new)
                )
        if not fields:
            continue
        if code.retired:
            message = (
                f"The code {shown(code.name)} has been retired and the file says something else "
                f"about it ({listing([f.label for f in fields])}); bring it back first."
            )
            state.fault(number, None, message)
            continue
        changed[number] = Changed(code.guid, code.key, code.name, number, fields)
    return changed


def as_text(name: str, value: Value) -> str:
    if name == "colour":
        return PALETTE[int(value)]
    if name == "kind":
        return KINDS.get(str(value), "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _parents_first(new: Sequence[New]) -> list[New]:
    numbers = {item.row.number for item in new}
    below: dict[Place | None, list[New]] = {}
    for item in new:
        below.setdefault(item.parent if item.parent in numbers else None, []).append(item)
    ordered = []
    stack = below.get(None, [])[::-1]
    while stack:
        item = stack.pop()
        ordered.append(item)
        stack += below.get(item.row.number, [])[::-1]
    return ordered


def _digest(new: Sequence[New], changed: Sequence[Changed]) -> str:
    """The same for the same effect on the same codebook."""
    content = [
        [[item.row.number, item.row.key, item.row.name, item.parent] for item in new],
        [[c.guid, c.row, [[f.name, f.old, f.value] for f in c.fields]] for c in changed],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
