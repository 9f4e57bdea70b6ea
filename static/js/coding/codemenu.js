// The menu of one code: a popover of menu items. Arrow keys move, Escape closes, focus returns.

import { h } from "@cs/lib/dom.js";

export class CodeMenu {
  constructor(parent) {
    this.element = h("div.code-menu", { role: "menu", popover: "auto" });
    parent.append(this.element);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("toggle", (event) => {
      if (event.newState !== "closed") return;
      this.opener?.removeAttribute("aria-expanded");
      this.opener = null;
    });
  }

  /** items: [[label, run], …] */
  open(opener, label, items) {
    this.element.setAttribute("aria-label", label);
    this.element.replaceChildren(...items.map(([text, run]) => h("button", {
      type: "button", role: "menuitem", tabindex: "-1",
      onclick: () => { this.close(); run(); },
    }, text)));
    this.element.showPopover?.();
    this.opener = opener;
    opener.setAttribute("aria-expanded", "true");
    const box = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    this.element.style.insetInlineStart = `${Math.max(8, Math.min(innerWidth - width - 8, box.left))}px`;
    this.element.style.insetBlockStart = `${box.bottom + height + 8 > innerHeight ? Math.max(8, box.top - height - 2) : box.bottom + 2}px`;
    this.element.firstElementChild?.focus();
  }

  close() {
    const { opener } = this;
    this.element.hidePopover?.();
    opener?.focus({ preventScroll: true });
  }

  #key(event) {
    const items = [...this.element.children];
    const here = items.indexOf(document.activeElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next !== undefined) items[(next + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
