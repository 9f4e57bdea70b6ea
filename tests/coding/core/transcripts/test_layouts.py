"""Layouts beyond the samples. All files are made here and synthetic; so are the names in them."""

import codecs
import json

import pytest

from coding.core.transcripts import (
    Choices,
    Transcript,
    TranscriptProblem,
    Utterance,
    labels,
    read_transcript,
    recognise,
)

HOUR = 3_600_000


def read(text: str | bytes, name: str = "x.txt", **choices: object) -> Transcript:
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return read_transcript(data, name, Choices(**choices))  # type: ignore[arg-type]


def said(text: str | bytes, name: str = "x.txt", **choices: object) -> list[tuple[object, ...]]:
    return [
        (item.speaker, item.text, item.start, item.end)
        for item in read(text, name, **choices).utterances
    ]


def talk(text: str | bytes, name: str = "x.txt", **choices: object) -> list[tuple[str, str]]:
    return [(item.speaker, item.text) for item in read(text, name, **choices).utterances]


# --- captions ---------------------------------------------------------------------------------


def test_vtt_with_two_voices_in_a_cue_and_hours() -> None:
    text = (
        "WEBVTT\n\n1:02:03.5 --> 1:02:05.25\n<v Li Wei>Ready?</v> <v.loud Ana María>Go "
        "&amp;amp; see</v> all\n"
    )
    at = HOUR + 123_500
    assert said(text, "x.txt") == [
        ("Li Wei", "Ready?", at, at + 1750),
        ("Ana María", "Go &amp; see", at, at + 1750),
        ("", "all", at, at + 1750),
    ]


def test_vtt_keeps_text_after_an_empty_line_in_a_cue() -> None:
    text = (
        "WEBVTT\n\na1\n00:01.000 --> 00:02.000\nfirst\n\nsecond\n\n00:03.000 --> 00:04.000\nthird"
    )
    assert said(text) == [("", "first second", 1000, 2000), ("", "third", 3000, 4000)]


def test_captions_of_words_that_look_like_structure_lose_nothing() -> None:
    words = ["a --> b", "", "NOTEBOOK mine", "12", "10:30:15 we met", "", "1.2.3 x", "5 &lt;b&gt;"]
    said_so = "a --> b NOTEBOOK mine 12 10:30:15 we met 1.2.3 x 5 <b>"
    for mark, head in ((".", "WEBVTT\nKind: captions\n\n"), (",", "")):
        times = [f"0{n}:00:01{mark}5 --> 0{n}:00:02{mark}000 align:start" for n in (0, 1)]
        text = head + "\n".join(["1", times[0], *words, "2", times[1], "last"])
        assert said(text) == [("", said_so, 1500, 2000), ("", "last", HOUR + 1500, HOUR + 2000)]


def test_vtt_comments_and_styles_between_captions_are_left_out_and_words_after_them_kept() -> None:
    text = (
        "WEBVTT\n\nSTYLE\n::cue {}\n\nNOTE one\n\n00:01.000 --> 00:02.000\nfirst\n\n"
        "NOTE two\nlines\n\nsecond\n\nNOTE\n00:03.000 --> 00:04.000\nthird\n"
    )
    transcript = read(text)
    assert [item.text for item in transcript.utterances] == ["first second", "third"]
    assert transcript.notes == (
        "3 lines before the first caption left out.",
        "2 comments (NOTE) left out.",
    )


def test_vtt_speaker_names_of_caption_files_in_which_every_cue_is_named() -> None:
    text = "WEBVTT\n\n" + "".join(
        f"{n}\n00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n{line}\n\n"
        for n, line in enumerate(
            ["Ng, Kim: One.", "Kim Ng (she/her): Two.", "Ng, Kim: 10:30 is fine: yes."], 1
        )
    )
    assert said(text, "z.vtt") == [
        ("Ng, Kim", "One.", 1000, 2000),
        ("Kim Ng (she/her)", "Two.", 2000, 3000),
        ("Ng, Kim", "10:30 is fine: yes.", 3000, 4000),
    ]


def test_srt_with_names_only_where_the_speaker_changes() -> None:
    lines = ["Ana: One", "two", "Bo: three", "Ana: four", "Honestly: five", "PS: six"]
    text = "".join(
        f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{line}\n\n"
        for n, line in enumerate(lines, 1)
    )
    # "Bo" stands once and not every caption is named: nothing says that it is a name.
    assert said(text) == [
        ("Ana", "One two Bo: three four Honestly: five PS: six", 1000, 7000),
    ]


def test_srt_with_crlf_bom_and_formatting() -> None:
    text = (
        '1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<i>Hello</i> <font color="red">there</font>'
        "\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,500\r\n- Yes.\r\n- No.\r\n"
    )
    assert said(codecs.BOM_UTF8 + text.encode(), "x.srt") == [
        ("", "Hello there", 1000, 2000),
        ("", "- Yes.\n- No.", 2000, 3500),
    ]


def test_overlapping_captions_are_kept_and_joined_to_the_latest_end() -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:09.000\n<v Ana>one</v>\n\n"
        "00:02.000 --> 00:03.000\n<v Ana>two</v>"
    )
    assert said(text) == [("Ana", "one two", 1000, 9000)]
    assert said(text, merge=False) == [("Ana", "one", 1000, 9000), ("Ana", "two", 2000, 3000)]
    assert said(text, keep_times=False) == [("Ana", "one two", None, None)]


# --- JSON and tables --------------------------------------------------------------------------


def test_whisperx() -> None:
    segments = [
        {"start": 0.031, "end": 1.5, "text": " One.", "speaker": "SPEAKER_00", "words": []},
        {"start": 1.5, "end": 2.0, "text": " Two.", "speaker": "SPEAKER_00"},
        {"start": 3661.2, "end": 3662.0049, "text": " Three.", "speaker": "SPEAKER_01"},
        {"start": 3663, "end": 3664, "text": " Four."},
    ]
    transcript = read(json.dumps({"segments": segments, "word_segments": []}), "x.json")
    assert transcript.format == "whisperx_json"
    assert list(transcript.utterances) == [
        Utterance("SPEAKER_00", "One. Two.", 31, 2000),
        Utterance("SPEAKER_01", "Three.", 3_661_200, 3_662_005),
        Utterance("", "Four.", 3_663_000, 3_664_000),
    ]
    assert "1 segment without a speaker." in transcript.notes


def test_rev_json() -> None:
    def element(kind: str, value: str, start: float | None = None) -> dict[str, object]:
        times = {} if start is None else {"ts": start, "end_ts": start + 0.4}
        return {"type": kind, "value": value, **times}

    monologues = [
        {
            "speaker": 0,
            "elements": [
                element("text", "Hi", 0.5),
                element("punct", ", "),
                element("text", "all", 1),
            ],
        },
        {
            "speaker": 1,
            "elements": [element("unknown", "<inaudible>", 2.25), element("punct", ".")],
        },
    ]
    transcript = read(json.dumps({"monologues": monologues}), "x.json")
    assert transcript.format == "rev_json"
    assert list(transcript.utterances) == [
        Utterance("Speaker 0", "Hi, all", 500, 1400),
        Utterance("Speaker 1", "<inaudible>.", 2250, 2650),
    ]
    named = {"speakers": [{"id": 1, "name": "Ana"}], "monologues": monologues[1:]}
    assert said(json.dumps(named))[0][0] == "Ana"


def test_inqscribe_table_with_and_without_header() -> None:
    rows = "00:00:01.05\t00:00:02.10\tANA\tHello\n00:00:02.10\t00:00:04.00\tBO\tYes: \tindeed\n"
    for text in (rows, "Start Time\tEnd Time\tSpeaker\tTranscript\n" + rows):
        assert read(text).format == "inqscribe_tab"
        assert said(text) == [
            ("ANA", "Hello", 1200, 2400),
            ("BO", "Yes: indeed", 2400, 4000),
        ]
    assert said(rows, frame_rate=50)[0][2:] == (1100, 2200)


def test_whisper_table_with_commas_and_quotes() -> None:
    text = 'start\tend\ttext\r\n0\t3600500\t"One, two"\r\n3600500\t3601000\tthree\r\n'
    assert said(text, "x.tsv") == [
        ("", '"One, two"', 0, HOUR + 500),
        ("", "three", HOUR + 500, HOUR + 1000),
    ]


# --- names and times above or in the line ------------------------------------------------------


def test_rev_text() -> None:
    text = (
        "Li Wei (00:02):\nHello [inaudible 00:01:02] (laughs) there.\n\n"
        "Speaker 2 (01:00:05):\nWell: yes.\nAnd no.\n\nLi Wei (01:00:07): Fine.\n"
    )
    assert read(text).format == "rev"
    assert said(text) == [
        ("Li Wei", "Hello [inaudible 00:01:02] (laughs) there.", 2000, None),
        ("Speaker 2", "Well: yes.\nAnd no.", HOUR + 5000, None),
        ("Li Wei", "Fine.", HOUR + 7000, None),
    ]
    other = "Speaker 1: (00:02)\nHello.\n\nSpeaker 2: (00:09)\nYes.\n"
    assert said(other) == [
        ("Speaker 1", "Hello.", 2000, None),
        ("Speaker 2", "Yes.", 9000, None),
    ]


def test_zoom_chat() -> None:
    text = (
        "09:00:02\t From Li Wei to Everyone:\r\n\tHello: all\r\n"
        "09:00:09\t From  Ana (she/her) : Hi\n"
        "09:01:00\t From Li Wei to Ana (Direct Message):\n\tPrivate\n\tmatter\n"
    )
    transcript = read(text)
    assert transcript.format == "zoom_chat"
    assert [(u.speaker, u.text, u.start) for u in transcript.utterances] == [
        ("Li Wei", "Hello: all", 32_402_000),
        ("Ana (she/her)", "Hi", 32_409_000),
        ("Li Wei", "Private\nmatter", 32_460_000),
    ]
    assert (
        "1 message went to single people, not to everyone; who received them was left out."
        in transcript.notes
    )


def test_otter_with_paragraphs_and_hours() -> None:
    text = "Li Wei  59:58  \nOne.\n\nTwo: three.\n\nAna  1:00:02\nFour.\n\nAna  1:00:09\nFive.\n"
    assert said(text) == [
        ("Li Wei", "One.\nTwo: three.", 3_598_000, None),
        ("Ana", "Four.\nFive.", 3_602_000, None),
    ]


def test_google_meet_with_a_speaker_who_is_not_listed() -> None:
    text = (
        "Weekly (2026-05-04 09:00 GMT+2) - Transcript\nAttendees\nAna Sol, Bo\nTranscript\n"
        "00:00:00\n\n"
        "Ana Sol: Hello.\nNote: this is hers.\nBo: Hi.\nLi Wei: New here.\n01:05:00\n\nBo: Bye.\n"
        "Meeting ended after 01:06:00\n"
    )
    assert said(text) == [
        ("Ana Sol", "Hello.\nNote: this is hers.", 0, None),
        ("Bo", "Hi.", None, None),
        ("Li Wei", "New here.", None, None),
        ("Bo", "Bye.", HOUR + 300_000, None),
    ]


# --- codes in the text --------------------------------------------------------------------------


def test_f4_without_tenths_and_with_marks_inside_a_turn() -> None:
    text = "I: Eins. #00:00:05#\nB: Zwei #00:00:07-5# und drei. #01:00:09-1#\nnoch da\n"
    assert said(text) == [
        ("I", "Eins.", 0, 5000),
        ("B", "Zwei und drei.\nnoch da", 5000, HOUR + 9100),
    ]


def test_f4_with_marks_at_the_start_opens() -> None:
    text = "#00:00:01-0# I: Eins.\n#00:00:05-2# B1: Zwei.\n#00:00:09-0# I: Drei.\n"
    assert said(text) == [
        ("I", "Eins.", 1000, None),
        ("B1", "Zwei.", 5200, None),
        ("I", "Drei.", 9000, None),
    ]


@pytest.mark.parametrize("brackets", ["[]", "()", "{}", "<>"])
def test_inqscribe_in_any_bracket(brackets: str) -> None:
    text = (
        "[01:00:02.10] ANA: One [01:00:04.00] two. [01:00:05.20]\n\n[01:00:09.00] BO: Three.\n"
        "[01:00:10.00] ANA: Four.\n[01:00:12.00]\n"
    ).translate({ord("["): brackets[0], ord("]"): brackets[1]})
    assert read(text).format == "inqscribe"
    assert said(text) == [
        ("ANA", "One two.", HOUR + 2400, HOUR + 5800),
        ("BO", "Three.", HOUR + 9000, None),
        ("ANA", "Four.", HOUR + 10_000, HOUR + 12_000),
    ]


def test_transana_with_codes_inside_a_turn() -> None:
    text = "¤<0>ANA: One ¤<1500>two.\n¤<4000>BO: Three.\n¤<5000>ANA: Four.\n"
    assert said(text) == [
        ("ANA", "One two.", 0, None),
        ("BO", "Three.", 4000, None),
        ("ANA", "Four.", 5000, None),
    ]


def test_times_in_brackets_typed_by_hand() -> None:
    text = "[00:00:02] ANA: One.\n[00:00:09] BO: Two (10:30) three.\n[01:00:00] ANA: Four.\n"
    assert said(text) == [
        ("ANA", "One.", 2000, None),
        ("BO", "Two (10:30) three.", 9000, None),
        ("ANA", "Four.", HOUR, None),
    ]
    behind = "ANA: [00:02] One.\nBO: [00:09] Two.\nANA: [00:12] Three.\n"
    assert said(behind) == [
        ("ANA", "One.", 2000, None),
        ("BO", "Two.", 9000, None),
        ("ANA", "Three.", 12_000, None),
    ]


# --- CHAT and ELAN ------------------------------------------------------------------------------

CHAT = (
    "@UTF8\n@Begin\n@Participants:\tCHI Target_Child, MOT Ana_Sol Mother\n@Date:\t04-MAR-2026\n"
    "*CHI:\tmore \x150_1200\x15 cookie\n\t\tplease . \x151200_2400\x15\n%mor:\tqn|more\n"
    '%gra:\t1|0|ROOT\n*MOT:\tno . \x15%snd:"a"_2400_3000\x15\n@End\n'
)


def test_chat_with_roles_old_bullets_and_tiers() -> None:
    assert said(CHAT, "x.txt") == [
        ("CHI", "more cookie please .", 0, 2400),
        ("Ana Sol", "no .", 2400, 3000),
    ]
    assert said(CHAT, keep_dependent=True)[0] == (
        "CHI",
        "more cookie please .\n%mor: qn|more\n%gra: 1|0|ROOT",
        0,
        2400,
    )
    assert str(read(CHAT).recorded) == "2026-03-04"
    assert "2 dependent lines left out: %mor (1), %gra (1)." in read(CHAT).notes


def test_chat_copied_with_visible_bullets() -> None:
    assert said("@Begin\n*INV:\thi . •15_20•\n@End\n") == [("INV", "hi .", 15, 20)]


ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-03-04T10:00:00+01:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/>
<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2500"/><TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2000"/>
<TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="3900"/><TIME_SLOT TIME_SLOT_ID="ts5"/></TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="d" PARTICIPANT="Ana" TIER_ID="A"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>One &amp;amp; two</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts5">
<ANNOTATION_VALUE>Four</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="d" TIER_ID="Bo"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
<ANNOTATION_VALUE>Three</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="t" PARENT_REF="Bo" TIER_ID="Bo-en"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a2"><ANNOTATION_VALUE>3 in English
</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>"""


def test_elan_is_sorted_by_time_across_tiers() -> None:
    assert read(ELAN, "x.txt").format == "elan"
    assert recognise(ELAN.encode(), "x.txt")[0].format == "elan"
    assert said(ELAN) == [
        ("Ana", "One &amp; two", 500, 2500),
        ("Bo", "Three", 2000, 3900),
        ("Ana", "Four", 3900, None),
    ]
    assert "1 annotation of dependent tiers left out: “Bo-en” (1)." in read(ELAN).notes
    assert talk(ELAN, keep_dependent=True)[1] == ("Bo", "Three\n%Bo-en: 3 in English")
    assert said(ELAN.replace('"UTF-8"', '"UTF-16"').encode("utf-16"), "x.eaf") == said(ELAN)


# --- typed by hand ------------------------------------------------------------------------------


def test_prose_with_colons_is_no_speaker() -> None:
    text = (
        "ANA: One.\nNote: hers.\nNote: hers too.\nHonestly: hers.\nBO: Two.\nPS: his.\nTime: his.\n"
        "https://example.org: his.\n10:30 his.\n10:30: his.\nANA: Three.\nBO: Four.\n"
    )
    assert [speaker for speaker, _ in talk(text)] == ["ANA", "BO", "ANA", "BO"]
    assert talk(text)[1][1] == (
        "Two.\nPS: his.\nTime: his.\nhttps://example.org: his.\n10:30 his.\n10:30: his."
    )


def test_question_and_answer() -> None:
    assert talk("Q: Why?\nA: Because.\nQ: When?\nA: Now.\n") == [
        ("Q", "Why?"),
        ("A", "Because."),
        ("Q", "When?"),
        ("A", "Now."),
    ]
    assert talk("Q: Why?\nA: Because.\n") == [("Q", "Why?"), ("A", "Because.")]


def test_lines_before_the_first_speaker_stay_paragraphs() -> None:
    text = "Interview 3\nDate: 4 May\n\nANA: One.\nBO: Two.\nANA: Three.\nBO: Four.\n"
    assert talk(text)[:3] == [("", "Interview 3"), ("", "Date: 4 May"), ("ANA", "One.")]


def test_names_on_lines_of_their_own_with_a_speaker_of_one_turn() -> None:
    text = "Ana\nOne.\n\nBo\nTwo.\nStill he.\n\nAna\nThree.\n\nLi Wei\nFour.\n"
    assert talk(text) == [
        ("Ana", "One."),
        ("Bo", "Two.\nStill he."),
        ("Ana", "Three."),
        ("Li Wei", "Four."),
    ]


def test_a_text_without_speakers_is_a_paragraph_a_line() -> None:
    assert talk("One: two.\n\nThree four.\n") == [("", "One: two."), ("", "Three four.")]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[NAME]", "[Ana] One.\n[Li Wei] Two.\n"),
        ("NAME:", "Ana: One.\nLi Wei: Two.\n"),
        ("NAME (TIME)", "Ana (0:02) One.\nLi Wei (1:00:09) Two.\n"),
        ("[TIME] NAME:", "[0:02] Ana: One.\n[1:00:09] Li Wei: Two.\n"),
        ("NAME -", "Ana - One.\nLi Wei - Two.\n"),
        ("<<NAME>>", "<<Ana>> One.\n<<Li Wei>> Two.\n"),
        ("NAME", "Ana\nOne.\nLi Wei\nTwo.\n"),
        (r"(?P<speaker>[A-Z]\w+(?: \w+)?) says,", "Ana says, One.\nLi Wei says, Two.\n"),
    ],
)
def test_labels_as_described(pattern: str, text: str) -> None:
    assert talk(text, label_pattern=pattern, format="text") == [("Ana", "One."), ("Li Wei", "Two.")]
    if "TIME" in pattern:
        assert [row[2] for row in said(text, label_pattern=pattern, format="text")] == [
            2000,
            3_609_000,
        ]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("TIME", "x.txt: the pattern for speakers has neither the word NAME nor a group"),
        ("NAME NAME", "x.txt: the pattern for speakers has NAME or TIME twice."),
        ("(?P<speaker>", "x.txt: the pattern for speakers is no regular expression"),
        ("(?P<speaker>a*)", "x.txt: the pattern for speakers matches everywhere"),
        ("NAME" + "x" * 400, "x.txt: the pattern for speakers is longer than 300 characters."),
    ],
)
def test_patterns_that_cannot_be_used(pattern: str, sentence: str) -> None:
    with pytest.raises(TranscriptProblem) as caught:
        read("Ana: One.\n", label_pattern=pattern)
    assert caught.value.code == "label_pattern"
    assert str(caught.value).startswith(sentence)


def test_a_pattern_that_takes_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "PATTERN_SECONDS", 0.2)
    with pytest.raises(TranscriptProblem) as caught:
        read("x\n" + "a" * 60 + "\n", label_pattern=r"(?P<speaker>(?:a|aa|a)+)+$:")
    assert "takes too long in line 2" in str(caught.value)


# --- encodings ----------------------------------------------------------------------------------

PLAIN = "ANA: Café — “ja”.\nBO: naïve\nANA: x\nBO: y\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (PLAIN.encode(), "utf-8"),
        (codecs.BOM_UTF8 + PLAIN.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "utf-16-be"),
        (PLAIN.encode("utf-16-le"), "utf-16-le"),
        (PLAIN.encode("utf-16-be"), "utf-16-be"),
        (PLAIN.encode("cp1252"), "windows-1252"),
        (PLAIN.replace("\n", "\r").encode(), "utf-8"),
        (PLAIN.replace("\n", "\r\n").encode("cp1252"), "windows-1252"),
    ],
)
def test_encodings_and_line_ends(data: bytes, encoding: str) -> None:
    transcript = read(data)
    assert transcript.encoding == encoding
    assert [(u.speaker, u.text) for u in transcript.utterances] == [
        ("ANA", "Café — “ja”."),
        ("BO", "naïve"),
        ("ANA", "x"),
        ("BO", "y"),
    ]


def test_a_letter_stays_the_code_points_it_was() -> None:
    assert talk("ANA: e\u0301 \u00e9\nBO: x\nANA: \u2126\nBO: y\n")[0] == ("ANA", "e\u0301 \u00e9")


# --- names that come once, and marks in other shapes --------------------------------------------


def test_a_name_beside_a_time_need_not_come_twice() -> None:
    assert said("[0:02] Dana: One.\n[1:00:09] Li Wei: Two.\n") == [
        ("Dana", "One.", 2000, None),
        ("Li Wei", "Two.", HOUR + 9000, None),
    ]
    assert talk("¤<5>Dana: One.\n¤<900>Li Wei: Two.\n") == [("Dana", "One."), ("Li Wei", "Two.")]
    # Without times nothing says that these are names.
    assert talk("Dana: One.\nLi Wei: Two.\n") == [("", "Dana: One."), ("", "Li Wei: Two.")]


def test_times_without_brackets() -> None:
    assert said("00:00:02 Dana: One.\n01:00:09 Li Wei: Two.\nat 10:30: we met\n") == [
        ("Dana", "One.", 2000, None),
        ("Li Wei", "Two.\nat 10:30: we met", HOUR + 9000, None),
    ]
    assert said("0:02 Dana: One.\n0:09 Li Wei: Two.\n")[1] == ("Li Wei", "Two.", 9000, None)


def test_otter_with_a_single_space() -> None:
    text = "Dana Ruiz 0:02\nSee you at 10:30\n\nLi Wei 1:00:09\nTwo.\n"
    assert read(text).format == "otter"
    assert said(text) == [
        ("Dana Ruiz", "See you at 10:30", 2000, None),
        ("Li Wei", "Two.", HOUR + 9000, None),
    ]


def test_zoom_captions_with_the_words_in_the_line() -> None:
    assert said("[Dana Ruiz] 09:00:02 One.\n[Li Wei] 09:00:09\nTwo.\n") == [
        ("Dana Ruiz", "One.", 32_402_000, None),
        ("Li Wei", "Two.", 32_409_000, None),
    ]


def test_whisperx_speakers_in_captions_and_text() -> None:
    lines = [
        "[SPEAKER_00]: One.",
        "[SPEAKER_01]: Two.",
        "[SPEAKER_00]: Three.",
        "[SPEAKER_01]: [x]: 4",
    ]
    expected = [
        ("SPEAKER_00", "One."),
        ("SPEAKER_01", "Two."),
        ("SPEAKER_00", "Three."),
        ("SPEAKER_01", "[x]: 4"),
    ]
    assert talk("\n".join(lines)) == expected
    cues = "".join(
        f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{line}\n\n"
        for n, line in enumerate(lines, 1)
    )
    assert talk(cues, "x.srt") == expected


def test_a_list_that_ends_in_times_keeps_its_lines() -> None:
    text = "Welcome  09:00\nLunch  12:30\nReports  14:00\nEverybody gives one.\n"
    assert [words for _, words in talk(text)] == text.splitlines()


def test_captions_of_a_meeting_with_names_of_devices() -> None:
    lines = ["Room 3 | North: One", "iPhone of Maya: two", "nobody named", "Room 3 | North: 4: 5"]
    text = "WEBVTT\n\n" + "".join(
        f"{n}\n00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n{line}\n\n"
        for n, line in enumerate(lines, 1)
    )
    assert talk(text) == [
        ("Room 3 | North", "One"),
        ("iPhone of Maya", "two nobody named"),
        ("Room 3 | North", "4: 5"),
    ]
    assert "1 caption without a name given to the speaker named before." in read(text).notes


def test_times_on_lines_of_their_own() -> None:
    assert said("[00:00:02]\nDANA: One.\n\n[00:00:09]\nMAYA: Two.\n") == [
        ("DANA", "One.", 2000, None),
        ("MAYA", "Two.", 9000, None),
    ]


def test_question_and_answer_with_points() -> None:
    assert talk("Q. Why?\nA. Because.\nA. is no answer here\nQ. When?\n")[:2] == [
        ("Q", "Why?"),
        ("A", "Because.\nis no answer here"),
    ]


def test_labels_taken_and_not_taken_are_told() -> None:
    notes = read("ANA: a\nNote: b\nLater that day: c\nANA: d\nBO: e\n").notes
    assert notes[:2] == (
        "Not taken for speakers: “Note”, “Later that day” (at the start of 2 lines).",
        "Taken for speakers, though they stand only once: “BO” (written like the other labels).",
    )
