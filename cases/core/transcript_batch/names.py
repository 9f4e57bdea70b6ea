"""Names of uploaded files: what is shown of them, and what they suggest for a source.

A file's name comes from outside: it may carry a path, characters that cannot be seen, or one that
turns the reading direction, so that "gpj.exe" looks like "exe.jpg". None of that is kept.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date

MAX_NAME = 200
MAX_KEY = 60
MAX_TITLE = 200

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_NOT_IN_A_KEY = re.compile(r"[^\w.\-]+")


def shown_name(raw: str, number: int) -> str:
    """The last part of ``raw`` as it can be shown; "file 3" where nothing is left of it."""
    last = raw.replace("\\", "/").rstrip("/").rpartition("/")[2]
    composed = unicodedata.normalize("NFC", last)
    # Cc: control; Cf: format, the marks of reading direction among them; Cs, Co, Cn: no characters.
    seen = "".join(c for c in composed if unicodedata.category(c)[0] != "C")
    name = " ".join(seen.split()).strip(". ")
    if not name:
        return f"file {number}"
    if len(name) > MAX_NAME:
        stem, ending = _split(name)
        name = stem[: MAX_NAME - len(ending) - 1] + "…" + ending
    return name


def suggest_title(name: str) -> str:
    """ "Coach_03 interview.vtt" → "Coach 03 interview"."""
    return " ".join(_split(name)[0].replace("_", " ").split())[:MAX_TITLE] or name[:MAX_TITLE]


def suggest_key(name: str, taken: Collection[str] = ()) -> str:
    """An identifier made of a file's name that is not in ``taken`` (in any case of letters)."""
    stem = unicodedata.normalize("NFC", _split(name)[0])
    key = _NOT_IN_A_KEY.sub("-", stem).strip("-._")[:MAX_KEY].strip("-._") or "source"
    return free_key(key, taken)


def free_key(key: str, taken: Collection[str]) -> str:
    """``key``, or with the lowest number from 2 behind it that nobody has."""
    used = {k.casefold() for k in taken}
    free, number = key, 2
    while free.casefold() in used:
        free, number = f"{key}-{number}", number + 1
    return free


def date_in(name: str) -> date | None:
    """The one date of a file's name, written 2019-03-12, 2019_03_12, 2019.03.12 or 20190312."""
    found = set()
    for year, _separator, month, day in _DATE.findall(name):
        try:
            found.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found.pop() if len(found) == 1 else None


def _split(name: str) -> tuple[str, str]:
    """Stem and ending with its dot; what is longer than six characters is no ending."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending) <= 6 and " " not in ending else (name, "")
