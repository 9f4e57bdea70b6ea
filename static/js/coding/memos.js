// Memos in the list at the cursor: reading, writing, changing and removing them. Their texts are
// fetched when a passage with memos is shown; what is being typed is kept, even when the cursor
// goes elsewhere meanwhile. What was handed to the saver is shown as a memo that is not saved yet:
// it stands in one place only, so that undo takes it away and nothing is written twice.

import { announce } from "@cs/lib/announce.js";
import { send } from "@cs/lib/api.js";
import { h } from "@cs/lib/dom.js";
import { gettext } from "@cs/lib/text.js";

const REST = 120;

export class Memos {
  constructor({ store, saver, urls, mayWrite }) {
    Object.assign(this, { store, saver, urls, mayWrite });
    // By coding: {element, notes: rows | null, draft: {note: row | null, text} | null}.
    this.entries = new Map();
    saver.addEventListener("memos", ({ detail }) => this.#waits(detail));
    saver.addEventListener("done", ({ detail: { kind, message } }) => {
      if (kind === "note" && message) announce(message);
    });
    store.addEventListener("notes", ({ detail: { ids } }) => {
      for (const id of ids) {
        const entry = this.entries.get(id);
        if (!entry) continue;
        entry.notes = null;
        this.#load(id, entry);
      }
    });
  }

  /** Is something typed that is not saved? */
  get unsaved() {
    return [...this.entries.values()].some(({ draft }) => draft && draft.text.trim() !== (draft.note?.text ?? ""));
  }

  /** The element with the memos of one coding; the same one each time. */
  element(coding) {
    let entry = this.entries.get(coding.id);
    if (!entry) {
      entry = { element: h("div.memos"), notes: null, draft: null };
      this.entries.set(coding.id, entry);
      this.#render(coding.id, entry);
    }
    if (entry.notes === null && this.store.notes.has(coding.id)) this.#later(coding.id, entry);
    return entry.element;
  }

  /** Opens a new memo (or goes to the one being written) and puts the focus there. */
  write(id, note = null) {
    const entry = this.entries.get(id);
    if (!entry || !this.mayWrite) return;
    if (!entry.draft || entry.draft.note?.id !== note?.id) entry.draft = { note, text: note?.text ?? "" };
    this.#render(id, entry);
    entry.element.querySelector("textarea")?.focus();
  }

  // Moving through the text passes many passages: only where somebody rests is fetched.
  #later(id, entry) {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      if (entry.element.isConnected && entry.notes === null) this.#load(id, entry);
    }, REST);
  }

  async #load(id, entry) {
    try {
      const { notes } = await send("GET", this.urls.notes.replace(/0\/notes\/$/, `${id}/notes/`));
      entry.notes = notes;
      this.#render(id, entry);
    } catch (error) {
      entry.element.replaceChildren(h("p.small.muted", {}, error.message));
    }
  }

  /** Something about a memo waits in the line now, or does not any more. */
  #waits({ coding, note }) {
    for (const [id, entry] of this.entries) {
      if (id === coding || entry.notes?.some((row) => row.id === note)) this.#render(id, entry);
    }
  }

  /** The memos of a coding as they will be: [row, does it wait to be saved?]. */
  #withWaiting(id, entry) {
    const waiting = this.saver.line.filter((action) => action.kind === "note" && !action.undone);
    const shown = [];
    for (const row of entry.notes ?? []) {
      const last = waiting.findLast((action) => action.note === row.id);
      if (last?.method === "DELETE") continue;
      shown.push([last ? { ...row, text: last.text.trim() } : row, Boolean(last)]);
    }
    const fresh = waiting.filter((action) => action.method === "POST" && action.coding === id);
    return [...shown, ...fresh.map((action) => [{ id: action.key, text: action.text.trim() }, true])];
  }

  #render(id, entry) {
    const { draft } = entry;
    const focused = entry.element.contains(document.activeElement);
    const typed = entry.element.querySelector("textarea");
    const notes = this.#withWaiting(id, entry).map(([note, waits]) => {
      if (waits) return this.#unsaved(note);
      return draft?.note?.id === note.id ? this.#editor(id, entry, typed) : this.#note(id, entry, note);
    });
    const fresh = draft && !notes.length && draft.note ? null : draft && !draft.note ? this.#editor(id, entry, typed) : null;
    const add = this.mayWrite && !draft ? h("button.button.button-quiet.button-small.memo-add", {
      type: "button", title: gettext("Write a memo on this passage (m)"), onclick: () => this.write(id),
    }, gettext("Memo")) : null;
    entry.element.replaceChildren(...[...notes, fresh, add].filter(Boolean));
    if (focused && !entry.element.contains(document.activeElement)) {
      entry.element.querySelector("textarea, button")?.focus();
    }
  }

  #note(id, entry, note) {
    const when = new Date(note.changed ?? note.at);
    const time = h("time", { datetime: when.toISOString() }, when.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
    const tools = note.may_change ? h("span.memo-tools", {},
      h("button.button.button-quiet.button-small.memo-edit", { type: "button", onclick: () => this.write(id, note) }, gettext("Edit memo")),
      h("button.button.button-quiet.button-small.memo-remove", { type: "button", onclick: () => this.#remove(id, note) }, gettext("Remove memo"))) : null;
    // Both are set in the notebook.
    const head = [note.kind, note.title].filter(Boolean).join(" · ");
    return h("div.memo", {},
      head ? h("p.memo-head-line.small", {}, head) : null,
      h("p.memo-text", {}, note.text),
      h("p.memo-who.small.muted", {}, `${note.author} · `, time, note.changed ? ` (${gettext("changed")})` : ""), tools);
  }

  #unsaved(note) {
    return h("div.memo.memo-unsaved", {},
      h("p.memo-text", {}, note.text), h("p.memo-who.small.muted", {}, gettext("Not saved yet")));
  }

  #editor(id, entry, typed) {
    const { draft } = entry;
    const field = typed ?? h("textarea.memo-field", {
      rows: 4, maxlength: 20000, "aria-label": gettext("Memo"),
      oninput: (event) => { if (entry.draft) entry.draft.text = event.target.value; },
      onkeydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          this.#save(id, entry);
        } else if (event.key === "Escape") {
          event.preventDefault();
          event.stopPropagation();
          this.#leave(id, entry);
        }
      },
    });
    if (field.value !== draft.text) field.value = draft.text;
    return h("div.memo-editor", {}, field, h("div.row", {},
      h("button.button.button-small.memo-save", { type: "button", onclick: () => this.#save(id, entry) }, gettext("Save memo")),
      h("button.button.button-quiet.button-small", { type: "button", onclick: () => this.#leave(id, entry) }, gettext("Cancel"))));
  }

  #leave(id, entry) {
    entry.draft = null;
    this.#render(id, entry);
    entry.element.querySelector("button")?.focus();
  }

  #save(id, entry) {
    const { note, text } = entry.draft;
    if (!text.trim()) {
      announce(gettext("A memo needs some text."));
      return;
    }
    entry.draft = null;
    if (note) this.saver.note("PATCH", this.urls.note.replace(/0\/?$/, `${note.id}/`), text, { coding: id, note: note.id });
    else this.saver.note("POST", this.urls.notes.replace(/0\/notes\/$/, `${id}/notes/`), text, { coding: id });
  }

  #remove(id, note) {
    this.saver.note("DELETE", this.urls.note.replace(/0\/?$/, `${note.id}/`), "", { coding: id, note: note.id });
  }
}
