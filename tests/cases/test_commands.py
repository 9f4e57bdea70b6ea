"""The commands that import: a study from the shell, and the demo study."""

import csv
import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from cases import matrix
from cases.management.commands import import_study as command
from cases.matrix import Matrix, MatrixSpec
from coding.models import Coding
from projects.access import resolve
from projects.models import Event, Membership, Project, User
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

ROOMS = ("projects", "coding", "cases")


def row_counts() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count()
        for room in ROOMS
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
    }


def run(*arguments: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_study", *(str(a) for a in arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


COUNTS = "2 cases, 17 participants, 16 documents, 8 codes, 404 codings"


def test_a_folder_into_a_new_project(cast: Cast, shared: Path) -> None:
    out, _err = run(
        shared / "study", "--as", "NORA@example.org", "--new", "Two teams", "--synthetic"
    )
    project = Project.objects.get(title="Two teams")
    assert project.synthetic is True
    assert out.splitlines()[-1] == f"Created {COUNTS} in project {project.pk}."
    assert resolve(cast.nora, project.pk).role == "owner"
    assert Coding.objects.filter(source__project=project).count() == 404
    assert Event.objects.filter(project=project, verb="study.imported").get().label == "study"


def test_a_zip_into_an_existing_project(cast: Cast, shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((shared / "study").rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(shared / "study"))
    out, _err = run(path, "--as", "liam@example.org", "--project", cast.alder.pk)
    assert out.splitlines()[-1] == f"Created {COUNTS} in project {cast.alder.pk}."
    # What is not read is said.
    assert "note: Not read, because nothing is known about them: " in out
    assert cast.alder.sources.count() == 16


@pytest.mark.parametrize("where", ["--new", "--project"])
def test_a_dry_run_leaves_nothing(cast: Cast, shared: Path, where: str) -> None:
    before = row_counts()
    name = "Two teams" if where == "--new" else cast.alder.pk
    out, _err = run(shared / "study", "--as", "olive@example.org", where, name, "--dry-run")
    assert out.splitlines()[-1] == f"Would create {COUNTS}."
    assert row_counts() == before


@pytest.mark.parametrize("where", ["--new", "--project"])
def test_a_folder_with_problems_leaves_nothing(
    cast: Cast, shared: Path, tmp_path: Path, where: str
) -> None:
    shutil.copytree(shared / "study", tmp_path / "study")
    table = tmp_path / "study" / "codings.csv"
    table.write_text(table.read_text().replace(",intranet,", ",intranett,", 1))
    before = row_counts()
    err = io.StringIO()
    name = "Two teams" if where == "--new" else str(cast.alder.pk)
    with pytest.raises(CommandError, match="The folder has problems; nothing was imported."):
        call_command(
            "import_study",
            str(tmp_path / "study"),
            "--as",
            "olive@example.org",
            where,
            name,
            stderr=err,
            stdout=io.StringIO(),
        )
    assert err.getvalue().strip() == (
        "codings.csv, row 3, column code: There is no code “intranett” (did you mean “intranet”?)."
    )
    assert row_counts() == before


@pytest.mark.parametrize("where", ["--new", "--project"])
def test_a_crash_leaves_nothing(
    cast: Cast, shared: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before = row_counts()
    real = command.import_study

    def crash(**arguments: Any) -> None:
        real(**arguments)
        raise RuntimeError("the power went")

    monkeypatch.setattr(command, "import_study", crash)
    name = "Two teams" if where == "--new" else cast.alder.pk
    with pytest.raises(RuntimeError):
        run(shared / "study", "--as", "olive@example.org", where, name)
    assert row_counts() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--as", "who@example.org", "--new", "X"),
            "There is no account with the address who@example.org.",
        ),
        (
            ("--as", "nora@example.org", "--project", "{alder}"),
            "There is no project {alder} that nora@example.org belongs to.",
        ),
        (
            ("--as", "olive@example.org", "--project", "{brook}"),
            "There is no project {brook} that olive@example.org belongs to.",
        ),
        (
            ("--as", "cora@example.org", "--project", "{alder}"),
            "As coder you may not do this in “Alder study”.",
        ),
        (("--as", "olive@example.org", "--new", ""), "This field cannot be blank."),
        (("--as", "olive@example.org", "--new", "x" * 201), "at most 200 characters"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    cast: Cast, shared: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    ids = {"alder": cast.alder.pk, "brook": cast.brook.pk}
    before = row_counts()
    with pytest.raises(CommandError) as refused:
        run(shared / "study", *(a.format(**ids) for a in arguments))
    assert sentence.format(**ids) in str(refused.value)
    assert row_counts() == before


def test_a_path_that_is_no_study(cast: Cast, tmp_path: Path) -> None:
    before = row_counts()
    (tmp_path / "x.zip").write_bytes(b"no zip")
    for path in (tmp_path / "x.zip", tmp_path / "missing", tmp_path):
        with pytest.raises(CommandError):
            run(path, "--as", "olive@example.org", "--new", "X")
    assert row_counts() == before


# --- the demo study ------------------------------------------------------------------------------


@pytest.fixture
def demo(db: None, settings: Any) -> Project:
    settings.DEMO = True
    call_command("load_demo", stdout=io.StringIO())
    return Project.objects.get(synthetic=True)


def test_demo_logins_only_where_they_are_wanted(db: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="COACHSTUDY_DEMO"):
        call_command("load_demo")
    assert not User.objects.exists()


def test_a_second_load_changes_nothing(demo: Project) -> None:
    before = row_counts()
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    assert out.getvalue() == "The demo study is there already; it was left as it is.\n"
    assert row_counts() == before


def test_the_demo_has_its_people_and_marks(demo: Project) -> None:
    assert demo.synthetic is True
    roles = dict(demo.memberships.values_list("user__email", "role"))
    assert roles == {
        "ruth@demo.example": "owner",
        "maria@demo.example": "coder",
        "tomas@demo.example": "coder",
        "viewer@demo.example": "viewer",
    }
    assert set(roles) == {email for email, _words in django_settings.DEMO_LOGINS}
    for email in roles:
        user = authenticate(None, email=email, password=django_settings.DEMO_PASSWORD)
        assert user == User.objects.get(email=email)
    # Everybody who belongs to it has a line in its history.
    joined = Event.objects.filter(project=demo, verb="member.joined").values_list("object_guid")
    assert {guid for (guid,) in joined} == set(
        Membership.objects.filter(project=demo).values_list("guid", flat=True)
    )


def test_the_demo_matrix_is_the_one_that_was_planned(
    demo: Project, cell: Callable[..., Any], same: Callable[[Any, Any], bool]
) -> None:
    access = resolve(User.objects.get(email="ruth@demo.example"), demo.pk)
    tables: dict[str, Matrix] = {}
    path = django_settings.BASE_DIR / "demo" / "expected_matrix.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 2 * demo.codes.count() == 38
    checked = 0
    for row in rows:
        for name, text in row.items():
            if name in ("case", "code"):
                continue
            unit = "words" if name == "den_words" else name
            if unit not in tables:
                tables[unit] = matrix.build(access, MatrixSpec(unit=unit))
            measure = cell(tables[unit], row["case"], row["code"]).state.measure
            if name == "per_1000_words":
                assert same(measure.value, float(text)), row
            else:
                found = measure.denominator if name == "den_words" else measure.value
                assert found == int(text), (row, name)
            checked += 1
    assert checked == 38 * 7


def test_the_demo_codings_belong_to_two_members(demo: Project) -> None:
    path = django_settings.BASE_DIR / "demo" / "study" / "codings.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for label, email in (("maria", "maria@demo.example"), ("tomas", "tomas@demo.example")):
        own = Coding.objects.filter(source__project=demo, coder__user__email=email)
        assert own.count() == sum(row["coder"] == label for row in rows) > 100
    assert Coding.objects.filter(source__project=demo).count() == len(rows)


def test_a_project_of_that_name_of_somebody_else_is_no_demo(db: None, settings: Any) -> None:
    settings.DEMO = True
    other = factories.user("Somebody")
    project = Project.objects.create(title="Two coach teams (demo, synthetic)")
    factories.member(project, other, "owner")
    call_command("load_demo", stdout=io.StringIO())
    assert Project.objects.filter(title=project.title).count() == 2
    assert not project.sources.exists()
