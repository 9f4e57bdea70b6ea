"""Reading in a child process: same answers, and no file that takes the reader down with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coding.core.transcripts import (
    Choices,
    Limits,
    SafeReader,
    TranscriptProblem,
    read_safely,
    read_transcript,
)
from coding.core.transcripts import safely as module

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("name", ["f4.txt", "teams_new.docx", "zoom_cloud.vtt", "interview.cha"])
def test_the_same_as_in_this_process(name: str) -> None:
    path = SAMPLES / name
    choices = Choices(merge=False)
    assert read_safely(path, name, choices) == read_transcript(path.read_bytes(), name, choices)


def test_a_problem_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"ANA: one\nBO: t\x00wo\n")
    with pytest.raises(TranscriptProblem) as caught:
        read_safely(path, "interview 4.txt")
    problem = caught.value
    assert (problem.code, problem.line, problem.place) == ("control_character", 2, "line 2")
    assert problem.message.startswith("interview 4.txt has a control character")


def test_one_child_for_many_files_and_a_new_one_after_trouble(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n\0")
    with SafeReader() as reader:
        assert reader.read(SAMPLES / "f4.txt", "f4.txt").format == "f4"
        first = reader._child
        assert first is not None
        with pytest.raises(TranscriptProblem):
            reader.read(bad, "bad")
        assert [guess.format for guess in reader.recognise(SAMPLES / "otter.txt", "o")] == [
            "otter",
            "text",
        ]
        assert reader._child is first
        first.kill()
        first.wait()
        assert reader.read(SAMPLES / "otter.txt", "otter.txt").format == "otter"
        second = reader._child
        assert second is not None
        assert second.pid != first.pid
    assert second.poll() is not None


def test_a_reader_that_hangs_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow"
    # Half a million lines, and a pattern slow in each, but not so slow that it is stopped.
    path.write_text("aaaaaaaaaaaaaaaaaaaaaa\n" * 500_000)
    with pytest.raises(TranscriptProblem) as caught:
        read_safely(
            path,
            "slow.txt",
            Choices(format="text", label_pattern=r"(?P<speaker>(?:a|aa)+)!"),
            Limits(seconds=1),
        )
    assert str(caught.value) == "slow.txt was given up: reading it took longer than 1 seconds."


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit of address space")
def test_a_reader_that_wants_too_much_memory_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"ANA: one\nBO: two\n" * 1_500_000)
    with pytest.raises(TranscriptProblem) as caught:
        read_safely(path, "big.txt", limits=Limits(text_chars=10**9, turns=10**9, memory_mb=256))
    assert str(caught.value).startswith("big.txt ")
    assert caught.value.code in {"limit", "crash"}


def test_a_child_that_dies_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    popen = subprocess.Popen

    def dying(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        return popen(
            [sys.executable, "-c", "import os; os.abort()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    monkeypatch.setattr(module.subprocess, "Popen", dying)
    with SafeReader() as reader, pytest.raises(TranscriptProblem) as caught:
        reader.read(SAMPLES / "f4.txt", "f4.txt")
    assert str(caught.value) == (
        "f4.txt cannot be read: its reader broke off; the file may be damaged."
    )


def test_a_large_file_and_a_missing_one_start_no_child(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with SafeReader() as reader:
        with pytest.raises(TranscriptProblem) as caught:
            reader.read(path, "large.txt")
        assert str(caught.value) == (
            "large.txt is too large: 200,000,000 bytes, and at most 50,000,000 are read."
        )
        with pytest.raises(TranscriptProblem) as caught:
            reader.read(tmp_path / "none", "none.txt")
        assert str(caught.value) == "none.txt cannot be opened."
        assert reader._child is None


def test_the_child_knows_neither_django_nor_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COACHSTUDY_SECRET_KEY", "words")
    with SafeReader() as reader:
        reader.read(SAMPLES / "f4.txt", "f4.txt")
        assert reader._child is not None
        environment = Path(f"/proc/{reader._child.pid}/environ")
        if environment.exists():
            assert b"SECRET" not in environment.read_bytes()
    code = (
        "import sys, coding.core.transcripts.__main__;"
        "print(sorted({m.partition('.')[0] for m in sys.modules}"
        " & {'django', 'celery', 'projects', 'rest_framework'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=module._ROOT, capture_output=True, text=True, check=True,
        env={key: os.environ[key] for key in ("PATH",)},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
