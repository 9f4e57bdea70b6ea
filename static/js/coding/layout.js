// What is as it was left: which sides are folded away, and where the text was read. Kept for each
// person and source; a source that was never opened takes the sides as they were last.

/** Buttons [data-fold="codes"] fold their side of `reader` away: data-codes="folded" on it. */
export class Sides {
  constructor({ reader, memory, shared }) {
    Object.assign(this, { reader, memory, shared });
    const folded = memory.get("folded") ?? shared.get("folded") ?? [];
    for (const button of reader.querySelectorAll("[data-fold]")) {
      button.addEventListener("click", () => this.#set(button, !this.isFolded(button.dataset.fold), true));
      this.#set(button, Array.isArray(folded) && folded.includes(button.dataset.fold));
    }
  }

  isFolded(side) {
    return this.reader.getAttribute(`data-${side}`) === "folded";
  }

  #set(button, fold, keep = false) {
    const side = button.dataset.fold;
    this.reader.setAttribute(`data-${side}`, fold ? "folded" : "open");
    button.closest("aside").classList.toggle("is-folded", fold);
    button.setAttribute("aria-expanded", String(!fold));
    if (!keep) return;
    const folded = ["codes", "panel"].filter((name) => this.isFolded(name));
    this.memory.set("folded", folded);
    this.shared.set("folded", folded);
  }
}

/** The bar over the text wraps where it has to; what sticks below it follows (--reader-bar). Not
    set on the whole page: every turn would inherit it, and be styled again. */
export function followBar(bar, below) {
  new ResizeObserver(() => {
    for (const element of below) element.style.setProperty("--reader-bar", `${bar.offsetHeight}px`);
  }).observe(bar);
}

/** The turn at the top of the view and the cursor's place. */
export class Position {
  constructor({ index, selection, memory, top }) {
    Object.assign(this, { index, selection, memory, top });
  }

  start() {
    let timer = 0;
    const later = () => { clearTimeout(timer); timer = setTimeout(() => this.keep(), 400); };
    addEventListener("scroll", later, { passive: true });
    this.selection.addEventListener("change", later);
    addEventListener("pagehide", () => this.keep());
  }

  keep() {
    const i = this.#topTurn();
    const { top } = this.index.elements[i].getBoundingClientRect();
    this.memory.set("place", {
      turn: i, shift: Math.round(top - this.top()), cursor: this.selection.place?.[0] ?? null,
      scrolled: scrollY > 0,
    });
  }

  /** True if there was something to go back to. */
  restore() {
    const place = this.memory.get("place");
    if (!place || !Number.isInteger(place.turn) || place.turn < 0 || place.turn >= this.index.length) return false;
    const { cursor } = place;
    if (Number.isInteger(cursor) && cursor >= 0 && cursor <= this.index.ends.at(-1)) this.selection.putCursor(cursor);
    if (!place.scrolled) return this.selection.place !== null;
    // The browser's own memory counts pixels, and the sections not yet drawn have guessed heights.
    history.scrollRestoration = "manual";
    const element = this.index.elements[place.turn];
    const settle = () => scrollBy(0, element.getBoundingClientRect().top - this.top() - (Number(place.shift) || 0));
    element.scrollIntoView({ block: "start" });
    settle();
    requestAnimationFrame(() => requestAnimationFrame(settle));
    return true;
  }

  /** By sections first: asking a turn of a section that was skipped for its box lays it out. */
  #topTurn() {
    const line = this.top();
    const first = (list) => {
      let low = 0;
      let high = list.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (list[middle].getBoundingClientRect().bottom <= line) low = middle + 1;
        else high = middle;
      }
      return list[low];
    };
    this.sections ??= [...this.index.root.querySelectorAll(".section")];
    return this.index.numberOf.get(first([...first(this.sections).querySelectorAll(".turn")])) ?? 0;
  }
}
