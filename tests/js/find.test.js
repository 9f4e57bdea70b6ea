import { TurnIndex } from "@cs/lib/offsets.js";
import { Finder, FindBar, findIn, foldWithPlaces } from "@cs/coding/find.js";
import { EMOJI_TURNS, equal, ok, seeded, test, transcript } from "@cs-test/harness.js";

const points = (text, [start, end]) => [...text].slice(start, end).join("");

test("find: case and accents do not matter, offsets are code points", () => {
  equal(findIn("Café CAFE cafe\u0301 cafes", "cafe"), [[0, 4], [5, 9], [10, 15], [16, 20]]);
  equal(findIn("Cafe cafés", "CAFÉ"), [[0, 4], [5, 9]]);
});

test("find: a combining mark belongs to the letter before it, also at the end of a hit", () => {
  const text = "re\u0301sume\u0301!";
  equal(findIn(text, "resume"), [[0, 8]]);
  equal(findIn(text, "res"), [[0, 4]]);
  equal(points(text, findIn(text, "e")[0]), "e\u0301");
});

test("find: astral characters before and inside a hit", () => {
  equal(findIn("😀😀 naïve 𠮷 x", "naive 𠮷"), [[3, 10]]);
  equal(findIn("a 👩🏽‍💻 b 👩", "👩"), [[2, 3], [9, 10]]);
  equal(findIn("𝒜𝒜𝒜", "𝒜𝒜"), [[0, 2]]);
});

test("find: white space of any kind and length is one blank", () => {
  equal(findIn("one \t\n two", "one two"), [[0, 10]]);
  equal(findIn("one\u00a0two", "one two"), [[0, 7]]);
});

test("find: nothing to find finds nothing", () => {
  equal([findIn("abc", ""), findIn("abc", "   "), findIn("abc", "\u0301"), findIn("", "a")], [[], [], [], []]);
});

test("find: every place points into the text, in order", () => {
  const next = seeded(11);
  const alphabet = ["a", "É", "e\u0301", "😀", "👩🏽‍💻", " ", "\n", "ß", "İ", "각", "ש", "\ufe0f"];
  for (let round = 0; round < 200; round += 1) {
    const text = Array.from({ length: next(20) }, () => alphabet[next(alphabet.length)]).join("");
    const { folded, from, to } = foldWithPlaces(text);
    equal([from.length, to.length], [folded.length, folded.length]);
    from.forEach((place, k) => ok(place < to[k] && to[k] <= [...text].length && (k === 0 || from[k - 1] <= place), text));
  }
});

test("find: hits in a transcript are the stored text between their offsets", (stage) => {
  const { root, points: all } = transcript(stage, EMOJI_TURNS);
  const finder = new Finder(new TurnIndex(root));
  const told = (query) => finder.find(query).map(([start, end]) => all.slice(start, end).join(""));
  equal(told("NAIVE"), ["naïve"]);
  equal(told("resume workshops"), ["re\u0301sume\u0301 workshops"]);
  equal(told("🇩🇪 flags"), ["🇩🇪 flags"]);
  equal(told("שלום"), ["שלום"]);
  equal(told("S01:"), ["S01:", "S01:"]);
  equal(root.querySelectorAll("mark, span").length, 0);
});

function bar(stage, place = 0) {
  const { root } = transcript(stage, [["A: ", "one two one"], ["B: ", "one"]]);
  const element = document.createElement("div");
  element.innerHTML = `<input><span role="status"></span><button data-find="previous"></button>
    <button data-find="next"></button><button data-find="close"></button>`;
  element.hidden = true;
  stage.append(element);
  const log = { shown: [], left: [] };
  const finder = new FindBar({
    element, finder: new Finder(new TurnIndex(root)), place: () => place,
    show: (hits, current) => log.shown.push(current), leave: (hit) => log.left.push(hit),
    words: (number, count) => `${number} of ${count}`,
  });
  const type = (text) => { finder.input.value = text; finder.input.dispatchEvent(new Event("input")); };
  const press = (key, more = {}) => finder.input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  return { finder, element, log, type, press, said: () => element.querySelector("[role=status]").textContent };
}

test("find: the bar counts, goes round, and leaves at the hit", (stage) => {
  const { finder, element, log, type, press, said } = bar(stage);
  finder.open();
  type("one");
  equal(said(), "1 of 3");
  press("Enter");
  press("Enter");
  equal([said(), log.shown.at(-1)], ["3 of 3", [18, 21]]);
  press("Enter");
  equal(said(), "1 of 3");
  press("Enter", { shiftKey: true });
  equal(said(), "3 of 3");
  press("Escape");
  equal([element.hidden, log.left], [true, [[18, 21]]]);
});

test("find: the first hit is the one after the cursor", (stage) => {
  const { finder, type, said } = bar(stage, 5);
  finder.open();
  type("one");
  equal(said(), "2 of 3");
  type("nowhere");
  equal(said(), "0 of 0");
});
