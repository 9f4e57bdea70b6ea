"""A real worker, killed with -9: the job is finished once, by the next one."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.sqlite_only


class Study:
    """A data folder, its database, and workers on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("COACHSTUDY_")},
            "COACHSTUDY_DATA": str(folder),
            "COACHSTUDY_SECRET_KEY": "only-for-tests-" + "x" * 40,
            "COACHSTUDY_JOB_STALE_SECONDS": "2",
            "COACHSTUDY_JOB_SWEEP_SECONDS": "1",
            "COACHSTUDY_JOB_BELL_SECONDS": "1",
            "COACHSTUDY_LOG_LEVEL": "INFO",
            "DJANGO_SETTINGS_MODULE": "coachstudy.settings",
            "CELERY_SKIP_CHECKS": "1",
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        self.run("manage.py", "migrate", "--skip-checks", "--verbosity", "0")

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start_worker(self) -> subprocess.Popen[bytes]:
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "tests.support.worker", "worker"),
                    *("--pool", "threads", "--concurrency", "3", "--queues", "interactive,long"),
                    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                ],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def query(self, sql: str, *values: Any) -> list[Any]:
        with sqlite3.connect(self.folder / "coachstudy.sqlite3", timeout=20) as connection:
            rows = connection.execute(sql, values).fetchall()
        connection.close()
        return rows

    def add_job(self, title: str, seconds: float, linger: float = 0) -> int:
        """A waiting job whose bell nobody has heard."""
        self.query(
            "INSERT INTO projects_job (guid, kind, state, created_at, params, result, message,"
            " problems, phase, progress_done, progress_total, attempts, claimed_by, upload,"
            " upload_name) VALUES (lower(hex(randomblob(16))), 'support_slow', 'queued',"
            " datetime('now'), json_object('title', ?, 'seconds', ?, 'linger', ?), '{}', '',"
            " '[]', '', 0, 0, 0, '', '', '')",
            *(title, seconds, linger),
        )
        return int(self.query("SELECT max(id) FROM projects_job")[0][0])

    def job(self, job_id: int) -> dict[str, Any]:
        names = ("state", "attempts", "result", "progress_done", "message")
        row = self.query(f"SELECT {', '.join(names)} FROM projects_job WHERE id = ?", job_id)[0]
        return dict(zip(names, row, strict=True))

    def wait(self, what: str, reached: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not reached():
            log = (self.folder / "worker.log").read_text(errors="replace")
            assert time.monotonic() < end, f"{what}: not within {seconds} s\n{log}"
            assert self.workers[-1].poll() is None, f"{what}: the worker has ended\n{log}"
            time.sleep(0.05)

    def projects(self) -> list[str]:
        return [title for (title,) in self.query("SELECT title FROM projects_project")]

    def stop(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(tmp_path)
    yield study
    study.stop()


def test_killed_in_the_middle_and_after_the_commit(study: Study) -> None:
    middle = study.add_job("middle", seconds=2)
    after = study.add_job("after", seconds=0, linger=60)
    first = study.start_worker()
    study.wait("progress", lambda: study.job(middle)["progress_done"] > 0)
    study.wait("the commit", lambda: study.job(after)["state"] == "done")
    assert study.job(middle)["state"] == "running"
    first.kill()
    assert first.wait(10) == -signal.SIGKILL
    assert study.projects() == ["after"]

    study.start_worker()
    study.wait("the second attempt", lambda: study.job(middle)["state"] == "done")
    assert study.job(middle) == {
        "state": "done",
        "attempts": 2,
        "result": '{"attempt": 2}',
        "progress_done": study.job(middle)["progress_done"],
        "message": "",
    }
    time.sleep(3)  # long enough for three sweeps to do it again, if they would
    assert sorted(study.projects()) == ["after", "middle"]
    assert study.job(after)["attempts"] == 1


def test_a_worker_that_is_told_to_stop_gives_the_job_back(study: Study) -> None:
    job = study.add_job("given back", seconds=3)
    first = study.start_worker()
    study.wait("progress", lambda: study.job(job)["progress_done"] > 0)
    first.terminate()
    assert first.wait(10) == 0
    assert (study.job(job)["state"], study.job(job)["attempts"]) == ("queued", 0)
    study.start_worker()
    study.wait("the end", lambda: study.job(job)["state"] == "done")
    assert study.projects() == ["given back"]
    assert study.job(job)["attempts"] == 1
