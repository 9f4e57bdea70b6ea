// How the commands named in keys.js are carried out, and what listens: keys, buttons and the
// brackets in the margin.

import { openDialog } from "@cs/lib/dialog.js";
import { isTyping } from "@cs/lib/dom.js";
import { PAGE_KEYS, PASSAGE_KEYS, TRANSCRIPT_KEYS, keyName } from "@cs/coding/keys.js";

const byId = (id) => document.getElementById(id);

/** Name of a command -> what it does. */
export function makeCommands({ index, selection, painter, tools, recording, passage, attention, doings }) {
  return {
    nextTurn: () => selection.moveTurn(1),
    previousTurn: () => selection.moveTurn(-1),
    firstTurn: () => selection.toTurn(0),
    lastTurn: () => selection.toTurn(index.length - 1),
    nextWord: () => selection.moveWord(1),
    previousWord: () => selection.moveWord(-1),
    turnStart: () => selection.toTurnEdge(-1),
    turnEnd: () => selection.toTurnEdge(1),
    extendWord: () => selection.extendWord(1),
    shrinkWord: () => selection.extendWord(-1),
    extendCharacter: () => selection.extendGrapheme(1),
    shrinkCharacter: () => selection.extendGrapheme(-1),
    extendTurnDown: () => selection.extendTurn(1),
    extendTurnUp: () => selection.extendTurn(-1),
    extendTurnStart: () => selection.extendToTurnEdge(-1),
    extendTurnEnd: () => selection.extendToTurnEdge(1),
    selectSentence: () => selection.selectSentence(),
    selectTurn: () => selection.selectTurn(),
    collapse: () => { if (!selection.collapse()) painter.mark("cs-target", null); },
    code: () => doings.openPalette(),
    removeCoding: () => doings.removeAtCursor(),
    nextPassage: () => attention.toPassage(1),
    previousPassage: () => attention.toPassage(-1),
    undo: () => doings.step("undo"),
    redo: () => doings.step("redo"),
    help: () => openDialog(byId("shortcuts")),
    ...tools.commands,
    ...recording.commands,
    startBack: () => passage.move("start", -1),
    startOn: () => passage.move("start", 1),
    endBack: () => passage.move("end", -1),
    endOn: () => passage.move("end", 1),
    startBackCharacter: () => passage.move("start", -1, true),
    startOnCharacter: () => passage.move("start", 1, true),
    endBackCharacter: () => passage.move("end", -1, true),
    endOnCharacter: () => passage.move("end", 1, true),
    snapSentence: () => passage.snap("sentence"),
    snapTurn: () => passage.snap("turn"),
    recode: () => doings.openRecode(passage.ask()),
    memo: () => doings.writeMemo(),
    example: () => doings.exampleAtCursor(),
  };
}

export function listen(commands, { root, index, selection, painter, attention }) {
  const buttons = { undo: "undo", redo: "redo", help: "help", "toolbar-code": "code", "dock-code": "code" };
  for (const [id, name] of Object.entries(buttons)) byId(id)?.addEventListener("click", () => commands[name]());

  const place = ({ dataset }) => [Number(dataset.from), Number(dataset.to)];
  root.addEventListener("click", (event) => {
    const bracket = event.target.closest(".bracket");
    if (bracket) attention.goTo(...place(bracket));
  });
  root.addEventListener("pointerover", (event) => {
    const bracket = event.target.closest(".bracket");
    if (bracket) painter.mark("cs-target", place(bracket));
  });
  root.addEventListener("pointerout", (event) => {
    if (event.target.closest(".bracket")) painter.mark("cs-target", null);
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const name = keyName(event);
    const inText = root.contains(event.target);
    const aboutPassage = inText || byId("reader-panel").contains(event.target);
    const command = PAGE_KEYS[name] ?? (inText ? TRANSCRIPT_KEYS[name] : undefined)
      ?? (aboutPassage ? PASSAGE_KEYS[name] : undefined);
    if (!command) return;
    // Escape also closes a sheet; Enter on a button in the margin is a click.
    if (name === "Enter" && event.target.closest("button")) return;
    event.preventDefault();
    if (!selection.place && index.length) selection.putCursor(index.bodies[0]);
    commands[command]();
  });
}
