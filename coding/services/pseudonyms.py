"""Replacing names in transcripts by pseudonyms, in many sources as one batch.

Each source gets a new version, its codings are carried along; the log keeps what stood there before
sealed. Names stand in what is changed here and nowhere else: not in history, not in jobs. What
people wrote themselves (memos, titles) is shown, never changed.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding import queries
from coding.core.edits import apply_edits
from coding.core.names import Finder, Hit, Replacement
from coding.models import NameReplacement, Source, SourceText, SourceVersion, Speaker, Turn
from coding.sealing import seal
from coding.services.versions import replace_text
from projects.access import Access
from projects.models import Event

MOST = 200
LONGEST = 120
# Hits that are shown with a box to tick; what is beyond is counted, and replaced.
SHOWN = 900

Place = tuple[int, int, int]


@dataclass
class Found:
    """All hits of a list of replacements: by source, and how many of each."""

    replacements: list[Replacement]
    hits: dict[int, list[Hit]] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(map(len, self.hits.values()))

    @property
    def counts(self) -> list[int]:
        """How many hits each replacement has, in their order."""
        counted = Counter(hit.which for hits in self.hits.values() for hit in hits)
        return [counted[n] for n in range(len(self.replacements))]

    def shown(self) -> list[Place]:
        """The places that are shown: (source, start, end), always the same ones."""
        rows = ((pk, h.start, h.end) for pk, hits in self.hits.items() for h in hits)
        return [row for _n, row in zip(range(SHOWN), rows, strict=False)]


@dataclass(frozen=True, slots=True)
class Done:
    hits: int
    sources: int
    to_review: int


def checked(replacements: Sequence[Replacement]) -> list[Replacement]:
    """The list without empty lines; ValidationError with a sentence that names the line."""
    rows: list[Replacement] = []
    seen: dict[str, int] = {}
    for n, row in enumerate(replacements, start=1):
        original, new = row.original.strip(), row.replacement.strip()
        if not original and not new:
            continue
        if not original or not new:
            raise ValidationError(
                _("Line %(n)s: a name and what is to stand instead are both needed.") % {"n": n},
                code="incomplete",
            )
        if max(len(original), len(new)) > LONGEST or "\n" in original + new:
            raise ValidationError(
                _("Line %(n)s: at most %(most)s characters, and no line end.")
                % {"n": n, "most": LONGEST},
                code="too_long",
            )
        if any(ord(char) < 32 and char != "\t" for char in original + new):
            raise ValidationError(
                _("Line %(n)s holds a control character.") % {"n": n}, code="control"
            )
        if original in seen:
            raise ValidationError(
                _("Line %(n)s: this name stands in line %(first)s already.")
                % {"n": n, "first": seen[original]},
                code="twice",
            )
        seen[original] = n
        rows.append(Replacement(original, new, row.whole, row.match_case))
    if not rows:
        raise ValidationError(_("Give at least one name to be replaced."), code="empty")
    if len(rows) > MOST:
        raise ValidationError(
            _("At most %(most)s names can be replaced at once.") % {"most": MOST}, code="many"
        )
    return rows


def find(
    *,
    access: Access,
    replacements: Sequence[Replacement],
    sources: Iterable[int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Every hit in these sources (None: in all that may be read), in the order of the list."""
    access.require("correct_sources")
    found = Found(checked(replacements))
    finder = Finder(found.replacements)
    rows = queries.visible_sources(access).order_by("key")
    if sources is not None:
        rows = rows.filter(pk__in=list(sources))
    versions = dict(rows.values_list("pk", "version"))
    for n, (pk, version) in enumerate(versions.items()):
        # One text at a time: together they may be larger than the memory.
        text = SourceText.objects.values_list("text", flat=True).get(source=pk)
        if hits := list(finder.hits(text)):
            found.hits[pk], found.versions[pk] = hits, version
        if progress:
            progress(n, len(versions))
    return found


def pseudonymise(
    *,
    access: Access,
    replacements: Sequence[Replacement],
    versions: Mapping[int, int],
    left_out: Iterable[Place] = (),
    comment: str = "",
    batch: uuid.UUID | None = None,
    finish: Callable[[Done], None] | None = None,
) -> Done:
    """Replace every hit in these sources, at these versions, but for the places ``left_out``.

    All of it or nothing: StateConflict if one of the texts has been corrected meanwhile. Sent twice
    under the same ``batch``, it acts once. ``finish`` is called inside the transaction.
    """
    access.require("correct_sources")
    batch = batch or uuid.uuid4()
    left = set(left_out)
    rows = checked(replacements)
    finder = Finder(rows)
    hits_of, sources_of = Counter[int](), Counter[int]()
    changed = to_review = 0
    with transaction.atomic():
        # Always in the same order, so that two batches never wait for each other.
        locked = (
            queries.visible_sources(access)
            .filter(pk__in=list(versions))
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        sources = {source.pk: source for source in locked}
        if len(sources) != len(versions):
            raise ValidationError(_("One of these sources is no longer there."), code="gone")
        done_before = NameReplacement.objects.filter(project=access.project, batch=batch)
        if done_before.exists():
            events = Event.objects.filter(project=access.project, batch=batch)
            result = Done(sum(row.hits for row in done_before), events.count(), 0)
            if finish:
                finish(result)
            return result
        for pk, source in sources.items():
            text = SourceText.objects.values_list("text", flat=True).get(source=pk)
            hits = [h for h in finder.hits(text) if (pk, h.start, h.end) not in left]
            hits = [h for h in hits if text[h.start : h.end] != rows[h.which].replacement]
            if not hits:
                continue
            edits = finder.edits(hits)
            done = replace_text(
                access=access,
                source=source,
                text=apply_edits(text, edits),
                expected_version=versions[pk],
                because=SourceVersion.Reason.PSEUDONYMISED,
                comment=comment,
                edits=edits,
                exact=True,
                batch=batch,
            )
            changed += 1
            to_review += done.counts["to_review"]
            hits_of.update(h.which for h in hits)
            sources_of.update({h.which for h in hits})
            _speakers(access, finder, source)
        if not hits_of:
            raise ValidationError(_("Nothing is ticked; nothing was changed."), code="nothing")
        now = timezone.now()
        NameReplacement.objects.bulk_create(
            NameReplacement(
                project=access.project,
                batch=batch,
                original_sealed=seal(row.original),
                replacement=row.replacement,
                hits=hits_of[n],
                sources=sources_of[n],
                made_by=access.membership,
                made_at=now,
            )
            for n, row in enumerate(rows)
            if hits_of[n]
        )
        _speakers(access, finder, None)
        result = Done(sum(hits_of.values()), changed, to_review)
        if finish:
            finish(result)
    return result


def _speakers(access: Access, finder: Finder, source: Source | None) -> None:
    """What was decided about a label goes with the label; None: about labels everywhere."""
    rows = Speaker.objects.filter(project=access.project, source=source)
    for row in rows:
        hits = list(finder.hits(row.label))
        if not hits:
            continue
        if source is None and _still_spoken(access, row.label):
            continue
        label = apply_edits(row.label, finder.edits(hits))[:120]
        if rows.filter(label=label).exclude(pk=row.pk).exists():
            row.delete()
        else:
            row.label = label
            row.save(update_fields=["label"])


def _still_spoken(access: Access, label: str) -> bool:
    return Turn.objects.filter(source__project=access.project, speaker=label).exists()
