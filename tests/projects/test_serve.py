"""`manage.py serve`: one command, no orphan, and a sentence when it cannot."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.team_server import Server, answers, embedded_server, free_port

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with embedded_server(tmp_path) as server:
        yield server


def serve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COACHSTUDY_")}
    environment["COACHSTUDY_DATA"] = str(folder)
    environment["DJANGO_SETTINGS_MODULE"] = "coachstudy.settings"
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def alive(marker: str) -> dict[int, str]:
    """Every process that carries this text in its environment: our server's, and its children."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if marker.encode() not in (folder / "environ").read_bytes():
                continue
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue  # ended; nobody has asked for its exit code yet
            found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ProcessLookupError):
            continue
    return found


def wait_for(count: int, marker: str, seconds: float = 15) -> dict[int, str]:
    end = time.monotonic() + seconds
    while len(found := alive(marker)) != count and time.monotonic() < end:
        time.sleep(0.1)
    return found


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are counted in /proc (Linux)"
)


@needs_proc
def test_serves_keeps_to_itself_and_stops_whole(server: Server) -> None:
    data = Path(server.environment["COACHSTUDY_DATA"])
    assert answers(server.url + "/health/") == 200
    assert answers(server.url + "/accounts/login/") == 200
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    assert len((data / "secret_key").read_text()) >= 32
    log = (server.folder / "serve.log").read_text()
    assert f"coachstudy is ready:  {server.url}/" in log
    assert str(data) in log
    marker = f"COACHSTUDY_DATA={data}"
    assert len(alive(marker)) == 4  # serve, the web server and its process, the worker

    second = serve(data, "--port", str(free_port()))
    assert second.returncode != 0
    assert f"already served from {data}: {server.url}/ (process " in second.stderr

    process = server.processes.pop("serve")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert wait_for(0, marker) == {}
    assert answers(server.url + "/health/") == 0
    assert "Nothing is lost" in (server.folder / "serve.log").read_text()


@needs_proc
def test_killed_it_leaves_no_orphan_and_starts_again(server: Server) -> None:
    data = server.environment["COACHSTUDY_DATA"]
    key = (Path(data) / "secret_key").read_text()
    process = server.processes.pop("serve")
    os.kill(process.pid, signal.SIGKILL)  # it alone, not its group
    process.wait(10)
    assert wait_for(0, f"COACHSTUDY_DATA={data}") == {}
    port = server.url.rpartition(":")[2]
    (server.folder / "serve.log").write_text("")
    server.start("serve", [sys.executable, "manage.py", "serve", "--port", port])
    server.wait_until(
        "the second start",
        lambda: "is ready" in (server.folder / "serve.log").read_text(),
        seconds=20,
    )
    assert "Preparing the database" not in (server.folder / "serve.log").read_text()
    assert (Path(data) / "secret_key").read_text() == key


@needs_proc
def test_a_dead_worker_and_a_dead_web_process_are_replaced(server: Server) -> None:
    marker = f"COACHSTUDY_DATA={server.environment['COACHSTUDY_DATA']}"
    before = alive(marker)
    workers = [pid for pid, line in before.items() if "celery" in line]
    granians = sorted(pid for pid, line in before.items() if "granian" in line)
    assert (len(workers), len(granians)) == (1, 2)
    os.kill(workers[0], signal.SIGKILL)
    os.kill(granians[-1], signal.SIGKILL)
    server.wait_until(
        "both are replaced",
        lambda: len(alive(marker)) == 4 and not {workers[0], granians[-1]} & set(alive(marker)),
        seconds=30,
    )
    server.wait_until("pages again", lambda: answers(server.url + "/health/") == 200, seconds=20)
    log = (server.folder / "serve.log").read_text()
    assert "The background worker has ended (signal SIGKILL). It is started again in 1 s." in log


def test_a_taken_port_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = serve(tmp_path / "data", "--port", str(port))
    assert refused.returncode != 0
    assert f"Port {port} is taken by another program." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data" / "coachstudy.sqlite3").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--port", "70000"), "--port must lie between 1 and 65535, not 70000."),
        (("--host", "no.such.host.invalid"), "'no.such.host.invalid' is not an address"),
        (("--host", "192.0.2.1"), "192.0.2.1:8000 cannot be used: Cannot assign"),
    ],
)
def test_a_wrong_address(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    refused = serve(tmp_path / "data", *arguments)
    assert refused.returncode != 0
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_data_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = serve(tmp_path / "file" / "data")
    assert refused.returncode != 0
    assert re.search(r"^The data folder cannot be used: .*COACHSTUDY_DATA", refused.stderr)
    assert "Traceback" not in refused.stderr
