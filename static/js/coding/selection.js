// What is selected, in code points. One model for mouse, touch and keyboard.
//
// The keyboard side: a word cursor inside the current turn, and a range that grows from an anchor
// (the word where it began) to a free edge. The range may cross turns. No edge ever falls inside
// a surrogate pair or a grapheme cluster.
//
// Emits "change" {by: "keyboard" | "pointer" | "code", what: "cursor" | "range" | "turn"}.

import { clusterAt, sentences, snapEnd, snapStart, words } from "@cs/coding/words.js";

export class SelectionModel extends EventTarget {
  constructor(index) {
    super();
    this.index = index;
    this.cursor = null;
    this.range = null;
    this.anchor = null;
    this.edge = 0;
    this.forward = true;
    this.wordCache = new Map();
  }

  /** Where the attention is: the range, else the cursor's word. */
  get place() {
    return this.range ?? this.cursor;
  }

  get turn() {
    if (!this.place) return 0;
    return this.index.turnAt(this.range ? (this.forward ? Math.max(this.range[0], this.edge - 1) : this.edge) : this.cursor[0]);
  }

  // ---- setting -----------------------------------------------------------

  /** Puts the word cursor on the word at (or after) an offset. */
  putCursor(offset, by = "code") {
    this.#clearRange();
    this.cursor = this.wordAt(offset);
    this.#emit(by, "cursor");
  }

  /** Selects exactly [start, end), widened to whole grapheme clusters. */
  setRange(start, end, by = "code") {
    const [from, to] = this.snap(start, end);
    if (to <= from) return;
    if (this.range && this.range[0] === from && this.range[1] === to) return;
    this.anchor = [from, from];
    this.edge = to;
    this.forward = true;
    this.range = [from, to];
    this.cursor = this.wordAt(from);
    this.#emit(by, "range");
  }

  collapse(by = "keyboard") {
    if (!this.range) return false;
    this.cursor = this.#edgeWord(this.forward ? 1 : -1);
    this.#clearRange();
    this.#emit(by, "cursor");
    return true;
  }

  // ---- moving the cursor ---------------------------------------------------

  /** To the next or previous turn; its first word of the body becomes the cursor. */
  moveTurn(direction) {
    const i = Math.max(0, Math.min(this.index.length - 1, this.turn + direction));
    this.toTurn(i);
  }

  toTurn(i, by = "keyboard") {
    this.#clearRange();
    this.cursor = this.#firstWord(i);
    this.#emit(by, "turn");
  }

  /** To the next or previous word of the turn; stays inside the turn, as arrow keys in a line. */
  moveWord(direction) {
    if (this.range) {
      this.cursor = this.#edgeWord(direction);
      this.#clearRange();
    } else {
      const i = this.turn;
      const list = this.wordsOf(i);
      const at = list.findIndex(([start]) => start === this.cursor[0]);
      const next = list[at + direction];
      if (next) this.cursor = next;
    }
    this.#emit("keyboard", "cursor");
  }

  toTurnEdge(direction) {
    const list = this.wordsOf(this.turn);
    this.#clearRange();
    this.cursor = (direction > 0 ? list.at(-1) : list[0]) ?? this.cursor;
    this.#emit("keyboard", "cursor");
  }

  // ---- extending -----------------------------------------------------------

  extendWord(direction) {
    if (!this.range) {
      this.#begin();
      if (direction > 0) return this.#finish();
    }
    const [from, to] = this.anchor;
    if (this.forward) {
      const next = direction > 0 ? this.#wordEndAfter(this.edge) : this.#wordEndBefore(this.edge);
      if (direction < 0 && (next === null || next <= from || (next < to && from < to))) {
        const before = this.#wordStartBefore(from);
        if (before === null) return this.#finish();
        this.forward = false;
        this.edge = before;
      } else if (next !== null) this.edge = next;
    } else {
      const next = direction < 0 ? this.#wordStartBefore(this.edge) : this.#wordStartAfter(this.edge);
      if (direction > 0 && (next === null || next >= from)) {
        this.forward = true;
        this.edge = to > from ? to : this.#wordEndAfter(from) ?? from;
      } else if (next !== null) this.edge = next;
    }
    return this.#finish();
  }

  /** By one grapheme cluster at the free edge; at least one stays selected. */
  extendGrapheme(direction) {
    if (!this.range) {
      if (!this.cursor) return;
      const [start] = this.cursor;
      this.anchor = [start, start];
      this.forward = true;
      this.edge = this.#clusterStep(start, 1);
      this.#finish();
      return;
    }
    const edge = this.#clusterStep(this.edge, direction);
    if (this.forward ? edge > this.anchor[0] : edge < this.anchor[1]) this.edge = edge;
    this.#finish();
  }

  extendTurn(direction) {
    if (!this.range) this.#begin();
    const { starts, ends, bodies, length } = this.index;
    if (direction > 0) {
      let i = this.index.turnAt(this.edge);
      if (!this.forward) {
        i += 1;
        const start = i < length ? bodies[i] : this.anchor[0];
        if (start < this.anchor[0]) { this.edge = start; return this.#finish(); }
        this.forward = true;
        i = this.index.turnAt(this.anchor[0]);
        this.edge = ends[i];
        return this.#finish();
      }
      if (this.edge > starts[i] && this.edge >= ends[i]) i = Math.min(length - 1, i + 1);
      this.edge = Math.max(this.edge, ends[i]);
    } else {
      let i = this.index.turnAt(this.forward ? Math.max(0, this.edge - 1) : this.edge);
      if (this.forward) {
        const before = i > 0 ? ends[i - 1] : -1;
        if (before >= this.anchor[1] && before > this.anchor[0]) { this.edge = before; return this.#finish(); }
        this.forward = false;
        i = this.index.turnAt(this.anchor[0]);
        // An anchor without width at the start of its turn would leave nothing selected.
        if (bodies[i] >= this.anchor[1]) i = Math.max(0, i - 1);
        this.edge = Math.min(this.anchor[0], bodies[i]);
        return this.#finish();
      }
      if (this.edge <= bodies[i]) i = Math.max(0, i - 1);
      this.edge = Math.min(this.edge, bodies[i]);
    }
    return this.#finish();
  }

  /** Shift+Home and Shift+End: to the start or end of the turn. */
  extendToTurnEdge(direction) {
    if (!this.range) this.#begin();
    const i = this.turn;
    const target = direction > 0 ? this.index.ends[i] : this.index.bodies[i];
    this.forward = target > this.anchor[0];
    this.edge = target;
    if (this.forward && this.edge < this.anchor[1]) this.edge = this.anchor[1];
    this.#finish();
  }

  selectSentence() {
    if (!this.place) return;
    const [at] = this.place;
    const i = this.index.turnAt(at);
    const { text, map } = this.index.turn(i);
    const body = map.toUnits(this.index.bodies[i] - this.index.starts[i]);
    const unit = Math.max(0, map.toUnits(at - this.index.starts[i]) - body);
    const list = sentences(text.slice(body));
    if (!list.length) return;
    const found = list.find(([, end]) => unit < end) ?? list.at(-1);
    const point = (u) => this.index.starts[i] + map.toPoints(u + body);
    this.#select(point(found[0]), point(found[1]));
  }

  /** What was said in the turn, without the speaker's label. */
  selectTurn() {
    const i = this.turn;
    const start = this.index.bodies[i] < this.index.ends[i] ? this.index.bodies[i] : this.index.starts[i];
    if (this.index.ends[i] > start) this.#select(start, this.index.ends[i]);
  }

  // ---- looking up ----------------------------------------------------------

  /** Word cursor steps of turn i in code points; those of the label only if there is no body. */
  wordsOf(i) {
    if (!this.wordCache.has(i)) {
      const { text, map } = this.index.turn(i);
      const base = this.index.starts[i];
      const all = words(text).map(([start, end]) => [base + map.toPoints(start), base + map.toPoints(end)]);
      const body = all.filter(([start]) => start >= this.index.bodies[i]);
      if (this.wordCache.size > 60) this.wordCache.clear();
      this.wordCache.set(i, body.length ? body : all);
    }
    return this.wordCache.get(i);
  }

  wordAt(offset) {
    const i = this.index.turnAt(offset);
    const list = this.wordsOf(i);
    return list.find(([, end]) => offset < end) ?? list.at(-1) ?? [this.index.starts[i], this.index.starts[i]];
  }

  countWords(start, end) {
    let count = 0;
    for (let i = this.index.turnAt(start); i < this.index.length && this.index.starts[i] < end; i += 1) {
      for (const [from, to] of this.wordsOf(i)) if (from < end && to > start) count += 1;
    }
    return count;
  }

  /** Widens a span to whole grapheme clusters. */
  snap(start, end) {
    return [this.#snapEdge(start, snapStart, false), this.#snapEdge(end, snapEnd, true)];
  }

  #snapEdge(offset, rule, atEnd) {
    let i = this.index.turnAt(offset);
    if (atEnd && i > 0 && offset === this.index.starts[i]) i -= 1;
    if (offset >= this.index.ends[i]) return this.index.ends[i];
    const { text, map } = this.index.turn(i);
    return this.index.starts[i] + map.toPoints(rule(text, map.toUnits(offset - this.index.starts[i])), atEnd);
  }

  // ---- borders of a coded passage --------------------------------------------

  /** Where the "start" or "end" of a passage comes to by one word, or by one character when
      `fine`; null when there is nothing further. */
  edgeStep(edge, offset, direction, fine = false) {
    if (fine) {
      const to = this.#clusterStep(offset, direction);
      return to === offset ? null : to;
    }
    if (edge === "start") return direction < 0 ? this.#wordStartBefore(offset) : this.#wordStartAfter(offset);
    return direction < 0 ? this.#wordEndBefore(offset) : this.#wordEndAfter(offset);
  }

  /** The border nearest to an offset at which a word starts or ends; when `fine`, a character. */
  nearestEdge(edge, offset, fine = false) {
    if (fine) return this.#snapEdge(offset, edge === "start" ? snapStart : snapEnd, edge === "end");
    let i = this.index.turnAt(offset);
    if (edge === "end" && i > 0 && offset === this.index.starts[i]) i -= 1;
    const places = this.wordsOf(i).map(([start, end]) => (edge === "start" ? start : end));
    if (!places.length) return null;
    return places.reduce((best, place) => (Math.abs(place - offset) < Math.abs(best - offset) ? place : best));
  }

  /** [start, end) widened to whole sentences or to all that was said in its turns. */
  whole(start, end, unit) {
    const edges = (offset) => {
      const i = this.index.turnAt(offset);
      const body = Math.min(this.index.bodies[i], this.index.ends[i]);
      if (unit === "turn") return [body, this.index.ends[i]];
      const { text, map } = this.index.turn(i);
      const from = map.toUnits(body - this.index.starts[i]);
      const unitAt = map.toUnits(offset - this.index.starts[i]) - from;
      const found = sentences(text.slice(from)).find(([, to]) => unitAt < to);
      if (!found) return [offset, offset + 1];
      return found.map((at) => this.index.starts[i] + map.toPoints(at + from));
    };
    return [Math.min(edges(start)[0], start), Math.max(edges(end - 1)[1], end)];
  }

  // ---- inside --------------------------------------------------------------

  #begin() {
    this.cursor ??= this.#firstWord(0);
    this.anchor = [...this.cursor];
    this.forward = true;
    this.edge = this.cursor[1];
  }

  #finish() {
    const [from, to] = this.anchor;
    const range = this.forward ? [from, this.edge] : [this.edge, to];
    if (range[1] <= range[0]) {
      // There is nothing further in this direction: what was selected stays.
      this.forward = !this.range || this.range[0] === from;
      this.edge = this.range?.[this.forward ? 1 : 0] ?? to;
      if (!this.range) this.#clearRange();
      return;
    }
    this.range = range;
    this.#emit("keyboard", "range");
  }

  #select(start, end) {
    this.anchor = [start, start];
    this.forward = true;
    this.edge = end;
    this.cursor = this.wordAt(start);
    this.range = [start, end];
    this.#emit("keyboard", "range");
  }

  #clearRange() {
    this.range = null;
    this.anchor = null;
  }

  /** The last word that begins in the range, or the first that ends in it. */
  #edgeWord(direction) {
    const [start, end] = this.range;
    if (direction < 0) return this.wordAt(start);
    const found = this.wordsOf(this.index.turnAt(end - 1)).findLast(([from]) => from < end);
    return found && found[1] > start ? found : this.wordAt(start);
  }

  #firstWord(i) {
    return this.wordsOf(i)[0] ?? [this.index.starts[i], this.index.starts[i]];
  }

  /** Looks through the words of turns from `i` on in one direction. */
  #search(i, direction, pick) {
    for (let k = i; k >= 0 && k < this.index.length; k += direction) {
      const found = pick(this.wordsOf(k));
      if (found !== undefined) return found;
    }
    return null;
  }

  #wordEndAfter(offset) {
    return this.#search(this.index.turnAt(offset), 1, (list) => list.find(([, end]) => end > offset)?.[1]);
  }

  #wordEndBefore(offset) {
    return this.#search(this.index.turnAt(offset), -1, (list) => list.findLast(([, end]) => end < offset)?.[1]);
  }

  #wordStartBefore(offset) {
    return this.#search(this.index.turnAt(offset), -1, (list) => list.findLast(([start]) => start < offset)?.[0]);
  }

  #wordStartAfter(offset) {
    return this.#search(this.index.turnAt(offset), 1, (list) => list.find(([start]) => start > offset)?.[0]);
  }

  #clusterStep(offset, direction) {
    let i = this.index.turnAt(offset);
    if (direction < 0 && offset <= this.index.starts[i]) return i > 0 ? this.index.ends[i - 1] : offset;
    if (direction > 0 && offset >= this.index.ends[i]) {
      i += 1;
      if (i >= this.index.length) return offset;
      return this.#clusterStep(this.index.starts[i], 1);
    }
    const base = this.index.starts[i];
    const { text, map } = this.index.turn(i);
    const unit = map.toUnits(Math.min(offset, this.index.ends[i]) - base);
    const to = direction > 0 ? clusterAt(text, unit)[1] : clusterAt(text, unit - 1)[0];
    return base + map.toPoints(to, direction > 0);
  }

  #emit(by, what) {
    this.dispatchEvent(new CustomEvent("change", { detail: { by, what } }));
  }
}
