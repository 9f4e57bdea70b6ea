import { clusterAt, sentences, snapEnd, snapStart, words } from "@cs/coding/words.js";
import { equal, test } from "@cs-test/harness.js";

const cut = (text, spans) => spans.map(([start, end]) => text.slice(start, end));

test("words: letters, numbers and emoji are steps, punctuation is not", () => {
  const text = "We don't, the 2 of us 👩🏽‍💻 – naïve!";
  equal(cut(text, words(text)), ["We", "don't", "the", "2", "of", "us", "👩🏽‍💻", "naïve"]);
});

test("words: a turn of punctuation is one step, an empty one none", () => {
  equal([words("…"), words("  ?! "), words("")], [[[0, 1]], [[2, 4]], []]);
});

test("words: sentences come without the space after them", () => {
  const text = "Nobody minded! So what? Fine.  ";
  equal(cut(text, sentences(text)), ["Nobody minded!", "So what?", "Fine."]);
});

test("words: clusters are what a reader takes for one character", () => {
  const text = "e\u0301🏳️‍🌈x";
  equal([clusterAt(text, 1), clusterAt(text, 4), clusterAt(text, 8)], [[0, 2], [2, 8], [8, 9]]);
  equal([snapStart(text, 1), snapEnd(text, 1), snapStart(text, 5), snapEnd(text, 5), snapEnd(text, 2)], [0, 2, 2, 8, 2]);
});
