import { TurnIndex } from "@cs/lib/offsets.js";
import { Painter } from "@cs/coding/paint.js";
import { CodingStore } from "@cs/coding/store.js";
import { EMOJI_TURNS, equal, ok, test, transcript } from "@cs-test/harness.js";

function make(stage, codings) {
  const { root, text, points } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  const sections = [...root.querySelectorAll(".section")].map((element) => ({
    element, start: Number(element.dataset.s), end: Number(element.dataset.e), turns: 3,
  }));
  const store = new CodingStore({
    codes: [{ id: 1, name: "Trust", parent: null, colour: 0 }, { id: 2, name: "Roles", parent: null, colour: 1 }],
    coders: [{ id: 9, name: "Ruth" }],
    codings,
    sections: sections.map((s) => [s.start, s.end]),
  });
  return { root, text, points, index, sections, store, painter: new Painter({ root, index, store, sections }) };
}

const ranges = (name) => [...CSS.highlights.get(name)].map((r) => {
  const live = document.createRange();
  live.setStart(r.startContainer, r.startOffset);
  live.setEnd(r.endContainer, r.endOffset);
  return live.toString();
});

test("paint: a section shows its own codings as ranges and brackets, and forgets them", (stage) => {
  const { root, text, sections, painter, points } = make(stage, []);
  const start = points.indexOf("🏳");
  painter.store.change({ add: [[1, start, start + 4, 1, 9], [2, 0, points.length, 2, 9]] });
  painter.show(sections[0].element);
  equal(ranges("cs-code-1"), ["🏳️‍🌈"]);
  equal(CSS.highlights.get("cs-code-2").size, 1);
  equal(sections[0].element.querySelectorAll(".bracket").length, 2);
  equal([...root.querySelectorAll(".turn")].map((p) => p.textContent).join("").length, text.replace(/\n| (?=\n)/g, "").length, "the text is untouched");
  painter.hide(sections[0].element);
  equal([CSS.highlights.get("cs-code-1").size, sections[0].element.querySelectorAll(".bracket").length], [0, 0]);
});

test("paint: brackets have names but put no text into the transcript", (stage) => {
  const { root, sections, painter } = make(stage, [[1, 3, 8, 1, 9]]);
  const before = root.textContent;
  painter.show(sections[0].element);
  const bracket = root.querySelector(".bracket");
  equal(root.textContent, before);
  equal(bracket.getAttribute("aria-label"), "Trust, coded by Ruth: Shall");
  equal([bracket.dataset.from, bracket.dataset.to, bracket.tabIndex], ["3", "8", -1]);
});

test("paint: a change repaints the sections in view only", async (stage) => {
  const { sections, painter, store, index } = make(stage, []);
  painter.start();
  painter.observer.disconnect();
  for (const { element } of sections) painter.hide(element);
  painter.show(sections[0].element);
  store.change({ add: [[5, index.bodies[1], index.bodies[1] + 2, 1, 9], [6, index.bodies[5], index.bodies[5] + 2, 1, 9]] });
  await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
  equal(ranges("cs-code-1"), ["We"]);
});

test("paint: a selection survives painting", (stage) => {
  const { sections, painter, index } = make(stage, [[1, 3, 60, 1, 9]]);
  const range = index.toRange(10, 30);
  getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
  const before = getSelection().toString();
  painter.show(sections[0].element);
  painter.redrawAll();
  equal(index.fromRange(getSelection().getRangeAt(0)), [10, 30]);
  ok(before && getSelection().toString() === before, "the selected text changed");
});
