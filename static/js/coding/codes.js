// The list of codes beside the text: the tree with the number of coded passages in this source.
// One tab stop; arrow keys move inside. Choosing a code codes the selection; without a
// selection it goes to the next passage of that code.

import { h } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";

export class CodeList {
  constructor({ element, store, choose }) {
    Object.assign(this, { element, store, choose });
    this.buttons = new Map();
    element.addEventListener("click", (event) => {
      const button = event.target.closest(".code-button");
      if (button) this.choose(Number(button.dataset.code));
    });
    element.addEventListener("keydown", (event) => this.#key(event));
    store.addEventListener("change", () => this.#later());
    this.render();
  }

  render() {
    this.buttons.clear();
    const root = h("ul.reader-tree", { role: "list" });
    const lists = [root];
    let last = null;
    for (const code of this.store.codeList()) {
      const depth = Math.min(code.depth, lists.length - 1 + (last ? 1 : 0));
      if (depth > lists.length - 1) {
        const below = h("ul", { role: "list" });
        last.append(below);
        lists.push(below);
      }
      lists.length = depth + 1;
      last = h("li", {}, this.#row(code));
      lists[depth].append(last);
    }
    this.element.replaceChildren(root);
    const first = this.element.querySelector(".code-button");
    if (first) first.tabIndex = 0;
    this.update();
  }

  /** New numbers only. */
  update() {
    for (const [id, { button, count }] of this.buttons) {
      const code = this.store.codes.get(id);
      const number = this.store.count(id);
      count.textContent = number ? number.toLocaleString() : "";
      const passages = ngettext("%(count)s passage here", "%(count)s passages here", number);
      button.setAttribute("aria-label", `${code.name}, ${passages}`);
    }
  }

  #row(code) {
    if (code.heading_only) return h("span.code-heading", {}, code.name);
    const count = h("span.count", {});
    const button = h("button.code-button", {
      type: "button", tabindex: "-1", "data-code": code.id,
      title: code.definition || gettext("Code the selection, or go to the next passage"),
    },
    h("span.swatch", { "data-colour": code.colour % 12, "aria-hidden": "true" }),
    h("span.code-name", {}, code.name), count);
    this.buttons.set(code.id, { button, count });
    return button;
  }

  #later() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.update());
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const list = [...this.element.querySelectorAll(".code-button")];
    const here = list.indexOf(document.activeElement);
    if (here < 0) return;
    event.preventDefault();
    const next = list[Math.max(0, Math.min(list.length - 1, here + step))];
    list[here].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
