"""Children that end with their parent, however the parent ended."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

# Set by `manage.py serve` for the processes it starts: its own process id.
SUPERVISOR = "COACHSTUDY_SUPERVISOR"
PR_SET_PDEATHSIG = 1


def end_with_parent() -> Callable[[], None] | None:
    """What a child must call first so that Linux ends it when its parent dies (None elsewhere).

    The library is loaded here, in the parent: between fork and exec a child should do little.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return in_child


def follow_supervisor() -> None:
    """In a process that `manage.py serve` started (directly or through another): end with it.

    Does nothing in processes that somebody else looks after.
    """
    supervisor = os.environ.get(SUPERVISOR, "")
    if not supervisor.isdigit():
        return
    threading.Thread(target=_watch, args=(int(supervisor), os.getppid()), daemon=True).start()


def _watch(supervisor: int, parent: int) -> None:
    while os.getppid() == parent and _lives(supervisor):
        time.sleep(1)
    if os.getppid() == parent != supervisor:
        # The web server's own parent process is still there: it must go too.
        os.kill(parent, signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os._exit(1)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
