// Where the attention is, on the screen: roving focus over the turns, the painted cursor and
// selection, scrolling them into view, the native selection of mouse and touch, and the small
// toolbar beside it.

export class Follow {
  constructor({ root, index, selection, painter, toolbar }) {
    Object.assign(this, { root, index, selection, painter, toolbar });
    this.pointerInside = false;
    this.pointerDown = false;
    this.roving = 0;
  }

  start() {
    this.index.elements[0].tabIndex = 0;
    document.addEventListener("pointerdown", (event) => {
      this.pointerInside = this.root.contains(event.target) && !event.target.closest(".bracket");
      this.pointerDown = true;
      if (!this.toolbar.contains(event.target)) this.hideToolbar();
    }, true);
    const up = () => {
      this.pointerDown = false;
      this.#showToolbar();
    };
    document.addEventListener("pointerup", up);
    document.addEventListener("pointercancel", up);
    document.addEventListener("selectionchange", () => this.#native());
    // A click on a button must not take the selection away before it is used.
    this.toolbar.addEventListener("mousedown", (event) => event.preventDefault());
    this.root.addEventListener("focusin", (event) => this.#focused(event));
    this.root.addEventListener("focusout", () => this.root.classList.remove("has-focus"));
    addEventListener("scroll", () => this.#placeToolbar(), { passive: true });
  }

  /** Paints what is selected; by keyboard it also moves the focus and the native selection. */
  paint(by) {
    const { range, cursor } = this.selection;
    this.painter.mark("cs-selection", range);
    this.painter.mark("cs-cursor", range ? null : cursor);
    this.#rove(this.selection.turn);
    if (by === "keyboard") {
      this.hideToolbar();
      this.#mirror(range);
      this.focusTurn();
    } else if (by === "code") {
      this.#mirror(range);
    }
  }

  focusTurn() {
    this.index.elements[this.selection.turn]?.focus({ preventScroll: true });
  }

  /** Brings a code point into view, clear of the bars; `middle` puts it in the middle and moves the focus
      there, unless `focus` says that it stays. */
  reveal(offset, { middle = false, focus = middle } = {}) {
    const i = this.index.turnAt(offset);
    const element = this.index.elements[i];
    this.#rove(i);
    if (middle) {
      element.scrollIntoView({ block: "center" });
      if (focus) element.focus({ preventScroll: true });
    }
    const settle = () => {
      const [box] = this.index.toRange(offset, Math.min(offset + 1, this.index.ends[i])).getClientRects();
      if (!box) return;
      const boxes = (...ids) => ids.map((id) => document.getElementById(id)?.getBoundingClientRect()).filter((rect) => rect?.height);
      // What lies over the text while somebody scrolls: bars, kept changes, the player.
      const top = Math.max(document.querySelector(".reader-bar").getBoundingClientRect().bottom, ...boxes("reader-aside").map((rect) => rect.bottom)) + 12;
      const bottom = Math.min(innerHeight, ...boxes("reader-dock", "recording").map((rect) => rect.top)) - 16;
      if (middle) scrollBy(0, box.top - (top + bottom) / 2);
      else if (box.top < top) scrollBy(0, box.top - top - 40);
      else if (box.bottom > bottom) scrollBy(0, box.bottom - bottom + 40);
    };
    settle();
    // Sections that were skipped get their true height only now.
    if (middle) requestAnimationFrame(() => requestAnimationFrame(settle));
  }

  hideToolbar() {
    this.toolbar.hidden = true;
  }

  // ---- native selection ----------------------------------------------------

  #native() {
    const native = getSelection();
    if (!native.rangeCount) return;
    const range = native.getRangeAt(0);
    if (!this.root.contains(range.commonAncestorContainer)
        && !(range.intersectsNode(this.root) && !native.isCollapsed && this.pointerInside)) return;
    if (native.isCollapsed) {
      // Only a click into the text gives the selection up: focus that moves to a dialog or
      // a finger on a button collapses the native selection too.
      if (!this.pointerInside || !this.pointerDown) return;
      const offset = this.index.toOffset(range.startContainer, range.startOffset);
      this.selection.putCursor(offset, "pointer");
      return;
    }
    const span = this.index.fromRange(range);
    if (!span) return;
    const now = this.selection.range;
    if (now && now[0] === span[0] && now[1] === span[1]) return;
    if (this.mirrored && this.mirrored[0] === span[0] && this.mirrored[1] === span[1]) return;
    this.selection.setRange(span[0], span[1], "pointer");
    if (!this.pointerDown) this.#showToolbar();
  }

  /** The keyboard's selection becomes the native one, so that copying works. */
  #mirror(range) {
    const native = getSelection();
    this.mirrored = range;
    if (!range) {
      if (!native.isCollapsed) native.removeAllRanges();
      return;
    }
    const dom = this.index.toRange(range[0], range[1]);
    native.setBaseAndExtent(dom.startContainer, dom.startOffset, dom.endContainer, dom.endOffset);
  }

  // ---- focus ---------------------------------------------------------------

  #focused(event) {
    const i = this.index.numberOf.get(event.target.closest(".turn"));
    if (i === undefined) return;
    this.root.classList.add("has-focus");
    this.#rove(i);
    // Coming in by Tab or by a screen reader's own cursor: the word cursor comes along.
    if (!this.pointerDown && this.selection.turn !== i) this.selection.putCursor(this.index.bodies[i]);
    else if (!this.selection.place) this.selection.putCursor(this.index.bodies[i]);
  }

  #rove(i) {
    if (i === this.roving) return;
    this.index.elements[this.roving].tabIndex = -1;
    this.index.elements[i].tabIndex = 0;
    this.roving = i;
  }

  // ---- toolbar -------------------------------------------------------------

  #showToolbar() {
    if (!this.selection.range || !this.pointerInside || getSelection().isCollapsed) return;
    if (this.root.closest("[data-may-code=false]")) return;
    this.toolbar.hidden = false;
    this.#placeToolbar();
  }

  #placeToolbar() {
    if (this.toolbar.hidden || !this.selection.range) return;
    const [, end] = this.selection.range;
    const rects = this.index.toRange(Math.max(end - 1, 0), end).getClientRects();
    const box = rects[rects.length - 1];
    if (!box) return;
    const width = this.toolbar.offsetWidth;
    const left = Math.max(8, Math.min(innerWidth - width - 8, box.right - width / 2));
    // Below the line, because touch systems put their own menu above it.
    this.toolbar.style.insetInlineStart = `${left}px`;
    this.toolbar.style.insetBlockStart = `${Math.min(innerHeight - 60, box.bottom + 8)}px`;
  }
}
