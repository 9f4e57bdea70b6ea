"""Layouts with a line of name and time above what was said, and a line of name and time in front:
Otter, Rev, Teams in Word, Zoom captions and chat, Google Meet."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from coding.core.transcripts.document import Context, Document
from coding.core.transcripts.labels import is_name
from coding.core.transcripts.model import Draft, Utterance, count, shown
from coding.core.transcripts.times import CLOCK, milliseconds
from coding.core.turns import is_prose_opening

OTTER = re.compile(r"\s*(\S.{0,78}?)(?:[^\S\n]{2,}|\t)(\d{1,2}:\d{2}(?::\d{2})?)\s*$")
_OTTER_NARROW = re.compile(r"\s*(\S.{0,60}?) (\d{1,2}:\d{2}(?::\d{2})?)\s*$")
REV = re.compile(
    r"\s*(?:([^\s(\[:][^(\[:]{0,78}?)\s*[(\[](\d{1,3}:\d{2}(?::\d{2})?)[)\]]\s*:"
    r"|([^\s(\[:][^(\[:]{0,78}?)\s*:\s*[(\[](\d{1,3}:\d{2}(?::\d{2})?)[)\]]\s*(?=$))\s*(.*)$"
)
ZOOM_CAPTION = re.compile(r"\s*\[([^\[\]\n]{1,80})\]\s*(\d{1,2}:\d{2}:\d{2})(?=\s|$)\s*(.*)$")
ZOOM_CHAT = re.compile(
    r"(?:\d{4}-\d{2}-\d{2}\s+)?(\d{1,2}:\d{2}:\d{2})(?:\t|\s{1,4})\s*(?:From\s+(.{1,120}?)"
    r"(?:\s+[tT]o\s+([^:\t]{1,120}?(?:\((?:Direct Message|Privately)\))?))?\s*:"
    r"|(?<=\t)([^:\t]{1,80}):)"
    r"(?=\s|$)\s*(.*)$"
)
TEAMS_RANGE = re.compile(rf"\s*({CLOCK})\s*-->\s*({CLOCK})\s*$")
_TEAMS_EVENT = re.compile(
    r".{1,80}\s(?:started|stopped|paused|resumed) (?:the )?(?:transcription|recording)\.?\s*$"
)
_DURATION = re.compile(
    r"\s*(?:\d{1,3}\s?h(?:ours?)?\s?)?(?:\d{1,3}\s?m(?:in(?:utes?)?)?\s?)?(?:\d{1,3}\s?s(?:ec(?:onds?)?)?)?\s*$"
)
_OTTER_FOOTER = re.compile(r"\s*Transcribed by\s+https?://otter\.ai\S*\s*$", re.IGNORECASE)
_MEET_TIME = re.compile(r"\s*(\d{1,2}:\d{2}:\d{2})\s*$")
_MEET_END = re.compile(r"\s*(?:Transcription|Meeting) ended after\s+(\S+)\s*$", re.IGNORECASE)
_MEET_DISCLAIMER = re.compile(r"\s*This editable transcript was computer generated", re.IGNORECASE)
_MEET_TITLE = re.compile(r".*\s[-–]\s*Transcript\s*$")
_LABEL = re.compile(r"\s*([^\s:][^:\n]{0,78}?)\s*:(?=\s|$)\s*(.*)$")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


class _Turns:
    """Utterances under way: lines are gathered and put together once, however many there are."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.bodies: list[list[str]] = []

    def open(self, speaker: str, text: str, start: int | None, end: int | None = None) -> None:
        self.draft.utterances.append(Utterance(speaker, "", start, end))
        self.bodies.append([text])

    def add(self, line: str) -> None:
        self.bodies[-1].append(line)

    def name_by_first_line(self, chosen: set[int]) -> None:
        """Take the first line of the chosen turns as the name, where words follow it.

        A turn of one line has words and no name: so the file has no names, or not there.
        """
        for number in chosen:
            lines = [line for line in self.bodies[number] if line.strip()]
            name = lines[0].strip() if lines else ""
            if len(lines) > 1 and len(name) <= 80 and not name.endswith((".", "?", "!", ",")):
                self.draft.utterances[number].speaker = name
                self.bodies[number] = lines[1:]

    def close(self) -> None:
        for utterance, body in zip(self.draft.utterances, self.bodies, strict=True):
            utterance.text = "\n".join(body)


def read_otter(document: Document, context: Context) -> Draft:
    """Otter: "Name  M:SS" above each turn."""
    draft = Draft("otter")
    footers = 0
    lines = []
    for line in document.lines():
        if _OTTER_FOOTER.match(line.text):
            footers += 1
        else:
            lines.append(line.text)
    narrow = sum(map(otter_header, lines)) > 1
    _stamped(lines, draft, lambda line: _otter_pair(line, narrow))
    if footers:
        draft.notes.append("The line “Transcribed by https://otter.ai” was left out.")
    return draft


def read_rev(document: Document, context: Context) -> Draft:
    """Rev: "Name (MM:SS):" or "Name: (MM:SS)", with the words below or behind."""
    draft = Draft("rev")
    _stamped([line.text for line in document.lines()], draft, _rev_header)
    return draft


def read_zoom_captions(document: Document, context: Context) -> Draft:
    """Zoom captions: "[Name] HH:MM:SS" above each caption, in the time of day."""
    draft = Draft("zoom_captions")
    _stamped(
        [line.text for line in document.lines()],
        draft,
        lambda line: _pair(ZOOM_CAPTION.match(line), 3),
    )
    draft.notes.append("The times are times of day, not counted from the start of a recording.")
    return draft


def read_zoom_chat(document: Document, context: Context) -> Draft:
    """Zoom chat: time of day, sender, perhaps the receiver, and the message."""
    draft = Draft("zoom_chat")
    turns = _Turns(draft)
    private = 0
    for line in document.lines():
        match = ZOOM_CHAT.match(line.text)
        if match:
            time, sender, receiver, other, text = match.groups()
            private += bool(receiver) and not re.match(r"everyone\b", receiver, re.IGNORECASE)
            turns.open(sender or other, text, milliseconds(time))
        elif turns.bodies:
            turns.add(line.text.strip())
        elif line.text.strip():
            turns.open("", line.text, None)
    turns.close()
    draft.notes.append("The times are times of day, not counted from the start of a recording.")
    if private:
        draft.notes.append(
            f"{count(private, 'message')} went to single people, not to everyone; "
            "who received them was left out."
        )
    return draft


def read_teams(document: Document, context: Context) -> Draft:
    """Teams in Word: name and time (new) or a time range (old) above each turn."""
    draft = Draft("teams_docx", title=document.title, recorded=document.recorded)
    turns = _Turns(draft)
    head: list[str] = []
    events: list[str] = []
    ranged: set[int] = set()
    state = ""
    for line in (line.text for line in document.lines()):
        timed = TEAMS_RANGE.match(line)
        named = OTTER.match(line)
        if timed:
            start, end = milliseconds(timed[1]), milliseconds(timed[2])
            turns.open("", "", start, end)
            ranged.add(len(turns.bodies) - 1)
            state = "range"
        elif named and state != "range" and (start := milliseconds(named[2])) is not None:
            turns.open(named[1], "", start)
            state = "text"
        elif _TEAMS_EVENT.match(line):
            events.append(line.strip())
        elif not draft.utterances:
            if line.strip():
                head.append(line.strip())
        else:
            turns.add(line)
            state = "text" if state != "range" or line.strip() else state
    turns.name_by_first_line(ranged)
    turns.close()
    _teams_head(head, draft)
    if events:
        draft.notes.append(f"{count(len(events), 'line')} like {shown(events[0])} left out.")
    return draft


def _teams_head(head: list[str], draft: Draft) -> None:
    rest = []
    for number, line in enumerate(head):
        when = _written_date(line)
        if when is not None:
            draft.recorded = draft.recorded or when
        elif number == 0 and len(line) <= 200:
            draft.title = draft.title or line
        elif not (_DURATION.match(line) or line == "Transcript"):
            rest.append(line)
    if head:
        draft.notes.append(
            f"{count(len(head) - len(rest), 'line')} of title, date and length left out."
        )
    draft.utterances[:0] = [Utterance("", line) for line in rest]


def read_meet(document: Document, context: Context) -> Draft:
    """Google Meet: names in the line, and the time as a heading every five minutes."""
    draft = Draft("google_meet")
    lines = [line.text.strip() for line in document.lines()]
    attendees, first = _meet_head(lines, draft)
    labels = Counter(match[1] for line in lines if (match := _LABEL.match(line)))
    turns = _Turns(draft)
    headings = footers = 0
    pending: int | None = None
    for line in lines[first:]:
        time = _MEET_TIME.match(line)
        label = _LABEL.match(line)
        if time and (start := milliseconds(time[1])) is not None:
            pending = start
            headings += 1
        elif _MEET_END.match(line) or (footers and _MEET_DISCLAIMER.match(line)):
            footers += 1
        elif label and (label[1] in attendees or _meet_name(label[1], labels)):
            turns.open(label[1], label[2], pending)
            pending = None
        elif not line:
            continue
        elif turns.bodies and draft.utterances[-1].speaker:
            turns.add(line)
        else:
            turns.open("", line, pending)
            pending = None
    turns.close()
    left = [f"{count(headings, 'time heading')}"] if headings else []
    if first:
        left.append(f"{count(sum(1 for line in lines[:first] if line), 'line')} of the heading")
    if footers:
        left.append(f"{count(footers, 'closing line')}")
    if left:
        draft.notes.append(f"Left out: {', '.join(left)}.")
    if headings:
        draft.notes.append(
            "A time heading is the start of the turn after it; the turns between have no time."
        )
    return draft


def _meet_head(lines: list[str], draft: Draft) -> tuple[set[str], int]:
    """The names of those present, and where the talk begins."""
    attendees: set[str] = set()
    upper = lines[:60]
    title = next((line for line in upper if line), "")
    if _MEET_TITLE.match(title):
        draft.title = title
        if found := _ISO_DATE.search(title):
            draft.recorded = _date(*map(int, found.groups()))
    if "Attendees" in upper:
        at = upper.index("Attendees") + 1
        listed = next((line for line in lines[at:] if line), "")
        attendees = {name.strip() for name in listed.split(",") if name.strip()}
    spoken = next((number for number, line in enumerate(lines) if _LABEL.match(line)), len(lines))
    if "Transcript" in upper[: spoken + 1]:
        return attendees, upper.index("Transcript") + 1
    return attendees, 1 + lines.index(title) if draft.title else 0


def _meet_name(label: str, labels: Counter[str]) -> bool:
    if not is_name(label) or is_prose_opening(label):
        return False
    # A name of two words is one; a single word has to come again.
    return " " in label or labels[label] > 1


def _stamped(
    lines: list[str], draft: Draft, header: Callable[[str], tuple[str, int, str] | None]
) -> None:
    """A header opens an utterance that lasts until the next one."""
    before = 0
    turns = _Turns(draft)
    for line in lines:
        found = header(line)
        if found:
            speaker, start, text = found
            turns.open(speaker, text, start)
        elif turns.bodies and draft.utterances[-1].start is not None:
            turns.add(line)
        elif line.strip():
            before += 1
            turns.open("", line, None)
    turns.close()
    if before:
        draft.notes.append(f"{count(before, 'line')} before the first speaker kept.")


def otter_header(line: str) -> bool:
    """Whether ``line`` is a name and a time with one space between them."""
    match = _OTTER_NARROW.match(line)
    return match is not None and is_name(match[1])


def _otter_pair(line: str, narrow: bool) -> tuple[str, int, str] | None:
    match = OTTER.match(line)
    if match is None and narrow and otter_header(line):
        match = _OTTER_NARROW.match(line)
    return _pair(match)


def _pair(match: re.Match[str] | None, text: int = 0) -> tuple[str, int, str] | None:
    if match is None:
        return None
    start = milliseconds(match[2])
    return None if start is None else (match[1], start, match[text] if text else "")


def _rev_header(line: str) -> tuple[str, int, str] | None:
    match = REV.match(line)
    if match is None:
        return None
    speaker, time = (match[1], match[2]) if match[1] else (match[3], match[4])
    start = milliseconds(time)
    return None if start is None else (speaker, start, match[5])


def _written_date(line: str) -> date | None:
    """The day in "March 4, 2026, 3:00PM" or "2026-03-04"; None for anything else."""
    words = re.match(r"(?:[A-Z][a-z]+day,\s+)?([A-Z][a-z]+ \d{1,2}, \d{4})\b", line.strip())
    if words:
        for form in ("%B %d, %Y", "%b %d, %Y"):
            try:
                return datetime.strptime(words[1], form).date()  # noqa: DTZ007 - a day, no time
            except ValueError:
                continue
    found = _ISO_DATE.match(line.strip())
    return _date(*map(int, found.groups())) if found else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
