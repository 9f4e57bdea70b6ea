"""The Makefile and the locks: any Python that is new enough, hashes only, nothing done twice."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Makefile and script in a folder whose name has a space, with a lock that names nothing."""
    folder = tmp_path / "a folder"
    (folder / "tests" / "tools").mkdir(parents=True)
    (folder / "requirements").mkdir()
    shutil.copy(REPOSITORY / "Makefile", folder)
    shutil.copy(REPOSITORY / "tests" / "tools" / "environment.sh", folder / "tests" / "tools")
    (folder / "requirements" / "base.txt").write_text("# nothing\n")
    return folder


def make(
    folder: Path, *arguments: str, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PATH": path} if path is not None else {})
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(name, None)  # of the make that may have started these tests
    return subprocess.run(
        [str(shutil.which("make")), *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_help_is_the_default_and_names_every_command() -> None:
    said = make(REPOSITORY).stdout
    named = re.findall(r"^make (\w+)", said, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert sorted([*named, "help"]) == sorted(phony[1].split())


def test_the_environment_is_made_once_and_again_for_another_lock(copy: Path) -> None:
    python = f"PYTHON={sys.executable}"
    first = make(copy, ".venv/base.stamp", python)
    assert first.returncode == 0, first.stderr
    assert (copy / ".venv" / "bin" / "python").exists()
    assert "Making .venv with Python 3." in first.stdout
    assert "Installing" in first.stdout
    assert "up to date" in make(copy, ".venv/base.stamp", python).stdout

    lock = copy / "requirements" / "base.txt"
    newer = (copy / ".venv" / "base.stamp").stat().st_mtime + 10
    os.utime(lock, (newer, newer))  # as after a checkout that changes nothing in it
    touched = make(copy, ".venv/base.stamp", python)
    assert (touched.returncode, touched.stdout) == (0, "")

    lock.write_text("six==1.17.0\n")  # without a hash: refused
    os.utime(lock, (newer + 20, newer + 20))
    refused = make(copy, ".venv/base.stamp", python)
    assert refused.returncode != 0
    assert "hash" in refused.stderr.lower()


def test_a_python_that_is_too_old_is_refused_with_a_sentence(copy: Path) -> None:
    old = copy / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = make(copy, ".venv/base.stamp", f"PYTHON={old}")
    assert refused.returncode != 0
    assert f"PYTHON={old} is not a Python 3.11 or newer." in refused.stderr
    assert not (copy / ".venv").exists()


def test_no_python_at_all_is_said_loudly(copy: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    refused = make(copy, ".venv/base.stamp", path=str(tools))
    assert refused.returncode != 0
    assert "coachstudy needs Python 3.11 or newer" in refused.stderr
    assert "make demo PYTHON=/path/to/python3" in refused.stderr


@pytest.mark.parametrize("name", ["base", "dev"])
def test_the_lock_has_a_hash_for_everything_and_names_no_registry(name: str) -> None:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert "index-url" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9.\-]*(\[[a-z,]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_both_locks_pin_the_same_versions() -> None:
    pins = [
        set(
            re.findall(
                r"^([a-z0-9.\-]+==[^ ;\\]+)",
                (REPOSITORY / "requirements" / f"{name}.txt").read_text(),
                re.MULTILINE,
            )
        )
        for name in ("base", "dev")
    ]
    assert len(pins[0]) > 20
    assert pins[0] <= pins[1]
