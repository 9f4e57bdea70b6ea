"""The recording of a source: what is taken in, who hears it, which bytes are sent, what is left."""

import io
import struct
import wave
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from coding import ranges
from coding.models import Participant, Recording
from coding.services.recordings import remove_recording, set_recording
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

Captured = Callable[..., Any]


def tone(seconds: float = 1.0) -> bytes:
    """A synthetic recording: 16 bit mono WAV at 8 kHz, every sample another."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"".join(struct.pack("<h", n % 3000) for n in range(int(8000 * seconds))))
    return buffer.getvalue()


def upload(content: bytes, name: str = "talk.wav") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def kept(cast: Cast, world: World, content: bytes, name: str = "talk.wav") -> Recording:
    return set_recording(
        access=cast.access("liam"), source=world.source, upload=upload(content, name), name=name
    )


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.fixture
def address(cast: Cast, world: World) -> str:
    return f"/projects/{cast.alder.pk}/sources/{world.source.pk}/recording/"


@pytest.fixture
def vera(cast: Cast, client: Client) -> Client:
    client.force_login(cast.vera)
    return client


# --- ranges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-163", 100, 163),
        ("bytes=16000-99999", 16000, 16043),
        ("bytes=16043-", 16043, 16043),
        ("bytes=0-", 0, 16043),
        ("bytes=-1", 16043, 16043),
        ("bytes=-500", 15544, 16043),
        ("bytes=-99999999", 0, 16043),
        ("Bytes= 5-7 ", 5, 7),
    ],
)
def test_a_range_is_exactly_these_bytes(
    header: str, first: int, last: int, cast: Cast, world: World, vera: Client, address: str
) -> None:
    content = tone()
    assert len(content) == 16044
    kept(cast, world, content)
    answer = vera.get(address, headers={"range": header})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/16044"
    assert answer["Content-Length"] == str(last - first + 1)
    assert body(answer) == content[first : last + 1]


@pytest.mark.parametrize(
    "header",
    [
        "bytes=5-4",
        "bytes=-",
        "bytes=a-b",
        "items=0-5",
        "bytes=0-1,4-5",
        "bytes",
        "bytes=1",
        "0-5",
        f"bytes={'9' * 30}-",
        "bytes=\u0663-\u0665",
    ],
)
def test_what_is_no_range_gets_the_whole(
    header: str, cast: Cast, world: World, vera: Client, address: str
) -> None:
    content = tone()
    kept(cast, world, content)
    answer = vera.get(address, HTTP_RANGE=header)
    assert (answer.status_code, body(answer)) == (200, content)
    assert "Content-Range" not in answer


@pytest.mark.parametrize("header", ["bytes=16044-", "bytes=16044-16050", "bytes=-0"])
def test_a_range_beyond_the_end(
    header: str, cast: Cast, world: World, vera: Client, address: str
) -> None:
    kept(cast, world, tone())
    answer = vera.get(address, headers={"range": header})
    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */16044")
    assert body(answer) == b""


def test_headers_and_head(cast: Cast, world: World, vera: Client, address: str) -> None:
    row = kept(cast, world, tone())
    for answer in (vera.get(address, headers={"accept-encoding": "gzip"}), vera.head(address)):
        found = {name: answer[name] for name in ("Content-Type", "Content-Length", "ETag")}
        assert found == {
            "Content-Type": "audio/wav",
            "Content-Length": "16044",
            "ETag": f'"{row.guid.hex}"',
        }
        assert answer["Accept-Ranges"] == "bytes"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        # Compressed on the way, a part of it would be a part of something else.
        assert "Content-Encoding" not in answer
    assert body(vera.head(address)) == b""
    assert vera.head(address, headers={"range": "bytes=0-5"})["Content-Length"] == "16044"


def test_a_range_of_another_recording_is_none(
    cast: Cast, world: World, vera: Client, address: str
) -> None:
    old = kept(cast, world, tone())
    same = {"range": "bytes=0-3", "if-range": f'"{old.guid.hex}"'}
    assert vera.get(address, headers=same).status_code == 206
    kept(cast, world, tone(0.5))
    answer = vera.get(address, headers=same)
    assert (answer.status_code, body(answer)) == (200, tone(0.5))
    assert vera.get(address, headers=same | {"if-range": "today"}).status_code == 200


def test_from_here_to_the_end_comes_in_parts(
    cast: Cast, world: World, vera: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "MOST", 1000)
    monkeypatch.setattr(ranges, "PIECE", 300)
    content = tone()
    kept(cast, world, content)
    found = b""
    while len(found) < len(content):
        answer = vera.get(address, headers={"range": f"bytes={len(found)}-"})
        pieces = [bytes(piece) for piece in answer.streaming_content]
        assert max(map(len, pieces)) <= 300
        found += b"".join(pieces)
        assert answer["Content-Range"].endswith(f"-{len(found) - 1}/16044")
    assert found == content
    # What is asked for by name comes whole.
    assert len(body(vera.get(address, headers={"range": "bytes=0-16043"}))) == 16044


@given(st.binary(min_size=1, max_size=40), st.integers(0, 60), st.integers(0, 60))
def test_any_range_is_a_slice(content: bytes, a: int, b: int) -> None:
    size = len(content)
    for header, expected in (
        (f"bytes={a}-{b}", content[a : b + 1]),
        (f"bytes={a}-", content[a:]),
        (f"bytes=-{a}", content[-a:] if a else b""),
    ):
        try:
            span = ranges.wanted(header, size)
        except ranges.Unsatisfiable:
            assert expected == b""
            continue
        if span is None:
            assert b < a
        else:
            assert content[slice(*span)] == expected


# --- taking in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00\x03", b"#!/bin/sh\nrm -rf /", b"<html><script>alert(1)</script>", b"\x00" * 600],
)
def test_a_file_is_known_by_its_content(cast: Cast, world: World, content: bytes) -> None:
    with pytest.raises(ValidationError) as refused:
        kept(cast, world, content, "interview.mp3")
    (sentence,) = refused.value.messages
    assert sentence == (
        "“interview.mp3” is not a recording that browsers play"
        " (MP3, M4A, AAC, Ogg, WAV, WebM, FLAC), by its content."
    )
    assert not Recording.objects.exists()
    assert not Event.objects.filter(verb__startswith="recording.").exists()


def test_the_name_is_no_path_and_decides_nothing(
    cast: Cast, world: World, vera: Client, address: str
) -> None:
    row = kept(cast, world, tone(), "../../etc/pass\\wd.html")
    assert row.name == "wd.html"
    assert row.file.name.startswith("recordings/")
    assert row.file.name.endswith(".wav")
    assert "wd" not in row.file.name
    assert vera.get(address)["Content-Type"] == "audio/wav"


def test_the_limit(cast: Cast, world: World, settings: Any) -> None:
    settings.MAX_AUDIO_MB = 1
    with pytest.raises(ValidationError) as refused:
        kept(cast, world, tone() + b"\x00" * 1_000_000)
    (sentence,) = refused.value.messages
    assert sentence.startswith("“talk.wav” has 992")
    assert sentence.endswith("the limit for a recording is 976.6\xa0KB.")


def test_the_form(cast: Cast, world: World, client: Client, address: str) -> None:
    client.force_login(cast.liam)
    page = client.get(address + "edit/").content.decode()
    assert "MP3, M4A, AAC, Ogg, WAV, WebM, FLAC; at most 500 MB" in page
    bad = client.post(address + "edit/", {"recording": upload(b"MZ nothing", "a.mp3")})
    assert bad.status_code == 400
    assert "“a.mp3” is not a recording that browsers play" in bad.content.decode()
    empty = client.post(address + "edit/", {"recording": upload(b"", "a.mp3")})
    assert "“a.mp3” is empty." in empty.content.decode()
    assert client.post(address + "edit/", {}).status_code == 400
    good = client.post(address + "edit/", {"recording": upload(tone())})
    assert (good.status_code, good["Location"]) == (302, address.removesuffix("recording/"))
    reader = client.get(good["Location"]).content.decode()
    assert f'src="{address}"' in reader
    assert "media-src &#x27;self&#x27;" not in reader
    assert "media-src 'self'" in client.get(good["Location"])["Content-Security-Policy"]


# --- replacing and removing ----------------------------------------------------------------------


def test_replaced_and_removed_files_go_after_the_commit(
    cast: Cast, world: World, django_capture_on_commit_callbacks: Captured
) -> None:
    liam = cast.access("liam")
    first = kept(cast, world, tone())
    storage = first.file.storage
    with django_capture_on_commit_callbacks() as later:
        second = kept(cast, world, tone(0.5), "second.wav")
    assert storage.exists(first.file.name)
    for run in later:
        run()
    assert not storage.exists(first.file.name)
    assert Recording.objects.get() == second
    assert storage.exists(second.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        remove_recording(access=liam, source=world.source)
    assert not storage.exists(second.file.name)
    with pytest.raises(ValidationError):
        remove_recording(access=liam, source=world.source)
    verbs = Event.objects.filter(verb__startswith="recording.").order_by("pk")
    assert [(e.verb, e.before, e.after) for e in verbs] == [
        ("recording.added", None, {"recording": "talk.wav"}),
        ("recording.added", {"recording": "talk.wav"}, {"recording": "second.wav"}),
        ("recording.removed", {"recording": "second.wav"}, {"recording": ""}),
    ]


def test_the_file_goes_with_its_source(
    cast: Cast, world: World, django_capture_on_commit_callbacks: Captured
) -> None:
    other = factories.source(cast.alder, "other", "P1: Hello.\n")
    row = set_recording(
        access=cast.access("liam"), source=other, upload=upload(tone()), name="o.wav"
    )
    with django_capture_on_commit_callbacks(execute=True):
        other.delete()
    assert not row.file.storage.exists(row.file.name)


def test_a_failure_leaves_no_file(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(
        "coding.services.recordings.record", lambda *_a, **_k: (_ for _ in ()).throw(OSError)
    )
    with pytest.raises(OSError):
        kept(cast, world, tone())
    assert not Recording.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_is_gone_is_not_found(
    cast: Cast, world: World, vera: Client, address: str
) -> None:
    row = kept(cast, world, tone())
    row.file.storage.delete(row.file.name)
    assert vera.get(address).status_code == 404


# --- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_who_imports_brings_recordings(cast: Cast, world: World, who: str) -> None:
    access = cast.access(who)
    with pytest.raises(PermissionDenied):
        set_recording(access=access, source=world.source, upload=upload(tone()), name="x")
    kept(cast, world, tone())
    with pytest.raises(PermissionDenied):
        remove_recording(access=access, source=world.source)


def test_what_is_withheld_is_not_heard(
    cast: Cast, world: World, client: Client, address: str
) -> None:
    kept(cast, world, tone())
    client.force_login(cast.olive)
    assert client.get(address).status_code == 200
    Participant.objects.filter(pk=world.participant.pk).update(consent_use=False)
    for path in (address, address + "edit/"):
        assert client.get(path).status_code == 404
    assert client.post(address + "remove/").status_code == 404
    assert client.get(address, headers={"range": "bytes=0-3"}).status_code == 404
