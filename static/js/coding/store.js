// The codings of one source in memory, kept by section so that "what is here" is a short search
// at any length. It knows nothing of the page or the server; saver.js and the views listen to it.
//
// Emits "change" with detail {sections, codes: Set<number>} whenever codings come or go, and
// "notes" {ids} when their numbers of memos do; "change" too when examples do.

import { countBelow } from "@cs/lib/offsets.js";

export class CodingStore extends EventTarget {
  /** sections: ascending [start, end) pairs that cover the text, separators aside. */
  constructor({ codes, coders, codings, sections, notes = [], examples = [] }) {
    super();
    this.codes = new Map();
    this.codeOrder = [];
    for (const code of codes) this.addCode(code);
    this.coders = new Map(coders.map((coder) => [coder.id, coder]));
    this.sectionStarts = sections.map(([start]) => start);
    this.bySection = sections.map(() => new Set());
    this.byId = new Map();
    this.counts = new Map();
    this.byCoder = new Map();
    this.sorted = null;
    // Coding -> number of memos, where there are any.
    this.notes = new Map(notes);
    // "coding/code" of the passages that show what a code means.
    this.examples = new Set(examples.map((pair) => pair.join("/")));
    // What the views draw and walk through; what is stored and counted stays all of it.
    this.shows = () => true;
    for (const row of codings) this.#put(fromRow(row));
  }

  addCode(code) {
    if (!this.codes.has(code.id)) {
      // A new code stands after the last one below the same parent.
      let place = this.codeOrder.length;
      if (code.parent !== null && code.parent !== undefined && this.codes.has(code.parent)) {
        place = this.codeOrder.indexOf(code.parent) + 1;
        const depth = this.codes.get(code.parent).depth;
        while (place < this.codeOrder.length && this.codes.get(this.codeOrder[place]).depth > depth) place += 1;
        code.depth ??= depth + 1;
      }
      code.depth ??= 0;
      this.codeOrder.splice(place, 0, code.id);
    }
    this.codes.set(code.id, code);
  }

  /** The whole tree anew, in tree order (somebody has changed the codebook). */
  replaceCodes(codes) {
    this.codes.clear();
    this.codeOrder = [];
    for (const code of codes) {
      this.codes.set(code.id, code);
      this.codeOrder.push(code.id);
    }
  }

  /** Codes in tree order; retired ones are not offered any more. */
  codeList() {
    return this.codeOrder.map((id) => this.codes.get(id)).filter((code) => !code.retired);
  }

  /** "Process gains › Collective expertise" without the code's own name. */
  pathOf(code) {
    const names = [];
    let above = this.codes.get(code.parent);
    while (above && names.length < 20) {
      names.unshift(above.name);
      above = this.codes.get(above.parent);
    }
    return names.join(" › ");
  }

  sectionAt(offset) {
    return Math.max(0, countBelow(this.sectionStarts, offset + 1) - 1);
  }

  /** Codings that share at least one character with [start, end), in text order. */
  overlapping(start, end) {
    const found = new Set();
    for (let i = this.sectionAt(start); i <= this.sectionAt(Math.max(start, end - 1)); i += 1) {
      for (const coding of this.bySection[i] ?? []) {
        if (coding.start < end && coding.end > start) found.add(coding);
      }
    }
    return [...found].sort(inTextOrder);
  }

  /** Those of overlapping() that are not hidden. */
  shownAt(start, end) {
    return this.overlapping(start, end).filter((coding) => this.shows(coding));
  }

  /** The codings to draw in section i. */
  inSection(i) {
    return [...this.bySection[i]].filter((coding) => this.shows(coding)).sort(inTextOrder);
  }

  count(codeId) {
    return this.counts.get(codeId) ?? 0;
  }

  /** Number of codings of one coder. */
  countOf(coderId) {
    return this.byCoder.get(coderId) ?? 0;
  }

  get size() {
    return this.byId.size;
  }

  /** The next (direction 1) or previous (-1) coded passage in text order, seen from an offset or
      from a passage [start, end]; only those of one code when it is given. Codings of the very
      same span are one passage. */
  next([start, end = null], direction, codeId = null) {
    this.sorted ??= [...this.byId.values()].sort(inTextOrder);
    const fits = (coding) => this.shows(coding) && (codeId === null || coding.code === codeId)
      && (Math.sign(coding.start - start) * direction > 0
        || (end !== null && coding.start === start && Math.sign(end - coding.end) * direction > 0));
    return (direction > 0 ? this.sorted.find(fits) : this.sorted.findLast(fits)) ?? null;
  }

  /** Is there such a coding already? (the same coder, code and passage) */
  find(start, end, code, coder) {
    return this.overlapping(start, end).find(
      (c) => c.start === start && c.end === end && c.code === code && c.coder === coder,
    ) ?? null;
  }

  /** Adds and removes in one step, with one event. Rows may be arrays or codings. */
  change({ add = [], remove = [] }) {
    const touched = { sections: new Set(), codes: new Set() };
    for (const id of remove) this.#take(id, touched);
    for (const row of add) {
      const coding = Array.isArray(row) ? fromRow(row) : row;
      this.#take(coding.id, touched);
      this.#put(coding, touched);
    }
    this.sorted = null;
    if (touched.sections.size) this.dispatchEvent(new CustomEvent("change", { detail: touched }));
  }

  /** New numbers of memos: [[coding, number], …]. */
  setNotes(rows) {
    const touched = new Set();
    for (const [id, count] of rows) {
      if (count) this.notes.set(id, count);
      else this.notes.delete(id);
      const coding = this.byId.get(id);
      if (coding) for (const i of this.#sectionsOf(coding)) touched.add(i);
    }
    if (!rows.length) return;
    this.dispatchEvent(new CustomEvent("notes", { detail: { ids: rows.map(([id]) => id) } }));
    this.dispatchEvent(new CustomEvent("change", { detail: { sections: touched, codes: new Set() } }));
  }

  isExample({ id, code }) {
    return this.examples.has(`${id}/${code}`);
  }

  /** All examples there are now: [[coding, code], …]. */
  setExamples(rows) {
    const now = new Set(rows.map((pair) => pair.join("/")));
    const touched = new Set();
    for (const pair of new Set([...this.examples, ...now])) {
      const coding = this.byId.get(Number(pair.split("/")[0]));
      if (coding && this.examples.has(pair) !== now.has(pair)) for (const i of this.#sectionsOf(coding)) touched.add(i);
    }
    this.examples = now;
    if (touched.size) this.dispatchEvent(new CustomEvent("change", { detail: { sections: touched, codes: new Set() } }));
  }

  #put(coding, touched = null) {
    this.byId.set(coding.id, coding);
    this.#tally(coding, 1);
    touched?.codes.add(coding.code);
    for (const i of this.#sectionsOf(coding)) {
      this.bySection[i]?.add(coding);
      touched?.sections.add(i);
    }
  }

  #take(id, touched) {
    const coding = this.byId.get(id);
    if (!coding) return;
    this.byId.delete(id);
    this.#tally(coding, -1);
    touched.codes.add(coding.code);
    for (const i of this.#sectionsOf(coding)) {
      this.bySection[i]?.delete(coding);
      touched.sections.add(i);
    }
  }

  #tally({ code, coder }, one) {
    this.counts.set(code, this.count(code) + one);
    this.byCoder.set(coder, this.countOf(coder) + one);
  }

  *#sectionsOf(coding) {
    const last = this.sectionAt(Math.max(coding.start, coding.end - 1));
    for (let i = this.sectionAt(coding.start); i <= last; i += 1) yield i;
  }
}

export function fromRow([id, start, end, code, coder]) {
  return { id, start, end, code, coder };
}

/** Rows from the columns of the page (coding/core/packed.py): ids and starts as differences, and
    lengths. */
export function unpack({ id, start, length, code, coder }) {
  let pk = 0;
  let from = 0;
  return id.map((step, i) => {
    pk += step;
    from += start[i];
    return [pk, from, from + length[i], code[i], coder[i]];
  });
}

export function inTextOrder(a, b) {
  return a.start - b.start || b.end - a.end || a.code - b.code || (a.id < b.id ? -1 : 1);
}
