"""Does this container still do its work? `python -m coachstudy.healthcheck web|worker|beat`

Ends with 0 when it does, else with 1 and a sentence: what a container engine asks for.
"""

import os
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

# Beat touches this file whenever it sends something, every few seconds.
BEAT_FILE = Path(tempfile.gettempdir()) / "coachstudy-beat"
BEAT_SECONDS = 60


def web() -> str:
    """The trouble, or nothing."""
    port = os.environ.get("GRANIAN_PORT", "8000")
    # Any other name would be refused: the server answers only to those it is told.
    name = os.environ.get("COACHSTUDY_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/health/",
        headers={"Host": name.removeprefix(".").replace("*", "localhost")},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  (http, above)
            return "" if answer.status == 200 else f"the web server answers {answer.status}"
    except urllib.error.HTTPError as refused:
        return f"the web server answers {refused.code}"
    except OSError as trouble:
        return f"the web server does not answer: {trouble}"


def worker() -> str:
    from coachstudy.celery import app  # noqa: PLC0415  (only this question needs the broker)

    name = f"celery@{socket.gethostname()}"
    try:
        answers = app.control.inspect(destination=[name], timeout=5).ping()
    except Exception as trouble:
        return f"the broker does not answer: {type(trouble).__name__}"
    return "" if answers else f"the worker {name} does not answer"


def beat() -> str:
    try:
        age = time.time() - BEAT_FILE.stat().st_mtime
    except FileNotFoundError:
        return "beat has sent nothing yet"
    return "" if age < BEAT_SECONDS else f"beat has sent nothing for {age:.0f} s"


def main(arguments: list[str]) -> int:
    questions = {"web": web, "worker": worker, "beat": beat}
    if len(arguments) != 1 or arguments[0] not in questions:
        print(f"Say which: {', '.join(questions)}.", file=sys.stderr)
        return 2
    trouble = questions[arguments[0]]()
    if trouble:
        print(trouble, file=sys.stderr)
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
