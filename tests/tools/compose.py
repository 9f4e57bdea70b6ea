"""Reading docker-compose.yml as Compose does: interpolation, merge keys, schema."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import compose_spec
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "docker-compose.yml"

_VARIABLE = re.compile(
    r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<sign>:?[-?+])(?P<rest>[^}]*))?\})"
)


class MissingVariable(Exception):
    """A variable without which Compose refuses to start."""


def variables(text: str) -> dict[str, str]:
    """Each variable of the file, with its sign (``:?`` required, ``:-`` with default, "")."""
    return {
        match["name"]: match["sign"] or "" for match in _VARIABLE.finditer(text) if match["name"]
    }


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """``${NAME}``, ``${NAME:-default}`` and ``${NAME:?message}`` as Compose replaces them."""

    def replace(match: re.Match[str]) -> str:
        name, sign, rest = match["name"], match["sign"], match["rest"]
        if name is None:
            return "$"
        value = values.get(name, "")
        if value or not sign:
            return value
        if sign == ":?":
            raise MissingVariable(f"{name}: {rest}")
        if sign == ":-":
            return str(rest)
        raise ValueError(f"{match[0]}: this reader does not know {sign!r}")

    return _VARIABLE.sub(replace, text)


def load(values: Mapping[str, str]) -> dict[str, Any]:
    """The file as Compose would see it with these variables.

    Raises ValueError where it breaks the Compose specification, MissingVariable where a value is
    not given.
    """
    text = interpolate(FILE.read_text(), values)
    options = compose_spec.PyOptions(apply_merge=True)
    options.from_yaml(text).validate()
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
