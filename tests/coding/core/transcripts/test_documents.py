"""Word, OpenDocument, RTF and PDF: made here, synthetic."""

from coding.core.transcripts import Choices, Transcript, Utterance, read_transcript
from tests.coding.core.transcripts import files


def talk(transcript: Transcript) -> list[tuple[str, str]]:
    return [(item.speaker, item.text) for item in transcript.utterances]


def test_word_bold_labels_and_breaks() -> None:
    data = files.docx(
        files.paragraph("A title"),
        files.paragraph(("Ana:", True), " One.\nStill one."),
        files.paragraph(("Li Wei", True), ": Two."),
        files.paragraph("More: two."),
        files.paragraph(("Bo", True), (": ", True), "Three."),
        files.paragraph(("Important", True), " words are bold too."),
    )
    transcript = read_transcript(data, "x.docx")
    assert transcript.format == "docx"
    assert talk(transcript) == [
        ("", "A title"),
        ("Ana", "One.\nStill one."),
        ("Li Wei", "Two.\nMore: two."),
        ("Bo", "Three.\nImportant words are bold too."),
    ]


def test_word_bold_names_on_lines_of_their_own() -> None:
    data = files.docx(
        *(
            block
            for name, words in (("Ana", "One."), ("Bo", "Two."), ("Ana", "Three."), ("Cy", "Four."))
            for block in (files.paragraph((name, True)), files.paragraph(words))
        )
    )
    assert talk(read_transcript(data, "x.docx")) == [
        ("Ana", "One."),
        ("Bo", "Two."),
        ("Ana", "Three."),
        ("Cy", "Four."),
    ]


def test_word_tracked_changes_are_accepted_and_the_rest_is_told() -> None:
    data = files.docx(
        "<w:p><w:r><w:t>ANA: One</w:t></w:r><w:del><w:r><w:delText> not</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t> and two</w:t></w:r></w:ins><w:r><w:footnoteReference/></w:r>"
        "<w:r><w:commentReference/></w:r></w:p>",
        '<w:p><w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t>BO: Three</w:t></w:r></w:p>',
        files.paragraph(" and four."),
        "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>aside</w:t></w:r></w:p></w:txbxContent>"
        "</w:pict></w:r><w:r><w:drawing/></w:r></w:p>",
        files.paragraph("ANA: Five.\tSix."),
        files.paragraph("BO: Seven."),
        parts={
            "word/header1.xml": f'<w:hdr xmlns:w="{files.WORD}"><w:p><w:r><w:t>H</w:t></w:r></w:p>'
            "</w:hdr>",
            "word/footer1.xml": f'<w:ftr xmlns:w="{files.WORD}"><w:p/></w:ftr>',
        },
    )
    transcript = read_transcript(data, "x.docx")
    assert talk(transcript) == [
        ("ANA", "One and two"),
        ("BO", "Three and four."),
        ("ANA", "Five.\tSix."),
        ("BO", "Seven."),
    ]
    assert set(transcript.notes) >= {
        "1 footnote or endnote left out.",
        "1 comment left out.",
        "1 text box left out.",
        "1 picture or object left out.",
        "1 page header or footer left out.",
        "Tracked changes were taken as accepted: 1 deletion left out, 1 insertion kept.",
    }


def test_word_loses_nothing_in_content_controls_links_and_breaks() -> None:
    data = files.docx(
        "<w:sdt><w:sdtContent>" + files.paragraph("ANA: One.") + "</w:sdtContent></w:sdt>",
        "<w:p><w:hyperlink><w:r><w:t>BO: Two</w:t></w:r></w:hyperlink><w:sdt><w:sdtContent><w:r>"
        '<w:t xml:space="preserve"> </w:t><w:t>more</w:t><w:br w:type="page"/><w:t>on</w:t>'
        "<w:noBreakHyphen/><w:t>top</w:t></w:r></w:sdtContent></w:sdt></w:p>",
        files.paragraph("ANA: Three."),
        files.paragraph("BO: Four."),
    )
    assert talk(read_transcript(data, "x.docx")) == [
        ("ANA", "One."),
        ("BO", "Two more\non-top"),
        ("ANA", "Three."),
        ("BO", "Four."),
    ]


def test_word_a_deleted_end_of_a_paragraph_keeps_the_order() -> None:
    deleted = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
    data = files.docx(
        f"<w:p>{deleted}<w:r><w:t>ANA: One,</w:t></w:r></w:p>",
        f"<w:sdt><w:sdtContent>{files.paragraph(' two.')}</w:sdtContent></w:sdt>",
        files.paragraph("BO: Three."),
        f"<w:p>{deleted}<w:r><w:t>ANA: Four.</w:t></w:r></w:p>",
        files.table([["a", "b"]]),
        f"<w:p>{deleted}<w:r><w:t>BO: Five.</w:t></w:r></w:p>",
    )
    assert talk(read_transcript(data, "x.docx")) == [
        ("ANA", "One, two."),
        ("BO", "Three."),
        ("ANA", "Four.\na\tb"),
        ("BO", "Five."),
    ]


def test_word_strict_with_a_main_part_elsewhere_and_relations_to_nowhere() -> None:
    def strict(xml: str) -> str:
        return xml.replace(files.WORD, "http://purl.oclc.org/ooxml/wordprocessingml/main")

    spoken = files.paragraph("Once") + files.paragraph(("ANA", True), ": One.")
    bold = '<w:r><w:rPr><w:rStyle w:val="S"/></w:rPr><w:t>BO:</w:t></w:r>'
    body = f"<w:body>{spoken}<w:p>{bold}<w:r><w:t> Two.</w:t></w:r></w:p></w:body>"
    style = '<w:style w:type="character" w:styleId="S"><w:rPr><w:b/></w:rPr></w:style>'
    data = files.pack(
        {
            "[Content_Types].xml": "<Types>wordprocessingml.document.main</Types>",
            "_rels/.rels": '<Relationships xmlns="urn:r"><Relationship Type="x" Target="NULL"/>'
            '<Relationship Type="a/officeDocument" Target="/w/main.xml"/></Relationships>',
            "w/main.xml": strict(f'<w:document xmlns:w="{files.WORD}">{body}</w:document>'),
            "w/styles.xml": strict(f'<w:styles xmlns:w="{files.WORD}">{style}</w:styles>'),
        }
    )
    assert talk(read_transcript(data, "x.docx")) == [("", "Once"), ("ANA", "One."), ("BO", "Two.")]


def test_teams_in_word_with_time_ranges() -> None:
    data = files.docx(
        files.paragraph("0:0:5.100 --> 0:0:8.250\nLi, Wei\nHello: all."),
        files.paragraph("0:0:8.250 --> 1:0:9.5\nSol, Ana\nHi.\nThere."),
        files.paragraph("1:0:9.5 --> 1:0:10.0\nSol, Ana\nBye."),
    )
    transcript = read_transcript(data, "x.docx")
    assert transcript.format == "teams_docx"
    assert list(transcript.utterances) == [
        Utterance("Li, Wei", "Hello: all.", 5100, 8250),
        Utterance("Sol, Ana", "Hi.\nThere.\nBye.", 8250, 3_610_000),
    ]


def test_teams_in_word_without_names() -> None:
    data = files.docx(
        files.paragraph("0:0:0.0 --> 0:0:3.1\nShall we start.\nMore"),
        files.paragraph("0:0:3.1 --> 0:0:5.1\nYes"),
    )
    assert list(read_transcript(data, "x.docx").utterances) == [
        Utterance("", "Shall we start.\nMore", 0, 3100),
        Utterance("", "Yes", 3100, 5100),
    ]


def test_teams_in_word_with_name_and_time_in_a_paragraph_of_their_own() -> None:
    data = files.docx(
        files.paragraph("Weekly"),
        files.paragraph("5 May 2026"),
        files.paragraph(("Wei Li", True), " started transcription"),
        files.paragraph("\n", ("Wei Li", True), "   59:58"),
        files.paragraph("Hello."),
        files.paragraph(("Ana Sol", True), "   1:00:03\nNote: hers."),
    )
    assert list(read_transcript(data, "x.docx").utterances) == [
        Utterance("", "5 May 2026"),
        Utterance("Wei Li", "Hello.", 3_598_000),
        Utterance("Ana Sol", "Note: hers.", 3_603_000),
    ]


def test_tables_in_any_order_of_columns_and_without_header() -> None:
    headed = files.docx(
        files.paragraph("Interview 4"),
        files.table(
            [
                ["Speaker", "Timespan", "Content", "Code"],
                ["Ana", "0:02.1 - 1:00:08.4", "One.\nTwo.", "x"],
                ["Bo", "1:00:09", "Three.", ""],
            ]
        ),
    )
    transcript = read_transcript(headed, "x.docx")
    assert transcript.format == "nvivo"
    assert list(transcript.utterances) == [
        Utterance("", "Interview 4"),
        Utterance("Ana", "One.\nTwo.", 2100, 3_608_400),
        Utterance("Bo", "Three.", 3_609_000),
    ]
    assert "1 cell in other columns of the table left out." in transcript.notes
    bare = files.docx(
        files.table(
            [["Ana:", "1"], ["Bo:", "Two, which is longer."], ["Ana:", "Three."], ["Bo:", "4"]]
        )
    )
    assert talk(read_transcript(bare, "x.docx")) == [
        ("Ana", "1"),
        ("Bo", "Two, which is longer."),
        ("Ana", "Three."),
        ("Bo", "4"),
    ]


def test_other_layouts_inside_word() -> None:
    data = files.docx(
        files.paragraph("I: Eins. #00:00:05-9#"),
        files.paragraph("B1: Zwei. #00:00:15-6#"),
    )
    transcript = read_transcript(data, "x.docx")
    assert transcript.format == "f4"
    assert list(transcript.utterances) == [
        Utterance("I", "Eins.", 0, 5900),
        Utterance("B1", "Zwei.", 5900, 15_600),
    ]


def test_odt() -> None:
    data = files.odt(
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes>"
        '<text:p><text:span text:style-name="T1">Ana: </text:span>One<text:s text:c="2"/>and'
        "<text:line-break/>two.<text:note><text:note-body><text:p>n</text:p></text:note-body>"
        "</text:note></text:p>"
        "<text:list><text:list-item><text:p>Still<text:tab/>hers.</text:p></text:list-item></text:list>"
        '<text:p><text:span text:style-name="T1">Bo:</text:span> Three.\n   Four.</text:p>',
        '<style:style style:name="T1"><style:text-properties fo:font-weight="bold"/></style:style>',
    )
    transcript = read_transcript(data, "x.odt")
    assert transcript.format == "odt"
    assert talk(transcript) == [
        ("Ana", "One  and\ntwo.\nStill\thers."),
        ("Bo", "Three. Four."),
    ]
    assert transcript.notes[:2] == (
        "1 footnote or endnote left out.",
        "Tracked changes were taken as accepted: 1 deletion left out.",
    )


def test_odt_as_programs_write_it() -> None:
    data = files.odt(
        "\n <text:sequence-decls>\n <text:sequence-decl/>\n </text:sequence-decls>\n"
        ' <text:section>\n <text:h text:outline-level="1">A title</text:h>\n </text:section>\n'
        ' <text:p text:style-name="P1">ANA:\n  <text:span>One &amp; <text:a>two</text:a>'
        '</text:span> <text:change-start text:change-id="c1"/>new<text:change-end '
        'text:change-id="c1"/></text:p>'
        "\n <table:table>\n <table:table-row>\n <table:table-cell>\n <text:p>a</text:p>"
        "<text:p>b</text:p>\n </table:table-cell>\n <table:table-cell/>\n</table:table-row>"
        "</table:table>\n <text:p>BO: Two.</text:p>\n <text:p>ANA: Three.</text:p>"
        "<text:p>BO: Four.<office:annotation><text:p>x</text:p></office:annotation></text:p>\n",
        '\n <style:style style:name="P1" style:family="paragraph">\n <style:text-properties '
        'fo:font-weight="bold"/>\n </style:style>\n',
    )
    transcript = read_transcript(data, "x.odt")
    assert talk(transcript) == [
        ("", "A title"),
        ("ANA", "One & two new\na\nb"),
        ("BO", "Two."),
        ("ANA", "Three."),
        ("BO", "Four."),
    ]
    assert transcript.notes[0] == "1 comment left out."


RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil Arial;}{\f1\fcharset204 Cyr;}}"
    rb"{\*\generator f4;}{\header not said}\pard\f0 {\b I:} Caf\'e9 \u8212\'97 na\u239?ve "
    rb"\u-10179?\u-8704? #00:00:05-9#\par" + b"\r\n" + rb"{\b B1:} {\f1\'c4\'e0.}\line zwei"
    rb"{\footnote f} \{x\} {\deleted gone}#00:01:15-6#\par I: Wie?\~ja #01:00:18-0#\par}"
)


def test_rtf_of_f4() -> None:
    transcript = read_transcript(RTF, "x.rtf")
    assert transcript.format == "f4"
    assert list(transcript.utterances) == [
        Utterance("I", "Café — naïve \U0001f600", 0, 5900),
        Utterance("B1", "Да.\nzwei {x}", 5900, 75_600),
        Utterance("I", "Wie?\u00a0ja", 75_600, 3_618_000),
    ]
    assert transcript.notes[:3] == (
        "1 footnote left out.",
        "1 page header or footer left out.",
        "Tracked deletions were taken as accepted and left out.",
    )


def test_rtf_says_what_was_said_and_nothing_of_links_lists_and_indexes() -> None:
    data = (
        rb"{\rtf1\ansi{\fonttbl{\f0 A;}{\f1\fcharset161 G;}{\f2\fcharset78 M;}}{\b Ana}\par "
        rb"Caf\'e9 {\field{\*\fldinst{HYPERLINK \"http://e.org\"}}{\fldrslt here}}{\xe left}.\par "
        rb"{\b Bo}\par {\f1\'c1} {\f2 \'e9}\u65601?{\pict\bin4 }}{ 00}\page on\par {\b Ana}\par x}"
    )
    transcript = read_transcript(data, "x.rtf")
    assert talk(transcript) == [("Ana", "Café here."), ("Bo", "Α éA\non"), ("Ana", "x")]
    assert transcript.notes[0] == "1 picture or object left out."


def test_rtf_table() -> None:
    rows = rb"".join(
        rb"\trowd\cellx1\cellx2\pard\intbl " + name + rb"\cell " + words + rb"\cell\row "
        for name, words in (
            (b"Speaker", b"Content"),
            (b"Ana", b"One.\\par Two."),
            (b"Bo", b"Three."),
        )
    )
    assert talk(read_transcript(rb"{\rtf1 " + rows + rb"\pard\par}", "x.rtf")) == [
        ("Ana", "One.\nTwo."),
        ("Bo", "Three."),
    ]


WRAPPED = [
    "ANA: Thanks for making the time today. Can you tell us whom you usu-",
    "ally ask when you are stuck with the new units, and what that is like",
    "for somebody who is new here? Note: take your time with it, there is",
    "plenty.",
    "BO: Mostly the others, and the well-known binder by the long-term co-",
    "ach. It is a well-",
    "known thing, and one that I would not like to miss in the long winter",
    "months.",
    "ANA: How often?",
    "BO: Weekly.",
]


def test_pdf_with_margin_numbers_headers_and_words_divided() -> None:
    lines = [f"{line}" for _ in range(3) for line in WRAPPED]
    data = files.pages_of(lines, 8, "Interview 3 – confidential", "Page {page} of 4", numbers=True)
    transcript = read_transcript(data, "x.pdf")
    first = (
        "ANA",
        "Thanks for making the time today. Can you tell us whom you usually ask when you are stuck "
        "with the new units, and what that is like for somebody who is new here? Note: take your "
        "time with it, there is plenty.",
    )
    second = (
        "BO",
        "Mostly the others, and the well-known binder by the long-term coach. It is a well-known "
        "thing, and one that I would not like to miss in the long winter months.",
    )
    assert transcript.format == "pdf"
    assert talk(transcript) == [first, second, ("ANA", "How often?"), ("BO", "Weekly.")] * 3
    assert transcript.notes[:2] == (
        "8 lines of page headers and footers left out: “Interview 3 – confidential”, "
        "“Page 1 of 4”, “Page 2 of 4”, “Page 3 of 4”.",
        "30 line numbers in the margin left out.",
    )


def test_pdf_numbers_that_were_said_stay() -> None:
    data = files.pages_of(["ANA: How many?", "12", "BO: 12 of them.", "ANA: 7", "BO: so"], 9)
    assert talk(read_transcript(data, "x.pdf")) == [
        ("ANA", "How many?\n12"),
        ("BO", "12 of them."),
        ("ANA", "7"),
        ("BO", "so"),
    ]


def test_pdf_of_two_pages_that_begin_with_the_same_words() -> None:
    data = files.pages_of(["ANA: Yes.", "BO: One.", "ANA: Yes.", "BO: Two."], 2)
    assert talk(read_transcript(data, "x.pdf")) == [
        ("ANA", "Yes."),
        ("BO", "One."),
        ("ANA", "Yes."),
        ("BO", "Two."),
    ]


def test_a_chosen_format_is_kept_to() -> None:
    data = files.docx(files.paragraph("I: Eins. #00:00:05-9#"), files.paragraph("I: Zwei."))
    transcript = read_transcript(data, "x.docx", Choices(format="docx", merge=False))
    assert talk(transcript) == [("I", "Eins. #00:00:05-9#"), ("I", "Zwei.")]
