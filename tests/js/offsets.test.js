import { UnitMap, TurnIndex, codePointLength, countBelow, sliceCodePoints } from "@cs/lib/offsets.js";
import { EMOJI_TURNS, equal, ok, seeded, test, transcript } from "@cs-test/harness.js";

test("offsets: countBelow counts the smaller entries", () => {
  equal([0, 1, 5, 6, 99].map((v) => countBelow([1, 5, 5, 9], v)), [0, 0, 1, 3, 4]);
});

test("offsets: plain text has the same number in both units", () => {
  const map = new UnitMap("naïve Cafe\u0301");
  equal([map.pairs, map.length, map.toPoints(7), map.toUnits(7)], [null, 11, 7, 7]);
});

test("offsets: every position of a text with pairs converts both ways", () => {
  const text = "a😀b👩🏽‍💻𝒜c𠮷";
  const map = new UnitMap(text);
  const points = [...text];
  equal(map.length, points.length);
  for (let i = 0; i <= points.length; i += 1) {
    const units = points.slice(0, i).join("").length;
    equal(map.toUnits(i), units, `toUnits(${i})`);
    equal(map.toPoints(units), i, `toPoints(${units})`);
  }
});

test("offsets: the middle of a pair goes down or up, never stays", () => {
  const map = new UnitMap("x😀y");
  equal([map.toPoints(2), map.toPoints(2, true), map.toPoints(1, true), map.toPoints(3)], [1, 2, 1, 2]);
});

test("offsets: positions outside are clamped", () => {
  const map = new UnitMap("😀");
  equal([map.toPoints(-4), map.toPoints(9), map.toUnits(-1), map.toUnits(7)], [0, 1, 0, 2]);
});

test("offsets: length and slices count code points", () => {
  equal(codePointLength("🏳️‍🌈"), 4);
  equal(sliceCodePoints("ab😀cd", 2, 4), "😀c");
});

test("offsets: 400 random ranges go to the DOM and back unchanged", (stage) => {
  const { root, points } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  const random = seeded(20261123);
  const inside = [];
  index.starts.forEach((start, i) => { for (let k = start; k < index.ends[i]; k += 1) inside.push(k); });
  for (let n = 0; n < 400; n += 1) {
    const a = inside[random(inside.length)];
    const b = inside[random(inside.length)] + 1;
    if (b <= a) { n -= 1; continue; }
    equal(index.fromRange(index.toRange(a, b)), [a, b], `range ${a}-${b}`);
    equal(index.textBetween(a, b), points.slice(a, b).join(""), `text ${a}-${b}`);
    const range = index.toStaticRange(a, b);
    equal([index.toOffset(range.startContainer, range.startOffset), index.toOffset(range.endContainer, range.endOffset, true)], [a, b]);
  }
});

test("offsets: a range inside one turn holds exactly its characters", (stage) => {
  const { root, points } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  for (let i = 0; i < index.length; i += 1) {
    for (let a = index.starts[i]; a < index.ends[i]; a += 3) {
      for (let b = a + 1; b <= index.ends[i]; b += 4) {
        equal(index.toRange(a, b).toString(), points.slice(a, b).join(""), `${a}-${b}`);
      }
    }
  }
});

test("offsets: half a pair in a DOM range is widened to the whole", (stage) => {
  const { root, text } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  const turn = root.querySelectorAll(".turn")[2];
  const range = document.createRange();
  range.setStart(turn.firstChild, 4);
  range.setEnd(turn.firstChild, 5);
  const [start, end] = index.fromRange(range);
  equal(sliceCodePoints(text, start, end), "😀");
});

test("offsets: a triple click does not reach into the next turn", (stage) => {
  const { root } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  const [first, second] = root.querySelectorAll(".turn");
  const range = document.createRange();
  range.setStart(first, 0);
  range.setEnd(second, 0);
  equal(index.fromRange(range), [0, index.ends[0]]);
});

test("offsets: a range around everything is the whole text", (stage) => {
  const { root, points } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  const range = document.createRange();
  range.selectNode(root);
  equal(index.fromRange(range), [0, points.length]);
});

test("offsets: an empty range is no range", (stage) => {
  const { root } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  equal(index.fromRange(index.toRange(5, 5)), null);
});

test("offsets: text that the parser cut into several nodes is one text", (stage) => {
  const { root, points } = transcript(stage, [["S: ", "one two 😀 three"], ["", "x"]]);
  const [turn] = root.querySelectorAll(".turn");
  turn.firstChild.splitText(6).splitText(3);
  equal(turn.childNodes.length, 3);
  const index = new TurnIndex(root);
  for (let a = 0; a < index.ends[0]; a += 1) {
    for (let b = a + 1; b <= index.ends[0]; b += 1) {
      equal(index.toRange(a, b).toString(), points.slice(a, b).join(""));
      equal(index.fromRange(index.toRange(a, b)), [a, b]);
    }
  }
});

test("offsets: a separator belongs to the turn before it and is in the quotation", (stage) => {
  const { root, points } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  equal(index.turnAt(index.ends[3]), 3);
  equal(index.textBetween(index.ends[3] - 3, index.starts[4] + 1), points.slice(index.ends[3] - 3, index.starts[4] + 1).join(""));
  equal(index.textBetween(index.ends[3], index.ends[3] + 2), " \n");
});

test("offsets: turns are found by offset", (stage) => {
  const { root } = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(root);
  index.starts.forEach((start, i) => {
    equal([index.turnAt(start), index.turnAt(index.ends[i] - 1)], [i, i]);
  });
  ok(index.turnAt(10 ** 9) === index.length - 1, "past the end is the last turn");
});
