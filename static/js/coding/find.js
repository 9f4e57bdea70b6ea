// Find in the transcript: case and accents do not matter, hits are exact code points of the stored
// text. A hit lies inside one turn (its speaker's label included). Nothing is put into the text.

const SPACE = /\s/;
const ALL_ASCII = /^[\x00-\x7f]*$/;

// Character -> what it folds to. A text has few different ones, and many of each.
const parts = new Map();

function partOf(character) {
  let part = parts.get(character);
  if (part === undefined) {
    part = SPACE.test(character) ? " "
      : character.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\p{M}/gu, "");
    parts.set(character, part);
  }
  return part;
}

/**
 * Lower case without marks, white space as one blank, and for every UTF-16 unit of the result the
 * code points [from, to) it came from. What folds to nothing (a combining mark, a variation
 * selector, more white space) belongs to what stands before it.
 */
export function foldWithPlaces(text) {
  let folded = "";
  const from = [];
  const to = [];
  let point = 0;
  let blank = false;
  for (const character of text) {
    const own = partOf(character);
    const part = own === " " && blank ? "" : own;
    if (part === "" && to.length) {
      const last = from.at(-1);
      for (let k = to.length - 1; k >= 0 && from[k] === last; k -= 1) to[k] = point + 1;
    }
    for (let k = 0; k < part.length; k += 1) {
      from.push(point);
      to.push(point + 1);
    }
    if (part) blank = part === " ";
    folded += part;
    point += 1;
  }
  return { folded, from, to };
}

/** Hits of a query in one string as code points [start, end), without overlap. */
export function findIn(text, query, entry = null) {
  const wanted = foldWithPlaces(query.trim()).folded;
  if (!wanted) return [];
  // Most turns are plain: nothing moves in them.
  const { folded, from, to } = entry ?? prepare(text);
  const hits = [];
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
    const last = at + wanted.length - 1;
    hits.push(from ? [from[at], to[last]] : [at, last + 1]);
  }
  return hits;
}

function prepare(text) {
  if (ALL_ASCII.test(text) && !/\s\s|[^\S ]/.test(text)) return { folded: text.toLowerCase(), from: null, to: null };
  return foldWithPlaces(text);
}

/** Finds in all turns of a TurnIndex; what was folded once is kept. */
export class Finder {
  constructor(index) {
    this.index = index;
    this.folded = null;
  }

  find(query) {
    this.folded ??= this.index.elements.map((element) => prepare(element.textContent));
    const hits = [];
    this.folded.forEach((entry, i) => {
      const base = this.index.starts[i];
      for (const [start, end] of findIn("", query, entry)) hits.push([base + start, base + end]);
    });
    return hits;
  }
}

/** The bar: a field, "3 of 12", next, previous, close. */
export class FindBar {
  /** show(hits, current): paints; reveal(hit); leave(hit | null): back to the text; words:
      (number, count) -> what is said. */
  constructor({ element, finder, place, show, leave, words }) {
    Object.assign(this, { element, finder, place, show, leave, words });
    this.input = element.querySelector("input");
    this.status = element.querySelector("[role=status]");
    this.hits = [];
    this.at = -1;
    this.input.addEventListener("input", () => this.#search());
    element.querySelector("[data-find=next]").addEventListener("click", () => this.step(1));
    element.querySelector("[data-find=previous]").addEventListener("click", () => this.step(-1));
    element.querySelector("[data-find=close]").addEventListener("click", () => this.close());
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.target === this.input) this.step(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  open() {
    // The first hit is looked for from where the attention is.
    this.from = this.place();
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
    if (this.input.value) this.#search();
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    const hit = this.hits[this.at] ?? null;
    this.hits = [];
    this.at = -1;
    this.show([], null);
    this.leave(hit);
  }

  step(direction) {
    if (!this.hits.length) return;
    this.at = (this.at + direction + this.hits.length) % this.hits.length;
    this.#tell();
  }

  #search() {
    this.hits = this.finder.find(this.input.value);
    const next = this.hits.findIndex(([start]) => start >= this.from);
    this.at = this.hits.length ? Math.max(0, next) : -1;
    this.#tell();
  }

  #tell() {
    this.status.textContent = this.input.value.trim() ? this.words(this.at + 1, this.hits.length) : "";
    this.show(this.hits, this.hits[this.at] ?? null);
  }
}
