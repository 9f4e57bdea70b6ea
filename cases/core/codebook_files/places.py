"""Which code each row of a file stands for, and which code is its parent."""

import unicodedata

from cases.core.codebook_files.effects import Known, Place, State, folded
from cases.core.codebook_files.rows import MAX_DEPTH, Row
from cases.core.study_folder.report import shown, suggestion

# So many codes of one name are not told apart by their paths.
_MOST_NAMESAKES = 100
_MOST_SUGGESTIONS = 50


class _Names:
    """Looks up what a cell or a name refers to: rows of the file first, then the project."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.row_keys: dict[str, int] = {}
        self.row_names: dict[str, list[int]] = {}
        for row in state.rows.values():
            if row.key:
                self.row_keys.setdefault(row.key, row.number)
            self.row_names.setdefault(folded(row.name), []).append(row.number)
        self.keys = {code.key: code for code in state.known.values()}
        self.names: dict[str, list[Known]] = {}
        self.below: dict[tuple[str | None, str], Known] = {}
        for code in state.known.values():
            if not code.removed:
                self.names.setdefault(folded(code.name), []).append(code)
                self.below.setdefault((code.parent, folded(code.name)), code)
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
        above = [folded(part) for part in parts[:-1]][::-1]
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
        name = folded(text)
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
            if folded(name) != wanted:
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
            for code in self.names.get(folded(row.name), ())
        ]

    def _by_place(self, row: Row) -> Place:
        here = self.names.get(folded(row.name), [])
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
        found = self.below.get((up, folded(row.name)))
        return found.guid if found else row.number


def find_places(state: State) -> None:
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
                    f"({shown(names.names[folded(row.name)][0].key)}) to mean it, "
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


def leave_out_twins(state: State) -> None:
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
