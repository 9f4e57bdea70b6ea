"""The embedded default in one command: database, background worker and web server."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from coachstudy.processes import SUPERVISOR, end_with_parent

START_SECONDS = 60
STOP_SECONDS = 10
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104  (compared with, not bound to)


class Child:
    """A process that is started again when it dies, less and less often."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.again_at = 0.0
        self.failures = 0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  (our own command line)
            self.command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            # A session of its own: Ctrl-C reaches this command alone, which then stops the rest in
            # order.
            start_new_session=True,
            preexec_fn=end_with_parent(),
        )

    def look_after(self) -> str:
        """Start again when it is time. Returns a sentence when there is something to say."""
        if self.process is None:
            if time.monotonic() >= self.again_at:
                self.start()
            return ""
        code = self.process.poll()
        if code is None:
            return ""
        lived = time.monotonic() - self.started_at
        self.failures = 1 if lived > 60 else self.failures + 1
        pause = min(30, 2 ** (self.failures - 1))
        self.again_at = time.monotonic() + pause
        self.process = None
        return f"The {self.name} has ended ({_how(code)}). It is started again in {pause} s."

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self, until: float) -> None:
        """Wait; then end it and whatever it started."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


class Command(BaseCommand):
    help = "Serve coachstudy from one machine: prepares the data folder, starts worker and web."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--demo", action="store_true", help="load the demo study")
        parser.add_argument(
            "--no-worker", action="store_true", help="long work waits until a worker runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        self.stopping = threading.Event()
        folder = settings.DATA_DIR
        _require_writable(folder)
        with _only_one(folder, f"http://{_shown(host)}:{port}/"):
            _require_free(host, port)
            self._prepare(demo=options["demo"])
            children = [Child("web server", _web(host, port), self._environment(host, options))]
            if not options["no_worker"]:
                children.append(
                    Child("background worker", _worker(), self._environment(host, options))
                )
            self._run(children, host, port, options)

    def _prepare(self, *, demo: bool) -> None:
        executor = MigrationExecutor(connections["default"])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._say("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)
        if not settings.EMBEDDED:
            # The cache that log-in throttling shares is a table of its own.
            call_command("createcachetable", verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
        if demo:
            settings.DEMO = True
            call_command("load_demo", verbosity=0)
        # The children open their own.
        connections.close_all()

    def _environment(self, host: str, options: dict[str, Any]) -> dict[str, str]:
        environment = {
            **os.environ,
            SUPERVISOR: str(os.getpid()),
            "COACHSTUDY_SWEEP_IN_WORKER": "1",
            # Checked by this very command's migrate already.
            "CELERY_SKIP_CHECKS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if options["demo"]:
            environment["COACHSTUDY_DEMO"] = "1"
        if "COACHSTUDY_ALLOWED_HOSTS" not in os.environ and host not in (*LOOPBACK, *ANY_ADDRESS):
            environment["COACHSTUDY_ALLOWED_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, host])
        return environment

    def _run(self, children: list[Child], host: str, port: int, options: dict[str, Any]) -> None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self.stopping.set())
        try:
            for child in children:
                child.start()
            self._wait_until_it_answers(children[0], host, port)
            if not self.stopping.is_set():
                self._announce(host, port, options)
            while not self.stopping.wait(0.25):
                for child in children:
                    news = child.look_after()
                    if news:
                        self._say(news)
                    if child.failures >= 6:
                        raise CommandError(f"The {child.name} keeps ending: giving up.")
        finally:
            self._say("Stopping …")
            for child in children:
                child.ask_to_stop()
            until = time.monotonic() + STOP_SECONDS
            for child in children:
                child.stop(until)
        self._say("Stopped. Nothing is lost: the next start goes on from here.")

    def _wait_until_it_answers(self, web: Child, host: str, port: int) -> None:
        until = time.monotonic() + START_SECONDS
        address = f"http://{_to_connect(host)}:{port}/health/"
        while not self.stopping.is_set():
            if web.process is None or web.process.poll() is not None:
                raise CommandError("The web server did not start. What it said stands above.")
            try:
                with urllib.request.urlopen(address, timeout=5) as answer:
                    if answer.status == 200:
                        return
            except urllib.error.HTTPError as refused:
                raise CommandError(
                    f"The web server answers {address} with {refused.code}."
                ) from refused
            except OSError:
                pass
            if time.monotonic() > until:
                raise CommandError(f"The web server has not answered in {START_SECONDS} s.")
            self.stopping.wait(0.05)

    def _announce(self, host: str, port: int, options: dict[str, Any]) -> None:
        lines = ["", f"  coachstudy is ready:  http://{_shown(host)}:{port}/", ""]
        if options["demo"]:
            lines.append(f"  Demo log-ins (password of each: {settings.DEMO_PASSWORD}):")
            lines += [f"    {email:<24} {may}" for email, may in settings.DEMO_LOGINS]
            lines.append("")
            if host not in LOOPBACK:
                lines.append("  Careful: everybody who reaches this address knows these log-ins.")
        if host in ANY_ADDRESS and "COACHSTUDY_ALLOWED_HOSTS" not in os.environ:
            lines.append(
                "  From other machines: set COACHSTUDY_ALLOWED_HOSTS to the names they use."
            )
        if options["no_worker"]:
            lines.append("  No worker: imports and other long work wait until one runs.")
        lines += [f"  Everything is kept in {settings.DATA_DIR}", "  Ctrl-C stops it.", ""]
        self._say("\n".join(lines))

    def _say(self, text: str) -> None:
        # A reader that has gone away must not keep the processes from being stopped.
        with contextlib.suppress(BrokenPipeError):
            self.stdout.write(text)
            self.stdout.flush()


def _web(host: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", host, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "8", "--no-ws"),
        *("--log-level", "error", "--respawn-failed-workers", "--workers-kill-timeout", "5"),
        "coachstudy.wsgi:application",
    ]


def _worker() -> list[str]:
    # Three hands in one process: two long jobs leave one for whoever waits at the screen. Threads
    # suit the file-system broker; acknowledgements over a socket do not like them.
    pool = "threads" if settings.BROKER_KIND == "filesystem" else "prefork"
    return [
        *(sys.executable, "-m", "celery", "-A", "coachstudy", "--quiet", "worker"),
        *("--pool", pool, "--concurrency", "3", "--queues", "interactive,long"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--loglevel", "WARNING", "--hostname", "embedded@%h"),
    ]


def _shown(host: str) -> str:
    return "localhost" if host in ANY_ADDRESS else f"[{host}]" if ":" in host else host


def _to_connect(host: str) -> str:
    if host in ANY_ADDRESS:
        return "[::1]" if host == "::" else "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _require_writable(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    try:
        for needed in (folder, settings.STATIC_ROOT, settings.MEDIA_ROOT):
            needed.mkdir(parents=True, exist_ok=True)
        # Participants' words lie here: for this account only.
        folder.chmod(0o700)
        probe.write_text("")
        probe.unlink()
    except OSError as trouble:
        raise CommandError(
            f"The data folder {folder} cannot be written to ({trouble.strerror})."
            " COACHSTUDY_DATA names another."
        ) from trouble
    if shutil.disk_usage(folder).free < 50 * 1024 * 1024:
        raise CommandError(f"The disk of the data folder {folder} is full.")


def _require_free(host: str, port: int) -> None:
    """Fail before anything is changed when somebody else listens there."""
    if not 1 <= port <= 65535:
        raise CommandError(f"--port must lie between 1 and 65535, not {port}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror as trouble:
        raise CommandError(f"{host!r} is not an address of this machine.") from trouble
    except PermissionError as trouble:
        raise CommandError(f"Port {port} needs more rights than this account has.") from trouble
    except OSError as trouble:
        if trouble.errno in (98, 48, 10048):  # EADDRINUSE on Linux, macOS and Windows
            raise CommandError(
                f"Port {port} is taken by another program. Choose another: make demo PORT=8001, or"
                " manage.py serve --port 8001."
            ) from trouble
        raise CommandError(f"{host}:{port} cannot be used: {trouble.strerror}.") from trouble


@contextlib.contextmanager
def _only_one(folder: Path, address: str) -> Iterator[None]:
    """Hold the data folder; two servers on one would run two workers against each other."""
    try:
        import fcntl  # noqa: PLC0415  (not on Windows)
    except ImportError:
        yield  # there the lock is left out: do not start it twice
        return
    with (folder / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CommandError(
                f"coachstudy is already served from {folder}: {_first_line(lock)}"
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"{address} (process {os.getpid()})\n")
        lock.flush()
        yield


def _first_line(lock: IO[str]) -> str:
    return lock.readline().strip() or "by another process."
