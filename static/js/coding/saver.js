// Takes changes to the server: one after another, shown at once, rolled back when refused.
//
// Each action carries a key made here, so that a request sent twice (the answer was lost, the
// user pressed "retry") acts once. When the network fails the action waits at the head of the
// line and nothing behind it overtakes it.
//
// Emits "state" {state: "saved" | "saving" | "failed", message, waiting},
//       "done" {kind, message}, "refused" {kind, message}, and "undo" {canUndo, canRedo}.

import { send } from "@cs/lib/api.js";
import { gettext } from "@cs/lib/text.js";

export class Saver extends EventTarget {
  constructor({ store, index, urls, me, canUndo, canRedo }) {
    super();
    Object.assign(this, { store, index, urls, me, canUndo, canRedo });
    this.line = [];
    this.busy = false;
    this.state = "saved";
    this.made = 0;
  }

  get waiting() {
    return this.line.length;
  }

  /** Codes [start, end) with one or several codes. */
  apply(start, end, codes) {
    const quote = this.index.textBetween(start, end);
    const shown = [];
    for (const code of codes) {
      if (this.store.find(start, end, code, this.me.coder)) continue;
      this.made += 1;
      shown.push({ id: `new-${this.made}`, start, end, code, coder: this.me.coder, pending: true });
    }
    this.store.change({ add: shown });
    return this.#enqueue({
      kind: "apply",
      run: (key) => send("POST", this.urls.codings, { start, end, quote, codes, key }),
      settle: (answer) => this.store.change({ remove: shown.map((c) => c.id), add: answer.codings ?? [] }),
      undo: () => this.store.change({ remove: shown.map((c) => c.id) }),
    });
  }

  remove(id) {
    const coding = this.store.byId.get(id);
    if (!coding || coding.pending) return null;
    this.store.change({ remove: [id] });
    return this.#enqueue({
      kind: "remove",
      run: (key) => send("DELETE", `${this.urls.coding.replace(/0\/?$/, `${id}/`)}?key=${key}`),
      settle: (answer) => this.store.change({ remove: answer.removed ?? [] }),
      // Somebody else was quicker: it is gone, which is what was wanted.
      undo: (error) => { if (error.code !== "already_removed") this.store.change({ add: [coding] }); },
    });
  }

  undo() {
    return this.#step("undo");
  }

  redo() {
    return this.#step("redo");
  }

  setFinished(finished) {
    return this.#enqueue({
      kind: "finished",
      run: () => send("POST", this.urls.finished, { finished }),
      settle: () => {},
      undo: () => {},
    });
  }

  /** Sends what waits once more. */
  retry() {
    if (this.state !== "failed") return;
    this.#next();
  }

  #step(kind) {
    return this.#enqueue({
      kind,
      run: (key) => send("POST", this.urls[kind], { key }),
      settle: (answer) => this.store.change({ remove: answer.removed ?? [], add: answer.added ?? [] }),
      undo: () => {},
    });
  }

  #enqueue(action) {
    action.key = newKey();
    const promise = new Promise((resolve) => { action.resolve = resolve; });
    this.line.push(action);
    if (!this.busy && this.state !== "failed") this.#next();
    else this.#tell();
    return promise;
  }

  async #next() {
    if (this.busy) return;
    const action = this.line[0];
    if (!action) {
      this.#tell("saved");
      return;
    }
    this.busy = true;
    this.#tell("saving");
    let answer = null;
    let error = null;
    try {
      answer = await action.run(action.key);
    } catch (caught) {
      error = caught;
    }
    this.busy = false;
    if (error?.retryable) {
      this.#tell("failed", error.message);
      return;
    }
    this.line.shift();
    if (error) {
      action.undo(error);
      this.#emit("refused", { kind: action.kind, code: error.code, message: error.message ?? gettext("This did not work.") });
    } else {
      action.settle(answer);
      if ("can_undo" in answer) {
        this.canUndo = answer.can_undo;
        this.canRedo = answer.can_redo;
        this.#emit("undo", { canUndo: this.canUndo, canRedo: this.canRedo });
      }
      this.#emit("done", { kind: action.kind, message: answer.message ?? "" });
    }
    action.resolve({ answer, error });
    this.#next();
  }

  #tell(state = this.state, message = "") {
    this.state = state;
    this.#emit("state", { state, message, waiting: this.line.length });
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
