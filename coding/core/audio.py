"""Which kind of audio a file is: by its first bytes, never by its name.

Only what browsers play by themselves is known here. Sources: the containers' own specifications
(ID3v2, ISO 11172-3, ISO 14496-12, RFC 3533 and 7845, RFC 9639, RFC 9559, Microsoft's RIFF/WAVE).
"""

from dataclasses import dataclass

# As many bytes as ``kind_of`` looks at.
HEAD = 512

# ISO base media "brands" of files with plain AAC in them; QuickTime and pictures are left out.
_MP4_BRANDS = (b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6")


@dataclass(frozen=True, slots=True)
class AudioKind:
    """The media type it is served with, the ending it is stored under, its name for people."""

    content_type: str
    suffix: str
    name: str


MP3 = AudioKind("audio/mpeg", ".mp3", "MP3")
AAC = AudioKind("audio/aac", ".aac", "AAC")
M4A = AudioKind("audio/mp4", ".m4a", "M4A")
OGG = AudioKind("audio/ogg", ".ogg", "Ogg")
WAV = AudioKind("audio/wav", ".wav", "WAV")
WEBM = AudioKind("audio/webm", ".webm", "WebM")
FLAC = AudioKind("audio/flac", ".flac", "FLAC")
KINDS = (MP3, M4A, AAC, OGG, WAV, WEBM, FLAC)


def kind_of(head: bytes) -> AudioKind | None:
    """The kind of audio that begins with ``head`` (``HEAD`` bytes, or all there are), or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"fLaC":
        return FLAC
    if head[:4] == b"OggS":
        first = head[:200]
        known = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
        return OGG if any(mark in first for mark in known) else None
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head[:64] else None
    if head[4:8] == b"ftyp":
        return M4A if head[8:12] in _MP4_BRANDS else None
    if head[:3] == b"ID3" and len(head) >= 10 and head[3] < 0xFF and max(head[6:10]) < 0x80:
        return MP3
    return _mpeg_frame(head)


def _mpeg_frame(head: bytes) -> AudioKind | None:
    """A bare MPEG stream: eleven set bits, and after them nothing that the standard forbids."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer = head[1] >> 1 & 3
    if layer == 0:
        # ADTS has twelve set bits and "layer 0"; thirteen sampling rates are defined.
        return AAC if head[1] & 0xF0 == 0xF0 and head[2] >> 2 & 15 < 13 else None
    version, bit_rate, sampling = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    return MP3 if layer == 1 and version != 1 and 0 < bit_rate < 15 and sampling != 3 else None
