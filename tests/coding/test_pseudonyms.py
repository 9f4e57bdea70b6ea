"""Names become pseudonyms: in many sources at once, sealed in the log, hidden from others."""

import json
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from coding import version_queries
from coding.core.names import Replacement
from coding.models import (
    Coding,
    NameReplacement,
    PlacementReview,
    Source,
    SourceText,
    SourceVersion,
    Speaker,
    Turn,
)
from coding.sealing import unseal
from coding.services import notes, pseudonyms
from coding.services.codings import StateConflict, add_codings, remove_coding, undo
from coding.subjects import Ref
from coding.tasks import sealed
from projects.jobs import execute
from projects.models import Event, Job
from tests import factories

pytestmark = pytest.mark.django_db

ONE = "INT: Who?\nAda: I asked Ada Lovelace in Turin.\nINT: Who else?\nAda: Rita did.\n"
TWO = "We went to Turin with Rita. rita went home.\n"
NAMES = [
    Replacement("Ada Lovelace", "Coach 2"),
    Replacement("Ada", "S1"),
    Replacement("Turin", "[town]"),
    Replacement("Rita", "Coach 3"),
]


@pytest.fixture
def study(cast):
    person = factories.participant(cast.alder, "K7")
    one = factories.source(cast.alder, "one", ONE, people={"Ada": person})
    two = factories.source(cast.alder, "two", TWO)
    return one, two, person


def text(source):
    return SourceText.objects.get(source=source).text


def go(cast, study, rows=NAMES, **fields):
    versions = fields.pop("versions", {study[0].pk: 1, study[1].pk: 1})
    return pseudonyms.pseudonymise(
        access=cast.access("liam"), replacements=rows, versions=versions, **fields
    )


def test_every_place_is_found(cast, study):
    one, two, _person = study
    found = pseudonyms.find(access=cast.access("liam"), replacements=NAMES)
    assert found.counts == [1, 2, 2, 2]
    assert found.total == 7
    assert found.versions == {one.pk: 1, two.pk: 1}
    assert [pk for pk, _s, _e in found.shown()] == [one.pk] * 5 + [two.pk] * 2
    only = pseudonyms.find(access=cast.access("liam"), replacements=NAMES, sources=[two.pk])
    assert only.counts == [0, 0, 1, 1]


def test_one_batch_over_all_sources(cast, study):
    one, two, person = study
    batch = uuid.uuid4()
    done = go(cast, study, batch=batch, comment="As promised")
    assert (done.hits, done.sources, done.to_review) == (7, 2, 0)
    assert text(one) == (
        "INT: Who?\nS1: I asked Coach 2 in [town].\nINT: Who else?\nS1: Coach 3 did.\n"
    )
    assert text(two) == "We went to [town] with Coach 3. rita went home.\n"
    # The speaker is the same person under the other label.
    rows = Turn.objects.filter(source=one, speaker="S1")
    assert [(t.participant_id, t.role) for t in rows] == [(person.pk, "participant")] * 2
    assert {v.replaced_because for v in SourceVersion.objects.all()} == {"pseudonymised"}
    assert set(Event.objects.filter(verb="source.corrected").values_list("batch", flat=True)) == {
        batch
    }


def test_the_log_is_sealed_and_counts(cast, study):
    go(cast, study)
    rows = NameReplacement.objects.order_by("id")
    assert [(unseal(r.original_sealed), r.replacement, r.hits, r.sources) for r in rows] == [
        ("Ada Lovelace", "Coach 2", 1, 1),
        ("Ada", "S1", 2, 1),
        ("Turin", "[town]", 2, 2),
        ("Rita", "Coach 3", 2, 2),
    ]
    assert not any("Turin" in r.original_sealed for r in rows)
    seen = version_queries.names_log(cast.access("olive"))
    assert [line.original for line in seen] == ["Ada Lovelace", "Ada", "Turin", "Rita"]
    for who in ("cora", "vera"):
        assert {line.original for line in version_queries.names_log(cast.access(who))} == {None}


def test_history_holds_no_name(cast, study):
    go(cast, study)
    for event in Event.objects.all():
        said = json.dumps([event.label, event.before, event.after])
        assert not any(row.original in said for row in NAMES)


def test_passages_go_along_and_nobody_has_to_look(cast, study):
    one, _two, _person = study
    code = factories.code(cast.alder, "People")
    me = cast.access("cora").membership
    quotes = ["Ada Lovelace", "I asked Ada Lovelace in Turin", "Lovelace in", "Rita did."]
    codings = [factories.coding(one, code, me, ONE.index(q), ONE.index(q) + len(q)) for q in quotes]
    done = go(cast, study)
    now = text(one)
    rows = [Coding.objects.get(pk=c.pk) for c in codings]
    assert [now[c.start : c.end] for c in rows] == [
        "Coach 2",
        "I asked Coach 2 in [town]",
        "Coach 2 in",
        "Coach 3 did.",
    ]
    # Only the one that began in the middle of a name.
    assert done.to_review == 1
    assert PlacementReview.objects.get().coding_id == codings[2].pk


def test_undo_over_a_replacement_knows_that_it_was_exact(cast, study):
    """A passage that begins with a name is brought back: what stands for the name is known."""
    one, _two, _person = study
    code = factories.code(cast.alder, "People")
    start = ONE.index("Ada Lovelace")
    coding = add_codings(
        access=cast.access("cora"),
        source=one,
        start=start,
        end=start + 21,
        quote="Ada Lovelace in Turin",
        codes=[code],
    ).added[0]
    remove_coding(access=cast.access("cora"), coding=coding)
    go(cast, study)
    undo(access=cast.access("cora"), source=Source.objects.get(pk=one.pk))
    row = Coding.objects.present().get(pk=coding.pk)
    assert text(one)[row.start : row.end] == "Coach 2 in [town]"


def test_what_is_not_ticked_stays(cast, study):
    _one, two, _person = study
    start = TWO.index("Turin")
    go(cast, study, left_out=[(two.pk, start, start + 5)])
    assert text(two) == "We went to Turin with Coach 3. rita went home.\n"
    assert NameReplacement.objects.get(replacement="[town]").hits == 1


def test_all_or_nothing_when_somebody_was_quicker(cast, study):
    one, two, _person = study
    Source.objects.filter(pk=two.pk).update(version=2)
    with pytest.raises(StateConflict, match="corrected meanwhile"):
        go(cast, study)
    assert text(one) == ONE
    assert not NameReplacement.objects.exists()


def test_sent_twice_it_acts_once(cast, study):
    batch = uuid.uuid4()
    first = go(cast, study, batch=batch)
    again = go(cast, study, batch=batch)
    assert (again.hits, again.sources) == (first.hits, first.sources)
    assert SourceVersion.objects.count() == 2


def test_what_was_decided_about_a_label_goes_with_it(cast, study):
    one, _two, person = study
    Speaker.objects.create(
        project=cast.alder, source=one, label="Ada", role="participant", participant=person
    )
    Speaker.objects.create(project=cast.alder, label="Ada", role="participant", participant=person)
    go(cast, study)
    assert list(Speaker.objects.values_list("label", flat=True)) == ["S1", "S1"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "Give at least one name"),
        ([Replacement("Ada", "")], "Line 1: a name and what is to stand instead"),
        ([Replacement("Ada", "x"), Replacement("Ada", "y")], "stands in line 1 already"),
        ([Replacement("A" * 121, "x")], "at most 120 characters"),
        ([Replacement("A", "x\x07")], "control character"),
    ],
)
def test_lists_that_are_refused(cast, study, rows, words):
    with pytest.raises(ValidationError, match=words):
        go(cast, study, rows=rows)


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_leads_replace(cast, study, who):
    with pytest.raises(PermissionDenied):
        pseudonyms.find(access=cast.access(who), replacements=NAMES)


# --- pages ---------------------------------------------------------------------------------------

LIST = "Ada Lovelace = Coach 2\nAda → S1\nTurin\t[town]\n\nRita => Coach 3"


def post(client, cast, **data):
    client.force_login(cast.liam, backend="allauth.account.auth_backends.AuthenticationBackend")
    data = {"names": LIST, "whole": "on", "match_case": "on"} | data
    return client.post(f"/projects/{cast.alder.pk}/names/", data)


def test_the_preview_says_that_withheld_sources_keep_their_names(client, cast, study):
    _one, two, _person = study
    assert "withheld" not in post(client, cast, action="preview").content.decode()
    two.participant = factories.participant(cast.alder, "P9", consent_use=False)
    two.save()
    answer = post(client, cast, action="preview")
    assert [source.pk for source, _hits, _more in answer.context["lines"]] == [study[0].pk]
    assert "places in 1 source." in answer.content.decode()
    assert "1 source is withheld" in answer.content.decode()


def test_preview_and_apply(client, cast, study):
    one, two, _person = study
    coding = factories.coding(
        two, factories.code(cast.alder, "Where"), cast.access("cora").membership, 0, 5
    )
    notes.add_note(access=cast.access("cora"), coding=coding, text="Rita again")
    about = Ref("code", coding.code.guid)
    other = notes.create(access=cast.access("cora"), about=about, text="Why?", title="Rita").note
    answer = post(client, cast, action="preview")
    body = answer.content.decode()
    assert "7 places in 2 sources" in body
    assert "speaker label" in body
    assert "2 memos:" in body
    assert f'/notebook/?of=note:{other.guid}">about a code (Cora)</a>' in body
    assert text(one) == ONE
    keys = [hit.key for _s, hits, _more in answer.context["lines"] for hit in hits]
    assert len(keys) == 7
    fields = {
        "hit": keys[1:],
        "versions": answer.context["versions"],
        "key": str(answer.context["key"]),
    }
    answer = post(client, cast, action="apply", **fields)
    assert answer["Location"] == f"/projects/{cast.alder.pk}/names/log/"
    assert text(one).startswith("INT: Who?\nAda: I asked Coach 2 in [town].")
    log = client.get(answer["Location"]).content.decode()
    assert "Ada Lovelace" in log
    client.force_login(cast.vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    log = client.get(answer["Location"]).content.decode()
    assert "Coach 2" in log
    assert "Lovelace" not in log


def test_a_line_without_a_replacement_is_named(client, cast, study):
    answer = post(client, cast, names="Ada\nRita = x", action="preview")
    assert "Line 1: put = or → between" in answer.content.decode()


def test_versions_that_do_not_fit_are_refused(client, cast, study):
    for versions in ("", "[]", '{"1": "x"}', '{"999999": 1}'):
        answer = post(client, cast, action="apply", versions=versions)
        assert "The sources have changed" in answer.content.decode(), versions
    assert text(study[0]) == ONE


def test_a_foreign_source_is_no_choice(client, cast, study):
    foreign = factories.source(cast.brook, "x", "Ada in Brook")
    answer = post(client, cast, action="preview", sources=[foreign.pk])
    assert answer.context["form"].errors.keys() == {"sources"}


def test_many_sources_become_a_job(client, cast, study):
    more = [factories.source(cast.alder, f"m{n}", f"{n}: Rita was here.\n") for n in range(25)]
    answer = post(client, cast, action="preview")
    keys = [hit.key for _s, hits, _more in answer.context["lines"] for hit in hits]
    fields = {
        "hit": keys,
        "versions": answer.context["versions"],
        "key": str(answer.context["key"]),
    }
    answer = post(client, cast, action="apply", **fields)
    job = Job.objects.get(kind="pseudonymise")
    assert answer["Location"].endswith(f"/jobs/{job.pk}/")
    assert "Rita" not in json.dumps(job.params)
    execute(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["counts"]) == (
        "done",
        {"hits": 32, "sources": 27, "review": 0},
    )
    assert text(more[3]) == "3: Coach 3 was here.\n"
    page = client.get(f"/projects/{cast.alder.pk}/jobs/{job.pk}/")
    assert page["Location"] == f"/projects/{cast.alder.pk}/names/log/"


def test_a_job_that_comes_too_late_fails_with_the_reason(client, cast, study):
    one, _two, _person = study
    job = Job.objects.create(
        project=cast.alder,
        kind="pseudonymise",
        created_by=cast.liam,
        params={
            "sealed": sealed(NAMES),
            "versions": {str(one.pk): 5},
            "left_out": [],
            "comment": "",
            "batch": str(uuid.uuid4()),
        },
    )
    execute(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "corrected meanwhile" in job.message
    # The way back leads to the names, not to an import.
    client.force_login(cast.liam, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/projects/{cast.alder.pk}/jobs/{job.pk}/").content.decode()
    assert "Back to the names" in page
    assert "Try another file" not in page
