// The margin: one list of buttons per section, each drawn as a bracket in its lane.
//
// They are real buttons with names in aria-label, never text: text would become part of a
// selection across the section. They are not tab stops (there may be hundreds); n and p walk
// through passages by keyboard, and assistive technology reads the list as it stands.

import { h, snippet } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";
import { assignLanes, findNames, merge } from "@cs/coding/lanes.js";

const LANE = 13;
// Narrower margins (in pixels) have no room for names.
const NAMES_FROM = 100;

export class Brackets {
  constructor({ index, store }) {
    Object.assign(this, { index, store });
    this.lists = new Map();
  }

  /** Draws the brackets of section i into its element (replacing those drawn before). */
  draw(section, i, from, to) {
    const brackets = merge(this.store.inSection(i), from, to);
    // All reading before all writing: one layout for a section.
    const base = section.getBoundingClientRect();
    for (const bracket of brackets) this.#measure(bracket, base.top);
    const room = parseFloat(getComputedStyle(section).paddingInlineEnd) || 0;
    assignLanes(brackets, Math.max(1, Math.floor((room - 6) / LANE)));
    if (room > NAMES_FROM) findNames(brackets);

    const list = h("ul.section-codes", { "aria-label": gettext("Codes in this part") });
    for (const bracket of brackets) list.append(this.#item(bracket));
    this.lists.get(section)?.remove();
    this.lists.delete(section);
    if (!brackets.length) return;
    section.append(list);
    this.lists.set(section, list);
  }

  clear(section) {
    this.lists.get(section)?.remove();
    this.lists.delete(section);
  }

  #measure(bracket, top) {
    const first = this.index.toRange(bracket.from, Math.min(bracket.from + 1, bracket.to)).getClientRects();
    const last = this.index.toRange(Math.max(bracket.to - 1, bracket.from), bracket.to).getClientRects();
    const start = first[0];
    const end = last[last.length - 1];
    bracket.top = start ? Math.round(start.top - top) : 0;
    bracket.bottom = end ? Math.max(Math.round(end.bottom - top), bracket.top + 14) : bracket.top + 14;
  }

  #item(bracket) {
    const code = this.store.codes.get(bracket.code);
    const coders = [...bracket.coders].map((id) => this.store.coders.get(id)?.name ?? "?").join(", ");
    const quote = snippet(this.index.textBetween(bracket.from, bracket.to), 60);
    const count = bracket.ids.length > 1
      ? `, ${ngettext("%(count)s passage", "%(count)s passages", bracket.ids.length)}` : "";
    const name = code?.name ?? "?";
    const written = this.#hasMemo(bracket) ? `, ${gettext("with a memo")}` : "";
    const button = h("button.bracket", {
      type: "button",
      tabindex: "-1",
      "aria-label": gettext("%(code)s%(count)s, coded by %(coders)s: %(quote)s", { code: name, count: count + written, coders, quote }),
      "data-colour": code?.colour ?? 0,
      "data-from": bracket.start,
      "data-to": bracket.end,
      "data-code": bracket.code,
      "data-coders": coders,
      "data-opens": bracket.opensBefore,
      "data-goes-on": bracket.goesOn,
      "data-crowded": bracket.crowded || null,
    });
    // CSSOM, not style attributes: the content security policy allows only the former.
    button.style.setProperty("--top", `${bracket.top}px`);
    button.style.setProperty("--height", `${bracket.bottom - bracket.top}px`);
    button.style.setProperty("--lane", bracket.lane);
    const memo = this.#memo(bracket);
    if (!bracket.named) return h("li", {}, button, memo);
    // The name is drawn by CSS from an attribute: no text may stand inside the transcript.
    const label = h("span.bracket-name", { "aria-hidden": "true", "data-name": name });
    label.style.setProperty("--top", `${bracket.top}px`);
    label.style.setProperty("--lane", bracket.lane);
    return h("li", {}, button, memo, label);
  }

  #hasMemo(bracket) {
    return bracket.ids.some((id) => this.store.notes.has(id));
  }

  /** A small sheet beside the bracket's letter: somebody has written a memo on the passage. */
  #memo(bracket) {
    if (!this.#hasMemo(bracket)) return null;
    const mark = h("span.bracket-memo", { "aria-hidden": "true" });
    mark.style.setProperty("--top", `${bracket.top}px`);
    mark.style.setProperty("--lane", bracket.lane);
    return mark;
  }
}
