import { TurnIndex } from "@cs/lib/offsets.js";
import { SelectionModel } from "@cs/coding/selection.js";
import { clusterAt } from "@cs/coding/words.js";
import { EMOJI_TURNS, equal, ok, seeded, test, transcript } from "@cs-test/harness.js";

function make(stage) {
  const made = transcript(stage, EMOJI_TURNS);
  const index = new TurnIndex(made.root);
  const selection = new SelectionModel(index);
  const quote = () => (selection.range ? made.points.slice(...selection.range).join("") : null);
  const word = () => made.points.slice(...selection.cursor).join("");
  return { ...made, index, selection, quote, word };
}

test("selection: the cursor starts in what was said, not in the label", (stage) => {
  const { selection, word } = make(stage);
  selection.toTurn(1);
  equal(word(), "We");
});

test("selection: arrows walk words and stop at the ends of the turn", (stage) => {
  const { selection, word } = make(stage);
  selection.toTurn(1);
  const seen = [word()];
  for (let i = 0; i < 5; i += 1) { selection.moveWord(1); seen.push(word()); }
  equal(seen, ["We", "had", "a", "flag", "🏳️‍🌈", "on"]);
  for (let i = 0; i < 20; i += 1) selection.moveWord(-1);
  equal(word(), "We");
});

test("selection: shift and arrows grow and shrink by word", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(1);
  selection.moveWord(1);
  const seen = [];
  for (const step of [1, 1, 1, 1, -1, -1, -1, -1, -1]) { selection.extendWord(step); seen.push(quote()); }
  equal(seen, ["had", "had a", "had a flag", "had a flag 🏳️‍🌈", "had a flag", "had a", "had", "We had", "know.\nS01: We had"]);
});

test("selection: growing backwards and forwards again meets at the anchor", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(0);
  selection.moveWord(1);
  selection.moveWord(1);
  const seen = [];
  for (const step of [-1, -1, 1, 1, 1]) { selection.extendWord(step); seen.push(quote()); }
  equal(seen, ["we begin", "Shall we begin", "we begin", "begin", "begin? It"]);
});

test("selection: words are taken across turns", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(0);
  selection.toTurnEdge(1);
  selection.extendWord(1);
  selection.extendWord(1);
  equal(quote(), "know.\nS01: We");
});

test("selection: by character it never splits a cluster", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(3);
  const seen = [];
  for (const step of [1, 1, 1, 1, 1, -1]) { selection.extendGrapheme(step); seen.push(quote()); }
  equal(seen, ["C", "Ca", "Caf", "Cafe\u0301", "Cafe\u0301 ", "Cafe\u0301"]);
});

test("selection: by character at least one stays", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(0);
  for (let i = 0; i < 5; i += 1) selection.extendGrapheme(-1);
  equal(quote(), "S");
});

test("selection: by turn, down and up again", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(0);
  selection.toTurnEdge(1);
  const seen = [];
  for (const step of [1, 1, 1, -1, -1]) { selection.extendTurn(step); seen.push(quote().slice(-9)); }
  equal(seen, ["know.", "y minded!", "d!\n\nI: 😀", "y minded!", "know."]);
});

test("selection: upwards it takes whole bodies", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(2);
  selection.extendTurn(-1);
  equal(quote(), "😀");
  selection.extendTurn(-1);
  ok(quote().startsWith("We had a flag") && quote().endsWith("I: 😀"), quote());
  selection.extendTurn(1);
  equal(quote(), "😀");
});

test("selection: to the start and end of the turn", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(0);
  selection.moveWord(1);
  selection.extendToTurnEdge(1);
  equal(quote(), "we begin? It was naïve, I know.");
  selection.collapse();
  selection.extendToTurnEdge(-1);
  equal(quote(), "Shall we begin? It was naïve, I know");
});

test("selection: the sentence and the turn", (stage) => {
  const { selection, quote } = make(stage);
  selection.toTurn(0);
  for (let i = 0; i < 3; i += 1) selection.moveWord(1);
  selection.selectSentence();
  equal(quote(), "It was naïve, I know.");
  selection.selectTurn();
  equal(quote(), "Shall we begin? It was naïve, I know.");
});

test("selection: collapsing leaves the cursor on the last word inside", (stage) => {
  const { selection, word } = make(stage);
  selection.toTurn(0);
  selection.selectSentence();
  selection.collapse();
  equal(word(), "begin");
});

test("selection: a mouse range is widened to whole clusters", (stage) => {
  const { selection, index, points, quote } = make(stage);
  const flag = points.indexOf("🏳");
  selection.setRange(flag + 1, flag + 2, "pointer");
  equal(quote(), "🏳️‍🌈");
  const accent = points.indexOf("\u0301");
  selection.setRange(index.bodies[3], accent, "pointer");
  equal(quote(), "Cafe\u0301");
});

test("selection: 2,000 random key presses keep every edge on a cluster boundary", (stage) => {
  const { selection, index, points } = make(stage);
  const random = seeded(7);
  const press = [
    () => selection.moveWord(1), () => selection.moveWord(-1), () => selection.moveTurn(1), () => selection.moveTurn(-1),
    () => selection.extendWord(1), () => selection.extendWord(-1), () => selection.extendGrapheme(1), () => selection.extendGrapheme(-1),
    () => selection.extendTurn(1), () => selection.extendTurn(-1), () => selection.extendToTurnEdge(1), () => selection.extendToTurnEdge(-1),
    () => selection.selectSentence(), () => selection.selectTurn(), () => selection.collapse(),
  ];
  selection.toTurn(0);
  const onBoundary = (offset) => {
    const i = index.turnAt(offset);
    if (offset <= index.starts[i] || offset >= index.ends[i]) return true;
    const before = points.slice(index.starts[i], offset).join("").length;
    return clusterAt(index.turn(i).text, before)[0] === before;
  };
  for (let n = 0; n < 2000; n += 1) {
    const which = random(press.length);
    press[which]();
    const [start, end] = selection.place;
    ok(start >= 0 && end > start && end <= points.length, `press ${n} (${which}) gave ${start}-${end}`);
    ok(onBoundary(start) && onBoundary(end), `press ${n} (${which}) split a cluster at ${start}-${end}`);
  }
});

test("selection: words are counted without labels", (stage) => {
  const { selection, index } = make(stage);
  equal(selection.countWords(index.starts[0], index.ends[0]), 8);
});

test("selection: borders of a passage go by word and by whole character", (stage) => {
  const { selection, points } = make(stage);
  selection.toTurn(1);
  const [start] = selection.cursor;
  let end = selection.cursor[1];
  const seen = [];
  for (let i = 0; i < 4; i += 1) { end = selection.edgeStep("end", end, 1); seen.push(points.slice(start, end).join("")); }
  equal(seen, ["We had", "We had a", "We had a flag", "We had a flag 🏳️‍🌈"]);
  const before = selection.edgeStep("end", end, -1, true);
  equal(points.slice(start, before).join(""), "We had a flag ");
  equal(selection.edgeStep("end", before, 1, true), end);
  equal(selection.nearestEdge("end", end - 1, true), end, "never inside a character");
  equal(selection.nearestEdge("start", start + 1), start);
});
