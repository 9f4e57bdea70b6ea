"""PostgreSQL, Redis and RabbitMQ for tests: where they are, whether they answer, who used them.

What answers is used; what is used is written down, so that a run can prove what it ran on.
"""

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

# Tests append the names of the services they really used to the file that this names.
LEDGER = "COACHSTUDY_USED_SERVICES"


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    variable: str
    default: str
    port: int
    start: str

    @property
    def url(self) -> str:
        return os.environ.get(self.variable) or self.default

    def answers(self, seconds: float = 2) -> bool:
        """Whether somebody listens there, and (PostgreSQL) lets us in."""
        parts = urlsplit(self.url)
        address = (parts.hostname or "127.0.0.1", parts.port or self.port)
        try:
            with socket.create_connection(address, timeout=seconds):
                pass
        except OSError:
            return False
        return self.name != "PostgreSQL" or _lets_us_in(self.url)


POSTGRESQL = Service(
    "PostgreSQL",
    "COACHSTUDY_TEST_PG_URL",
    "postgres://postgres@127.0.0.1:5432/postgres",
    5432,
    "pg_ctlcluster --skip-systemctl-redirect $(ls /etc/postgresql) main start",
)
REDIS = Service(
    "Redis",
    "COACHSTUDY_TEST_REDIS_URL",
    "redis://127.0.0.1:6379/15",
    6379,
    "redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save '' --appendonly no",
)
RABBITMQ = Service(
    "RabbitMQ",
    "COACHSTUDY_TEST_AMQP_URL",
    "amqp://guest:guest@127.0.0.1:5672//",
    5672,
    "rabbitmq-server -detached",
)
ALL = (POSTGRESQL, REDIS, RABBITMQ)


def mark_used(service: Service) -> None:
    path = os.environ.get(LEDGER)
    if path:
        with Path(path).open("a") as ledger:
            ledger.write(service.name + "\n")


def used() -> set[str]:
    path = os.environ.get(LEDGER)
    if not path or not Path(path).exists():
        return set()
    return set(Path(path).read_text().split("\n")) - {""}


def start_stopped() -> None:
    """Start what does not answer, where this account may (a machine of CI)."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    stopped = [s for s in ALL if not s.answers() and not os.environ.get(s.variable)]
    for service in stopped:
        print(f"{service.name} does not answer: trying to start it ...", flush=True)
        # No pipes: what stays in the background would hold them open.
        nothing = subprocess.DEVNULL
        subprocess.run(
            service.start, shell=True, stdin=nothing, stdout=nothing, stderr=nothing, timeout=60
        )
    end = time.monotonic() + 40
    while time.monotonic() < end and not all(service.answers() for service in stopped):
        time.sleep(1)


def _lets_us_in(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True
