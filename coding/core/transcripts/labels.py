"""Where a line names its speaker: by the usual rules, or as the person who imports describes it.

The usual rules are those of ``coding.core.turns``: a label recurs, is short and starts a line.
Here they are widened where the file itself says more: bold type, and files in which nearly every
line is labelled. What looked like a label and was not taken for one is counted for the notes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import regex

from coding.core.transcripts.document import Line
from coding.core.transcripts.model import (
    MAX_LABEL_PATTERN,
    TranscriptProblem,
    count,
    shown,
)
from coding.core.turns import (
    DEFAULT_SPEAKER_ROLES,
    PARTICIPANT,
    is_generic_label,
    is_prose_opening,
    looks_like_a_name,
    parse_turns,
)

# A person's own pattern may be slow on purpose or by mistake.
PATTERN_SECONDS = 2.0
MAX_LABEL = 80
MAX_OWN_LINE = 40
_TIMED_SHARE = 0.8

_SENTENCE_ENDS = (".", "?", "!", ",", ";", "…", '"', "”", ")")
_CANDIDATE = regex.compile(r"[^\S\n]*([^\s:][^:\n]{0,63}?)[^\S\n]*:(?=\s|$)")
# "Q. Where were you?", as in protocols.
_QUESTION_ANSWER = regex.compile(r"[^\S\n]*(?P<speaker>[QA])[.)](?=\s)")
_ASIDE = regex.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_TIME = r"\d{1,2}(?::\d{1,2}){1,2}(?:[.,;]\d{1,3})?"
_WORDS = {
    "NAME": r"(?P<speaker>[^\s:\[\](){}<>][^:\n\[\](){}<>]{0,63}?)",
    "TIME": rf"(?P<time>{_TIME})",
}


@dataclass(frozen=True, slots=True)
class Label:
    """A label in line ``line`` (from 0); what follows begins at ``after`` in that line."""

    line: int
    speaker: str
    after: int
    time: str = ""


@dataclass(slots=True)
class Found:
    """The labels of a file in order, and what to tell about how they were found."""

    labels: list[Label] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_labels(lines: Sequence[Line], pattern: str, name: str, timed: Iterable[int] = ()) -> Found:
    """The labels in ``lines``: by ``pattern``, or by the usual rules when it is "".

    ``timed`` are the numbers of lines with a time: where nearly all of them name somebody, a name
    need not come twice.
    """
    if pattern:
        bare = pattern.strip() == "NAME"
        return _by_pattern(lines, compile_pattern(pattern, name), name, bare)
    found = _by_rules(lines, frozenset(timed))
    if not found.labels:
        dotted = _by_pattern(lines, _QUESTION_ANSWER, name, False)
        if {label.speaker for label in dotted.labels} == {"Q", "A"}:
            return dotted
    return found


@lru_cache(maxsize=10_000)
def is_name(label: str) -> bool:
    """Whether ``label`` looks like a name, an aside like "(she/her)" left out of account."""
    bare = _ASIDE.sub("", label)
    return bool(bare) and looks_like_a_name(bare)


def compile_pattern(pattern: str, name: str) -> "regex.Pattern[str]":
    """``pattern``, a description with NAME or a regular expression, as one to match at a line."""
    if len(pattern) > MAX_LABEL_PATTERN:
        raise _bad_pattern(name, f"is longer than {MAX_LABEL_PATTERN} characters")
    own = "(?P<speaker>" in pattern or "(?<speaker>" in pattern
    if not own and "NAME" not in pattern:
        raise _bad_pattern(name, "has neither the word NAME nor a group (?P<speaker>…)")
    if not own and (pattern.count("NAME") > 1 or pattern.count("TIME") > 1):
        raise _bad_pattern(name, "has NAME or TIME twice")
    try:
        compiled = regex.compile(pattern if own else _described(pattern), regex.VERSION1)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise _bad_pattern(name, f"is no regular expression ({error})") from None
    if compiled.match(""):
        raise _bad_pattern(name, "matches everywhere, even where nothing is written")
    return compiled


def _described(description: str) -> str:
    parts = regex.split(r"(NAME|TIME|\s+)", description.strip())
    made = "".join(
        _WORDS.get(part) or (r"[^\S\n]*" if part.isspace() else regex.escape(part))
        for part in parts
        if part
    )
    # A label in words ends where a space or the line does, as in "10:30".
    return rf"[^\S\n]*{made}(?=\s|$)" if not made.endswith("?)") else rf"[^\S\n]*{made}[^\S\n]*$"


def speaker_pattern(
    pattern: "regex.Pattern[str]", text: str, line: int, name: str
) -> tuple[str, int, str] | None:
    """(speaker, where the words begin, time) of the line ``text``; None when it names nobody."""
    try:
        match = pattern.match(text, timeout=PATTERN_SECONDS)
    except TimeoutError:
        raise TranscriptProblem(
            "label_pattern",
            f"{name}: the pattern for speakers takes too long in line {line:,}; use a simpler one.",
            line,
        ) from None
    if match is None:
        return None
    speaker = (match.group("speaker") or "").strip()
    if not speaker or len(speaker) > MAX_LABEL:
        return None
    time = (match.group("time") or "") if "time" in pattern.groupindex else ""
    return speaker, match.end(), time


def is_own_line_name(text: str) -> bool:
    """Whether a line is nothing but a name: short, with a capital, and no end of a sentence."""
    return (
        len(text) <= MAX_OWN_LINE
        and not text.endswith(_SENTENCE_ENDS)
        and text[:1].isupper()
        and is_name(text.removesuffix(":"))
    )


def _by_pattern(
    lines: Sequence[Line], pattern: "regex.Pattern[str]", name: str, bare: bool
) -> Found:
    found = Found()
    prose: Counter[str] = Counter()
    for number, line in enumerate(lines):
        hit = speaker_pattern(pattern, line.text, number + 1, name)
        if hit is None:
            continue
        speaker, after, time = hit
        if is_prose_opening(speaker) or (bare and not is_own_line_name(speaker)):
            prose[speaker] += 1
        else:
            found.labels.append(Label(number, speaker, after, time))
    if not found.labels:
        found.notes.append("The pattern for speakers was found in no line.")
    found.notes.extend(_not_taken(prose))
    return found


def _by_rules(lines: Sequence[Line], timed: frozenset[int]) -> Found:
    candidates: list[tuple[int, str]] = []
    bold: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _CANDIDATE.match(line.text)
        if match:
            label = match.group(1)
            candidates.append((number, label))
            if line.bold >= match.end(1) and is_name(label):
                bold[label] = PARTICIPANT
    beside = {label for number, label in candidates if number in timed and is_name(label)}
    hits = sum(1 for number, label in candidates if number in timed and label in beside)
    filled = sum(1 for number in timed if lines[number].text.strip())
    if hits >= 2 and hits >= _TIMED_SHARE * filled:
        bold |= dict.fromkeys(beside, PARTICIPANT)
    known = {**bold, **_announced(candidates)}
    text = "\n".join(line.text for line in lines)
    found = Found()
    number, line_start = 0, 0
    for turn in parse_turns(text, known):
        if turn.body_start == turn.start:
            continue
        while line_start + len(lines[number].text) < turn.start:
            line_start += len(lines[number].text) + 1
            number += 1
        colon = text.index(":", turn.start + len(turn.speaker))
        speaker = _in_brackets(turn.speaker) or turn.speaker
        found.labels.append(Label(number, speaker, colon + 1 - line_start))
    taken = {label.line for label in found.labels}
    found.notes.extend(
        _not_taken(Counter(label for number, label in candidates if number not in taken))
    )
    once = [label for label in known if label not in bold]
    if once:
        found.notes.append(
            f"Taken for speakers, though they stand only once: {_listed(once)} (written like the "
            "other labels)."
        )
    return found


def _in_brackets(label: str) -> str:
    """The name in "[SPEAKER_00]", "" when ``label`` is not in brackets."""
    return label[1:-1].strip() if label[0] == "[" and label[-1] == "]" else ""


def _announced(candidates: list[tuple[int, str]]) -> dict[str, str]:
    """Labels that stand once and count all the same, because of the company they keep."""
    times = Counter(label.casefold() for _, label in candidates)
    sure = {
        label
        for _, label in candidates
        if label.casefold() in DEFAULT_SPEAKER_ROLES
        or (times[label.casefold()] > 1 and is_name(_in_brackets(label) or label))
    }
    if not sure:
        return {}
    capitals = all(label.isupper() for label in sure)
    announced = {}
    for _, label in candidates:
        single = times[label.casefold()] == 1 and label not in sure
        shape = capitals and label.isupper() and len(label) > 1 and " " not in label
        if single and is_name(label) and (shape or is_generic_label(label)):
            announced[label] = PARTICIPANT
    # An aside after a name ("Maya (she/her)") hides it from the rules for plain text.
    for label in sure:
        if times[label.casefold()] > 1 and (label[0] == "[" or _ASIDE.search(label)):
            announced[label] = PARTICIPANT
    return announced


def _not_taken(labels: Counter[str]) -> list[str]:
    names = [label for label in labels if looks_short(label)]
    if not names:
        return []
    total = sum(labels[label] for label in names)
    return [f"Not taken for speakers: {_listed(names)} (at the start of {count(total, 'line')})."]


def looks_short(label: str) -> bool:
    """Whether somebody might have meant ``label`` as a speaker: up to four words."""
    return len(label) <= MAX_LABEL // 2 and len(label.split()) <= 4


def _listed(labels: Iterable[str], limit: int = 5) -> str:
    names = list(dict.fromkeys(labels))
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(shown(label) for label in names[:limit]) + more


def _bad_pattern(name: str, what: str) -> TranscriptProblem:
    return TranscriptProblem("label_pattern", f"{name}: the pattern for speakers {what}.")
