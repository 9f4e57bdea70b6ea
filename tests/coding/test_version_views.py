"""Pages of corrections: correct, preview, versions, compare, restore, decide."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from coding.models import Coding, PlacementReview, Source, SourceText, SourceVersion
from coding.services.versions import replace_text
from tests import factories
from tests.factories import TEXT

pytestmark = pytest.mark.django_db
NEW = TEXT.replace("naïve", "naive")


@pytest.fixture
def page(cast, world, client):
    """Calls of one source's pages by a person."""

    class Pages:
        source = world.source

        def address(self, name):
            return f"/projects/{cast.alder.pk}/sources/{world.source.pk}/{name}"

        def get(self, name, who="liam"):
            client.force_login(
                getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
            )
            return client.get(self.address(name))

        def post(self, name, who="liam", **data):
            client.force_login(
                getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
            )
            return client.post(self.address(name), data)

        def coding(self, words, who="cora"):
            start = TEXT.index(words)
            me = cast.access(who).membership
            return factories.coding(world.source, world.intranet, me, start, start + len(words))

        def correct(self, text=NEW, because="edited"):
            source = Source.objects.get(pk=world.source.pk)
            replace_text(
                access=cast.access("liam"),
                source=source,
                text=text,
                expected_version=source.version,
                because=because,
                comment="Heard again",
            )

    return Pages()


def text_of(page):
    return SourceText.objects.get(source=page.source).text


def test_edit_preview_and_apply(page):
    page.coding("naïve or not")
    answer = page.get("correct/")
    assert "naïve or not" in answer.content.decode()
    form = {"text": NEW.replace("\n", "\r\n"), "expected_version": 1}
    answer = page.post("correct/", **form, action="preview")
    assert [row[2] for row in answer.context["rows"]] == [0, 0, 0, 1, 0]
    assert "<del>naïve</del><ins>naive</ins>" in answer.content.decode()
    assert text_of(page) == TEXT
    # What the preview sends on is the text that was previewed.
    assert answer.context["text"] == NEW
    answer = page.post(
        "correct/", **form, because="edited", action="apply", comment="Typo", key=uuid.uuid4()
    )
    assert answer["Location"] == page.address("review/")
    assert text_of(page) == NEW
    assert SourceVersion.objects.get().comment == "Typo"


def test_a_corrected_file(page):
    file = SimpleUploadedFile("new.txt", b"\xef\xbb\xbf" + NEW.replace("\n", "\r\n").encode())
    answer = page.post("correct/", text=TEXT, file=file, expected_version=1, action="preview")
    assert answer.context["text"] == NEW
    assert answer.context["because"] == "uploaded"


def test_a_file_that_is_no_text_is_refused_by_name(page):
    file = SimpleUploadedFile("new.txt", b"a\xff")
    answer = page.post("correct/", text=TEXT, file=file, expected_version=1, action="preview")
    assert "new.txt is not UTF-8" in answer.content.decode()


def test_without_a_reason_nothing_happens(page):
    answer = page.post(
        "correct/", text=NEW, expected_version=1, action="apply", comment="", key=uuid.uuid4()
    )
    assert answer.context["reason"].errors.keys() == {"comment"}
    assert text_of(page) == TEXT


def test_nothing_changed_is_said(page):
    answer = page.post("correct/", text=TEXT, expected_version=1, action="preview")
    assert "The text is the same as before." in answer.content.decode()


def test_who_is_too_slow_keeps_what_they_wrote(page):
    page.correct()
    mine = TEXT.replace("lesson", "Lesson")
    answer = page.post(
        "correct/", text=mine, expected_version=1, action="apply", comment="x", key=uuid.uuid4()
    )
    assert "has been corrected meanwhile" in answer.content.decode()
    assert answer.status_code == 409
    assert "every Lesson" in answer.content.decode()
    assert text_of(page) == NEW


@pytest.mark.parametrize("action", ["preview", "edit"])
def test_who_is_too_slow_is_told_before_they_take_back_what_another_corrected(page, action):
    page.correct()
    mine = TEXT.replace("lesson", "Lesson")
    answer = page.post("correct/", text=mine, expected_version=1, action=action)
    assert answer.status_code == 409
    assert answer.content.decode().count("has been corrected meanwhile") == 1
    assert "also what it would take back" in answer.content.decode()
    # They have been told: from here on they go against the present text.
    assert answer.context["form"]["expected_version"].value() == 2
    answer = page.post("correct/", text=mine, expected_version=2, action="preview")
    assert "<del>naive</del><ins>naïve</ins>" in answer.content.decode()


def test_going_on_with_editing(page):
    answer = page.post("correct/", text=NEW, expected_version=1, action="edit")
    assert answer.context["form"]["text"].value() == NEW


@pytest.mark.parametrize("name", ["correct/", "versions/1/restore/"])
@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_leads_correct_and_restore(page, name, who):
    page.correct()
    assert page.get(name, who).status_code == 403


def test_the_list_beside_a_comparison_keeps_the_version_that_was_chosen(page):
    page.correct()
    page.correct(TEXT.replace("lesson", "Lesson"))
    html = page.get("versions/2/compare/?with=1").content.decode()
    assert '<option value="1" selected>' in html
    # A version is not to be compared with itself.
    assert '<option value="2"' not in html
    assert '<option value="3">' in html


@pytest.mark.parametrize("matched", [True, False])
def test_no_version_tells_the_words_of_somebody_who_refused_their_use(page, world, matched):
    """Their turns were taken out, so that the source can be used; the versions before still have
    them, whether the label was matched with the person then or only later."""
    other = factories.participant(world.project, "P2")
    before = TEXT + "P2: Never tell this.\n"
    page.correct(before)
    if not matched:
        world.source.turns.filter(participant=other).update(participant=None)
    factories.coding(
        world.source,
        world.intranet,
        world.project.memberships.get(label="Cora"),
        before.index("Never"),
        before.index(" this."),
    )
    page.correct(TEXT)
    world.project.participants.filter(pk=other.pk).update(consent_use=False)
    for who in ("olive", "liam", "cora", "vera"):
        for name in ("", "compare/", "compare/?with=1"):
            answer = page.get(f"versions/2/{name}", who)
            assert answer.status_code == 403
            assert "Never tell" not in answer.content.decode()
        assert page.get("versions/1/", who).status_code == 200
        html = page.get("review/", who).content.decode()
        assert "Never tell" not in html
        assert "refused" in html
        lines = page.get("versions/", who).context["versions"]
        assert [(v.number, v.withheld) for v in lines] == [(3, False), (2, True), (1, False)]
        assert "versions/2/" not in page.get("versions/", who).content.decode()
    assert page.get("versions/2/restore/", "olive").status_code == 403
    assert page.get("original/", "vera").status_code == 200


def test_no_original_file_with_words_of_somebody_who_refused_their_use(page, world):
    page.correct(TEXT.replace("P1:", "P3:").replace("Friday", "Monday"))
    world.source.turns.update(participant=None)
    Source.objects.filter(pk=world.source.pk).update(participant=None)
    world.project.participants.filter(pk=world.participant.pk).update(consent_use=False)
    assert page.get("versions/", "olive").status_code == 200
    assert page.get("original/", "olive").status_code == 403


def test_the_original_is_offered_to_those_who_get_it(page, cast, world, client):
    sources = f"/projects/{cast.alder.pk}/sources/"
    link = f"{sources}{world.source.pk}/original/"

    def offered():
        """By person; the same in the list of sources and beside the text."""
        found = {}
        for who in ("olive", "liam", "cora", "vera"):
            found[who] = link in page.get("", who).content.decode()
            assert (link in client.get(sources).content.decode()) == found[who], who
            assert page.get("original/", who).status_code == (200 if found[who] else 403), who
        return found

    everybody = dict.fromkeys(("olive", "liam", "cora", "vera"), True)
    assert offered() == everybody
    page.correct()
    assert offered() == everybody
    page.correct(TEXT, because="pseudonymised")
    assert offered() == everybody | {"cora": False, "vera": False}
    # Who spoke at first is another now, and refuses.
    page.correct(TEXT.replace("P1:", "P3:"))
    world.source.turns.update(participant=None)
    Source.objects.filter(pk=world.source.pk).update(participant=None)
    world.project.participants.filter(pk=world.participant.pk).update(consent_use=False)
    assert offered() == dict.fromkeys(everybody, False)


@pytest.mark.parametrize(
    "name", ["", "marks/", "correct/", "versions/", "versions/1/", "versions/1/compare/", "review/"]
)
def test_the_navigation_says_that_one_is_in_the_sources(page, name):
    page.correct()
    html = page.get(name).content.decode()
    sources = html[: html.index(">Sources</a></li>")].rsplit("<a", 1)[1]
    assert 'aria-current="true"' in sources


def test_everybody_reads_versions(page):
    page.correct()
    answer = page.get("versions/", "vera")
    assert [(v.number, v.present) for v in answer.context["versions"]] == [(2, True), (1, False)]
    assert "Heard again" in answer.content.decode()
    assert "naïve" in page.get("versions/1/", "vera").content.decode()
    assert "naive" in page.get("versions/2/", "vera").content.decode()
    assert page.get("versions/3/", "vera").status_code == 404
    assert page.get(f"versions/{10**30}/", "vera").status_code == 404


def test_comparing_any_two(page):
    page.correct()
    page.correct(NEW.replace("lesson", "lessons"))
    assert "<del>naïve</del><ins>naive</ins>" in page.get("versions/1/compare/").content.decode()
    one = page.get("versions/1/compare/?with=2").content.decode()
    assert "<ins>naive</ins>" in one
    assert "lessons" not in one
    assert page.get("versions/1/compare/?with=x").status_code == 404


def test_real_names_are_for_those_who_may_see_identities(page, cast):
    page.correct(because="pseudonymised")
    page.correct(NEW.replace("lesson", "lessons"))
    for who, status in (("vera", 403), ("cora", 403), ("liam", 200)):
        assert page.get("versions/1/", who).status_code == status, who
        assert page.get("versions/1/compare/?with=2", who).status_code == status, who
        assert page.get("original/", who).status_code == status, who
        assert page.get("versions/2/", who).status_code == 200, who
    assert "holds real names" in page.get("versions/1/", "vera").content.decode()
    assert page.get("versions/1/restore/").status_code == 302
    answer = page.post("versions/1/restore/", comment="back", key=uuid.uuid4(), expected_version=3)
    assert answer.status_code == 302
    assert "naive" in text_of(page)


def test_the_reviews_page_hides_names_too(page):
    page.coding("naïve or not")
    page.correct(because="pseudonymised")
    assert "naïve" not in page.get("review/", "cora").content.decode()
    assert "naïve" in page.get("review/", "liam").content.decode()


def test_restoring(page):
    coding = page.coding("naïve or not")
    page.correct()
    answer = page.get("versions/1/restore/")
    assert "Restore version 1" in answer.content.decode()
    page.post("versions/1/restore/", comment="It was right", key=uuid.uuid4(), expected_version=2)
    assert text_of(page) == TEXT
    again = Coding.objects.get(pk=coding.pk)
    assert TEXT[again.start : again.end] == "naïve or not"


def test_deciding_one_after_the_other(page):
    first, second = page.coding("naïve or not"), page.coding("on the intranet 🙂 naïve")
    page.correct()
    answer = page.get("review/", "cora")
    assert answer.context["new"].passage == "on the intranet 🙂 naive"
    assert answer.context["old"].passage == "on the intranet 🙂 naïve"
    by_coding = {r.coding_id: r for r in PlacementReview.objects.all()}
    page.post(f"review/{by_coding[second.pk].pk}/", "cora", action="confirm")
    page.post(f"review/{by_coding[first.pk].pk}/", "cora", action="move", quote="We built it\r\n")
    row = Coding.objects.get(pk=first.pk)
    assert NEW[row.start : row.end] == "We built it"
    assert "Nothing waits" in page.get("review/", "cora").content.decode()


def test_words_that_stand_nowhere(page):
    page.coding("naïve or not")
    page.correct()
    review = PlacementReview.objects.get()
    page.post(f"review/{review.pk}/", "cora", action="move", quote="no such words")
    assert "stands nowhere in this text" in page.get("review/", "cora").content.decode()
    assert PlacementReview.objects.get().state == "open"


def test_another_coder_sees_and_does_not_decide(page):
    page.coding("naïve or not")
    page.correct()
    review = PlacementReview.objects.get()
    assert "Cora or a lead decides" in page.get("review/", "cody").content.decode()
    assert page.post(f"review/{review.pk}/", "cody", action="remove").status_code == 403


def test_how_many_wait_is_seen_in_the_list_and_in_the_reader(page, cast, client):
    page.coding("naïve or not")
    page.correct()
    assert "1 passage to review" in page.get("", "vera").content.decode()
    listed = client.get(f"/projects/{cast.alder.pk}/sources/").content.decode()
    assert "1 passage to review" in listed
    assert "version 2" in listed


def test_markup_in_a_text_stays_text(page):
    page.coding("naïve or not")
    page.correct(NEW.replace("naive", "<b>naive</b>"))
    for name in ("versions/2/", "versions/1/compare/", "review/"):
        answer = page.get(name).content.decode()
        assert "<b>naive" not in answer, name
        assert "&lt;b&gt;" in answer, name
