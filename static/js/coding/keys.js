// Which key does what. Only names of commands; reader.js knows how they are carried out, and
// the dialog of shortcuts in source.html explains them.

/** Keys that work while the transcript has the focus (single letters never work elsewhere). */
export const TRANSCRIPT_KEYS = {
  ArrowDown: "nextTurn", j: "nextTurn",
  ArrowUp: "previousTurn", k: "previousTurn",
  ArrowRight: "nextWord", ArrowLeft: "previousWord",
  Home: "turnStart", End: "turnEnd",
  "Mod+Home": "firstTurn", "Mod+End": "lastTurn",
  "Shift+ArrowRight": "extendWord", "Shift+ArrowLeft": "shrinkWord",
  "Alt+Shift+ArrowRight": "extendCharacter", "Alt+Shift+ArrowLeft": "shrinkCharacter",
  "Shift+ArrowDown": "extendTurnDown", "Shift+ArrowUp": "extendTurnUp",
  "Shift+Home": "extendTurnStart", "Shift+End": "extendTurnEnd",
  s: "selectSentence", t: "selectTurn",
  Enter: "code", c: "code",
  Delete: "removeCoding", Backspace: "removeCoding",
  n: "nextPassage", p: "previousPassage",
  N: "nextOfCode", P: "previousOfCode",
  a: "playPause", b: "playBack", ".": "playHere",
  f: "find", "/": "find", g: "jump",
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, `quick${n}`])),
  u: "undo", U: "redo",
  Escape: "collapse",
  "?": "help",
};

/** Keys for the passage that is chosen; in the transcript and in the list at the cursor. */
export const PASSAGE_KEYS = {
  "[": "startBack", "]": "startOn", "{": "endBack", "}": "endOn",
  "Alt+[": "startBackCharacter", "Alt+]": "startOnCharacter",
  "Alt+{": "endBackCharacter", "Alt+}": "endOnCharacter",
  S: "snapSentence", T: "snapTurn",
  r: "recode", m: "memo", e: "example",
};

/** Keys that work anywhere on the page except in fields and dialogs. */
export const PAGE_KEYS = {
  "Mod+z": "undo", "Mod+Shift+z": "redo", "Mod+y": "redo",
};

/** "Mod+Shift+z", "Alt+Shift+ArrowLeft", "U", "?" … Mod is Ctrl or ⌘. For a printable character
    the Shift key is in the character already, so it is only named together with Mod. */
export function keyName(event) {
  // Many layouts type brackets with AltGr, which browsers report as Ctrl and Alt.
  if (event.getModifierState?.("AltGraph")) return event.key;
  const mod = event.ctrlKey || event.metaKey;
  // With Alt (⌥) the same keys type other characters on some systems: the place of the key counts.
  const bracket = { BracketLeft: "[{", BracketRight: "]}" }[event.code];
  if (event.altKey && !mod && bracket) return `Alt+${bracket[event.shiftKey ? 1 : 0]}`;
  const printable = event.key.length === 1;
  const parts = [];
  if (mod) parts.push("Mod");
  if (event.altKey && !printable) parts.push("Alt");
  if (event.shiftKey && (!printable || mod)) parts.push("Shift");
  parts.push(mod && printable ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}
