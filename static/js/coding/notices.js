// What became of a change that could not be saved, and what keeps the others from being saved:
// sentences above the text that stay until they are read. What is kept although it was refused has
// buttons of its own: see aside.js.

import { alertUser } from "@cs/lib/announce.js";
import { h, snippet } from "@cs/lib/dom.js";
import { gettext } from "@cs/lib/text.js";

export class Notices {
  constructor({ element, store, index, go }) {
    Object.assign(this, { element, store, index, go });
    this.standing = new Map();
  }

  /** A refused change: what it was, why, and what there is now instead. */
  refused({ action, code, status, message }) {
    const { what, became, place } = this.words(action);
    const why = this.why({ code, status, message });
    this.#add(h("div.notice.notice-error", {},
      h("strong", {}, what),
      h("span", {}, `${why} ${became}`),
      place && h("button.button.button-small", { type: "button", onclick: () => this.go(...place) }, gettext("Show the passage"))));
    alertUser(`${what} ${why} ${became}`);
  }

  why({ code, status, message }) {
    return status === 404 || code === "not_found" ? gettext("The code, the coding or the memo is no longer there.") : message;
  }

  /** A notice that stands as long as something lasts; with the same name only once. */
  stand(name, head, text, ...more) {
    if (this.standing.has(name)) return;
    this.standing.set(name, this.#add(h("div.notice.notice-warning", {}, h("strong", {}, head), h("span", {}, text), ...more)));
    alertUser(`${head} ${text}`);
  }

  over(...names) {
    for (const name of names) {
      this.standing.get(name)?.remove();
      this.standing.delete(name);
    }
    this.element.hidden = !this.element.childElementCount;
  }

  #add(notice) {
    const close = h("button.button.button-small", { type: "button", onclick: () => { notice.remove(); this.over(); } }, gettext("Dismiss"));
    notice.append(close);
    this.element.append(notice);
    this.element.hidden = false;
    return notice;
  }

  /** What an action was about; `quote` where the text that is shown does not say so. */
  words(action, quote = null) {
    const name = (id) => this.store.codes.get(id)?.name ?? "?";
    const at = (start, end) => snippet(quote ?? this.index.textBetween(start, end), 60);
    if (action.kind === "apply") {
      const { start, end } = action;
      return {
        what: gettext("“%(quote)s” is not coded with %(codes)s.", { quote: at(start, end), codes: action.codes.map(name).join(", ") }),
        became: gettext("The mark has been taken away again."),
        place: [start, end],
      };
    }
    if (action.kind === "remove") {
      const [, start, end, code] = action.row;
      return {
        what: gettext("%(code)s was not removed from “%(quote)s”.", { code: name(code), quote: at(start, end) }),
        became: gettext("The coding is as it was."),
        place: [start, end],
      };
    }
    if (action.kind === "change") {
      const [start, end, code] = action.place;
      const values = { code: name(code), quote: at(start, end) };
      return {
        what: action.check
          ? gettext("The passage of %(code)s was not changed to “%(quote)s”.", values)
          : gettext("“%(quote)s” was not given the code %(code)s instead.", values),
        became: gettext("The coding is as it was."),
        place: [start, end],
      };
    }
    if (action.kind === "note") {
      // Whole: after a reload it stands nowhere else.
      return action.method === "DELETE"
        ? { what: gettext("The memo was not removed."), became: "" }
        : { what: gettext("The memo “%(text)s” was not saved.", { text: action.text }), became: "" };
    }
    if (action.kind === "finished") {
      return { what: gettext("“I have finished coding this” was not changed."), became: "" };
    }
    return { what: action.kind === "redo" ? gettext("Nothing was done again.") : gettext("Nothing was undone."), became: "" };
  }
}
