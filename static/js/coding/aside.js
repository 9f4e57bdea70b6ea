// What the server has refused although somebody's work is in it: a tag, a changed passage, a memo.
// Each stands above the text with its words and the reason, also after a reload, until a person
// sends it again, places it elsewhere or discards it. Also says when there is no way in any more.

import { alertUser, announce } from "@cs/lib/announce.js";
import { h, snippet } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";
import { fingerprint } from "@cs/coding/actions.js";
import { findPlace } from "@cs/coding/placing.js";

// The words are no longer where they were.
const MOVED = ["quote_mismatch", "past_end"];

export class Aside {
  constructor({ element, notices, saver, index, selection, live, go }) {
    Object.assign(this, { element, notices, saver, index, selection, live, go });
    this.shown = new Map();
    saver.addEventListener("aside", ({ detail }) => {
      this.#show();
      if (!detail.action) return;
      // Is what is shown still so? The server has just disagreed once.
      live.refresh();
      alertUser(this.shown.get(detail.action.key)?.querySelector(".aside-words").textContent ?? "");
    });
    saver.addEventListener("state", ({ detail: { state, code, waiting } }) => {
      if (code === "no_access") this.#noAccess(waiting);
      else if (state === "saved") notices.over("no-access");
    });
  }

  #show() {
    for (const [key, notice] of this.shown) {
      if (this.saver.aside.some((action) => action.key === key)) continue;
      notice.remove();
      this.shown.delete(key);
    }
    for (const action of this.saver.aside) {
      if (!this.shown.has(action.key)) this.shown.set(action.key, this.element.appendChild(this.#notice(action)));
    }
    this.element.hidden = !this.shown.size;
  }

  #notice(action) {
    const span = this.#span(action);
    const moved = MOVED.includes(action.aside.code);
    // Does the text that this page shows still read so? Then the page is older than the text.
    const here = span && action.check && fingerprint(this.index.textBetween(...span)) === action.check;
    const found = moved && !here && action.check ? this.#find(action.check, span[0]) : null;
    const kept = this.saver.unsent?.words(action.key) ?? "";
    const quote = found ? this.index.textBetween(...found) : here || !moved ? null : kept || gettext("a passage of %(count)s characters", { count: Number(action.check?.split(".")[0] ?? 0).toLocaleString() });
    const { what, became } = this.notices.words(action, quote);
    const why = moved ? gettext("The text has been corrected since.") : this.notices.why(action.aside);
    const said = [why, became, gettext("It is kept in this browser until you decide.")];
    const button = (label, onclick, kind = "") => h(`button.button.button-small${kind}`, { type: "button", onclick }, label);
    const buttons = [];
    if (moved && here) {
      said.push(gettext("This page still shows the earlier text."));
      buttons.push(button(gettext("Load the corrected text"), () => location.reload()));
    } else if (moved) {
      if (found) {
        buttons.push(button(gettext("Show the passage"), () => this.go(...found)));
        buttons.push(button(gettext("Code it there"), () => this.#resend(action, found)));
      } else {
        said.push(gettext("These words are no longer in it: select where it belongs now."));
        if (span) buttons.push(button(gettext("Show where it was"), () => this.go(...this.#inside(span))));
      }
      buttons.push(button(gettext("Place it on the selection"), () => this.#place(action)));
    } else {
      if (span) buttons.push(button(gettext("Select the passage"), () => this.#select(span)));
      buttons.push(button(gettext("Try again"), () => this.#resend(action)));
    }
    buttons.push(button(gettext("Discard"), () => this.#discard(action)));
    return h("div.notice.notice-error.notice-aside", { "data-key": action.key },
      h("span.aside-words", {}, h("strong", {}, what), ` ${said.filter(Boolean).join(" ")}`),
      h("span.row", {}, ...buttons));
  }

  #span({ kind, start, end, place }) {
    if (kind === "apply") return [start, end];
    return kind === "change" ? place.slice(0, 2) : null;
  }

  #find(check, near) {
    // Text may begin with blank lines, which are in no turn.
    const [base = 0] = this.index.starts;
    const found = findPlace(this.index.textBetween(base, this.index.ends.at(-1) ?? base), check, near - base);
    return found && found.map((offset) => offset + base);
  }

  #inside([start, end]) {
    const last = this.index.ends.at(-1) ?? 1;
    return [Math.min(start, last - 1), Math.min(end, last)];
  }

  #select(span) {
    this.go(...span);
    this.selection.setRange(...span);
  }

  #place(action) {
    const { range } = this.selection;
    if (!range) {
      announce(gettext("Select a passage first."));
      alertUser(gettext("Select a passage first."));
      return;
    }
    this.#resend(action, range);
  }

  #resend(action, place = null) {
    if (this.saver.resend(action, place)) {
      this.#focus();
      if (place) announce(gettext("Placed on “%(quote)s”.", { quote: snippet(this.index.textBetween(...place), 60) }));
    } else alertUser(gettext("The coding is no longer there, so it cannot be changed. Select the words and code them anew, or discard this."));
  }

  #discard(action) {
    this.saver.giveUp(action);
    this.#focus();
    announce(gettext("Discarded."));
  }

  /** The button that was pressed is gone: to the next notice, or back to the text. */
  #focus() {
    (this.shown.size ? this.element : this.index.elements[this.selection.turn])?.focus({ preventScroll: true });
  }

  #noAccess(waiting) {
    let sure = false;
    const button = h("button.button.button-small", {
      type: "button",
      onclick: () => {
        if (sure) {
          this.notices.over("no-access");
          this.saver.discardAll();
        }
        sure = true;
        button.textContent = gettext("Really discard?");
      },
    }, gettext("Discard them"));
    this.notices.stand("no-access", gettext("You may no longer read this source, or somebody else is logged in in this browser."),
      ngettext("%(count)s change is kept in this browser, and sent if you have access again.",
        "%(count)s changes are kept in this browser, and sent if you have access again.", waiting), button);
  }
}
