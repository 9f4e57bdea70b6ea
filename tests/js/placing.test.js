import { fingerprint } from "@cs/coding/actions.js";
import { findPlace } from "@cs/coding/placing.js";
import { equal, test } from "@cs-test/harness.js";

test("placing: words that moved are found by their fingerprint, in code points", () => {
  const text = "😀 It was naïve. 👩🏽‍💻 wrote 𝒜 on the board, twice 𝒜 on the board.";
  const points = [...text];
  const words = "𝒜 on the board";
  const [start, end] = findPlace(text, fingerprint(words), 3);
  equal([points.slice(start, end).join(""), start], [words, [...text.slice(0, text.indexOf(words))].length]);
  // Of two places the one nearest to where it was.
  equal(findPlace(text, fingerprint(words), points.length - 5)[0] > start, true);
});

test("placing: words that are gone are not found, nor is nothing", () => {
  equal([findPlace("some text", fingerprint("sometext"), 0), findPlace("", fingerprint("a"), 5), findPlace("abc", fingerprint(""), 0)], [null, null, null]);
});
