"""What holds for all rooms together: words for every event, a project for every row."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from projects.history import VERBS
from projects.models import Project, User

REPOSITORY = Path(__file__).resolve().parent.parent
ROOMS = ("projects", "coding", "cases")
VERB = re.compile(r"[a-z]+\.[a-z]+")
# The functions that write history, and those that hand a verb on to them.
WRITERS = {
    "record",
    "record_about",
    "record_for",
    "record_on",
    "new_event",
    "event",
    "_record",
    "record_codings",
}


def room_modules() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def strings(node: ast.AST, names: dict[str, set[str]]) -> set[str]:
    """Every verb that an expression can be: literals, and names that stand for them."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
        elif isinstance(part, ast.Name):
            found |= names.get(part.id, set())
    return {text for text in found if VERB.fullmatch(text)}


def recorded(path: Path) -> tuple[set[str], list[str]]:
    """The verbs that a module records, and the calls whose verb cannot be told."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = [(t.elts if isinstance(t, ast.Tuple) else [t]) for t in node.targets]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for group in targets:
                for target, value in zip(group, values, strict=False):
                    if isinstance(target, ast.Name):
                        names.setdefault(target.id, set()).update(strings(value, names))
        elif (
            isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ROOMS
        ):
            module = import_module(node.module)
            for alias in node.names:
                value = getattr(module, alias.name, None)
                if isinstance(value, str) and VERB.fullmatch(value):
                    names.setdefault(alias.asname or alias.name, set()).add(value)
    verbs: set[str] = set()
    untold: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in WRITERS:
            continue
        found = set().union(*(strings(arg, names) for arg in node.args)) if node.args else set()
        verbs |= found
        if not found and not any(
            isinstance(arg, ast.Name) and arg.id == "verb" for arg in node.args
        ):
            untold.append(f"{path.name}:{node.lineno}")
    return verbs, untold


def test_every_event_that_is_recorded_has_its_words() -> None:
    verbs: set[str] = set()
    for path in room_modules():
        if "services" not in path.parts and "commands" not in path.parts:
            continue
        found, untold = recorded(path)
        assert untold == [], "the verb of an event must be written where it is recorded"
        verbs |= found
    assert verbs == set(VERBS)


def test_history_is_written_by_services_alone() -> None:
    """Nobody else makes an event, so that no change is recorded outside its transaction."""
    for path in room_modules():
        if "services" in path.parts or "commands" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert "Event(" not in re.sub(r"class Event\(|threading\.Event\(", "", text), path
        assert "Event.objects.create" not in text, path
        assert "services.events" not in text, path


def paths_to_project(
    model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()
) -> Iterator[str]:
    for field in model._meta.get_fields():
        if not isinstance(field, models.ForeignKey | models.OneToOneField):
            continue
        target = field.related_model
        if target is Project:
            yield field.name
        elif isinstance(target, type) and target not in seen | {model}:
            for rest in paths_to_project(target, seen | {model}):
                yield f"{field.name}__{rest}"


def all_models() -> list[type[models.Model]]:
    return [
        model
        for room in ROOMS
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
    ]


@pytest.mark.parametrize("model", all_models(), ids=lambda m: m._meta.label)
def test_every_row_belongs_to_a_project(model: type[models.Model]) -> None:
    if model in (Project, User):
        assert list(paths_to_project(model)) == []
        return
    paths = list(paths_to_project(model))
    assert paths, f"{model._meta.label} must belong to a project"
    assert model._base_manager.filter(**{paths[0]: 0}).query is not None


def test_the_rooms_are_the_apps_of_this_program() -> None:
    own = {
        app.label
        for app in apps.get_app_configs()
        if REPOSITORY in Path(app.path).resolve().parents and ".venv" not in app.path
    }
    assert own == set(ROOMS)
    assert {model._meta.app_label for model in all_models()} == set(ROOMS)


def test_no_model_has_a_primary_key_in_its_history() -> None:
    """What is named across copies of a project has an identifier of its own."""
    for model in all_models():
        if any(f.name == "guid" for f in model._meta.get_fields()):
            field = model._meta.get_field("guid")
            assert isinstance(field, models.UUIDField)
            assert field.unique
            assert not field.editable
