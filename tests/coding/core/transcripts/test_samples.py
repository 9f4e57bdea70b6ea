"""Every sample as it reads to the eye: who said what, and when."""

from datetime import date
from pathlib import Path

import pytest

from coding.core.transcripts import Transcript, Utterance, compose, read_transcript, recognise

SAMPLES = Path(__file__).parent / "samples"
THANKS = "Thanks for making time, Maya."
LONG = (
    "Thanks for making time, Maya. Can you tell me who you usually go to when you're stuck on the "
    "new math units?"
)


def read(name: str) -> Transcript:
    return read_transcript((SAMPLES / name).read_bytes(), Path(name).name)


EXPECTED: dict[str, tuple[str, list[Utterance]]] = {
    "f4.txt": (
        "f4",
        [
            Utterance("I", "Danke, dass Sie Zeit haben, Maya.", 0, 5900),
            Utterance(
                "B1",
                "Meistens Terrence. (lacht) Und ehrlich: zuerst das Laufwerk. (..)",
                5900,
                15600,
            ),
            Utterance("I", "Wie oft?", 15600, 18000),
            Utterance("B1", "Ein- oder zweimal die Woche. //I: Mhm.//", 18000, 24800),
        ],
    ),
    "google_meet.txt": (
        "google_meet",
        [
            Utterance("Dana Ruiz", THANKS, 0),
            Utterance("Maya O'Neill", "Mostly Terrence. And honestly: the shared drive first."),
            Utterance("Dana Ruiz", "How often?", 300_000),
            Utterance("Maya O'Neill", "Once or twice a week."),
        ],
    ),
    "inqscribe.txt": (
        "inqscribe",
        [
            # Frame 28 exists only from 29.97 frames a second on.
            Utterance("DANA", THANKS, 2433, 5933),
            Utterance("MAYA", "Mostly Terrence.", 9133),
            Utterance("DANA", "How often?", 16_200),
        ],
    ),
    "interview.cha": (
        "chat",
        [
            Utterance("Dana", "thanks for making time Maya .", 0, 5940),
            Utterance(
                "Maya", "mostly Terrence &=laughs and the shared drive first .", 9120, 15_660
            ),
            Utterance("Dana", "how often ?", 16_200, 18_030),
        ],
    ),
    "interview_bold_labels.docx": (
        "docx",
        [
            Utterance("Interviewer", "Thanks for making time."),
            Utterance("Maya", "Mostly Terrence.\nA second paragraph of the same turn."),
        ],
    ),
    "nvivo_table.docx": (
        "nvivo",
        [
            Utterance("Dana", "Thanks for making time.", 2100, 8400),
            Utterance("Maya", "Mostly Terrence.", 9100, 15_600),
        ],
    ),
    "otter.srt": (
        "srt",
        [
            Utterance("Dana Ruiz", THANKS, 2130, 5940),
            Utterance("Maya O'Neill", "Mostly Terrence.", 9120, 15_660),
        ],
    ),
    "otter.txt": (
        "otter",
        [
            Utterance("Dana Ruiz", LONG, 2000),
            Utterance(
                "Maya O'Neill", "Mostly Terrence. And honestly: the shared drive first.", 9000
            ),
            Utterance("Unknown Speaker", "Sorry, wrong room.", 3_736_000),
        ],
    ),
    "plain_bom_crlf.txt": (
        "text",
        [
            Utterance("I", "Thanks"),
            Utterance("B", "Mostly Terrence \U0001f600 here"),
            Utterance("I", "Ok"),
        ],
    ),
    "plain_cp1252.txt": (
        "text",
        [Utterance("I", "Café — “quoted” text"), Utterance("B", "naïve")],
    ),
    "plain_inline.txt": (
        "text",
        [
            Utterance("INTERVIEWER", "Thanks for making time."),
            Utterance("MAYA", "Mostly Terrence.\nA second line of the same turn."),
            Utterance("INTERVIEWER", "How often?"),
            Utterance("MAYA", "Weekly."),
        ],
    ),
    "plain_ownline.txt": (
        "text",
        [
            Utterance("Interviewer", "Thanks for making time."),
            Utterance("Maya", "Mostly Terrence."),
            Utterance("Interviewer", "How often?"),
            Utterance("Maya", "Weekly."),
        ],
    ),
    "teams.vtt": (
        "vtt",
        [
            Utterance("Ruiz, Dana", LONG, 2130, 8400),
            Utterance(
                "O'Neill, Maya", "Mostly Terrence. R&D <sort of> sits with him.", 9120, 15_660
            ),
        ],
    ),
    "teams_new.docx": (
        "teams_docx",
        [
            Utterance("Ruiz, Dana", THANKS, 2000),
            Utterance(
                "O'Neill, Maya", "Mostly Terrence. And honestly: the shared drive first.", 9000
            ),
        ],
    ),
    "teams_no_speaker.vtt": (
        "vtt",
        [
            Utterance("", "Right, shall we start with the pacing guide?", 0, 2800),
            Utterance("", "Note: the portal crashed on me twice, so bear with it.", 3100, 8400),
        ],
    ),
    "transana.txt": (
        "transana",
        [
            Utterance("DANA", THANKS, 0),
            Utterance("MAYA", "Mostly Terrence. [Honestly] the shared drive first.", 9120),
            Utterance("DANA", "How often?", 16_200),
        ],
    ),
    "trint.txt": (
        "text",
        [
            # Not known to end the name anywhere: it stays in the words.
            Utterance("", "Dana Ruiz Thanks for making time, Maya.", 2000, 5000),
            Utterance("", "Maya O'Neill Mostly Terrence.", 9000, 15_000),
        ],
    ),
    **{
        name: (
            key,
            [
                Utterance("", THANKS, 0, 5940),
                Utterance("", "Mostly Terrence.", 9120, 15_660),
            ],
        )
        for name, key in (
            ("whisper.json", "whisper_json"),
            ("whisper.srt", "srt"),
            ("whisper.tsv", "whisper_tsv"),
            ("whisper.vtt", "vtt"),
        )
    },
    "whisper_cpp.json": ("whisper_cpp_json", [Utterance("", THANKS, 0, 5940)]),
    "zoom_closed_caption.txt": (
        "zoom_captions",
        [
            Utterance("Dana Ruiz", THANKS, (9 * 3600 + 2) * 1000),
            Utterance("Maya O'Neill", "Mostly Terrence.", (9 * 3600 + 9) * 1000),
        ],
    ),
    "zoom_cloud.vtt": (
        "vtt",
        [
            Utterance("Dana Ruiz", LONG, 2130, 8400),
            Utterance(
                "Maya O'Neill",
                "Mostly Terrence. And honestly: the shared drive first. Note: we all post there.",
                9120,
                15_660,
            ),
            Utterance("Dana Ruiz", "How often?", 16_200, 18_030),
            Utterance(
                "Maya O'Neill",
                "Once or twice a week — more around benchmark time. \U0001f600",
                18_540,
                24_870,
            ),
            Utterance("José Núñez (he/him)", "Same for me.", 25_000, 26_000),
        ],
    ),
    "webvtt-py/captions_with_bom.vtt": (
        "vtt",
        [
            Utterance("", "Caption text #1", 500, 7000),
            Utterance("", "Caption text #2", 7000, 11_890),
            Utterance("", "Caption text #3", 11_890, 16_320),
            Utterance("", "Caption text #4", 16_320, 21_580),
        ],
    ),
    "webvtt-py/comments.vtt": (
        "vtt",
        [
            Utterance("", "- Ta en kopp varmt te.\n- Det är inte varmt.", 135_000, 140_000),
            Utterance("", "- Har en kopp te.\n- Det smakar som te.", 140_000, 145_000),
            Utterance("", "- Ta en kopp", 145_000, 150_000),
        ],
    ),
    "webvtt-py/cue_tags.vtt": (
        "vtt",
        [
            Utterance("", "When the moon hits your eye", 16_500, 18_500),
            Utterance("", "Like a big-a pizza pie", 18_500, 20_500),
            Utterance("", "That's amore", 20_500, 21_500),
        ],
    ),
    **{
        f"webvtt-py/metadata_headers{end}.vtt": (
            "vtt",
            [
                Utterance("", "Caption text #1", 500, 7000),
                Utterance("", "Caption text #2", 7000, 11_890),
            ],
        )
        for end in ("", "_multiline")
    },
    "webvtt-py/non_padded_timestamps.vtt": (
        "vtt",
        [
            Utterance("Jane Doe", "Good morning everyone.", 0, 3540),
            Utterance("John Smith", "Morning, let's get started.", 3540, 7230),
            Utterance("Jane Doe", "Thanks for joining.", 65_200, 3_727_950),
        ],
    ),
    **{
        f"webvtt-py/{name}.vtt": ("vtt", [Utterance("", "- Hello world.", 0, 10_000)])
        for name in ("styles", "styles_with_comments")
    },
    "webvtt-py/styles_colours.vtt": (
        "vtt",
        [
            Utterance("", "Musique douce", 7120, 9480),
            Utterance("", "---", 9720, 29_520),
            Utterance(
                "", "Some italic and normal coloured text. By the way, 2 < 3 !", 32_439, 35_320
            ),
            Utterance("", "---", 35_560, 145_240),
            Utterance("", "-Stéphane ? Où on se gare ?", 145_480, 147_440),
            Utterance("", "-Euh, là-bas, au chêne.", 147_680, 149_280),
        ],
    ),
}


def test_every_sample_but_one_has_its_expectation_here() -> None:
    files = {
        str(path.relative_to(SAMPLES))
        for path in SAMPLES.rglob("*")
        if path.suffix in {".txt", ".vtt", ".srt", ".json", ".tsv", ".cha", ".docx"}
    }
    assert files - EXPECTED.keys() == {"webvtt-py/sample.vtt"}


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str) -> None:
    key, utterances = EXPECTED[name]
    transcript = read(name)
    assert transcript.format == key
    assert list(transcript.utterances) == utterances
    assert recognise((SAMPLES / name).read_bytes(), "x.bin")[0].format == key


def test_a_file_of_sixteen_captions() -> None:
    utterances = read("webvtt-py/sample.vtt").utterances
    assert len(utterances) == 16
    assert utterances[-1] == Utterance("", "Caption text #16", 61_350, 64_300)


def test_what_the_samples_leave_out_is_told() -> None:
    assert read("google_meet.txt").notes == (
        "Left out: 2 time headings, 4 lines of the heading, 2 closing lines.",
        "A time heading is the start of the turn after it; the turns between have no time.",
    )
    assert read("interview.cha").notes == (
        "Speakers are called by their names: INV is Dana, MAY is Maya.",
        "8 header lines left out: @UTF8, @Begin, @Languages, @Participants, @ID, @Media, @End.",
        "1 dependent line left out: %com (1).",
    )
    assert read("teams_new.docx").notes == (
        "3 lines of title, date and length left out.",
        "2 lines like “Dana Ruiz started transcription” left out.",
    )
    assert "The line “Transcribed by https://otter.ai” was left out." in read("otter.txt").notes
    assert read("plain_bom_crlf.txt").notes[:2] == (
        "The byte order mark was removed.",
        "Line ends were changed to LF.",
    )


def test_titles_and_days_of_recording() -> None:
    meet, teams = read("google_meet.txt"), read("teams_new.docx")
    assert meet.title == "Coach interview 3 (2026-03-04 10:00 GMT-5) - Transcript"
    assert meet.recorded == teams.recorded == date(2026, 3, 4)
    assert teams.title == "Coach interview 3-20260304_100000-Meeting Recording"


def test_the_stored_text_of_a_sample() -> None:
    composed = compose(read("plain_inline.txt"))
    assert composed.text == (
        "INTERVIEWER: Thanks for making time.\n"
        "MAYA: Mostly Terrence.\nA second line of the same turn.\n"
        "INTERVIEWER: How often?\n"
        "MAYA: Weekly.\n"
    )
    assert [(turn.start, turn.body_start, turn.end) for turn in composed.turns] == [
        (0, 13, 36),
        (37, 43, 91),
        (92, 105, 115),
        (116, 122, 129),
    ]
