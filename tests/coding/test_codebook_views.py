"""The pages of the codebook."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from coding.models import Code, CodebookVersion, CodeExample, CodeProposal, Coding
from coding.services import codebook
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def liam(client: Client, cast: Cast) -> Client:
    client.force_login(cast.liam)
    return client


@pytest.fixture
def codes(cast: Cast) -> str:
    return f"/projects/{cast.alder.pk}/codes/"


@pytest.fixture
def coded(cast: Cast, world: World, text: str) -> list[Coding]:
    cora = cast.access("cora").membership
    start = text.index("We put")
    return [
        factories.coding(world.source, world.intranet, cora, start, start + 24),
        factories.coding(world.source, world.solving, cora, start, start + 24),
        factories.coding(world.source, world.intranet, cora, 5, 8),
    ]


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]  # type: ignore[attr-defined]


def change(cast: Cast, code: Code, **fields: Any) -> None:
    given: dict[str, Any] = {
        name: getattr(code, name)
        for name in ("name", "parent", "definition", "colour", "heading_only")
    }
    codebook.change_code(access=cast.access("liam"), code=code, **given | fields)


def test_a_codes_page_says_what_it_means_and_where_it_is(
    liam: Client, codes: str, world: World, coded: list[Coding]
) -> None:
    answer = liam.post(
        f"{codes}{world.intranet.pk}/edit/",
        {
            "name": "Intranet",
            "parent": world.gains.pk,
            "definition": "The shared store",
            "when_to_use": "Written up <b>",
            "when_not_to_use": "Paper",
            "kind": "in_vivo",
            "colour": "7",
            "elicited": "on",
            "redefines": "on",
            "reason": "After week 2",
        },
        follow=True,
    )
    page = answer.content.decode()
    for words in ("The shared store", "Written up &lt;b&gt;", "Paper", "in vivo", "After week 2"):
        assert words in page
    assert "elicited by the protocol" in page
    assert "2 passages were coded before the meaning changed" in page
    assert answer.context["by_coder"] == [("Cora", 2)]
    assert answer.context["by_source"] == [(world.source.pk, "Interview int1", 2)]
    assert [p.text for p in answer.context["passages"]] == ["How", "We put every lesson on t"]
    listed = liam.get(codes).content.decode()
    assert "2 to look at again" in listed


def test_an_example_is_quoted_until_somebody_refuses(
    liam: Client, codes: str, cast: Cast, world: World, coded: list[Coding]
) -> None:
    address = f"{codes}{world.intranet.pk}/examples/"
    liam.post(address, {"coding": coded[0].pk})
    page = liam.get(f"{codes}{world.intranet.pk}/")
    assert [p.text for p in page.context["examples"]] == ["We put every lesson on t"]
    Coding.objects.filter(code=world.intranet).exclude(pk=coded[0].pk).delete()
    world.participant.consent_quote = False
    world.participant.save()
    # The team reads it among the passages; as an example its words are gone.
    page = liam.get(f"{codes}{world.intranet.pk}/").content.decode()
    assert page.count("We put every lesson on t") == 1
    assert "Whoever speaks here has refused to be quoted since" in page
    assert "Make it an example" not in page
    liam.post(address, {"coding": coded[0].pk, "remove": "1"})
    assert not CodeExample.objects.exists()
    answer = liam.post(address, {"coding": coded[0].pk}, follow=True)
    assert said(answer) == [
        "Whoever speaks here has refused to be quoted: this cannot be an example."
    ]
    assert liam.post(address, {"coding": "x"}).status_code == 404
    client = Client()
    client.force_login(cast.cora)
    assert client.post(address, {"coding": coded[0].pk}).status_code == 403


def test_withheld_words_are_on_no_page(
    liam: Client, codes: str, world: World, coded: list[Coding]
) -> None:
    CodeExample.objects.create(code=world.intranet, coding=coded[0])
    world.participant.consent_use = False
    world.participant.save()
    for page in ("", "review/"):
        content = liam.get(f"{codes}{world.intranet.pk}/{page}").content.decode()
        assert "We put" not in content
    assert liam.get(f"{codes}{world.intranet.pk}/").context["by_coder"] == []


def test_moving_by_the_form(liam: Client, codes: str, world: World) -> None:
    answer = liam.post(
        f"{codes}{world.solving.pk}/move/",
        {"parent": "", "before": world.intranet.pk},
        follow=True,
    )
    assert [row["node"].code for row in answer.context["rows"]] == [
        world.gains,
        world.solving,
        world.intranet,
    ]
    assert said(answer) == ["“Solving” is at its new place below Gains."]
    # What lies below a code is not offered as its parent.
    answer = liam.post(f"{codes}{world.gains.pk}/move/", {"parent": world.solving.pk})
    assert set(answer.context["form"].errors) == {"parent"}


def test_a_merge_is_shown_first_and_then_done_and_undone(
    liam: Client, codes: str, world: World, coded: list[Coding]
) -> None:
    address = f"{codes}{world.intranet.pk}/merge/"
    before = list(Coding.objects.order_by("pk").values_list())
    shown = liam.get(f"{address}?into={world.solving.pk}&reason=One+idea")
    page = shown.content.decode()
    assert "<strong>2</strong> passages get the other code" in page
    assert "<strong>1</strong> of them coincides exactly" in page
    assert list(Coding.objects.order_by("pk").values_list()) == before
    done = liam.post(address, {"into": world.solving.pk, "reason": "One idea"}, follow=True)
    assert said(done) == ["“Intranet” is merged into “Solving”."]
    old = liam.get(f"{codes}{world.intranet.pk}/").content.decode()
    assert "use that. Its passages are there." in old
    assert "One idea" in old
    assert "1 code was merged into another" in liam.get(codes).content.decode()
    undone = liam.post(f"{codes}{world.intranet.pk}/unmerge/", follow=True)
    assert said(undone) == ["2 passages are back."]
    assert list(Coding.objects.order_by("pk").values_list()) == before
    undone = liam.post(f"{codes}{world.intranet.pk}/unmerge/", follow=True)
    assert said(undone) == ["This merge has been undone already."]
    refused = liam.get(f"{codes}{world.gains.pk}/merge/?into={world.solving.pk}")
    assert "“Solving” lies below “Gains”: move it out first." in refused.content.decode()


def test_retiring_and_bringing_back(
    liam: Client, codes: str, world: World, coded: list[Coding]
) -> None:
    address = f"{codes}{world.intranet.pk}/retire/"
    assert (
        "2 passages are coded with it, stay and are counted." in liam.get(address).content.decode()
    )
    assert said(liam.post(address, {}, follow=True)) == ["“Intranet” is retired."]
    assert "retired" in liam.get(codes).content.decode()
    assert said(liam.post(address, {}, follow=True)) == ["“Intranet” is in use again."]


def test_the_queue_shows_one_after_the_other_and_how_far_it_is(
    liam: Client, codes: str, cast: Cast, world: World, coded: list[Coding]
) -> None:
    change(cast, world.intranet, definition="Other", redefines=True)
    address = f"{codes}{world.intranet.pk}/review/"
    page = liam.get(address)
    assert page.context["passage"].coding == coded[2]
    assert "0 of 2 looked at" in page.content.decode()
    assert liam.get(f"{address}?skip=1").context["passage"].coding == coded[0]
    body = {"coding": coded[2].pk, "action": "keep", "key": str(page.context["key"])}
    first = liam.post(address, body, follow=True)
    assert said(first) == ["“Intranet” is right here."]
    assert "1 of 2 looked at" in first.content.decode()
    assert said(liam.post(address, body, follow=True)) == ["Saved."]
    back = liam.post(address, {"take_back": body["key"]}, follow=True)
    assert "0 of 2 looked at" in back.content.decode()
    give = {"coding": coded[0].pk, "action": "give", "codes": world.gains.pk, "both": "1"}
    assert said(liam.post(address, give, follow=True)) == ["Coded with “Intranet” and with Gains."]
    assert said(liam.post(address, {"coding": coded[2].pk}, follow=True)) == [
        "Say what becomes of the passage."
    ]
    done = liam.post(address, {"coding": coded[2].pk, "action": "remove"}, follow=True)
    assert "Nothing waits here" in done.content.decode()


def test_a_coder_sees_their_own_passages_in_the_queue(
    codes: str, cast: Cast, world: World, coded: list[Coding]
) -> None:
    change(cast, world.intranet, definition="Other", redefines=True)
    for who, count in (("cora", 2), ("cody", 0)):
        client = Client()
        client.force_login(getattr(cast, who))
        page = client.get(f"{codes}{world.intranet.pk}/review/")
        assert page.context["waiting"] == count


def test_splitting_from_the_page(
    liam: Client, codes: str, world: World, coded: list[Coding]
) -> None:
    answer = liam.post(
        f"{codes}{world.intranet.pk}/split/",
        {"names": "Building\n\nUsing\n", "into": [world.solving.pk]},
        follow=True,
    )
    assert [node.code.name for node in answer.context["parts"]] == ["Solving", "Building", "Using"]
    building = Code.objects.get(name="Building")
    body = {"coding": coded[2].pk, "action": f"part:{building.pk}"}
    done = liam.post(f"{codes}{world.intranet.pk}/review/", body, follow=True)
    assert said(done) == ["Coded with Building instead of “Intranet”."]
    assert "1 of 2 looked at" in done.content.decode()
    refused = liam.post(f"{codes}{world.intranet.pk}/split/", {"names": "x" * 201})
    assert refused.context["form"].errors == {"names": ["A name has at most 200 characters."]}


def test_versions_are_kept_compared_exported_and_restored(
    liam: Client, codes: str, cast: Cast, world: World
) -> None:
    liam.post(f"{codes}versions/", {"name": "Pilot", "reason": "Before"})
    version = CodebookVersion.objects.get()
    change(cast, world.solving, name="=Solving", definition="Anew")
    page = liam.get(f"{codes}versions/{version.pk}/?with=now")
    (difference,) = page.context["differences"]
    assert difference["fields"] == [
        ("Name", "Solving", "=Solving"),
        ("Definition", "—", "Anew"),
    ]
    liam.post(f"{codes}versions/", {"name": "Later"})
    later = CodebookVersion.objects.get(number=2)
    page = liam.get(f"{codes}versions/{later.pk}/?with={version.pk}")
    assert page.context["differences"][0]["fields"][0] == ("Name", "=Solving", "Solving")
    file = liam.get(f"{codes}versions/{later.pk}/export/")
    told = json.loads(file.content)
    assert (told["version"], told["name"], told["sha256"]) == (2, "Later", later.sha256)
    assert [code["name"] for code in told["codes"]] == ["Gains", "Intranet", "=Solving"]
    table = liam.get(f"{codes}versions/{later.pk}/export/?as=csv").content.decode("utf-8-sig")
    lines = table.splitlines()
    assert lines[0].startswith("code,parent,name,definition,when_to_use,when_not_to_use")
    assert lines[3].startswith("solving,gains,'=Solving,Anew,")
    restored = liam.post(f"{codes}versions/{version.pk}/restore/", {}, follow=True)
    assert said(restored) == ["Restored, as version 3."]
    world.solving.refresh_from_db()
    assert world.solving.name == "Solving"
    assert liam.get(f"{codes}versions/{version.pk}/?with=999999").status_code == 404


def test_a_proposal_from_the_coder_to_the_codebook(
    liam: Client, codes: str, cast: Cast, world: World
) -> None:
    cora = Client()
    cora.force_login(cast.cora)
    cora.post(f"{codes}proposals/new/", {"name": "Time", "reason": "Often"})
    cora.post(
        f"{codes}proposals/new/?code={world.gains.pk}",
        {"name": "Gains", "definition": "What is better"},
    )
    assert liam.get(codes).context["proposals"] == 2
    new, other = CodeProposal.objects.order_by("pk")
    assert cora.post(f"{codes}proposals/{new.pk}/", {"name": "Time"}).status_code == 403
    liam.post(f"{codes}proposals/{new.pk}/", {"name": "Shared time", "accept": "1"})
    assert Code.objects.filter(name="Shared time").exists()
    page = liam.get(f"{codes}proposals/{other.pk}/")
    assert page.context["fields"] == [("Definition", "What the team gets", "What is better")]
    body = {"name": "Gains", "definition": "What is better", "decline": "1"}
    answer = liam.post(f"{codes}proposals/{other.pk}/", body)
    assert answer.context["form"].errors == {
        "answer": ["Say why, in a word to whoever proposed it."]
    }
    liam.post(f"{codes}proposals/{other.pk}/", body | {"answer": "Too wide"})
    listed = cora.get(f"{codes}proposals/").content.decode()
    assert "Too wide" in listed
    assert "declined" in listed


def test_coders_make_codes_where_the_project_lets_them(
    liam: Client, codes: str, cast: Cast, world: World
) -> None:
    cora = Client()
    cora.force_login(cast.cora)
    body = {"name": "Mine", "colour": "1"}
    assert cora.post(f"{codes}new/", body).status_code == 403
    assert "Propose a code" in cora.get(codes).content.decode()
    liam.post(
        f"/projects/{cast.alder.pk}/edit/", {"title": "Alder study", "coders_create_codes": "on"}
    )
    assert cora.post(f"{codes}new/", body).status_code == 302
    api = f"/api/v1/projects/{cast.alder.pk}/codes/"
    made = cora.post(api, {"name": "Also mine"}, content_type="application/json")
    assert made.status_code == 201
    assert cora.post(f"{codes}{world.gains.pk}/edit/", body).status_code == 403


def test_open_readers_take_everything_anew_after_a_merge(
    cast: Cast, world: World, coded: list[Coding]
) -> None:
    cora = Client()
    cora.force_login(cast.cora)
    address = f"/api/v1/projects/{cast.alder.pk}/sources/{world.source.pk}/changes/?since=0"
    codebook.merge_codes(access=cast.access("liam"), code=world.intranet, into=world.solving)
    answer = cora.get(address)
    body = answer.json()
    assert body["reset"] is True
    assert {row[3] for row in body["added"]} == {world.solving.pk}
    assert [code["name"] for code in body["codes"]] == ["Gains", "Solving"]
    again = cora.get(address, headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304
    refused = cora.post(
        f"/api/v1/projects/{cast.alder.pk}/sources/{world.source.pk}/codings/",
        {"start": 0, "end": 3, "quote": "INT", "codes": [world.intranet.pk]},
        content_type="application/json",
    )
    assert refused.status_code == 409
    assert refused.json()["error"] == {
        "code": "merged",
        "message": "“Intranet” was merged into “Solving”; use “Solving”.",
        "fields": {},
    }


def test_an_address_with_a_merged_code_says_which_to_use(
    liam: Client, cast: Cast, codes: str, world: World
) -> None:
    base = f"/projects/{cast.alder.pk}/"
    codebook.merge_codes(access=cast.access("liam"), code=world.intranet, into=world.solving)
    said_so = "“Intranet” was merged into “Solving”; choose that."
    for path in ("matrix/?code=", "search/?code=", "search/?words=we&without="):
        answer = liam.get(f"{base}{path}{world.intranet.pk}")
        assert answer.status_code == 400
        assert said_so in answer.content.decode(), path
    unknown = liam.get(f"{base}matrix/?code=987654")
    assert "This matrix address names a code that is not in this project." in (
        unknown.content.decode()
    )


def test_what_a_merged_code_cannot_do_leads_to_its_page_with_a_sentence(
    liam: Client, cast: Cast, codes: str, world: World
) -> None:
    not_merged = liam.get(f"{codes}{world.intranet.pk}/unmerge/", follow=True)
    assert said(not_merged) == ["“Intranet” is not merged into another code."]
    codebook.merge_codes(access=cast.access("liam"), code=world.intranet, into=world.solving)
    for page in ("merge", "split", "move", "retire"):
        answer = liam.get(f"{codes}{world.intranet.pk}/{page}/", follow=True)
        assert answer.redirect_chain == [(f"{codes}{world.intranet.pk}/", 302)], page
        assert said(answer) == [
            "“Intranet” was merged into “Solving”: undo the merge to change it."
        ], page


def test_the_history_of_a_merge_is_told_in_words(
    liam: Client, cast: Cast, codes: str, world: World
) -> None:
    codebook.merge_codes(access=cast.access("liam"), code=world.intranet, into=world.solving)
    codebook.undo_merge(access=cast.access("liam"), code=world.intranet)
    undone, merged, *_rest = liam.get(f"{codes}{world.intranet.pk}/").context["history"]
    assert merged.diff == [("into", "", "Solving")]
    assert undone.diff == [("into", "Solving", "")]


def test_a_code_moved_to_the_top_is_not_said_to_lie_below_something(
    liam: Client, codes: str, world: World
) -> None:
    done = liam.post(f"{codes}{world.intranet.pk}/move/", {"parent": ""}, follow=True)
    assert said(done) == ["“Intranet” is at its new place at the top level."]


def test_the_code_that_took_over_tells_of_the_merge_too(
    liam: Client, cast: Cast, codes: str, world: World
) -> None:
    codebook.merge_codes(access=cast.access("liam"), code=world.intranet, into=world.solving)
    codebook.undo_merge(access=cast.access("liam"), code=world.intranet)
    history = liam.get(f"{codes}{world.solving.pk}/").context["history"]
    assert [(line.event.verb, line.event.label) for line in history][:2] == [
        ("code.unmerged", "Intranet ← Solving"),
        ("code.merged", "Intranet → Solving"),
    ]
    # A third code has nothing to do with it.
    history = liam.get(f"{codes}{world.gains.pk}/").context["history"]
    assert not [line for line in history if "merged" in line.event.verb]


def test_a_code_merged_since_the_form_was_opened_is_refused_in_words(
    liam: Client, cast: Cast, codes: str, world: World
) -> None:
    third = codebook.create_code(access=cast.access("liam"), name="Third")
    codebook.merge_codes(access=cast.access("liam"), code=world.intranet, into=world.solving)
    for page, field in (("merge", "into"), ("move", "parent")):
        answer = liam.post(f"{codes}{third.pk}/{page}/", {field: world.intranet.pk})
        assert answer.context["form"].errors[field] == [
            "This code cannot be chosen here: it was merged, retired or removed meanwhile, or lies "
            "below the code itself."
        ]


def test_a_restore_that_ends_a_merge_says_so_first(
    liam: Client, cast: Cast, codes: str, world: World, coded: list[Coding]
) -> None:
    access = cast.access("liam")
    version = codebook.freeze(access=access, name="Pilot")
    address = f"{codes}versions/{version.pk}/restore/"
    assert liam.get(address).context["parted"] == []
    codebook.merge_codes(access=access, code=world.intranet, into=world.solving)
    page = " ".join(liam.get(address).content.decode().split())
    assert (
        "“Intranet” comes back without its passages: 1 stays with “Solving”, and the merge can no "
        "longer be undone. To have them back,"
    ) in page
    assert f'href="{codes}{world.intranet.pk}/unmerge/"' in page


def test_a_new_parent_is_named_in_the_history(
    liam: Client, cast: Cast, codes: str, world: World
) -> None:
    access = cast.access("liam")
    version = codebook.freeze(access=access, name="Pilot")
    change(cast, world.intranet, parent=world.solving)
    codebook.restore(access=access, version=version)
    back, away = liam.get(f"{codes}{world.intranet.pk}/").context["history"]
    assert away.diff == [("parent", "Gains", "Solving")]
    assert back.diff == [("parent", "Solving", "Gains"), ("reason", "", "Pilot")]
