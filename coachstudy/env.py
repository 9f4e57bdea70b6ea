"""Reading the environment: a wrong value fails loudly and names its variable."""

import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def env_str(name: str, default: str = "", choices: Sequence[str] = ()) -> str:
    value = os.environ.get(name, "").strip() or default
    if choices and value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(
        f"{name} must be yes or no (1/0, true/false, on/off), not {value!r}."
    )


def env_int(name: str, default: int, low: int, high: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must lie between {low} and {high}, not {number}.")
    return number


def env_list(name: str, default: Sequence[str]) -> list[str]:
    value = os.environ.get(name, "")
    items = [item.strip() for item in value.split(",") if item.strip()]
    return items or list(default)


def env_secret(name: str, file: Path | None) -> str:
    """The secret from the environment, else from ``file``, which is made on first use.

    A team server passes ``file=None``: there the variable must be set, because several processes on
    several machines have to agree on it.
    """
    value = os.environ.get(name, "")
    if value:
        if len(value) < 32:
            raise ImproperlyConfigured(f"{name} must have at least 32 characters.")
        return value
    if file is None:
        raise ImproperlyConfigured(f"{name} must be set (at least 32 random characters).")
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_urlsafe(48)
    # Written aside and linked into place: no other process ever reads half a key, and of two that
    # start together one wins.
    descriptor, aside = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(value)
        try:
            os.link(aside, file)
        except FileExistsError:
            return file.read_text().strip()
        except OSError:
            # No hard links on this file system: the last of two that start together wins.
            os.replace(aside, file)
    finally:
        Path(aside).unlink(missing_ok=True)
    return value


def env_secrets(name: str) -> list[str]:
    """Several secrets with commas between them, or none; each one long enough to be one."""
    values = env_list(name, [])
    if any(len(value) < 32 for value in values):
        raise ImproperlyConfigured(f"Each key in {name} must have at least 32 characters.")
    return values
