// "At the cursor": the coded passages that touch the selection or the cursor's word, each with
// its code, coder and first words, and a button to take it away.

import { arrange, h, snippet } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";

const MOST = 60;

export class Panel {
  /** actions: {go(coding), remove(coding), hover(coding | null), mayRemove(coding),
      choose(coding), recode(coding), mayExample(coding), example(coding), memos(coding) -> element with its memos} */
  constructor({ element, store, index, actions }) {
    Object.assign(this, { element, store, index, actions });
    this.items = new Map();
    this.frame = null;
    this.list = element.querySelector(".panel-list");
    this.head = element.querySelector(".panel-count");
    this.empty = element.querySelector(".panel-empty");
    this.codings = [];
    this.list.addEventListener("pointerover", (event) => this.#hover(event));
    this.list.addEventListener("pointerleave", () => this.actions.hover(null));
    this.list.addEventListener("focusin", (event) => {
      this.#hover(event);
      const coding = this.#codingOf(event);
      if (coding) this.actions.choose(coding);
    });
    this.list.addEventListener("focusout", () => this.actions.hover(null));
    this.list.addEventListener("click", (event) => {
      const coding = this.#codingOf(event);
      if (!coding) return;
      if (event.target.closest(".panel-remove")) this.actions.remove(coding);
      else if (event.target.closest(".panel-recode")) this.actions.recode(coding);
      else if (event.target.closest(".panel-example")) this.actions.example(coding);
      else if (event.target.closest(".panel-go")) this.actions.go(coding);
    });
  }

  /** What is there is known at once (`codings`), and drawn once in the next frame: one step of a
      person often changes several things. */
  show(place) {
    this.codings = place ? this.store.shownAt(place[0], Math.max(place[1], place[0] + 1)) : [];
    this.frame ??= requestAnimationFrame(() => this.#draw());
  }

  /** Draws now what waits for the next frame. */
  flush() {
    if (this.frame === null) return;
    cancelAnimationFrame(this.frame);
    this.#draw();
  }

  #draw() {
    this.frame = null;
    const focus = document.activeElement;
    const focusInside = this.list.contains(focus);
    const kept = focusInside && { id: focus.closest(".panel-item")?.dataset.id, name: focus.className };
    const caret = focus.matches?.("textarea") ? [focus.selectionStart, focus.selectionEnd] : null;
    const items = new Map();
    for (const coding of this.codings.slice(0, MOST)) {
      const key = this.#key(coding);
      items.set(key, this.items.get(key) ?? this.#item(coding));
      // New memos are fetched when they are asked for.
      if (!coding.pending) this.actions.memos(coding);
    }
    this.items = items;
    arrange(this.list, [...items.values()]);
    const number = this.codings.length ? String(this.codings.length) : "";
    if (this.head.textContent !== number) this.head.textContent = number;
    const empty = this.codings.length === 0;
    if (this.empty.hidden === empty) this.empty.hidden = !empty;
    if (!focusInside || this.list.contains(document.activeElement)) return;
    // The same button of the same passage, if both are there still.
    const same = [...this.list.querySelectorAll("button, textarea")].find((button) => (
      button.className === kept.name && button.closest(".panel-item").dataset.id === kept.id));
    (same ?? this.list.querySelector("button") ?? this.element.querySelector("h2"))?.focus();
    if (caret && same?.matches("textarea")) same.setSelectionRange(...caret);
  }

  /** All that #item shows. */
  #key(coding) {
    const code = this.store.codes.get(coding.code);
    return JSON.stringify([coding, code?.name, code?.colour, this.store.coders.get(coding.coder)?.name, this.actions.mayRemove(coding), this.actions.mayExample(coding), this.store.isExample(coding)]);
  }

  /** Marks the passage that the keys for borders, code and memo are about. */
  markChosen(id) {
    this.flush();
    for (const item of this.list.children) {
      const chosen = item.dataset.id === String(id);
      if (chosen === item.hasAttribute("aria-current")) continue;
      if (chosen) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
  }

  /** To the list, for choosing which of several passages to remove. */
  focusFirst() {
    this.flush();
    const button = this.list.querySelector(".panel-remove");
    button?.focus();
    return Boolean(button);
  }

  /** "Trust (Ruth); Roles (Tom)" for announcements. */
  static inWords(codings, store) {
    if (!codings.length) return gettext("not coded");
    const names = codings.slice(0, 5).map((coding) => {
      const code = store.codes.get(coding.code)?.name ?? "?";
      const coder = store.coders.get(coding.coder)?.name ?? "?";
      return `${code} (${coder})`;
    });
    if (codings.length > 5) names.push(ngettext("and %(count)s more", "and %(count)s more", codings.length - 5));
    return names.join("; ");
  }

  #item(coding) {
    const code = this.store.codes.get(coding.code);
    const coder = this.store.coders.get(coding.coder)?.name ?? "?";
    const name = code?.name ?? "?";
    const quote = snippet(this.index.textBetween(coding.start, coding.end), 110);
    const shows = this.store.isExample(coding);
    const example = this.actions.mayExample(coding) && h("button.button.button-quiet.button-small.panel-example", {
      type: "button",
      title: shows ? gettext("Take it from the examples of this code (e)") : gettext("Show what the code means with this passage (e)"),
      "aria-label": shows
        ? gettext("No longer an example of %(code)s: “%(quote)s”", { code: name, quote: snippet(quote, 40) })
        : gettext("Make it an example of %(code)s: “%(quote)s”", { code: name, quote: snippet(quote, 40) }),
    }, shows ? gettext("No longer an example") : gettext("Make it an example"));
    const remove = this.actions.mayRemove(coding) && h("button.button.button-quiet.button-small.panel-remove", {
      type: "button",
      "aria-label": gettext("Remove %(code)s by %(coder)s from “%(quote)s”", { code: name, coder, quote: snippet(quote, 40) }),
    }, gettext("Remove"));
    return h("li.panel-item", { "data-id": coding.id, "data-colour": (code?.colour ?? 0) % 12, "data-pending": coding.pending || null },
      h("div.panel-item-head", {},
        h("span.chip", { "data-colour": (code?.colour ?? 0) % 12 },
          h("span.swatch", { "data-colour": (code?.colour ?? 0) % 12, "aria-hidden": "true" }), h("span", {}, name)),
        code?.retired ? h("span.badge", {}, gettext("retired")) : null,
        shows ? h("span.badge.badge-ok", {}, gettext("example")) : null,
        h("span.person", { "data-initial": coder.slice(0, 1).toUpperCase() }, coder),
        this.actions.mayRemove(coding) ? h("button.button.button-quiet.button-small.panel-recode", {
          type: "button", title: gettext("Another code for this passage (r)"),
          "aria-label": gettext("Another code instead of %(code)s by %(coder)s", { code: name, coder }),
        }, gettext("Recode")) : null,
        remove || null),
      h("button.panel-go.voice", { type: "button", title: gettext("Select this passage") }, quote),
      example || null,
      coding.pending ? null : this.actions.memos(coding));
  }

  #codingOf(event) {
    const id = event.target.closest?.(".panel-item")?.dataset.id;
    return this.codings.find((coding) => String(coding.id) === id) ?? null;
  }

  #hover(event) {
    this.actions.hover(this.#codingOf(event));
  }
}
