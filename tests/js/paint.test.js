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

const frame = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });

test("paint: what has not changed stays the same range and the same bracket", async (stage) => {
  const { sections, painter, store, index } = make(stage, [[1, 3, 8, 1, 9], [2, 50, 58, 2, 9]]);
  painter.start();
  painter.observer.disconnect();
  const { element } = sections[0];
  painter.hide(element);
  painter.show(element);
  const [range] = CSS.highlights.get("cs-code-1");
  const [first, second] = element.querySelectorAll(".bracket");
  const records = [];
  const watcher = new MutationObserver((list) => records.push(...list));
  watcher.observe(element, { childList: true, subtree: true, attributes: true });
  // The answer of the server: the same passage with another id. Nothing to see.
  store.change({ remove: [1], add: [[7, 3, 8, 1, 9]] });
  await frame();
  equal([records.length + watcher.takeRecords().length, [...CSS.highlights.get("cs-code-1")][0] === range], [0, true]);
  store.change({ add: [[8, index.bodies[0], index.bodies[0] + 1, 2, 9]] });
  await frame();
  const now = [...element.querySelectorAll(".bracket")];
  equal(now.length, 3);
  ok(now.includes(first) && now.includes(second), "a bracket was made anew");
  equal(ranges("cs-code-2").length, 2);
  store.change({ remove: [7, 2, 8] });
  await frame();
  equal([CSS.highlights.get("cs-code-1").size, CSS.highlights.get("cs-code-2").size, element.querySelectorAll(".section-codes").length], [0, 0, 0]);
});

test("paint: overlapping passages of a code are one range, and come apart again", async (stage) => {
  const { sections, painter, store } = make(stage, [[1, 3, 8, 1, 9], [2, 6, 14, 1, 9], [3, 20, 24, 1, 9]]);
  painter.start();
  painter.observer.disconnect();
  painter.hide(sections[0].element);
  painter.show(sections[0].element);
  const [whole, last] = ranges("cs-code-1");
  equal([whole.length, last.length], [11, 4]);
  store.change({ remove: [1] });
  await frame();
  equal(ranges("cs-code-1").map((text) => text.length).sort(), [4, 8]);
});

test("paint: a name of a code that changes is drawn anew", async (stage) => {
  const { sections, painter, store } = make(stage, [[1, 3, 8, 1, 9]]);
  painter.start();
  painter.observer.disconnect();
  const { element } = sections[0];
  painter.hide(element);
  painter.show(element);
  store.replaceCodes([{ id: 1, name: "Confidence", parent: null, colour: 4 }, { id: 2, name: "Roles", parent: null, colour: 1 }]);
  painter.redrawAll();
  await frame();
  const bracket = element.querySelector(".bracket");
  equal([bracket.getAttribute("aria-label"), bracket.dataset.colour], ["Confidence, coded by Ruth: Shall", "4"]);
});
