"""Times as programs write them, in milliseconds from the start of the recording."""

import re

# "1:02", "0:0:3.54", "01:02:03,456"; a fraction may have one to three digits (or more).
CLOCK = r"\d{1,4}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,9})?"
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:[.,](\d{1,9}))?")
_FRAMES = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2})[.:;](\d{1,3})")


def milliseconds(time: str) -> int | None:
    """ "1:02:03.5" as 3723500; None when ``time`` is no time."""
    match = _CLOCK.fullmatch(time.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + (round(int(fraction) * 1000 / 10 ** len(fraction)) if fraction else 0)


def clock(time: int, mark: str) -> str:
    """3723500 as "01:02:03.500", with ``mark`` before the milliseconds."""
    seconds, rest = divmod(time, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"


def frames(time: str) -> tuple[int, int] | None:
    """ "00:00:02.13" as (whole seconds, frames); None when ``time`` is no such code."""
    match = _FRAMES.fullmatch(time.strip())
    if match is None or int(match[2]) > 59 or int(match[3]) > 59:
        return None
    return (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3]), int(match[4])
