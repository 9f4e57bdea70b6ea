"""Measure the program against bare SQL on the same database, in the same run.

    python -m bench.run --database both --size medium --repeat 15

Makes a temporary database (and drops it), fills it with ``bench.generate``, and prints one table
for each database. Says nothing about good or bad: read README.md beside this file.
"""

import argparse
import contextlib
import cProfile
import os
import platform
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.generate import SIZES, generate
from bench.timing import Operation, measure, table

POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="sqlite")
    parser.add_argument("--size", choices=SIZES, default="medium")
    parser.add_argument("--repeat", type=int, default=15, help="runs of each; the median is shown")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only operations with this in their name")
    parser.add_argument("--profile", type=int, metavar="LINES", help="where the time is spent")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat must be at least 1.")
    if options.database == "both":
        return _both(sys.argv[1:])
    with temporary_database(options.database):
        _run(options)
    return 0


@contextlib.contextmanager
def temporary_database(kind: str) -> Iterator[None]:
    """Settings of production on a database of its own, for the time of a measurement."""
    with tempfile.TemporaryDirectory(prefix="coachstudy-bench-") as folder:
        Path(folder, "static").mkdir()
        os.environ["COACHSTUDY_DATA"] = folder
        os.environ["COACHSTUDY_SECRET_KEY"] = "only-for-the-benchmark-" + "x" * 32
        # Whatever else is set is somebody's server; here everything is temporary.
        for name in (
            "COACHSTUDY_BROKER_URL",
            "COACHSTUDY_CACHE_URL",
            "COACHSTUDY_HTTPS",
            "COACHSTUDY_MEDIA",
            "COACHSTUDY_STATIC",
            "COACHSTUDY_DEMO",
            "COACHSTUDY_DEBUG",
            "COACHSTUDY_ALLOWED_HOSTS",
        ):
            os.environ.pop(name, None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "coachstudy.settings"
        if kind == "sqlite":
            os.environ.pop("COACHSTUDY_DATABASE_URL", None)
            yield
        else:
            with _postgres_database() as url:
                os.environ["COACHSTUDY_DATABASE_URL"] = url
                yield


def _both(arguments: list[str]) -> int:
    """One process each: settings choose the database when they are loaded."""
    worst = 0
    for name in ("sqlite", "postgres"):
        command = [sys.executable, "-m", "bench.run", *arguments, "--database", name]
        worst = max(worst, subprocess.run(command, check=False).returncode)
        print(flush=True)
    return worst


@contextlib.contextmanager
def _postgres_database() -> Iterator[str]:
    import psycopg

    server = os.environ.get("COACHSTUDY_TEST_PG_URL", POSTGRES)
    name = f"coachstudy_bench_{os.getpid()}"
    try:
        admin = psycopg.connect(server, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as trouble:
        sys.exit(f"PostgreSQL was not measured, because it does not answer: {trouble}")
    with admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench import operations

    call_command("migrate", interactive=False, verbosity=0)
    if not settings.EMBEDDED:
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
    began = time.perf_counter()
    study = generate(SIZES[options.size], options.seed)
    generated = time.perf_counter() - began
    if connection.vendor == "postgresql":
        # What autovacuum does by itself, some minutes after so much has been written.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    print(
        f"{versions()}\n"
        f"size {options.size}, seed {options.seed}: {study.documents:,} documents,"
        f" {study.words:,} words, {study.turns:,} turns, {study.codings:,} codings,"
        f" {study.events:,} events; generated in {generated:.0f} s; median of {options.repeat}\n",
        flush=True,
    )
    bench = operations.Bench(study)
    outcomes = []
    for operation in bench.operations():
        if options.only not in operation.name:
            continue
        outcomes.append(measure(operation, options.repeat, operations.queries_of))
        if options.profile:
            _profile(operation, options.profile)
    print(table(outcomes), flush=True)
    connection.close()


def versions() -> str:
    import django
    from django.db import connection

    database = f"{connection.display_name} {'.'.join(map(str, _server_version()))}"
    return f"{database}, Django {django.get_version()}, Python {platform.python_version()}"


def _server_version() -> tuple[int, ...]:
    from django.db import connection

    connection.ensure_connection()
    return connection.get_database_version()


def _profile(operation: Operation, lines: int) -> None:
    profile = cProfile.Profile()
    operation.before()
    profile.runcall(operation.ours, 0)
    print(f"\n=== {operation.name}")
    root = str(Path(__file__).resolve().parent.parent) + "/"
    stats = pstats.Stats(profile)
    stats.sort_stats("cumulative").print_stats(root.replace(".", r"\."), lines)
    stats.sort_stats("tottime").print_stats(lines)


if __name__ == "__main__":
    sys.exit(main())
