import { CodeList, filterTree } from "@cs/coding/codes.js";
import { TRANSCRIPT_KEYS } from "@cs/coding/keys.js";
import { Memory } from "@cs/coding/memory.js";
import { inVivoName } from "@cs/coding/palette.js";
import { QuickCodes } from "@cs/coding/quick.js";
import { CodingStore } from "@cs/coding/store.js";
import { View } from "@cs/coding/view.js";
import { equal, ok, test } from "@cs-test/harness.js";

const CODES = [
  { id: 1, name: "Process gains", parent: null, depth: 0, colour: 0, heading_only: true },
  { id: 2, name: "Collective expertise", parent: 1, depth: 1, colour: 1 },
  { id: 3, name: "Reflexão", parent: 2, depth: 2, colour: 2 },
  { id: 4, name: "Trust", parent: null, depth: 0, colour: 3 },
];
const CODINGS = [[1, 0, 5, 2, 7], [2, 10, 15, 3, 8], [3, 20, 25, 4, 7], [4, 30, 35, 2, 8]];
const CODERS = [{ id: 7, name: "Ruth" }, { id: 8, name: "Tom" }];
const make = () => new CodingStore({ codes: CODES.map((code) => ({ ...code })), coders: CODERS, codings: CODINGS, sections: [[0, 40]] });

class Box {
  constructor() { this.kept = new Map(); }
  getItem(name) { return this.kept.get(name) ?? null; }
  setItem(name, value) { this.kept.set(name, value); }
}
const BROKEN = { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } };

test("filter: a match keeps its parents, and only matches count", () => {
  const { found, kept } = filterTree(CODES, "reflexao");
  equal([[...found], [...kept].sort()], [[3], [1, 2, 3]]);
});

test("filter: words of the path find what is below, headings are never found", () => {
  const store = make();
  const { found, kept } = filterTree(store.codeList(), "process", (code) => store.pathOf(code));
  equal([[...found], [...kept].sort()], [[2, 3], [1, 2, 3]]);
  equal([...filterTree(CODES, "zzz").kept], []);
});

function list(stage) {
  stage.innerHTML = '<input id="f"><span id="s"></span><div id="l"></div>';
  const [filter, status, element] = stage.children;
  const store = make();
  const quick = new QuickCodes(new Memory("t", new Box()), (id) => store.codes.has(id));
  const chosen = [];
  const acted = [];
  const view = new View(store);
  const codes = new CodeList({
    element, filter, status, store, view, quick, choose: (id) => chosen.push(id), menu() {}, act: (name, id) => acted.push([name, id]),
  });
  const type = (text) => { filter.value = text; filter.dispatchEvent(new Event("input")); };
  const press = (on, key) => on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const shown = () => [...element.querySelectorAll(".reader-tree :is(.code-name, .code-heading)")].filter((e) => e.checkVisibility()).map((e) => e.textContent);
  return { codes, filter, status, element, quick, view, chosen, acted, type, press, shown };
}

test("filter: the panel shows the branch and says the number", (stage) => {
  const { type, shown, status, filter, press, chosen } = list(stage);
  equal(shown().length, 4);
  type("refle");
  equal([shown(), status.textContent], [["Process gains", "Collective expertise", "Reflexão"], "1 code"]);
  press(filter, "Enter");
  equal(chosen, [3]);
  press(filter, "Escape");
  equal([shown().length, status.textContent, filter.value], [4, "", ""]);
});

test("codes: one tab stop with its menu, arrows pass over what is filtered out", (stage) => {
  const { element, type, press, quick } = list(stage);
  quick.use(4);
  const stops = () => [...element.querySelectorAll('[tabindex="0"]')].map((e) => e.dataset.code + e.className.slice(0, 9));
  equal(stops(), ["4code-butt", "4code-more"]);
  type("t");
  type("trust");
  equal(stops(), ["4code-butt", "4code-more"]);
  element.querySelector(".reader-tree .code-button[data-code='4']").focus();
  press(document.activeElement, "ArrowUp");
  equal(document.activeElement.dataset.code, "4");
  type("");
  press(document.activeElement, "Home");
  ok(document.activeElement.closest(".quick-codes"), "the first row is the first at hand");
});

test("codes: keys of a row act on its code, hidden is said", (stage) => {
  const { element, press, acted, view, codes } = list(stage);
  const button = element.querySelector(".code-button[data-code='2']");
  button.focus();
  for (const key of ["p", "h", "o"]) press(button, key);
  equal(acted, [["pin", 2], ["hide", 2], ["only", 2]]);
  view.toggleCode(2);
  codes.update();
  equal(button.getAttribute("aria-label"), "Collective expertise, 2 passages here, hidden");
});

test("view: hiding a code hides those below it, a heading hides its branch", () => {
  const store = make();
  const view = new View(store);
  const ids = () => store.inSection(0).map((coding) => coding.id);
  view.toggleCode(1);
  equal([ids(), [...view.codes], view.isHidden(2), view.isHidden(4)], [[3], [2, 3], true, false]);
  view.toggleCode(3);
  equal([ids(), view.isHidden(1)], [[2, 3], false]);
  view.showAll();
  equal(ids(), [1, 2, 3, 4]);
});

test("view: coders, one code alone, and next passes over what is hidden", () => {
  const store = make();
  const view = new View(store, { coders: [8, 99] });
  equal(store.inSection(0).map((c) => c.id), [1, 3]);
  equal(store.next([0, 5], 1).id, 3);
  view.toggleCoder(8);
  view.focus(2);
  equal(store.inSection(0).map((c) => c.id), [1, 2, 4]);
  equal([store.next([10, 15], 1).id, store.shownAt(20, 25).length, store.overlapping(20, 25).length], [4, 0, 1]);
  equal([view.focus(2), store.inSection(0).length], [false, 4]);
});

test("view: what is applied is seen again", () => {
  const store = make();
  const view = new View(store, { codes: [4], coders: [7] });
  equal([view.reveal([4], 7), [...view.codes], [...view.coders], view.reveal([4], 7)], [true, [], [], false]);
  view.focus(2);
  equal([view.reveal([3], 7), view.only], [false, 2]);
  equal([view.reveal([4], 7), view.only], [true, null]);
});

test("quick: pinned first, then the last applied; numbers stay where they are", () => {
  const box = new Box();
  const quick = new QuickCodes(new Memory("p", box), () => true);
  quick.use(1);
  quick.use(2);
  equal(quick.list(), [2, 1]);
  quick.use(1);
  equal(quick.list(), [2, 1]);
  quick.togglePin(5);
  quick.togglePin(1);
  equal(quick.list(), [5, 1, 2]);
  equal(new QuickCodes(new Memory("p", box), (id) => id !== 5).list(), [1, 2]);
});

test("quick: nine at most, the one unused for longest goes", () => {
  const quick = new QuickCodes(new Memory("p", new Box()), () => true);
  for (let id = 1; id <= 9; id += 1) quick.use(id);
  quick.use(1);
  quick.use(10);
  equal(quick.list(), [10, 9, 8, 7, 6, 5, 4, 3, 1]);
});

test("quick: without storage everything works, nothing is remembered", () => {
  const quick = new QuickCodes(new Memory("p", BROKEN), () => true);
  quick.use(3);
  equal([quick.list(), new QuickCodes(new Memory("p", BROKEN), () => true).list()], [[3], []]);
  equal(new QuickCodes(new Memory("p", null), () => true).list(), []);
});

test("memory: what is not a list of numbers is not one", () => {
  const box = new Box();
  box.setItem("m:a", '{"x": 1}');
  box.setItem("m:b", "[1, \"2\", null, 3]");
  box.setItem("m:c", "no JSON");
  const memory = new Memory("m", box);
  equal([memory.numbers("a"), memory.numbers("b"), memory.numbers("c"), memory.get("c", 4)], [[], [1, 3], [], 4]);
});

test("keys: the numbers and the tools have their commands", () => {
  equal(["1", "9", "0", "f", "/", "g", "N", "P"].map((key) => TRANSCRIPT_KEYS[key] ?? null),
    ["quick1", "quick9", null, "find", "find", "jump", "nextOfCode", "previousOfCode"]);
});

test("in vivo: one line, whole words, at most 60 characters", () => {
  equal(inVivoName("  we\n do   it "), "we do it");
  equal(inVivoName(`${"word ".repeat(12)}last`), "word ".repeat(12).trim());
  equal([...inVivoName("😀".repeat(70))].length, 60);
});
