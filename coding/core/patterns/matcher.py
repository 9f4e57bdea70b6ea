"""The process that matches one regular expression: reads lines of JSON, answers each with one.

An expression can take for ever, and some eat all memory before the first letter is compared. Both
are limited here, and whoever started this process can end it. It is started by its path and knows
only the standard library and ``regex``.

First line: {"pattern", "match_case", "seconds" (for one turn), "megabytes", "most" (matches of one
turn)}; the answer is {} or {"problem": …, "at": …}. Then one line for each text: {"text", "turns":
[[start, end], …]}, in code points. The answer is {"hits": [[number of the turn, [[start, end],
…]], …], "empty": number of matches of nothing, "cut": whether a turn had more than ``most``}, or
{"slow": number of the turn}, or {"memory": number of the turn}.
"""

import contextlib
import json
import sys
from typing import Any, TextIO

import regex


def main(lines: TextIO, answers: TextIO) -> None:
    order = json.loads(lines.readline())
    limit_memory(order["megabytes"])
    answer, pattern = compiled(order["pattern"], order["match_case"])
    tell(answers, answer)
    if pattern is None:
        return
    for line in lines:
        task = json.loads(line)
        tell(answers, search(pattern, task["text"], task["turns"], order["seconds"], order["most"]))


def limit_memory(megabytes: int) -> None:
    # Not on every system: there the time limit alone stands.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def compiled(pattern: str, match_case: bool) -> tuple[dict[str, Any], Any]:
    try:
        flags = 0 if match_case else regex.IGNORECASE
        return {}, regex.compile(pattern, flags, cache_pattern=False)
    except regex.error as error:
        return {"problem": error.msg, "at": error.pos}, None
    except (MemoryError, RecursionError, OverflowError):
        return {"memory": 0}, None


def search(
    pattern: Any, text: str, turns: list[list[int]], seconds: float, most: int
) -> dict[str, Any]:
    hits: list[Any] = []
    empty, cut = 0, False
    for number, (start, end) in enumerate(turns):
        # The words alone: an expression sees neither the speaker's label nor the next turn.
        words = text[start:end]
        found: list[list[int]] = []
        try:
            for match in pattern.finditer(words, timeout=seconds):
                if match.start() == match.end():
                    empty += 1
                elif len(found) < most:
                    found.append([start + match.start(), start + match.end()])
                else:
                    cut = True
                    break
        except TimeoutError:
            return {"slow": number}
        except (MemoryError, RecursionError):
            return {"memory": number}
        if found:
            hits.append([number, found])
    return {"hits": hits, "empty": empty, "cut": cut}


def tell(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
