"""Files that cannot be read: one sentence each, naming the file and the place. All synthetic."""

import io
import json
import zipfile

import pytest

from coding.core.transcripts import (
    Choices,
    Limits,
    TranscriptProblem,
    read_transcript,
    recognise,
)
from tests.coding.core.transcripts import files

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
QUADRATIC = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'
EXTERNAL = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
DTD = "x has a document type declaration (DTD), which may hide entities; such files are not read."


def deep_xml(depth: int) -> bytes:
    inner = "<w:ins>" * depth + "</w:ins>" * depth
    return files.docx(f"<w:p>{inner}</w:p>")


def many() -> bytes:
    return files.pack({f"word/{number}.xml": "x" for number in range(5_001)})


def encrypted_entry() -> bytes:
    """A DOCX whose main part has the flag of encryption set, in both of its headers."""
    data = bytearray(files.docx(files.paragraph("a")))
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flag] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code", "sentence"),
    [
        (b"", "empty", "x is empty (0 bytes)."),
        (b" \r\n\t\n", "empty", "x holds nothing but white space."),
        (b"\xef\xbb\xbf", "empty", "x holds nothing but white space."),
        (
            b"MZ\x90\x00\x03\x00",
            "not_a_transcript",
            "x is a Windows program; it is not a transcript.",
        ),
        (b"\x7fELF\x02\x01", "not_a_transcript", "x is a program; it is not a transcript."),
        (
            b"\x89PNG\r\n\x1a\n\0",
            "not_a_transcript",
            "x is a picture (PNG); it is not a transcript.",
        ),
        (
            b"\x00\x00\x00\x20ftypisom",
            "not_a_transcript",
            "x is a video or sound recording (MP4); it is not a transcript.",
        ),
        (
            b"RIFF\x00\x00\x00\x00WAVEfmt ",
            "not_a_transcript",
            "x is a sound recording (WAV); it is not a transcript.",
        ),
        (
            b"<!DOCTYPE html><p>Ana: hi",
            "not_a_transcript",
            "x is a web page (HTML); open it and save it as text or Word; it is not a transcript.",
        ),
        (
            files.pack({"a.txt": "Ana: hi"}),
            "not_a_transcript",
            "x is a packed file (ZIP) and no document; unpack it and choose the files in it.",
        ),
        (
            files.pack({"xl/workbook.xml": "x"}),
            "not_a_transcript",
            "x is an Excel workbook; it is not a transcript.",
        ),
        (
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
            "x is protected by a password; save it without one.",
        ),
        (
            OLE + "WordDocument".encode("utf-16-le"),
            "old_word",
            "x is in the old Word format (.doc); save it as .docx.",
        ),
        (
            files.docx(files.paragraph("Ana: hi"))[:300],
            "zip",
            "x is a packed document that is cut off or damaged.",
        ),
        (encrypted_entry(), "encrypted", "x is protected by a password; save it without one."),
        (files.docx(), "no_text", "x is a Word document without text."),
        (files.docx("<w:p>", prolog=LAUGHS), "xml_doctype", DTD),
        (files.docx(prolog=QUADRATIC), "xml_doctype", DTD),
        (files.docx(prolog=EXTERNAL), "xml_doctype", DTD),
        (files.odt("<text:p>&a;</text:p>", prolog=EXTERNAL), "xml_doctype", DTD),
        ((LAUGHS + "<ANNOTATION_DOCUMENT>&i;</ANNOTATION_DOCUMENT>").encode(), "xml_doctype", DTD),
        (deep_xml(300), "xml_depth", "x has elements nested more than 200 deep."),
        (
            files.pack({"word/document.xml": "<w:document"}),
            "xml",
            "x is no sound XML: unclosed token in line 1; the file may be cut off or damaged.",
        ),
        (many(), "zip_entries", "x has 5,001 packed parts, and at most 5,000 are read."),
        (files.odt(""), "no_text", "x is an OpenDocument text without text."),
        (rb"{\rtf1 {\info Ana}\par}", "no_text", "x is rich text (RTF) without text."),
        (
            files.pdf([[], []]),
            "no_text",
            "x is a PDF without text: its 2 pages may be scanned pictures; run text recognition "
            "(OCR) on it first.",
        ),
        (b"%PDF-1.4\nnothing", "pdf", "x is a PDF that is cut off or damaged."),
        (
            b'{"a": [1, 2]}',
            "json_kind",
            "x is JSON, but not a transcript of Whisper, WhisperX, whisper.cpp or Rev.ai.",
        ),
        (
            b'{"segments": [{"text": "a"},\n',
            "json",
            "x is no sound JSON: Expecting value in line 2, column 1; the file may be cut off.",
        ),
        (b"[" * 200_000, "json", "x is JSON nested too deeply to be read."),
        (
            b'{"segments": [{"text": "a"}, {"text": "b \\ud83d"}]}',
            "surrogate",
            "x has half of a character (U+D83D, a lone surrogate) in segment 2, which cannot be "
            "stored; an emoji was cut in two there.",
        ),
        (
            b'{"segments": [{"text": "a\\u0000b"}]}',
            "control_character",
            "x has a control character (U+0000, NUL) in segment 1, which cannot be stored; remove "
            "it and save the file again.",
        ),
        (
            b'{"segments": [{"text": "a", "start": "soon"}]}',
            "segment",
            "x cannot be read: segment 1 has a time that is none: “soon”.",
        ),
        (
            b'{"segments": [{"text": "a", "start": NaN}]}',
            "segment",
            "x cannot be read: segment 1 has a time that is none: “nan”.",
        ),
        (
            b'{"segments": [{"text": "a"}, {"start": 1}]}',
            "segment",
            "x cannot be read: segment 2 has no text.",
        ),
        (
            b"ANA: one\nBO: t\x00wo\n",
            "control_character",
            "x has a control character (U+0000, NUL) in line 2, which cannot be stored; remove it "
            "and save the file again.",
        ),
        (
            b"ANA: one\nBO: t\x1bwo\n",
            "control_character",
            "x has a control character (U+001B, escape) in line 2, which cannot be stored; remove "
            "it and save the file again.",
        ),
        (
            "ANA: é ü ö ä ß\nBO: ".encode() + b"\xff\n",
            "encoding",
            "x is no sound UTF-8 text: byte 0xFF in line 2 cannot be read; save the file as UTF-8.",
        ),
        (
            b"WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nhi\n",
            "vtt_comma",
            "x has a time with a comma in line 3 (00:00:01,000 --> 00:00:02,000); WebVTT writes "
            "00:00:02.000: put the times right or save it as SRT.",
        ),
        (
            b"WEBVTT\n\nnothing\n",
            "no_cues",
            "x has no caption: there is no line like 00:00:02.000 --> 00:00:05.000.",
        ),
        (
            b"WEBVTT\n\n00:00:01.000 --> 00:99:02.000\nhi\n",
            "time",
            "x has a time that cannot be read in line 3: 00:00:01.000 --> 00:99:02.000",
        ),
        (
            b"start\tend\ttext\n0\t10\ta\n10\tten\tb\n",
            "time",
            "x has a time that cannot be read in line 3: ten",
        ),
        (
            b'<?xml version="1.0"?><ANNOTATION_DOCUMENT><TIER TIER_ID="A"/></ANNOTATION_DOCUMENT>',
            "no_annotations",
            "x has no annotation with words.",
        ),
        (b'<?xml version="1.0"?><tei/>', "xml_kind", "x is XML, but no ELAN annotation file."),
        (
            b"@UTF8\n@Begin\n*ANA:\tone \x150_1\n@End\n",
            "bullet",
            "x has a time mark that is not closed in line 3.",
        ),
    ],
)
def test_problem(data: bytes, code: str, sentence: str) -> None:
    with pytest.raises(TranscriptProblem) as caught:
        read_transcript(data, "x")
    assert (caught.value.code, str(caught.value)) == (code, sentence)
    assert caught.value.message == sentence


def test_the_place_is_told_apart_from_the_sentence() -> None:
    with pytest.raises(TranscriptProblem) as caught:
        read_transcript(b"ANA: one\nBO: t\x00wo\n", "x.txt")
    assert (caught.value.line, caught.value.place) == (2, "line 2")
    with pytest.raises(TranscriptProblem) as caught:
        read_transcript(b'{"segments": [{"text": 1}]}', "x.json")
    assert (caught.value.line, caught.value.place) == (None, "segment 1")


def test_too_large_too_long_too_many() -> None:
    text = b"ANA: one\nBO: two\nANA: one\nBO: two\n"
    for limits, code in (
        (Limits(file_bytes=10), "too_large"),
        (Limits(text_chars=10), "too_large"),
        (Limits(turns=3), "too_many_turns"),
    ):
        with pytest.raises(TranscriptProblem) as caught:
            read_transcript(text, "x.txt", limits=limits)
        assert caught.value.code == code


def test_a_part_that_unpacks_to_very_much_is_refused() -> None:
    data = files.pack({"[Content_Types].xml": "x", "word/document.xml": b" " * 30_000_000})
    packed = zipfile.ZipFile(io.BytesIO(data)).getinfo("word/document.xml").compress_size
    with pytest.raises(TranscriptProblem) as caught:
        read_transcript(data, "x")
    assert str(caught.value) == (
        "x is not read: its part word/document.xml unpacks to more than "
        f"{packed * 200:,} bytes from {packed:,}."
    )
    with pytest.raises(TranscriptProblem) as caught:
        read_transcript(data, "x", limits=Limits(zip_ratio=10**6, zip_bytes=10_000_000))
    assert caught.value.code == "zip_bomb"


def test_a_part_packed_twice_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("word/document.xml", "<b/>")
    with pytest.raises(TranscriptProblem) as caught:
        read_transcript(stream.getvalue(), "x.docx")
    assert caught.value.code == "zip_twice"


def test_a_format_that_is_chosen_and_is_not_there() -> None:
    for key, sentence in (
        ("otter", "x has none of the times of the format Otter text."),
        ("docx", "x is not of the format Word document; it is: Plain text, typed by hand."),
        ("elan", "x is not of the format ELAN annotations; it is: Plain text, typed by hand."),
        ("vtt", "x has no caption: there is no line like 00:00:02.000 --> 00:00:05.000."),
        ("nonsense", "x: there is no format “nonsense”."),
    ):
        with pytest.raises(TranscriptProblem) as caught:
            read_transcript(b"ANA: one\n", "x", Choices(format=key))
        assert str(caught.value) == sentence


def test_recognise_refuses_what_is_no_transcript_and_names_alternatives() -> None:
    with pytest.raises(TranscriptProblem):
        recognise(b"\x89PNG\r\n\x1a\n\0", "transcript.txt")
    guesses = recognise(b"I: Eins. #00:00:05-9#\n", "x.docx")
    assert [guess.format for guess in guesses] == ["f4", "text"]
    assert all(0 <= guess.score <= 1 and guess.why.endswith(".") for guess in guesses)


def test_choices_and_limits_survive_json() -> None:
    choices = Choices("f4", "[NAME]", merge=False, keep_times=False, frame_rate=30)
    assert Choices.from_json(json.loads(json.dumps(choices.as_json()))) == choices
    assert Choices.from_json({"merge": False, "unknown": 1}) == Choices(merge=False)
    limits = Limits(turns=3, seconds=0.5)
    assert Limits.from_json(json.loads(json.dumps(limits.as_json()))) == limits


def test_documents_with_a_password() -> None:
    locked = files.pdf([[(72, 700, "ANA: hi")]]).replace(
        b"/Root 1 0 R",
        b"/Root 1 0 R /ID [<%b> <%b>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <%b> /U <%b> "
        b"/P -4 >>" % (b"ab" * 16, b"ab" * 16, b"cd" * 32, b"ef" * 32),
    )
    open_document = files.pack(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": b"\x01\x02",
            "META-INF/manifest.xml": "<manifest:encryption-data/>",
        }
    )
    for data in (locked, open_document):
        with pytest.raises(TranscriptProblem) as caught:
            read_transcript(data, "x")
        assert str(caught.value) == "x is protected by a password; save it without one."


def test_some_pages_without_text_are_named() -> None:
    data = files.pdf([[(72, 700, "ANA: hi"), (72, 680, "ANA: ho")], [], []])
    assert read_transcript(data, "x").notes[0] == (
        "2 pages without text, perhaps scanned: page 2, 3."
    )
