"""CHAT, the format of CLAN and TalkBank: https://talkbank.org/0info/manuals/CHAT.html."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date

from coding.core.transcripts.compose import one_line
from coding.core.transcripts.document import Context, Document
from coding.core.transcripts.model import Draft, TranscriptProblem, Utterance, count

BULLET = "\x15"
MAIN_LINE = re.compile(r"\*([A-Za-z0-9_\-]{1,20}):[\t ]*")
_HEADER = re.compile(r"@([A-Za-z][^:\t\n]*)(?::\s*(.*))?$")
_TIER = re.compile(r"%([a-zA-Z0-9]+):\s*")
# NAK ms_ms NAK; older files name the recording in front, newer ones may end in a hyphen.
_BULLET = re.compile(rf"{BULLET}[^{BULLET}]*?(\d{{1,10}})_(\d{{1,10}})-?\s*{BULLET}")
# As CLAN shows it, in text that was copied from there.
_SHOWN_BULLET = re.compile(r"•\s?(\d{1,10}_\d{1,10})\s?•")
_ANY_BULLET = re.compile(rf"{BULLET}[^{BULLET}\n]*{BULLET}")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def read_chat(document: Document, context: Context) -> Draft:
    """Main lines as utterances, called by the names in ``@Participants``; %-lines as chosen."""
    draft = Draft("chat", glue="\n")
    headers: Counter[str] = Counter()
    tiers: Counter[str] = Counter()
    names: Mapping[str, str] = {}
    other = 0
    for number, line in _logical_lines([line.text for line in document.lines()]):
        if main := MAIN_LINE.match(line):
            code = main[1]
            text, start, end = _bullets(line[main.end() :], context.name, number)
            draft.utterances.append(Utterance(names.get(code, code), text, start, end))
        elif tier := _TIER.match(line):
            tiers[tier[1]] += 1
            if context.choices.keep_dependent and draft.utterances:
                text, _, _ = _bullets(line[tier.end() :], context.name, number)
                draft.utterances[-1].text += f"\n%{tier[1]}: {text}"
        elif header := _HEADER.match(line):
            headers[header[1].strip()] += 1
            if header[1] == "Participants":
                names = _participants(header[2] or "")
            elif header[1] == "Date":
                draft.recorded = draft.recorded or _date(header[2] or "")
        elif line.strip():
            other += 1
            draft.utterances.append(Utterance("", line))
    if not draft.utterances:
        raise TranscriptProblem(
            "no_utterances", f"{context.name} is CHAT without a main line (*ABC:)."
        )
    _note(draft, headers, tiers, names, other, context.choices.keep_dependent)
    return draft


def _logical_lines(lines: list[str]) -> list[tuple[int, str]]:
    """Lines with their continuations, which begin with a tab; numbered from 1."""
    whole: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if line[:1] in ("\t", " ") and line.strip() and whole:
            whole[-1][1].append(line.strip())
        else:
            whole.append((number, [line]))
    return [(number, " ".join(parts)) for number, parts in whole]


def _bullets(text: str, name: str, line: int) -> tuple[str, int | None, int | None]:
    text = _SHOWN_BULLET.sub(rf"{BULLET}\1{BULLET}", text)
    times = [(int(start), int(end)) for start, end in _BULLET.findall(text)]
    bare = _ANY_BULLET.sub(" ", text)
    if BULLET in bare:
        raise TranscriptProblem(
            "bullet", f"{name} has a time mark that is not closed in line {line:,}.", line
        )
    start = min((start for start, _ in times), default=None)
    return one_line(bare), start, max((end for _, end in times), default=None)


def _participants(text: str) -> dict[str, str]:
    """Code to name: "INV Dana Investigator" names Dana, "CHI Target_Child" nobody."""
    found: dict[str, str] = {}
    for entry in text.split(","):
        words = entry.split()
        if len(words) >= 3:
            found[words[0]] = " ".join(words[1:-1]).replace("_", " ")
    # Two people of one name keep their codes.
    shared = Counter(found.values())
    return {code: name for code, name in found.items() if shared[name] == 1}


def _date(text: str) -> date | None:
    match = re.fullmatch(r"\s*(\d{1,2})-([A-Z]{3})-(\d{4})\s*", text.upper())
    if match is None or match[2] not in _MONTHS:
        return None
    try:
        return date(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))
    except ValueError:
        return None


def _note(
    draft: Draft,
    headers: Counter[str],
    tiers: Counter[str],
    names: Mapping[str, str],
    other: int,
    kept: bool,
) -> None:
    used = {utterance.speaker for utterance in draft.utterances}
    called = [f"{code} is {name}" for code, name in names.items() if name in used]
    if called:
        draft.notes.append(f"Speakers are called by their names: {', '.join(called)}.")
    if headers:
        listed = ", ".join(f"@{header}" for header in headers)
        draft.notes.append(f"{count(headers.total(), 'header line')} left out: {listed}.")
    if tiers:
        listed = ", ".join(f"%{tier} ({number:,})" for tier, number in tiers.items())
        what = "kept below their utterances" if kept else "left out"
        draft.notes.append(f"{count(tiers.total(), 'dependent line')} {what}: {listed}.")
    if other:
        draft.notes.append(f"{count(other, 'line')} of no known kind kept without speaker.")
