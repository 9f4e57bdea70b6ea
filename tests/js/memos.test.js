import { CodingStore } from "@cs/coding/store.js";
import { Memos } from "@cs/coding/memos.js";
import { Saver } from "@cs/coding/saver.js";
import { equal, test } from "@cs-test/harness.js";

const tick = (milliseconds = 0) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** A page with one coding, 5, and a server that keeps its memos; `server.on` is the network. */
function page(stage, kept = []) {
  const server = { on: true, next: 70, notes: new Map(kept), done: new Map(), writes: [] };
  const store = new CodingStore({
    codes: [{ id: 1, name: "Gains", parent: null, depth: 0, colour: 0 }], coders: [{ id: 9, name: "Ruth" }],
    codings: [[5, 1, 9, 1, 9]], sections: [[0, 50]], notes: kept.length ? [[5, kept.length]] : [],
  });
  const counts = () => ({ notes: [[5, server.notes.size]], message: "The memo is saved.", can_undo: true, can_redo: false });
  globalThis.fetch = async (url, { method, body }) => {
    if (!server.on) throw new TypeError("no network");
    const answer = (data) => new Response(JSON.stringify(data), { status: 200 });
    if (method === "GET") {
      return answer({ notes: [...server.notes].map(([id, text]) => ({ id, text, author: "Ruth", at: "2026-11-23T10:00:00Z", changed: null, may_change: true })) });
    }
    if (url === "/finished/") return answer({ finished: true });
    const sent = body ? JSON.parse(body) : {};
    server.writes.push(`${method} ${sent.text ?? ""}`.trim());
    const id = Number(/notes\/(\d+)\//.exec(url)?.[1]);
    if (url === "/undo/") server.notes.delete(server.next);
    else if (method === "POST") server.notes.set(server.next += 1, sent.text);
    else if (method === "PATCH") server.notes.set(id, sent.text);
    else server.notes.delete(id);
    return answer(counts());
  };
  const saver = new Saver({
    store, me: { coder: 9 }, canUndo: false, canRedo: false, pauses: [60], index: { textBetween: () => "words" },
    urls: { undo: "/undo/", redo: "/redo/", finished: "/finished/" },
  });
  const memos = new Memos({ store, saver, urls: { notes: "/codings/0/notes/", note: "/notes/0/" }, mayWrite: true });
  const element = memos.element(store.byId.get(5));
  stage.append(element);
  const type = (text) => {
    const field = element.querySelector("textarea");
    field.value = text;
    field.dispatchEvent(new Event("input"));
    element.querySelector(".memo-save").click();
  };
  const texts = () => [...element.querySelectorAll(".memo-text")].map((p) => p.textContent);
  const fields = () => [...element.querySelectorAll("textarea")].map((field) => field.value);
  return { server, saver, memos, element, type, texts, fields };
}

const until = async (holds) => {
  for (let i = 0; i < 200; i += 1) {
    if (holds()) return;
    await tick(10);
  }
  throw new Error("what was waited for did not come");
};
const keeping = (run) => async (stage) => {
  const before = globalThis.fetch;
  try { await run(stage); } finally { globalThis.fetch = before; }
};

/** One action is stuck at the head of the line, so that what follows was surely never sent. */
async function offline({ server, saver }) {
  server.on = false;
  saver.setFinished(true);
  await until(() => saver.state === "failed");
}

test("memos: one that waits is shown, and undo leaves its text nowhere", keeping(async (stage) => {
  const one = page(stage);
  await offline(one);
  one.memos.write(5);
  one.type("Compare with the other school");
  equal([one.texts(), one.fields(), one.memos.unsaved], [["Compare with the other school"], [], false]);
  one.saver.undo();
  equal([one.texts(), one.fields(), one.memos.unsaved], [[], [], false]);
  one.saver.redo();
  equal([one.texts(), one.fields()], [["Compare with the other school"], []]);
  one.server.on = true;
  one.saver.retry();
  await until(() => one.saver.state === "saved");
  await until(() => one.element.querySelector("time"));
  equal([one.texts(), [...one.server.notes.values()]], [["Compare with the other school"], ["Compare with the other school"]]);
  equal(one.server.writes.filter((write) => write.includes("Compare")).length, 1);
}));

test("memos: undo while one is on its way takes it back on the server", keeping(async (stage) => {
  const one = page(stage);
  one.memos.write(5);
  one.type("On its way");
  equal([one.texts(), one.saver.waiting], [["On its way"], 1]);
  one.saver.undo();
  equal([one.texts(), one.fields()], [[], []]);
  await until(() => one.saver.state === "saved");
  equal([one.server.writes, one.server.notes.size, one.texts(), one.fields()], [["POST On its way", "POST"], 0, [], []]);
}));

test("memos: a changed and a removed one come back with undo before they are sent", keeping(async (stage) => {
  const one = page(stage, [[70, "First"]]);
  await until(() => one.texts().length);
  await offline(one);
  one.element.querySelector(".memo-edit").click();
  one.type("Anew");
  equal([one.texts(), one.fields(), one.element.querySelectorAll(".memo-edit").length], [["Anew"], [], 0]);
  one.saver.undo();
  equal([one.texts(), one.fields()], [["First"], []]);
  one.element.querySelector(".memo-remove").click();
  equal(one.texts(), []);
  one.saver.undo();
  equal(one.texts(), ["First"]);
  one.saver.redo();
  one.server.on = true;
  one.saver.retry();
  await until(() => one.saver.state === "saved");
  equal([[...one.server.notes], one.server.writes], [[], ["DELETE"]]);
}));

test("memos: a refused one is set aside whole, and not in the field as well", keeping(async (stage) => {
  const one = page(stage);
  globalThis.fetch = async () => new Response(JSON.stringify({ error: { code: "already_removed", message: "Liam has removed this coding." } }), { status: 409 });
  one.memos.write(5);
  one.type("Precious");
  await until(() => one.saver.aside.length);
  equal([one.texts(), one.fields(), one.saver.aside.map(({ text, aside }) => [text, aside.code])], [[], [], [["Precious", "already_removed"]]]);
}));
