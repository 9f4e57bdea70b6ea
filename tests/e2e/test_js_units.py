"""The front end's unit tests: ES modules run in Chromium, one result per test.

The tests are the files ``tests/js/*.test.js``. They import the modules by the same bare names as
the pages do, so the page under test has an import map of its own and needs no Django.
"""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = sorted((REPOSITORY / "tests" / "js").glob("*.test.js"))
NAMED = re.compile(r'^test\("([^"]+)"', re.MULTILINE)
CASES = [(file, name) for file in FILES for name in NAMED.findall(file.read_text("utf-8"))]

RUN = """async (files) => {
  const { runAll } = await import("@cs-test/harness.js");
  for (const file of files) await import(`@cs-test/${file}`);
  return runAll();
}"""


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the results say what matters."""


@pytest.fixture(scope="module")
def results(chromium: Browser) -> Iterator[dict[str, str]]:
    """Name of each test that ran -> what went wrong, empty if nothing did."""
    handler = partial(_Quiet, directory=str(REPOSITORY))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/tests/js/index.html")
        found: dict[str, str] = page.evaluate(RUN, [file.name for file in FILES])
        page.close()
        yield found
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize(("file", "name"), CASES, ids=[name for _, name in CASES])
def test_in_browser(results: dict[str, str], file: Path, name: str) -> None:
    assert name in results, f"{file.name}: “{name}” did not run"
    assert results[name] == "", f"{file.name}: {results[name]}"


@pytest.mark.browser
def test_every_test_that_ran_is_reported(results: dict[str, str]) -> None:
    assert sorted(results) == sorted(name for _, name in CASES)
    assert len(CASES) >= 50
