"""Real servers for end-to-end tests.

``team_server`` runs what docker-compose.yml says (migrate, web, worker, beat) as processes beside a
PostgreSQL and a broker that are already there; ``embedded_server`` runs ``manage.py serve``.
Both yield a running server and take everything down again; on a failure they print the logs.

    with team_server(tmp_path, broker="amqp") as server:
        page.goto(server.url)
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.tools import compose, services

REPOSITORY = Path(__file__).resolve().parents[2]
STRICT = os.environ.get("CI", "").lower() in ("1", "true", "yes")


@dataclass
class Server:
    """A running server: where it is, and its processes by name."""

    url: str
    folder: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str], extra: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self.environment | (extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def manage(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a management command on this server's data; returns what it printed."""
        return self.run([sys.executable, "manage.py", *arguments], stdin=stdin)

    def run(
        self, command: list[str], extra: dict[str, str] | None = None, stdin: str | None = None
    ) -> str:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environment | (extra or {}),
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def kill(self, name: str) -> None:
        """kill -9 of a process and everything it started."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def logs(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-6000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

    def wait_until(self, what: str, reached: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not reached():
            for name, process in self.processes.items():
                code = process.poll()
                assert code is None, f"{name} ended with {code} before {what}\n{self.logs()}"
            assert time.monotonic() < end, f"{what}: not within {seconds} s\n{self.logs()}"
            time.sleep(0.1)

    def stop(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + 15
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
        self.processes.clear()


@contextlib.contextmanager
def embedded_server(tmp_path: Path, *, demo: bool = False) -> Iterator[Server]:
    """`manage.py serve` on a free port, with a data folder of its own: the embedded default."""
    folder = tmp_path / "embedded"
    folder.mkdir()
    port = free_port()
    server = Server(
        f"http://127.0.0.1:{port}", folder, _clean() | {"COACHSTUDY_DATA": str(folder / "data")}
    )
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    with _taking_down(server):
        server.start("serve", command + (["--demo"] if demo else []))
        server.wait_until(
            "the server is ready",
            lambda: "coachstudy is ready" in (folder / "serve.log").read_text(),
        )
        yield server


@contextlib.contextmanager
def team_server(
    tmp_path: Path, broker: Literal["amqp", "redis"] = "amqp", **variables: str
) -> Iterator[Server]:
    """The services of docker-compose.yml as processes, on a PostgreSQL database of their own.

    Skips where PostgreSQL or the broker does not answer; in CI that is a failure.
    """
    folder = tmp_path / f"team-{broker}"
    folder.mkdir()
    bell = services.RABBITMQ if broker == "amqp" else services.REDIS
    for service in (services.POSTGRESQL, bell):
        if not service.answers():
            (pytest.fail if STRICT else pytest.skip)(f"{service.name} does not answer")
    port = free_port()
    values = {
        "COACHSTUDY_SECRET_KEY": secrets.token_hex(24),
        "COACHSTUDY_DB_PASSWORD": secrets.token_hex(8),
        "COACHSTUDY_BROKER_PASSWORD": secrets.token_hex(8),
        "COACHSTUDY_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "COACHSTUDY_HTTPS": "no",
        "COACHSTUDY_WORKER_PROCESSES": "2",
        **variables,
    }
    parts = compose.load(values)["services"]
    with _database() as database_url, _messages(bell) as broker_url:
        # What containers have from their names and volumes, these processes have from here.
        here = {
            "COACHSTUDY_DATA": str(folder / "data"),
            "COACHSTUDY_STATIC": str(folder / "static"),
            "COACHSTUDY_MEDIA": str(folder / "media"),
            "COACHSTUDY_DATABASE_URL": database_url,
            "COACHSTUDY_BROKER_URL": broker_url,
            "GRANIAN_HOST": "127.0.0.1",
            "GRANIAN_PORT": str(port),
            "TMPDIR": str(folder),
        }
        environments = {
            name: {key: str(value) for key, value in part["environment"].items()} | here
            for name, part in parts.items()
            if "build" in part
        }
        base = _clean() | environments["migrate"]
        # `python` in the commands is this environment's.
        base["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', '')}"
        server = Server(f"http://127.0.0.1:{port}", folder, base)
        with _taking_down(server):
            server.run(_image_step("collectstatic"))
            server.run(parts["migrate"]["command"], environments["migrate"])
            for name in ("web", "worker", "beat"):
                server.start(name, parts[name]["command"], environments[name])
            for name in ("web", "worker", "beat"):
                check = parts[name]["healthcheck"]["test"]
                assert check[0] == "CMD"
                server.wait_until(
                    f"{name} is healthy",
                    lambda c=check, n=name: _healthy(server, c, environments[n]),
                )
            for service in (services.POSTGRESQL, bell):
                services.mark_used(service)
            yield server


def _healthy(server: Server, check: list[str], extra: dict[str, str]) -> bool:
    """The service's own healthcheck, as the file says it."""
    done = subprocess.run(
        check[1:],
        cwd=REPOSITORY,
        env=server.environment | extra,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return done.returncode == 0


def _image_step(what: str) -> list[str]:
    """A manage.py command of the Dockerfile: what the image does once is done once here."""
    text = (REPOSITORY / "Dockerfile").read_text()
    found = re.search(rf"^\s*(python manage\.py {what}\b.*)$", text, re.MULTILINE)
    assert found, f"The Dockerfile runs no {what}."
    return found[1].split()


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """An empty database on the test server, dropped at the end."""
    name = f"coachstudy_team_{secrets.token_hex(4)}"
    admin = services.POSTGRESQL.url
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(admin)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextlib.contextmanager
def _messages(bell: services.Service) -> Iterator[str]:
    """A place for messages of our own: a RabbitMQ virtual host where we may make one."""
    if bell is services.REDIS:
        yield bell.url
        return
    name = f"coachstudy-{secrets.token_hex(4)}"
    user = urlsplit(bell.url).username or "guest"
    made = shutil.which("rabbitmqctl") is not None and all(
        _quiet("rabbitmqctl", *command)
        for command in (
            ("add_vhost", name),
            ("set_permissions", "-p", name, user, ".*", ".*", ".*"),
        )
    )
    if not made:
        # Messages carry only numbers of jobs; a stranger's number is no job of ours.
        yield bell.url
        return
    try:
        yield urlunsplit(urlsplit(bell.url)._replace(path=f"/{name}"))
    finally:
        _quiet("rabbitmqctl", "delete_vhost", name)


def _quiet(*command: str) -> bool:
    try:
        return (
            subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextlib.contextmanager
def _taking_down(server: Server) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(server.logs())
        raise
    finally:
        server.stop()


def _clean() -> dict[str, str]:
    """This environment without what would lead to another study."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith("COACHSTUDY_")}
    keep.pop("DJANGO_SETTINGS_MODULE", None)
    return keep


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> int:
    """The status of a GET, redirects not followed; 0 when nobody answers."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: object, **kwargs: object) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay).open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0
