"""The notebook: its list and filters, the form, removing and bringing back, files."""

import csv
import io
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from docx import Document
from openpyxl import load_workbook

from cases import notebook, notebook_exports
from coding.core.markdown import html
from coding.models import Coding, Note
from coding.services import notes
from coding.subjects import Ref
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def coding(cast: Cast, world: World) -> Coding:
    start = factories.TEXT.index("together")
    me = cast.access("cora").membership
    return factories.coding(world.source, world.intranet, me, start, start + 8)


@pytest.fixture
def log_in(client: Client, cast: Cast) -> Callable[[str], Client]:
    def run(who: str) -> Client:
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        client.force_login(getattr(cast, who), backend=backend)
        return client

    return run


def ref(subject: str, row: Any) -> Ref:
    return Ref(subject, row.guid)


def write(cast: Cast, who: str, about: Ref, text: str, day: int = 1, **more: Any) -> Note:
    note = notes.create(access=cast.access(who), about=about, text=text, **more).note
    assert note is not None
    at = timezone.make_aware(datetime(2026, 3, day, 23, 30))
    Note.objects.filter(pk=note.pk).update(created_at=at)
    return note


@pytest.fixture
def written(cast: Cast, world: World, coding: Coding) -> None:
    """Six memos, one on each day from the first to the sixth of March."""
    write(cast, "cora", ref("project", world.project), "To begin with", 1, kind="reflexive")
    write(cast, "cody", ref("source", world.source), "A long talk, naïve", 2, kind="method")
    write(cast, "cora", ref("code", world.intranet), "Ask @[Cody] about it", 3, kind="decision")
    write(cast, "cora", ref("coding", coding), "Built by whom?", 4, kind="analytic", title="Who")
    write(cast, "liam", ref("participant", world.participant), "Ask @[Cody], too", 5)
    links = (ref("code", world.intranet),)
    write(cast, "liam", ref("case", world.case), "North is *early*", 6, kind="method", links=links)


def texts(page: Any) -> list[str]:
    return [memo.note.text for memo in page.context["memos"]]


ALL = [
    "North is *early*",
    "Ask @[Cody], too",
    "Built by whom?",
    "Ask @[Cody] about it",
    "A long talk, naïve",
    "To begin with",
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("kind=method", [0, 4]),
        ("kind=none", [1]),
        ("about=coding", [2]),
        ("about=case", [0]),
        ("words=ask+about", [3]),
        ("words=naive", [4]),
        ("words=NORTH+OR+built", [0, 2]),
        ("words=who", [2]),
        ("words=%22built+by%22", [2]),
        ("mentions=1", [1, 3]),
        ("from=2026-03-02&to=2026-03-04", [2, 3, 4]),
        ("to=2026-03-01", [5]),
        ("kind=method&words=talk", [4]),
    ],
)
def test_filters(
    query: str, expected: list[int], cast: Cast, written: None, log_in: Callable[[str], Client]
) -> None:
    page = log_in("cody").get(f"/projects/{cast.alder.pk}/notebook/?{query}")
    assert (page.status_code, texts(page)) == (200, [ALL[n] for n in expected])
    assert page.context["page"].paginator.count == len(expected)
    # What the page calls its address finds the same.
    again = log_in("cody").get(f"/projects/{cast.alder.pk}/notebook/?{page.context['query']}")
    assert texts(again) == texts(page)


def test_author_and_one_thing(
    cast: Cast, world: World, written: None, log_in: Callable[[str], Client]
) -> None:
    client, base = log_in("vera"), f"/projects/{cast.alder.pk}/notebook/"
    cody = cast.access("cody").membership.pk
    assert texts(client.get(f"{base}?author={cody}")) == [ALL[4]]
    page = client.get(f"{base}?of=code:{world.intranet.guid}")
    assert texts(page) == [ALL[0], ALL[3]]
    assert [memo.points_here for memo in page.context["memos"]] == [True, False]
    note = Note.objects.get(text=ALL[0])
    page = client.get(f"{base}?of=note:{note.guid}")
    assert (texts(page), page.context["memos"][0].points_here) == ([ALL[0]], False)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=poem", "“poem” is no such choice."),
        ("about=note", "“note” is no such choice."),
        ("from=yesterday", "“yesterday” is no day; write it as 2026-03-31."),
        ("to=2026-02-30", "“2026-02-30” is no day; write it as 2026-03-31."),
        ("words=OR", "OR stands between two words or phrases."),
    ],
)
def test_what_cannot_be_understood(
    query: str, sentence: str, cast: Cast, written: None, log_in: Callable[[str], Client]
) -> None:
    client, base = log_in("vera"), f"/projects/{cast.alder.pk}/notebook/"
    page = client.get(f"{base}?{query}")
    assert (page.status_code, page.context["problem"], texts(page)) == (400, sentence, [])
    assert client.get(f"{base}export/csv/?{query}").status_code == 302
    assert not Event.objects.filter(verb="notebook.exported").exists()


@pytest.mark.parametrize("query", ["of=code:1", f"of=code:{uuid.uuid4()}", "author=x", "author=0"])
def test_what_is_not_there(query: str, cast: Cast, log_in: Callable[[str], Client]) -> None:
    base = f"/projects/{cast.alder.pk}/notebook/"
    assert log_in("vera").get(f"{base}?{query}").status_code == 404


# The account and its place in the project; the memos that fit, their rows, links and mentions; one
# for each of seven kinds of things; words and turns of passages; authors; who is mentioned.
QUERIES = 17


@pytest.mark.parametrize("times", [1, 6])
def test_a_constant_number_of_queries(
    times: int,
    cast: Cast,
    world: World,
    coding: Coding,
    log_in: Callable[[str], Client],
    django_assert_num_queries: Any,
) -> None:
    first = write(cast, "cora", ref("project", world.project), "The first")
    things = {
        "project": world.project,
        "source": world.source,
        "coding": coding,
        "code": world.intranet,
        "participant": world.participant,
        "case": world.case,
    }
    for _time in range(times):
        for subject, row in things.items():
            links = (ref("note", first), ref("code", world.solving))
            write(cast, "cora", ref(subject, row), "@[Cody]", links=links)
    client = log_in("cody")
    with django_assert_num_queries(QUERIES):
        page = client.get(f"/projects/{cast.alder.pk}/notebook/")
    assert len(page.context["memos"]) == 6 * times + 1
    with django_assert_num_queries(14):
        notebook_exports.export(cast.access("cody"), notebook.Spec(), "md")


def test_pages_of_fifty(cast: Cast, world: World, log_in: Callable[[str], Client]) -> None:
    me = cast.access("cora").membership
    Note.objects.bulk_create(
        Note(
            project=cast.alder,
            about="code",
            about_guid=world.intranet.guid,
            author=me,
            text=f"Memo {n}",
        )
        for n in range(51)
    )
    client, base = log_in("vera"), f"/projects/{cast.alder.pk}/notebook/"
    assert len(texts(client.get(base))) == 50
    assert texts(client.get(f"{base}?page=2")) == ["Memo 0"]
    rows = csv_rows(client.get(f"{base}export/csv/"))
    assert len(rows) == 51


# --- writing -------------------------------------------------------------------------------------


def test_the_whole_form(
    cast: Cast, world: World, coding: Coding, log_in: Callable[[str], Client]
) -> None:
    client, base = log_in("cora"), f"/projects/{cast.alder.pk}/notebook/"
    about, link = ref("code", world.intranet), ref("coding", coding)
    address = f"{base}new/?about={about}"
    page = client.get(address)
    offered = {group["name"]: group["rows"] for group in page.context["form"].link_groups()}
    assert offered["Coded passages (the newest)"] == [
        (str(link), "Intranet · Interview int1 · “together”", False)
    ]
    assert page.context["names"] == ["Cody", "Liam", "Olive", "Vera"]
    body = {
        "title": "Why",
        "kind": "decision",
        "text": "Since @[Liam] asked.",
        "links": [str(link)],
        "key": page.context["key"],
    }
    made = client.post(address, body)
    assert made["Location"] == f"{base}?of={about}"
    assert client.post(address, body)["Location"] == f"{base}?of={about}"
    note = Note.objects.get()
    assert (note.title, note.kind, note.author.label) == ("Why", "decision", "Cora")
    edit = f"{base}{note.pk}/edit/"
    form = client.get(edit).context["form"]
    assert form.initial["links"] == [str(link)]
    changed = {"title": "", "kind": "", "text": "Anew", "seen": form.initial["seen"]}
    assert client.post(edit, changed | {"back": "kind=method"})["Location"] == f"{base}?kind=method"
    note.refresh_from_db()
    assert (note.title, note.kind, note.text, note.links.count()) == ("", "", "Anew", 0)
    late = client.post(edit, changed | {"text": "Late"})
    assert late.status_code == 409
    assert "Somebody has changed this memo since you opened it." in late.content.decode()
    assert ">\nLate</textarea>" in late.content.decode()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"text": " "}, "A memo needs some text."),
        ({"text": "x" * 20_001}, "A memo has at most 20000 characters; this one has 20001."),
        ({"text": "x", "kind": "poem"}, "poem is not one of the available choices"),
        ({"text": "x", "links": ["code:1"]}, "code:1 is not one of the available choices"),
    ],
)
def test_a_form_that_is_wrong_keeps_what_was_typed(
    body: dict[str, Any],
    sentence: str,
    cast: Cast,
    world: World,
    log_in: Callable[[str], Client],
) -> None:
    address = f"/projects/{cast.alder.pk}/notebook/new/?about=code:{world.intranet.guid}"
    page = log_in("cora").post(address, body | {"title": "Kept"})
    assert page.status_code == 400
    assert sentence in page.content.decode()
    assert 'value="Kept"' in page.content.decode()
    assert Note.objects.count() == 0


def test_the_short_form_goes_back_to_the_page_of_the_thing(
    cast: Cast, world: World, log_in: Callable[[str], Client]
) -> None:
    client, base = log_in("cora"), f"/projects/{cast.alder.pk}"
    for subject, row, page in (
        ("code", world.intranet, f"{base}/codes/{world.intranet.pk}/"),
        ("participant", world.participant, f"{base}/participants/{world.participant.pk}/"),
    ):
        about = ref(subject, row)
        body = {"text": "A **thought**", "back": "object"}
        made = client.post(f"{base}/notebook/new/?about={about}", body)
        assert made["Location"] == f"{page}#memos"
        shown = client.get(page).content.decode()
        assert "<p>A <strong>thought</strong></p>" in shown
        assert f"/notebook/new/?about={about}" in shown
    about = ref("case", world.case)
    body = {"text": "A thought", "back": "object"}
    made = client.post(f"{base}/notebook/new/?about={about}", body)
    assert made["Location"] == f"{base}/notebook/?of={about}"
    assert "memos about North</span></a></td>" in client.get(f"{base}/cases/").content.decode()


def test_a_removed_memo_is_brought_back(
    cast: Cast, written: None, log_in: Callable[[str], Client]
) -> None:
    client, base = log_in("cora"), f"/projects/{cast.alder.pk}/notebook/"
    note = Note.objects.get(title="Who")
    gone = client.post(f"{base}{note.pk}/remove/", {"back": "kind=analytic"})
    assert gone["Location"] == f"{base}?kind=analytic&removed={note.guid}"
    page = client.get(gone["Location"])
    assert (texts(page), page.context["gone"], page.context["may_restore"]) == ([], note, True)
    asked = parse_qs(urlsplit(gone["Location"]).query)
    assert asked["kind"] == ["analytic"]
    back = client.post(f"{base}{note.pk}/restore/", {"back": "kind=analytic"})
    assert back["Location"] == f"{base}?kind=analytic"
    assert texts(client.get(back["Location"])) == ["Built by whom?"]


def test_the_history_leads_to_a_memo_and_to_the_trash_if_it_is_removed(
    cast: Cast, written: None, log_in: Callable[[str], Client]
) -> None:
    note = Note.objects.get(text="To begin with")
    address = f"/projects/{cast.alder.pk}/notebook/?of=note:{note.guid}"
    assert address in log_in("cora").get(f"/projects/{cast.alder.pk}/history/").content.decode()
    notes.remove(access=cast.access("cora"), note=note)
    page = log_in("cora").get(f"/projects/{cast.alder.pk}/history/").content.decode()
    assert address not in page
    assert f'<a href="/projects/{cast.alder.pk}/trash/">in the trash</a>' in page
    page = log_in("cora").get(address)
    assert (page.status_code, page.context["may_restore"]) == (200, True)
    page = log_in("vera").get(address)
    assert (page.status_code, page.context["may_restore"], texts(page)) == (200, False, [])
    assert "To begin with" not in page.content.decode()


def test_where_the_forms_come_back_to_is_the_notebook_alone(
    cast: Cast, written: None, log_in: Callable[[str], Client]
) -> None:
    client, base = log_in("cora"), f"/projects/{cast.alder.pk}/notebook/"
    note = Note.objects.get(title="Who")
    for back in ("//evil.example", "https://evil.example", "next=https://evil.example"):
        gone = client.post(f"{base}{note.pk}/remove/", {"back": back})
        assert gone["Location"] == f"{base}?removed={note.guid}"
        client.post(f"{base}{note.pk}/restore/", {"back": back})


def test_mentions_are_counted_for_whoever_is_meant(
    cast: Cast, written: None, log_in: Callable[[str], Client]
) -> None:
    home = f"/projects/{cast.alder.pk}/"
    assert "2 memos mention you" in log_in("cody").get(home).content.decode()
    assert "2 memos mention you" in log_in("cody").get(f"{home}notebook/").content.decode()
    assert "mention you" not in log_in("vera").get(home).content.decode()


# --- files ---------------------------------------------------------------------------------------


def csv_rows(answer: Any) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8-sig")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("# ")]
    return list(csv.DictReader(io.StringIO("".join(lines))))


def test_csv_and_xlsx_say_the_same(
    cast: Cast, world: World, written: None, log_in: Callable[[str], Client]
) -> None:
    cast.alder.synthetic = True
    cast.alder.save()
    base = f"/projects/{cast.alder.pk}/notebook/export/"
    answer = log_in("vera").get(f"{base}csv/?about=coding")
    assert answer["Content-Disposition"].startswith('attachment; filename="alder-study-notebook-')
    (row,) = csv_rows(answer)
    assert {name: row[name] for name in notebook_exports.HEAD[1:16]} == {
        "title": "Who",
        "kind": "analytic",
        "about": "coded passage",
        "about_name": "Intranet in Interview int1",
        "passage": "together",
        "speaker": "P1",
        "memo": "Built by whom?",
        "points_to": "",
        "mentions": "",
        "author": "Cora",
        "written": "2026-03-04 23:30",
        "changed": "",
        "project": "Alder study",
        "data": "synthetic",
        "filters": "about a: coded passage",
    }
    assert row["made_by"] == "Vera"
    said = answer.content.decode()
    assert "# n: memos: 1\n" in said
    assert "# Data: Synthetic: people and words are invented.\n" in said
    book = load_workbook(io.BytesIO(log_in("vera").get(f"{base}xlsx/?about=coding").content))
    head, line = list(book["Memos"].values)
    shown = dict(zip(head, ["" if cell is None else str(cell) for cell in line], strict=True))
    assert {name: shown[name] for name in row if name != "made_at"} == {
        name: value for name, value in row.items() if name != "made_at"
    }
    events = Event.objects.filter(verb="notebook.exported").order_by("id")
    assert [event.after["query"] for event in events] == ["about=coding"] * 2
    assert len({event.after["sha256"] for event in events}) == 1


def test_no_cell_is_a_formula(cast: Cast, world: World, log_in: Callable[[str], Client]) -> None:
    about = ref("code", world.intranet)
    write(cast, "cora", about, "=HYPERLINK(1)", title="+1")
    base = f"/projects/{cast.alder.pk}/notebook/export/"
    (row,) = csv_rows(log_in("vera").get(f"{base}csv/"))
    assert (row["memo"], row["title"]) == ("'=HYPERLINK(1)", "'+1")
    book = load_workbook(io.BytesIO(log_in("vera").get(f"{base}xlsx/").content))
    assert {cell.data_type for line in book["Memos"] for cell in line} <= {"s", "n"}


def test_markdown_and_word_to_read(
    cast: Cast, world: World, coding: Coding, log_in: Callable[[str], Client]
) -> None:
    text = (
        "**Bold** <b>x</b>\n\n- one\n  - two\n\n> said\n\n[a](https://a.example) [b](javascript:x)"
    )
    links = (ref("case", world.case),)
    write(cast, "cora", ref("coding", coding), text, kind="analytic", title="On <it>", links=links)
    base = f"/projects/{cast.alder.pk}/notebook/export/"
    shown = log_in("vera").get(f"{base}md/").content.decode()
    assert shown.startswith("# Alder study: notebook\n\n- **Project:** Alder study\n")
    assert shown.endswith(
        "## On \\<it\\>\n\n"
        "*Coded passage: Intranet in Interview int1 · analytic · Cora · 2026-03-01 23:30*\n\n"
        "> P1: “together”\n\n"
        "**Bold** \\<b\\>x\\</b\\>\n\n"
        "- one\n    - two\n\n"
        "> said\n\n"
        "[a](<https://a.example>) \\[b\\](javascript:x)\n\n"
        "Points to: case: North\n"
    )
    # Read by a parser, it holds what the memo holds.
    read = html(shown.partition("## On")[2])
    assert "<strong>Bold</strong> &lt;b&gt;x&lt;/b&gt;" in read
    assert "javascript" not in "".join(part for part in read.split('"') if "href" in part)
    document = Document(io.BytesIO(log_in("vera").get(f"{base}docx/").content))
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert lines[lines.index("On <it>") :] == [
        "On <it>",
        "Coded passage: Intranet in Interview int1 · analytic · Cora · 2026-03-01 23:30",
        "P1: “together”",
        "Bold <b>x</b>",
        "• one",
        "• two",
        "said",
        "a (https://a.example) [b](javascript:x)",
        "Points to: case: North",
    ]


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "md", "docx"])
def test_who_refused_to_be_quoted_is_not_quoted(
    fmt: str, cast: Cast, world: World, coding: Coding
) -> None:
    write(cast, "cora", ref("coding", coding), "A thought")
    world.participant.consent_quote = False
    world.participant.save()
    access = cast.access("vera")
    book = notebook_exports.export(access, notebook.Spec(), fmt)[0].content
    if fmt == "xlsx":
        cells = [
            str(cell) for line in load_workbook(io.BytesIO(book))["Memos"].values for cell in line
        ]
        said = "\n".join(cells)
    elif fmt == "docx":
        said = "\n".join(p.text for p in Document(io.BytesIO(book)).paragraphs)
    else:
        said = book.decode()
    assert "not to be quoted" in said
    assert "together" not in said
    assert "A thought" in said


def test_an_empty_notebook_says_so_in_a_file(cast: Cast) -> None:
    content = notebook_exports.export(cast.access("vera"), notebook.Spec(), "md")[0].content
    assert "- **n:** memos: 0\n- **Filters:** none: all memos\n" in content.decode()
