// Painting: colours in the text by the CSS Custom Highlight API (one Highlight per code, ranges
// only for sections near the viewport) and brackets in the margin. The text itself is never
// touched, so a selection in progress survives everything that happens here.

import { countBelow } from "@cs/lib/offsets.js";
import { Brackets } from "@cs/coding/brackets.js";
import { stretches } from "@cs/coding/lanes.js";

export const canHighlight = "highlights" in (globalThis.CSS ?? {}) && "Highlight" in globalThis;

export class Painter {
  constructor({ root, index, store, sections }) {
    Object.assign(this, { root, index, store, sections });
    this.numberOf = new Map(sections.map((section, i) => [section.element, i]));
    // By section: {speakers: ranges, colours: Map "code:start:end" -> [highlight, range]}.
    this.painted = new Map();
    this.highlights = new Map();
    this.brackets = new Brackets({ index, store });
    this.dirty = new Set();
    this.marks = new Map();
    this.hits = [];
    this.hitRanges = new Map();
    if (canHighlight) {
      this.sheet = new CSSStyleSheet();
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
      this.#mark("cs-speaker", -1);
      this.#mark("cs-find", 850);
      this.#mark("cs-target", 900);
      this.#mark("cs-find-now", 950);
      this.#mark("cs-selection", 1000);
      this.#mark("cs-cursor", 1001);
      this.refreshCodes();
    }
  }

  start() {
    this.#reserveHeights();
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) this.show(entry.target);
        else this.hide(entry.target);
      }
    }, { rootMargin: "60% 0px" });
    const watch = () => { for (const { element } of this.sections) this.observer.observe(element); };
    watch();
    // On paper everything is in view.
    addEventListener("beforeprint", () => { for (const { element } of this.sections) this.show(element); });
    addEventListener("afterprint", () => { this.observer.disconnect(); watch(); });
    this.store.addEventListener("change", (event) => this.#invalidate(event.detail.sections));
    let width = this.root.clientWidth;
    new ResizeObserver(() => {
      if (this.root.clientWidth === width) return;
      width = this.root.clientWidth;
      this.redrawAll();
    }).observe(this.root);
    const repaint = () => this.refreshCodes();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    document.fonts?.ready.then(() => this.redrawAll());
  }

  redrawAll() {
    this.brackets.forget();
    this.#invalidate(new Set([...this.painted.keys()].map((element) => this.numberOf.get(element))));
  }

  /** One rule and one Highlight per code; called again when a code is made or the theme changes. */
  refreshCodes() {
    if (!canHighlight) return;
    const tints = resolve(Array.from({ length: 12 }, (_, i) => `--tint-${i}`));
    const rules = [];
    this.store.codeList().forEach((code, place) => {
      const name = `cs-code-${code.id}`;
      if (!this.highlights.has(code.id)) {
        const highlight = new Highlight();
        // WebKit and Firefox stack equal priorities differently.
        highlight.priority = place;
        CSS.highlights.set(name, highlight);
        this.highlights.set(code.id, highlight);
      }
      rules.push(`.turn::highlight(${name}) { background-color: ${tints[Number(code.colour) % 12]}; }`);
    });
    const names = this.store.codeList().map((code) => `.turn::highlight(cs-code-${code.id})`);
    if (names.length) {
      rules.push(`@media (forced-colors: active) { ${names.join(", ")} {
        background-color: transparent; text-decoration: underline 2px; } }`);
    }
    const [hit, now, onNow] = resolve(["--target", "--accent", "--on-accent"]);
    rules.push(`.turn::highlight(cs-find) { background-color: ${hit}; text-decoration: underline 1px; }
      .turn::highlight(cs-find-now) { background-color: ${now}; color: ${onNow}; }
      @media (forced-colors: active) {
        .turn::highlight(cs-find) { background-color: Canvas; text-decoration: underline 3px double; }
        .turn::highlight(cs-find-now) { background-color: Highlight; color: HighlightText; } }`);
    this.sheet.replaceSync(rules.join("\n"));
  }

  /** Paints a passing mark: "cs-target", "cs-selection", "cs-cursor"; null takes it away. */
  mark(name, span) {
    const highlight = this.marks.get(name);
    if (!highlight) return;
    highlight.clear();
    if (span && span[1] > span[0]) highlight.add(this.index.toStaticRange(span[0], span[1]));
  }

  show(element) {
    if (this.painted.has(element)) return;
    const { start, end } = this.sections[this.numberOf.get(element)];
    this.painted.set(element, { speakers: canHighlight ? this.#speakers(start, end) : [], colours: new Map() });
    this.#showHits(element, start, end);
    this.#refresh(element);
  }

  hide(element) {
    const painted = this.painted.get(element);
    if (!painted) return;
    for (const [highlight, range] of painted.colours.values()) highlight.delete(range);
    for (const range of painted.speakers) this.marks.get("cs-speaker").delete(range);
    for (const range of this.hitRanges.get(element) ?? []) this.marks.get("cs-find")?.delete(range);
    this.hitRanges.delete(element);
    this.painted.delete(element);
    this.brackets.clear(element);
  }

  /** Brings colours and brackets of a painted section up to date; what is right already stays, as
      the browser draws all highlighted text anew when one range comes or goes. */
  #refresh(element) {
    const i = this.numberOf.get(element);
    const { start, end } = this.sections[i];
    if (canHighlight) {
      const { colours } = this.painted.get(element);
      const wanted = new Map(stretches(this.store.inSection(i), start, end).map((one) => [one.join(":"), one]));
      for (const [key, [highlight, range]] of colours) {
        if (wanted.has(key)) continue;
        highlight.delete(range);
        colours.delete(key);
      }
      for (const [key, [code, from, to]] of wanted) {
        const highlight = this.highlights.get(code);
        if (!highlight || colours.has(key)) continue;
        const range = this.index.toStaticRange(from, to);
        highlight.add(range);
        colours.set(key, [highlight, range]);
      }
    }
    this.brackets.draw(element, i, start, end);
  }

  /** Hits of a search, ascending [start, end), and the one that is looked at. */
  markHits(hits, current) {
    this.hits = hits;
    this.hitStarts = hits.map(([start]) => start);
    this.marks.get("cs-find")?.clear();
    this.hitRanges.clear();
    for (const element of this.painted.keys()) {
      const { start, end } = this.sections[this.numberOf.get(element)];
      this.#showHits(element, start, end);
    }
    this.mark("cs-find-now", current);
  }

  #showHits(element, start, end) {
    const highlight = this.marks.get("cs-find");
    if (!highlight || !this.hits.length) return;
    const ranges = [];
    for (let k = countBelow(this.hitStarts, start); k < this.hits.length && this.hits[k][0] < end; k += 1) {
      ranges.push(this.index.toStaticRange(...this.hits[k]));
      highlight.add(ranges.at(-1));
    }
    this.hitRanges.set(element, ranges);
  }

  #speakers(start, end) {
    const ranges = [];
    const highlight = this.marks.get("cs-speaker");
    for (let t = this.index.turnAt(start); t < this.index.length && this.index.starts[t] < end; t += 1) {
      if (this.index.bodies[t] <= this.index.starts[t]) continue;
      const range = this.index.toStaticRange(this.index.starts[t], this.index.bodies[t]);
      highlight.add(range);
      ranges.push(range);
    }
    return ranges;
  }

  /** Repaints, once per frame, those of the given sections that are near the viewport. */
  #invalidate(numbers) {
    const idle = !this.dirty.size;
    for (const i of numbers) this.dirty.add(i);
    if (!idle || !this.dirty.size) return;
    requestAnimationFrame(() => {
      const now = [...this.dirty];
      this.dirty.clear();
      for (const i of now) {
        const { element } = this.sections[i];
        if (this.painted.has(element)) this.#refresh(element);
      }
    });
  }

  /** Without a guess at the height of what is skipped, the scroll bar would jump about. */
  #reserveHeights() {
    if (!document.documentElement.dataset.lazy) return;
    const width = this.index.elements[0]?.clientWidth || 600;
    const style = getComputedStyle(this.root);
    const size = parseFloat(style.fontSize) || 17;
    const line = parseFloat(style.lineHeight) || size * 1.6;
    const perLine = Math.max(10, width / (size * 0.46));
    for (const { element, start, end, turns } of this.sections) {
      const height = Math.round(((end - start) / perLine + turns * 0.5) * line + turns * 12);
      element.style.containIntrinsicBlockSize = `auto ${height}px`;
    }
  }

  #mark(name, priority) {
    const highlight = new Highlight();
    highlight.priority = priority;
    CSS.highlights.set(name, highlight);
    this.marks.set(name, highlight);
  }
}

/** Custom properties as plain colours. With var() and light-dark() in the rules the browser would
    work each of them out again for every turn: seconds on a long transcript. */
function resolve(names) {
  const probe = document.createElement("span");
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colours = names.map((name) => {
    probe.style.backgroundColor = `var(${name})`;
    return style.backgroundColor;
  });
  probe.remove();
  return colours;
}
