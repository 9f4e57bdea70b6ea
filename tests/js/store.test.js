import { CodingStore, unpack } from "@cs/coding/store.js";
import { newKey } from "@cs/lib/key.js";
import { Saver } from "@cs/coding/saver.js";
import { equal, ok, seeded, test } from "@cs-test/harness.js";

const CODES = [
  { id: 1, name: "Gains", parent: null, depth: 0, colour: 0 },
  { id: 2, name: "Trust", parent: 1, depth: 1, colour: 1 },
  { id: 3, name: "Roles", parent: null, depth: 0, colour: 2 },
];
const make = (codings = []) => new CodingStore({
  codes: CODES, coders: [{ id: 9, name: "Ruth" }], codings, sections: [[0, 100], [101, 200], [201, 300]],
});
const ids = (list) => list.map((c) => c.id);

test("store: finds what overlaps, half-open, across sections", () => {
  const store = make([[1, 0, 10, 1, 9], [2, 90, 120, 2, 9], [3, 10, 20, 3, 9], [4, 250, 260, 1, 9]]);
  equal(ids(store.overlapping(5, 10)), [1]);
  equal(ids(store.overlapping(10, 11)), [3]);
  equal(ids(store.overlapping(95, 255)), [2, 4]);
  equal(ids(store.inSection(1)), [2]);
  equal([store.count(1), store.count(2), store.count(7)], [2, 1, 0]);
});

test("store: overlapping agrees with looking at every coding", () => {
  const random = seeded(3);
  const rows = [];
  for (let i = 0; i < 300; i += 1) {
    const start = random(290);
    rows.push([i, start, Math.min(300, start + 1 + random(120)), 1 + random(3), 9]);
  }
  const store = make(rows);
  for (let n = 0; n < 300; n += 1) {
    const start = random(299);
    const end = start + 1 + random(300 - start);
    const plain = rows.filter(([, s, e]) => s < end && e > start).map(([id]) => id).sort((a, b) => a - b);
    equal(ids(store.overlapping(start, end)).sort((a, b) => a - b), plain, `${start}-${end}`);
  }
});

test("store: a change names the sections it touched", () => {
  const store = make([[1, 90, 120, 1, 9]]);
  let touched = null;
  store.addEventListener("change", (event) => { touched = [...event.detail.sections].sort(); });
  store.change({ remove: [1] });
  equal(touched, [0, 1]);
  store.change({ add: [[2, 210, 220, 1, 9]] });
  equal(touched, [2]);
  equal(store.size, 1);
});

test("store: next and previous walk passages of equal start too", () => {
  const store = make([[1, 10, 50, 1, 9], [2, 10, 20, 2, 9], [3, 10, 20, 3, 9], [4, 60, 70, 1, 9]]);
  const seen = [];
  let at = [-1];
  for (let coding = store.next(at, 1); coding; coding = store.next(at, 1)) { at = [coding.start, coding.end]; seen.push(at); }
  equal(seen, [[10, 50], [10, 20], [60, 70]]);
  const back = [];
  for (let coding = store.next(at, -1); coding; coding = store.next(at, -1)) { at = [coding.start, coding.end]; back.push(at); }
  equal(back, [[10, 20], [10, 50]]);
  equal(store.next([-1], 1, 3).id, 3);
});

test("store: a new code stands below its parent", () => {
  const store = make();
  store.codes = new Map();
  store.codeOrder = [];
  for (const code of CODES) store.addCode({ ...code });
  store.addCode({ id: 4, name: "Openness", parent: 1, colour: 3 });
  equal(store.codeList().map((c) => [c.name, c.depth]), [["Gains", 0], ["Trust", 1], ["Openness", 1], ["Roles", 0]]);
  equal(store.pathOf(store.codes.get(4)), "Gains");
});

function withServer(answers, store = make([[1, 0, 10, 1, 9]])) {
  const sent = [];
  globalThis.fetch = async (url, options) => {
    sent.push({ url, method: options.method, body: options.body ? JSON.parse(options.body) : null });
    const answer = answers.shift();
    if (answer === "offline") throw new TypeError("no network");
    const [status, body] = answer;
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  };
  const saver = new Saver({
    store, me: { coder: 9 }, canUndo: false, canRedo: false,
    index: { textBetween: (start, end) => `text ${start}-${end}` },
    urls: { codings: "/c/", coding: "/api/v1/projects/10/codings/0/", undo: "/u/", redo: "/r/", finished: "/f/" },
  });
  return { sent, saver, store };
}

async function keepingFetch(run) {
  const before = globalThis.fetch;
  try { await run(); } finally { globalThis.fetch = before; }
}

test("saver: a tag is there at once and gets its identity from the server", () => keepingFetch(async () => {
  const { sent, saver, store } = withServer([[201, { codings: [[7, 20, 30, 2, 9]], can_undo: true, can_redo: false }]]);
  const done = saver.apply(20, 30, [2]);
  equal(store.overlapping(20, 30).map((c) => [c.code, c.pending]), [[2, true]]);
  equal(saver.state, "saving");
  await done;
  equal(store.overlapping(20, 30).map((c) => [c.id, c.pending ?? false]), [[7, false]]);
  equal([saver.state, saver.canUndo], ["saved", true]);
  const { key, ...body } = sent[0].body;
  equal(body, { start: 20, end: 30, quote: "text 20-30", codes: [2] });
  ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(key), "a UUID goes with it");
}));

test("saver: what is refused is taken back and set aside", () => keepingFetch(async () => {
  const { saver, store } = withServer([[409, { error: { code: "quote_mismatch", message: "The text differs." } }]]);
  await saver.apply(20, 30, [2, 3]);
  equal([store.size, saver.aside.map((action) => [action.codes, action.aside.message]), saver.state], [1, [[[2, 3], "The text differs."]], "saved"]);
}));

test("saver: after a network failure nothing is lost and the same key is sent again", () => keepingFetch(async () => {
  const { sent, saver, store } = withServer(["offline", [201, { codings: [[7, 20, 30, 2, 9]] }], [200, { removed: [1] }]]);
  const first = saver.apply(20, 30, [2]);
  await new Promise((resolve) => saver.addEventListener("state", (e) => e.detail.state === "failed" && resolve()));
  const second = saver.remove(1);
  equal([sent.length, saver.waiting, store.size], [1, 2, 1]);
  saver.retry();
  await Promise.all([first, second]);
  equal(sent.map((s) => s.method), ["POST", "POST", "DELETE"]);
  equal(sent[0].body.key, sent[1].body.key);
  ok(sent[2].url.startsWith("/api/v1/projects/10/codings/1/?key="), sent[2].url);
  equal([saver.state, saver.waiting, [...store.byId.keys()]], ["saved", 0, [7]]);
}));

test("saver: a coding that somebody else removed first stays away", () => keepingFetch(async () => {
  const { saver, store } = withServer([[409, { error: { code: "already_removed", message: "Gone." } }]]);
  await saver.remove(1);
  equal(store.size, 0);
}));

test("saver: a removal that is refused comes back", () => keepingFetch(async () => {
  const { saver, store } = withServer([[403, { error: { code: "permission_denied", message: "Not yours." } }]]);
  const done = saver.remove(1);
  equal(store.size, 0);
  await done;
  equal([...store.byId.keys()], [1]);
}));

test("saver: undo puts back and takes away what the server says", () => keepingFetch(async () => {
  const { saver, store } = withServer([[200, { added: [[5, 40, 50, 3, 9]], removed: [1], message: "Undone.", can_undo: false, can_redo: true }]]);
  await saver.undo();
  equal([[...store.byId.keys()], saver.canRedo], [[5], true]);
}));

test("saver: keys differ", () => {
  equal(new Set(Array.from({ length: 200 }, newKey)).size, 200);
});

test("saver: a change shows at once, and an earlier answer does not take a later change back", () => keepingFetch(async () => {
  const { sent, saver, store } = withServer([
    [200, { codings: [[1, 0, 12, 1, 9]], can_undo: true, can_redo: false }],
    [200, { codings: [[1, 0, 15, 1, 9]], can_undo: true, can_redo: false }],
  ]);
  const ends = [];
  store.addEventListener("change", () => ends.push(store.byId.get(1).end));
  saver.change(1, { start: 0, end: 12 });
  await saver.change(1, { start: 0, end: 15 });
  // However often the page is told, it never goes back to 12.
  equal(ends.filter((end, at) => end !== ends[at - 1]), [12, 15]);
  equal(sent.map(({ method, body: { key: _key, ...body } }) => [method, body]), [
    ["PATCH", { start: 0, end: 12, quote: "text 0-12" }],
    ["PATCH", { start: 0, end: 15, quote: "text 0-15" }],
  ]);
}));

test("saver: a refused change goes back to what the server has", () => keepingFetch(async () => {
  const { saver, store } = withServer([
    [200, { codings: [[1, 0, 12, 1, 9]], can_undo: true, can_redo: false }],
    [409, { error: { code: "already_there", message: "There already." } }],
  ]);
  saver.change(1, { start: 0, end: 12 });
  await saver.change(1, { code: 2 });
  const { end, code } = store.byId.get(1);
  equal([end, code], [12, 1]);
}));

test("saver: a change of what is gone takes it away, and one answered late does not bring it back", () => keepingFetch(async () => {
  const gone = withServer([[409, { error: { code: "already_removed", message: "Gone." } }]]);
  await gone.saver.change(1, { code: 2 });
  equal(gone.store.size, 0);
  const late = withServer([[200, { codings: [[1, 0, 10, 2, 9]] }], [200, { removed: [1] }]]);
  const changed = late.saver.change(1, { code: 2 });
  const removed = late.saver.remove(1);
  await changed;
  equal(late.store.size, 0);
  await removed;
}));

test("store: memos are counted by coding", () => {
  const store = make([[1, 0, 10, 1, 9]]);
  const told = [];
  store.addEventListener("notes", ({ detail }) => told.push(detail.ids));
  store.setNotes([[1, 2], [5, 1]]);
  store.setNotes([[5, 0]]);
  store.setNotes([]);
  equal([[...store.notes], told], [[[1, 2]], [[1, 5], [5]]]);
});

test("store: an example belongs to a passage and to its code", () => {
  const store = new CodingStore({
    codes: CODES, coders: [], codings: [[1, 0, 10, 1, 9], [2, 150, 160, 2, 9]], sections: [[0, 100], [101, 200]], examples: [[1, 1]],
  });
  const told = [];
  store.addEventListener("change", ({ detail }) => told.push([...detail.sections]));
  const shown = () => [...store.byId.values()].map((coding) => store.isExample(coding));
  equal(shown(), [true, false]);
  store.setExamples([[1, 1], [2, 2], [7, 1]]);
  store.setExamples([[1, 1], [2, 2], [7, 1]]);
  equal([shown(), told], [[true, true], [[1]]]);
  // With another code it is none, and with the old one again it is.
  store.change({ add: [[1, 0, 10, 3, 9]] });
  equal(store.isExample(store.byId.get(1)), false);
  store.change({ add: [[1, 0, 10, 1, 9]] });
  equal(store.isExample(store.byId.get(1)), true);
  store.setExamples([]);
  equal(shown(), [false, false]);
});

test("store: rows come out of the columns of the page", () => {
  const columns = { id: [7, -2, 4], start: [3, 0, 117], length: [6, 5, 11], code: [1, 2, 1], coder: [4, 4, 6] };
  equal(unpack(columns), [[7, 3, 9, 1, 4], [5, 3, 8, 2, 4], [9, 120, 131, 1, 6]]);
  equal(unpack({ id: [], start: [], length: [], code: [], coder: [] }), []);
});

test("store: counts of coders follow, and a change says which codes it touched", () => {
  const store = make([[1, 0, 10, 1, 9], [2, 20, 30, 2, 8]]);
  const told = [];
  store.addEventListener("change", ({ detail }) => told.push([[...detail.sections], [...detail.codes]]));
  store.change({ add: [[3, 150, 260, 3, 8]], remove: [1] });
  equal([store.countOf(9), store.countOf(8), store.countOf(5)], [0, 2, 0]);
  store.change({ add: [{ id: 2, start: 20, end: 30, code: 1, coder: 8 }] });
  store.change({ remove: [99] });
  equal(told, [[[0, 1, 2], [1, 3]], [[0], [2, 1]]]);
  equal([store.count(1), store.count(2), store.countOf(8)], [1, 0, 2]);
});
