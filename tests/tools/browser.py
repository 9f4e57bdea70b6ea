"""A Chromium for the browser tests: on the path, else Playwright's, else Debian's.

python -m tests.tools.browser     brings one and prints where it is
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "COACHSTUDY_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """Where a Chromium is, without bringing one; None when there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return _playwrights()


def bring() -> tuple[str | None, list[str]]:
    """Where a Chromium is, and what was tried in vain to get one."""
    found = find()
    if found:
        return found, []
    tried = []
    print("No Chromium on the path: asking Playwright for one ...", flush=True)
    trouble = _try([sys.executable, "-m", "playwright", "install", "chromium"])
    found = _playwrights()
    if found:
        return found, []
    tried.append(f"playwright install chromium: {trouble or 'brought none'}")
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("Installing Debian's Chromium ...", flush=True)
        trouble = _try(["apt-get", "update"]) or _try(
            ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
        )
        found = find()
        if found:
            return found, []
        tried.append(f"apt-get install chromium: {trouble or 'brought none'}")
    else:
        tried.append("apt-get: not here, or not root")
    return None, tried


def _playwrights() -> str | None:
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception:
        # Whatever keeps the driver from starting, the answer is the same: no browser from it.
        return None
    return path if Path(path).exists() else None


def _try(command: list[str]) -> str:
    """Run; "" when it worked, else the last line it said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
    except (OSError, subprocess.TimeoutExpired) as trouble:
        return str(trouble)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines()]
    telling = [line for line in lines if "rror" in line or "ailed" in line] or lines
    return telling[-1] if telling else f"exit code {done.returncode}"


if __name__ == "__main__":
    path, vain = bring()
    print(path or "No Chromium: " + "; ".join(vain))
    sys.exit(0 if path else 1)
