"""`make lint`: all of them, also after one has failed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = [sys.executable]
LINTS = {
    "ruff": [*PYTHON, "-m", "ruff", "check", "."],
    "format": [*PYTHON, "-m", "ruff", "format", "--check", "."],
    "import contracts": [
        *PYTHON,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ],
    # What pyproject.toml lists: core, queries, services.
    "types": [*PYTHON, "-m", "mypy"],
    "migrations": [*PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
}


def main() -> int:
    failed = []
    with tempfile.TemporaryDirectory(prefix="coachstudy-lint-") as data:
        environment = os.environ | {"COACHSTUDY_DATA": data}
        for name, command in LINTS.items():
            print(f"--- {name}", flush=True)
            done = subprocess.run(
                command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, check=False
            )
            if done.returncode:
                failed.append(name)
    print(f"Lints failed: {', '.join(failed)}" if failed else f"{len(LINTS)} lints passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
