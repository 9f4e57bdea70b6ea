// The list of codes beside the text: those at hand on top, then the tree, with the number of
// coded passages in this source. One tab stop; arrow keys move inside. Choosing a code codes the
// selection; without a selection it goes to the next passage of that code. Each code has a menu:
// pin, hide, show alone.

import { h } from "@cs/lib/dom.js";
import { gettext, ngettext, written } from "@cs/lib/text.js";
import { score } from "@cs/coding/palette.js";

/** Which codes answer a query, and which rows have to stay to show where they are: {found, kept}
    of code ids. `codes` in tree order with depth. Headings are kept, never found. */
export function filterTree(codes, query, pathOf = () => "") {
  const found = new Set();
  const kept = new Set();
  const above = [];
  for (const code of codes) {
    above.length = Math.min(above.length, code.depth);
    above.push(code.id);
    if (code.heading_only || !score(query, code.name, pathOf(code))) continue;
    found.add(code.id);
    for (const id of above) kept.add(id);
  }
  return { found, kept };
}

export class CodeList {
  /** view: what is hidden; quick: the codes at hand; menu(code, button) opens a code's menu;
      act(name, id): "pin", "hide" or "only". */
  constructor({ element, filter, status, store, view, quick, choose, menu, act }) {
    Object.assign(this, { element, filter, status, store, view, quick, choose, menu, act });
    this.rows = new Map();
    this.items = new Map();
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-code]");
      if (!button) return;
      if (button.matches(".code-more")) this.menu(Number(button.dataset.code), button);
      else this.choose(Number(button.dataset.code));
    });
    element.addEventListener("contextmenu", (event) => {
      const button = event.target.closest(".code-line")?.querySelector(".code-more");
      if (!button) return;
      event.preventDefault();
      this.menu(Number(button.dataset.code), button);
    });
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focusin", (event) => this.#rove(event.target.closest(".code-line")));
    filter.addEventListener("input", () => this.applyFilter());
    filter.addEventListener("keydown", (event) => this.#filterKey(event));
    this.stale = new Set();
    store.addEventListener("change", ({ detail }) => this.#later(detail.codes));
    view.addEventListener("change", () => this.update());
    quick.addEventListener("change", () => { if (this.#atHand() !== this.drawn) this.render(); });
    this.render();
  }

  render() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    this.rows.clear();
    this.items.clear();
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
      this.items.set(code.id, last);
      lists[depth].append(last);
    }
    this.element.replaceChildren(...[this.#quick(), root].filter(Boolean));
    this.drawn = this.#atHand();
    this.#rove(this.element.querySelector(".code-line"));
    this.update();
    this.applyFilter(false);
    if (focused) {
      const place = focused.closest(".quick-codes") ? ".quick-codes" : ".reader-tree";
      const same = `${focused.matches(".code-more") ? ".code-more" : ".code-button"}[data-code="${focused.dataset.code}"]`;
      (this.element.querySelector(`${place} ${same}`) ?? this.element.querySelector(same))?.focus({ preventScroll: true });
    }
  }

  /** New numbers and states only; of all codes, or of these. */
  update(ids = this.rows.keys()) {
    for (const id of ids) {
      const rows = this.rows.get(id) ?? [];
      const code = this.store.codes.get(id);
      const number = this.store.count(id);
      const hidden = this.view.isHidden(id);
      const alone = this.view.only === id;
      for (const { line, button, count, key } of rows) {
        line.classList.toggle("is-hidden", hidden && !alone);
        line.classList.toggle("is-alone", alone);
        if (!button) continue;
        const shown = number ? written(number) : "";
        if (count.textContent !== shown) count.textContent = shown;
        const label = [code.name, ngettext("%(count)s passage here", "%(count)s passages here", number)];
        if (code.elicited) label.push(gettext("elicited by the protocol: how often it occurs says little"));
        if (hidden) label.push(gettext("hidden"));
        if (alone) label.push(gettext("shown alone"));
        if (key) label.push(gettext("key %(key)s", { key }));
        const name = label.join(", ");
        if (button.getAttribute("aria-label") !== name) button.setAttribute("aria-label", name);
      }
    }
  }

  /** Shows the rows that answer what is typed, with those above them. */
  applyFilter(say = true) {
    const query = this.filter.value.trim();
    const { found, kept } = filterTree(this.store.codeList(), query, (code) => this.store.pathOf(code));
    for (const [id, item] of this.items) item.hidden = Boolean(query) && !kept.has(id);
    const quick = this.element.querySelector(".quick-codes");
    if (quick) quick.hidden = Boolean(query);
    this.found = query ? found : null;
    const current = this.element.querySelector('.code-button[tabindex="0"]');
    if (!current || !current.checkVisibility()) this.#rove(this.#buttons()[0]?.closest(".code-line"));
    if (say || !query) this.status.textContent = query ? ngettext("%(count)s code", "%(count)s codes", found.size) : "";
  }

  /** What the list at hand shows. Mostly a code that is there already is applied again. */
  #atHand() {
    return this.quick.list().map((id) => `${id}${this.quick.isPinned(id) ? "p" : ""}`).join();
  }

  #quick() {
    const codes = this.quick.list().map((id) => this.store.codes.get(id));
    if (!codes.length) return null;
    return h("section.quick-codes", { "aria-labelledby": "quick-heading" },
      h("h3.quick-heading", { id: "quick-heading" }, gettext("At hand")),
      h("ol.quick-list", { role: "list" }, ...codes.map((code, i) => h("li", {}, this.#row(code, String(i + 1))))));
  }

  #row(code, key = "") {
    const more = h("button.code-more", {
      type: "button", tabindex: "-1", "data-code": code.id, "aria-haspopup": "menu",
      "aria-label": gettext("More for %(code)s", { code: code.name }),
    }, "⋯");
    let button = null;
    const count = h("span.count", {});
    if (!code.heading_only) {
      button = h("button.code-button", {
        type: "button", tabindex: "-1", "data-code": code.id,
        title: code.definition || gettext("Code the selection, or go to the next passage"),
      },
      key ? h("kbd.code-key", { "aria-hidden": "true" }, key) : null,
      h("span.swatch", { "data-colour": code.colour % 12, "aria-hidden": "true" }),
      h("span.code-name", {}, code.name),
      code.elicited ? h("sup.code-elicited", { title: gettext("elicited by the protocol: how often it occurs says little"), "aria-hidden": "true" }, "E") : null,
      key && this.quick.isPinned(code.id) ? h("span.code-pin", {}, gettext("pinned")) : null,
      count);
    }
    const line = h("div.code-line", {}, button ?? h("span.code-heading", {}, code.name), more);
    if (!this.rows.has(code.id)) this.rows.set(code.id, []);
    this.rows.get(code.id).push({ line, button, count, key });
    return line;
  }

  #later(codes) {
    if (!this.stale.size && codes.size) {
      requestAnimationFrame(() => {
        this.update(this.stale);
        this.stale.clear();
      });
    }
    for (const id of codes) this.stale.add(id);
  }

  #buttons() {
    return [...this.element.querySelectorAll(".code-button, .code-heading + .code-more")].filter((button) => button.checkVisibility());
  }

  /** The row that Tab comes to, with its menu. */
  #rove(line) {
    if (!line) return;
    for (const button of this.element.querySelectorAll('button[tabindex="0"]')) button.tabIndex = -1;
    for (const button of line.querySelectorAll("button")) button.tabIndex = 0;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const line = event.target.closest(".code-line");
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    const action = { p: "pin", h: "hide", o: "only" }[event.key];
    if (!line || (step === undefined && !action)) return;
    event.preventDefault();
    if (action) {
      this.act(action, Number(event.target.dataset.code));
      return;
    }
    const list = this.#buttons();
    const here = list.findIndex((button) => button.closest(".code-line") === line);
    list[Math.max(0, Math.min(list.length - 1, here + step))].focus();
  }

  #filterKey(event) {
    if (event.key === "Escape" && this.filter.value) {
      this.filter.value = "";
      this.applyFilter();
    } else if (event.key === "ArrowDown") {
      this.#buttons()[0]?.focus();
    } else if (event.key === "Enter") {
      // The one that is meant stands first only if it is the only one.
      if (this.found?.size === 1) this.choose([...this.found][0]);
      else this.#buttons()[0]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
