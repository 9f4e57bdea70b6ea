// Words, sentences and grapheme clusters of one turn, as [start, end) in UTF-16 units.
// Intl.Segmenter knows the scripts of the world; the fallback knows letters and emoji.

const Segmenter = globalThis.Intl?.Segmenter;
const locale = globalThis.document?.documentElement.lang || undefined;
const make = (granularity) => (Segmenter ? new Segmenter(locale, { granularity }) : null);
const wordSegmenter = make("word");
const sentenceSegmenter = make("sentence");
const graphemeSegmenter = make("grapheme");

const HAS_SYMBOL = /[\p{L}\p{N}\p{S}\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const FALLBACK_WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’_-]*|(?:\p{RI}\p{RI}|\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*(?:\u200d\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*)*)|\p{S}/gu;
const FALLBACK_SENTENCE = /[^.!?…]*(?:[.!?…]+["'”’)\]]*(?=\s|$)|$)\s*/gu;
const FALLBACK_GRAPHEME = /\r\n|\p{RI}\p{RI}|.(?:[\p{M}\ufe0f\u{1f3fb}-\u{1f3ff}]|\u200d\p{Extended_Pictographic})*/gsu;

/** Steps of the word cursor: words, and symbols or emoji that stand for one. Punctuation is not
    a step of its own. A turn of nothing but punctuation is one step. */
export function words(text) {
  const spans = [];
  if (wordSegmenter) {
    for (const part of wordSegmenter.segment(text)) {
      if (part.isWordLike || HAS_SYMBOL.test(part.segment)) {
        spans.push([part.index, part.index + part.segment.length]);
      }
    }
  } else {
    for (const match of text.matchAll(FALLBACK_WORD)) spans.push([match.index, match.index + match[0].length]);
  }
  if (!spans.length && text.trim()) spans.push(trimmed(text, 0, text.length));
  return spans;
}

/** Sentences without the white space after them. */
export function sentences(text) {
  const spans = [];
  const add = (start, end) => {
    const span = trimmed(text, start, end);
    if (span[1] > span[0]) spans.push(span);
  };
  if (sentenceSegmenter) {
    for (const part of sentenceSegmenter.segment(text)) add(part.index, part.index + part.segment.length);
  } else {
    for (const match of text.matchAll(FALLBACK_SENTENCE)) if (match[0]) add(match.index, match.index + match[0].length);
  }
  return spans;
}

/** The grapheme cluster that holds a UTF-16 position: [start, end). */
export function clusterAt(text, unit) {
  const at = Math.max(0, Math.min(unit, text.length - 1));
  if (!text) return [0, 0];
  if (graphemeSegmenter) {
    const part = graphemeSegmenter.segment(text).containing(at);
    return [part.index, part.index + part.segment.length];
  }
  for (const match of text.matchAll(FALLBACK_GRAPHEME)) {
    if (match.index + match[0].length > at) return [match.index, match.index + match[0].length];
  }
  return [at, at + 1];
}

/** Moves a start back to its cluster's start and an end on to its cluster's end. */
export function snapStart(text, unit) {
  if (unit <= 0 || unit >= text.length) return unit;
  return clusterAt(text, unit)[0];
}

export function snapEnd(text, unit) {
  if (unit <= 0 || unit >= text.length) return unit;
  const [start, end] = clusterAt(text, unit);
  return start === unit ? unit : end;
}

function trimmed(text, start, end) {
  let from = start;
  let to = end;
  while (from < to && /\s/.test(text[from])) from += 1;
  while (to > from && /\s/.test(text[to - 1])) to -= 1;
  return [from, to];
}
