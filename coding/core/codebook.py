"""Frozen states of a codebook: their fingerprint, what differs between two, and as a table.

A state is a list of codes in tree order, each a mapping with the fields below; ``parent`` and
``merged_into`` are guids. Plain data in, plain data out.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Entry = dict[str, Any]

# What says what a code means: changing one of these may make passages coded before wrong.
MEANING = ("definition", "when_to_use", "when_not_to_use")
FIELDS = (
    "guid",
    "key",
    "parent",
    "name",
    "definition",
    "when_to_use",
    "when_not_to_use",
    "kind",
    "elicited",
    "colour",
    "heading_only",
    "retired",
    "merged_into",
)
# What is compared field by field; the place in the tree is told apart as a move.
COMPARED = tuple(name for name in FIELDS if name not in ("guid", "key", "parent", "merged_into"))


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one code between two states.

    ``kind`` is "added", "removed" or "changed"; ``fields`` are (field, before, after); ``moved`` is
    (path above before, path above after), or None where it stayed below the same code.
    """

    kind: str
    guid: str
    name: str
    fields: tuple[tuple[str, Any, Any], ...] = ()
    moved: tuple[str, str] | None = None


def fingerprint(content: Sequence[Entry]) -> str:
    """SHA-256 of a state; the same for the same codes in the same order."""
    text = json.dumps(list(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def compare(before: Sequence[Entry], after: Sequence[Entry]) -> list[Difference]:
    """What differs, in the order of ``after``; codes that are gone come last."""
    was = {entry["guid"]: entry for entry in before}
    now = {entry["guid"]: entry for entry in after}
    found = []
    for guid, entry in now.items():
        old = was.get(guid)
        if old is None:
            found.append(Difference("added", guid, entry["name"]))
            continue
        fields = tuple(
            (name, old.get(name), entry.get(name))
            for name in COMPARED
            if old.get(name) != entry.get(name)
        )
        moved = None
        if old.get("parent") != entry.get("parent"):
            moved = (path_above(was, guid), path_above(now, guid))
        if fields or moved:
            found.append(Difference("changed", guid, entry["name"], fields, moved))
    found += [
        Difference("removed", guid, entry["name"]) for guid, entry in was.items() if guid not in now
    ]
    return found


def path_above(entries: dict[str, Entry], guid: str) -> str:
    """ "Gains › Sharing" for a code below these two; empty at the top level."""
    names: list[str] = []
    at = entries[guid].get("parent")
    while at in entries and len(names) < 50:
        names.insert(0, entries[at]["name"])
        at = entries[at].get("parent")
    return " › ".join(names)


def as_csv(content: Sequence[Entry]) -> str:
    """A table of a state, one line per code in tree order; parents by their key."""
    keys = {entry["guid"]: entry["key"] for entry in content}
    names = ("code", "parent", *COMPARED, "merged_into", "guid")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    for entry in content:
        line = {
            **entry,
            "code": entry["key"],
            "parent": keys.get(entry.get("parent"), ""),
            "merged_into": keys.get(entry.get("merged_into"), ""),
        }
        writer.writerow([_cell(line.get(name, "")) for name in names])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    # A cell that a spreadsheet would take for a formula stays text.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
