"""Single cells: borders, undefined measures, shares that are refused, the empty states."""

from __future__ import annotations

import re

import pytest

from cases.core.counting import (
    INTERVIEWER,
    NOBODY,
    OBSERVER,
    PARTICIPANT,
    TEXT,
    UNITS,
    Codings,
    Column,
    Counts,
    Row,
    Rule,
    SourceText,
    StudyText,
    cell_state,
    column_share,
    count,
    drill_down,
    layer_in_words,
    row_share,
    segments,
    value,
)

CODE, CHILD, OTHER = 1, 2, 3
ANA, BEN = 11, 12


def source(source_id: int, *turns: tuple[int, int], length: int = 20, words: int = 4) -> SourceText:
    """Turns are (role, participant), each of equal length; words have 4 characters and a space."""
    size = length // max(1, len(turns))
    starts = [i * size for i in range(len(turns))]
    return SourceText(
        source_id,
        "interview",
        length,
        starts,
        [start + size for start in starts],
        [role for role, _ in turns],
        [person for _, person in turns],
        [(5 * i, 5 * i + 4) for i in range(words)],
    )


def coding(source_id: int, start: int, end: int, code: int = CODE, coder: int = 1) -> tuple:
    return (source_id, code, coder, start, end)


def counted(
    sources: list[SourceText],
    codings: list[tuple],
    rows: list[tuple[int, ...]],
    columns: list[set[int]] | None = None,
    rule: Rule | None = None,
    finished: tuple[int, ...] = (),
) -> Counts:
    return count(
        StudyText.build(sources),
        Codings.from_rows((n, *row) for n, row in enumerate(codings)),
        [Row(n, ids) for n, ids in enumerate(rows)],
        [Column(n, frozenset(codes)) for n, codes in enumerate(columns or [{CODE}])],
        rule,
        finished,
    )


class TestBorders:
    def test_a_word_cut_by_touching_segments_counts_once(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 7), coding(1, 7, 12)], [(1,)])
        assert counts.segments[0, 0] == 2
        assert counts.words[0, 0] == 3

    def test_the_earlier_segment_owns_the_cut_word(self) -> None:
        text = StudyText.build([source(1)])
        codings = Codings.from_rows([(8, 1, CODE, 1, 0, 7), (9, 1, CODE, 1, 7, 12)])
        behind = drill_down(text, codings, [1], [CODE], unit="words")
        assert [entry.amount for entry in behind] == [2, 1]

    def test_three_touching_segments_inside_one_word(self) -> None:
        long_word = SourceText(1, "interview", 9, words=[(0, 9)])
        parts = [coding(1, 0, 3), coding(1, 3, 6), coding(1, 6, 9)]
        counts = counted([long_word], parts, [(1,)])
        assert (counts.segments[0, 0], counts.words[0, 0]) == (3, 1)

    def test_the_end_of_one_source_does_not_touch_the_start_of_the_next(self) -> None:
        everybody = [coding(s, 0, 20, coder=c) for s in (1, 2) for c in (1, 2)]
        sources = [source(1), source(2)]
        for rule in (Rule(), Rule("consensus")):
            counts = counted(sources, everybody, [(1, 2)], rule=rule)
            assert (counts.segments[0, 0], counts.documents[0, 0]) == (2, 2)

    def test_a_coded_speaker_label_is_no_turn_and_no_word(self) -> None:
        labelled = SourceText(
            1, "interview", 12, [5], [12], [PARTICIPANT], [ANA], [(5, 8), (9, 12)]
        )
        counts = counted([labelled], [coding(1, 0, 5)], [(1,)])
        assert counts.chars[0, 0] == 5
        assert (counts.turns[0, 0], counts.words[0, 0], counts.participants[0, 0]) == (0, 0, 0)


class TestPeople:
    def test_a_person_in_two_sources_is_one_person(self) -> None:
        sources = [source(1, (PARTICIPANT, ANA)), source(2, (PARTICIPANT, ANA))]
        counts = counted(sources, [coding(1, 0, 3), coding(2, 0, 3)], [(1, 2), (1,), (2,)])
        assert counts.participants[:, 0].tolist() == [1, 1, 1]
        assert counts.den_participants.tolist() == [1, 1, 1]

    def test_roles_count_as_documented(self) -> None:
        turns = [
            (PARTICIPANT, ANA),
            (INTERVIEWER, NOBODY),
            (OBSERVER, NOBODY),
            (PARTICIPANT, NOBODY),
            (TEXT, NOBODY),
        ]
        counts = counted([source(1, *turns, length=25, words=5)], [coding(1, 0, 25)], [(1,)])
        assert (counts.turns[0, 0], counts.den_turns[0]) == (3, 3)
        assert (counts.participants[0, 0], counts.den_participants[0]) == (1, 1)
        assert (counts.words[0, 0], counts.den_words[0]) == (5, 5)
        assert counts.den_participant_words[0] == 4

    def test_an_interviewer_linked_to_a_participant_is_still_none(self) -> None:
        counts = counted([source(1, (INTERVIEWER, ANA))], [coding(1, 0, 9)], [(1,)])
        assert (counts.turns[0, 0], counts.participants[0, 0]) == (0, 0)

    def test_a_turn_without_a_character_is_not_counted(self) -> None:
        silent = SourceText(
            1, "interview", 9, [0, 4, 4], [4, 4, 9], [PARTICIPANT] * 3, [ANA, BEN, ANA]
        )
        counts = counted([silent], [coding(1, 0, 9)], [(1,)])
        assert (counts.turns[0, 0], counts.den_turns[0]) == (2, 2)
        assert (counts.participants[0, 0], counts.den_participants[0]) == (1, 1)

    def test_a_silent_interviewer_inside_a_word_takes_no_word_away(self) -> None:
        silent = SourceText(1, "interview", 9, [4], [4], [INTERVIEWER], [NOBODY], [(0, 9)])
        counts = counted([silent], [], [(1,)])
        assert counts.den_participant_words.tolist() == [1]


class TestRows:
    def test_a_source_in_two_rows_counts_in_both(self) -> None:
        sources = [source(1, (PARTICIPANT, ANA)), source(2, (PARTICIPANT, BEN))]
        counts = counted(sources, [coding(1, 0, 3)], [(1, 2), (1,), (2,)])
        assert counts.segments[:, 0].tolist() == [1, 1, 0]
        assert counts.den_participants.tolist() == [2, 1, 1]
        assert counts.den_words.tolist() == [8, 4, 4]

    def test_a_source_listed_twice_counts_once(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 3)], [(1, 1)])
        assert (counts.segments[0, 0], counts.den_documents[0]) == (1, 1)

    def test_nothing_at_all(self) -> None:
        counts = counted([], [], [], [])
        assert counts.segments.shape == (0, 1)
        empty = counted([], [coding(5, 0, 3)], [(5,), ()], [{CODE}, {OTHER}])
        for name in ("codings", "segments", "documents", "participants", "turns", "words"):
            assert getattr(empty, name).tolist() == [[0, 0], [0, 0]]
        assert empty.den_documents.tolist() == [0, 0]
        assert segments(StudyText.build([]), Codings.from_rows([]), [], []) == []

    def test_no_rows_or_no_columns(self) -> None:
        text, codings = StudyText.build([source(1)]), Codings.from_rows([(1, 1, CODE, 1, 0, 3)])
        for rule in (Rule(), Rule("consensus"), Rule("coder_mean")):
            assert count(text, codings, [], [Column(1, frozenset([CODE]))], rule).words.shape == (
                0,
                1,
            )
            assert count(text, codings, [Row(1, (1,))], [], rule).words.shape == (1, 0)

    def test_a_row_between_full_ones_may_be_empty(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 3)], [(), (1,), (99,), (1,), ()])
        assert counts.segments[:, 0].tolist() == [0, 1, 0, 1, 0]


class TestRules:
    def test_mean_is_over_those_who_coded_the_document_with_any_code(self) -> None:
        codings = [
            coding(1, 0, 4, coder=1),
            coding(1, 5, 9, coder=1),
            coding(1, 10, 14, coder=1),
            coding(1, 0, 9, coder=2),
            coding(1, 0, 9, code=OTHER, coder=3),
            coding(2, 0, 3, coder=1),
        ]
        counts = counted([source(1), source(2)], codings, [(1, 2)], rule=Rule("coder_mean"))
        assert counts.segments[0, 0] == pytest.approx((3 + 1 + 0) / 3 + 1, rel=1e-12)
        only = Rule("coder_mean", coders=frozenset([1, 2]))
        counts = counted([source(1), source(2)], codings, [(1, 2)], rule=only)
        assert counts.segments[0, 0] == (3 + 1) / 2 + 1

    def test_consensus_on_a_parent_needs_no_agreement_on_the_child(self) -> None:
        codings = [coding(1, 0, 9, CODE, coder=1), coding(1, 4, 12, CHILD, coder=2)]
        counts = counted(
            [source(1)], codings, [(1,)], [{CODE, CHILD}, {CODE}], rule=Rule("consensus")
        )
        assert counts.segments.tolist() == [[1, 0]]
        assert counts.chars.tolist() == [[5, 0]]
        assert counts.codings.tolist() == [[2, 1]]

    def test_consensus_lists_every_coding_that_overlaps(self) -> None:
        text = StudyText.build([source(1)])
        codings = Codings.from_rows(
            [(5, 1, CODE, 1, 0, 20), (6, 1, CODE, 2, 2, 4), (7, 1, CODE, 2, 9, 12)]
        )
        found = segments(text, codings, [1], [CODE], Rule("consensus"))
        assert [(s.start, s.end, s.coding_ids) for s in found] == [(2, 4, (5, 6)), (9, 12, (5, 7))]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"layer": "majority"}, "There is no counting layer 'majority'."),
            ({"layer": "consensus", "k": 1}, "Consensus needs at least 2 coders, not 1."),
        ],
    )
    def test_unknown_rules_are_refused(self, arguments: dict, message: str) -> None:
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Rule(**arguments)

    def test_the_rule_in_words(self) -> None:
        assert "of all coders are merged" in layer_in_words(Rule())
        assert "of 1 chosen coder are" in layer_in_words(Rule(coders=frozenset([4])))
        assert "at least 3 of 5 chosen coders" in layer_in_words(
            Rule("consensus", 3, frozenset(range(5)))
        )
        assert "mean of each coder's own number" in layer_in_words(Rule("coder_mean"))


class TestBadInput:
    def test_a_coding_beyond_its_source_is_named(self) -> None:
        with pytest.raises(
            ValueError, match=r"Coding 1 runs from 15 to 21, but source 1 has 20 characters\."
        ):
            counted([source(1), source(2)], [coding(1, 0, 3), coding(1, 15, 21)], [(1,)])

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"words": [(0, 4), (3, 6)]}, "Source 7: word 1 at 3–6 is out of order"),
            ({"words": [(0, 0)]}, "Source 7: word 0 at 0–0"),
            ({"words": [(18, 22)]}, "ends after the text of 20 characters"),
            ({"words": [(1, 2, 3)]}, "Source 7: words must be pairs"),
            ({"turn_starts": [0]}, "Source 7: the lists of turns differ in length"),
            (
                {
                    "turn_starts": [0],
                    "turn_ends": [4],
                    "turn_roles": [9],
                    "turn_participants": [1],
                },
                "Source 7: turn 0 has the unknown role 9",
            ),
        ],
    )
    def test_a_source_with_wrong_parts_is_named(self, changes: dict, message: str) -> None:
        with pytest.raises(ValueError, match=re.escape(message)):
            StudyText.build([SourceText(7, "interview", 20, **changes)])

    def test_a_source_listed_twice(self) -> None:
        with pytest.raises(ValueError, match="listed twice"):
            StudyText.build([source(1), source(1)])

    def test_codings_of_unequal_length(self) -> None:
        with pytest.raises(ValueError, match="equal length"):
            Codings([1], [1], [1], [1], [0], [3, 4])  # type: ignore[arg-type]

    def test_an_unknown_unit(self) -> None:
        counts = counted([source(1)], [], [(1,)])
        with pytest.raises(ValueError, match="no counting unit 'pages'; the units are segments, "):
            value(counts, "pages", 0, 0)


class TestMeasures:
    def test_every_unit_of_one_cell(self) -> None:
        turns = [(INTERVIEWER, NOBODY), (PARTICIPANT, ANA), (PARTICIPANT, BEN), (OBSERVER, NOBODY)]
        sources = [source(1, *turns), source(2, (PARTICIPANT, ANA))]
        codings = [coding(1, 5, 9), coding(1, 5, 12, coder=2), coding(1, 16, 20)]
        counts = counted(sources, codings, [(1, 2)])
        expected = {
            "segments": (2, 2, 2),
            "codings": (3, 3, 2),
            "documents": (1, 1, 2),
            "participants": (2, 2, 2),
            "turns": (3, 3, 4),
            "words": (3, 3, 8),
            "chars": (11, 11, 40),
            "documents_pct": (50, 1, 2),
            "words_pct": (37.5, 3, 8),
            "turns_pct": (75, 3, 4),
            "coverage_pct": (27.5, 11, 40),
            "per_1000_words": (250, 2, 8),
            "per_1000_participant_words": (pytest.approx(2000 / 7, rel=1e-12), 2, 7),
            "per_100_turns": (75, 3, 4),
        }
        assert set(expected) == set(UNITS)
        for unit, numbers in expected.items():
            measure = value(counts, unit, 0, 0)
            assert (measure.value, measure.numerator, measure.denominator) == numbers, unit
            assert (measure.unit, measure.reason) == (unit, "")

    def test_python_numbers_come_out(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 3)], [(1,)])
        assert type(value(counts, "segments", 0, 0).value) is int
        assert type(value(counts, "words_pct", 0, 0).value) is float

    @pytest.mark.parametrize(
        ("unit", "reason"),
        [
            ("participants", "No turn in these documents is linked to a participant."),
            ("turns", "There are no participants' or observers' turns in these documents."),
            ("turns_pct", "There are no participants' or observers' turns in these documents."),
            ("per_100_turns", "There are no participants' or observers' turns in these documents."),
            (
                "words_pct",
                "There are no words in these documents, so nothing can be related to them.",
            ),
            (
                "per_1000_words",
                "There are no words in these documents, so nothing can be related to them.",
            ),
            (
                "per_1000_participant_words",
                "There are no words outside the interviewers' turns in these documents.",
            ),
        ],
    )
    def test_undefined_is_none_with_a_reason(self, unit: str, reason: str) -> None:
        counts = counted([source(1, (TEXT, NOBODY), words=0)], [coding(1, 0, 3)], [(1,)])
        measure = value(counts, unit, 0, 0)
        assert (measure.value, measure.denominator, measure.reason) == (None, 0, reason)

    def test_nothing_is_defined_without_documents(self) -> None:
        counts = counted([source(1)], [], [()])
        for unit in UNITS:
            assert value(counts, unit, 0, 0).value is None
            assert value(counts, unit, 0, 0).reason

    def test_every_unit_is_described(self) -> None:
        for key, unit in UNITS.items():
            assert key == unit.key
            assert all((unit.label, unit.short, unit.rule, unit.denominator, unit.undefined))
            assert unit.rule.endswith(".")


class TestShares:
    def counts(self) -> Counts:
        codings = [coding(1, 0, 3), coding(1, 5, 8, CHILD), coding(1, 10, 12), coding(2, 0, 3)]
        return counted(
            [source(1), source(2), source(3)],
            codings,
            [(1,), (2,), (3,)],
            [{CODE, CHILD}, {CODE}, {CHILD}, {OTHER}],
        )

    def test_column_shares_change_with_what_is_shown(self) -> None:
        counts = self.counts()
        share = column_share(counts, 0, 1, [1, 2])
        assert share.value == pytest.approx(200 / 3, rel=1e-12)
        assert (share.numerator, share.denominator) == (2, 3)
        assert column_share(counts, 0, 1, [1, 3]).value == 100

    def test_a_code_and_its_parent_have_no_common_total(self) -> None:
        share = column_share(self.counts(), 0, 1)
        assert share.value is None
        assert share.reason.startswith("A share needs columns without common codes")

    def test_a_total_of_nought_has_no_shares(self) -> None:
        share = column_share(self.counts(), 2, 1, [1, 2])
        assert (share.value, share.reason) == (
            None,
            "The total of the row is 0, so it has no shares.",
        )

    def test_the_column_must_be_shown(self) -> None:
        with pytest.raises(ValueError, match="Column 0 is not among the columns shown"):
            column_share(self.counts(), 0, 0, [1, 2])

    def test_row_shares_of_counts_need_confirmation(self) -> None:
        counts = self.counts()
        refused = row_share(counts, 0, 1)
        assert refused.value is None
        assert refused.reason.startswith("Shares between rows mislead")
        assert row_share(counts, 0, 1, confirm=True).value == pytest.approx(200 / 3, rel=1e-12)

    def test_row_shares_of_rates_do_not(self) -> None:
        share = row_share(self.counts(), 1, 1, unit="per_1000_words")
        assert share.value == pytest.approx(100 / 3, rel=1e-12)

    def test_rows_without_a_value_are_left_out(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 3)], [(1,), ()])
        assert row_share(counts, 0, 0, unit="per_1000_words").value == 100
        missing = row_share(counts, 1, 0, unit="per_1000_words")
        assert (missing.value, missing.reason) == (None, UNITS["per_1000_words"].undefined)


class TestStates:
    def state(self, counts: Counts, row: int, unit: str = "segments", withheld: int = 0) -> tuple:
        found = cell_state(counts, row, 0, unit, withheld)
        return found.state, found.reason

    def test_the_six_states(self) -> None:
        sources = [source(1, (PARTICIPANT, ANA)), source(2, (TEXT, NOBODY)), source(3), source(4)]
        codings = [coding(1, 0, 3), coding(2, 0, 3), coding(4, 0, 3, code=OTHER)]
        counts = counted(sources, codings, [(1,), (2,), (3,), (3, 4), ()])
        assert self.state(counts, 0) == ("number", "")
        assert self.state(counts, 1, "participants") == (
            "not_applicable",
            "No turn in these documents is linked to a participant.",
        )
        assert self.state(counts, 2) == (
            "not_coded",
            "1 document is here, but not coded yet by the chosen coders.",
        )
        assert self.state(counts, 3) == (
            "none",
            "Looked for in 1 of 2 documents; none found.",
        )
        assert self.state(counts, 4) == ("not_collected", "There are no documents here.")
        assert self.state(counts, 4, withheld=2) == (
            "withheld",
            "2 documents are withheld; nothing is left that may be counted.",
        )

    def test_finished_without_a_coding_is_a_true_none(self) -> None:
        counts = counted([source(1)], [], [(1,)], finished=(1, 99))
        assert counts.documents_coded.tolist() == [1]
        assert self.state(counts, 0) == ("none", "Looked for in 1 of 1 documents; none found.")

    def test_only_the_chosen_coders_have_looked(self) -> None:
        rule = Rule(coders=frozenset([2]))
        counts = counted([source(1)], [coding(1, 0, 3, coder=1)], [(1,)], rule=rule)
        assert self.state(counts, 0)[0] == "not_coded"

    def test_not_coded_comes_before_not_applicable(self) -> None:
        counts = counted([source(1, (TEXT, NOBODY))], [], [(1,)])
        assert self.state(counts, 0, "participants")[0] == "not_coded"

    def test_what_is_withheld_beside_a_number_is_said(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 3)], [(1,)])
        assert self.state(counts, 0, withheld=1) == (
            "number",
            "1 document is withheld and not counted.",
        )

    def test_the_measure_comes_along(self) -> None:
        counts = counted([source(1)], [coding(1, 0, 3)], [(1,)])
        assert cell_state(counts, 0, 0, "per_1000_words").measure.value == 250
