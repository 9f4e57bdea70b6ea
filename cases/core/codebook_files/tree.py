"""The tree that a file would make of a codebook: no cycle, no namesakes, no missing parent."""

from collections.abc import Mapping

from cases.core.codebook_files.effects import Changed, Place, State, called
from cases.core.codebook_files.rows import MAX_DEPTH
from cases.core.study_folder.report import shown


def keep_a_tree(state: State, changed: Mapping[int, Changed]) -> None:
    """Leave out rows until no two siblings share a name, no code is below itself, and no parent is
    missing. Each round leaves out at least one, and what it changed back is looked at again."""
    while True:
        parents, names, rows = _result(state, changed)
        found = [
            *_orphans(state, parents, rows),
            *_below_themselves(parents, rows),
            *_same_names(state, parents, names, rows),
        ]
        for number, column, message in found:
            state.fault(number, column, message)
        if not found:
            return


def _result(
    state: State, changed: Mapping[int, Changed]
) -> tuple[dict[Place, Place | None], dict[Place, str], dict[Place, int]]:
    """Parents and names as they would be, and the rows that would make them so."""
    parents: dict[Place, Place | None] = {}
    names: dict[Place, str] = {}
    rows: dict[Place, int] = {}
    for code in state.known.values():
        if not code.removed:
            parents[code.guid], names[code.guid] = code.parent, code.name
    for number, row in state.rows.items():
        if number in state.faults:
            continue
        place = state.identity[number]
        if number in changed or place == number:
            parents[place], names[place] = state.parent[number], row.name
            rows[place] = number
    return parents, names, rows


def _orphans(
    state: State, parents: Mapping[Place, Place | None], rows: Mapping[Place, int]
) -> list[tuple[int, str | None, str]]:
    found: list[tuple[int, str | None, str]] = []
    for place, number in rows.items():
        up = parents[place]
        there = state.known.get(up) if isinstance(up, str) else None
        if there is not None and there.merged_into and not _was_there(state, place, up):
            message = (
                f"The parent {shown(there.name)} was merged into {shown(there.merged_into)}; "
                "nothing lies below it any more."
            )
            found.append((number, "parent", message))
            continue
        if up is None or up in parents:
            continue
        if isinstance(up, int):
            message = f"The parent {shown(state.rows[up].name)} (row {up}) is left out."
        else:
            message = f"The parent {shown(called(state, up))} is in the trash."
        found.append((number, "parent", message))
    return found


def _was_there(state: State, place: Place, up: Place | None) -> bool:
    known = state.known.get(place) if isinstance(place, str) else None
    return known is not None and known.parent == up


def _below_themselves(
    parents: Mapping[Place, Place | None], rows: Mapping[Place, int]
) -> list[tuple[int, str | None, str]]:
    found: list[tuple[int, str | None, str]] = []
    depth: dict[Place, int] = {}
    for start in parents:
        path: dict[Place, None] = {}
        here: Place | None = start
        while here is not None and here in parents and here not in depth and here not in path:
            path[here] = None
            here = parents[here]
        if here is not None and here in path:
            around = list(path)[list(path).index(here) :]
            found += [
                (rows[place], "parent", "The code would be its own descendant.")
                for place in around
                if place in rows
            ]
            depth.update(dict.fromkeys(path, 0))
            continue
        level = depth.get(here, -1) if here is not None else -1
        for place in reversed(path):
            level += 1
            depth[place] = level
            if level >= MAX_DEPTH and place in rows:
                message = f"The code lies deeper than {MAX_DEPTH} levels."
                found.append((rows[place], "parent", message))
    return found


def _same_names(
    state: State,
    parents: Mapping[Place, Place | None],
    names: Mapping[Place, str],
    rows: Mapping[Place, int],
) -> list[tuple[int, str | None, str]]:
    here: dict[tuple[Place | None, str], list[Place]] = {}
    for place, up in parents.items():
        here.setdefault((up, names[place].casefold()), []).append(place)
    found: list[tuple[int, str | None, str]] = []
    for (up, _name), places in here.items():
        if len(places) < 2:
            continue
        below = f"below {shown(called(state, up))}" if up is not None else "at the top"
        # What is there stays; of several rows the first.
        late = [place for place in places if place in rows]
        for place in late if len(late) < len(places) else late[1:]:
            other = next(p for p in places if p != place)
            where = f" (row {rows[other]})" if other in rows else ""
            message = f"There is already a code {shown(names[place])} {below}{where}."
            found.append((rows[place], "name", message))
    return found
