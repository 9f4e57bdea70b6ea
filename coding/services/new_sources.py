"""A new source with its text, turns and search words: the one place where these rows are made.

Both ways in, a study folder and single transcripts, decide what is stored and call this.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coding import search
from coding.core.turns import INTERVIEWER, words_per_turn
from coding.models import Participant, Source, SourceText, Turn
from projects.access import Access
from projects.models import Event
from projects.services.events import new_event

BATCH = 1_000


class NewTurn(NamedTuple):
    """One turn of a source to be; offsets as in ``Turn``, times in milliseconds."""

    start: int
    body_start: int
    end: int
    speaker: str
    role: str
    participant: Participant | None = None
    time_start: int | None = None
    time_end: int | None = None


@dataclass(frozen=True, slots=True)
class NewSource:
    """Everything about a source to be. ``words`` are the spans of ``coding.core.text``."""

    key: str
    title: str
    kind: str
    text: str
    text_sha256: str
    words: NDArray[np.int32]
    turns: Sequence[NewTurn]
    original: bytes
    original_name: str
    original_sha256: str
    encoding: str
    date: datetime.date | None = None
    participant: Participant | None = None
    format: str = ""


def write_source(*, access: Access, new: NewSource, batch: uuid.UUID) -> tuple[Source, Event]:
    """Make the rows of ``new`` inside the caller's transaction.

    The line of history is returned unsaved: an import writes its lines together. IntegrityError
    if the project has the key or the text already.
    """
    access.require("import_data")
    source = Source.objects.create(
        project=access.project,
        key=new.key,
        title=new.title or new.key,
        kind=new.kind,
        date=new.date,
        participant=new.participant,
        length=len(new.text),
        text_sha256=new.text_sha256,
        original_sha256=new.original_sha256,
        format=new.format,
        words=len(new.words),
        participant_words=participant_words(new),
    )
    SourceText.objects.create(
        source=source,
        text=new.text,
        word_spans=np.ascontiguousarray(new.words, dtype="<i4").tobytes(),
        original=new.original,
        original_name=new.original_name,
        encoding=new.encoding,
    )
    turns = Turn.objects.bulk_create(
        [
            Turn(source=source, ordinal=ordinal, **turn._asdict())
            for ordinal, turn in enumerate(new.turns, start=1)
        ],
        batch_size=BATCH,
    )
    search.index_turns(new.text, turns)
    return source, new_event(
        access.project,
        access.user,
        "source.imported",
        source,
        source=source,
        batch=batch,
        after={
            "key": source.key,
            "title": source.title,
            "kind": source.kind,
            "length": source.length,
            "text_sha256": source.text_sha256,
            "original_sha256": source.original_sha256,
        },
    )


def participant_words(new: NewSource) -> int:
    """Words outside the interviewer's turns."""
    per_turn = words_per_turn(new.words, new.turns)
    asked = sum(
        int(n) for n, turn in zip(per_turn, new.turns, strict=True) if turn.role == INTERVIEWER
    )
    return len(new.words) - asked
