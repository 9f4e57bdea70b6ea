// What a person can do to codings: code a selection, take away, recode, write a memo, undo. The
// keys, buttons and lists of the page end here; the saver takes it to the server.

import { announce, toast } from "@cs/lib/announce.js";
import { ApiError, send } from "@cs/lib/api.js";
import { snippet } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";

export class Doings {
  /** parts: data, index, store, saver, selection, painter, follow, sheets, palette, tools, codeList,
      memos, panel, passage, attention; they are looked up when they are needed. */
  constructor(parts) {
    this.parts = parts;
  }

  get mayCode() {
    return this.parts.data.me.can_code;
  }

  mayChange(coding) {
    const { me } = this.parts.data;
    return me.can_code && !coding.pending && (coding.coder === me.coder || me.can_remove_others);
  }

  // ---- coding ----------------------------------------------------------------

  /** Asks for codes for the selection, else for the word at the cursor. */
  async openPalette() {
    const { data, index, store, selection, follow, sheets, palette } = this.parts;
    if (!this.mayCode || palette.isOpen) return;
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
    const text = index.textBetween(start, end);
    const about = `“${snippet(text, 130)}” ${ngettext("(%(count)s word)", "(%(count)s words)", words)}`;
    const present = this.#codesOf({ start, end, coder: data.me.coder }, store);
    this.applyCodes(start, end, await palette.open({ about, present, words: text }));
  }

  applyCodes(start, end, codes) {
    const { store, saver, selection, tools, attention } = this.parts;
    if (!codes.length) return;
    selection.collapse("code");
    saver.apply(start, end, codes);
    tools.used(codes);
    const names = codes.map((id) => store.codes.get(id).name).join(", ");
    announce(gettext("Coded with %(names)s.", { names }));
    attention.refresh();
  }

  /** A code of the list was chosen: it codes the selection, or shows its next passage. */
  chooseCode(id) {
    const { store, selection, follow, sheets, tools, attention } = this.parts;
    if (this.mayCode && selection.range) {
      const [start, end] = selection.range;
      this.applyCodes(start, end, [id]);
      sheets.close();
      follow.focusTurn();
      return;
    }
    const coding = store.next(attention.from, 1, id) ?? store.next([-1], 1, id);
    const { name } = store.codes.get(id);
    tools.thisCode = id;
    if (!coding) {
      announce(gettext("%(code)s: no passage here yet. Select words first to code them.", { code: name }));
      toast(gettext("%(code)s has no passage here yet. Select words first to code them.", { code: name }));
      return;
    }
    sheets.close();
    attention.goTo(coding.start, coding.end);
  }

  /** A new code from the palette: the code, or null when the server refused it. */
  async makeCode(name) {
    const { data, store, painter, codeList } = this.parts;
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

  // ---- what is coded already ---------------------------------------------------

  async openRecode(coding) {
    const { index, store, sheets, palette, passage } = this.parts;
    if (!coding || palette.isOpen) return;
    sheets.close();
    const about = `“${snippet(index.textBetween(coding.start, coding.end), 130)}”`;
    const [code] = await palette.open({ about, present: this.#codesOf(coding, store), instead: coding.code });
    const now = store.byId.get(coding.id);
    if (code !== undefined && now) passage.recode(now, code);
  }

  /** A memo is for everybody who codes, also on what somebody else has coded. */
  writeMemo() {
    const { memos, panel } = this.parts;
    if (!this.mayCode) return;
    const coding = this.#oneHere();
    if (!coding) return;
    this.#openPanel();
    panel.flush();
    memos.write(coding.id);
  }

  mayChooseExample(coding) {
    return this.parts.data.me.can_choose_examples && !coding.pending;
  }

  exampleAtCursor() {
    if (!this.parts.data.me.can_choose_examples) {
      announce(gettext("Who may edit the codebook chooses the examples."));
      return;
    }
    const coding = this.#oneHere();
    if (coding) this.toggleExample(coding);
  }

  /** Makes a passage an example of its code, or takes it from the examples. */
  async toggleExample(coding) {
    const { data, store } = this.parts;
    const method = store.isExample(coding) ? "DELETE" : "PUT";
    try {
      const { examples, message } = await send(method, data.urls.example.replace(/0\/example\/$/, `${coding.id}/example/`));
      store.setExamples(examples);
      announce(message);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message, { error: true });
    }
  }

  removeAtCursor() {
    const { panel } = this.parts;
    if (!this.mayCode) return;
    const mine = panel.codings.filter((coding) => this.mayChange(coding));
    if (!mine.length) {
      announce(gettext("There is no coding here that you can remove."));
    } else if (mine.length === 1) {
      this.removeCoding(mine[0]);
    } else {
      this.#openPanel();
      panel.focusFirst();
      announce(ngettext("%(count)s coding here: choose one in the list.", "%(count)s codings here: choose one in the list.", mine.length));
    }
  }

  removeCoding(coding) {
    const { store, saver, painter, follow, panel } = this.parts;
    const name = store.codes.get(coding.code)?.name ?? "?";
    saver.remove(coding.id);
    painter.mark("cs-target", null);
    toast(gettext("Removed %(code)s.", { code: name }), { action: [gettext("Undo"), () => this.step("undo")] });
    if (!panel.codings.length) follow.focusTurn();
  }

  /** kind: "undo" or "redo". */
  step(kind) {
    const { saver } = this.parts;
    if (!this.mayCode) return;
    const possible = kind === "undo" ? saver.canUndo : saver.canRedo;
    if (!possible && !saver.waiting) {
      announce(kind === "undo" ? gettext("There is nothing to undo.") : gettext("There is nothing to redo."));
      return;
    }
    saver[kind]();
  }

  /** Which passage is meant is not clear, or there is none. */
  tellToChoose(number) {
    if (!this.mayCode) return;
    if (!number) {
      announce(gettext("There is no coded passage here that you can change."));
      return;
    }
    this.#openPanel();
    this.parts.panel.focusFirst();
    announce(ngettext("%(count)s coded passage here: choose it in the list.", "%(count)s coded passages here: choose one in the list.", number));
  }

  /** The passage that is meant, or null after having said that it has to be chosen. */
  #oneHere() {
    const { panel, passage } = this.parts;
    const all = panel.codings.filter((coding) => !coding.pending);
    const coding = passage.chosen ?? (all.length === 1 ? all[0] : null)
      ?? all.find((one) => one.id === passage.picked) ?? null;
    if (!coding) this.tellToChoose(all.length);
    return coding;
  }

  /** The codes that the coder of this very passage has given it. */
  #codesOf({ start, end, coder }, store) {
    return store.overlapping(start, end)
      .filter((c) => c.start === start && c.end === end && c.coder === coder)
      .map((c) => c.code);
  }

  /** On a narrow screen the list at the cursor is a sheet. */
  #openPanel() {
    const { sheets } = this.parts;
    const narrow = getComputedStyle(document.getElementById("reader-dock")).display !== "none";
    if (narrow && sheets.openId !== "reader-panel") sheets.toggle("reader-panel");
  }
}
