// The passage that is chosen: moving its borders by keys and by two handles, and its code.
//
// Chosen is the one that was focused or gone to last; else the only one at the cursor that this
// person may change. The handles lie in a layer beside the transcript, never in its text.

import { announce, toast } from "@cs/lib/announce.js";
import { snippet } from "@cs/lib/dom.js";
import { gettext } from "@cs/lib/text.js";

export class PassageEditor {
  /** actions: {mayChange(coding), change(id, fields), several(number), place(offset)} */
  constructor({ layer, index, store, selection, painter, panel, actions }) {
    Object.assign(this, { layer, index, store, selection, painter, panel, actions });
    this.picked = null;
    this.dragging = null;
    this.handles = { start: layer.querySelector(".handle-start"), end: layer.querySelector(".handle-end") };
    for (const [edge, handle] of Object.entries(this.handles)) {
      handle.addEventListener("pointerdown", (event) => this.#grab(event, edge));
    }
    new ResizeObserver(() => this.#later()).observe(layer.parentElement);
    store.addEventListener("change", () => this.#later());
    selection.addEventListener("change", () => {
      const picked = store.byId.get(this.picked);
      const place = selection.place;
      if (!picked || !place || picked.start >= place[1] || picked.end <= place[0]) this.picked = null;
      this.#later();
    });
  }

  /** This one, until the attention goes elsewhere. */
  pick(id) {
    this.picked = id;
    this.#later();
  }

  get chosen() {
    const picked = this.store.byId.get(this.picked);
    if (picked) return this.actions.mayChange(picked) ? picked : null;
    if (this.selection.range) return null;
    const mine = this.panel.codings.filter(this.actions.mayChange);
    return mine.length === 1 ? mine[0] : null;
  }

  /** The chosen passage, or null after having said why there is none. */
  ask() {
    const { chosen } = this;
    if (!chosen) this.actions.several(this.panel.codings.filter(this.actions.mayChange).length);
    return chosen;
  }

  /** One word (or character, when `fine`) back (-1) or on (1) with the "start" or the "end". */
  move(edge, direction, fine = false) {
    const coding = this.ask();
    if (!coding) return;
    let span = [coding.start, coding.end];
    const at = edge === "start" ? 0 : 1;
    do {
      span = [...span];
      span[at] = this.selection.edgeStep(edge, span[at], direction, fine);
      if (span[at] === null || span[0] >= span[1]) {
        announce(gettext("The border cannot go further."));
        return;
      }
      // A place where the same code stands already is stepped over.
    } while (this.#twin(coding, span));
    this.#put(coding, span, edge);
  }

  /** To whole sentences or turns. */
  snap(unit) {
    const coding = this.ask();
    if (!coding) return;
    const span = this.selection.whole(coding.start, coding.end, unit);
    if (span[0] === coding.start && span[1] === coding.end) {
      announce(unit === "turn" ? gettext("These are whole turns already.") : gettext("These are whole sentences already."));
    } else if (!this.#refuseTwin(coding, { start: span[0], end: span[1] })) this.#put(coding, span, "start");
  }

  /** Another code instead of the one it has. */
  recode(coding, code) {
    if (code === coding.code || this.#refuseTwin(coding, { code })) return;
    this.pick(coding.id);
    this.actions.change(coding.id, { code });
    announce(gettext("The code is now %(code)s.", { code: this.store.codes.get(code)?.name ?? "?" }));
  }

  // ---- inside ----------------------------------------------------------------

  #put(coding, [start, end], edge) {
    this.actions.change(coding.id, { start, end });
    // The cursor goes with the border that moved: what is at the cursor stays this passage.
    this.actions.place(edge === "start" ? start : this.#lastWord(start, end));
    // After the cursor: a passage without a word in it is chosen all the same.
    this.pick(coding.id);
    const now = this.store.byId.get(coding.id);
    if (now) this.painter.mark("cs-target", [now.start, now.end]);
    const text = this.index.textBetween(start, end);
    const words = text.trim().split(/\s+/);
    const few = edge === "start" ? words.slice(0, 6).join(" ") : words.slice(-6).join(" ");
    announce(edge === "start"
      ? gettext("Starts: %(words)s", { words: snippet(few, 100) })
      : gettext("Ends: %(words)s", { words: snippet(few, 100) }));
  }

  /** A place in the last word of the passage; the passage may end in white space. */
  #lastWord(start, end) {
    if (this.selection.wordAt(end - 1)[0] < end) return end - 1;
    return Math.max(start, (this.selection.edgeStep("end", end, -1) ?? end) - 1);
  }

  #twin(coding, [start, end], code = coding.code) {
    const found = this.store.find(start, end, code, coding.coder);
    return found && found.id !== coding.id ? found : null;
  }

  #refuseTwin(coding, fields) {
    const { start, end, code } = { ...coding, ...fields };
    if (!this.#twin(coding, [start, end], code)) return false;
    toast(gettext("This passage is already coded with %(code)s.", { code: this.store.codes.get(code)?.name ?? "?" }), { error: true });
    return true;
  }

  // ---- handles -----------------------------------------------------------------

  #later() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      // Not while dragging: the pointer says where they are.
      if (!this.dragging) this.draw();
    });
  }

  draw(span = null) {
    const { chosen } = this;
    this.panel.markChosen(chosen?.id ?? null);
    this.layer.hidden = !chosen;
    if (!chosen) return;
    const [start, end] = span ?? [chosen.start, chosen.end];
    // All reading before all writing.
    const base = this.layer.parentElement.getBoundingClientRect();
    const first = this.index.toRange(start, start + 1).getClientRects()[0];
    const last = [...this.index.toRange(end - 1, end).getClientRects()].at(-1);
    this.layer.hidden = !first || !last;
    if (this.layer.hidden) return;
    const place = (handle, x, box) => {
      handle.style.setProperty("--x", `${x - base.left}px`);
      handle.style.setProperty("--y", `${box.top - base.top}px`);
      handle.style.setProperty("--line", `${box.height}px`);
    };
    place(this.handles.start, rightToLeft(this.index, start) ? first.right : first.left, first);
    place(this.handles.end, rightToLeft(this.index, end - 1) ? last.left : last.right, last);
    this.handles.start.dataset.colour = this.handles.end.dataset.colour = (this.store.codes.get(chosen.code)?.colour ?? 0) % 12;
  }

  #grab(event, edge) {
    const coding = this.chosen;
    if (!coding || event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    const line = this.handles[edge].getBoundingClientRect();
    this.dragging = {
      edge,
      coding,
      span: [coding.start, coding.end],
      // What counts is the place of the border, not that of the finger on its knob.
      dx: line.left + line.width / 2 - event.clientX,
      dy: line.top + line.height / 2 - event.clientY,
    };
    this.layer.classList.add("is-dragging");
    const move = (next) => this.#drag(next);
    const stop = (next) => {
      for (const [type, run] of Object.entries(listeners)) document.removeEventListener(type, run, true);
      this.layer.classList.remove("is-dragging");
      const { span } = this.dragging;
      this.dragging = null;
      const kept = next.type === "pointerup" && this.store.byId.has(coding.id)
        && (span[0] !== coding.start || span[1] !== coding.end);
      this.painter.mark("cs-target", null);
      if (kept && !this.#refuseTwin(coding, { start: span[0], end: span[1] })) this.#put(coding, span, edge);
      else this.draw();
    };
    const escape = (next) => {
      if (next.key !== "Escape") return;
      next.preventDefault();
      next.stopPropagation();
      stop(next);
    };
    const listeners = { pointermove: move, pointerup: stop, pointercancel: stop, keydown: escape };
    for (const [type, run] of Object.entries(listeners)) document.addEventListener(type, run, true);
  }

  #drag(event) {
    event.preventDefault();
    const { edge, span, dx, dy } = this.dragging;
    if (event.clientY < 90) scrollBy(0, -24);
    else if (event.clientY > innerHeight - 60) scrollBy(0, 24);
    const point = caretAt(event.clientX + dx, event.clientY + dy);
    if (!point?.node.parentElement?.closest(".turn") || !this.index.root.contains(point.node)) return;
    const offset = this.selection.nearestEdge(edge, this.index.toOffset(point.node, point.offset, edge === "end"), event.altKey);
    const next = edge === "start" ? [offset, span[1]] : [span[0], offset];
    if (offset === null || next[0] >= next[1]) return;
    this.dragging.span = next;
    this.painter.mark("cs-target", next);
    this.draw(next);
  }
}

function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y);
    return found && { node: found.offsetNode, offset: found.offset };
  }
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}

/** Does the character at an offset run from right to left? Its border is then on the other side. */
function rightToLeft(index, offset) {
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u.test(index.textBetween(offset, offset + 1));
}
