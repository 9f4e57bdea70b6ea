"""Reading the evidence of rounds: which sources count, which do not and why, which codes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coding import queries
from coding.agreement.shapes import CodeLine, Codes, Evidence, RoundSource, Rows, Share
from coding.models import Assignment, Code, Round, SourceVersion
from projects.access import Access
from projects.models import Membership

OPENED = (Round.State.OPENED, Round.State.CLOSED)


def rounds(access: Access) -> QuerySet[Round]:
    """The rounds whose figures may be seen, oldest first."""
    rows = access.project.rounds.filter(state__in=OPENED)
    return rows.select_related("codebook", "made_by").order_by("number")


def opened(access: Access, round_id: int) -> Round:
    """A round that has been opened: PermissionDenied while it is blind, 404 for another's."""
    found = get_object_or_404(
        access.project.rounds.select_related("codebook", "made_by"), pk=round_id
    )
    if found.state not in OPENED:
        raise PermissionDenied(
            _(
                "“%(round)s” is still blind. How far the coders agree is shown when the round has"
                " been opened."
            )
            % {"round": found.name}
        )
    return found


def evidence(access: Access, held: Round) -> Evidence:
    return evidences(access, [held])[0]


def evidences(access: Access, held: Sequence[Round]) -> list[Evidence]:
    """The evidence of several rounds of one project. Seven queries however many there are."""
    known = _codes(access)
    blind = set(queries.blind_sources(access).values_list("pk", flat=True))
    seen = {
        row["pk"]: row
        for row in queries.visible_sources(access)
        .filter(assignments__round__in=held)
        .order_by()
        .distinct()
        .values("pk", "guid", "key", "title", "version", "length", "text_sha256")
    }
    coders = dict(
        Membership.objects.filter(project=access.project).values_list("id", "label").order_by("id")
    )
    shares: dict[int, dict[int, list[Share]]] = {one.pk: {} for one in held}
    rows = Assignment.objects.filter(round__in=held).order_by("coder__label", "coder_id")
    merged: dict[int, set[int]] = {one.pk: set() for one in held}
    for row in rows.values_list(
        "round_id", "source_id", "coder_id", "version", "finished_at", "passages", "earlier"
    ):
        pk, source, coder, version, finished, passages, earlier = row
        merged[pk] |= {place[1] for place in passages if place[1] in known.successor}
        share = Share(
            coder,
            version,
            finished is not None,
            _rows(passages, known),
            _rows(earlier, known),
        )
        shares[pk].setdefault(source, []).append(share)
    older = _older_texts(shares.values(), seen)
    return [
        Evidence(
            one,
            _sources(shares[one.pk], seen, blind, older),
            _coders(shares[one.pk], coders),
            _taken(one, known, shares[one.pk]),
            known,
            _merged(merged[one.pk], known, access),
            _left_out(shares[one.pk], seen, blind),
        )
        for one in held
    ]


def _codes(access: Access) -> Codes:
    rows = list(access.project.codes.order_by("position", "id"))
    by_id = {code.pk: code for code in rows}
    successor = {}
    for code in rows:
        last = code
        while last.merged_into_id is not None and last.merged_into_id in by_id:
            last = by_id[last.merged_into_id]
        if last is not code:
            successor[code.pk] = last.pk
    lines = {}
    for node in _in_tree_order(rows):
        above, names, parent = [node.pk], [node.name], node.parent_id
        while parent is not None and parent in by_id:
            above.append(parent)
            names.append(by_id[parent].name)
            parent = by_id[parent].parent_id
        lines[node.pk] = CodeLine(
            node.pk,
            node.key,
            node.name,
            " › ".join(reversed(names)),
            node.colour,
            node.heading_only,
            above[-1],
            tuple(above),
        )
    return Codes(
        lines,
        successor,
        {str(code.guid): code.pk for code in rows},
        frozenset(
            code.pk for code in rows if code.retired_at is not None or code.removed_at is not None
        ),
    )


def _in_tree_order(rows: list[Code]) -> Iterable[Code]:
    below: dict[int | None, list[Code]] = {}
    for code in rows:
        below.setdefault(code.parent_id, []).append(code)
    stack = list(reversed(below.get(None, [])))
    while stack:
        code = stack.pop()
        yield code
        stack += reversed(below.get(code.pk, []))


def _rows(passages: list[Any], known: Codes) -> Rows:
    """What is stored, merged codes as their successors, in an order that says nothing."""
    return sorted((known.of(row[1]), row[2], row[3]) for row in passages)


def _older_texts(
    shares: Iterable[Mapping[int, list[Share]]], seen: Mapping[int, Mapping[str, Any]]
) -> dict[tuple[int, int], tuple[int, str]]:
    """Length and hash of those earlier texts that somebody finished."""
    wanted = {
        (source, share.version)
        for one in shares
        for source, several in one.items()
        for share in several
        if source in seen and share.version != seen[source]["version"]
    }
    if not wanted:
        return {}
    rows = SourceVersion.objects.filter(source__in={source for source, _number in wanted})
    return {
        (row.source_id, row.number): (len(row.text), row.text_sha256)
        for row in rows.only("source_id", "number", "text", "text_sha256")
        if (row.source_id, row.number) in wanted
    }


def _sources(
    shares: Mapping[int, list[Share]],
    seen: Mapping[int, Mapping[str, Any]],
    blind: Collection[int],
    older: Mapping[tuple[int, int], tuple[int, str]],
) -> list[RoundSource]:
    found = []
    for pk, several in shares.items():
        if pk not in seen or pk in blind:
            continue
        row = seen[pk]
        finished = {share.version for share in several if share.finished}
        version, length, digest, why = row["version"], row["length"], row["text_sha256"], ""
        if sum(share.finished for share in several) < 2:
            why = "few"
        elif len(finished) > 1:
            why = "versions"
        elif finished != {version}:
            version = finished.pop()
            length, digest = older.get((pk, version), (0, ""))
            why = "" if digest else "gone"
        found.append(
            RoundSource(
                pk,
                str(row["guid"]),
                row["key"],
                row["title"],
                version,
                length,
                digest,
                several,
                why,
            )
        )
    return sorted(found, key=lambda source: (source.key, source.id))


def _coders(shares: Mapping[int, list[Share]], labels: Mapping[int, str]) -> dict[int, str]:
    there = {share.coder for several in shares.values() for share in several}
    return {pk: labels[pk] for pk in sorted(there, key=lambda pk: labels[pk])}


def _taken(held: Round, known: Codes, shares: Mapping[int, list[Share]]) -> list[CodeLine]:
    """The codes on offer: those of the frozen codebook, or all there are; headings are none."""
    used = {row[0] for several in shares.values() for share in several for row in share.passages}
    if held.codebook is not None:
        guids = [entry["guid"] for entry in held.codebook.content if not entry["heading_only"]]
        there = [known.of(known.by_guid[guid]) for guid in guids if guid in known.by_guid]
    else:
        there = [
            pk
            for pk, line in known.lines.items()
            if pk not in known.successor
            and not line.heading_only
            and (pk not in known.retired or pk in used)
        ]
    # What was coded with another code all the same is part of what coders did.
    there += sorted(pk for pk in used if pk in known.lines)
    return [known.lines[pk] for pk in dict.fromkeys(there)]


def _merged(codes: Collection[int], known: Codes, access: Access) -> list[tuple[str, str]]:
    return [
        (known.lines[code].name, known.lines[known.of(code)].name)
        for code in sorted(codes)
        if code in known.lines
    ]


def _left_out(
    shares: Mapping[int, list[Share]],
    seen: Mapping[int, Mapping[str, Any]],
    blind: Collection[int],
) -> list[str]:
    said = []
    hidden = [pk for pk in shares if pk in blind and pk in seen]
    if hidden:
        said.append(
            _(
                "%(n)s of the sources are left out, because you are coding them blindly in another"
                " round."
            )
            % {"n": len(hidden)}
        )
    withheld = [pk for pk in shares if pk not in seen]
    if withheld:
        said.append(
            _("%(n)s of the sources are withheld or were removed, and are left out.")
            % {"n": len(withheld)}
        )
    return said
