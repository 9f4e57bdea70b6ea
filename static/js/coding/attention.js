// Where the attention of the person is: the cursor or selection, the passage gone to last, what is
// shown and said when it moves, and the way from passage to passage.

import { announce } from "@cs/lib/announce.js";
import { snippet, write } from "@cs/lib/dom.js";
import { gettext, ngettext } from "@cs/lib/text.js";
import { Panel } from "@cs/coding/panel.js";

const byId = (id) => document.getElementById(id);

export class Attention {
  /** parts: index, store, selection, painter, follow, panel; the last may come later. */
  constructor(parts) {
    this.parts = parts;
    // The passage that was gone to last, until the cursor is moved otherwise.
    this.visited = null;
    parts.selection.addEventListener("change", ({ detail }) => this.#moved(detail));
    parts.store.addEventListener("change", () => this.refresh());
  }

  /** Where the next passage is looked for: from the passage gone to last, else the selection's or
      cursor's start. (A passage may begin inside the word that the cursor stands on.) */
  get from() {
    return this.visited ?? [this.parts.selection.place?.[0] ?? -1];
  }

  /** Puts the cursor on a passage and marks it, in the middle of the view. */
  goTo(start, end) {
    const { index, store, selection, painter, follow } = this.parts;
    selection.putCursor(start);
    this.visited = [start, end];
    painter.mark("cs-target", this.visited);
    follow.reveal(start, { middle: true });
    const codings = store.shownAt(start, end).filter((c) => c.start === start && c.end === end);
    announce(`${snippet(index.textBetween(start, end), 160)}. ${Panel.inWords(codings, store)}`);
  }

  /** To the next (1) or previous (-1) coded passage. */
  toPassage(direction) {
    const coding = this.parts.store.next(this.from, direction);
    if (coding) this.goTo(coding.start, coding.end);
    else announce(direction > 0 ? gettext("No coded passage after this one.") : gettext("No coded passage before this one."));
  }

  /** What is at the cursor may be something else now. */
  refresh() {
    const { panel, selection } = this.parts;
    panel.show(selection.place);
    write(byId("dock-count"), panel.codings.length ? `(${panel.codings.length})` : "");
  }

  #moved({ by, what }) {
    const { painter, follow } = this.parts;
    this.visited = null;
    painter.mark("cs-target", null);
    follow.paint(by);
    this.refresh();
    this.#showSelection();
    if (by === "keyboard") this.#say(what);
  }

  #showSelection() {
    const { range } = this.parts.selection;
    const words = range ? this.parts.selection.countWords(...range) : 0;
    const text = range ? ngettext("%(count)s word selected", "%(count)s words selected", words) : "";
    write(byId("panel-selection"), text);
    write(byId("toolbar-words"), text);
    const button = byId("dock-code");
    if (button && button.disabled !== !range) button.disabled = !range;
  }

  #say(what) {
    const { index, store, selection, follow, panel } = this.parts;
    follow.reveal(selection.range ? (selection.forward ? Math.max(selection.edge - 1, 0) : selection.edge) : selection.cursor[0]);
    if (what === "cursor") {
      const codes = panel.codings.length ? `, ${Panel.inWords(panel.codings, store)}` : "";
      announce(index.textBetween(...selection.cursor) + codes);
    } else if (what === "range") {
      const words = ngettext("%(count)s word", "%(count)s words", selection.countWords(...selection.range));
      announce(`${words}: ${tail(index.textBetween(...selection.range))}`);
    } else {
      // The focus makes a screen reader read the turn; only the codes have to be added.
      const i = selection.turn;
      const here = store.shownAt(index.starts[i], index.ends[i]);
      if (here.length) announce(Panel.inWords(here, store));
    }
  }
}

/** The end that moves is what the ear needs: a short selection whole, a long one its last words. */
function tail(text) {
  const parts = text.trim().split(/\s+/);
  return parts.length > 14 ? `… ${parts.slice(-6).join(" ")}` : parts.join(" ");
}
