"""ELAN annotation files (EAF): tiers are speakers, annotations are sorted by time."""

from collections import Counter, defaultdict
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from coding.core.transcripts.compose import one_line
from coding.core.transcripts.decode import check_characters
from coding.core.transcripts.document import Context
from coding.core.transcripts.model import Draft, TranscriptProblem, Utterance, count, shown
from coding.core.transcripts.xmlcheck import check_xml


def read_elan(data: bytes, context: Context) -> Draft:
    """Annotations of the tiers that stand for themselves; tiers below them as chosen.

    A tier is called by its PARTICIPANT, else by its id. Times are those of the time slots.
    """
    name = context.name
    root = fromstring(check_xml(data, name, context.limits.xml_depth))
    if root.tag != "ANNOTATION_DOCUMENT":
        raise TranscriptProblem("xml_kind", f"{name} is XML, but no ELAN annotation file.")
    draft = Draft("elan", glue="\n")
    slots = _slots(root, name)
    tiers = root.findall("TIER")
    below = _dependents(tiers)
    rows: list[tuple[int, int, Utterance]] = []
    left: Counter[str] = Counter()
    empty = unknown = 0
    for tier in tiers:
        title = tier.get("TIER_ID", "")
        notes = _annotations(tier)
        if tier.get("PARENT_REF"):
            left[title] += sum(1 for note in notes if _value(note))
            continue
        speaker = one_line(tier.get("PARTICIPANT", "")) or one_line(title)
        for note in notes:
            text = _value(note)
            place = f"annotation {note.get('ANNOTATION_ID', '')} of tier {shown(title)}"
            check_characters(text, name, place)
            if not text:
                empty += 1
                continue
            start, end = (slots.get(note.get(f"TIME_SLOT_REF{side}", "")) for side in (1, 2))
            unknown += start is None
            if context.choices.keep_dependent:
                text += _kept(note.get("ANNOTATION_ID", ""), below)
            order = start if start is not None else (rows[-1][0] if rows else 0)
            rows.append((order, len(rows), Utterance(speaker, text, start, end)))
    if not rows:
        raise TranscriptProblem("no_annotations", f"{name} has no annotation with words.")
    draft.utterances = [utterance for _, _, utterance in sorted(rows, key=lambda row: row[:2])]
    _note(draft, left, empty, unknown, context.choices.keep_dependent)
    return draft


def _slots(root: Element, name: str) -> dict[str, int | None]:
    slots: dict[str, int | None] = {}
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        value = slot.get("TIME_VALUE", "")
        if value and not (value.isascii() and value.isdigit() and len(value) < 13):
            raise TranscriptProblem(
                "time",
                f"{name} has a time that cannot be read in time slot "
                f"{slot.get('TIME_SLOT_ID', '')}: {value[:40]}",
                place=f"time slot {slot.get('TIME_SLOT_ID', '')}",
            )
        slots[slot.get("TIME_SLOT_ID", "")] = int(value) if value else None
    return slots


def _annotations(tier: Element) -> list[Element]:
    return [
        note
        for note in tier.iterfind("ANNOTATION/*")
        if note.tag in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION")
    ]


def _value(note: Element) -> str:
    value = note.find("ANNOTATION_VALUE")
    return one_line("".join(value.itertext())) if value is not None else ""


def _dependents(tiers: list[Element]) -> dict[str, list[tuple[str, str, str]]]:
    """Annotation id to (tier, text, id) of what refers to it."""
    below: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for tier in tiers:
        for note in _annotations(tier):
            if parent := note.get("ANNOTATION_REF"):
                below[parent].append(
                    (tier.get("TIER_ID", ""), _value(note), note.get("ANNOTATION_ID", ""))
                )
    return below


def _kept(identifier: str, below: dict[str, list[tuple[str, str, str]]]) -> str:
    lines = ""
    waiting, seen = [identifier], {identifier}
    while waiting:
        for tier, text, child in below.get(waiting.pop(0), ()):
            if text:
                lines += f"\n%{one_line(tier)}: {text}"
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return lines


def _note(draft: Draft, left: Counter[str], empty: int, unknown: int, kept: bool) -> None:
    if left:
        listed = ", ".join(f"{shown(tier)} ({number:,})" for tier, number in left.items())
        what = "kept below what they refer to, where they refer to it" if kept else "left out"
        draft.notes.append(
            f"{count(left.total(), 'annotation')} of dependent tiers {what}: {listed}."
        )
    if empty:
        draft.notes.append(f"{count(empty, 'annotation')} without words left out.")
    if unknown:
        draft.notes.append(
            f"{count(unknown, 'annotation')} without a time kept after the one before in the tier."
        )
