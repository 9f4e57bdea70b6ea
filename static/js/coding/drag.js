// Dragging with the mouse or a pen: a code onto the selected words, or a coded passage onto a code.
// By pointer events, because some browsers do not let buttons be dragged otherwise. Every drag has
// a way by keyboard: select and press c or a number; n or p, then c on the passage.

import { h } from "@cs/lib/dom.js";

const FAR_ENOUGH = 6;

/**
 * pick(element) -> {label, ...} or null; target(x, y, what) -> {element, ...} or null;
 * drop(what, target); over(target | null) shows where it would fall.
 */
export class Drag {
  constructor({ pick, target, drop, over }) {
    Object.assign(this, { pick, target, drop, over });
    this.what = null;
    document.addEventListener("pointerdown", (event) => this.#down(event));
    document.addEventListener("pointermove", (event) => this.#move(event));
    document.addEventListener("pointerup", (event) => this.#up(event));
    document.addEventListener("pointercancel", () => this.#end());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.ghost) return;
      event.preventDefault();
      event.stopPropagation();
      this.#end();
    }, true);
  }

  #down(event) {
    // A finger scrolls.
    if (event.button !== 0 || event.pointerType === "touch") return;
    this.what = this.pick(event.target);
    this.from = [event.clientX, event.clientY];
  }

  #move(event) {
    if (!this.what) return;
    if (!this.ghost) {
      const [x, y] = this.from;
      if (Math.hypot(event.clientX - x, event.clientY - y) < FAR_ENOUGH) return;
      this.ghost = h("div.drag-ghost", { "aria-hidden": "true" }, this.what.label);
      document.body.append(this.ghost);
    }
    event.preventDefault();
    this.ghost.style.setProperty("--x", `${event.clientX}px`);
    this.ghost.style.setProperty("--y", `${event.clientY}px`);
    const target = this.target(event.clientX, event.clientY, this.what);
    this.ghost.classList.toggle("can-drop", Boolean(target));
    this.over(target);
  }

  #up(event) {
    const { what, ghost } = this;
    if (ghost) {
      const target = this.target(event.clientX, event.clientY, what);
      // The click that follows the drag was not meant.
      const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
      addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, true));
      this.#end();
      if (target) this.drop(what, target);
    }
    this.what = null;
  }

  #end() {
    this.ghost?.remove();
    this.ghost = null;
    this.what = null;
    this.over(null);
  }
}
