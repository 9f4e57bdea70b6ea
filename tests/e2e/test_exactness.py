"""Random work through the page's own modules against the real server: after each step a plain
editor and the page agree, and whenever nothing waits, so does the database, to the character."""

import os
import random
import time
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from coding.models import Coding, Source
from tests import factories
from tests.coding.test_undo_property import TEXT, Editor
from tests.e2e.test_coding import open_source
from tests.e2e.test_live import contexts, opened
from tests.factories import Cast

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEPS = 60
__all__ = ["contexts"]

# The page's modules once more, in the page itself: with its address, its token and its markup.
SET_UP = """async () => {
  const { TurnIndex } = await import("@cs/lib/offsets.js");
  const { CodingStore } = await import("@cs/coding/store.js");
  const { Saver } = await import("@cs/coding/saver.js");
  const { SelectionModel } = await import("@cs/coding/selection.js");
  const data = JSON.parse(document.getElementById("reader-data").textContent);
  const index = new TurnIndex(document.getElementById("transcript"));
  const sections = [...document.querySelectorAll("#transcript .section")]
    .map(({ dataset }) => [Number(dataset.s), Number(dataset.e)]);
  const store = new CodingStore({ ...data, sections });
  const saver = new Saver({ store, index, urls: data.urls, me: data.me, pauses: [0.05],
    canUndo: data.can_undo, canRedo: data.can_redo });
  window.lab = { data, index, store, saver, selection: new SelectionModel(index) };
}"""
SELECT = """([turn, moves]) => {
  const { selection, index } = window.lab;
  selection.toTurn(turn % index.length);
  for (const [name, direction] of moves) selection[name](direction);
  const [start, end] = selection.range ?? selection.cursor;
  return [start, end, index.textBetween(start, end), index.toRange(start, end).toString()];
}"""
MOVE = """([id, edge, direction, fine]) => {
  const { selection, store, index } = window.lab;
  const { start, end } = store.byId.get(id);
  const span = [start, end];
  span[edge] = selection.edgeStep(edge ? "end" : "start", span[edge], direction, fine);
  return span[edge] === null ? null : [...span, index.textBetween(...span)];
}"""
SHOWN = """() => [...window.lab.store.byId.values()]
  .map(({ id, start, end, code, pending }) => [pending ? null : id, start, end, code])"""
WAITING = "() => window.lab.saver.line.map((action) => [action.kind, action.of ?? null])"
MOVES = ["moveWord", "extendWord", "extendGrapheme", "extendTurn", "extendToTurnEdge"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_page_server_and_a_plain_editor_agree(
    seed: int, contexts: Any, live_server: Any, cast: Cast
) -> None:
    cache.clear()
    world = factories.world(cast.alder)
    source = factories.source(cast.alder, "tricky", TEXT, people={"P1": world.participant})
    page = opened(contexts, live_server.url, "cora", world)
    open_source(page, live_server.url, source)
    page.evaluate(SET_UP)
    codes = [world.intranet.pk, world.solving.pk]
    run = Run(page, source, codes, random.Random(seed))
    done = [run.step() for _step in range(STEPS)]
    page.context.set_offline(False)
    run.settled()
    assert len([kind for kind in done if kind]) >= 25, done
    # The page as it comes anew has the same.
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-reader-ready", "true")
    page.evaluate(SET_UP)
    assert run.shown() == run.expected()


class Run:
    def __init__(self, page: Page, source: Source, codes: list[int], chance: random.Random) -> None:
        self.page, self.source, self.codes, self.chance = page, source, codes, chance
        self.editor = Editor(leads=frozenset())

    def step(self) -> str:
        if self.chance.random() < 0.3:
            self.page.context.set_offline(self.chance.random() < 0.5)
        kinds = ["tag"] * 3 + ["border"] * 3 + ["recode", "remove"] + ["undo"] * 3 + ["redo"] * 2
        kind = self.chance.choice(kinds)
        if kind not in ("undo", "redo") and self.lags():
            self.page.context.set_offline(False)
            self.settled()
        done = getattr(self, kind)()
        if not self.lags():
            assert self.shown() == self.expected(), kind
        if not self.page.evaluate(WAITING):
            assert self.stored() == self.expected(), kind
        return kind if done else ""

    def tag(self) -> bool:
        moves = [
            [self.chance.choice(MOVES), self.chance.choice([1, -1])]
            for _n in range(self.chance.randint(1, 8))
        ]
        start, end, words, dom = self.page.evaluate(SELECT, [self.chance.randrange(9), moves])
        assert words == TEXT[start:end]
        # What the DOM has is the same without the line ends between turns.
        assert dom == words.replace("\n", "")
        code = self.chance.randrange(2)
        self.act("apply", start, end, [self.codes[code]])
        return bool(self.editor.add("cora", [code], start, end))

    def border(self) -> bool:
        if (found := self.any()) is None:
            return False
        number, pk = found
        move = [
            pk,
            self.chance.randrange(2),
            self.chance.choice([1, -1]),
            self.chance.random() < 0.5,
        ]
        if (moved := self.page.evaluate(MOVE, move)) is None:
            return False
        start, end, words = moved
        _who, code, *was = self.editor.here[number]
        if start >= end or ("cora", code, start, end) in self.editor.here.values():
            return False
        assert words == TEXT[start:end]
        assert was != [start, end]
        self.act("change", pk, {"start": start, "end": end})
        return self.editor.change("cora", number, None, (start, end)) == "done"

    def recode(self) -> bool:
        if (found := self.any()) is None:
            return False
        number, pk = found
        _who, code, start, end = self.editor.here[number]
        if ("cora", 1 - code, start, end) in self.editor.here.values():
            return False
        self.act("change", pk, {"code": self.codes[1 - code]})
        return self.editor.change("cora", number, 1 - code, None) == "done"

    def remove(self) -> bool:
        if (found := self.any()) is None:
            return False
        number, pk = found
        self.act("remove", pk)
        return self.editor.remove("cora", number) == "done"

    def undo(self) -> bool:
        return self.back_or_on("undo")

    def redo(self) -> bool:
        return self.back_or_on("redo")

    def back_or_on(self, kind: str) -> bool:
        able = self.page.evaluate(f"() => window.lab.saver.can{kind.title()}")
        if not getattr(self.editor, kind).get("cora"):
            assert not able or self.page.evaluate(WAITING)
            return False
        assert able
        self.act(kind)
        return self.editor.step("cora", kind == "undo")

    def act(self, name: str, *arguments: Any) -> None:
        # Not awaited: the answer may be far away.
        self.page.evaluate(
            "([name, given]) => { window.lab.saver[name](...given); }", [name, list(arguments)]
        )

    def any(self) -> tuple[int, int] | None:
        """One coding that the server knows: its number in the editor, its id."""
        rows = [row for row in self.page.evaluate(SHOWN) if row[0] is not None]
        if not rows:
            return None
        pk, start, end, code = self.chance.choice(sorted(rows))
        place = ("cora", self.codes.index(code), start, end)
        return next(n for n, here in self.editor.here.items() if here == place), pk

    def lags(self) -> bool:
        """Does the page wait for the server to say what an undo or redo is about?"""
        waiting = self.page.evaluate(WAITING)
        return any(kind == "redo" or (kind == "undo" and not of) for kind, of in waiting)

    def settled(self) -> None:
        end = time.monotonic() + 20
        while self.page.evaluate(WAITING) and time.monotonic() < end:
            time.sleep(0.05)
        assert self.page.evaluate("() => window.lab.saver.state") == "saved"
        assert self.shown() == self.stored() == self.expected()

    def expected(self) -> list[list[int]]:
        here = self.editor.here.values()
        return sorted([start, end, self.codes[code]] for _who, code, start, end in here)

    def shown(self) -> list[list[int]]:
        return sorted(row[1:] for row in self.page.evaluate(SHOWN))

    def stored(self) -> list[list[int]]:
        rows = Coding.objects.present().filter(source=self.source)
        return sorted(list(row) for row in rows.values_list("start", "end", "code"))
