// Which stretches of a section are coloured, which brackets stand in its margin, and in which
// lane. Plain functions on numbers.

/** More codings than this in one section count as dense: brackets of a code then merge across
    small gaps too, or the margin would be a barcode. */
const DENSE = 60;
const DENSE_GAP = 160;

/**
 * Codings of one section -> brackets {code, start, end, ids, coders, opensBefore, goesOn}, clipped
 * to [from, to), in text order. Codings of the same code that overlap or touch are one bracket.
 */
export function merge(codings, from, to) {
  const gap = codings.length > DENSE ? DENSE_GAP : 0;
  const byCode = new Map();
  for (const coding of codings) {
    if (!byCode.has(coding.code)) byCode.set(coding.code, []);
    byCode.get(coding.code).push(coding);
  }
  const brackets = [];
  for (const [code, list] of byCode) {
    list.sort((a, b) => a.start - b.start);
    let open = null;
    for (const coding of list) {
      if (open && coding.start <= open.end + gap) {
        open.end = Math.max(open.end, coding.end);
        open.ids.push(coding.id);
        open.coders.add(coding.coder);
      } else {
        open = { code, start: coding.start, end: coding.end, ids: [coding.id], coders: new Set([coding.coder]) };
        brackets.push(open);
      }
    }
  }
  for (const bracket of brackets) {
    bracket.opensBefore = bracket.start < from;
    bracket.goesOn = bracket.end > to;
    bracket.from = Math.max(bracket.start, from);
    bracket.to = Math.min(bracket.end, to);
  }
  return brackets
    .filter((bracket) => bracket.from < bracket.to)
    .sort((a, b) => a.from - b.from || b.to - a.to || a.code - b.code);
}

/**
 * Codings of one section in text order -> the stretches [code, start, end] to colour, clipped to
 * [from, to). A code colours a word once, however many passages of it lie there, so passages of
 * one code that overlap or touch are one stretch: fewer for the browser to draw.
 */
export function stretches(codings, from, to) {
  const open = new Map();
  const found = [];
  for (const coding of codings) {
    const start = Math.max(coding.start, from);
    const end = Math.min(coding.end, to);
    if (start >= end) continue;
    const last = open.get(coding.code);
    if (last && start <= last[2]) {
      last[2] = Math.max(last[2], end);
    } else {
      const stretch = [coding.code, start, end];
      open.set(coding.code, stretch);
      found.push(stretch);
    }
  }
  return found;
}

/**
 * Gives each bracket the innermost free lane, by vertical extent {top, bottom} in pixels (two
 * passages on one line overlap there although their characters do not). Returns the number of
 * lanes; what needs more than `most` gets lane `most` - 1 and `crowded`.
 */
export function assignLanes(brackets, most = Infinity) {
  const ends = [];
  let used = 0;
  for (const bracket of [...brackets].sort((a, b) => a.top - b.top || b.bottom - a.bottom)) {
    let lane = ends.findIndex((end) => end <= bracket.top);
    if (lane === -1) lane = ends.length;
    bracket.crowded = lane >= most;
    bracket.lane = Math.min(lane, most - 1);
    ends[lane] = bracket.bottom;
    used = Math.max(used, bracket.lane + 1);
  }
  return used;
}

/** Marks the brackets with room for their code's name: none in a lane further out stands beside
    the first `height` pixels. */
export function findNames(brackets, height = 15) {
  for (const bracket of brackets) {
    bracket.named = !bracket.crowded && !brackets.some((other) => other !== bracket
      && other.lane >= bracket.lane && other.top < bracket.top + height && other.bottom > bracket.top);
  }
}
