// The words beside a bracket when the pointer or the focus is on it: code, coder, passages. They
// stand outside the transcript; assistive technology has them as the bracket's name already.

import { h } from "@cs/lib/dom.js";

export class Tip {
  /** describe(bracket) -> [code, coders] */
  constructor({ root, describe }) {
    this.describe = describe;
    this.element = h("div.bracket-tip", { "aria-hidden": "true", hidden: true });
    document.body.append(this.element);
    const on = (event) => {
      const bracket = event.target.closest?.(".bracket");
      if (bracket) this.#show(bracket);
    };
    const off = (event) => { if (event.target.closest?.(".bracket")) this.hide(); };
    root.addEventListener("pointerover", on);
    root.addEventListener("focusin", on);
    root.addEventListener("pointerout", off);
    root.addEventListener("focusout", off);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.hide(); }, true);
    addEventListener("scroll", () => this.hide(), { passive: true });
  }

  /** Called at every scroll: hiding what is hidden already would be a change of style all the same,
      and with each of those the browser paints every highlighted word anew. */
  hide() {
    if (!this.element.hidden) this.element.hidden = true;
  }

  #show(bracket) {
    const [code, coders] = this.describe(bracket);
    this.element.replaceChildren(h("strong", {}, code), h("span", {}, coders));
    this.element.hidden = false;
    const box = bracket.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    // Beside the margin, clear of the words; at the edge of a narrow screen before it.
    const left = box.right + 8 + width < innerWidth ? box.right + 8 : Math.max(8, box.left - width - 6);
    const top = Math.max(8, Math.min(innerHeight - height - 8, Math.max(box.top, 60)));
    this.element.style.insetInlineStart = `${left}px`;
    this.element.style.insetBlockStart = `${top}px`;
  }
}
