"""The pages of the codebook."""

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from coding import queries
from coding.models import Code, CodebookVersion, CodeExample, CodeProposal, Coding
from coding.services import codebook
from coding.services.codings import recode, remove_coding
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


def hidden(response: HttpResponse) -> str:
    """What the code said when its form was opened, as the form sends it back."""
    found = re.search(r'name="seen" value="(\w+)"', response.content.decode())
    assert found is not None
    return found[1]


def test_a_code_changed_by_somebody_else_meanwhile_is_not_overwritten(
    liam: Client, codes: str, cast: Cast, world: World
) -> None:
    address = f"{codes}{world.intranet.pk}/edit/"
    body = {
        "name": "Intranet",
        "parent": world.gains.pk,
        "definition": "What I <typed>",
        "colour": "7",
        "seen": hidden(liam.get(address)),
    }
    codebook.change_code(
        access=cast.access("olive"),
        code=world.intranet,
        name="Intranet",
        parent=world.gains,
        definition="What Olive wrote",
        colour=0,
        heading_only=True,
    )
    late = liam.post(address, body)
    assert late.status_code == 409
    page = late.content.decode()
    assert "This code was changed while you were writing" in page
    assert "<strong>Olive</strong> changed the code" in page
    other = late.context["overtaken"]
    assert other.fields == [
        ("Definition", "What Olive wrote", "What I <typed>"),
        ("Colour", "A", "H"),
        ("Heading only", "yes", "no"),
    ]
    assert page.count("What I &lt;typed&gt;") == 2
    assert Code.objects.get(pk=world.intranet.pk).definition == "What Olive wrote"
    # A slip in the form does not forget what was seen.
    assert liam.post(address, body | {"name": ""}).status_code == 200
    assert hidden(liam.post(address, body | {"name": ""})) == body["seen"]
    # Who saves again knows what the other wrote; unless there is a third.
    body["seen"] = hidden(late)
    codebook.retire_code(access=cast.access("olive"), code=world.intranet)
    assert liam.post(address, body).status_code == 409
    body["seen"] = hidden(liam.get(address))
    assert liam.post(address, body).status_code == 302
    mine = Code.objects.get(pk=world.intranet.pk)
    assert (mine.definition, mine.colour, mine.heading_only) == ("What I <typed>", 7, False)
    # The same again, from an impatient second click, is what there is already.
    assert liam.post(address, body).status_code == 302


def test_a_proposal_does_not_overwrite_what_was_changed_meanwhile(
    liam: Client, codes: str, cast: Cast, world: World
) -> None:
    asked = codebook.propose(
        access=cast.access("cora"), code=world.gains, name="Gains", definition="Won"
    )
    address = f"{codes}proposals/{asked.pk}/"
    body = {"name": "Gains", "definition": "Won", "accept": "1", "seen": hidden(liam.get(address))}
    change(cast, world.gains, definition="Meanwhile")
    late = liam.post(address, body)
    assert late.status_code == 409
    assert late.context["overtaken"].fields == [("Definition", "Meanwhile", "Won")]
    assert CodeProposal.objects.get().state == "open"
    assert liam.post(address, body | {"seen": hidden(late)}).status_code == 302
    assert Code.objects.get(pk=world.gains.pk).definition == "Won"


def test_a_code_that_is_being_split_says_so(
    liam: Client, codes: str, cast: Cast, world: World, coded: list[Coding]
) -> None:
    codebook.begin_split(
        access=cast.access("liam"), code=world.intranet, into=[world.solving], names=[]
    )
    page = liam.get(f"{codes}{world.intranet.pk}/").content.decode()
    assert "2 passages wait to be shared out: this code is being split." in page
    assert "Go on with the split" in page
    assert "before the meaning changed" not in page
    # A change of meaning since is what the passages wait for then.
    world.intranet.refresh_from_db()
    change(cast, world.intranet, definition="The shared store", redefines=True)
    page = liam.get(f"{codes}{world.intranet.pk}/").content.decode()
    assert "2 passages were coded before the meaning changed" in page
    assert "shared out" not in page


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
    again = f"{codes}{world.intranet.pk}/remerge/"
    offered = liam.get(f"{codes}{world.intranet.pk}/").content.decode()
    assert f'href="{again}"' in offered
    assert "Merge into “Solving” again…" in offered
    assert "<strong>2</strong> passages get the other code" in liam.get(again).content.decode()
    redone = liam.post(again, follow=True)
    assert said(redone) == ["“Intranet” is merged into “Solving” again."]
    assert "One idea" in redone.content.decode()
    assert said(liam.post(again, follow=True)) == ["“Intranet” is merged into “Solving” already."]
    liam.post(f"{codes}{world.intranet.pk}/unmerge/", follow=True)
    assert list(Coding.objects.order_by("pk").values_list()) == before
    never = liam.get(f"{codes}{world.solving.pk}/remerge/", follow=True)
    assert said(never) == ["No merge of “Solving” has been undone."]
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
    codebook.create_code(access=access, name="Later")
    change(cast, world.gains, definition="Another meaning")
    factories.coding(world.source, world.gains, cast.access("cody").membership, 30, 34)
    for at in (10, 14):
        factories.coding(world.source, world.intranet, cast.access("cody").membership, at, at + 3)
    codebook.merge_codes(access=access, code=world.intranet, into=world.solving)
    moved = Coding.objects.present().filter(original_code=world.intranet).order_by("start")
    one, two, _three = moved
    recode(access=cast.access("cody"), coding=two, code=world.gains)
    remove_coding(access=cast.access("cora"), coding=one)
    page = " ".join(liam.get(address).content.decode().split())
    for words in (
        "<strong>2</strong> codes change.",
        "<strong>1</strong> code that is not in the version is retired.",
        "<strong>1</strong> merge ends: its code comes back without its passages",
        "<strong>2</strong> passages are to be looked at again",
        "The merge of “Intranet” into “Solving” moved 3 passages, which stay where they are now:",
        "<li>1 with “Solving”</li>",
        "<li>1 with “Gains”</li>",
        "<li>1 removed since</li>",
        "<li>1 more was coded alike with both, and stays with “Solving” alone</li>",
    ):
        assert words in page
    assert f'href="{codes}{world.intranet.pk}/unmerge/"' in page
    # It does what it says: what lies where, the queue, and the merge is over.
    rows = list(Coding.objects.order_by("pk").values_list("pk", "code", "removed_at"))
    answer = liam.post(address, {"redefines": "on"}, follow=True)
    assert said(answer) == ["Restored, as version 2."]
    assert list(Coding.objects.order_by("pk").values_list("pk", "code", "removed_at")) == rows
    assert queries.review_counts(access) == {world.gains.pk: 2}
    assert Code.objects.get(name="Later").retired_at is not None
    over = liam.post(f"{codes}{world.intranet.pk}/unmerge/", follow=True)
    assert said(over) == ["This merge has been undone already."]
    over = liam.post(f"{codes}{world.intranet.pk}/remerge/", follow=True)
    assert said(over) == ["No merge of “Intranet” has been undone, so none can be done again."]


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
