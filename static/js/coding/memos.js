// Memos in the list at the cursor: reading, writing, changing and removing them. Their texts are
// fetched when a passage with memos is shown; what is typed is kept until it is saved, even when
// the cursor goes elsewhere meanwhile.

import { announce } from "@cs/lib/announce.js";
import { send } from "@cs/lib/api.js";
import { h } from "@cs/lib/dom.js";
import { gettext } from "@cs/lib/text.js";

const REST = 120;

export class Memos {
  constructor({ store, saver, urls, mayWrite }) {
    Object.assign(this, { store, saver, urls, mayWrite });
    // By coding: {element, notes: rows | null, draft: {note: row | null, text, saving} | null}.
    this.entries = new Map();
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
    if (!entry.draft || entry.draft.note?.id !== note?.id) entry.draft = { note, text: note?.text ?? "", saving: false };
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

  #render(id, entry) {
    const { draft } = entry;
    const focused = entry.element.contains(document.activeElement);
    const typed = entry.element.querySelector("textarea");
    const notes = (entry.notes ?? []).map((note) => (
      draft?.note?.id === note.id ? this.#editor(id, entry, typed) : this.#note(id, entry, note)));
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
      h("button.button.button-quiet.button-small.memo-remove", { type: "button", onclick: () => this.#remove(note) }, gettext("Remove memo"))) : null;
    return h("div.memo", {},
      h("p.memo-text", {}, note.text),
      h("p.memo-who.small.muted", {}, `${note.author} · `, time, note.changed ? ` (${gettext("changed")})` : ""), tools);
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
    field.readOnly = draft.saving;
    return h("div.memo-editor", {}, field, h("div.row", {},
      h("button.button.button-small.memo-save", { type: "button", disabled: draft.saving, onclick: () => this.#save(id, entry) },
        draft.saving ? gettext("Saving…") : gettext("Save memo")),
      h("button.button.button-quiet.button-small", { type: "button", disabled: draft.saving, onclick: () => this.#leave(id, entry) }, gettext("Cancel"))));
  }

  #leave(id, entry) {
    entry.draft = null;
    this.#render(id, entry);
    entry.element.querySelector("button")?.focus();
  }

  async #save(id, entry) {
    const { draft } = entry;
    if (draft.saving) return;
    if (!draft.text.trim()) {
      announce(gettext("A memo needs some text."));
      return;
    }
    draft.saving = true;
    this.#render(id, entry);
    const { answer, error } = draft.note
      ? await this.saver.note("PATCH", this.urls.note.replace(/0\/?$/, `${draft.note.id}/`), draft.text)
      : await this.saver.note("POST", this.urls.notes.replace(/0\/notes\/$/, `${id}/notes/`), draft.text);
    draft.saving = false;
    // Refused, or undone before it was sent: what was written stays in the field.
    if (answer && !error) {
      if (entry.draft === draft) entry.draft = null;
      announce(gettext("The memo is saved."));
    }
    this.#render(id, entry);
  }

  #remove(note) {
    this.saver.note("DELETE", this.urls.note.replace(/0\/?$/, `${note.id}/`));
  }
}
