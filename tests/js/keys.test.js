import { PAGE_KEYS, PASSAGE_KEYS, TRANSCRIPT_KEYS, keyName } from "@cs/coding/keys.js";
import { equal, test } from "@cs-test/harness.js";

const press = (key, more = {}) => keyName(new KeyboardEvent("keydown", { key, ...more }));

test("keys: names carry the modifiers that matter", () => {
  equal(
    [press("a"), press("U", { shiftKey: true }), press("?", { shiftKey: true }), press("ArrowLeft", { shiftKey: true, altKey: true }), press("Z", { ctrlKey: true, shiftKey: true }), press("z", { metaKey: true })],
    ["a", "U", "?", "Alt+Shift+ArrowLeft", "Mod+Shift+z", "Mod+z"],
  );
});

test("keys: undo and redo answer to both habits", () => {
  equal([TRANSCRIPT_KEYS.u, TRANSCRIPT_KEYS.U, PAGE_KEYS["Mod+z"], PAGE_KEYS["Mod+Shift+z"], PAGE_KEYS["Mod+y"]], ["undo", "redo", "undo", "redo", "redo"]);
});

test("keys: brackets by AltGr, and by Alt wherever they lie", () => {
  const altGr = new KeyboardEvent("keydown", { key: "[", ctrlKey: true, altKey: true, modifierAltGraph: true });
  equal(
    [keyName(altGr), press("“", { altKey: true, code: "BracketLeft" }), press("}", { altKey: true, shiftKey: true, code: "BracketRight" }), press("{", { shiftKey: true })],
    ["[", "Alt+[", "Alt+}", "{"],
  );
});

test("keys: no key of a passage is one of the transcript", () => {
  equal(Object.keys(PASSAGE_KEYS).filter((name) => name in TRANSCRIPT_KEYS || name in PAGE_KEYS), []);
});
