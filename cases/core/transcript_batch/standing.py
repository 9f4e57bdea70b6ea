"""How each file of an upload stands: ready, a duplicate, waiting for a decision, refused.

It depends on the project as it is now and on the other files, so it is worked out when it is
asked for and stored nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cases.core.transcript_batch.names import suggest_key

INTERVIEW = "interview"


class Status(StrEnum):
    READY = "ready"
    DECIDE = "decide"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    LEFT_OUT = "left_out"
    IMPORTED = "imported"
    WAITING = "waiting"


class Take(StrEnum):
    """What somebody has decided about a file."""

    UNDECIDED = ""
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Known:
    """A source of the project. ``name`` is that of the file it came from, without a path."""

    id: int
    key: str
    title: str
    name: str
    text_sha256: str
    original_sha256: str
    in_trash: bool = False

    @property
    def where(self) -> str:
        return f"“{self.title}”" + (
            ", which is in the trash: restore it from there" if self.in_trash else ""
        )


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of one file; without ``text_sha256`` and ``problem`` it is not read yet.

    ``sure`` says that its format is beyond doubt, or named by a person. ``speakers`` counts
    different labels. ``imported`` is the source that was made of it.
    """

    name: str
    key: str
    kind: str
    take: Take = Take.UNDECIDED
    text_sha256: str = ""
    original_sha256: str = ""
    speakers: int = 0
    sure: bool = True
    problem: str = ""
    imported: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """``reasons`` are sentences; ``source`` is the source meant by them, ``twin`` the earlier file
    of this upload (its place in the list) that has the same content. ``must_change`` says that a
    yes alone does not settle it.
    """

    status: Status
    reasons: tuple[str, ...] = ()
    source: int | None = None
    twin: int | None = None
    must_change: bool = False


def standings(files: Sequence[FileFacts], known: Sequence[Known]) -> list[Standing]:
    """One standing per file, in order."""
    by_text = {source.text_sha256: source for source in known}
    by_bytes = {source.original_sha256: source for source in known}
    by_name = {
        source.name.casefold(): source for source in known if source.name and not source.in_trash
    }
    by_key = {source.key.casefold(): source for source in known}
    seen: dict[str, int] = {}
    keys: dict[str, int] = {}
    found = []
    for place, file in enumerate(files):
        settled = _settled(file)
        if settled is None:
            settled = _duplicate(file, by_text, by_bytes, files, seen)
        if settled is None:
            seen[file.text_sha256] = place
            seen[file.original_sha256] = place
            settled = _doubts(file, by_name, by_key, files, keys)
            keys.setdefault(file.key.casefold(), place)
        found.append(settled)
    return found


def _settled(file: FileFacts) -> Standing | None:
    if file.imported is not None:
        return Standing(Status.IMPORTED, source=file.imported)
    if file.problem:
        return Standing(Status.REFUSED, (file.problem,))
    if file.take == Take.NO:
        return Standing(Status.LEFT_OUT)
    if not file.text_sha256:
        return Standing(Status.WAITING)
    return None


def _duplicate(
    file: FileFacts,
    by_text: dict[str, Known],
    by_bytes: dict[str, Known],
    files: Sequence[FileFacts],
    seen: dict[str, int],
) -> Standing | None:
    if source := by_bytes.get(file.original_sha256):
        what = f"It is the same file as that of the source {source.where}."
        return Standing(Status.DUPLICATE, (what,), source=_shown(source))
    if source := by_text.get(file.text_sha256):
        what = (
            f"Its text is the same as that of the source {source.where}. "
            "Times that differ are not taken over."
        )
        return Standing(Status.DUPLICATE, (what,), source=_shown(source))
    twin = seen.get(file.original_sha256, seen.get(file.text_sha256))
    if twin is None:
        return None
    same = files[twin].original_sha256 == file.original_sha256
    what = "It is the same file as" if same else "Its text is the same as that of"
    return Standing(Status.DUPLICATE, (f"{what} “{files[twin].name}” in this upload.",), twin=twin)


def _shown(source: Known) -> int | None:
    """What is in the trash has no page to go to."""
    return None if source.in_trash else source.id


def _doubts(
    file: FileFacts,
    by_name: dict[str, Known],
    by_key: dict[str, Known],
    files: Sequence[FileFacts],
    keys: dict[str, int],
) -> Standing:
    if (taken := by_key.get(file.key.casefold())) is not None:
        what = f"The source id “{file.key}” belongs to “{taken.title}”; give it another one."
        if taken.in_trash:
            what = (
                f"The source id “{file.key}” belongs to “{taken.title}”, which is in the trash; "
                "give it another one."
            )
        return Standing(Status.DECIDE, (what,), source=_shown(taken), must_change=True)
    if (other := keys.get(file.key.casefold())) is not None:
        what = f"The source id “{file.key}” is also that of “{files[other].name}”; give it another."
        return Standing(Status.DECIDE, (what,), twin=other, must_change=True)
    if file.take == Take.YES:
        return Standing(Status.READY)
    reasons = []
    if not file.sure:
        reasons.append("The format was not recognised with certainty.")
    if file.kind == INTERVIEW and not file.speakers:
        reasons.append("No speaker was found, although it is to be an interview.")
    same = by_name.get(file.name.casefold()) or by_key.get(suggest_key(file.name).casefold())
    if same is not None and same.in_trash:
        same = None
    if same is not None:
        reasons.append(
            f"The source “{same.title}” came from a file of this name, with other content."
        )
    if reasons:
        return Standing(Status.DECIDE, tuple(reasons), source=same.id if same else None)
    return Standing(Status.READY)
