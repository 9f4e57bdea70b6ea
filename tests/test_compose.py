"""docker-compose.yml without an engine: schema, secrets, health, agreement with the code."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
from granian.cli import cli as granian

from tests.tools import compose

REPOSITORY = Path(__file__).resolve().parent.parent
TEXT = compose.FILE.read_text()
VALUES = {
    "COACHSTUDY_SECRET_KEY": "s" * 40,
    "COACHSTUDY_DB_PASSWORD": "dbsecret",
    "COACHSTUDY_BROKER_PASSWORD": "brokersecret",
    "COACHSTUDY_ALLOWED_HOSTS": "study.example.org",
    "COACHSTUDY_HTTPS": "yes",
}
OURS = ("migrate", "web", "worker", "beat")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = compose.load(VALUES)["services"]
    return loaded


def test_the_file_keeps_to_the_specification_and_names_these_services(
    services: dict[str, Any],
) -> None:
    assert set(services) == {*OURS, "db", "broker"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("restart: unless-stopped", "restart: sometimes"),
        ("condition: service_healthy", "condition: service_feels_fine"),
        ("interval: 10s", "interval: ten seconds"),
        ("- media:/data/media", "- medai:/data/media"),
    ],
)
def test_the_schema_check_would_notice(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert old in TEXT
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(TEXT.replace(old, new))
    monkeypatch.setattr(compose, "FILE", broken)
    with pytest.raises(ValueError):
        compose.load(VALUES)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_it_does_not_start_without(name: str) -> None:
    with pytest.raises(compose.MissingVariable, match=rf"^{name}: .*\.env\.example$"):
        compose.load({key: value for key, value in VALUES.items() if key != name})


def test_no_secret_has_a_default_or_stands_in_the_file(services: dict[str, Any]) -> None:
    signs = compose.variables(TEXT)
    secret = {name for name in signs if re.search("SECRET|PASSWORD|TOKEN|KEY", name)}
    assert secret == {
        "COACHSTUDY_SECRET_KEY",
        "COACHSTUDY_DB_PASSWORD",
        "COACHSTUDY_BROKER_PASSWORD",
        "COACHSTUDY_FIELD_KEY",
    }
    # The one that may be left out is empty then: the secret key stands in for it.
    assert {name for name in secret if signs[name] != ":?"} == {"COACHSTUDY_FIELD_KEY"}
    given = {"s" * 40, "dbsecret", "brokersecret", ""}
    for name, service in services.items():
        for key, value in service["environment"].items():
            if re.search("PASS|SECRET|KEY", key):
                assert value in given, f"{name}: {key}"
            password = re.search(r"://[^:/@]+:([^@]+)@", str(value))
            assert password is None or password[1] in given, f"{name}: {key}"


def test_the_example_names_each_variable_once_and_fills_in_no_secret() -> None:
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    required = dict(line.split("=", 1) for line in lines if re.match("[A-Z_]+=", line))
    optional = dict(line[1:].split("=", 1) for line in lines if re.match("#[A-Z_]+=", line))
    signs = compose.variables(TEXT)
    assert set(required) == {name for name, sign in signs.items() if sign == ":?"}
    assert set(optional) == {name for name, sign in signs.items() if sign == ":-"}
    assert set(required.values()) == {""}


def test_everything_that_stays_up_has_a_healthcheck_and_is_restarted(
    services: dict[str, Any],
) -> None:
    for name, service in services.items():
        if name == "migrate":
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped", name
        check = service["healthcheck"]
        assert check["test"][0] == "CMD", name
        assert {"interval", "timeout", "retries", "start_period"} <= set(check), name


def test_what_waits_for_what(services: dict[str, Any]) -> None:
    waits = {
        name: {other: what["condition"] for other, what in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    ready = {
        "migrate": "service_completed_successfully",
        "db": "service_healthy",
        "broker": "service_healthy",
    }
    assert waits == {
        "migrate": {"db": "service_healthy"},
        "web": ready,
        "worker": ready,
        "beat": ready,
        "db": {},
        "broker": {},
    }


def test_only_the_web_server_can_be_reached_and_only_from_this_machine(
    services: dict[str, Any],
) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_data_outlive_the_containers(services: dict[str, Any]) -> None:
    volumes = {name: service.get("volumes", []) for name, service in services.items()}
    assert volumes == {
        "migrate": [],
        "web": ["media:/data/media"],
        "worker": ["media:/data/media"],
        "beat": [],
        "db": ["database:/var/lib/postgresql/data"],
        "broker": ["broker:/var/lib/rabbitmq"],
    }


def test_every_variable_is_one_that_somebody_reads(services: dict[str, Any]) -> None:
    settings = (REPOSITORY / "coachstudy" / "settings.py").read_text()
    ours = set(re.findall(r'env_\w+\(\s*"(COACHSTUDY_\w+)"', settings))
    assert len(ours) > 10
    granians = {
        parameter.envvar or f"GRANIAN_{str(parameter.name).upper()}"
        for parameter in granian.params
        if isinstance(parameter, click.Option)
    }
    for name in OURS:
        read = ours | granians if name == "web" else ours
        unread = set(services[name]["environment"]) - read
        assert not unread, f"{name} sets what nobody reads: {unread}"


def test_the_web_server_has_two_processes_of_four_threads(services: dict[str, Any]) -> None:
    web = services["web"]
    assert web["command"][:3] == ["python", "-m", "granian"]
    assert web["command"][3:5] == ["--interface", "wsgi"]
    assert web["environment"]["GRANIAN_WORKERS"] == "2"
    assert web["environment"]["GRANIAN_BLOCKING_THREADS"] == "4"


def test_a_worker_listens_to_every_queue(services: dict[str, Any], settings: Any) -> None:
    command = services["worker"]["command"]
    listed = command[command.index("--queues") + 1].split(",")
    assert listed == [queue.name for queue in settings.CELERY_TASK_QUEUES]


def test_the_image_runs_without_rights_and_installs_by_hash() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    instructions = [line for line in text.splitlines() if re.match("[A-Z]+ ", line)]
    assert instructions[0] == "FROM python:3.11-slim"
    assert "--require-hashes" in text
    users = [line for line in instructions if line.startswith("USER ")]
    assert users == ["USER coachstudy"]
    # After it nothing may need rights.
    assert not [line for line in text.split("USER coachstudy")[1].splitlines() if "RUN" in line]


@pytest.mark.parametrize("path", [".env", "var", ".git", "tests", ".venv"])
def test_the_image_holds_no_data_and_no_secrets(path: str) -> None:
    assert path in (REPOSITORY / ".dockerignore").read_text().splitlines()
