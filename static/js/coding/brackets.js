// The margin: one list of buttons per section, each drawn as a bracket in its lane.
//
// They are real buttons with names in aria-label, never text: text would become part of a
// selection across the section. They are not tab stops (there may be hundreds); n and p walk
// through passages by keyboard, and assistive technology reads the list as it stands.

import { arrange, h, snippet } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";
import { assignLanes, findNames, merge } from "@cs/coding/lanes.js";

const LANE = 13;
// Narrower margins (in pixels) have no room for names.
const NAMES_FROM = 100;

// Quotations in names: enough characters for a snippet, however long the passage is.
const QUOTED = 400;

export class Brackets {
  constructor({ index, store }) {
    Object.assign(this, { index, store });
    // By section: {list, items} while it is drawn.
    this.drawn = new Map();
    // By section: {height, tops, bottoms} of places measured once; the text does not change.
    this.places = new Map();
  }

  /** Draws the brackets of section i into its element. Those that are there already stay: mostly
      one passage has come or gone, and every bracket made anew is styled and laid out anew. */
  draw(section, i, from, to) {
    const brackets = merge(this.store.inSection(i), from, to);
    if (!brackets.length) {
      this.clear(section);
      return;
    }
    // All reading before all writing: one layout for a section.
    this.#measure(section, brackets);
    const room = parseFloat(getComputedStyle(section).paddingInlineEnd) || 0;
    assignLanes(brackets, Math.max(1, Math.floor((room - 6) / LANE)));
    if (room > NAMES_FROM) findNames(brackets);

    const before = this.drawn.get(section);
    const list = before?.list ?? h("ul.section-codes", { "aria-label": gettext("Codes in this part") });
    const items = new Map();
    for (const bracket of brackets) {
      const signature = this.#signature(bracket);
      items.set(signature, before?.items.get(signature) ?? this.#item(bracket));
    }
    arrange(list, [...items.values()]);
    if (!before) section.append(list);
    this.drawn.set(section, { list, items });
  }

  clear(section) {
    this.drawn.get(section)?.list.remove();
    this.drawn.delete(section);
  }

  /** The text is laid out in another way now. */
  forget() {
    this.places.clear();
  }

  #measure(section, brackets) {
    const { top, height } = section.getBoundingClientRect();
    let places = this.places.get(section);
    if (places?.height !== height) {
      places = { height, tops: new Map(), bottoms: new Map() };
      this.places.set(section, places);
    }
    const { tops, bottoms } = places;
    for (const bracket of brackets) {
      const { from, to } = bracket;
      if (!tops.has(from)) {
        const [first] = this.index.toRange(from, Math.min(from + 1, to)).getClientRects();
        tops.set(from, first ? Math.round(first.top - top) : 0);
      }
      if (!bottoms.has(to)) {
        const last = [...this.index.toRange(Math.max(to - 1, from), to).getClientRects()].at(-1);
        bottoms.set(to, last ? Math.round(last.bottom - top) : 0);
      }
      bracket.top = tops.get(from);
      bracket.bottom = Math.max(bottoms.get(to), bracket.top + 14);
    }
  }

  /** All that #item shows; two brackets of a section never have the same. */
  #signature(bracket) {
    const code = this.store.codes.get(bracket.code);
    return [
      bracket.code, bracket.start, bracket.end, bracket.top, bracket.bottom, bracket.lane, bracket.named ?? false,
      bracket.crowded, bracket.ids.length, this.#hasMemo(bracket), code?.colour, code?.name, this.#coders(bracket),
    ].join("|");
  }

  #coders(bracket) {
    return [...bracket.coders].map((id) => this.store.coders.get(id)?.name ?? "?").join(", ");
  }

  #item(bracket) {
    const code = this.store.codes.get(bracket.code);
    const coders = this.#coders(bracket);
    const quote = snippet(this.index.textBetween(bracket.from, Math.min(bracket.to, bracket.from + QUOTED)), 60);
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
