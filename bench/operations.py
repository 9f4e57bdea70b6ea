"""What is measured: the program's own way, and the bare SQL that it cannot be quicker than.

Import after ``django.setup()``.
"""

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bench.generate import Study
from bench.timing import Operation, Step
from cases import matrix
from coding.models import Code, Coding, Source, SourceText
from projects.access import resolve
from projects.models import Event, Membership, User

TEXT = "SELECT text FROM coding_sourcetext WHERE source_id = %s"
TURNS = (
    'SELECT ordinal, start, body_start, "end", speaker, role FROM coding_turn'
    " WHERE source_id = %s ORDER BY ordinal"
)
CODINGS = (
    'SELECT id, start, "end", code_id, coder_id FROM coding_coding'
    ' WHERE source_id = %s AND removed_at IS NULL ORDER BY start, "end" DESC, id'
)
AGGREGATE = (
    "SELECT cs.case_id, c.code_id, count(*) FROM coding_coding c"
    " JOIN coding_source s ON s.id = c.source_id"
    " JOIN cases_casesource cs ON cs.source_id = c.source_id"
    " WHERE s.project_id = %s AND c.removed_at IS NULL GROUP BY cs.case_id, c.code_id"
)


def nothing_cached() -> None:
    """As after a restart, short of the operating system's own cache."""
    connection.close()
    for cache in caches.all(initialized_only=True):
        cache.clear()
    # A request on a dead connection would measure the reconnection's error handling as well.
    connection.ensure_connection()


def queries_of(step: Step) -> int:
    """How many statements a step sends (transaction control apart)."""
    sent = 0

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        step(0)
    return sent


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


class Bench:
    """One generated study, its owner's browser, and the operations on it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.user = User.objects.get(pk=study.owner)
        self.access = resolve(self.user, study.project)
        self.project = f"/projects/{study.project}"
        # As a browser has it: checked for forgery, and answered compressed.
        self.client = Client(
            enforce_csrf_checks=True, SERVER_NAME="localhost", HTTP_ACCEPT_ENCODING="gzip"
        )
        self.client.force_login(self.user)
        self.plain = Client(SERVER_NAME="localhost")
        self.plain.force_login(self.user)

    def operations(self) -> list[Operation]:
        long, source = self.study.long_source, self.study.source
        adding = _Adding(self)
        return [
            self._open("open the long transcript", self.client, long),
            self._open("… not compressed", self.plain, long),
            self._open("open a source", self.client, source),
            adding.operation(),
            self._counting("matrix.build, warm", self._build, self._check_build),
            self._counting("matrix.build, words, warm", self._build_words, self._check_build),
            self._counting("matrix page, warm", self._page, self._check_page, size=_length),
            self._counting(
                "matrix page, cold", self._page, self._check_page, size=_length, cold=True
            ),
            self._counting("matrix as XLSX", self._xlsx, self._check_xlsx, size=_length),
        ]

    # --- opening a source ------------------------------------------------------------------------

    def _open(self, name: str, client: Client, source_id: int) -> Operation:
        address = f"{self.project}/sources/{source_id}/"
        turns = len(rows(TURNS, source_id))
        codings = Coding.objects.present().filter(source=source_id).count()

        def check(response: Any) -> None:
            assert response.status_code == 200, response.status_code
            html = _html(response)
            data = re.search(r'<script id="reader-data"[^>]*>(.*?)</script>', html, re.DOTALL)
            assert data, "The page has no data."
            assert len(json.loads(data[1])["codings"]["id"]) == codings
            assert html.count('<p class="turn"') == turns

        def floor(_: int) -> tuple[int, int, int]:
            text, lines = rows(TEXT, source_id), rows(TURNS, source_id)
            return len(text), len(lines), len(rows(CODINGS, source_id))

        def check_floor(found: tuple[int, int, int]) -> None:
            assert found == (1, turns, codings), found

        return Operation(
            f"{name} ({turns} turns, {codings} codings)",
            lambda _: client.get(address),
            floor,
            check,
            check_floor,
            size=_length,
        )

    # --- counting --------------------------------------------------------------------------------

    def _counting(
        self,
        name: str,
        ours: Step,
        check: Callable[[Any], None],
        *,
        cold: bool = False,
        size: Callable[[Any], int] | None = None,
    ) -> Operation:
        return Operation(
            name,
            ours,
            lambda _: rows(AGGREGATE, self.study.project),
            check,
            self._check_floor,
            before=nothing_cached if cold else lambda: None,
            warm_up=not cold,
            size=size,
        )

    def _build(self, _: int) -> matrix.Matrix:
        return matrix.build(self.access, matrix.MatrixSpec())

    def _build_words(self, _: int) -> matrix.Matrix:
        return matrix.build(self.access, matrix.MatrixSpec(unit="words"))

    def _page(self, _: int) -> Any:
        return self.client.get(f"{self.project}/matrix/")

    def _xlsx(self, _: int) -> Any:
        return self.client.get(f"{self.project}/matrix/export/xlsx/")

    @property
    def _present(self) -> int:
        return Coding.objects.present().filter(source__project=self.study.project).count()

    def _check_floor(self, found: list[tuple[int, int, int]]) -> None:
        # A meeting of two teams stands in two cases, so there are no fewer than codings.
        assert sum(n for _, _, n in found) >= self._present

    def _check_build(self, table: matrix.Matrix) -> None:
        """Raw codings of each case and leaf code, against the database's own count."""
        counted = {(c, k): n for c, k, n in rows(AGGREGATE, self.study.project)}
        assert len(table.evidence.codings) == self._present
        for i, row in enumerate(table.rows):
            for j, node in enumerate(table.nodes):
                if row.id > 0 and not node.children:
                    expected = counted.get((row.id, node.code.pk), 0)
                    assert int(table.counts.codings[i, j]) == expected
                assert 0 <= table.counts.segments[i, j] <= table.counts.codings[i, j]

    def _check_page(self, response: Any) -> None:
        assert response.status_code == 200, response.status_code
        html = _html(response)
        assert f"{self._present} codings" in html
        cells = html.count('<td class="cell')
        codes = Code.objects.filter(project=self.study.project).count()
        assert cells == codes * (self.access.project.cases.count() + 1), cells

    def _check_xlsx(self, response: Any) -> None:
        assert response.status_code == 200, response.status_code
        content = io.BytesIO(_content(response))
        assert zipfile.is_zipfile(content)
        sheet = openpyxl.load_workbook(content, read_only=True)["Matrix"]
        lines = list(sheet.iter_rows(min_row=3, values_only=True))
        assert len(lines) == self.access.project.cases.count() + 1
        table = self._build(0)
        for line, numbers in zip(lines, table.counts.segments, strict=True):
            assert [v if isinstance(v, int) else 0 for v in line[5:]] == numbers.tolist()


class _Adding:
    """Tagging one passage: over the API, and as two bare INSERTs in one transaction."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.source = Source.objects.get(pk=bench.study.long_source)
        self.text = SourceText.objects.get(source=self.source)
        self.code = Code.objects.get(pk=bench.study.leaf_code)
        self.coder = Membership.objects.get(project=bench.study.project, user=bench.user)
        words = memoryview(self.text.word_spans).cast("B").cast("i")
        # Parts of words: no generated passage begins and ends like that.
        self.places = [s for s, e in zip(words[::2], words[1::2], strict=True) if e - s >= 4]
        self.coding_sql, self.coding_params = _insert(self._coding(0, 1))
        self.event_sql, _ = _insert(self._event(self._coding(0, 1)))
        self.token = self._csrf_token()

    def operation(self) -> Operation:
        return Operation(
            "tag one passage",
            self._post,
            self._insert,
            self._check,
            lambda pk: None if pk else _fail("Nothing was inserted."),
            before=self._prepare,
        )

    def _csrf_token(self) -> str:
        page = _html(self.bench.client.get(f"{self.bench.project}/sources/{self.source.pk}/"))
        token = re.search(r'data-csrf="([^"]+)"', page)
        assert token, "The page has no token."
        return token[1]

    def _prepare(self) -> None:
        """Everything that a client knows before it sends; not measured."""
        start = self.places.pop()
        self.before = Coding.objects.filter(source=self.source).count()
        self.events_before = Event.objects.filter(project=self.source.project_id).count()
        self.body = json.dumps(
            {
                "start": start,
                "end": start + 2,
                "quote": self.text.text[start : start + 2],
                "codes": [self.code.pk],
                "key": str(uuid.uuid4()),
            }
        )
        coding = self._coding(start, start + 3)
        self.coding_params = _insert(coding)[1]
        self.event_params = _insert(self._event(coding))[1]

    def _post(self, _: int) -> Any:
        return self.bench.client.post(
            f"/api/v1{self.bench.project}/sources/{self.source.pk}/codings/",
            self.body,
            content_type="application/json",
            headers={"x-csrftoken": self.token},
        )

    def _insert(self, _: int) -> Any:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(self.coding_sql + " RETURNING id", self.coding_params)
            found = cursor.fetchone()
            cursor.execute(self.event_sql, self.event_params)
        return found[0]

    def _check(self, response: Any) -> None:
        assert response.status_code == 201, (response.status_code, _html(response))
        assert len(json.loads(_content(response))["codings"]) == 1
        assert Coding.objects.filter(source=self.source).count() == self.before + 1
        assert Event.objects.filter(project=self.source.project_id).count() == (
            self.events_before + 1
        )

    def _coding(self, start: int, end: int) -> Coding:
        return Coding(source=self.source, code=self.code, coder=self.coder, start=start, end=end)

    def _event(self, coding: Coding) -> Event:
        row = {
            "id": self.source.pk,
            "guid": str(coding.guid),
            "code": coding.code_id,
            "coder": coding.coder_id,
            "start": coding.start,
            "end": coding.end,
        }
        return Event(
            project=self.bench.access.project,
            actor=self.bench.user,
            at=timezone.now(),
            verb="coding.added",
            object_type="coding",
            object_guid=coding.guid,
            label=self.code.name,
            source_guid=self.source.guid,
            after={"codings": [row]},
        )


def _insert(row: Any) -> tuple[str, list[Any]]:
    """The INSERT of one row as SQL and parameters, ready to be sent."""
    fields = [f for f in row._meta.concrete_fields if not f.primary_key]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    marks = ", ".join(["%s"] * len(fields))
    params = [f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields]
    return f"INSERT INTO {row._meta.db_table} ({columns}) VALUES ({marks})", params


def _content(response: Any) -> bytes:
    import gzip

    packed = response.get("Content-Encoding") == "gzip"
    return gzip.decompress(response.content) if packed else response.content


def _html(response: Any) -> str:
    return _content(response).decode()


def _length(response: Any) -> int:
    return len(response.content)


def _fail(sentence: str) -> None:
    raise AssertionError(sentence)
