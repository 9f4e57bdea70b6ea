import pytest

from coding.core.audio import AAC, FLAC, HEAD, M4A, MP3, OGG, WAV, WEBM, AudioKind, kind_of

OGG_PAGE = b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x13"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04\x00\x00\x00\x00\x02\x01rest", MP3),
        (b"\xff\xfb\x90\x64" + b"\x00" * 40, MP3),
        (b"\xff\xf3\x84\xc4", MP3),
        (b"\xff\xf1\x50\x80\x02\x1f\xfc", AAC),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00", M4A),
        (b"\x00\x00\x00\x18ftypisom", M4A),
        (OGG_PAGE + b"OpusHead\x01", OGG),
        (OGG_PAGE + b"\x01vorbis", OGG),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", WAV),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webmB\x87", WEBM),
        (b"fLaC\x00\x00\x00\x22", FLAC),
    ],
)
def test_what_browsers_play(head: bytes, kind: AudioKind) -> None:
    assert kind_of(head) == kind
    assert kind_of(head.ljust(HEAD, b"\x00")) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"\xff\xfb",
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01",
        b"#!/bin/sh\n",
        b"<!doctype html><script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\xff\xfe<\x00h\x00t\x00m\x00l\x00",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x18ftypheic",
        b"\x00\x00\x00\x14ftypqt  ",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska",
        OGG_PAGE + b"\x80theora",
        b"ID3",
        b"ID3\xff\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\xff\xff",
        b"INT: How do coaches share materials?",
    ],
)
def test_anything_else_is_none(head: bytes) -> None:
    assert kind_of(head) is None
