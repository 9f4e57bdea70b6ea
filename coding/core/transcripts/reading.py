"""From the bytes of a file to a transcript: which format it has, and what all readers share."""

from collections.abc import Callable, Mapping

from coding.core.transcripts.captions import read_srt, read_vtt
from coding.core.transcripts.chat import BULLET, read_chat
from coding.core.transcripts.compose import merge_neighbours, tidied
from coding.core.transcripts.decode import check_characters, decode
from coding.core.transcripts.document import Context, Document
from coding.core.transcripts.elan import read_elan
from coding.core.transcripts.machine import read_json, read_table
from coding.core.transcripts.model import (
    FORMATS,
    Choices,
    Draft,
    Guess,
    Limits,
    Transcript,
    TranscriptProblem,
    Utterance,
    count,
)
from coding.core.transcripts.odt import read_odt
from coding.core.transcripts.pdf import read_pdf
from coding.core.transcripts.plain import document_of, read_plain
from coding.core.transcripts.recognition import guesses, is_xml
from coding.core.transcripts.rtf import read_rtf
from coding.core.transcripts.sniff import container
from coding.core.transcripts.stamped import (
    read_meet,
    read_otter,
    read_rev,
    read_teams,
    read_zoom_captions,
    read_zoom_chat,
)
from coding.core.transcripts.tables import read_tables
from coding.core.transcripts.timecodes import read_f4, read_inqscribe, read_transana
from coding.core.transcripts.word import read_docx

_CONTAINERS: Mapping[str, Callable[[bytes, str, Limits], Document]] = {
    "docx": read_docx,
    "odt": read_odt,
    "rtf": read_rtf,
    "pdf": read_pdf,
}
_LAYOUTS: Mapping[str, Callable[[Document, Context], Draft]] = {
    "vtt": read_vtt,
    "srt": read_srt,
    "whisper_json": read_json,
    "whisperx_json": read_json,
    "whisper_cpp_json": read_json,
    "rev_json": read_json,
    "whisper_tsv": read_table,
    "inqscribe_tab": read_table,
    "otter": read_otter,
    "rev": read_rev,
    "google_meet": read_meet,
    "zoom_chat": read_zoom_chat,
    "zoom_captions": read_zoom_captions,
    "teams_docx": read_teams,
    "nvivo": read_tables,
    "f4": read_f4,
    "inqscribe": read_inqscribe,
    "transana": read_transana,
    "chat": read_chat,
}
# Layouts that are nothing without a time: a file without one is of another kind.
_TIMED = frozenset(
    {"otter", "rev", "zoom_chat", "zoom_captions", "teams_docx", "f4", "inqscribe", "transana"}
)
# Layouts with a line of name and time above the words.
_HEADED = frozenset({"otter", "teams_docx", "rev", "zoom_captions"})


def recognise(data: bytes, name: str) -> list[Guess]:
    """The formats that ``data`` may have, best first, by content; ``name`` only breaks ties.

    Raises TranscriptProblem for what is no transcript at all (a picture, a program, an empty
    file). Reads the file: where it comes from a stranger, use ``read_safely``.
    """
    limits = Limits()
    _check_size(data, name, limits)
    if container(data, name, limits) == "text" and is_xml(data):
        return [Guess("elan", 0.95, "It is XML, as ELAN writes it.")]
    document = _open(data, name, limits)
    return guesses(document, name)


def read_transcript(
    data: bytes,
    name: str,
    choices: Choices = Choices(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Transcript:
    """The transcript in ``data``, the file ``name``; raises TranscriptProblem when it is none."""
    _check_size(data, name, limits)
    if choices.format is not None and choices.format not in FORMATS:
        raise TranscriptProblem("format", f"{name}: there is no format “{choices.format[:40]}”.")
    context = Context(name, choices, limits)
    encoding = ""
    notes: list[str] = []
    if container(data, name, limits) == "text" and is_xml(data) and choices.format != "text":
        _check_choice(choices.format, "elan", name)
        draft = read_elan(data, context)
    else:
        document = _open(data, name, limits)
        encoding, notes = document.encoding, document.notes
        draft = _layout(document, context)
    return _finish(draft, context, encoding, notes)


def _check_size(data: bytes, name: str, limits: Limits) -> None:
    if len(data) > limits.file_bytes:
        raise TranscriptProblem(
            "too_large",
            f"{name} is too large: {len(data):,} bytes, and at most {limits.file_bytes:,} "
            "are read.",
        )


def _open(data: bytes, name: str, limits: Limits) -> Document:
    kind = container(data, name, limits)
    if kind != "text":
        document = _CONTAINERS[kind](data, name, limits)
        size = sum(len(line.text) for line in document.lines())
        if size > limits.text_chars:
            raise TranscriptProblem(
                "too_large",
                f"{name} is too large: {size:,} characters of text, and at most "
                f"{limits.text_chars:,} are read.",
            )
        return document
    notes: list[str] = []
    text, encoding = decode(data, name, limits, notes)
    # CHAT sets its times between NAK characters.
    check_characters(text.replace(BULLET, " ") if "\n*" in text else text, name)
    document = document_of(text, encoding)
    document.notes = notes
    return document


def _layout(document: Document, context: Context) -> Draft:
    choices, name = context.choices, context.name
    if choices.format is None:
        key = guesses(document, name)[0].format
        if key in _HEADED:
            return _headed(_LAYOUTS[key](document, context), document, context)
    else:
        key = choices.format
        if key in _CONTAINERS or key == "elan":
            _check_choice(key, document.container, name)
    reader = _LAYOUTS.get(key, read_plain)
    draft = reader(document, context)
    timed = any(utterance.start is not None or utterance.end for utterance in draft.utterances)
    if key in _TIMED and not timed:
        raise TranscriptProblem(
            "format", f"{name} has none of the times of the format {FORMATS[key].label}."
        )
    return draft


def _headed(draft: Draft, document: Document, context: Context) -> Draft:
    """``draft``, unless most of its turns are empty: then the times ended lines of a list."""
    empty = sum(1 for item in draft.utterances if not item.text.strip())
    if empty * 2 > len(draft.utterances):
        return read_plain(document, context)
    return draft


def _check_choice(chosen: str | None, found: str, name: str) -> None:
    if chosen not in (None, found):
        raise TranscriptProblem(
            "format",
            f"{name} is not of the format {FORMATS[chosen or found].label}; "
            f"it is: {FORMATS[found].label}.",
        )


def _finish(draft: Draft, context: Context, encoding: str, notes: list[str]) -> Transcript:
    name, choices, limits = context.name, context.choices, context.limits
    utterances = tidied(draft)
    silent = sum(1 for item in draft.utterances if item.speaker or item.start is not None) - sum(
        1 for item in utterances if item.speaker or item.start is not None
    )
    _check_turns(utterances, name)
    if not utterances:
        raise TranscriptProblem("no_words", f"{name} has no words that anybody said.")
    told = [*notes, *draft.notes]
    if silent:
        told.append(f"{count(silent, 'turn')} without words left out.")
    if choices.merge:
        merged = merge_neighbours(utterances, draft.glue)
        if len(merged) < len(utterances):
            told.append(
                f"{count(len(utterances), 'utterance')} became {count(len(merged), 'turn')}: "
                "neighbours of one speaker were joined."
            )
        utterances = merged
    if not choices.keep_times and any(
        item.start is not None or item.end is not None for item in utterances
    ):
        for item in utterances:
            item.start = item.end = None
        told.append("The times were left out, as chosen.")
    if len(utterances) > limits.turns:
        raise TranscriptProblem(
            "too_many_turns",
            f"{name} has {count(len(utterances), 'turn')}, and at most {limits.turns:,} are read.",
        )
    return Transcript(
        draft.format, tuple(utterances), tuple(told), encoding, draft.title, draft.recorded
    )


def _check_turns(utterances: list[Utterance], name: str) -> None:
    """No character that cannot be stored, wherever the text came from."""
    try:
        check_characters("".join(f"{item.speaker}{item.text}" for item in utterances), name)
    except TranscriptProblem:
        for number, item in enumerate(utterances, 1):
            check_characters(item.speaker + item.text, name, f"turn {number:,}")
        raise
