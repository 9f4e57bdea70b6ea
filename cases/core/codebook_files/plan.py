"""What a file would do to a codebook: which codes are new, which change, which cannot be placed.

An import never removes or retires anything; a row that would leave the tree in doubt is left out
and said. Codes are known again by their guid, else by their id, else by name and place.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cases.core.codebook_files.rows import KINDS, LABELS, MAX_DEPTH, PALETTE, SAYABLE, Row, Value
from cases.core.study_folder import Problem
from cases.core.study_folder.report import listing, shown, suggestion

# So many codes of one name are not told apart by their paths.
_MOST_NAMESAKES = 100
_MOST_SUGGESTIONS = 50

# A place in the tree: the guid of a code that is there, the number of a row that is new.
Place = str | int


@dataclass(frozen=True, slots=True)
class Known:
    """A code of the project. ``parent`` is a guid; ``values`` has every field of ``SAYABLE``."""

    guid: str
    key: str
    name: str
    parent: str | None
    values: Mapping[str, Value]
    retired: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class New:
    row: Row
    parent: Place | None
    parent_name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field that changes; ``old`` and ``new`` as a person reads them, ``value`` as stored."""

    name: str
    label: str
    old: str
    new: str
    value: Value | Place | None


@dataclass(frozen=True, slots=True)
class Changed:
    guid: str
    key: str
    name: str
    row: int
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Plan:
    """``new`` has parents before their children, else the order of the file."""

    new: list[New]
    changed: list[Changed]
    unchanged: int
    conflicts: list[Problem]
    notes: list[str]
    digest: str


@dataclass(slots=True)
class _State:
    """Where each row goes, while it is being found out."""

    rows: dict[int, Row]
    known: dict[str, Known]
    file: str
    # What a row stands for: the guid of a code that is there, or its own number.
    identity: dict[int, Place] = field(default_factory=dict)
    parent: dict[int, Place | None] = field(default_factory=dict)
    faults: dict[int, Problem] = field(default_factory=dict)
    # Names of new codes that are there in another place too.
    elsewhere: list[str] = field(default_factory=list)

    def fault(self, number: int, column: str | None, message: str) -> None:
        self.faults.setdefault(number, Problem(self.file, number, column, message))


def plan_codebook(
    rows: Sequence[Row], known: Iterable[Known], file: str, *, with_changes: bool = True
) -> Plan:
    """The plan; with ``with_changes`` False codes that are there stay exactly as they are."""
    state = _State({row.number: row for row in rows}, {code.guid: code for code in known}, file)
    _find_places(state)
    _leave_out_twins(state)
    changed = _changes(state) if with_changes else {}
    _keep_a_tree(state, changed)
    new = [
        New(row, state.parent[number], _called(state, state.parent[number]))
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


# --- what each row stands for --------------------------------------------------------------------


class _Names:
    """Looks up what a cell or a name refers to: rows of the file first, then the project."""

    def __init__(self, state: _State) -> None:
        self.state = state
        self.row_keys: dict[str, int] = {}
        self.row_names: dict[str, list[int]] = {}
        for row in state.rows.values():
            if row.key:
                self.row_keys.setdefault(row.key, row.number)
            self.row_names.setdefault(_folded(row.name), []).append(row.number)
        self.keys = {code.key: code for code in state.known.values()}
        self.names: dict[str, list[Known]] = {}
        self.below: dict[tuple[str | None, str], Known] = {}
        for code in state.known.values():
            if not code.removed:
                self.names.setdefault(_folded(code.name), []).append(code)
                self.below.setdefault((code.parent, _folded(code.name)), code)
        self.places: dict[int, Place | None] = {}
        self._walking: set[int] = set()
        self._suggested = 0

    def parent(self, row: Row) -> Place | None:
        """The place of a row's parent: None for none; LookupError with a sentence otherwise."""
        if row.nested:
            return None if row.above is None else self.place(row.above)
        if not row.parent:
            return None
        found = self._referred(row.parent, row.number)
        return self.place(found) if isinstance(found, int) else found

    def _referred(self, text: str, by: int) -> Place:
        key = unicodedata.normalize("NFC", text)
        if key in self.row_keys:
            return self.row_keys[key]
        if key in self.keys:
            if self.keys[key].removed:
                raise LookupError(f"The parent {shown(text)} is in the trash; restore it first.")
            return self.keys[key].guid
        parts = [text]
        if not any(self._by_name(text)):
            parts = text.replace(" › ", " > ").split(" > ")
        above = [_folded(part) for part in parts[:-1]][::-1]
        found: list[Place] = []
        for places in self._by_name(parts[-1]):
            if len(places) > _MOST_NAMESAKES:
                raise self._many(text, len(places))
            # A row of the same name as its parent means another one.
            others = [place for place in places if place != by]
            found = found or [p for p in others if not above or self._lies(p, above)]
        if not found and by in self._by_name(parts[-1])[0] and not above:
            raise LookupError("The code would be its own descendant.")
        if not found:
            raise LookupError(f"There is no code {shown(text)}{self._near(text)}.")
        if len(found) > 1:
            raise self._many(text, len(found))
        return found[0]

    def _many(self, text: str, count: int) -> LookupError:
        return LookupError(
            f"The name {shown(text)} is there in {count} places; "
            "write the code id of the parent, or its path: A > B."
        )

    def _near(self, text: str) -> str:
        """What may have been meant; not looked for again and again in a file full of mistakes."""
        self._suggested += 1
        if self._suggested > _MOST_SUGGESTIONS:
            return ""
        names = {row.key or row.name for row in self.state.rows.values()}
        names |= {code.key for code in self.keys.values() if not code.removed}
        return suggestion(text, names)

    def _by_name(self, text: str) -> tuple[list[Place], list[Place]]:
        """The rows of this name, and the codes that are there: rows come first."""
        name = _folded(text)
        return (
            list(self.row_names.get(name, ())),
            [code.guid for code in self.names.get(name, ())],
        )

    def _lies(self, place: Place, above: list[str]) -> bool:
        """Whether the codes above a place have these names, beginning with the nearest."""
        for wanted in above:
            try:
                if isinstance(place, int):
                    up = self.parent_of(place)
                else:
                    up = self.state.known[place].parent
            except LookupError:
                return False
            if up is None:
                return False
            name = self.state.rows[up].name if isinstance(up, int) else self.state.known[up].name
            if _folded(name) != wanted:
                return False
            place = up
        return True

    def parent_of(self, number: int) -> Place | None:
        if number in self._walking:
            raise LookupError("The code is its own descendant.")
        self._walking.add(number)
        try:
            return self.parent(self.state.rows[number])
        finally:
            self._walking.discard(number)

    def place(self, number: int) -> Place:
        """What a row stands for: a code that is there, or itself."""
        if number not in self.state.rows:
            raise LookupError(f"The code around it (no. {number}) cannot be used.")
        row = self.state.rows[number]
        if row.guid in self.state.known:
            return row.guid
        if row.key in self.keys:
            return self.keys[row.key].guid
        if row.key:
            return number
        if number in self.places:
            return self.places[number] or number
        self.places[number] = found = self._by_place(row)
        return found

    def elsewhere(self, row: Row) -> list[str]:
        """Where codes of this row's name are already, in words."""
        return [
            f"below {shown(self.state.known[code.parent].name)}" if code.parent else "at the top"
            for code in self.names.get(_folded(row.name), ())
        ]

    def _by_place(self, row: Row) -> Place:
        here = self.names.get(_folded(row.name), [])
        if not here:
            return row.number
        if row.parent is None and not row.nested:
            if len(here) > 1:
                raise LookupError(
                    f"The name {shown(row.name)} is there in {len(here)} places; "
                    "give the code id, or a column parent."
                )
            return here[0].guid
        up = self.parent_of(row.number)
        if isinstance(up, int):
            return row.number
        found = self.below.get((up, _folded(row.name)))
        return found.guid if found else row.number


def _find_places(state: _State) -> None:
    names = _Names(state)
    for number, row in state.rows.items():
        by_key = names.keys.get(row.key)
        by_guid = state.known.get(row.guid)
        if by_guid and by_key and by_guid is not by_key:
            message = (
                f"The guid is that of the code {shown(by_guid.key)}, the code id that of another."
            )
            state.fault(number, "guid", message)
            continue
        there = by_guid or by_key
        if there is not None and there.removed:
            message = (
                f"The code {shown(there.name)} is in the trash; "
                "restore it first, or give another code id."
            )
            state.fault(number, "code" if by_key else "guid", message)
            continue
        try:
            state.identity[number] = place = names.place(number)
            elsewhere = [] if isinstance(place, str) else names.elsewhere(row)
            # Nothing is guessed where a row could mean a code that stands in another place. A row
            # with an id, or one inside others, says that it is a code of its own.
            if elsewhere and not row.key and not row.nested:
                state.fault(
                    number,
                    "name",
                    f"There is a code {shown(row.name)} {elsewhere[0]}; write its code id "
                    f"({shown(names.names[_folded(row.name)][0].key)}) to mean it, "
                    "or another code id for a new code.",
                )
            elif elsewhere:
                state.elsewhere.append(row.name)
            if row.parent is None and not row.nested and isinstance(place, str):
                state.parent[number] = state.known[place].parent
            else:
                state.parent[number] = names.parent_of(number)
        except LookupError as problem:
            state.fault(number, "parent" if row.parent else None, str(problem.args[0]))
        except RecursionError:
            state.fault(number, "parent", f"The code lies deeper than {MAX_DEPTH} levels.")


def _leave_out_twins(state: _State) -> None:
    """Of two rows for the same code the first counts."""
    seen: dict[Place, int] = {}
    keys: dict[str, int] = {}
    for number, row in state.rows.items():
        if number in state.faults:
            continue
        first = seen.setdefault(state.identity[number], number)
        if row.key:
            first = min(first, keys.setdefault(row.key, number))
        if first != number:
            message = f"The code {shown(row.key or row.name)} is already in row {first}."
            state.fault(number, "code" if row.key else "name", message)


# --- what changes --------------------------------------------------------------------------------


def _changes(state: _State) -> dict[int, Changed]:
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
                    _called(state, code.parent),
                    _called(state, parent),
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


def _called(state: _State, place: Place | None) -> str:
    if place is None:
        return ""
    return state.rows[place].name if isinstance(place, int) else state.known[place].name


# --- the tree that would result ------------------------------------------------------------------


def _keep_a_tree(state: _State, changed: Mapping[int, Changed]) -> None:
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
    state: _State, changed: Mapping[int, Changed]
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
    state: _State, parents: Mapping[Place, Place | None], rows: Mapping[Place, int]
) -> list[tuple[int, str | None, str]]:
    found: list[tuple[int, str | None, str]] = []
    for place, number in rows.items():
        up = parents[place]
        if up is None or up in parents:
            continue
        if isinstance(up, int):
            message = f"The parent {shown(state.rows[up].name)} (row {up}) is left out."
        else:
            message = f"The parent {shown(_called(state, up))} is in the trash."
        found.append((number, "parent", message))
    return found


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
    state: _State,
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
        below = f"below {shown(_called(state, up))}" if up is not None else "at the top"
        # What is there stays; of several rows the first.
        late = [place for place in places if place in rows]
        for place in late if len(late) < len(places) else late[1:]:
            other = next(p for p in places if p != place)
            where = f" (row {rows[other]})" if other in rows else ""
            message = f"There is already a code {shown(names[place])} {below}{where}."
            found.append((rows[place], "name", message))
    return found


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


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
