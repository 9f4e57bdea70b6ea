// Offsets: the one place where JavaScript's UTF-16 units meet the program's code points.
//
// The server, the database and the API count Unicode code points in the stored text; the DOM
// counts UTF-16 units inside text nodes. A turn is <p class="turn" data-s data-e data-b> whose
// text equals stored_text[data-s:data-e]. Between turns lie separators that are in no element.

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;
const ANY_SURROGATE = /[\ud800-\udfff]/;

/** Number of entries of the ascending array `list` that are smaller than `value`. */
export function countBelow(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Converts positions in one string. Most turns have no surrogate pair: then both units are the
 * same number. Otherwise the pairs' places are listed once and each conversion is a search.
 */
export class UnitMap {
  constructor(text) {
    this.units = text.length;
    this.pairs = null;
    if (ANY_SURROGATE.test(text)) {
      const pairs = [];
      for (const match of text.matchAll(PAIR)) pairs.push(match.index);
      if (pairs.length) {
        this.pairs = pairs;
        // The same places counted in code points: each earlier pair is one less.
        this.points = pairs.map((place, earlier) => place - earlier);
      }
    }
    this.length = this.units - (this.pairs?.length ?? 0);
  }

  /** UTF-16 position -> code points. A position inside a pair goes to the pair's start, or to
      its end when `up` is true: no half of a character is ever kept. */
  toPoints(unit, up = false) {
    const at = Math.max(0, Math.min(unit, this.units));
    if (!this.pairs) return at;
    const before = countBelow(this.pairs, at);
    const inside = before > 0 && this.pairs[before - 1] === at - 1;
    if (inside) return at - before + (up ? 1 : 0);
    return at - before;
  }

  /** Code points -> UTF-16 position; clamped to the text. */
  toUnits(point) {
    const at = Math.max(0, Math.min(point, this.length));
    return this.pairs ? at + countBelow(this.points, at) : at;
  }
}

/** Code points in a string. */
export function codePointLength(text) {
  return new UnitMap(text).length;
}

/** text[start:end] in code points, as Python slices. */
export function sliceCodePoints(text, start, end) {
  const map = new UnitMap(text);
  return text.slice(map.toUnits(start), map.toUnits(end));
}

/** The turns of a transcript, and the way from a point in the DOM to a code point and back. */
export class TurnIndex {
  constructor(root) {
    this.root = root;
    this.elements = [...root.querySelectorAll(".turn")];
    const read = (name) => this.elements.map((element) => Number(element.getAttribute(name)));
    this.starts = read("data-s");
    this.ends = read("data-e");
    this.bodies = this.elements.map((element, i) => {
      const body = element.getAttribute("data-b");
      return body === null || body === "" ? this.starts[i] : Number(body);
    });
    this.numberOf = new Map(this.elements.map((element, i) => [element, i]));
    this.cache = new Map();
  }

  get length() {
    return this.elements.length;
  }

  /** {text, map} of turn i. Only the turns in use are kept. */
  turn(i) {
    let entry = this.cache.get(i);
    if (!entry) {
      const text = this.elements[i].textContent;
      entry = { text, map: new UnitMap(text) };
      if (this.cache.size > 400) this.cache.clear();
      this.cache.set(i, entry);
    }
    return entry;
  }

  /** Number of the turn that holds a code point; a separator belongs to the turn before it. */
  turnAt(offset) {
    return Math.max(0, countBelow(this.starts, offset + 1) - 1);
  }

  /** Code point -> {node, offset} for a DOM range. `atEnd` is for the end of a half-open span:
      the end of one turn is not the start of the next. */
  toPoint(offset, atEnd = false) {
    let i = this.turnAt(offset);
    if (atEnd && i > 0 && offset <= this.starts[i]) i -= 1;
    const { map } = this.turn(i);
    let units = map.toUnits(Math.min(offset, this.ends[i]) - this.starts[i]);
    const element = this.elements[i];
    let last = null;
    // The HTML parser cuts very long text into several nodes.
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      if (units <= node.length) return { node, offset: units };
      units -= node.length;
      last = node;
    }
    return last ? { node: last, offset: last.length } : { node: element, offset: 0 };
  }

  /** A point in the DOM -> code point. `up` says which way to go from the middle of a pair, and
      from a place between turns (to the next turn's start or, when true, the last one's end). */
  toOffset(node, domOffset, up = false) {
    const owner = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    const element = owner?.closest(".turn");
    const i = element ? this.numberOf.get(element) : undefined;
    if (i === undefined) return this.#outside(node, domOffset, up);
    let units = 0;
    if (node.nodeType === Node.TEXT_NODE) {
      units = domOffset;
      for (let past = node.previousSibling; past; past = past.previousSibling) {
        units += past.textContent.length;
      }
    } else {
      for (let k = 0; k < domOffset; k += 1) units += node.childNodes[k]?.textContent.length ?? 0;
    }
    return this.starts[i] + this.turn(i).map.toPoints(units, up);
  }

  #outside(node, domOffset, up) {
    if (!this.length) return 0;
    const place = document.createRange();
    place.setStart(node, domOffset);
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place.comparePoint(this.elements[middle], 0) < 0) low = middle + 1;
      else high = middle;
    }
    // `low` is the first turn at or after the place.
    if (up) return low > 0 ? this.ends[low - 1] : this.starts[0];
    return low < this.length ? this.starts[low] : this.ends[this.length - 1];
  }

  /** A DOM range -> [start, end), or null when it holds no character of a turn. */
  fromRange(range) {
    const start = this.toOffset(range.startContainer, range.startOffset, false);
    let end = this.toOffset(range.endContainer, range.endOffset, true);
    // A triple click ends at the start of the next turn; that turn was not meant.
    const i = this.turnAt(end);
    if (end === this.starts[i] && i > 0 && end > start) end = this.ends[i - 1];
    return end > start ? [start, end] : null;
  }

  /** [start, end) -> StaticRange (the text never changes, so a live range would be waste). */
  toStaticRange(start, end) {
    const from = this.toPoint(start);
    const to = this.toPoint(end, true);
    return new StaticRange({
      startContainer: from.node,
      startOffset: from.offset,
      endContainer: to.node,
      endOffset: to.offset,
    });
  }

  toRange(start, end) {
    const from = this.toPoint(start);
    const to = this.toPoint(end, true);
    const range = document.createRange();
    range.setStart(from.node, from.offset);
    range.setEnd(to.node, to.offset);
    return range;
  }

  /** The stored text between two code points. Separators are new lines unless the turn before
      them carries the exact text in data-gap. */
  textBetween(start, end) {
    let text = "";
    for (let i = this.turnAt(start); i < this.length && this.starts[i] < end; i += 1) {
      const entry = this.turn(i);
      const from = Math.max(start, this.starts[i]) - this.starts[i];
      const to = Math.min(end, this.ends[i]) - this.starts[i];
      if (from < to) text += entry.text.slice(entry.map.toUnits(from), entry.map.toUnits(to));
      const next = i + 1 < this.length ? this.starts[i + 1] : end;
      const gapFrom = Math.max(start, this.ends[i]);
      const gapTo = Math.min(end, next);
      if (gapFrom < gapTo) {
        const gap = this.elements[i].getAttribute("data-gap") ?? "\n".repeat(next - this.ends[i]);
        text += sliceCodePoints(gap, gapFrom - this.ends[i], gapTo - this.ends[i]);
      }
    }
    return text;
  }
}
