"""How quick the reader is in a browser, beside a page of plain spans with the same text.

    python -m bench.reader
    python -m bench.reader --words 50000 --codings 10000 --tags 20 --repeat 3

Fills a temporary data folder with made-up transcripts (bench.generate), serves it as `manage.py
serve` does, and opens the reader in headless Chromium. Prints goals beside the figures and says
nothing about good or bad: read README.md beside this file.
"""

import argparse
import gzip
import json
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.chromium import Figures, Measured, Way, chromium, median, p95, share_under

REPOSITORY = Path(__file__).resolve().parents[1]
SIZES = ((50_000, 10_000), (200_000, 10_000))
CODES = 40
KEYS = 9
SELECT = """
const [from, fromAt] = bench.point(start);
const [to, toAt] = bench.point(end);
from.parentElement.closest(".turn").focus({ preventScroll: true });
getSelection().setBaseAndExtent(from, fromAt, to, toAt);
"""
SHOWN = """
const [from, fromAt] = bench.point(start + 1);
const [to, toAt] = bench.point(end - 1);
return [...CSS.highlights.get(`cs-code-${bench.codes[key - 1]}`)].some((one) => {
  const range = document.createRange();
  range.setStart(one.startContainer, one.startOffset);
  range.setEnd(one.endContainer, one.endOffset);
  return range.isPointInRange(from, fromAt) && range.isPointInRange(to, toAt);
});
"""
PLAIN_SHOWN = """
const [from] = bench.point(start + 1);
return from.parentElement.dataset.codes?.split(" ").includes(String(bench.codes[key - 1]));
"""


@dataclass(frozen=True, slots=True)
class Study:
    """One transcript in a project of its own, and what the plain page needs of it."""

    words: int
    codings: int
    address: str
    coder: int
    codes: list[int]
    places: list[tuple[int, int]]
    starts: list[int]
    plain: bytes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--words", type=int, help="one size only (with --codings)")
    parser.add_argument("--codings", type=int, default=10_000)
    parser.add_argument("--tags", type=int, default=50, help="passages tagged; median and p95")
    parser.add_argument("--repeat", type=int, default=5, help="openings; the median is shown")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--without", action="append", default=[], choices=["plain", "accessibility"]
    )
    options = parser.parse_args()
    if min(options.tags, options.repeat, options.codings, options.words or 1) < 1:
        parser.error("Sizes and numbers must be at least 1.")
    from tests.tools.browser import find

    path = find()
    if path is None:
        sys.exit("The reader was not measured: no Chromium (python -m tests.tools.browser).")
    sizes = ((options.words, options.codings),) if options.words else SIZES
    with tempfile.TemporaryDirectory(prefix="coachstudy-reader-") as folder:
        _settings(folder)
        studies, cookie = _studies(sizes, options)
        with _server(folder) as base, _static([s.plain for s in studies]) as plain_base:
            for n, study in enumerate(studies):
                _measure(path, base, f"{plain_base}/{n}", study, cookie, options)
    return 0


# --- what is measured ----------------------------------------------------------------------------


def _measure(
    path: str, base: str, plain: str, study: Study, session: str, options: argparse.Namespace
) -> None:
    cookie = {"name": "sessionid", "value": session, "url": base}
    reader = Way("reader", base + study.address, SELECT, SHOWN, confirms=True)
    ways = [reader]
    if "accessibility" not in options.without:
        ways.append(
            Way("+ accessibility", reader.address, SELECT, SHOWN, confirms=True, accessibility=True)
        )
    if "plain" not in options.without:
        ways.append(Way("plain spans", plain, SELECT, PLAIN_SHOWN, confirms=False))
    found: list[tuple[Way, Figures]] = []
    load = os.getloadavg()[0]
    version = ""
    for way in ways:
        _untag(study)
        with chromium(path, accessibility=way.accessibility) as browser:
            version = browser.version
            measured = Measured(browser, way, cookie if way.confirms else None)
            measured.script = _memory_of_codes(study)
            try:
                with closing(measured.opened(options.repeat)) as pages:
                    for turn, page in enumerate(pages):
                        if turn < options.repeat:
                            continue
                        measured.memory(page)
                        measured.scroll(page, study.starts)
                        measured.tag(page, study.places)
            except AssertionError as problem:
                # The other ways are measured all the same.
                print(f"{way.name}: n/a ({problem})", flush=True)
                continue
            found.append((way, measured.figures))
    print(
        f"{study.words:,} words, {study.codings:,} codings, {CODES} codes;"
        f" {options.repeat} openings, {options.tags} tags;"
        f" Chromium {version}, Python {platform.python_version()},"
        f" load {load:.1f} before and {os.getloadavg()[0]:.1f} after on {os.cpu_count()} cores\n"
    )
    print(_table(found, twice=study.words > SIZES[0][0]), flush=True)
    print(flush=True)


def _untag(study: Study) -> None:
    """Every way tags the same passages: what the one before it has tagged would be there already,
    and to code a passage so a second time changes nothing that could be measured."""
    from django.db import connections

    from coding.models import Coding

    Coding.objects.filter(coder=study.coder).delete()
    connections.close_all()


def _memory_of_codes(study: Study) -> str:
    """The keys 1 to 9 are pinned codes; the plain page has the same."""
    return f"""
    bench.codes = {json.dumps(study.codes[:KEYS])};
    try {{ localStorage.setItem("cs-reader:{study.coder}:pinned", JSON.stringify(bench.codes)); }}
    catch {{ /* about:blank keeps nothing */ }}
    """


Row = tuple[str, Callable[[Figures], float], str, float | None]
ROWS: list[Row] = [
    ("page, KiB", lambda f: f.raw / 1024, "{:,.0f}", None),
    ("page as it travels, KiB", lambda f: f.wire / 1024, "{:,.0f}", None),
    ("request → response, ms", lambda f: median(f.answer), "{:,.0f}", None),
    ("response → text on screen, ms", lambda f: median(f.text), "{:,.0f}", 300),
    ("response → ready to tag, ms", lambda f: median(f.ready), "{:,.0f}", 1_000),
    ("… main thread's CPU, ms", lambda f: median(f.ready_cpu), "{:,.0f}", None),
    ("key → tag in the next frame, median ms", lambda f: median(f.drawn), "{:,.1f}", 50),
    ("… p95 ms", lambda f: p95(f.drawn), "{:,.1f}", None),
    ("key → tag presented (steps of 8), median ms", lambda f: median(f.presented), "{:,.0f}", 50),
    ("… p95 ms", lambda f: p95(f.presented), "{:,.0f}", None),
    ("… main thread's CPU until confirmed, ms", lambda f: median(f.tag_cpu), "{:,.1f}", None),
    ("… of that styles, ms", lambda f: median(f.tag_style), "{:,.1f}", None),
    ("… of that layout, ms", lambda f: median(f.tag_layout), "{:,.1f}", None),
    ("key → confirmed by the server, median ms", lambda f: median(f.confirmed), "{:,.0f}", 150),
    ("… p95 ms", lambda f: p95(f.confirmed), "{:,.0f}", None),
    ("scrolling: frames under 17 ms, %", lambda f: share_under(f.frames, 17), "{:,.1f}", 95),
    ("… p95 frame, ms", lambda f: p95(f.frames), "{:,.1f}", None),
    ("… standing still: frames under 17 ms, %", lambda f: share_under(f.idle, 17), "{:,.1f}", None),
    ("… main thread's CPU for 10,000 px, ms", lambda f: f.scroll_cpu, "{:,.0f}", None),
    ("JS heap, MiB", lambda f: f.heap / 2**20, "{:,.1f}", None),
    ("renderer's private memory, MiB", lambda f: f.private / 2**20, "{:,.0f}", None),
    ("elements", lambda f: f.elements, "{:,.0f}", None),
]


def _table(found: Sequence[tuple[Way, Figures]], *, twice: bool) -> str:
    names = [way.name for way, _ in found]
    plain = next((f for way, f in found if not way.confirms), None)
    lines = [("", *names, *(["plain ÷ reader"] if plain else []), "goal")]
    for name, value, form, goal in ROWS:
        values = [value(figures) for _, figures in found]
        cells = ["" if v != v else form.format(v) for v in values]
        if plain:
            ratio = value(plain) / values[0] if values[0] else float("nan")
            cells.append("" if ratio != ratio else f"{ratio:.1f}")
        # On the longest texts everything but the share of quick frames may take twice as long.
        limit = goal and goal * (2 if twice and goal != 95 else 1)
        sign = ">" if goal == 95 else "<"
        lines.append((name, *cells, f"{sign} {limit:,}" if limit else ""))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = [
        "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in [lines[0], tuple("-" * w for w in widths), *lines[1:]]
    ]
    return "\n".join(row.rstrip() for row in rows)


# --- what there is to open -----------------------------------------------------------------------


def _settings(folder: str) -> None:
    for name in list(os.environ):
        if name.startswith("COACHSTUDY_") and name != "COACHSTUDY_CHROMIUM":
            del os.environ[name]
    Path(folder, "static").mkdir()
    os.environ["COACHSTUDY_DATA"] = folder
    os.environ["COACHSTUDY_SECRET_KEY"] = "only-for-the-benchmark-" + "x" * 32
    os.environ["DJANGO_SETTINGS_MODULE"] = "coachstudy.settings"


def _studies(
    sizes: Sequence[tuple[int, int]], options: argparse.Namespace
) -> tuple[list[Study], str]:
    """The projects in the database, and a session of somebody who may code in all of them."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    from bench.generate import Size, generate
    from projects.models import Membership, Role, User

    call_command("migrate", interactive=False, verbosity=0)
    user = User.objects.create(email="reader@bench.example", display_name="Reader", password="!")
    studies = []
    for n, (words, codings) in enumerate(sizes):
        size = Size(1, 600, 1, CODES, 3, 50, long_words=words, long_codings=codings)
        made = generate(size, options.seed + n, title=f"{words:,} words")
        member = Membership.objects.create(
            project_id=made.project, user=user, label="Reader", role=Role.CODER
        )
        studies.append(_study(made, member.pk, words, codings, options))
    client = Client()
    client.force_login(user)
    key = client.cookies["sessionid"].value
    connections.close_all()
    return studies, key


def _study(
    made: object, coder: int, words: int, codings: int, options: argparse.Namespace
) -> Study:
    from bench.generate import Study as Made
    from coding.models import Code, Coding, SourceText, Turn

    assert isinstance(made, Made)
    source = made.long_source
    text = SourceText.objects.get(source=source).text
    turns = list(Turn.objects.filter(source=source).order_by("ordinal").values_list("start", "end"))
    codes = list(
        Code.objects.filter(project=made.project).order_by("position").values_list("pk", "colour")
    )
    rows = list(Coding.objects.filter(source=source).values_list("start", "end", "code_id"))
    assert len(rows) == codings
    chance = random.Random(options.seed)
    # Parts of words, so that no generated passage is the same; characters of 16 bits alone, so
    # that the script of the benchmark need not count.
    whole = [(s, e) for s, e in turns if e - s > 260 and max(text[s:e]) <= "\uffff"]
    places = []
    for start, end in chance.sample(whole, min(options.tags, len(whole))):
        begin = chance.randint(start + 20, end - 200)
        while not text[begin - 1 : begin + 1].isalpha():
            begin += 1
        places.append((begin, begin + chance.randint(30, 150)))
    starts = [turns[len(turns) * part // 10][0] for part in (1, 5)]
    return Study(
        words=words,
        codings=codings,
        address=f"/projects/{made.project}/sources/{source}/",
        coder=coder,
        codes=[pk for pk, _ in codes],
        places=places,
        starts=starts,
        plain=_plain_page(text, turns, codes, rows),
    )


def _plain_page(
    text: str,
    turns: Sequence[tuple[int, int]],
    codes: Sequence[tuple[int, int]],
    rows: Sequence[tuple[int, int, int]],
) -> bytes:
    data = {
        "turns": [[start, end, text[start:end]] for start, end in turns],
        "codes": codes,
        "codings": rows,
    }
    page = (Path(__file__).parent / "plain.html").read_text("utf-8")
    packed = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return page.replace("{{ data }}", packed).encode()


# --- who serves it -------------------------------------------------------------------------------


@contextmanager
def _server(folder: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "manage.py", "serve", "--no-worker", "--port", str(port)]
    server = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{base}/health/", timeout=5):
                    break
            except OSError:
                if time.monotonic() > until:
                    sys.exit("The server has not started in 60 s.")
                time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def _static(pages: Sequence[bytes]) -> Iterator[str]:
    """The plain pages, ready packed: as quick as a server can be."""
    packed = [gzip.compress(page, 6) for page in pages]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            body = packed[int(name)] if name.isdigit() and int(name) < len(packed) else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if body:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the table says what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    sys.exit(main())
