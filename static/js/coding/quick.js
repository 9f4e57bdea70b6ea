// The codes at hand: those pinned by the person, then those applied lately, nine at most, so
// that the keys 1 to 9 reach them. Remembered for each person and project.
//
// Emits "change".

const MOST = 9;

export class QuickCodes extends EventTarget {
  /** known(id) tells whether such a code can be applied (still). */
  constructor(memory, known) {
    super();
    Object.assign(this, { memory, known });
    this.pinned = memory.numbers("pinned");
    // In the order shown, and in the order of use (the last one last).
    this.recent = memory.numbers("recent");
    this.used = memory.numbers("used");
  }

  /** Code ids in the order of the number keys. */
  list() {
    const pinned = this.pinned.filter(this.known);
    return [...pinned, ...this.recent.filter((id) => this.known(id) && !pinned.includes(id))].slice(0, MOST);
  }

  isPinned(id) {
    return this.pinned.includes(id);
  }

  /** A code that is in the list already keeps its number: fingers remember it. Another comes
      first among the recent ones, and the one not used for longest makes room. */
  use(id) {
    this.used = [...this.used.filter((other) => other !== id), id].slice(-MOST);
    if (!this.recent.includes(id)) this.recent.unshift(id);
    while (this.recent.length > MOST) {
      const age = (other) => this.used.indexOf(other);
      const oldest = this.recent.reduce((a, b) => (age(b) <= age(a) ? b : a));
      this.recent = this.recent.filter((other) => other !== oldest);
    }
    this.#keep();
  }

  togglePin(id) {
    const pin = !this.isPinned(id);
    this.pinned = pin ? [...this.pinned, id] : this.pinned.filter((other) => other !== id);
    this.#keep();
    return pin;
  }

  #keep() {
    this.memory.set("pinned", this.pinned);
    this.memory.set("recent", this.recent);
    this.memory.set("used", this.used);
    this.dispatchEvent(new CustomEvent("change"));
  }
}
