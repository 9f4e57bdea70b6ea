"""The commands of docker-compose.yml, run as processes: they start, are healthy, and do a job."""

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.team_server import Server, answers, team_server

pytestmark = pytest.mark.team

# A job of a kind that nobody knows is refused by the worker, with a sentence: proof that the bell
# rang, that the worker heard it and that it reached the ledger.
RING = """
from projects.models import Job
from projects.tasks import ring
job = Job.objects.create(kind="of_tomorrow")
ring(job.pk, "long")
print("job", job.pk)
"""
# Here the bell is never rung: only beat's sweep can bring the worker to it.
LEAVE = """
from datetime import timedelta
from django.utils import timezone
from projects.models import Job
job = Job.objects.create(kind="of_tomorrow", created_at=timezone.now() - timedelta(minutes=5))
print("job", job.pk)
"""


def make_job(server: Server, code: str) -> int:
    return int(server.manage("shell", "-c", code).split("job ")[1].split()[0])


def state_of(server: Server, job: int) -> str:
    code = f"from projects.models import Job; print('is', Job.objects.get(pk={job}).state)"
    return server.manage("shell", "-c", code).split("is ")[1].split()[0]


@pytest.mark.parametrize("broker", ["amqp", "redis"])
def test_web_worker_and_beat_work_together(tmp_path: Path, broker: str) -> None:
    with team_server(tmp_path, broker) as server:  # type: ignore[arg-type]
        assert answers(server.url + "/health/") == 200
        assert answers(server.url + "/accounts/login/") == 200
        assert answers(server.url + "/projects/") == 302
        rung, left = make_job(server, RING), make_job(server, LEAVE)
        for job in (rung, left):
            server.wait_until(
                f"job {job} is done", lambda job=job: state_of(server, job) == "failed", 40
            )
        if broker == "amqp" and shutil.which("rabbitmqctl"):
            vhost = urlsplit(server.environment["COACHSTUDY_BROKER_URL"]).path[1:]
            listed = subprocess.run(
                ["rabbitmqctl", "-q", "list_queues", "-p", vhost or "/", "name", "type"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            types = dict(line.split("\t") for line in listed.splitlines() if "\t" in line)
            assert (types.get("interactive"), types.get("long")) == ("quorum", "quorum")
