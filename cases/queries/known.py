"""What a project has already: what an import may refer to."""

from collections.abc import Iterator, Mapping

from django.db.models import Q

from cases.core.study_folder import CaseRow, CodeRow, Existing, ParticipantRow
from cases.models import VariableValue
from cases.queries.overviews import cases
from coding import queries as coding_queries
from coding.models import Coding
from coding.models import SourceText as StoredText
from projects.access import Access


class StoredTexts(Mapping[str, str]):
    """Texts of a project's sources by key, read one by one and only when asked for."""

    def __init__(self, access: Access) -> None:
        self._ids = dict(access.project.sources.present().values_list("key", "pk"))

    def __getitem__(self, key: str) -> str:
        return StoredText.objects.values_list("text", flat=True).get(source_id=self._ids[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def existing(access: Access) -> Existing:
    """What the project has already, in the words of a study folder."""
    project = access.project
    values: dict[str, dict[int, dict[str, str]]] = {"case": {}, "participant": {}}
    for value in VariableValue.objects.filter(variable__project=project).select_related("variable"):
        target = "case" if value.case_id else "participant"
        owner = value.case_id or value.participant_id or 0
        values[target].setdefault(owner, {})[value.variable.key] = value.value
    homes = dict(
        project.participants.filter(
            cases__isnull=False, cases__removed_at__isnull=True
        ).values_list("pk", "cases__key")
    )
    # What others code in a round that this person codes blindly counts as not there: the import
    # itself leaves out what is there already.
    blind = Q(source__in=coding_queries.blind_sources(access)) & ~Q(coder=access.membership)
    codings = Coding.objects.present().filter(
        ~blind,
        source__project=project,
        source__removed_at__isnull=True,
        code__removed_at__isnull=True,
    )
    return Existing(
        cases={c.key: CaseRow(c.key, c.name, values["case"].get(c.pk, {})) for c in cases(access)},
        participants={
            p.key: ParticipantRow(
                key=p.key,
                case=homes.get(p.pk),
                pseudonym=p.pseudonym,
                role=p.role,
                consent_use=p.consent_use,
                consent_quote=p.consent_quote,
                consent_archive=p.consent_archive,
                consent_network=p.consent_network,
                values=values["participant"].get(p.pk, {}),
            )
            for p in project.participants.all()
        },
        codes={
            c.key: CodeRow(c.key, c.name, c.parent.key if c.parent else None, c.definition)
            for c in project.codes.present().select_related("parent")
        },
        documents=StoredTexts(access),
        originals=dict(project.sources.present().values_list("original_sha256", "key")),
        texts=dict(project.sources.present().values_list("text_sha256", "key")),
        codings=set(
            codings.values_list("source__key", "code__key", "coder__label", "start", "end")
        ),
        trash=_trash(access),
    )


def _trash(access: Access) -> dict[tuple[str, str], str]:
    """The names of what lies in the trash, by what an import could bring again."""
    project = access.project
    found: dict[tuple[str, str], str] = {}
    for kind, rows in (("case", project.cases), ("code", project.codes)):
        gone = rows.filter(removed_at__isnull=False)
        found |= {(kind, key): name for key, name in gone.values_list("key", "name")}
    fields = ("title", "key", "original_sha256", "text_sha256")
    for title, *marks in project.sources.filter(removed_at__isnull=False).values_list(*fields):
        found |= dict.fromkeys(zip(("document", "file", "text"), marks, strict=True), title)
    return found
