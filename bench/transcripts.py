"""Reading transcripts that are much of one thing: seconds of CPU for n and for 8 n repetitions.

A ratio near 8 grows with the file; one near 64 grows with its square. Run: ``python -m
bench.transcripts``.
"""

import contextlib
import time

from coding.core.transcripts import Choices, TranscriptProblem, read_transcript

N = 8_000
HEADS = {
    "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n",
    "otter": "Ana  0:01\n",
    "google_meet": "x - Transcript\nAttendees\nBo\nTranscript\n",
    "chat": "@Begin\n*ANA:\tx\n",
    "rtf": "{\\rtf1 ",
}
REPEATED: tuple[tuple[str, str | None], ...] = (
    ("<v ", "vtt"),
    ("&amp;", "vtt"),
    (" ", None),
    ("[", None),
    ("(((", None),
    ("\n\nAna\nx", None),
    ("[00:00:01] ", None),
    ("[00:00:01.01] x\n", None),
    ("x #00:00:01-1#\n", None),
    ("¤<1>x ", None),
    ("x\n", "otter"),
    ("Ana: x\n00:00:01\n", "google_meet"),
    ("\t%a: ", "chat"),
    ("{\\b ", "rtf"),
)


def seconds(text: str, key: str | None) -> float:
    began = time.process_time()
    with contextlib.suppress(TranscriptProblem):
        read_transcript(text.encode(), "x", Choices(format=None if key == "rtf" else key))
    return time.process_time() - began


def main() -> None:
    print(f"{'repeated':>24}  {'format':>12}  {N:>8,} s  {8 * N:>8,} s  ratio")
    for once, key in REPEATED:
        head = HEADS.get(key or "", "ANA: x\nANA: y ")
        few, many = (seconds(head + once * n, key) for n in (N, 8 * N))
        ratio = f"{many / few:5.1f}" if few else "n/a (too quick to be timed)"
        print(f"{once!r:>24}  {key or 'any':>12}  {few:>10.3f}  {many:>10.3f}  {ratio}")


if __name__ == "__main__":
    main()
