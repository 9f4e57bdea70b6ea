// A very small test runner for modules in the browser. Tests register themselves; the page
// (index.html, served by tests/e2e/test_js_units.py) runs them one by one and keeps the results.

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

export async function runAll(only) {
  const results = {};
  for (const { name, run } of tests) {
    if (name in results) throw new Error(`Two tests are called “${name}”.`);
    const stage = document.getElementById("stage");
    stage.replaceChildren();
    try {
      await run(stage);
      results[name] = "";
    } catch (error) {
      results[name] = error.stack?.includes(error.message) ? error.stack : `${error.message}\n${error.stack}`;
    }
  }
  return results;
}

export function equal(actual, expected, about = "") {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${about ? `${about}: ` : ""}got ${a}, expected ${b}`);
}

export function ok(value, about) {
  if (!value) throw new Error(about);
}

/** Random numbers that are the same in every run (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** A transcript in the page's markup, from turns [label, body, gap after]; offsets are counted
    here by spreading strings, not by the module under test. */
export function transcript(stage, turns, perSection = 3) {
  const size = (text) => [...text].length;
  const root = document.createElement("div");
  root.className = "transcript";
  let text = "";
  let section = null;
  turns.forEach(([label, body, gap = "\n"], i) => {
    if (i % perSection === 0) {
      section = document.createElement("section");
      section.className = "section";
      root.append(section);
    }
    const p = document.createElement("p");
    p.className = "turn";
    p.tabIndex = -1;
    p.dataset.s = size(text);
    p.dataset.b = size(text) + size(label);
    p.dataset.e = size(text) + size(label + body);
    if (gap.replaceAll("\n", "")) p.dataset.gap = gap;
    p.textContent = label + body;
    section.append(p);
    section.dataset.s ??= p.dataset.s;
    section.dataset.e = p.dataset.e;
    text += label + body + (i === turns.length - 1 ? "" : gap);
  });
  stage.append(root);
  return { root, text, points: [...text] };
}

export const EMOJI_TURNS = [
  ["I: ", "Shall we begin? It was naïve, I know."],
  ["S01: ", "We had a flag 🏳️‍🌈 on the door, and Dana 👩🏽‍💻 wrote 𝒜 and 𠮷 on the board. Nobody minded!", "\n\n"],
  ["I: ", "😀"],
  ["S02: ", "Cafe\u0301 mornings, re\u0301sume\u0301 workshops. She said: “we don't do that” – twice.", " \n \n"],
  ["", "…"],
  ["S01: ", "مرحبا بالعالم and שלום, then 🇳🇴🇩🇪 flags. 😀😀 The end."],
];
