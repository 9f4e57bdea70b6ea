// What has not reached the server yet, kept where it outlives the page: localStorage, one entry
// per action, so that two tabs of one person do not overwrite each other's. Entries hold offsets
// and ids, never the words of a passage: they may lie on a shared computer for days. Only a memo
// that could not be sent has its text here: nothing else could bring it back.
//
// The words of a passage lie in sessionStorage, which ends with the tab: should the text be
// corrected before the tag is sent, somebody has to see what was meant.

import { snippet } from "@cs/lib/dom.js";

const SCHEME = "cs-unsent:1";
const LONGEST = 400;

export class Unsent {
  /** project, source and coder: somebody else who logs in here must not send them. */
  constructor({ project, source, coder, storage = safeStorage("localStorage"), session = safeStorage("sessionStorage") }) {
    this.prefix = `${SCHEME}:${project}:${source}:${coder}:`;
    this.storage = storage;
    this.session = session;
  }

  put(action, words = "") {
    try {
      this.storage?.setItem(this.prefix + action.key, JSON.stringify(action));
      if (words) this.session?.setItem(this.prefix + action.key, snippet(words, LONGEST));
    } catch {
      // Full or forbidden: the page still has it, and warns before it is closed.
    }
  }

  /** The words that an action of this tab was about; empty when the tab was closed since. */
  words(key) {
    try {
      return this.session?.getItem(this.prefix + key) ?? "";
    } catch {
      return "";
    }
  }

  drop(key) {
    try {
      this.storage?.removeItem(this.prefix + key);
      this.session?.removeItem(this.prefix + key);
    } catch {
      // It will be sent once more, and does nothing then.
    }
  }

  /** All of them, oldest first. */
  load() {
    const found = [];
    try {
      for (let i = 0; i < (this.storage?.length ?? 0); i += 1) {
        const name = this.storage.key(i);
        if (!name.startsWith(this.prefix)) continue;
        const action = JSON.parse(this.storage.getItem(name));
        if (action?.key && action.kind) found.push(action);
      }
    } catch {
      // What cannot be read cannot be sent.
    }
    return found.sort((a, b) => a.at - b.at || a.number - b.number);
  }
}

function safeStorage(name) {
  try {
    return globalThis[name];
  } catch {
    return null;
  }
}
