// Takes changes to the server: one after another, shown at once, taken back when refused, and
// never lost: each waits in unsent.js until the server has answered, also across a reload.
//
// Each action carries a key made here, so that a request sent twice (the answer was lost, the
// page was loaded again) acts once. When the network fails the action stays at the head of the
// line, is tried again after a pause that grows, and nothing behind it overtakes it.
//
// An action is plain data (it must survive a reload); what its kind means stands in actions.js.
//
// Emits "state" {state: "saved" | "saving" | "failed", retrying, code, message, waiting, attempts},
//       "done" {kind, message}, "refused" {action, kind, code, status, message},
//       "undo" {canUndo, canRedo} and "finished" {finished}.

import { gettext } from "@cs/lib/text.js";
import { KINDS, fingerprint } from "@cs/coding/actions.js";

// What undo goes back through, here as on the server (UNDOABLE_VERBS in coding/queries.py).
const UNDOABLE = ["apply", "remove", "change", "note"];
const PAUSES_S = [1, 2, 4, 8, 15, 30];

export class Saver extends EventTarget {
  /** unsent: see unsent.js; without it nothing is kept. renew(): asks for a new CSRF token and
      answers "renewed", "other" (another person is logged in now) or "failed". */
  constructor({ store, index, urls, me, canUndo, canRedo, unsent = null, renew = null, pauses = PAUSES_S }) {
    super();
    Object.assign(this, { store, index, urls, me, unsent, renew, pauses });
    this.server = { undo: canUndo, redo: canRedo };
    this.line = [];
    // What redo would answer: an action that was taken back before it was sent, or "server".
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
    return this.server.undo || this.#localTop() !== null;
  }

  get canRedo() {
    return this.server.redo || this.taken.some((entry) => entry !== "server");
  }

  /** Shows and sends what an earlier page could not. */
  restore() {
    const kept = this.unsent?.load() ?? [];
    for (const action of kept) {
      if (!(action.kind in KINDS)) continue;
      // It may have arrived: only the server knows.
      action.tried = true;
      if (action.of) this.#find(action.of) && (this.#find(action.of).undone = true);
      this.line.push(action);
    }
    for (const action of this.line) if (!action.undone) KINDS[action.kind].show?.(this, action);
    this.#tellUndo();
    if (this.line.length) this.#next();
  }

  /** Codes [start, end) with one or several codes. */
  apply(start, end, codes) {
    return this.#enqueue({ kind: "apply", start, end, codes, check: fingerprint(this.index.textBetween(start, end)) });
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
    // What the server has: with several changes under way, what it had before the first.
    const base = this.line.findLast((a) => a.kind === "change" && a.id === id)?.base
      ?? [id, coding.start, coding.end, coding.code, coding.coder];
    const check = "start" in fields ? fingerprint(this.index.textBetween(start, end)) : null;
    return this.#enqueue({ kind: "change", id, fields, base, place: [start, end, code], check });
  }

  /** Writes, changes or removes a memo: POST to a coding's memos, PATCH or DELETE of one memo. */
  note(method, url, text = "") {
    return this.#enqueue({ kind: "note", method, url, text });
  }

  setFinished(finished) {
    return this.#enqueue({ kind: "finished", finished });
  }

  /** What was never sent is taken out of the line; what may have arrived is taken back at once
      here and, behind it in the line, on the server. */
  undo() {
    const last = this.line.at(-1);
    if (last?.kind === "redo" && !last.tried) return this.#withdraw(last);
    const target = this.#localTop();
    if (target && target === last && !target.tried) {
      KINDS[target.kind].hide?.(this, target);
      this.taken.push(target);
      return this.#withdraw(target, gettext("Undone. It had not been sent yet."));
    }
    if (target) {
      target.undone = true;
      KINDS[target.kind].hide?.(this, target);
    }
    this.taken.push("server");
    return this.#enqueue({ kind: "undo", of: target?.key ?? null });
  }

  redo() {
    const last = this.line.at(-1);
    if (last?.kind === "undo" && !last.tried) {
      const target = this.#find(last.of);
      if (target) {
        target.undone = false;
        KINDS[target.kind].show?.(this, target);
      }
      this.taken.pop();
      return this.#withdraw(last);
    }
    const entry = this.taken.pop();
    if (entry && entry !== "server") {
      const { key: _key, at: _at, number: _number, tried: _tried, undone: _undone, ...again } = entry;
      return this.#enqueue(again, { keepTaken: true });
    }
    return this.#enqueue({ kind: "redo" });
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
    if (!action.undone) KINDS[action.kind].refused?.(this, action, {});
    this.#next();
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

  /** The unsent action that the next undo is about, or null when that lies with the server. */
  #localTop() {
    const stack = [];
    for (const action of this.line) {
      if (UNDOABLE.includes(action.kind)) stack.push(action);
      else if (action.kind === "redo") stack.push(null);
      else if (action.kind === "undo") stack.pop();
    }
    return stack.at(-1) ?? null;
  }

  #enqueue(plain, { keepTaken = false } = {}) {
    this.made += 1;
    const action = { ...plain, key: newKey(), at: Date.now(), number: this.made };
    KINDS[action.kind].show?.(this, action);
    if (!keepTaken && UNDOABLE.includes(action.kind)) this.taken = [];
    const promise = new Promise((resolve) => { action.resolve = resolve; });
    this.#keep(action);
    this.line.push(action);
    if (!this.busy && this.state !== "failed") this.#next();
    else this.#tell();
    this.#tellUndo();
    return promise;
  }

  #keep({ resolve: _resolve, ...plain }) {
    this.unsent?.put(plain);
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
    if (error?.status === 403 && error.code === "permission_denied" && this.renew) {
      // The token of this page is of an earlier log-in; is it still the same person?
      const outcome = await this.renew();
      if (outcome === "renewed") ({ answer, error } = await this.#run(action));
      else error = { retryable: true, code: outcome === "other" ? "other_person" : "network", message: error.message };
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
    this.#leave(action);
    if (error) this.#refuse(action, error);
    else this.#settle(action, answer);
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
    if (!action.undone) KINDS[action.kind].refused?.(this, action, error);
    this.#tellUndo();
    this.#emit("refused", {
      action, kind: action.kind, code: error.code, status: error.status ?? 0,
      message: error.message ?? gettext("This did not work."),
    });
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

/** A UUID. randomUUID needs a secure context, which a team server in a local network may lack. */
export function newKey() {
  if (globalThis.crypto?.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
