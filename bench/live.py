"""What idle readers cost: N of them poll the embedded server for some seconds.

    python -m bench.live --readers 50 --seconds 10

Starts a server of its own on the loopback with the demo study in a temporary folder, lets every
reader ask every 1.5 s as the page does, and prints how long an answer takes and how much processor
time the web server needs for one. Says nothing about good or bad.
"""

import argparse
import http.client
import http.cookiejar
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

EVERY_S = 1.5
REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=50, help="at most 200")
    parser.add_argument("--seconds", type=float, default=10, help="at most 60")
    options = parser.parse_args()
    if not (1 <= options.readers <= 200 and 2 <= options.seconds <= 60):
        parser.error("--readers must be 1 to 200 and --seconds 2 to 60.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="coachstudy-live-") as folder:
        environment = {**os.environ, "COACHSTUDY_DATA": folder}
        environment.pop("COACHSTUDY_DATABASE_URL", None)
        command = [sys.executable, "manage.py", "serve", "--demo", "--no-worker"]
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            _measure(port, server.pid, options.readers, options.seconds)
        finally:
            server.terminate()
            server.wait(30)
    return 0


def _measure(port: int, supervisor: int, readers: int, seconds: float) -> None:
    base = f"http://127.0.0.1:{port}"
    _wait(base)
    cookie, address = _log_in(base)
    taken: list[float] = []
    statuses: dict[int, int] = {}
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def reader(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        tag = ""
        time.sleep(EVERY_S * number / readers)
        while time.monotonic() < until:
            start = time.perf_counter()
            connection.request("GET", address, headers={"Cookie": cookie, "If-None-Match": tag})
            answer = connection.getresponse()
            answer.read()
            spent = time.perf_counter() - start
            tag = answer.headers.get("ETag", tag)
            with lock:
                taken.append(spent * 1000)
                statuses[answer.status] = statuses.get(answer.status, 0) + 1
            time.sleep(max(0.0, EVERY_S - spent))
        connection.close()

    before = _processor_seconds(supervisor)
    threads = [threading.Thread(target=reader, args=(n,)) for n in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = _processor_seconds(supervisor) - before
    taken.sort()
    print(f"{readers} readers, {seconds:g} s, {len(taken)} polls; answers by status: {statuses}")
    p95 = taken[len(taken) * 95 // 100]
    print(f"answer: median {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms")
    print(f"processor time of the server: {used / len(taken) * 1000:.2f} ms per poll,", end=" ")
    print(f"{used / seconds * 100:.0f} % of one core")


def _wait(base: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{base}/health/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("The server has not started in 60 s.")


def _log_in(base: str) -> tuple[str, str]:
    """The cookies of one session, and the address that a reader of the first source polls."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{base}/accounts/login/").read().decode()
    token = re.search(r'data-csrf="([^"]+)"', page)
    fields = {"login": "maria@demo.example", "password": "coaching-together"}
    form = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token[1] if token else ""})
    listed = browser.open(f"{base}/accounts/login/", form.encode()).read().decode()
    project = re.search(r'href="(/projects/\d+/)"', listed)
    assert project, "the demo study is not listed"
    sources = browser.open(f"{base}{project[1]}sources/").read().decode()
    source = re.search(r'href="(/projects/\d+/sources/\d+/)"', sources)
    assert source, "the demo study has no source"
    data = browser.open(f"{base}{source[1]}").read().decode()
    event = re.search(r'"event": (\d+)', data)
    assert event, "the page names no event"
    cookie = "; ".join(f"{c.name}={c.value}" for c in jar)
    return cookie, f"/api/v1{source[1]}changes/?since={event[1]}"


def _processor_seconds(supervisor: int) -> float:
    """Of everything that the supervisor has started, grandchildren included (Linux)."""
    ticks, family = 0, {supervisor}
    rows = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        rows[int(folder.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    for _ in range(4):
        family |= {pid for pid, (parent, _used) in rows.items() if parent in family}
    ticks = sum(used for pid, (_parent, used) in rows.items() if pid in family)
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
