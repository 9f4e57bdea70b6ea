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
    (server.bodies ??= []).push(body);
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
    if (url === "/f/") return { finished: body.finished };
    if (url === "/r/") return { added: [], removed: [], can_undo: true, can_redo: false };
    if (url === "/u/") {
      for (const id of server.last) server.codings.delete(id);
      return { added: [], removed: server.last ?? [], message: "Undone.", can_undo: false, can_redo: true };
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

test("unsent: a text that was corrected meanwhile is not coded elsewhere, and the tag is kept", keeping(async () => {
  const first = page({ answers: ["offline"] });
  first.saver.apply(10, 20, [1]);
  await until(() => first.saver.state === "failed");
  clearTimeout(first.saver.timer);
  const second = page({ storage: first.storage, text: "other text" });
  second.saver.restore();
  await until(() => second.saver.aside.length);
  equal([spans(second.store), second.server.log, second.saver.state], [[], [], "saved"]);
  // It outlives this page too, and is then sent to where a person puts it.
  const third = page({ storage: first.storage, text: "other text" });
  third.saver.restore();
  const [kept] = third.saver.aside;
  equal([kept.codes, kept.aside.code, third.saver.waiting, third.saver.unsent.words(kept.key)], [[1], "quote_mismatch", 0, "text 10-20"]);
  equal(third.saver.resend(kept, [12, 22]), true);
  await until(() => !third.saver.waiting);
  equal([spans(third.store), third.saver.aside, third.storage.kept.size], [[[12, 22, 1]], [], 0]);
}));

test("aside: what is refused is sent again or discarded, by a person only", keeping(async () => {
  const heading = [400, { error: { code: "heading_only", message: "Gains is a heading." } }];
  const { saver, store, storage, server } = page({ answers: [heading, heading] });
  await saver.apply(10, 20, [1]);
  await saver.apply(30, 40, [1]);
  equal([saver.aside.map((a) => [a.start, a.aside.code]), storage.kept.size, spans(store)], [[[10, "heading_only"], [30, "heading_only"]], 2, []]);
  saver.giveUp(saver.aside[0]);
  equal([saver.aside.length, storage.kept.size], [1, 1]);
  saver.resend(saver.aside[0]);
  await until(() => !saver.waiting);
  equal([[...server.codings.values()].map((row) => row[1]), saver.aside, storage.kept.size], [[30], [], 0]);
}));

test("aside: a removal that is refused is only explained", keeping(async () => {
  const { saver, store } = page({ answers: [[403, { error: { code: "forbidden", message: "No." } }]], server: { next: 100, done: new Map(), codings: new Map([[5, [5, 1, 2, 1, 9]]]), log: [] } });
  let said = "";
  saver.addEventListener("refused", ({ detail }) => { said = detail.message; });
  await saver.remove(5);
  equal([said, saver.aside, spans(store)], ["No.", [], [[1, 2, 1]]]);
}));

test("no access: everything waits until there is access again", keeping(async () => {
  let outcome = "gone";
  const missing = [404, { error: { code: "not_found", message: "Not found." } }];
  const { saver, store, server, storage } = page({ answers: [missing, missing, "ok"], renew: async () => outcome });
  const codes = [];
  saver.addEventListener("state", ({ detail }) => codes.push(detail.code));
  saver.apply(10, 20, [1]);
  saver.apply(30, 40, [2]);
  await until(() => saver.state === "failed");
  clearTimeout(saver.timer);
  equal([codes.at(-1), saver.waiting, storage.kept.size, spans(store)], ["no_access", 2, 2, [[10, 20, 1], [30, 40, 2]]]);
  // There is access, but the code is gone: this one is set aside, the next one goes on.
  outcome = "renewed";
  saver.retry();
  await until(() => saver.state === "saved");
  equal([saver.aside.map((a) => a.start), [...server.codings.values()].map((row) => row[1])], [[10], [30]]);
}));

test("in the trash: everything waits until the source is restored", keeping(async () => {
  const outcome = "trash";
  const { saver, store, storage } = page({ answers: [[404, {}], "ok"], renew: async () => outcome });
  const codes = [];
  saver.addEventListener("state", ({ detail }) => codes.push(detail.code));
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  clearTimeout(saver.timer);
  equal([codes.at(-1), saver.waiting, storage.kept.size, spans(store)], ["in_trash", 1, 1, [[10, 20, 1]]]);
  saver.retry();
  await until(() => saver.state === "saved");
  equal([saver.waiting, storage.kept.size, spans(store)], [0, 0, [[10, 20, 1]]]);
}));

test("no access: what waits can be given up", keeping(async () => {
  const { saver, store, storage } = page({ answers: [[404, {}]], renew: async () => "gone" });
  saver.apply(10, 20, [1]);
  saver.apply(30, 40, [2]);
  await until(() => saver.state === "failed");
  saver.discardAll();
  equal([saver.state, saver.waiting, spans(store), storage.kept.size], ["saved", 0, [], 0]);
}));

test("undo: of something that is refused in the end reaches for nothing else", keeping(async () => {
  const { saver, store, server } = page({ answers: ["ok", "offline", [400, { error: { code: "heading_only", message: "No." } }]] });
  await saver.apply(10, 20, [1]);
  saver.apply(30, 40, [2]);
  await until(() => saver.state === "failed");
  saver.undo();
  equal([saver.waiting, spans(store)], [2, [[10, 20, 1]]]);
  saver.retry();
  await until(() => saver.state === "saved");
  // Neither the earlier tag was taken back, nor is the refused one held against anybody.
  equal([spans(store), server.codings.size, server.log.includes("POST /u/"), saver.aside, saver.canRedo], [[[10, 20, 1]], 1, false, [], false]);
}));

test("undo: says to the server what it is about", keeping(async () => {
  const { saver, server } = page({ answers: ["lost"] });
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  const { key } = saver.line[0];
  saver.undo();
  saver.retry();
  await until(() => saver.state === "saved");
  equal(server.bodies.at(-1).of, key);
  saver.redo();
  await until(() => saver.state === "saved");
  equal(server.bodies.at(-1).of, key);
}));

test("redo: there is none after something new, also while that waits", keeping(async () => {
  const { saver } = page({ answers: ["ok", "ok", "offline"] });
  await saver.apply(10, 20, [1]);
  await saver.undo();
  equal(saver.canRedo, true);
  saver.apply(30, 40, [2]);
  equal(saver.canRedo, false);
  await until(() => saver.state === "failed");
  clearTimeout(saver.timer);
  equal(saver.canRedo, false);
}));

test("redo: an undone redo that waited is the next redo again", keeping(async () => {
  // On the server one action taken back, here another that was never sent.
  const { saver, store, server } = page({ answers: ["offline", "ok", "ok", "offline"] });
  saver.apply(10, 20, [1]);
  await until(() => saver.state === "failed");
  saver.apply(30, 40, [2]);
  saver.undo();
  saver.undo();
  saver.retry();
  await until(() => saver.state === "saved");
  equal([spans(store), server.log.at(-1)], [[], "POST /u/"]);
  saver.setFinished(true);
  await until(() => saver.state === "failed");
  clearTimeout(saver.timer);
  saver.redo();
  saver.undo();
  saver.redo();
  equal(saver.line.map((action) => action.kind), ["finished", "redo"]);
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
