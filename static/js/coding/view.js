// Which coded passages are shown: codes and coders can be hidden, or one code (with those below
// it) shown alone. Only what is drawn changes; codings are neither removed nor kept back.
//
// Emits "change".

export class View extends EventTarget {
  constructor(store, { codes = [], coders = [] } = {}) {
    super();
    this.store = store;
    this.codes = new Set(codes.filter((id) => store.codes.has(id)));
    this.coders = new Set(coders.filter((id) => store.coders.has(id)));
    this.only = null;
    this.alone = null;
    store.shows = (coding) => this.shows(coding);
  }

  shows({ code, coder }) {
    return (this.alone ? this.alone.has(code) : !this.codes.has(code)) && !this.coders.has(coder);
  }

  /** A code and all codes below it. */
  branch(id) {
    const list = this.store.codeList();
    const place = list.findIndex((code) => code.id === id);
    if (place < 0) return [];
    let end = place + 1;
    while (end < list.length && list[end].depth > list[place].depth) end += 1;
    return list.slice(place, end).map((code) => code.id);
  }

  /** A heading has no passages: it is hidden when everything below it is. */
  isHidden(id) {
    if (!this.codes.size) return false;
    const codes = this.#choosable(id);
    return codes.length > 0 && codes.every((code) => this.codes.has(code));
  }

  toggleCode(id) {
    const hide = !this.isHidden(id);
    for (const code of this.#choosable(id)) {
      if (hide) this.codes.add(code);
      else this.codes.delete(code);
    }
    this.#tell();
    return hide;
  }

  toggleCoder(id) {
    const hide = !this.coders.delete(id);
    if (hide) this.coders.add(id);
    this.#tell();
    return hide;
  }

  /** Shows one code alone; the same code again, or null, gives the others back. */
  focus(id) {
    this.only = this.only === id ? null : id;
    this.alone = this.only === null ? null : new Set(this.branch(this.only));
    this.#tell();
    return this.only !== null;
  }

  showAll() {
    this.codes.clear();
    this.coders.clear();
    this.only = null;
    this.alone = null;
    this.#tell();
  }

  /** What somebody has just coded must be seen. True if anything had to be shown again. */
  reveal(codes, coder) {
    let changed = this.coders.delete(coder);
    for (const code of codes) changed = this.codes.delete(code) || changed;
    if (this.alone && !codes.every((code) => this.alone.has(code))) {
      this.only = null;
      this.alone = null;
      changed = true;
    }
    if (changed) this.#tell();
    return changed;
  }

  #choosable(id) {
    return this.branch(id).filter((code) => !this.store.codes.get(code).heading_only);
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
