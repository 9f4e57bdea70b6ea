// One passage to decide: other words are chosen in the excerpt, by selecting them or by moving the
// ends with keys. What is sent are code points of the stored text, and the words that stand there.

import { announce } from "@cs/lib/announce.js";
import { isTyping } from "@cs/lib/dom.js";
import { UnitMap } from "@cs/lib/offsets.js";
import { gettext } from "@cs/lib/text.js";
import { words } from "@cs/coding/words.js";

const byId = (id) => document.getElementById(id);
const box = byId("review-text");
const form = byId("review-form");
const text = box.textContent;
const map = new UnitMap(text);
const first = Number(box.dataset.start);
const steps = words(text);
let mark = byId("review-mark");
let start = box.firstChild === mark ? 0 : text.length - textFrom(mark);
let end = start + mark.textContent.length;

/** UTF-16 units from an element to the end of the excerpt. */
function textFrom(element) {
  let units = 0;
  for (let node = element; node; node = node.nextSibling) units += node.textContent.length;
  return units;
}

function show() {
  mark = document.createElement("mark");
  mark.id = "review-mark";
  mark.textContent = text.slice(start, end);
  box.replaceChildren(text.slice(0, start), mark, text.slice(end));
  form.elements.start.value = first + map.toPoints(start);
  form.elements.end.value = first + map.toPoints(end);
  form.elements.quote.value = text.slice(start, end);
}

/** A place in the excerpt's nodes as UTF-16 units of its text. */
function units(node, offset) {
  const range = document.createRange();
  range.setStart(box, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function choose() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  if (!box.contains(range.startContainer) || !box.contains(range.endContainer)) return;
  const a = units(range.startContainer, range.startOffset);
  const b = units(range.endContainer, range.endOffset);
  const inside = steps.filter(([s, e]) => s < b && e > a);
  if (!inside.length) return;
  // Whole words: who drags rarely hits the very letter.
  [start, end] = [inside[0][0], inside.at(-1)[1]];
  selection.removeAllRanges();
  show();
}

function moveStart(by) {
  const starts = steps.map(([s]) => s);
  const next = by > 0 ? starts.find((s) => s > start) : starts.findLast((s) => s < start);
  if (next !== undefined && (next < end || start === end)) { start = next; tell(); }
}

function moveEnd(by) {
  const ends = steps.map(([, e]) => e);
  const next = by > 0 ? ends.find((e) => e > end) : ends.findLast((e) => e < end);
  if (next !== undefined && next > start) { end = next; tell(); }
}

function tell() {
  show();
  announce(gettext("Passage: %(words)s", { words: text.slice(start, end) }));
}

const press = (action) => form.querySelector(`button[value="${action}"]`)?.click();
const keys = {
  c: () => press("confirm"),
  m: () => press("move"),
  x: () => press("remove"),
  n: () => byId("review-next")?.click(),
  p: () => byId("review-previous")?.click(),
  "[": () => moveStart(-1),
  "]": () => moveStart(1),
  "{": () => moveEnd(-1),
  "}": () => moveEnd(1),
};

document.addEventListener("keydown", (event) => {
  // AltGr is Ctrl+Alt on many keyboards, and the way to brackets.
  const held = event.metaKey || (event.ctrlKey !== event.altKey);
  if (event.isComposing || held || isTyping(event.target)) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
box.addEventListener("pointerup", () => setTimeout(choose));
box.addEventListener("keyup", choose);
if (end > start) show();
// Typed words are looked for by the server.
form.elements.quote.addEventListener("input", () => {
  form.elements.start.value = "";
  form.elements.end.value = "";
});
