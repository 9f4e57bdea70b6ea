// The reader page: makes the parts and lets them hear of each other. Nothing here knows how a
// part does its work.

import { TurnIndex } from "@cs/lib/offsets.js";
import { Aside } from "@cs/coding/aside.js";
import { Attention } from "@cs/coding/attention.js";
import { CodeList } from "@cs/coding/codes.js";
import { listen, makeCommands } from "@cs/coding/commands.js";
import { Doings } from "@cs/coding/doings.js";
import { Follow } from "@cs/coding/follow.js";
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
import { Status } from "@cs/coding/status.js";
import { CodingStore, unpack } from "@cs/coding/store.js";
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

// Filled as the parts are made: who needs one that comes later looks it up when something happens.
const parts = { data, root, index };

const store = parts.store = new CodingStore({
  ...data, codings: unpack(data.codings), sections: sections.map(({ start, end }) => [start, end]),
});
const saver = parts.saver = new Saver({
  store, index, urls: data.urls, me: data.me, canUndo: data.can_undo, canRedo: data.can_redo,
  unsent: new Unsent({ project: data.project, source: data.source.id, coder: data.me.coder }),
  renew: () => live.renew(),
});
const live = parts.live = new Live({
  url: data.urls.changes, event: data.event, version: data.source.version, store, saver, me: data.me,
});
const selection = parts.selection = new SelectionModel(index);
const painter = parts.painter = new Painter({ root, index, store, sections });
const attention = parts.attention = new Attention(parts);
const doings = parts.doings = new Doings(parts);
const notices = parts.notices = new Notices({
  element: byId("reader-notices"), store, index, go: (...span) => attention.goTo(...span),
});
new Aside({
  element: byId("reader-aside"), notices, saver, index, selection, live, go: (...span) => attention.goTo(...span),
});
parts.recording = new Recording({ element: byId("recording"), index, selection });
const status = parts.status = new Status({ data, store, saver, live, notices });
const follow = parts.follow = new Follow({ root, index, selection, painter, toolbar: byId("selection-toolbar") });
const sheets = parts.sheets = new Sheets({ bar: byId("reader-dock"), panels: [byId("reader-codes"), byId("reader-panel")] });
parts.palette = new Palette({
  dialog: byId("palette"), store, makeCode: data.me.can_make_codes ? (name) => doings.makeCode(name) : null,
});
const tools = parts.tools = new Tools({
  data, root, index, store, selection, painter, follow,
  act: {
    apply: (...coding) => doings.applyCodes(...coding),
    goTo: (...span) => attention.goTo(...span),
    attention: () => attention.from,
    here: () => panel.codings,
    refresh: () => attention.refresh(),
  },
});
const codeList = parts.codeList = new CodeList({
  element: byId("code-list"), filter: byId("code-filter"), status: byId("code-filter-status"),
  store, view: tools.view, quick: tools.quick,
  choose: (id) => doings.chooseCode(id),
  menu: (id, opener) => tools.openMenu(id, opener),
  act: (name, id) => tools.actOn(name, id),
});
const memos = parts.memos = new Memos({ store, saver, urls: data.urls, mayWrite: data.me.can_code });
const panel = parts.panel = new Panel({
  element: byId("reader-panel"),
  store,
  index,
  actions: {
    go: (coding) => { attention.goTo(coding.start, coding.end); passage.pick(coding.id); sheets.close(); },
    remove: (coding) => doings.removeCoding(coding),
    hover: (coding) => painter.mark("cs-target", coding && [coding.start, coding.end]),
    mayRemove: (coding) => doings.mayChange(coding),
    choose: (coding) => passage.pick(coding.id),
    recode: (coding) => doings.openRecode(coding),
    mayExample: (coding) => doings.mayChooseExample(coding),
    example: (coding) => doings.toggleExample(coding),
    memos: (coding) => memos.element(coding),
  },
});
const passage = parts.passage = new PassageEditor({
  layer: byId("passage-handles"),
  index,
  store,
  selection,
  painter,
  panel,
  actions: {
    mayChange: (coding) => doings.mayChange(coding),
    change: (id, fields) => saver.change(id, fields),
    several: (number) => doings.tellToChoose(number),
    place: (offset) => { selection.putCursor(offset); follow.reveal(offset); },
  },
});

live.addEventListener("codes", () => {
  painter.refreshCodes();
  painter.redrawAll();
  codeList.render();
  attention.refresh();
});
listen(makeCommands(parts), parts);
addEventListener("beforeunload", (event) => {
  if (saver.waiting || memos.unsaved) event.preventDefault();
});

if (index.length) {
  painter.start();
  follow.start();
  tools.start();
  status.showCoders();
  if (data.at && data.at[1] > data.at[0]) attention.goTo(...data.at);
  else if (!tools.restore()) attention.refresh();
  tools.remember();
}
saver.restore();
live.start();
document.documentElement.dataset.readerReady = "true";
