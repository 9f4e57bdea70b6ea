// A plain editor (a list of intervals and two stacks) against the page's own modules: selection,
// offsets, store, saver, what is unsent, over a network that fails and a server that remembers.
// After each step the page shows what the editor has; in the end the server has it too. Sequences
// are random but the same in every run; a failure names its seed.

import { TurnIndex } from "@cs/lib/offsets.js";
import { CodingStore } from "@cs/coding/store.js";
import { Saver } from "@cs/coding/saver.js";
import { SelectionModel } from "@cs/coding/selection.js";
import { Unsent } from "@cs/coding/unsent.js";
import { equal, ok, seeded, test, transcript } from "@cs-test/harness.js";

const CODES = [1, 2, 3].map((id) => ({ id, name: `Code ${id}`, parent: null, depth: 0, colour: id }));
const ME = 9;
const TURNS = [
  ["I: ", "Shall we begin? 😀 It was naïve, I know."],
  ["S01: ", "A flag 🏳️‍🌈 on the door; Dana 👩🏽‍💻 wrote 𝒜 and 𠮷. The 👨‍👩‍👧‍👦 came!", "\n\n"],
  ["", "😀"],
  ["S02: ", "Cafe\u0301 re\u0301sume\u0301s, o\u0308\u0323 and Z\u0351\u036b\u0343a\u0358lgo. “We don't” – twice.", " \n \n"],
  ["P: ", "مرحبا بالعالم and שָׁלוֹם עוֹלָם, \u202bthen\u202c 🇳🇴🇩🇪🇫🇷 flags."],
  ["", "…"],
  ["S01: ", "𝒷e\u0301ta שלום 😀 word, ".repeat(150)],
  ["I: ", "Thanks\tto all 🙂🙂."],
];

/** Cuts text as Unicode says, over the whole text and not turn by turn as the page does. */
function borders(text) {
  const found = new Set();
  let at = 0;
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) {
    found.add(at);
    at += [...segment].length;
  }
  return found.add(at);
}

// ---- the editor -------------------------------------------------------------------------------

class Editor {
  here = new Map();
  undo = [];
  redo = [];
  made = 0;

  spans() {
    return [...this.here.values()].map(String).sort();
  }

  do(change, key) {
    if (!change.length) return;
    this.#put(change, 2);
    this.undo.push({ change, key });
    this.redo = [];
  }

  add(start, end, codes, key) {
    const fresh = codes.filter((code) => !this.find(start, end, code));
    this.do(fresh.map((code) => [this.made += 1, null, [start, end, code]]), key);
    return fresh.length > 0;
  }

  find(start, end, code) {
    for (const [id, place] of this.here) if (String(place) === String([start, end, code])) return id;
    return null;
  }

  step(back, key) {
    const [from, to] = back ? [this.undo, this.redo] : [this.redo, this.undo];
    const action = from.pop();
    if (!action) return;
    if (key) action.key = key;
    to.push(action);
    this.#put(action.change, back ? 1 : 2);
  }

  #put(change, side) {
    for (const row of change) {
      if (row[side]) this.here.set(row[0], row[side]);
      else this.here.delete(row[0]);
    }
  }
}

// ---- the server -------------------------------------------------------------------------------

class Server {
  rows = new Map();
  undo = [];
  redo = [];
  done = new Map();
  next = 100;
  requests = 0;

  constructor(points) {
    this.points = points;
  }

  list() {
    return [...this.rows.values()].filter((row) => row.place).map(({ id, place }) => [id, ...place, ME]);
  }

  spans() {
    return this.list().map(([, start, end, code]) => String([start, end, code])).sort();
  }

  answer(method, url, body, key) {
    this.requests += 1;
    if (!this.done.has(key)) this.done.set(key, this.#act(method, url, body, key));
    return this.done.get(key);
  }

  #act(method, url, body, key) {
    if ("quote" in body && this.points.slice(body.start, body.end).join("") !== body.quote) {
      throw new Error(`The quotation at ${body.start}–${body.end} is not the text: ${body.quote}`);
    }
    if (url === "/u/") return this.#step(this.undo, this.redo, 1, body.of);
    if (url === "/r/") return this.#step(this.redo, this.undo, 2, body.of);
    if (method === "POST") {
      const here = (code) => this.#at([body.start, body.end, code]);
      const change = body.codes.filter((code) => !here(code)).map((code) => {
        this.rows.set(this.next += 1, { id: this.next, place: null });
        return [this.next, null, [body.start, body.end, code]];
      });
      this.#do(change, key);
      return this.#said(body.codes.map((code) => here(code).id));
    }
    const row = this.rows.get(Number(/\/(\d+)\//.exec(url)[1]));
    if (!row.place) return [409, { error: { code: "already_removed", message: "gone" } }];
    if (method === "DELETE") {
      this.#do([[row.id, row.place, null]], key);
      return this.#said([], [row.id]);
    }
    const place = [body.start ?? row.place[0], body.end ?? row.place[1], body.code ?? row.place[2]];
    if (String(place) !== String(row.place)) {
      if (this.#at(place)) return [409, { error: { code: "already_there", message: "twice" } }];
      this.#do([[row.id, row.place, place]], key);
    }
    return this.#said([row.id]);
  }

  #at(place) {
    return [...this.rows.values()].find((row) => String(row.place) === String(place));
  }

  #do(change, key) {
    if (!change.length) return;
    for (const [id, , now] of change) this.rows.get(id).place = now;
    this.undo.push({ change, key });
    this.redo = [];
  }

  #step(from, to, side, of) {
    const last = from.at(-1);
    if (of && last?.key !== of) return this.#said([]);
    if (!last) return [409, { error: { code: "nothing", message: "nothing" } }];
    to.push(from.pop());
    for (const row of last.change) this.rows.get(row[0]).place = row[side];
    return this.#said(last.change.filter((row) => row[side]).map(([id]) => id), last.change.filter((row) => !row[side]).map(([id]) => id));
  }

  #said(ids, removed = []) {
    const codings = ids.map((id) => [id, ...this.rows.get(id).place, ME]);
    return [200, { codings, added: codings, removed, can_undo: this.undo.length > 0, can_redo: this.redo.length > 0 }];
  }
}

// ---- a page, and a network that the test has in hand ------------------------------------------------

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

class Page {
  mode = "ok";
  held = [];

  constructor({ index, server, storage, sections }) {
    Object.assign(this, { index, server, storage, sections });
    this.load();
  }

  load() {
    this.store = new CodingStore({ codes: CODES, coders: [{ id: ME, name: "Ruth" }], codings: this.server.list(), sections: this.sections });
    this.saver = new Saver({
      store: this.store, index: this.index, me: { coder: ME }, pauses: [600],
      canUndo: this.server.undo.length > 0, canRedo: this.server.redo.length > 0,
      urls: { codings: "/c/", coding: "/d/0/", undo: "/u/", redo: "/r/" },
      unsent: new Unsent({ project: 1, source: 7, coder: ME, storage: this.storage, session: memory() }),
    });
    this.selection = new SelectionModel(this.index);
  }

  /** The page is closed with all it has in hand; what was on its way may still have arrived. */
  reload() {
    clearTimeout(this.saver.timer);
    for (const { never } of this.held.splice(0)) never();
    // Nothing goes on in a page that is gone.
    this.saver.unsent = null;
    this.saver.line = [];
    this.load();
    this.saver.restore();
  }

  fetch = (url, { method, body }) => {
    const sent = body ? JSON.parse(body) : {};
    const key = sent.key ?? new URL(url, "http://x").searchParams.get("key");
    if (this.mode === "offline") return Promise.reject(new TypeError("no network"));
    if (this.mode === "hold") {
      return new Promise((resolve, reject) => {
        this.held.push({
          go: () => resolve(this.#response(method, url, sent, key)),
          never: () => { this.server.answer(method, url, sent, key); reject(new TypeError("closed")); },
        });
      });
    }
    const response = this.#response(method, url, sent, key);
    return this.mode === "lost" ? Promise.reject(new TypeError("the answer is lost")) : Promise.resolve(response);
  };

  #response(method, url, sent, key) {
    const [status, answer] = this.server.answer(method, url, sent, key);
    return { status, ok: status < 300, type: "basic", headers: new Headers(), json: async () => answer };
  }

  /** Lets everything that can go on without another thing of the network go on. */
  async rest() {
    for (let i = 0; i < 60; i += 1) await null;
  }

  async flush() {
    for (let i = 0; i < 400 && (this.saver.waiting || this.saver.busy); i += 1) {
      this.mode = "ok";
      for (const { go } of this.held.splice(0)) go();
      this.saver.retry();
      await this.rest();
    }
    equal([this.saver.waiting, this.saver.state], [0, "saved"], "after the network came back");
  }

  spans() {
    return [...this.store.byId.values()].map(({ start, end, code }) => String([start, end, code])).sort();
  }

  /** Is the page waiting for the server to say what an undo or redo is about? */
  get lags() {
    return this.saver.line.some((action) => action.kind === "redo" || (action.kind === "undo" && !action.of));
  }
}

// ---- one sequence -----------------------------------------------------------------------------------

const MOVES = ["moveTurn", "moveWord", "extendWord", "extendGrapheme", "extendTurn", "extendToTurnEdge"];

async function play(seed, index, points, cuts, sections) {
  const random = seeded(seed);
  const server = new Server(points);
  const page = new Page({ index, server, storage: memory(), sections });
  const editor = new Editor();
  const trail = [];
  globalThis.fetch = page.fetch;
  try {
    for (let n = 0; n < 24; n += 1) {
      page.mode = ["ok", "ok", "hold", "offline", "lost"][random(5)];
      if (random(4) === 0) for (const { go } of page.held.splice(0)) go();
      const kind = ["tag", "tag", "tag", "extend", "extend", "shrink", "recode", "remove", "undo", "undo", "undo", "redo", "redo", "wait", "retry", "reload"][random(16)];
      trail.push(`${kind}/${page.mode}`);
      await step(kind, page, editor, random, cuts, points);
      if (!page.lags) equal(page.spans(), editor.spans(), "the page");
      if (!page.saver.waiting) {
        equal(server.spans(), editor.spans(), "the server");
        equal([page.saver.canUndo, page.saver.canRedo], [editor.undo.length > 0, editor.redo.length > 0], "undo and redo");
      }
    }
    await page.flush();
    equal([page.spans(), server.spans(), page.storage.kept.size, page.saver.aside], [editor.spans(), editor.spans(), 0, []], "in the end");
    // All the way back and forth again.
    for (const back of [true, false]) {
      while (editor[back ? "undo" : "redo"].length) {
        page.saver[back ? "undo" : "redo"]();
        editor.step(back);
        await page.flush();
        equal([page.spans(), server.spans()], [editor.spans(), editor.spans()], back ? "back" : "again");
      }
    }
  } catch (error) {
    error.message = `seed ${seed}, after ${trail.join(" ")}: ${error.message}`;
    throw error;
  } finally {
    clearTimeout(page.saver.timer);
  }
  return server.requests;
}

async function step(kind, page, editor, random, cuts, points) {
  const { saver, store } = page;
  // What comes after an answer that is not there yet would be about something else.
  if (page.lags && !["undo", "redo", "wait", "retry"].includes(kind)) await page.flush();
  const mine = [...store.byId.values()].filter((coding) => !coding.pending);
  const coding = mine[random(mine.length || 1)];
  const lastKey = () => saver.line.at(-1)?.key;
  if (kind === "tag") {
    const [start, end] = select(page, random, cuts, points);
    const codes = [[1], [2], [3], [1, 2]][random(4)];
    const made = saver.apply(start, end, codes) !== null;
    equal(editor.add(start, end, codes, lastKey()), made, "is it a new coding?");
  } else if (["extend", "shrink", "recode", "remove"].includes(kind) && coding) {
    const was = [coding.start, coding.end, coding.code];
    const id = editor.find(...was);
    let now = [...was];
    if (kind === "remove") {
      saver.remove(coding.id);
      now = null;
    } else {
      if (kind === "recode") now[2] = 1 + random(3);
      else {
        const edge = random(2);
        const outwards = edge ? 1 : -1;
        const to = page.selection.edgeStep(edge ? "end" : "start", now[edge], kind === "extend" ? outwards : -outwards, random(2) === 0);
        if (to === null) return;
        now[edge] = to;
      }
      // As the page: neither an empty passage nor the same twice.
      if (now[0] >= now[1] || store.find(...now, ME)) return;
      saver.change(coding.id, kind === "recode" ? { code: now[2] } : { start: now[0], end: now[1] });
      ok(kind === "recode" || (cuts.has(now[0]) && cuts.has(now[1])), `${now} cuts a character`);
    }
    editor.do([[id, was, now]], lastKey());
  } else if (kind === "undo" || kind === "redo") {
    if (!(kind === "undo" ? saver.canUndo : saver.canRedo)) {
      equal(editor[kind].length, 0, `${kind} is not offered`);
      return;
    }
    // How far the server could still go is not known while an undo waits: the button stays on.
    if (!editor[kind].length) {
      ok(saver.waiting, `${kind} is offered, but there is none`);
      return;
    }
    const before = saver.made;
    saver[kind]();
    const last = saver.line.at(-1);
    // What was never sent is sent as a new action.
    editor.step(kind === "undo", kind === "redo" && saver.made > before && last.kind !== "redo" ? last.key : null);
  } else if (kind === "retry") {
    saver.retry();
  } else if (kind === "reload") {
    page.reload();
    // What was taken back while it was on its way is shown as the server has it until that is sent.
    const back = page.saver.line.some((action) => action.kind === "undo" || action.kind === "redo");
    if (!back) equal(page.spans(), editor.spans(), "after a reload");
    await page.flush();
    // What was taken back before it was sent is forgotten with the page.
    const known = new Map([...editor.redo, ...editor.undo].map((action) => [action.key, action]));
    editor.redo = page.server.redo.map(({ key }) => known.get(key)).filter(Boolean);
    if (page.server.redo.length !== editor.redo.length) page.server.redo = page.server.redo.filter(({ key }) => known.has(key));
    page.saver.tellServer({ can_undo: page.server.undo.length > 0, can_redo: page.server.redo.length > 0 });
  } else await page.rest();
}

/** A passage as people select: by keys from somewhere, or by a pointer anywhere. */
function select({ selection, index }, random, cuts, points) {
  if (random(2)) {
    selection.toTurn(random(index.length));
    for (let n = random(8) + 1; n > 0; n -= 1) selection[MOVES[random(MOVES.length)]](random(2) ? 1 : -1);
    if (!selection.range) selection[["selectSentence", "selectTurn"][random(2)]]();
  } else {
    const i = random(index.length);
    const a = index.starts[i] + random(index.ends[i] - index.starts[i]);
    const far = random(6) === 0 ? index.ends.at(-1) - a : Math.min(40, index.ends.at(-1) - a);
    selection.setRange(a, a + 1 + random(Math.max(1, far)));
  }
  const range = selection.range ?? selection.cursor;
  const [start, end] = range;
  ok(start < end, `an empty selection ${range}`);
  ok(cuts.has(start) && cuts.has(end), `${range} cuts a character`);
  // From the offsets to the DOM and back, and the words between.
  const dom = index.toRange(start, end);
  // (The line ends between turns are in no element.)
  const inside = (offset) => offset < index.ends[index.turnAt(offset)];
  if (inside(start) && inside(end - 1)) equal(index.fromRange(dom), [start, end], "through the DOM");
  const words = points.slice(start, end).join("");
  equal(index.textBetween(start, end), words, "the words");
  if (index.turnAt(start) === index.turnAt(end - 1) && inside(end - 1)) equal(dom.toString(), words, "the words in the DOM");
  return range;
}

async function sequences(stage, from, number) {
  const before = globalThis.fetch;
  const { root, text, points } = transcript(stage, TURNS);
  const index = new TurnIndex(root);
  const sections = [...root.querySelectorAll(".section")].map(({ dataset }) => [Number(dataset.s), Number(dataset.e)]);
  const cuts = borders(text);
  let requests = 0;
  try {
    for (let n = 0; n < number; n += 1) requests += await play(from + n, index, points, cuts, sections);
  } finally {
    globalThis.fetch = before;
  }
  ok(requests > number * 5, `only ${requests} requests: this tested nothing`);
}

test("model: 200 sequences over a bad network show and save what a plain editor has", (stage) => sequences(stage, 1000, 200));
test("model: another 200 sequences", (stage) => sequences(stage, 5000, 200));
