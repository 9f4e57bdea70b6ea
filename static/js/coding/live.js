// What others do, and who is here: asks the server every 1.5 s while the page is looked at, less
// often when nobody does anything here or the page is in the background.
//
// Every answer is the state of now, never a difference that could be applied twice. The event id
// it goes on from lags behind on purpose (see coding/services/changes.py).
//
// The places in an answer count in the text of a version; a page that shows an older one takes
// none of them, and says so.
//
// Emits "present" {people: [{coder, name}]}, "codes", "reached", "lost" {error} and "corrected".

import { request } from "@cs/lib/api.js";

const VISIBLE_MS = 1500;
const IDLE_MS = 5000;
const HIDDEN_MS = 15_000;
const LONGEST_MS = 30_000;
const IDLE_AFTER_MS = 120_000;

export class Live extends EventTarget {
  constructor({ url, event, version = null, store, saver, me }) {
    super();
    Object.assign(this, { url, event, version, store, saver, me });
    this.tag = null;
    this.failures = 0;
    this.anew = false;
    this.active = Date.now();
  }

  start() {
    for (const type of ["pointerdown", "keydown", "scroll"]) {
      addEventListener(type, () => { this.active = Date.now(); }, { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.soon(0); });
    addEventListener("online", () => this.soon(0));
    this.soon(VISIBLE_MS / 2);
  }

  soon(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), milliseconds);
  }

  /** Takes everything anew: something was refused, so what is shown may be wrong. */
  refresh() {
    this.anew = true;
    this.soon(0);
  }

  async poll() {
    if (this.asking) return;
    this.asking = true;
    const { settled } = this.saver;
    const all = this.anew;
    let answer = null;
    let stale = false;
    try {
      const query = `since=${this.event}${document.hidden ? "&away=1" : ""}${all ? "&all=1" : ""}`;
      const got = await request("GET", `${this.url}?${query}`, undefined, { tag: all ? null : this.tag });
      // An own change was answered meanwhile: what came may be older than what is shown.
      stale = this.saver.settled !== settled;
      if (got.answer && !stale) {
        ({ answer } = got);
        this.tag = got.tag;
        if (all) this.anew = false;
      }
      this.failures = 0;
      this.#emit("reached", {});
    } catch (error) {
      this.failures += 1;
      this.#emit("lost", { error });
    }
    this.asking = false;
    if (answer) this.#take(answer);
    this.soon(stale ? 200 : this.#pause());
  }

  /** A CSRF token for this page, if the same person is still (or again) logged in. */
  async renew() {
    try {
      const { answer } = await request("GET", `${this.url}?since=${this.event}&away=1&token=1`);
      if (answer.me !== this.me.coder) return "other";
      document.body.dataset.csrf = answer.token;
      return "renewed";
    } catch (error) {
      if (error.code === "in_trash") return "trash";
      // Whoever is logged in now may not read this source: their access has ended, or it is
      // somebody who never had any.
      return error.status === 404 ? "gone" : "failed";
    }
  }

  #take(answer) {
    // A different person has logged in in another tab: what they may see is not for this page.
    if (answer.me !== this.me.coder) return;
    if (this.version !== null && answer.version !== undefined && answer.version !== this.version) {
      this.#emit("corrected", { version: answer.version });
      this.#emit("present", { people: answer.present });
      return;
    }
    this.event = Math.max(this.event, answer.event);
    for (const coder of answer.coders ?? []) this.store.coders.set(coder.id, coder);
    if (answer.codes) {
      this.store.replaceCodes(answer.codes);
      this.#emit("codes", {});
    }
    this.store.change(this.saver.reconcile(answer));
    if (answer.examples) this.store.setExamples(answer.examples);
    if (answer.notes) this.#takeNotes(answer.notes, answer.reset);
    if ("can_undo" in answer) this.saver.tellServer(answer);
    this.#emit("present", { people: answer.present });
  }

  /** [[coding, number of memos], …]; with reset those left out have none any more. */
  #takeNotes(rows, reset) {
    const named = new Set(rows.map(([id]) => id));
    const none = reset ? [...this.store.notes.keys()].filter((id) => !named.has(id)).map((id) => [id, 0]) : [];
    this.store.setNotes([...rows, ...none]);
  }

  #pause() {
    if (this.failures) return Math.min(LONGEST_MS, VISIBLE_MS * 2 ** Math.min(this.failures, 5));
    if (document.hidden) return HIDDEN_MS;
    return Date.now() - this.active > IDLE_AFTER_MS ? IDLE_MS : VISIBLE_MS;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
