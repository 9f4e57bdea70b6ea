"""The page where speaker labels are matched to people."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from coding import people
from coding.core.speakers import exactly, fold, means_anybody
from coding.forms import read_decisions
from coding.services.speakers import INTERVIEWER, NOBODY, OBSERVER, UNKNOWN, match_speakers
from projects.access import Access

PAGE = 40
# Lines for single sources on one page: each one is a choice among all participants.
LINES = 60
LINES_OF_ONE = 300


@dataclass(slots=True)
class Line:
    """One thing to decide: a label everywhere, or (with ``source``) in one source.

    ``choice`` is what is chosen now, "" where nothing is; ``now`` says in words what its turns are.
    ``suggested`` and ``why`` are a choice that can be taken over, and its words.
    """

    number: int
    label: str
    choice: str
    now: str
    turns: int
    words: int
    source: dict[str, Any] | None = None
    open: bool = False
    # What a refused form had chosen; else the choice.
    chosen: str = ""
    new: str = ""
    suggested: str = ""
    why: str = ""
    lines: list["Line"] = field(default_factory=list)
    # Sources that have no line on this page; the address of the label alone shows them.
    more: int = 0
    sources: int = 0
    generic: bool = False
    spellings: list[str] = field(default_factory=list)


@require_http_methods(["GET", "POST"])
def speaker_list(request: HttpRequest, project_id: int) -> HttpResponse:
    """Every speaker label once, undecided ones first; saving decides what was changed."""
    access = request.access
    here = reverse("coding:speakers", kwargs={"project_id": project_id})
    if request.method == "POST":
        access.require("edit_participants")
        try:
            done = match_speakers(access=access, decisions=read_decisions(request.POST))
        except ValidationError as problem:
            return _page(request, access, problem.messages, status=400)
        if done.labels:
            text = ngettext(
                "%(n)s speaker is matched; %(turns)s turns have changed.",
                "%(n)s speakers are matched; %(turns)s turns have changed.",
                done.labels,
            )
            messages.success(request, text % {"n": done.labels, "turns": done.turns})
            if done.withheld:
                text = ngettext(
                    "%(n)s source is withheld now: somebody in it has refused the use of their"
                    " words.",
                    "%(n)s sources are withheld now: somebody in them has refused the use of their"
                    " words.",
                    done.withheld,
                )
                messages.warning(request, text % {"n": done.withheld})
        else:
            messages.info(request, _("Nothing was changed."))
        return redirect(here)
    return _page(request, access, [])


def _page(
    request: HttpRequest, access: Access, problems: list[str], status: int = 200
) -> HttpResponse:
    labels = people.labels(access)
    only = fold(request.GET.get("label", ""))
    chosen = [row for row in labels if row.label == only] if only else labels
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    persons = people.people(access)
    may = access.may["edit_participants"]
    room = LINES_OF_ONE if only else LINES
    lines = _lines(access, list(page.object_list), may, room)
    every = [line for top in lines for line in (top, *top.lines)]
    for line in every:
        line.chosen = line.choice
        if problems and request.POST.get(f"label-{line.number}") == line.label:
            line.chosen = request.POST.get(f"choice-{line.number}", "")
            line.new = request.POST.get(f"new-{line.number}", "")[:64]
    suggested = [line for line in every if line.suggested]
    context = {
        "page": page,
        "lines": lines,
        "problems": problems,
        "only": only,
        "labels": len(labels),
        "undecided": sum(row.open > 0 for row in labels),
        "suggested": suggested,
        "persons": [
            (f"p:{person.id}", _shown(person.names[0], person.names[1])) for person in persons
        ],
        "others": [
            (INTERVIEWER, _("interviewer")),
            (OBSERVER, _("observer")),
            (UNKNOWN, _("a participant, not known who")),
            (NOBODY, _("not a participant")),
        ],
    }
    return render(request, "coding/speakers.html", context, status=status)


def _lines(access: Access, labels: list[people.Label], may: bool, room: int) -> list[Line]:
    persons = people.people(access, identities=True)
    names = {person.id: _shown(person.names[0], person.names[1]) for person in persons}
    ids = exactly(persons)
    titles = people.titles(access)
    guesses = people.suggestions(access, labels, persons) if may else {}
    lines: list[Line] = []
    number = 0
    for row in labels:
        same = row.same
        top = Line(
            number=number,
            label=row.shown,
            choice=_choice(row.decided),
            now=_now(same, names) if same else _("different in different sources"),
            turns=row.turns,
            words=row.words,
            open=row.open > 0 and row.decided is None,
            generic=means_anybody(row.label) and row.label not in ids,
            spellings=sorted(set(row.spellings) - {row.shown}),
        )
        number += 1
        # Where something is to be decided comes first: there may not be room for all.
        parts = sorted(
            row.sources,
            key=lambda part: (not part.unknown, part.decided is None, titles[part.source]["key"]),
        )
        shown = parts[: max(room, 0)]
        room -= len(shown)
        top.more, top.sources = len(parts) - len(shown), len(parts)
        for part in shown:
            line = Line(
                number=number,
                label=row.shown,
                choice=_choice(part.decided),
                now=_now((part.role, part.participant) if part.role else None, names),
                turns=part.turns,
                words=part.words,
                source=titles[part.source],
                open=part.unknown and part.decided is None and row.decided is None,
            )
            _suggest(line, guesses.get((part.source, row.label)), names)
            top.lines.append(line)
            number += 1
        _suggest(top, guesses.get((None, row.label)), names)
        lines.append(top)
    return lines


def _suggest(line: Line, guess: tuple[str, int | None] | None, names: dict[int, str]) -> None:
    if guess is None:
        return
    role, person = guess
    line.suggested = f"p:{person}" if person is not None else role
    line.why = names[person] if person is not None else _now(guess, names)


def _choice(decided: Any) -> str:
    """The choice that a line of the database stands for."""
    if decided is None:
        return ""
    if decided.participant_id is not None:
        return f"p:{decided.participant_id}"
    return {"participant": UNKNOWN, "text": NOBODY}.get(decided.role, decided.role)


def _now(meaning: tuple[str, int | None] | None, names: dict[int, str]) -> str:
    if meaning is None:
        return _("different within the source")
    role, person = meaning
    if person is not None:
        return names.get(person, "")
    return {
        "participant": _("unknown participant"),
        "interviewer": _("interviewer"),
        "observer": _("observer"),
        "text": _("not a participant"),
    }[role]


def _shown(key: str, pseudonym: str) -> str:
    return pseudonym if pseudonym == key else f"{pseudonym} ({key})"
