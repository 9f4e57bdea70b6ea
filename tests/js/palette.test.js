import { Palette, fold, score } from "@cs/coding/palette.js";
import { CodingStore } from "@cs/coding/store.js";
import { equal, ok, test } from "@cs-test/harness.js";

const CODES = [
  { id: 1, name: "Process gains", parent: null, depth: 0, colour: 0, heading_only: true },
  { id: 2, name: "Collective expertise", parent: 1, depth: 1, colour: 1 },
  { id: 3, name: "Collaborative problem-solving", parent: 1, depth: 1, colour: 2 },
  { id: 4, name: "Reflexão", parent: null, depth: 0, colour: 3 },
];

function make(stage, makeCode = null) {
  const store = new CodingStore({ codes: CODES, coders: [], codings: [], sections: [[0, 10]] });
  const dialog = document.createElement("dialog");
  dialog.innerHTML = `<p class="palette-about"></p><input role="combobox" aria-controls="l"><ul role="listbox" id="l"></ul>
    <p class="palette-status"></p><button class="palette-apply">Apply</button>`;
  stage.append(dialog);
  const palette = new Palette({ dialog, store, makeCode });
  const { input } = palette;
  const type = (text) => { input.value = text; input.dispatchEvent(new Event("input")); };
  const press = (key, more = {}) => input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const names = () => [...dialog.querySelectorAll("[role=option] .palette-name")].map((e) => e.textContent);
  return { palette, type, press, names, store, dialog };
}

test("palette: case and accents do not matter", () => {
  equal(fold("Reflexão"), "reflexao");
});

test("palette: the start of the name beats a word, a word beats the path", () => {
  ok(score("coll", "Collective expertise") > score("coll", "Problem, collective"), "start of name");
  ok(score("exp", "Collective expertise") > score("exp", "Trust", "Expertise"), "word over path");
  equal([score("xyz", "Trust"), score("coll xyz", "Collective"), score("", "Trust")], [0, 0, 1]);
});

test("palette: headings cannot be chosen", async (stage) => {
  const { palette, names, dialog } = make(stage);
  const answer = palette.open({ about: "x" });
  equal(names(), ["Collective expertise", "Collaborative problem-solving", "Reflexão"]);
  dialog.close();
  equal(await answer, []);
});

test("palette: typing narrows, Enter ticks, Ctrl+Enter applies several", async (stage) => {
  const { palette, type, press, names } = make(stage);
  const answer = palette.open({ about: "x" });
  type("coll");
  equal(names(), ["Collective expertise", "Collaborative problem-solving"]);
  press("Enter");
  type("reflexao");
  press("Enter");
  press("Enter", { ctrlKey: true });
  equal(await answer, [2, 4]);
});

test("palette: Ctrl+Enter with nothing ticked takes the active code", async (stage) => {
  const { palette, type, press } = make(stage);
  const answer = palette.open({ about: "x" });
  type("solving");
  press("Enter", { metaKey: true });
  equal(await answer, [3]);
});

test("palette: arrows move and Space ticks the active option", async (stage) => {
  const { palette, press, dialog } = make(stage);
  const answer = palette.open({ about: "x" });
  press("ArrowDown");
  equal(palette.input.getAttribute("aria-activedescendant"), "palette-code-3");
  press(" ");
  equal(dialog.querySelector("#palette-code-3").getAttribute("aria-selected"), "true");
  press(" ");
  equal(dialog.querySelector("#palette-code-3").getAttribute("aria-selected"), "false");
  press(" ");
  press("Enter", { ctrlKey: true });
  equal(await answer, [3]);
});

test("palette: a new code is offered only when no code has the name", async (stage) => {
  const made = [];
  let store = null;
  const parts = make(stage, async (name) => {
    made.push(name);
    const code = { id: 50, name, parent: null, depth: 0, colour: 5 };
    store.addCode(code);
    return code;
  });
  store = parts.store;
  const answer = parts.palette.open({ about: "x" });
  parts.type("reflexao");
  equal(parts.names(), ["Reflexão"]);
  parts.type("Own time");
  equal(parts.names(), ["New code “Own time”"]);
  parts.press("Enter");
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  parts.press("Enter", { ctrlKey: true });
  equal([await answer, made], [[50], ["Own time"]]);
});

test("palette: the selected words are offered as a name, last and only to who may make codes", async (stage) => {
  const made = [];
  let store = null;
  const parts = make(stage, async (name) => {
    made.push(name);
    const code = { id: 51, name, parent: null, depth: 0, colour: 5 };
    store.addCode(code);
    return code;
  });
  store = parts.store;
  const answer = parts.palette.open({ about: "x", words: "on our\n own time" });
  equal(parts.names().at(-1), "In vivo: “on our own time”");
  equal(parts.palette.input.getAttribute("aria-activedescendant"), "palette-code-2");
  parts.type("vivo");
  equal(parts.names(), ["New code “vivo”", "In vivo: “on our own time”"]);
  parts.press("ArrowDown");
  parts.press("Enter");
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  parts.press("Enter", { ctrlKey: true });
  equal([await answer, made], [[51], ["on our own time"]]);
  const again = parts.palette.open({ about: "x", words: "reflexao" });
  equal(parts.names().some((name) => name.startsWith("In vivo")), false);
  parts.dialog.close();
  await again;
});

test("palette: who may not make codes is offered no words", async (stage) => {
  const { palette, names, dialog } = make(stage);
  const answer = palette.open({ about: "x", words: "own time" });
  equal(names().length, 3);
  dialog.close();
  await answer;
});
