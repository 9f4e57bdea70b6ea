// The reader page: makes the parts and lets them hear of each other. Nothing here knows how a
// part does its work.

import { announce, toast } from "@cs/lib/announce.js";
import { ApiError, send } from "@cs/lib/api.js";
import { openDialog } from "@cs/lib/dialog.js";
import { h, isTyping, snippet } from "@cs/lib/dom.js";
import { TurnIndex } from "@cs/lib/offsets.js";
import { gettext, ngettext } from "@cs/lib/text.js";
import { Aside } from "@cs/coding/aside.js";
import { CodeList } from "@cs/coding/codes.js";
import { Follow } from "@cs/coding/follow.js";
import { PAGE_KEYS, PASSAGE_KEYS, TRANSCRIPT_KEYS, keyName } from "@cs/coding/keys.js";
import { Live } from "@cs/coding/live.js";
import { Memos } from "@cs/coding/memos.js";
import { Notices } from "@cs/coding/notices.js";
import { Painter } from "@cs/coding/paint.js";
import { Palette } from "@cs/coding/palette.js";
import { Panel } from "@cs/coding/panel.js";
import { PassageEditor } from "@cs/coding/passage.js";
import { Recording } from "@cs/coding/recording.js";
import { Saver } from "@cs/coding/saver.js";
import { SelectionModel } from "@cs/coding/selection.js";
import { Sheets } from "@cs/coding/sheet.js";
import { CodingStore } from "@cs/coding/store.js";
import { Tools } from "@cs/coding/tools.js";
import { Unsent } from "@cs/coding/unsent.js";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("reader-data").textContent);
const root = byId("transcript");
const index = new TurnIndex(root);
const sections = [...root.querySelectorAll(".section")].map((element) => ({
  element,
  start: Number(element.dataset.s),
  end: Number(element.dataset.e),
  turns: element.childElementCount,
}));

const store = new CodingStore({ ...data, sections: sections.map(({ start, end }) => [start, end]) });
const saver = new Saver({
  store, index, urls: data.urls, me: data.me, canUndo: data.can_undo, canRedo: data.can_redo,
  unsent: new Unsent({ project: data.project, source: data.source.id, coder: data.me.coder }),
  renew: () => live.renew(),
});
const live = new Live({ url: data.urls.changes, event: data.event, version: data.source.version, store, saver, me: data.me });
const notices = new Notices({ element: byId("reader-notices"), store, index, go: goTo });
const selection = new SelectionModel(index);
new Aside({ element: byId("reader-aside"), notices, saver, index, selection, live, go: goTo });
const painter = new Painter({ root, index, store, sections });
const follow = new Follow({ root, index, selection, painter, toolbar: byId("selection-toolbar") });
const sheets = new Sheets({ bar: byId("reader-dock"), panels: [byId("reader-codes"), byId("reader-panel")] });
const palette = new Palette({ dialog: byId("palette"), store, makeCode: data.me.can_make_codes ? makeCode : null });
const tools = new Tools({
  data, root, index, store, selection, painter, follow,
  act: { apply: applyCodes, goTo, attention, here: () => panel.codings, refresh: refreshPanel },
});
const codeList = new CodeList({
  element: byId("code-list"), filter: byId("code-filter"), status: byId("code-filter-status"),
  store, view: tools.view, quick: tools.quick, choose: chooseCode,
  menu: (id, opener) => tools.openMenu(id, opener),
  act: (name, id) => tools.actOn(name, id),
});
const mayChange = (coding) => data.me.can_code && !coding.pending
  && (coding.coder === data.me.coder || data.me.can_remove_others);
const memos = new Memos({ store, saver, urls: data.urls, mayWrite: data.me.can_code });
const panel = new Panel({
  element: byId("reader-panel"),
  store,
  index,
  actions: {
    go: (coding) => { goTo(coding.start, coding.end); passage.pick(coding.id); sheets.close(); },
    remove: removeCoding,
    hover: (coding) => painter.mark("cs-target", coding && [coding.start, coding.end]),
    mayRemove: mayChange,
    choose: (coding) => passage.pick(coding.id),
    recode: openRecode,
    memos: (coding) => memos.element(coding),
  },
});
const passage = new PassageEditor({
  layer: byId("passage-handles"),
  index,
  store,
  selection,
  painter,
  panel,
  actions: {
    mayChange,
    change: (id, fields) => saver.change(id, fields),
    several: tellToChoose,
    place: (offset) => { selection.putCursor(offset); follow.reveal(offset); },
  },
});

// The passage that was gone to last, until the cursor is moved otherwise.
let visited = null;

// ---- what the person can do --------------------------------------------------

const commands = {
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
  code: openPalette,
  removeCoding: removeAtCursor,
  nextPassage: () => toPassage(1),
  previousPassage: () => toPassage(-1),
  undo: () => step("undo"),
  redo: () => step("redo"),
  help: () => openDialog(byId("shortcuts")),
  ...tools.commands,
  ...new Recording({ element: byId("recording"), index, selection }).commands,
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
  recode: () => openRecode(passage.ask()),
  memo: writeMemo,
};

async function openPalette() {
  if (!data.me.can_code || palette.isOpen) return;
  const range = selection.range ?? selection.cursor;
  if (!range || range[1] <= range[0]) {
    announce(gettext("Select a passage first."));
    return;
  }
  const [start, end] = range;
  sheets.close();
  follow.hideToolbar();
  selection.setRange(start, end);
  const words = selection.countWords(start, end);
  const about = `“${snippet(index.textBetween(start, end), 130)}” ${ngettext("(%(count)s word)", "(%(count)s words)", words)}`;
  const present = store.overlapping(start, end)
    .filter((c) => c.start === start && c.end === end && c.coder === data.me.coder)
    .map((c) => c.code);
  applyCodes(start, end, await palette.open({ about, present, words: index.textBetween(start, end) }));
}

async function openRecode(coding) {
  if (!coding || palette.isOpen) return;
  sheets.close();
  const about = `“${snippet(index.textBetween(coding.start, coding.end), 130)}”`;
  const present = store.overlapping(coding.start, coding.end)
    .filter((c) => c.start === coding.start && c.end === coding.end && c.coder === coding.coder)
    .map((c) => c.code);
  const [code] = await palette.open({ about, present, instead: coding.code });
  const now = store.byId.get(coding.id);
  if (code !== undefined && now) passage.recode(now, code);
}

/** A memo is for everybody who codes, also on what somebody else has coded. */
function writeMemo() {
  if (!data.me.can_code) return;
  const all = panel.codings.filter((coding) => !coding.pending);
  const coding = passage.chosen ?? (all.length === 1 ? all[0] : null)
    ?? all.find((one) => one.id === passage.picked);
  if (!coding) {
    tellToChoose(all.length);
    return;
  }
  if (isNarrow() && sheets.openId !== "reader-panel") sheets.toggle("reader-panel");
  memos.write(coding.id);
}

/** Which passage is meant is not clear, or there is none. */
function tellToChoose(number) {
  if (!data.me.can_code) return;
  if (!number) {
    announce(gettext("There is no coded passage here that you can change."));
    return;
  }
  if (isNarrow() && sheets.openId !== "reader-panel") sheets.toggle("reader-panel");
  panel.focusFirst();
  announce(ngettext("%(count)s coded passage here: choose it in the list.", "%(count)s coded passages here: choose one in the list.", number));
}

function isNarrow() {
  return getComputedStyle(byId("reader-dock")).display !== "none";
}

function chooseCode(id) {
  if (data.me.can_code && selection.range) {
    const [start, end] = selection.range;
    applyCodes(start, end, [id]);
    sheets.close();
    follow.focusTurn();
    return;
  }
  const coding = store.next(attention(), 1, id) ?? store.next([-1], 1, id);
  const { name } = store.codes.get(id);
  tools.thisCode = id;
  if (!coding) {
    announce(gettext("%(code)s: no passage here yet. Select words first to code them.", { code: name }));
    toast(gettext("%(code)s has no passage here yet. Select words first to code them.", { code: name }));
    return;
  }
  sheets.close();
  goTo(coding.start, coding.end);
}

function applyCodes(start, end, codes) {
  if (!codes.length) return;
  selection.collapse("code");
  saver.apply(start, end, codes);
  tools.used(codes);
  const names = codes.map((id) => store.codes.get(id).name).join(", ");
  announce(gettext("Coded with %(names)s.", { names }));
  refreshPanel();
}

async function makeCode(name) {
  try {
    const { code } = await send("POST", data.urls.codes, { name, parent: null, definition: "" });
    store.addCode({ heading_only: false, parent: null, ...code });
    painter.refreshCodes();
    codeList.render();
    announce(gettext("The code %(name)s was made.", { name: code.name }));
    return store.codes.get(code.id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, { error: true });
    return null;
  }
}

function removeAtCursor() {
  const mine = panel.codings.filter(panel.actions.mayRemove);
  if (!data.me.can_code) return;
  if (!mine.length) {
    announce(gettext("There is no coding here that you can remove."));
  } else if (mine.length === 1) {
    removeCoding(mine[0]);
  } else {
    if (getComputedStyle(byId("reader-dock")).display !== "none") sheets.toggle("reader-panel");
    panel.focusFirst();
    announce(ngettext("%(count)s coding here: choose one in the list.", "%(count)s codings here: choose one in the list.", mine.length));
  }
}

function removeCoding(coding) {
  const name = store.codes.get(coding.code)?.name ?? "?";
  saver.remove(coding.id);
  painter.mark("cs-target", null);
  toast(gettext("Removed %(code)s.", { code: name }), { action: [gettext("Undo"), () => step("undo")] });
  if (!panel.codings.length) follow.focusTurn();
}

function step(kind) {
  if (!data.me.can_code) return;
  const possible = kind === "undo" ? saver.canUndo : saver.canRedo;
  if (!possible && !saver.waiting) {
    announce(kind === "undo" ? gettext("There is nothing to undo.") : gettext("There is nothing to redo."));
    return;
  }
  saver[kind]();
}

function toPassage(direction) {
  const coding = store.next(attention(), direction);
  if (!coding) {
    announce(direction > 0 ? gettext("No coded passage after this one.") : gettext("No coded passage before this one."));
    return;
  }
  goTo(coding.start, coding.end);
}

/** Where the next passage is looked for: from the passage gone to last, else the selection's or
    cursor's start. (A passage may begin inside the word that the cursor stands on.) */
function attention() {
  return visited ?? [selection.place?.[0] ?? -1];
}

/** Puts the cursor on a passage and marks it, in the middle of the view. */
function goTo(start, end) {
  selection.putCursor(start);
  visited = [start, end];
  painter.mark("cs-target", visited);
  follow.reveal(start, { middle: true });
  const codings = store.shownAt(start, end).filter((c) => c.start === start && c.end === end);
  announce(`${snippet(index.textBetween(start, end), 160)}. ${Panel.inWords(codings, store)}`);
}

// ---- what the page shows -----------------------------------------------------

function refreshPanel() {
  panel.show(selection.place);
  byId("dock-count").textContent = panel.codings.length ? `(${panel.codings.length})` : "";
}

function showSelection() {
  const { range } = selection;
  const words = range ? selection.countWords(...range) : 0;
  const text = range ? ngettext("%(count)s word selected", "%(count)s words selected", words) : "";
  byId("panel-selection").textContent = text;
  byId("toolbar-words").textContent = text;
  const button = byId("dock-code");
  if (button) button.disabled = !range;
}

selection.addEventListener("change", (event) => {
  const { by, what } = event.detail;
  visited = null;
  painter.mark("cs-target", null);
  follow.paint(by);
  refreshPanel();
  showSelection();
  if (by !== "keyboard") return;
  follow.reveal(selection.range ? (selection.forward ? Math.max(selection.edge - 1, 0) : selection.edge) : selection.cursor[0]);
  if (what === "cursor") {
    const codes = panel.codings.length ? `, ${Panel.inWords(panel.codings, store)}` : "";
    announce(index.textBetween(...selection.cursor) + codes);
  } else if (what === "range") {
    const words = ngettext("%(count)s word", "%(count)s words", selection.countWords(...selection.range));
    announce(`${words}: ${tail(index.textBetween(...selection.range))}`);
  } else {
    // The focus makes a screen reader read the turn; only the codes have to be added.
    const i = selection.turn;
    const here = store.shownAt(index.starts[i], index.ends[i]);
    if (here.length) announce(Panel.inWords(here, store));
  }
});

/** The end that moves is what the ear needs: a short selection whole, a long one its last words. */
function tail(text) {
  const parts = text.trim().split(/\s+/);
  return parts.length > 14 ? `… ${parts.slice(-6).join(" ")}` : parts.join(" ");
}

store.addEventListener("change", () => {
  refreshPanel();
  showCoders();
});

function showCoders() {
  const counts = new Map();
  for (const coding of store.byId.values()) counts.set(coding.coder, (counts.get(coding.coder) ?? 0) + 1);
  const chips = [...store.coders.values()].filter((coder) => counts.has(coder.id)).map((coder) => h("span.person", {
    "data-initial": coder.name.slice(0, 1).toUpperCase(),
  }, `${coder.name} ${counts.get(coder.id).toLocaleString()}`));
  byId("reader-coders").replaceChildren(...chips);
}

const stateWords = ({ state, retrying, code, waiting }) => {
  if (state !== "failed") return state === "saved" ? gettext("Saved") : gettext("Saving…");
  if (retrying) return ngettext("Not saved — retrying (%(count)s change)", "Not saved — retrying (%(count)s changes)", waiting);
  if (code === "signed_out") return gettext("Not saved — log in again");
  if (code === "no_access") return gettext("Not saved — no access");
  return ngettext("Not saved — %(count)s change waits", "Not saved — %(count)s changes wait", waiting);
};
let failing = false;
saver.addEventListener("state", ({ detail }) => {
  const { state, retrying, code, status, message, attempts } = detail;
  const box = byId("save-state");
  if (box) {
    box.dataset.state = state;
    box.title = message;
    box.querySelector(".save-words").textContent = stateWords(detail);
    byId("retry").hidden = state !== "failed" || retrying;
  }
  if (state === "failed" && !failing) announce(`${gettext("Not saved.")} ${message} ${gettext("It is kept and sent again.")}`);
  if (state === "saved" && failing) announce(gettext("Saved."));
  failing = state === "failed" || (failing && state === "saving");
  if (state === "saved") notices.over("signed-out", "other-person", "stuck");
  if (code === "signed_out") signedOut();
  if (code === "other_person") {
    notices.stand("other-person", gettext("Somebody else is logged in in this browser now."),
      gettext("Your changes are kept, and sent when %(name)s has logged in here again.", { name: data.me.name }));
  }
  if (status >= 500 && attempts >= 5) {
    notices.stand("stuck", gettext("The server fails at this change again and again."),
      gettext("The others wait behind it."),
      h("button.button.button-small", { type: "button", onclick: () => { notices.over("stuck"); saver.discard(); live.refresh(); } }, gettext("Give up this change")));
  }
});
function signedOut() {
  notices.stand("signed-out", gettext("You are logged out."),
    gettext("Your changes are kept, and sent when you have logged in again."),
    h("a.button.button-small", { href: data.urls.login, target: "_blank" }, gettext("Log in (in a new tab)")));
}
saver.addEventListener("refused", ({ detail }) => {
  // These say all there is to say in a sentence: what was wanted is so already.
  if (["already_removed", "nothing_to_undo", "nothing_to_redo"].includes(detail.code)) toast(detail.message, { error: true });
  else notices.refused(detail);
  if (detail.kind === "finished") showFinished(!isFinished());
  // Is what is shown still so? The server has just disagreed once.
  live.refresh();
});
saver.addEventListener("finished", ({ detail }) => showFinished(detail.finished));
live.addEventListener("codes", () => {
  painter.refreshCodes();
  codeList.render();
  refreshPanel();
});
live.addEventListener("corrected", () => {
  notices.stand(
    "corrected",
    gettext("The transcript has been corrected."),
    gettext("This page still shows the text as it was. Load it again to go on; what is not saved yet is kept and tried again."),
    h("button.button.button-small.button-primary", { type: "button", onclick: () => location.reload() }, gettext("Load the page again")),
  );
});
live.addEventListener("present", ({ detail: { people } }) => showPresent(people));
live.addEventListener("reached", () => {
  notices.over("signed-out");
  // The server answers again, so what waits need not wait for its pause.
  if (failing) saver.retry();
});
live.addEventListener("lost", ({ detail: { error } }) => {
  if (error.code === "signed_out") signedOut();
  if (error.status === 404) showPresent([]);
});
addEventListener("online", () => saver.retry());

function showPresent(people) {
  const box = byId("reader-present");
  const names = people.map((person) => person.name);
  box.textContent = names.length ? ngettext("%(names)s is here", "%(names)s are here", names.length, { names: names.join(", ") }) : "";
}

saver.addEventListener("done", ({ detail: { kind, message } }) => {
  if (kind === "finished") {
    toast(isFinished() ? gettext("Marked: you have finished coding this source.") : gettext("No longer marked as finished."));
  } else if (message && (kind === "undo" || kind === "redo")) toast(message);
});
saver.addEventListener("undo", ({ detail: { canUndo, canRedo } }) => {
  if (byId("undo")) byId("undo").disabled = !canUndo;
  if (byId("redo")) byId("redo").disabled = !canRedo;
});

const isFinished = () => byId("finished")?.getAttribute("aria-pressed") === "true";
function showFinished(finished) {
  byId("finished")?.setAttribute("aria-pressed", String(finished));
}

// ---- listening -----------------------------------------------------------------

function onClick(id, run) {
  byId(id)?.addEventListener("click", run);
}
onClick("undo", commands.undo);
onClick("redo", commands.redo);
onClick("help", commands.help);
onClick("retry", () => saver.retry());
onClick("toolbar-code", openPalette);
onClick("dock-code", openPalette);
onClick("finished", () => {
  showFinished(!isFinished());
  saver.setFinished(isFinished());
});

root.addEventListener("click", (event) => {
  const bracket = event.target.closest(".bracket");
  if (bracket) goTo(Number(bracket.dataset.from), Number(bracket.dataset.to));
});
root.addEventListener("pointerover", (event) => {
  const bracket = event.target.closest(".bracket");
  if (bracket) painter.mark("cs-target", [Number(bracket.dataset.from), Number(bracket.dataset.to)]);
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

addEventListener("beforeunload", (event) => {
  if (saver.waiting || memos.unsaved) event.preventDefault();
});

if (index.length) {
  painter.start();
  follow.start();
  tools.start();
  showCoders();
  if (data.at && data.at[1] > data.at[0]) goTo(...data.at);
  else if (!tools.restore()) refreshPanel();
  tools.remember();
}
saver.restore();
live.start();
document.documentElement.dataset.readerReady = "true";
