"""`make test`: everything on SQLite, then on PostgreSQL, and at the end what was not run and why.

    python -m tests.tools.run_tests [pytest arguments]

With CI=true nothing may be left out: a service that was not used, a missing browser or a skipped
test fails the run. Without it they are said loudly and counted.
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.tools import browser, services

REPOSITORY = Path(__file__).resolve().parents[2]
NO_TESTS_COLLECTED = 5


@dataclass
class Outcome:
    """What one run of pytest came to."""

    database: str
    code: int
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def main(arguments: list[str]) -> int:
    begun = time.monotonic()
    strict = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    partial = bool(arguments)
    if strict:
        services.start_stopped()
    not_run: list[str] = []
    for service in services.ALL:
        answers = service.answers()
        print(f"{service.name}: {'answers' if answers else 'does not answer'}", flush=True)
    chromium, vain = browser.bring()
    print(f"Chromium: {chromium or 'none'}", flush=True)
    if chromium is None:
        not_run.append("tests in a browser: no Chromium (" + "; ".join(vain) + ")")

    with tempfile.TemporaryDirectory(prefix="coachstudy-tests-") as folder:
        ledger = Path(folder) / "used"
        os.environ[services.LEDGER] = str(ledger)
        outcomes = [_pytest("SQLite", {}, arguments, Path(folder), chromium)]
        if services.POSTGRESQL.answers():
            url = _own_database(services.POSTGRESQL.url)
            outcomes.append(
                _pytest(
                    "PostgreSQL",
                    {"COACHSTUDY_DATABASE_URL": url},
                    # Those that start PostgreSQL's team server themselves have had it already.
                    [*arguments, "-m", "not sqlite_only and not team"],
                    Path(folder),
                    chromium,
                )
            )
            if outcomes[-1].passed:
                services.mark_used(services.POSTGRESQL)
        used = services.used()

    for service in services.ALL:
        if service.name in used:
            continue
        if not service.answers():
            not_run.append(f"tests on {service.name}: it does not answer ({service.start})")
        elif strict or not partial:
            not_run.append(f"tests on {service.name}: no test used it")
    for outcome in outcomes:
        for reason, count in outcome.skipped.items():
            not_run.append(f"{count} skipped on {outcome.database}: {reason}")
    return _close(outcomes, not_run, strict, time.monotonic() - begun)


def _pytest(
    database: str,
    extra: dict[str, str],
    arguments: list[str],
    folder: Path,
    chromium: str | None,
) -> Outcome:
    print(f"\n=== Tests on {database} ===\n", flush=True)
    report = folder / f"{database}.xml"
    environment = {k: v for k, v in os.environ.items() if k not in _OURS} | extra
    if chromium:
        environment[browser.VARIABLE] = chromium
    command = [
        *(sys.executable, "-m", "pytest", f"--junitxml={report}"),
        # A test that hangs shows where, before the time limit ends it.
        *("-o", "faulthandler_timeout=240", *arguments),
    ]
    minutes = float(os.environ.get("COACHSTUDY_TEST_MINUTES", "20"))
    try:
        code = subprocess.run(
            command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, timeout=60 * minutes
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"The tests on {database} were ended after {minutes:g} minutes.", flush=True)
        code = 1
    outcome = Outcome(database, code)
    if report.exists():
        _count(report, outcome)
    return outcome


# Whoever runs the tests may have a study of their own open in this shell.
_OURS = {
    "COACHSTUDY_DATA",
    "COACHSTUDY_DATABASE_URL",
    "COACHSTUDY_BROKER_URL",
    "COACHSTUDY_CACHE_URL",
    "COACHSTUDY_DEMO",
    "COACHSTUDY_HTTPS",
    "COACHSTUDY_MEDIA",
    "COACHSTUDY_SECRET_KEY",
    "COACHSTUDY_STATIC",
    "DJANGO_SETTINGS_MODULE",
}


def _count(report: Path, outcome: Outcome) -> None:
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif (skipped := case.find("skipped")) is not None:
            outcome.skipped[skipped.get("message") or "no reason given"] += 1
        else:
            outcome.passed += 1


def _own_database(url: str) -> str:
    """The same server, with a database name that no other run of the tests has."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/coachstudy_{os.getpid()}"))


def _close(outcomes: list[Outcome], not_run: list[str], strict: bool, seconds: float) -> int:
    good = all(outcome.code in (0, NO_TESTS_COLLECTED) for outcome in outcomes)
    good = good and any(outcome.passed for outcome in outcomes)
    if not_run:
        print(f"\nNot run ({len(not_run)}):")
        for line in not_run:
            print(f"  - {line}")
        if strict:
            print("In CI nothing may be left out: that is a failure.")
            good = False
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(sum(outcome.skipped.values()) for outcome in outcomes)
    each = ", ".join(f"{outcome.passed} on {outcome.database}" for outcome in outcomes)
    counts = [f"{failed} failed"] if failed else []
    counts += [f"{passed} passed ({each})", f"{skipped} skipped", f"{len(not_run)} not run"]
    summary = f"==== {', '.join(counts)} in {seconds:.2f}s ===="
    print(f"\n{'Good.' if good else 'NOT GOOD.'}\n{summary}", flush=True)
    if path := os.environ.get("COACHSTUDY_TEST_SUMMARY"):
        Path(path).write_text(summary + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
