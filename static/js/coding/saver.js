// Takes changes to the server: one after another, shown at once, taken back when refused, and
// never lost: each waits in unsent.js until the server has answered, also across a reload.
//
// Each action carries a key made here, so that a request sent twice (the answer was lost, the
// page was loaded again) acts once. When the network fails the action stays at the head of the
// line, is tried again after a pause that grows, and nothing behind it overtakes it.
//
// An action is plain data (it must survive a reload); what its kind means stands in actions.js.
//
// What the server refuses although somebody's work is in it (a tag, a changed passage, a memo) is
// set aside: out of the line, shown with its reason (aside.js), and kept until a person decides.
//
// Emits "state" {state: "saved" | "saving" | "failed", retrying, code, message, waiting, attempts},
//       "done" {kind, message}, "refused" {action, kind, code, status, message}, "aside" {},
//       "undo" {canUndo, canRedo}, "memos" {coding, note} and "finished" {finished}.

import { gettext } from "@cs/lib/text.js";
import { newKey } from "@cs/lib/key.js";
import { KINDS, fingerprint } from "@cs/coding/actions.js";
import { UNDOABLE, localTop, mayStepOn } from "@cs/coding/waiting.js";

const PAUSES_S = [1, 2, 4, 8, 15, 30];
const AWAY = { other: "other_person", gone: "no_access", trash: "in_trash" };
// What was wanted is so already, or has become pointless: a sentence is enough.
const POINTLESS = ["already_removed", "already_there"];

export class Saver extends EventTarget {
  /** unsent: see unsent.js; without it nothing is kept. renew(): asks for a new CSRF token and
      answers "renewed", "other" (another person is logged in now), "gone" (whoever is logged in
      may not read this source), "trash" (it was put there) or "failed". */
  constructor({ store, index, urls, me, canUndo, canRedo, unsent = null, renew = null, pauses = PAUSES_S }) {
    super();
    Object.assign(this, { store, index, urls, me, unsent, renew, pauses });
    this.server = { undo: canUndo, redo: canRedo };
    this.line = [];
    // Refused, and kept until somebody decides: each with {code, status, message} in `aside`.
    this.aside = [];
    // What redo would answer, the next one last: an action that was taken back before it was
    // sent, or {server: true, of: the key of the action that the server has taken back, or null}.
    this.taken = [];
    this.busy = false;
    this.state = "saved";
    this.made = 0;
    this.attempts = 0;
    // How many actions have had their answer: who reads the state of things meanwhile can tell.
    this.settled = 0;
  }

  get waiting() {
    return this.line.length;
  }

  get canUndo() {
    return this.server.undo || localTop(this.line) !== null || this.line.some((action) => action.kind === "redo");
  }

  get canRedo() {
    if (this.taken.some((entry) => !entry.server)) return true;
    return mayStepOn(this.line, this.server.redo);
  }

  /** Shows and sends what an earlier page could not. */
  restore() {
    const kept = this.unsent?.load() ?? [];
    for (const action of kept) {
      if (!(action.kind in KINDS)) continue;
      if (action.aside) {
        this.aside.push(action);
        continue;
      }
      // It may have arrived: only the server knows.
      action.tried = true;
      if (action.of) this.#find(action.of) && (this.#find(action.of).undone = true);
      this.line.push(action);
    }
    for (const action of this.line) if (!action.undone) KINDS[action.kind].show?.(this, action);
    this.#tellUndo();
    if (this.aside.length) this.#emit("aside", {});
    if (this.line.length) this.#next();
  }

  /** Codes [start, end) with one or several codes. */
  apply(start, end, codes) {
    // What is there already would be an action that does nothing, and an undo that seems to.
    const fresh = codes.filter((code) => !this.store.find(start, end, code, this.me.coder));
    if (!fresh.length) return null;
    const words = this.index.textBetween(start, end);
    return this.#enqueue({ kind: "apply", start, end, codes: fresh, check: fingerprint(words) }, { words });
  }

  remove(id) {
    const coding = this.store.byId.get(id);
    if (!coding || coding.pending) return null;
    return this.#enqueue({ kind: "remove", id, row: [id, coding.start, coding.end, coding.code, coding.coder] });
  }

  /** Moves a coding's borders ({start, end}) or gives it another code ({code}). */
  change(id, fields) {
    const coding = this.store.byId.get(id);
    if (!coding || coding.pending) return null;
    const { start, end, code } = { ...coding, ...fields };
    const words = this.index.textBetween(start, end);
    const check = "start" in fields ? fingerprint(words) : null;
    return this.#enqueue({ kind: "change", id, fields, base: this.#base(coding), place: [start, end, code], check }, { words });
  }

  /** Writes, changes or removes a memo: POST to a coding's memos, PATCH or DELETE of one memo.
      about: {coding, note: id of the memo or null}. */
  note(method, url, text = "", { coding = null, note = null } = {}) {
    return this.#enqueue({ kind: "note", method, url, text, coding, note });
  }

  setFinished(finished) {
    return this.#enqueue({ kind: "finished", finished });
  }

  /** What was never sent is taken out of the line; what may have arrived is taken back at once
      here and, behind it in the line, on the server. */
  undo() {
    const last = this.line.at(-1);
    if (last?.kind === "redo" && !last.tried) {
      this.taken.push(last.entry ?? { server: true, of: null });
      return this.#withdraw(last);
    }
    const target = localTop(this.line);
    if (target && target === last && !target.tried) {
      this.#leave(target);
      KINDS[target.kind].hide?.(this, target);
      this.taken.push(target);
      return this.#withdraw(target, gettext("Undone. It had not been sent yet."));
    }
    if (target) {
      target.undone = true;
      KINDS[target.kind].hide?.(this, target);
    }
    const entry = { server: true, of: target?.key ?? null };
    this.taken.push(entry);
    return this.#enqueue({ kind: "undo", of: entry.of, entry });
  }

  redo() {
    const last = this.line.at(-1);
    // Unless something was done and taken back after that undo: then that is what comes next.
    if (last?.kind === "undo" && !last.tried && last.entry === this.taken.at(-1)) {
      const target = this.#find(last.of);
      if (target) {
        target.undone = false;
        KINDS[target.kind].show?.(this, target);
      }
      this.taken.pop();
      return this.#withdraw(last);
    }
    const entry = this.taken.pop() ?? null;
    if (entry && !entry.server) return this.#enqueue(this.#again(entry), { keepTaken: true });
    return this.#enqueue({ kind: "redo", of: entry?.of ?? null, entry });
  }

  /** Sends what waits once more, now. */
  retry() {
    if (this.state === "failed") this.#next();
  }

  /** Gives up the action at the head of the line, which the server cannot digest. */
  discard() {
    const action = this.line[0];
    if (!action || this.busy) return;
    this.#leave(action);
    if (action.undone) this.#forgetUndo(action);
    else KINDS[action.kind].refused?.(this, action, {});
    this.#next();
  }

  /** Gives up all that waits (there is no way any more to send it). */
  discardAll() {
    if (this.busy) return;
    for (const action of [...this.line].reverse()) {
      this.#leave(action);
      if (!action.undone) KINDS[action.kind].hide?.(this, action);
    }
    this.taken = [];
    this.#tellUndo();
    this.#next();
  }

  /** Sends what was set aside once more: as it was, or at another place [start, end). False when
      the coding that it is about is no longer there; then it stays aside. */
  resend(action, place = null) {
    if (action.kind === "change") {
      const fields = { ...action.fields, ...(place ? { start: place[0], end: place[1] } : {}) };
      if (this.change(action.id, fields) === null) return false;
    } else if (place) this.apply(...place, action.codes);
    else this.#enqueue(this.#again(action), { words: this.unsent?.words(action.key) });
    this.giveUp(action);
    return true;
  }

  /** Discards what was set aside. */
  giveUp(action) {
    this.aside = this.aside.filter((other) => other !== action);
    this.unsent?.drop(action.key);
    this.#emit("aside", {});
  }

  /** What somebody else's news may change here without touching what waits in the line.
      Rows and ids that the line decides about are left out. */
  reconcile({ added, removed, reset = false }) {
    const gone = reset ? this.#missing(added) : removed;
    for (const action of this.line) {
      if (["remove", "change"].includes(action.kind) && gone.includes(action.id)) action.gone = true;
    }
    const applies = this.line.filter((a) => a.kind === "apply");
    const removes = this.line.filter((a) => a.kind === "remove");
    const changes = this.line.filter((a) => a.kind === "change");
    return {
      add: added.filter((row) => {
        const [id, start, end, code, coder] = row;
        if (removes.some((a) => a.id === id && !a.undone)) return false;
        const moved = changes.filter((a) => a.id === id);
        // The answers to the own changes say where it stands in the end.
        for (const action of moved) action.base = row;
        if (moved.length) return false;
        const mine = coder === this.me.coder && applies.some(
          (a) => a.start === start && a.end === end && a.codes.includes(code));
        if (mine) return false;
        const here = this.store.byId.get(id);
        return !here || here.start !== start || here.end !== end || here.code !== code || here.coder !== coder;
      }),
      remove: gone.filter((id) => this.store.byId.has(id) && !removes.some((a) => a.id === id && a.undone)),
    };
  }

  /** What undo and redo of the server would answer, when somebody else's page has changed it. */
  tellServer({ can_undo: undo, can_redo: redo }) {
    this.server = { undo, redo };
    this.#tellUndo();
  }

  #missing(rows) {
    const there = new Set(rows.map(([id]) => id));
    return [...this.store.byId.values()].filter((c) => !c.pending && !there.has(c.id)).map((c) => c.id);
  }

  #find(key) {
    return this.line.find((action) => action.key === key) ?? null;
  }

  /** What the server has of a coding: with several changes under way, what it had before the first. */
  #base({ id, start, end, code, coder }) {
    return this.line.findLast((a) => a.kind === "change" && a.id === id)?.base ?? [id, start, end, code, coder];
  }

  /** The same action anew, about what its coding is now. */
  #again({ key: _key, at: _at, number: _number, tried: _tried, undone: _undone, aside: _aside, gone: _gone, resolve: _resolve, ...plain }) {
    const coding = this.store.byId.get(plain.id);
    if (coding && plain.kind === "change") plain.base = this.#base(coding);
    if (coding && plain.kind === "remove") plain.row = [coding.id, coding.start, coding.end, coding.code, coding.coder];
    return plain;
  }

  /** An undo must not reach for something else when what it is about was never done. */
  #forgetUndo({ key }) {
    const undo = this.line.find((action) => action.kind === "undo" && action.of === key);
    if (!undo) return;
    this.#leave(undo);
    this.taken = this.taken.filter((entry) => !(entry.server && entry.of === key));
    undo.resolve?.({ answer: null, error: null });
  }

  #enqueue(plain, { keepTaken = false, words = "" } = {}) {
    this.made += 1;
    const action = { ...plain, key: newKey(), at: Date.now(), number: this.made };
    if (!keepTaken && UNDOABLE.includes(action.kind)) this.taken = [];
    const promise = new Promise((resolve) => { action.resolve = resolve; });
    this.#keep(action, words);
    this.line.push(action);
    KINDS[action.kind].show?.(this, action);
    if (!this.busy && this.state !== "failed") this.#next();
    else this.#tell();
    this.#tellUndo();
    return promise;
  }

  #keep({ resolve: _resolve, entry: _entry, ...plain }, words = "") {
    this.unsent?.put(plain, words);
  }

  #withdraw(action, message = "") {
    this.#leave(action);
    action.resolve?.({ answer: null, error: null });
    this.#emit("done", { kind: "undo", message });
    this.#tellUndo();
    if (!this.line.length && !this.busy) {
      clearTimeout(this.timer);
      this.#tell("saved");
    } else this.#tell();
    return null;
  }

  #leave(action) {
    this.line = this.line.filter((other) => other !== action);
    this.unsent?.drop(action.key);
  }

  async #next() {
    if (this.busy) return;
    clearTimeout(this.timer);
    const action = this.line[0];
    if (!action) {
      this.attempts = 0;
      this.#tell("saved");
      return;
    }
    this.busy = true;
    if (!action.tried) {
      action.tried = true;
      this.#keep(action);
    }
    if (this.attempts) this.#tell("failed", { retrying: true });
    else this.#tell("saving");
    let { answer, error } = await this.#run(action);
    const forbidden = error?.status === 403 && error.code === "permission_denied";
    if (this.renew && (forbidden || error?.status === 404)) {
      // The token of this page is of an earlier log-in, or there is no way in any more: is it
      // still the same person, and may they still read this?
      const outcome = await this.renew();
      if (outcome !== "renewed") error = { retryable: true, code: AWAY[outcome] ?? "network", message: error.message };
      else if (forbidden) ({ answer, error } = await this.#run(action));
    }
    this.busy = false;
    if (error?.retryable) {
      const pause = this.pauses[Math.min(this.attempts, this.pauses.length - 1)];
      this.attempts += 1;
      this.timer = setTimeout(() => this.#next(), pause * 1000 * (0.8 + 0.4 * Math.random()));
      this.#tell("failed", { code: error.code, status: error.status ?? 0, message: error.message });
      return;
    }
    this.attempts = 0;
    this.settled += 1;
    this.line = this.line.filter((other) => other !== action);
    if (error) this.#refuse(action, error);
    else this.#settle(action, answer);
    if (!action.aside) this.unsent?.drop(action.key);
    action.resolve?.({ answer, error });
    this.#next();
  }

  async #run(action) {
    try {
      return { answer: await KINDS[action.kind].send(this, action), error: null };
    } catch (error) {
      return { answer: null, error };
    }
  }

  #settle(action, answer) {
    KINDS[action.kind].settle?.(this, action, answer);
    if ("can_undo" in answer) this.tellServer(answer);
    this.#emit("done", { kind: action.kind, message: answer.message ?? "" });
  }

  #refuse(action, error) {
    const { code, status = 0, message = gettext("This did not work.") } = error;
    if (action.undone) {
      this.#forgetUndo(action);
      this.#tellUndo();
      return;
    }
    KINDS[action.kind].refused?.(this, action, error);
    this.#tellUndo();
    if (KINDS[action.kind].work?.(action) && (action.kind === "note" || !POINTLESS.includes(code))) {
      action.aside = { code, status, message };
      this.#keep(action, this.unsent?.words(action.key));
      this.aside.push(action);
      this.#emit("aside", { action });
    } else this.#emit("refused", { action, kind: action.kind, code, status, message });
  }

  #tell(state = this.state, { retrying = false, code = "", status = 0, message = "" } = {}) {
    this.state = state;
    this.#emit("state", { state, retrying, code, status, message, waiting: this.line.length, attempts: this.attempts });
  }

  #tellUndo() {
    this.#emit("undo", { canUndo: this.canUndo, canRedo: this.canRedo });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
