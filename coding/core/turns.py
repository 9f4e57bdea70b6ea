"""Who speaks where: the turns of a transcript typed as "LABEL: what was said".

The hard part is what is *not* a label. A colon is common in prose ("Note: …"), so a label that
nobody announced must stand at the start of a line, be short and recur.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

PARTICIPANT = "participant"
INTERVIEWER = "interviewer"
OBSERVER = "observer"
TEXT = "text"

# Labels that need no announcement, in lower case; a number may follow ("INT 2", "Interviewer 1").
DEFAULT_SPEAKER_ROLES: Mapping[str, str] = {
    **dict.fromkeys(
        ("i", "int", "interviewer", "q", "question", "mod", "moderator", "facilitator"),
        INTERVIEWER,
    ),
    **dict.fromkeys(("researcher", "interviewer a", "interviewer b"), INTERVIEWER),
    **dict.fromkeys(("obs", "observer", "observation", "observations"), OBSERVER),
    **dict.fromkeys(
        ("field note", "field notes", "fieldnote", "fieldnotes", "field-notes"), OBSERVER
    ),
    **dict.fromkeys(("participant", "respondent", "interviewee"), PARTICIPANT),
}

# Labels that say "the person interviewed" without naming anybody.
GENERIC_LABELS = frozenset(
    {"participant", "respondent", "interviewee", "informant", "answer", "p", "r", "a", "b"}
)

MAX_LABEL = 40
MAX_LABEL_WORDS = 4

# Line openings of prose and of file headers that recur although nobody is called so.
_PROSE_OPENINGS = frozenset(
    """
    note notes nb n.b. ps p.s. eg e.g. ie i.e. example examples remark remarks comment comments
    warning caution important attention summary conclusion result results reason to re fwd
    from cc bcc date time place location venue duration topic theme title file page line
    source transcript transcription recording interview audio video attendees present chapter
    section part step figure table appendix agenda todo to-do http https www
    honestly basically finally actually obviously clearly frankly really seriously additionally
    firstly secondly thirdly lastly importantly specifically simply personally generally
    interestingly unfortunately fortunately briefly similarly alternatively again also anyway
    first second third last next then now today yesterday tomorrow
    anmerkung anmerkungen notiz hinweis beispiel ehrlich datum ort uhrzeit dauer quelle
    remarque exemple nota ejemplo fecha
    """.split()  # noqa: SIM905
)

# A label is a name: it has none of these words in it.
_FUNCTION_WORDS = frozenset(
    """
    the an is are was were be been being am do does did have has had will would can could should
    may might must this that these those it its he she they we you me my your his her our their us
    them and or but if so because as than what which who whom whose why how when where there here
    not no yes of to for from with about into over on at by in like said says say think know mean
    """.split()  # noqa: SIM905
)
_NOT_IN_A_LABEL = re.compile(r"[?!;…\"“”„«»<>=*/\\|#@]")
_NUMBERED = re.compile(r"[ _\-]?\d{1,2}$")
_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_LABEL = r"[^\s:][^:\n]{0,63}?"


class TurnSpan(NamedTuple):
    """One turn as offsets into the text (code points, end excluded).

    ``text[start:body_start]`` is the label with its colon and the white space after it,
    ``text[body_start:end]`` what was said; a label alone has ``body_start == end``. A paragraph
    without speaker has ``speaker == ""``, ``role == "text"`` and ``body_start == start``.
    """

    start: int
    body_start: int
    end: int
    speaker: str
    role: str


def parse_turns(
    text: str,
    speakers: Mapping[str, str] | None = None,
    default_roles: Mapping[str, str] = DEFAULT_SPEAKER_ROLES,
) -> list[TurnSpan]:
    """The turns of ``text`` in order: disjoint, and covering all but white space.

    ``speakers`` maps the labels known in this study (participant ids, pseudonyms) to a role:
    "participant", "interviewer" or "observer". They win over ``default_roles``; both are compared
    without regard to case. Any other label counts when it recurs and looks like a name; its role
    is "participant". What follows a label belongs to its turn until the next one. Lines before
    the first label are paragraphs without speaker, and so is every line of a text without labels.
    """
    known = {label.casefold(): role for label, role in (speakers or {}).items()}
    labels = _labels(text, known, default_roles)
    first = labels[0][0] if labels else len(text)
    turns = [
        TurnSpan(match.start(), match.start(), match.end(), "", TEXT)
        for match in _LINE.finditer(text, 0, first)
    ]
    ends = [*(start for start, _, _, _ in labels), len(text)][1:]
    for (start, after_colon, speaker, role), limit in zip(labels, ends, strict=True):
        end = start + len(text[start:limit].rstrip())
        body_start = end - len(text[after_colon:end].lstrip())
        turns.append(TurnSpan(start, body_start, end, speaker, role))
    return turns


def label_intervals(turns: Iterable[TurnSpan]) -> list[tuple[int, int]]:
    """Where the speaker labels stand: what ``word_spans`` has to skip."""
    return [(turn.start, turn.body_start) for turn in turns if turn.body_start > turn.start]


class HasBody(Protocol):
    @property
    def body_start(self) -> int: ...
    @property
    def end(self) -> int: ...


def words_per_turn(words: NDArray[np.int32], turns: Sequence[HasBody]) -> NDArray[np.int64]:
    """How many words begin in the body of each turn; shape (number of turns,)."""
    starts = words[:, 0]
    bodies = np.array([(turn.body_start, turn.end) for turn in turns], dtype=np.int64)
    edges = np.searchsorted(starts, bodies.reshape(-1, 2), side="left")
    return np.asarray(edges[:, 1] - edges[:, 0], dtype=np.int64)


def is_generic_label(label: str) -> bool:
    """Whether ``label`` means "the person interviewed" ("Respondent", "P", "B1")."""
    return _NUMBERED.sub("", label.casefold()) in GENERIC_LABELS


def is_prose_opening(label: str) -> bool:
    """Whether ``label`` opens sentences or the lines of a header ("Note", "PS", "Date")."""
    return _NUMBERED.sub("", label.casefold()) in _PROSE_OPENINGS


def _labels(
    text: str, known: Mapping[str, str], default_roles: Mapping[str, str]
) -> list[tuple[int, int, str, str]]:
    """Every label as (start, offset after the colon, label, role)."""
    found = [
        (match.start(1), match.end(), match.group(1)) for match in _pattern(known).finditer(text)
    ]
    recurring = Counter(label.casefold() for _, _, label in found)
    roles: dict[str, str | None] = {}
    labels = []
    for start, after_colon, label in found:
        folded = label.casefold()
        if folded not in roles:
            roles[folded] = _role(label, recurring[folded], known, default_roles)
        role = roles[folded]
        if role is not None:
            labels.append((start, after_colon, label, role))
    return labels


def _pattern(known: Mapping[str, str]) -> re.Pattern[str]:
    # An announced label may itself hold a colon ("group:1"); any other label ends at the first.
    with_colon = sorted((label for label in known if ":" in label), key=len, reverse=True)
    choices = "|".join([*map(re.escape, with_colon), _LABEL])
    return re.compile(rf"^[^\S\n]*({choices})[^\S\n]*:(?=\s|\Z)", re.MULTILINE | re.IGNORECASE)


def _role(
    label: str, times: int, known: Mapping[str, str], default_roles: Mapping[str, str]
) -> str | None:
    folded = label.casefold()
    if folded in known:
        return known[folded]
    for name in (folded, _NUMBERED.sub("", folded)):
        if name in default_roles:
            return default_roles[name]
    return PARTICIPANT if times > 1 and looks_like_a_name(label) else None


def looks_like_a_name(label: str) -> bool:
    """Whether ``label`` is short and has none of the words that a name never has."""
    if len(label) > MAX_LABEL or not label[0].isalnum() or _NOT_IN_A_LABEL.search(label):
        return False
    words = [word.strip("(),'’[]") for word in label.casefold().split()]
    if len(words) > MAX_LABEL_WORDS or not any(char.isalpha() for char in label):
        return False
    if is_prose_opening(label):
        return False
    # "A" is an initial at the end ("Coach A") and an article in front ("A thought").
    if words[0] == "a" and len(words) > 1:
        return False
    return _FUNCTION_WORDS.isdisjoint(words)
