import { CodingStore } from "@cs/coding/store.js";
import { Saver } from "@cs/coding/saver.js";
import { Unsent } from "@cs/coding/unsent.js";
import { equal, ok, test } from "@cs-test/harness.js";

const CODES = [{ id: 1, name: "Gains", parent: null, depth: 0, colour: 0 }, { id: 2, name: "Trust", parent: null, depth: 0, colour: 1 }];

function memory() {
  const kept = new Map();
  return {
    kept,
    get length() { return kept.size; },
    key: (i) => [...kept.keys()][i],
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  };
}

/** A page against a server that remembers keys. `answers`: "ok", "offline", "lost" (done, but the
    answer does not arrive), or [status, body]; after the last one everything is "ok". */
function page({ answers = [], storage = memory(), server = { next: 100, done: new Map(), codings: new Map(), log: [] }, text = "text", pauses = [60], renew = null } = {}) {
  const store = new CodingStore({ codes: CODES, coders: [{ id: 9, name: "Ruth" }], codings: [...server.codings.values()], sections: [[0, 300]] });
  globalThis.fetch = async (url, options) => {
    const body = options.body ? JSON.parse(options.body) : {};
    const key = body.key ?? new URL(url, "http://x").searchParams.get("key");
    const answer = answers.shift() ?? "ok";
    server.log.push(`${options.method} ${url.split("?")[0]}`);
    if (answer === "offline") throw new TypeError("no network");
    if (Array.isArray(answer)) return new Response(JSON.stringify(answer[1]), { status: answer[0] });
    if (!server.done.has(key)) server.done.set(key, act(url, body));
    if (answer === "lost") throw new TypeError("the connection broke");
    return new Response(JSON.stringify(server.done.get(key)), { status: 200 });
  };
  function act(url, body) {
    if (url === "/c/") {
      const rows = body.codes.map((code) => [server.next += 1, body.start, body.end, code, 9]);
      for (const row of rows) server.codings.set(row[0], row);
      server.last = rows.map(([id]) => id);
      return { codings: rows, can_undo: true, can_redo: false };
    }
    if (url === "/u/") {
      for (const id of server.last) server.codings.delete(id);
      return { added: [], removed: server.last, message: "Undone.", can_undo: false, can_redo: true };
    }
    const id = Number(/(\d+)\/\?/.exec(url)[1]);
    server.codings.delete(id);
    return { removed: [id], can_undo: true, can_redo: false };
  }
  const saver = new Saver({
    store, pauses, renew, me: { coder: 9 }, canUndo: false, canRedo: false,
    index: { textBetween: (start, end) => `${text} ${start}-${end}` },
    urls: { codings: "/c/", coding: "/d/0/", undo: "/u/", redo: "/r/", finished: "/f/" },
    unsent: new Unsent({ project: 1, source: 7, coder: 9, storage }),
  });
  return { saver, store, server, storage };
}

const until = async (holds, about = "what was waited for") => {
  for (let i = 0; i < 300; i += 1) {
    if (holds()) return;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  throw new Error(`${about} did not come`);
};
const keeping = (run) => async () => {
  const before = globalThis.fetch;
  try { await run(); } finally { globalThis.fetch = before; }
};
const spans = (store) => [...store.byId.values()].map((c) => [c.start, c.end, c.code]);

test("unsent: after a network failure it is tried again by itself, in order", keeping(async () => {
  const { saver, server, storage } = page({ answers: ["offline", "offline"], pauses: [0.02] });
  const states = [];
  saver.addEventListener("state", ({ detail }) => states.push(`${detail.state}${detail.retrying ? "+" : ""} ${detail.waiting}`));
  saver.apply(10, 20, [1]);
  saver.apply(30, 40, [2]);
  await until(() => saver.state === "saved" && !saver.waiting);
  equal([...server.codings.values()].map((row) => row.slice(1, 4)), [[10, 20, 1], [30, 40, 2]]);
  equal(server.log.length, 4);
  ok(states.includes("failed 2") && states.includes("failed+ 2"), states.join(", "));
  equal(storage.kept.size, 0);
}));

test("unsent: an answer that was lost does not act twice", keeping(async () => {
  const { saver, store, server } = page({ answers: ["lost"], pauses: [0.02] });
  await saver.apply(10, 20, [1]);
  equal([server.codings.size, server.log.length, spans(store)], [1, 2, [[10, 20, 1]]]);
}));

test("unsent: a new page shows and sends what the last one could not", keeping(async () => {
  const first = page({ answers: ["lost", "offline"] });
  first.saver.apply(10, 20, [1]);
  first.saver.apply(30, 40, [2]);
  await until(() => first.saver.state === "failed");
  clearTimeout(first.saver.timer);
  equal(first.storage.kept.size, 2);
  ok(![...first.storage.kept.values()].some((value) => value.includes("text")), "no words of the passage are kept");
  const server = { ...first.server, codings: new Map() };
  const second = page({ storage: first.storage, server });
  second.saver.restore();
  equal(spans(second.store), [[10, 20, 1], [30, 40, 2]]);
  await until(() => second.saver.state === "saved");
  equal([second.server.done.size, second.storage.kept.size, spans(second.store)], [2, 0, [[10, 20, 1], [30, 40, 2]]]);
}));

test("unsent: what is another coder's or another source's is left alone", () => {
  const storage = memory();
  new Unsent({ project: 1, source: 7, coder: 8, storage }).put({ key: "a", kind: "apply", at: 1 });
  new Unsent({ project: 1, source: 77, coder: 9, storage }).put({ key: "b", kind: "apply", at: 1 });
  equal(new Unsent({ project: 1, source: 7, coder: 9, storage }).load(), []);
  equal(new Unsent({ project: 1, source: 7, coder: 8, storage }).load().length, 1);
});

test("unsent: a storage that is full or unreadable does not stop the work", keeping(async () => {
  const storage = { ...memory(), length: 1, key: () => { throw new Error("no"); }, setItem: () => { throw new Error("full"); } };
  const { saver, server } = page({ storage });
  saver.restore();
  await saver.apply(10, 20, [1]);
  equal(server.codings.size, 1);
}));

test("unsent: a text that was corrected meanwhile is refused, not coded elsewhere", keeping(async () => {
  const first = page({ answers: ["offline"] });
  first.saver.apply(10, 20, [1]);
  await until(() => first.saver.state === "failed");
  clearTimeout(first.saver.timer);
  const second = page({ storage: first.storage, text: "other text" });
  const refused = [];
  second.saver.addEventListener("refused", ({ detail }) => refused.push(detail.code));
  second.saver.restore();
  await until(() => refused.length);
  equal([refused, spans(second.store), second.server.log, second.storage.kept.size], [["quote_mismatch"], [], [], 0]);
}));

test("undo: what was never sent is taken out of the line, and redo puts it back", keeping(async () => {
  const { saver, store, server, storage } = page({ answers: ["offline"] });
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  saver.apply(30, 40, [2]);
  saver.undo();
  equal([saver.waiting, spans(store), storage.kept.size, saver.canRedo], [1, [[10, 20, 1]], 1, true]);
  saver.redo();
  equal([saver.waiting, spans(store)], [2, [[10, 20, 1], [30, 40, 2]]]);
  saver.undo();
  saver.retry();
  await until(() => saver.state === "saved");
  equal([...server.codings.values()].map((row) => row[1]), [10]);
}));

test("undo: what may have arrived disappears at once and is taken back on the server", keeping(async () => {
  const { saver, store, server } = page({ answers: ["lost"] });
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  const done = saver.undo();
  equal([spans(store), saver.waiting], [[], 2]);
  saver.retry();
  await done;
  equal([spans(store), server.codings.size, server.log], [[], 0, ["POST /c/", "POST /c/", "POST /u/"]]);
}));

test("undo: of a removal that waits, and redo of an undo that waits", keeping(async () => {
  const { saver, store } = page({ answers: ["offline"], server: { next: 100, done: new Map(), codings: new Map([[5, [5, 1, 2, 1, 9]]]), log: [] } });
  saver.remove(5);
  await until(() => saver.state === "failed");
  equal(spans(store), []);
  saver.undo();
  equal(spans(store), [[1, 2, 1]]);
  saver.redo();
  equal([spans(store), saver.waiting], [[], 1]);
  clearTimeout(saver.timer);
}));

test("news: own changes that wait are not disturbed", keeping(async () => {
  const { saver, store } = page({ answers: ["offline"], server: { next: 100, done: new Map(), codings: new Map([[5, [5, 1, 2, 1, 9]], [6, [6, 3, 4, 1, 8]]]), log: [] } });
  saver.remove(5);
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  clearTimeout(saver.timer);
  // The server still has 5, has the tag that was sent, a colleague's new passage, and 6 is gone.
  const news = { added: [[5, 1, 2, 1, 9], [70, 10, 20, 1, 9], [71, 10, 20, 1, 8]], removed: [6, 999] };
  equal(saver.reconcile(news), { add: [[71, 10, 20, 1, 8]], remove: [6] });
  store.change(saver.reconcile(news));
  equal(spans(store), [[10, 20, 1], [10, 20, 1]]);
  // The same news again change nothing.
  equal(saver.reconcile(news), { add: [], remove: [] });
  const all = saver.reconcile({ added: [[80, 5, 6, 2, 8]], removed: [], reset: true });
  equal(all, { add: [[80, 5, 6, 2, 8]], remove: [71] });
}));

test("log-in: a token of an earlier log-in is renewed, and never for somebody else", keeping(async () => {
  const csrf = [403, { error: { code: "permission_denied", message: "CSRF Failed." } }];
  const one = page({ answers: [csrf], renew: async () => "renewed" });
  await one.saver.apply(10, 20, [1]);
  equal([one.server.codings.size, one.saver.state], [1, "saved"]);
  const two = page({ answers: [csrf], renew: async () => "other" });
  let code = "";
  two.saver.addEventListener("state", ({ detail }) => { code = detail.code || code; });
  two.saver.apply(10, 20, [1]);
  await until(() => two.saver.state === "failed");
  clearTimeout(two.saver.timer);
  equal([code, two.server.codings.size, two.storage.kept.size, spans(two.store)], ["other_person", 0, 1, [[10, 20, 1]]]);
}));

test("a change that the server cannot digest can be given up, and the next one goes on", keeping(async () => {
  const { saver, server, store } = page({ answers: [[500, {}]] });
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  saver.apply(30, 40, [2]);
  saver.discard();
  await until(() => saver.state === "saved");
  equal([[...server.codings.values()].map((row) => row[1]), spans(store)], [[30], [[30, 40, 2]]]);
}));
