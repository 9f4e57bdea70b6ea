"""One page in headless Chromium, measured: opening, tagging, scrolling, memory.

What a page is measured by stands in probe.js, which is there before the page's own scripts; each
``Way`` says how a passage is selected and seen in its page.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

# As in the browser tests; accessibility is switched on only where the row says so.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ACCESSIBILITY = "--force-renderer-accessibility"
VIEW = {"width": 1440, "height": 900}
SCROLL_PX = 10_000
SCROLL_MS = 2_500

PROBE = (Path(__file__).parent / "probe.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Way:
    """How one page is used: its address, and what it is called in the table."""

    name: str
    address: str
    # JavaScript: puts the selection on [start, end] and the focus where keys are heard.
    select: str
    # JavaScript: is this passage (start, end, key) drawn with the code of the key?
    shown: str
    confirms: bool
    accessibility: bool = False


@dataclass(slots=True)
class Figures:
    """All in milliseconds and bytes, unless it says otherwise."""

    raw: int = 0
    wire: int = 0
    answer: list[float] = field(default_factory=list)
    text: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    ready_cpu: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    presented: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    tag_cpu: list[float] = field(default_factory=list)
    tag_style: list[float] = field(default_factory=list)
    tag_layout: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    scroll_cpu: float = 0
    heap: int = 0
    private: int = 0
    elements: int = 0


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 95 // 100)] if values else float("nan")


def share_under(values: Sequence[float], limit: float) -> float:
    return 100 * sum(value < limit for value in values) / len(values) if values else float("nan")


@contextmanager
def chromium(path: str, *, accessibility: bool = False) -> Iterator[Browser]:
    flags = [*FLAGS, ACCESSIBILITY] if accessibility else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Measured:
    """One browser, one way: opened several times, then used."""

    def __init__(self, browser: Browser, way: Way, cookie: dict[str, Any] | None) -> None:
        self.browser, self.way, self.cookie = browser, way, cookie
        self.figures = Figures()
        # Runs before the page's own scripts, after PROBE.
        self.script = ""

    def opened(self, times: int) -> Iterator[Page]:
        """A fresh browser context for each time; the first is not counted (the server warms up)."""
        for turn in range(times + 1):
            context = self.browser.new_context(viewport=VIEW, locale="en-US")
            if self.cookie:
                context.add_cookies([self.cookie])  # type: ignore[list-item]
            page = context.new_page()
            page.set_default_timeout(120_000)
            page.add_init_script(PROBE + self.script)
            try:
                # Once for the scripts and styles, which a browser keeps; then as every day.
                page.goto(self.way.address, wait_until="load")
                self._ready(page)
                self._open(page, counted=turn > 0)
                yield page
            finally:
                context.close()

    def _open(self, page: Page, *, counted: bool) -> None:
        page.goto("about:blank")
        cdp = _performance(page)
        cdp.send("Network.enable")
        wire: dict[str, int] = {}
        cdp.on(
            "Network.loadingFinished",
            lambda e: wire.update({e["requestId"]: e["encodedDataLength"]}),
        )
        first: list[str] = []
        cdp.on(
            "Network.requestWillBeSent",
            lambda e: first.append(e["requestId"]) if e.get("type") == "Document" else None,
        )
        response = page.goto(self.way.address, wait_until="load")
        assert response is not None
        assert response.status == 200, response.status
        self._ready(page)
        cpu = _counters(cdp)["TaskDuration"] * 1000
        found = page.evaluate(
            """() => {
              const [page] = performance.getEntriesByType("navigation");
              return { ...bench, answer: page.responseStart - page.requestStart,
                       response: page.responseStart, raw: page.decodedBodySize };
            }"""
        )
        cdp.detach()
        if not counted:
            return
        figures = self.figures
        figures.raw, figures.wire = found["raw"], wire.get(first[0], 0) if first else 0
        figures.answer.append(found["answer"])
        figures.text.append(found["text"] - found["response"])
        figures.ready.append(found["drawn"] - found["response"])
        figures.ready_cpu.append(cpu)

    def _ready(self, page: Page) -> None:
        until = time.monotonic() + 60
        while not page.evaluate("Boolean(globalThis.bench?.drawn && bench.text)"):
            if time.monotonic() > until:
                state = page.evaluate("JSON.stringify([location.pathname, globalThis.bench])")
                raise AssertionError(f"{self.way.name} was not ready within a minute: {state}")
            time.sleep(0.02)

    def memory(self, page: Page) -> None:
        cdp = page.context.new_cdp_session(page)
        cdp.send("HeapProfiler.enable")
        cdp.send("HeapProfiler.collectGarbage")
        self.figures.heap = cdp.send("Runtime.getHeapUsage")["usedSize"]
        cdp.detach()
        self.figures.private = _private_bytes(self.browser)
        self.figures.elements = page.evaluate("document.querySelectorAll('*').length")

    def tag(self, page: Page, places: Sequence[tuple[int, int]]) -> None:
        cdp = _performance(page)
        for turn, (start, end) in enumerate(places):
            key = str(turn % 9 + 1)
            page.evaluate(
                "(at) => { bench.tag = null; bench.reveal(at); return bench.rest(); }", start
            )
            page.evaluate(f"([start, end]) => {{ {self.way.select} }}", [start, end])
            page.evaluate("() => bench.rest()")
            before = _counters(cdp)
            page.evaluate("() => { bench.tag = {}; }")
            page.keyboard.press(key)
            until = time.monotonic() + 20
            while True:
                tag = page.evaluate("bench.tag")
                if tag.get("drawn") and (tag.get("confirmed") or not self.way.confirms):
                    break
                assert time.monotonic() < until, f"{self.way.name}: nothing came of key {key}"
                time.sleep(0.02)
            after = _counters(cdp)
            shown = page.evaluate(
                f"([start, end, key]) => {{ {self.way.shown} }}", [start, end, key]
            )
            assert shown, f"{self.way.name}: {start}–{end} is not drawn"
            time.sleep(0.05)
            tag = page.evaluate("bench.tag")
            figures = self.figures
            figures.drawn.append(tag["drawn"] - tag["pressed"])
            figures.presented.append(tag.get("presented", 8))
            if self.way.confirms:
                figures.confirmed.append(tag["confirmed"] - tag["pressed"])
            for name, values in (
                ("TaskDuration", figures.tag_cpu),
                ("RecalcStyleDuration", figures.tag_style),
                ("LayoutDuration", figures.tag_layout),
            ):
                values.append((after[name] - before[name]) * 1000)
        cdp.detach()

    def scroll(self, page: Page, starts: Sequence[int]) -> None:
        """From each of these places on down a dozen screens at once, after standing still."""
        cdp = _performance(page)
        page.evaluate("() => getSelection().removeAllRanges()")
        for start in starts:
            page.evaluate("(at) => { bench.reveal(at); return bench.rest(); }", start)
            self.figures.idle += page.evaluate("() => bench.scroll(0, 800)")
            before = _counters(cdp)["TaskDuration"]
            self.figures.frames += page.evaluate(f"() => bench.scroll({SCROLL_PX}, {SCROLL_MS})")
            spent = (_counters(cdp)["TaskDuration"] - before) * 1000
            self.figures.scroll_cpu += spent / len(starts)
        cdp.detach()


def _performance(page: Page) -> CDPSession:
    """Counters in the main thread's own time, which other programs do not lengthen much."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    return cdp


def _counters(cdp: CDPSession) -> dict[str, float]:
    return {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}


def _private_bytes(browser: Browser) -> int:
    """Of the largest renderer: the page's, as there is but one (Linux)."""
    cdp = browser.new_browser_cdp_session()
    processes = cdp.send("SystemInfo.getProcessInfo")["processInfo"]
    cdp.detach()
    most = 0
    for process in processes:
        if process["type"] != "renderer":
            continue
        try:
            lines = Path(f"/proc/{process['id']}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        most = max(most, sum(int(line.split()[1]) for line in lines if line.startswith("Private_")))
    return most * 1024
