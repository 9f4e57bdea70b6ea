import { assignLanes, findNames, merge, stretches } from "@cs/coding/lanes.js";
import { equal, ok, seeded, test } from "@cs-test/harness.js";

const coding = (id, start, end, code, coder = 1) => ({ id, start, end, code, coder });

test("lanes: touching and overlapping passages of a code are one bracket", () => {
  const merged = merge([coding(1, 0, 10, 1), coding(2, 10, 20, 1, 2), coding(3, 30, 40, 1), coding(4, 5, 35, 2)], 0, 100);
  equal(merged.map((b) => [b.code, b.from, b.to, b.ids, [...b.coders]]), [[1, 0, 20, [1, 2], [1, 2]], [2, 5, 35, [4], [1]], [1, 30, 40, [3], [1]]]);
});

test("lanes: a bracket is cut at the section and says that it goes on", () => {
  const [bracket] = merge([coding(1, 50, 250, 1)], 100, 200);
  equal([bracket.from, bracket.to, bracket.start, bracket.end, bracket.opensBefore, bracket.goesOn], [100, 200, 50, 250, true, true]);
});

test("lanes: a passage outside the section gives nothing", () => {
  equal(merge([coding(1, 0, 100, 1)], 100, 200), []);
});

test("lanes: dense coding merges across small gaps", () => {
  const many = Array.from({ length: 80 }, (_, i) => coding(i, i * 40, i * 40 + 10, 1));
  equal(merge(many, 0, 4000).length, 1);
  equal(merge(many.slice(0, 50), 0, 4000).length, 50);
});

test("lanes: brackets in one lane never overlap", () => {
  const random = seeded(11);
  const brackets = Array.from({ length: 200 }, () => { const top = random(900); return { top, bottom: top + 14 + random(200) }; });
  const used = assignLanes(brackets);
  for (const a of brackets) {
    for (const b of brackets) {
      ok(a === b || a.lane !== b.lane || a.bottom <= b.top || b.bottom <= a.top, "two brackets overlap in a lane");
    }
  }
  equal(used, Math.max(...brackets.map((b) => b.lane)) + 1);
});

test("lanes: what has no room is in the last lane and marked", () => {
  const brackets = [0, 1, 2, 3].map(() => ({ top: 0, bottom: 100 }));
  equal(assignLanes(brackets, 3), 3);
  equal(brackets.map((b) => [b.lane, b.crowded]), [[0, false], [1, false], [2, false], [2, true]]);
});

test("lanes: a name is shown where nothing stands beside it", () => {
  const brackets = [{ top: 0, bottom: 200, lane: 0 }, { top: 5, bottom: 40, lane: 1 }, { top: 100, bottom: 140, lane: 1 }];
  findNames(brackets);
  equal(brackets.map((b) => b.named), [false, true, true]);
});

test("lanes: a code colours each word once, clipped to the section", () => {
  const rows = [coding(1, 0, 30, 1), coding(5, 5, 9, 2), coding(2, 10, 20, 1), coding(3, 30, 40, 1), coding(4, 41, 200, 1), coding(6, 300, 310, 1)];
  equal(stretches(rows, 4, 100), [[1, 4, 40], [2, 5, 9], [1, 41, 100]]);
});

test("lanes: stretches colour exactly the characters that are coded", () => {
  const random = seeded(11);
  for (let round = 0; round < 60; round += 1) {
    const rows = Array.from({ length: random(30) }, (_, id) => {
      const start = random(100);
      return coding(id, start, start + 1 + random(30), random(4));
    }).sort((a, b) => a.start - b.start || b.end - a.end);
    const [from, to] = [random(40), 60 + random(60)];
    const plain = new Set();
    for (const row of rows) for (let at = Math.max(from, row.start); at < Math.min(to, row.end); at += 1) plain.add(`${row.code} ${at}`);
    const coloured = [];
    for (const [code, start, end] of stretches(rows, from, to)) for (let at = start; at < end; at += 1) coloured.push(`${code} ${at}`);
    equal(coloured.length, plain.size, "no character twice");
    ok(coloured.every((one) => plain.has(one)), "a character that is not coded");
  }
});
