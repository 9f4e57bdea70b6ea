"""Times in a recording, in words: whole milliseconds from its beginning."""


def clock(milliseconds: int | None) -> str:
    """``h:mm:ss``, as people write it; a second that has begun does not count. Empty for None."""
    if milliseconds is None:
        return ""
    seconds = milliseconds // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
