"""Correcting a text: what is kept, where codings stand afterwards, undo, restoring, deciding."""

import uuid
from hashlib import sha256

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding import queries, search
from coding.core.search_text import parse_query
from coding.core.text import word_spans
from coding.models import (
    Coding,
    Note,
    PlacementReview,
    Source,
    SourceText,
    SourceVersion,
    Turn,
)
from coding.services import changes, notes
from coding.services.codings import StateConflict, add_codings, redo, remove_coding, undo
from coding.services.versions import (
    confirm_placement,
    move_placement,
    plan_correction,
    plan_restore,
    remove_placement,
    replace_text,
    restore_version,
)
from projects.models import Event
from tests import factories
from tests.factories import TEXT

pytestmark = pytest.mark.django_db


@pytest.fixture
def s(cast, world):
    """Shortcuts: the source as it is now, passages by their words, a correction by Liam."""

    class Shortcuts:
        source = world.source

        def now(self):
            return Source.objects.get(pk=world.source.pk)

        def text(self):
            return SourceText.objects.get(source=world.source).text

        def code(self, words, code=None, who="cora"):
            text = self.text()
            start = text.index(words)
            outcome = add_codings(
                access=cast.access(who),
                source=world.source,
                start=start,
                end=start + len(words),
                quote=words,
                codes=[code or world.intranet],
            )
            return outcome.added[0]

        def correct(self, *pairs, **fields):
            text = self.text()
            for old, new in pairs:
                assert text.count(old) == 1, old
                text = text.replace(old, new)
            return replace_text(
                access=cast.access("liam"),
                source=world.source,
                text=text,
                expected_version=self.now().version,
                because="edited",
                **fields,
            )

        def quote(self, coding):
            row = Coding.objects.get(pk=coding.pk)
            return None if row.removed_at else self.text()[row.start : row.end]

        def waiting(self):
            return list(PlacementReview.objects.filter(state="open"))

    return Shortcuts()


def test_the_old_text_is_kept_and_the_new_one_counted(s, cast, world):
    coding = s.code("every lesson")
    before = s.now()
    done = s.correct(("We put", "We always put"), comment="  Heard again.  ")
    source, text = s.now(), TEXT.replace("We put", "We always put")
    assert (done.version, source.version) == (2, 2)
    assert s.text() == text
    assert source.length == len(text)
    assert source.text_sha256 == sha256(text.encode()).hexdigest()
    assert (source.words, source.participant_words) == (
        before.words + 1,
        before.participant_words + 1,
    )
    # Words of the labels are none.
    spans = np.frombuffer(SourceText.objects.get(source=source).word_spans, dtype="<i4")
    labels = [(t.start, t.body_start) for t in Turn.objects.filter(source=source)]
    assert spans.reshape(-1, 2).tolist() == word_spans(text, labels).tolist()
    version = SourceVersion.objects.get()
    assert (version.number, version.text, version.text_sha256) == (1, TEXT, before.text_sha256)
    assert version.codings == [[coding.pk, coding.start, coding.end]]
    assert version.turns[1][:5] == [37, 41, 114, "P1", "participant"]
    assert (version.comment, version.replaced_because) == ("Heard again.", "edited")
    assert version.replaced_by.label == "Liam"
    assert s.quote(coding) == "every lesson"
    assert done.counts == {
        "unchanged": 0,
        "moved": 1,
        "inside": 0,
        "uncertain": 0,
        "lost": 0,
        "to_review": 0,
        "made_one": 0,
    }


def test_history_has_numbers_and_no_words(s):
    s.code("every lesson")
    s.correct(("We put", "We deposited"))
    event = Event.objects.get(verb="source.corrected")
    assert event.before == {"version": 1, "characters": len(TEXT), "words": 27}
    assert event.after["version"] == 2
    assert event.after["edits"] == [[44, 47, 9]]
    assert "deposited" not in repr((event.before, event.after, event.label))


def test_each_fate_is_counted_before_and_after(s, cast, world):
    s.code("How do coaches")
    s.code("We built it together")
    s.code("every lesson on the intranet", world.solving)
    s.code("naïve or not")
    s.code("And problems?")
    text = TEXT.replace("lesson", "Lesson").replace("naïve", "naive").replace("And problems?", "")
    plan = plan_correction(cast.access("olive"), s.now(), text)
    expected = {"unchanged": 1, "moved": 0, "inside": 1, "uncertain": 1, "lost": 1}
    assert plan.counts == expected | {"unchanged": 2}
    assert SourceVersion.objects.count() == 0
    done = s.correct(("lesson", "Lesson"), ("naïve", "naive"), ("And problems?", ""))
    assert done.counts == plan.counts | {"to_review": 2, "made_one": 0}


def test_turns_follow_speakers_and_what_was_known_of_them(s, cast, world):
    Turn.objects.filter(source=s.source, ordinal=2).update(time_start=1_000, time_end=2_000)
    Turn.objects.filter(source=s.source, ordinal=4).update(withdrawn=True, time_start=3_000)
    s.correct(("not. We", "not.\nINT: Who?\nP1: We"), ("INT: And", "INT: So, and"))
    rows = Turn.objects.filter(source=s.source).order_by("ordinal")
    assert [(t.ordinal, t.speaker, t.role) for t in rows] == [
        (1, "INT", "interviewer"),
        (2, "P1", "participant"),
        (3, "INT", "interviewer"),
        (4, "P1", "participant"),
        (5, "INT", "interviewer"),
        (6, "P1", "participant"),
    ]
    person = world.participant.pk
    assert [t.participant_id for t in rows] == [None, person, None, person, None, person]
    assert [t.time_start for t in rows] == [None, 1_000, None, None, None, 3_000]
    assert [t.withdrawn for t in rows] == [False, False, False, False, False, True]
    text = s.text()
    assert text[rows[3].body_start : rows[3].end] == "We built it together."


def test_a_label_put_right_changes_who_speaks(s, cast, world):
    other = factories.participant(cast.alder, "P2")
    s.correct(("P1: We solve", "P2: We solve"))
    turn = Turn.objects.get(source=s.source, ordinal=4)
    assert (turn.speaker, turn.participant_id) == ("P2", other.pk)


def test_a_label_put_right_once_to_a_new_name_is_a_speaker(s):
    """Somebody nobody knew yet: their words must not become the interviewer's."""
    words = s.now().participant_words
    s.correct(("P1: We put", "Rosa: We put"))
    rows = list(Turn.objects.filter(source=s.source).order_by("ordinal"))
    assert [(t.speaker, t.role) for t in rows] == [
        ("INT", "interviewer"),
        ("Rosa", "participant"),
        ("INT", "interviewer"),
        ("P1", "participant"),
    ]
    assert [t.participant_id is None for t in rows] == [True, True, True, False]
    assert s.now().participant_words == words
    # And it is read so again when something else is corrected.
    s.correct(("lesson", "single lesson"))
    assert Turn.objects.get(source=s.source, ordinal=2).speaker == "Rosa"


def test_a_label_that_became_prose_is_none(s):
    s.correct(("P1: We put", "Note: We put"))
    assert [t.speaker for t in Turn.objects.filter(source=s.source).order_by("ordinal")] == [
        "INT",
        "INT",
        "P1",
    ]


def test_turns_that_came_with_the_file_go_with_their_words(s):
    """Turns that nobody could read off the text: two in what looks like one line."""
    middle = TEXT.index("We built")
    second = Turn.objects.get(source=s.source, ordinal=2)
    Turn.objects.filter(source=s.source, ordinal__gt=2).delete()
    Turn.objects.create(
        source=s.source, ordinal=3, start=middle, body_start=middle, end=second.end, role="text"
    )
    Turn.objects.filter(pk=second.pk).update(end=middle - 1)
    s.correct(("lesson", "single lesson"))
    rows = list(Turn.objects.filter(source=s.source).order_by("ordinal"))
    text = s.text()
    assert [text[t.start : t.end][:12] for t in rows] == [
        "INT: How do ",
        "P1: We put e",
        "We built it ",
    ]
    assert rows[1].speaker == "P1"


def test_search_finds_the_new_words_and_not_the_old(s, cast):
    def found(words):
        return search.find(Turn.objects.filter(source=s.source), parse_query(words)).count()

    assert (found("intranet"), found("platform")) == (1, 0)
    s.correct(("intranet", "platform"))
    assert (found("intranet"), found("platform")) == (0, 1)


def test_an_uncertain_passage_stands_at_the_guess_and_waits(s):
    coding = s.code("naïve or not")
    s.correct(("naïve", "naive"))
    assert s.quote(coding) == "naive or not"
    (review,) = s.waiting()
    assert (review.coding_id, review.old_start, review.old_end) == (
        coding.pk,
        coding.start,
        coding.end,
    )
    assert review.version.number == 1


def test_a_lost_passage_is_removed_softly_and_waits(s):
    coding = s.code("naïve or not")
    s.correct((" 🙂 naïve or not. We built it together.", "."))
    assert s.quote(coding) is None
    assert [r.coding_id for r in s.waiting()] == [coding.pk]


def test_a_second_correction_adds_no_second_question(s):
    coding = s.code("naïve or not")
    s.correct(("naïve", "naive"))
    s.correct(("naive", "simple"))
    assert [r.version.number for r in s.waiting()] == [1]
    assert s.quote(coding) == "simple or not"


def test_two_codings_that_become_equal_are_made_one_with_both_memos(s, cast, world):
    first = s.code("solve them")
    second = s.code("solve them together")
    for coding, text in ((first, "first"), (second, "second")):
        notes.add_note(access=cast.access("cora"), coding=coding, text=text)
    done = s.correct((" them together", " them"))
    assert done.counts["made_one"] == 1
    assert s.quote(first) == "solve them"
    assert s.quote(second) is None
    assert sorted(Note.objects.filter(coding=first).values_list("text", flat=True)) == [
        "first",
        "second",
    ]
    assert [r.coding_id for r in s.waiting()] == []
    assert Event.objects.get(verb="source.corrected").after["codings_made_one"] == 1


def test_neighbours_of_one_coder_pass_through_each_others_places(s, world):
    """Every coding moves to where the next one stood: no moment may have two in one place."""
    text = s.text()
    first = text.index("together on")
    made = [
        Coding.objects.create(
            source=s.source,
            code=world.intranet,
            coder=world.project.memberships.get(label="Cora"),
            start=first + n,
            end=first + n + 1,
        )
        for n in range(8)
    ]
    s.correct(("How do", "xHow do"))
    rows = {c.pk: (c.start, c.end) for c in Coding.objects.all()}
    assert [rows[c.pk] for c in made] == [(first + n + 1, first + n + 2) for n in range(8)]
    assert Coding.objects.present().count() == 8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT, "same as before"),
        ("   \n", "holds nothing but white space"),
        ("a\x00b", "control character"),
    ],
)
def test_texts_that_are_refused(s, cast, text, words):
    with pytest.raises(ValidationError, match=words):
        replace_text(
            access=cast.access("liam"),
            source=s.source,
            text=text,
            expected_version=1,
            because="edited",
        )
    assert s.now().version == 1


def test_line_ends_of_a_browser_are_none_of_the_corrections(s, cast):
    with pytest.raises(ValidationError, match="same as before"):
        plan_correction(cast.access("liam"), s.now(), TEXT.replace("\n", "\r\n"))


def test_the_text_of_another_source_is_refused_by_its_name(s, cast):
    factories.source(cast.alder, "int2", "Something else.")
    with pytest.raises(ValidationError, match="“Interview int2” has exactly this text"):
        plan_correction(cast.access("liam"), s.now(), "Something else.")


def test_somebody_was_quicker(s, cast):
    s.correct(("We put", "We always put"))
    with pytest.raises(StateConflict, match="is at version 2, and your correction was made to"):
        replace_text(
            access=cast.access("olive"),
            source=s.source,
            text="x",
            expected_version=1,
            because="edited",
        )


def test_sent_twice_it_acts_once(s):
    batch = "5d3f0a52-0d2a-4a0e-8a6c-3ff0c1c6bb10"
    first = s.correct(("We put", "We always put"), batch=batch)
    again = s.correct(("intranet", "platform"), batch=batch)
    assert first == again
    assert s.now().version == 2
    assert "intranet" in s.text()


def queries_of(call):
    with CaptureQueriesContext(connection) as caught:
        call()
    return len(caught)


@pytest.mark.parametrize("many", [2, 60])
def test_a_constant_number_of_statements_however_many_codings(s, cast, world, many):
    me = cast.access("cora").membership
    for n in range(many):
        factories.coding(s.source, world.intranet, me, 5 + n, 30 + n)
        factories.coding(s.source, world.solving, me, 60 + n, 90 + n)
    # Three of them ask whether a round holds the text, or keeps places in it.
    assert queries_of(lambda: s.correct(("How do", "So how do"), ("naïve", "naive"))) == 31


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_leads_correct(s, cast, who):
    with pytest.raises(PermissionDenied):
        replace_text(
            access=cast.access(who),
            source=s.source,
            text="x",
            expected_version=1,
            because="edited",
        )


# --- undo ----------------------------------------------------------------------------------------


def test_undo_and_redo_after_a_correction_act_in_the_new_text(s, cast):
    coding = s.code("every lesson")
    remove_coding(access=cast.access("cora"), coding=coding)
    s.correct(("How do", "So how do"))
    access = cast.access("cora")
    undo(access=access, source=s.now())
    assert s.quote(coding) == "every lesson"
    undo(access=access, source=s.now())
    assert s.quote(coding) is None
    redo(access=access, source=s.now())
    assert s.quote(coding) == "every lesson"
    # And once more over a second correction.
    s.correct(("So how do", "How did"))
    undo(access=access, source=s.now())
    assert s.quote(coding) is None
    redo(access=access, source=s.now())
    assert s.quote(coding) == "every lesson"


def test_undo_brings_nothing_back_where_the_text_was_corrected(s, cast):
    coding = s.code("naïve or not")
    remove_coding(access=cast.access("cora"), coding=coding)
    s.correct(("naïve or not", "so"))
    outcome = undo(access=cast.access("cora"), source=s.now())
    assert s.quote(coding) is None
    assert "because the transcript was corrected there" in outcome.message


# --- restoring -----------------------------------------------------------------------------------


def test_restoring_brings_back_text_turns_and_every_passage(s, cast, world):
    codings = [s.code(words) for words in ("naïve or not", "And problems?", "every lesson")]
    before = [(t.start, t.body_start, t.end, t.speaker, t.participant_id) for t in _turns(s)]
    s.correct((" naïve or not.", "."), ("INT: And problems?\n", ""), ("lesson", "lessons"))
    assert len(s.waiting()) == 3
    done = restore_version(
        access=cast.access("olive"), source=s.now(), number=1, expected_version=2
    )
    assert done.version == 3
    assert s.text() == TEXT
    assert [s.quote(c) for c in codings] == ["naïve or not", "And problems?", "every lesson"]
    assert [
        (t.start, t.body_start, t.end, t.speaker, t.participant_id) for t in _turns(s)
    ] == before
    assert s.waiting() == []
    assert [v.replaced_because for v in SourceVersion.objects.all()] == ["edited", "restored"]


def test_restoring_leaves_what_a_person_has_placed_since(s, cast):
    coding = s.code("naïve or not")
    s.correct(("naïve or not", "so"))
    (review,) = s.waiting()
    start = s.text().index("every lesson")
    move_placement(
        access=cast.access("cora"), review=review, start=start, end=start + 12, quote="every lesson"
    )
    restore_version(access=cast.access("olive"), source=s.now(), number=1, expected_version=2)
    assert s.quote(coding) == "every lesson"


def test_a_version_with_real_names_is_not_restored(s, cast):
    replace_text(
        access=cast.access("liam"),
        source=s.source,
        text=TEXT.replace("P1", "Ada"),
        expected_version=1,
        because="pseudonymised",
    )
    with pytest.raises(ValidationError, match="holds names"):
        restore_version(access=cast.access("olive"), source=s.now(), number=1, expected_version=2)


def test_a_version_with_words_that_were_refused_is_not_restored(s, cast, world):
    other = world.project.participants.create(key="P2", pseudonym="Bo")
    s.correct((TEXT, TEXT + "P2: Never tell this.\n"))
    assert s.now().turns.filter(speaker="P2").update(participant=other) == 1
    s.correct(("P2: Never tell this.\n", ""), ("every lesson", "each lesson"))
    restored = {"access": cast.access("olive"), "number": 2, "expected_version": 3}
    assert plan_restore(cast.access("olive"), s.now(), 2).new.endswith("Never tell this.\n")
    other.consent_use = False
    other.save()
    with pytest.raises(PermissionDenied, match="refused"):
        plan_restore(cast.access("olive"), s.now(), 2)
    with pytest.raises(PermissionDenied, match="refused"):
        restore_version(source=s.now(), **restored)
    assert ("Never tell" in s.text(), s.now().version) == (False, 3)
    # Another version is restored as before.
    assert restore_version(source=s.now(), **restored | {"number": 1}).version == 4


def test_a_version_that_there_is_not_is_not_restored(s, cast):
    for number in (1, 2, 0, -1, 10**30):
        with pytest.raises(Http404):
            plan_restore(cast.access("olive"), s.now(), number)


def _turns(s):
    return Turn.objects.filter(source=s.source).order_by("ordinal")


# --- deciding ------------------------------------------------------------------------------------


def test_confirming_moving_and_removing(s, cast):
    codings = [s.code(words) for words in ("naïve or not", "And problems?", "on Friday")]
    s.correct(("naïve", "naive"), ("And problems?", ""), ("Friday", "Fridays"))
    by_coding = {r.coding_id: r for r in s.waiting()}
    access = cast.access("cora")
    confirm_placement(access=access, review=by_coding[codings[0].pk])
    with pytest.raises(ValidationError, match="Nothing of this passage is left"):
        confirm_placement(access=access, review=by_coding[codings[1].pk])
    start = s.text().index("solve")
    move_placement(
        access=access, review=by_coding[codings[1].pk], start=start, end=start + 5, quote="solve"
    )
    remove_placement(access=access, review=by_coding[codings[2].pk])
    assert [s.quote(c) for c in codings] == ["naive or not", "solve", None]
    assert s.waiting() == []
    assert [e.verb for e in Event.objects.filter(object_type="placement").order_by("id")] == [
        "placement.confirmed",
        "placement.moved",
        "placement.removed",
    ]
    with pytest.raises(StateConflict, match="Cora has decided this already"):
        remove_placement(access=cast.access("liam"), review=by_coding[codings[0].pk])


def test_moving_refuses_wrong_words_and_a_passage_coded_alike(s, cast):
    coding = s.code("naïve or not")
    other = s.code("every lesson")
    s.correct(("naïve", "naive"))
    (review,) = s.waiting()
    with pytest.raises(StateConflict, match="reads"):
        move_placement(access=cast.access("cora"), review=review, start=0, end=3, quote="xyz")
    with pytest.raises(StateConflict, match="already coded exactly this passage"):
        move_placement(
            access=cast.access("cora"),
            review=review,
            start=Coding.objects.get(pk=other.pk).start,
            end=Coding.objects.get(pk=other.pk).end,
            quote="every lesson",
        )
    assert s.quote(coding) == "naive or not"


def test_another_coder_does_not_decide(s, cast):
    s.code("naïve or not")
    s.correct(("naïve", "naive"))
    (review,) = s.waiting()
    with pytest.raises(PermissionDenied, match="only Cora or a lead"):
        confirm_placement(access=cast.access("cody"), review=review)
    with pytest.raises(PermissionDenied):
        confirm_placement(access=cast.access("vera"), review=review)


def test_who_removes_the_coding_in_the_reader_has_decided(s, cast):
    coding = s.code("naïve or not")
    s.correct(("naïve", "naive"))
    remove_coding(access=cast.access("cora"), coding=coding)
    assert s.waiting() == []
    assert PlacementReview.objects.get().state == "removed"


# --- the open page -------------------------------------------------------------------------------


def test_the_open_page_learns_that_the_text_has_a_new_version(s, cast):
    access = cast.access("cora")
    news = changes.since(access, s.now(), 0)
    assert news.as_json()["version"] == 1
    s.correct(("naïve", "naive"))
    later = changes.since(access, s.now(), news.event)
    assert later.as_json()["version"] == 2
    assert later.tag([]) != news.tag([])


def test_the_open_page_learns_where_a_passage_was_placed(s, cast):
    coding = s.code("naïve or not")
    s.correct(("naïve", "naive"))
    before = changes.since(cast.access("cody"), s.now(), 0).event
    (review,) = s.waiting()
    start = s.text().index("every lesson")
    move_placement(
        access=cast.access("cora"), review=review, start=start, end=start + 12, quote="every lesson"
    )
    news = changes.since(cast.access("cody"), s.now(), max(before, _last_event() - 1))
    assert news.as_json()["added"] == [
        [coding.pk, start, start + 12, coding.code_id, coding.coder_id]
    ]


def _last_event():
    return Event.objects.order_by("-pk").values_list("pk", flat=True)[0]


def test_coding_on_a_page_with_the_old_text_is_refused_with_the_reason(s, cast, world):
    start = TEXT.index("naïve or not")
    s.correct(("naïve", "so naive"))
    with pytest.raises(StateConflict, match="The transcript has been corrected") as refused:
        add_codings(
            access=cast.access("cora"),
            source=s.source,
            start=start,
            end=start + 12,
            quote="naïve or not",
            codes=[world.intranet],
        )
    assert refused.value.code == "text_corrected"


# --- properties ----------------------------------------------------------------------------------

LINES = "INT: How so? 😀\nP1: We e\u0301very day שלום 我们 and so on, you know.\nP1: Yes.\n"
snippets = st.sampled_from(["", "x", " well,", "\nP1: new ", "👩‍👩‍👧", "e\u0301", ".", " "])


@pytest.mark.parametrize("many", [3])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_after_any_corrections_nothing_is_lost_and_undo_touches_only_its_own(many, cast, data):
    number = uuid.uuid4().hex
    source = factories.source(cast.alder, f"any{number}", LINES + f"P1: number {number}\n")
    codes = [factories.code(cast.alder, f"c{number}-{n}") for n in range(2)]
    access, lead = cast.access("cora"), cast.access("liam")
    spans = st.tuples(st.integers(0, len(LINES)), st.integers(0, len(LINES)))
    for a, b in data.draw(st.lists(spans, min_size=1, max_size=5)):
        start, end = min(a, b), max(a, b) + 1
        quote = queries.text(source)[start:end]
        add_codings(
            access=access, source=source, start=start, end=end, quote=quote, codes=codes[:1]
        )
    for coding in list(Coding.objects.filter(source=source))[::2]:
        remove_coding(access=access, coding=coding)
    ids = set(Coding.objects.filter(source=source).values_list("pk", flat=True))
    for _ in range(many):
        old, version = queries.text(source), Source.objects.get(pk=source.pk).version
        at = data.draw(st.integers(0, len(old)))
        until = data.draw(st.integers(at, min(at + 12, len(old))))
        new = old[:at] + data.draw(snippets) + old[until:]
        if new == old or not new.strip():
            continue
        before = {
            c.pk: old[c.start : c.end] for c in Coding.objects.present().filter(source=source)
        }
        replace_text(
            access=lead, source=source, text=new, expected_version=version, because="edited"
        )
        rows = Coding.objects.filter(source=source)
        assert {c.pk for c in rows} == ids
        assert all(0 <= c.start < c.end <= len(new) for c in rows)
        places = [(c.code_id, c.coder_id, c.start, c.end) for c in rows if c.removed_at is None]
        assert len(places) == len(set(places))
        waiting = set(
            PlacementReview.objects.filter(source=source, state="open").values_list(
                "coding", flat=True
            )
        )
        for c in rows:
            if c.pk in before and c.removed_at is not None:
                # Lost, and somebody is asked; or made one with its twin.
                assert c.pk in waiting or (c.code_id, c.coder_id, c.start, c.end) in places
    present = {c.pk: (c.start, c.end) for c in Coding.objects.present().filter(source=source)}
    fresh = Source.objects.get(pk=source.pk)
    try:
        undo(access=access, source=fresh)
        redo(access=access, source=fresh)
    except StateConflict:
        return
    again = {c.pk: (c.start, c.end) for c in Coding.objects.present().filter(source=source)}
    assert {pk: again[pk] for pk in again if pk in present} == {
        pk: present[pk] for pk in again if pk in present
    }
    for c in Coding.objects.filter(source=source):
        assert 0 <= c.start < c.end <= fresh.length


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_correcting_and_restoring_is_as_if_nothing_had_been(cast, data):
    number = uuid.uuid4().hex
    source = factories.source(cast.alder, f"back{number}", LINES + f"P1: number {number}\n")
    code = factories.code(cast.alder, f"r{number}")
    access, lead = cast.access("cora"), cast.access("liam")
    spans = st.tuples(st.integers(0, len(LINES)), st.integers(0, len(LINES)))
    old = queries.text(source)
    for a, b in data.draw(st.lists(spans, min_size=1, max_size=5)):
        start, end = min(a, b), max(a, b) + 1
        add_codings(
            access=access, source=source, start=start, end=end, quote=old[start:end], codes=[code]
        )
    before = list(Coding.objects.present().filter(source=source).values_list("pk", "start", "end"))
    at = data.draw(st.integers(0, len(old)))
    until = data.draw(st.integers(at, len(old)))
    new = old[:at] + data.draw(snippets) + old[until:]
    if new == old or not new.strip():
        return
    done = replace_text(access=lead, source=source, text=new, expected_version=1, because="edited")
    restore_version(access=lead, source=source, number=1, expected_version=2)
    assert queries.text(source) == old
    after = list(Coding.objects.present().filter(source=source).values_list("pk", "start", "end"))
    if not done.counts["made_one"]:
        assert after == before
        assert not PlacementReview.objects.filter(source=source, state="open").exists()
