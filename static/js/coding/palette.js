// Choosing codes: a dialog with a field to type in and a list that narrows (ARIA combobox with a
// multi-selectable listbox). Several codes can be ticked and are applied in one action.
//
// Enter ticks the active code, Space too once the arrow keys were used; Ctrl/⌘+Enter applies what
// is ticked, or the active code when nothing is.

import { openDialog } from "@cs/lib/dialog.js";
import { h } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";

/** Lower case without accents, so that "reflexao" finds "Reflexão". */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** How well a name answers a query: 0 not at all; the start of the name beats the start of a
    word, which beats a word of the path above. Every word of the query must be found. */
export function score(query, name, path = "") {
  const wanted = fold(query).split(/\s+/).filter(Boolean);
  if (!wanted.length) return 1;
  const whole = fold(name);
  const inName = whole.split(/[\s/:,_-]+/);
  const inPath = fold(path).split(/[\s›/:,_-]+/);
  let total = 0;
  for (const word of wanted) {
    if (whole.startsWith(word)) total += 8;
    else if (inName.some((part) => part.startsWith(word))) total += 5;
    else if (whole.includes(word)) total += 3;
    else if (inPath.some((part) => part.startsWith(word))) total += 1;
    else return 0;
  }
  return total + (whole === fold(query).trim() ? 20 : 0);
}

const LONGEST_IN_VIVO = 60;

/** The name of a code made of selected words: one line, whole words of at most 60 characters. */
export function inVivoName(words) {
  const flat = words.replace(/\s+/g, " ").trim();
  const characters = [...flat];
  if (characters.length <= LONGEST_IN_VIVO) return flat;
  const cut = characters.slice(0, LONGEST_IN_VIVO + 1).join("");
  const blank = cut.lastIndexOf(" ");
  return blank > 0 ? cut.slice(0, blank) : characters.slice(0, LONGEST_IN_VIVO).join("");
}

export class Palette {
  /** makeCode(name) -> promise of the new code, or null when this person may make none. */
  constructor({ dialog, store, makeCode }) {
    Object.assign(this, { dialog, store, makeCode });
    this.input = dialog.querySelector("[role=combobox]");
    this.list = dialog.querySelector("[role=listbox]");
    this.status = dialog.querySelector(".palette-status");
    this.about = dialog.querySelector(".palette-about");
    this.applyButton = dialog.querySelector(".palette-apply");
    this.ticked = new Set();
    this.heading = dialog.querySelector("h2");
    this.headline = this.heading?.textContent ?? "";
    this.single = false;
    this.making = null;
    this.options = [];
    this.active = -1;
    this.walking = false;
    this.input.addEventListener("input", () => { this.walking = false; this.#fill(); });
    dialog.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      this.#activate(this.options.findIndex((entry) => entry.element === option));
      this.#toggle();
    });
    this.applyButton.addEventListener("click", () => this.#apply());
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** about: a sentence on what will be coded; present: codes this person already put there;
      words: those selected, for a code in the speaker's own words;
      instead: the code that another is to replace, for choosing just one.
      Resolves with a list of code ids, empty when the dialog was left without applying. */
  async open({ about, present = [], words = "", instead = null }) {
    this.inVivo = this.makeCode ? inVivoName(words) : "";
    // Instead of a code there is exactly one other: choosing it is the whole action.
    this.single = instead !== null;
    if (this.heading) this.heading.textContent = this.single ? gettext("Change the code of this passage") : this.headline;
    this.ticked = new Set(this.single ? [instead] : []);
    this.present = new Set(present);
    this.input.value = "";
    this.walking = false;
    this.about.textContent = about;
    this.#fill();
    const answer = await openDialog(this.dialog, { focus: this.input });
    return answer === "apply" ? [...this.ticked] : [];
  }

  #fill(wanted = null) {
    const query = this.input.value.trim();
    this.options = [];
    const rows = [];
    const codes = this.store.codeList();
    let exact = false;
    const scored = codes.map((code, place) => {
      const path = this.store.pathOf(code);
      exact ||= fold(code.name) === fold(query);
      return { code, path, place, points: score(query, code.name, path) };
    }).filter((entry) => entry.points > 0);
    if (query) scored.sort((a, b) => b.points - a.points || a.place - b.place);
    for (const { code, path } of scored) {
      if (code.heading_only) {
        if (!query) rows.push(h("li.palette-heading", { role: "presentation", "data-depth": Math.min(code.depth, 4) }, code.name));
        continue;
      }
      rows.push(this.#option(code, query ? path : "", query ? 0 : Math.min(code.depth, 4)));
    }
    if (query && !exact && this.makeCode) rows.push(this.#newOption(query));
    // At the end, so that it is never the one that Ctrl+Enter takes unasked.
    if (this.inVivo && (!query || score(query, this.inVivo, gettext("In vivo")))
        && !codes.some((code) => fold(code.name) === fold(this.inVivo))) rows.push(this.#inVivoOption());
    this.list.replaceChildren(...rows);
    const place = wanted === null ? 0 : this.options.findIndex((entry) => entry.id === wanted);
    this.#activate(this.options.length ? Math.max(0, place) : -1);
    this.#say();
  }

  #option(code, path, depth) {
    const there = this.present.has(code.id);
    const element = h("li.palette-option", {
      role: "option",
      id: `palette-code-${code.id}`,
      "aria-selected": String(this.ticked.has(code.id)),
      "data-depth": depth,
      title: code.definition || null,
    },
    h("span.palette-tick", { "aria-hidden": "true" }),
    h("span.swatch", { "data-colour": code.colour % 12, "aria-hidden": "true" }),
    h("span.palette-name", {}, code.name),
    path ? h("span.palette-path", {}, path) : null,
    there ? h("span.palette-there", {}, gettext("already here")) : null);
    this.options.push({ element, id: code.id });
    return element;
  }

  #newOption(name) {
    const element = h("li.palette-option.palette-new", { role: "option", id: "palette-new", "aria-selected": "false", "data-depth": 0 },
      h("span.palette-tick", { "aria-hidden": "true" }),
      h("span.palette-plus", { "aria-hidden": "true" }, "+"),
      h("span.palette-name", {}, gettext("New code “%(name)s”", { name })));
    this.options.push({ element, id: null, name });
    return element;
  }

  #inVivoOption() {
    const element = h("li.palette-option.palette-new", { role: "option", id: "palette-in-vivo", "aria-selected": "false", "data-depth": 0 },
      h("span.palette-tick", { "aria-hidden": "true" }),
      h("span.palette-plus", { "aria-hidden": "true" }, "+"),
      h("span.palette-name", {}, gettext("In vivo: “%(words)s”", { words: this.inVivo })));
    this.options.push({ element, id: null, name: this.inVivo });
    return element;
  }

  #activate(place) {
    this.options[this.active]?.element.classList.remove("is-active");
    this.active = place;
    const option = this.options[place];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.element.classList.add("is-active");
    option.element.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.element.id);
  }

  async #toggle() {
    const option = this.options[this.active];
    if (!option) return;
    if (option.id === null) {
      // A second Enter while the code is being made waits for it instead of making it twice.
      this.making ??= this.#make(option.name).finally(() => { this.making = null; });
      await this.making;
      return;
    }
    if (this.single) {
      this.ticked = new Set([option.id]);
      this.dialog.close("apply");
      return;
    }
    if (!this.ticked.delete(option.id)) this.ticked.add(option.id);
    option.element.setAttribute("aria-selected", String(this.ticked.has(option.id)));
    // The next word typed begins a new search instead of continuing the last.
    this.input.select();
    this.#say();
  }

  async #make(name) {
    const code = await this.makeCode(name);
    if (!code) return;
    if (this.single) this.ticked.clear();
    this.ticked.add(code.id);
    this.input.value = "";
    this.#fill(code.id);
  }

  async #apply() {
    await this.making;
    if (!this.ticked.size || this.single) {
      const option = this.options[this.active];
      if (!option) return;
      await this.#toggle();
      if (!this.ticked.size || !this.isOpen) return;
    }
    this.dialog.close("apply");
  }

  #say() {
    const found = this.options.filter((option) => option.id !== null).length;
    const names = [...this.ticked].map((id) => this.store.codes.get(id)?.name ?? "").join(", ");
    const hits = ngettext("%(count)s code", "%(count)s codes", found);
    this.status.textContent = names ? gettext("Ticked: %(names)s", { names }) : hits;
    this.applyButton.disabled = !this.ticked.size && !this.options.length;
  }

  #key(event) {
    const last = this.options.length - 1;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined && last >= 0) {
      event.preventDefault();
      this.walking = true;
      const next = this.active + step;
      const wrap = Math.abs(step) === 1;
      this.#activate(next > last ? (wrap ? 0 : last) : next < 0 ? (wrap ? last : 0) : next);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#apply();
    } else if (event.key === "Enter" && event.target === this.input) {
      event.preventDefault();
      this.#toggle();
    } else if (event.key === " " && event.target === this.input && (this.walking || !this.input.value)) {
      event.preventDefault();
      this.#toggle();
    }
  }
}
