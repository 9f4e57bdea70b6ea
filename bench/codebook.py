"""Merging two codes with many passages each, taking it back, and doing it again.

    python -m bench.codebook --database postgres --passages 50000

A merge runs within one request, so what counts is how long somebody waits. Prints seconds by the
clock, seconds of CPU of this process, and statements; these must not grow with the passages.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

from bench.run import temporary_database, versions

# Of every so many passages one is coded alike with both codes, and one of these has a memo.
ALIKE, NOTED = 5, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--passages", type=int, default=50_000, help="of each of the two codes")
    options = parser.parse_args()
    with temporary_database(options.database):
        _run(options.passages)


def _run(passages: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    access, code, into = _study(passages)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    from coding.models import Coding
    from coding.services import codebook

    alike = -(-passages // ALIKE)
    print(f"{versions()}\ntwo codes with {passages:,} passages each, {alike:,} coded alike\n")
    print(f"{'':8}{'s':>8}{'CPU s':>8}{'statements':>12}")
    before = list(Coding.objects.order_by("pk").values_list())
    _timed("plan", lambda: codebook.plan_merge(access=access, code=code, into=into))
    _timed("merge", lambda: codebook.merge_codes(access=access, code=code, into=into))
    left = Coding.objects.present().filter(code=into).count()
    assert left == 2 * passages - alike, left
    _timed("undo", lambda: codebook.undo_merge(access=access, code=code))
    assert list(Coding.objects.order_by("pk").values_list()) == before
    _timed("redo", lambda: codebook.redo_merge(access=access, code=code))
    assert Coding.objects.present().filter(code=into).count() == left
    connection.close()


def _timed(name: str, act: Callable[[], object]) -> None:
    from django.db import connection

    sent = 0

    def counted(execute: Any, *args: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(*args)

    clock, cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counted):
        act()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    print(f"{name:8}{clock:8.2f}{cpu:8.2f}{sent:12,}", flush=True)


def _study(passages: int) -> Any:
    from coding.models import Code, Coding, Note, Source, SourceText
    from projects.access import resolve
    from projects.models import Membership, Project, User

    project = Project.objects.create(title="Benchmark of a merge")
    user = User.objects.create_user("lead@example.org", "only-for-the-benchmark")
    member = Membership.objects.create(project=project, user=user, role="lead", label="Lead")
    text = "word " * (passages + 2)
    source = Source.objects.create(
        project=project, key="one", title="One", kind="interview", length=len(text)
    )
    SourceText.objects.create(source=source, text=text)
    codes = [
        Code.objects.create(project=project, key=name, name=name, position=n)
        for n, name in enumerate(("Code", "Into"))
    ]
    rows = [
        Coding(source=source, code=code, coder=member, start=5 * n, end=5 * n + end)
        for code, longer in ((codes[0], 4), (codes[1], 8))
        for n in range(passages)
        for end in (4 if n % ALIKE == 0 else longer,)
    ]
    Coding.objects.bulk_create(rows, batch_size=1000)
    notes = [
        Note(project=project, coding=row, author=member, text="Why this?")
        for row in rows[: passages : ALIKE * NOTED]
    ]
    Note.objects.bulk_create(notes, batch_size=1000)
    return resolve(user, project.pk), *codes


if __name__ == "__main__":
    main()
