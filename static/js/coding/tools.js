// The tools around the text: what is shown, the codes at hand, finding, going to a turn, dragging,
// and what is remembered. reader.js hands over the parts and the things a person can do.

import { announce, toast } from "@cs/lib/announce.js";
import { openDialog } from "@cs/lib/dialog.js";
import { h, snippet } from "@cs/lib/dom.js";
import { gettext, ngettext, written } from "@cs/lib/text.js";
import { Times, clock, findTurn, parseClock } from "@cs/coding/clock.js";
import { CodeMenu } from "@cs/coding/codemenu.js";
import { Drag } from "@cs/coding/drag.js";
import { FindBar, Finder } from "@cs/coding/find.js";
import { Position, Sides, followBar } from "@cs/coding/layout.js";
import { Memory } from "@cs/coding/memory.js";
import { QuickCodes } from "@cs/coding/quick.js";
import { Tip } from "@cs/coding/tip.js";
import { View } from "@cs/coding/view.js";

const byId = (id) => document.getElementById(id);

export class Tools {
  /** act: {apply(start, end, codes), goTo(start, end), attention(), here() -> codings at the
      cursor, refresh()} */
  constructor({ data, root, index, store, selection, painter, follow, act }) {
    Object.assign(this, { data, root, index, store, selection, painter, follow, act });
    // The coder's number stands for one person in one project.
    this.person = new Memory(`cs-reader:${data.me.coder}`);
    this.own = new Memory(`cs-reader:${data.me.coder}:${data.source.id}`);
    this.view = new View(store, { codes: this.own.numbers("hidden"), coders: this.own.numbers("hidden-coders") });
    this.quick = new QuickCodes(this.person, (id) => store.codes.has(id) && !store.codes.get(id).heading_only);
    this.menu = new CodeMenu(byId("reader-codes"));
    // The code that Shift+N and Shift+P walk along.
    this.thisCode = null;
    this.commands = {
      find: () => this.findBar?.open(),
      jump: () => this.#jump(),
      nextOfCode: () => this.#ofCode(1),
      previousOfCode: () => this.#ofCode(-1),
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`quick${n}`, () => this.#applyQuick(n)])),
    };
    this.view.addEventListener("change", () => this.#viewChanged());
    store.addEventListener("change", () => {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => this.#coders());
    });
  }

  start() {
    const bar = () => document.querySelector(".reader-bar").getBoundingClientRect().bottom + 8;
    followBar(document.querySelector(".reader-bar"), [byId("reader-codes"), byId("reader-panel"), byId("find-bar"), byId("reader-aside")]);
    new Sides({ reader: byId("main"), memory: this.own, shared: this.person });
    this.position = new Position({ index: this.index, selection: this.selection, memory: this.own, top: bar });
    new Tip({
      root: this.root,
      describe: ({ dataset }) => [
        this.store.codes.get(Number(dataset.code))?.name ?? "?",
        gettext("coded by %(coders)s", { coders: dataset.coders }),
      ],
    });
    this.findBar = new FindBar({
      element: byId("find-bar"),
      finder: new Finder(this.index),
      place: () => this.selection.place?.[0] ?? 0,
      show: (hits, current) => {
        this.painter.markHits(hits, current);
        if (current) this.follow.reveal(current[0], { middle: true, focus: false });
      },
      leave: (hit) => {
        if (hit) this.selection.setRange(...hit);
        this.follow.focusTurn();
      },
      words: (number, count) => (count
        ? gettext("%(number)s of %(count)s", { number: written(number), count: written(count) })
        : gettext("not found")),
    });
    this.#dragging();
    byId("find").addEventListener("click", this.commands.find);
    byId("jump-open").addEventListener("click", this.commands.jump);
    byId("show-all").addEventListener("click", () => {
      this.view.showAll();
      announce(gettext("All coded passages are shown."));
      // The button is gone with what it was for.
      this.follow.focusTurn();
    });
    this.#coders();
    this.#showState();
  }

  /** Goes back to where this source was left; false when it was not open before. */
  restore() {
    return this.position.restore();
  }

  /** From the first place on; what is only passed on the way in is not worth keeping. */
  remember() {
    this.position.start();
  }

  /** Codes were applied: they come to hand, and are seen. */
  used(codes) {
    for (const id of codes) this.quick.use(id);
    this.thisCode = codes.at(-1) ?? this.thisCode;
    if (this.view.reveal(codes, this.data.me.coder)) announce(gettext("Hidden codes that you use are shown again."));
  }

  openMenu(id, opener) {
    const { name, heading_only: heading } = this.store.codes.get(id);
    this.menu.open(opener, name, [
      ...(heading ? [] : [[this.quick.isPinned(id) ? gettext("Unpin") : gettext("Pin to the top"), () => this.actOn("pin", id)]]),
      [this.view.isHidden(id) ? gettext("Show its passages") : gettext("Hide its passages"), () => this.actOn("hide", id)],
      [this.view.only === id ? gettext("Show the other codes again") : gettext("Show only this code"), () => this.actOn("only", id)],
    ]);
  }

  /** name: "pin", "hide" or "only". */
  actOn(name, id) {
    const { name: code, heading_only: heading } = this.store.codes.get(id);
    if (name === "pin" && !heading) {
      announce(this.quick.togglePin(id) ? gettext("%(code)s is pinned.", { code }) : gettext("%(code)s is no longer pinned.", { code }));
    } else if (name === "hide") {
      announce(this.view.toggleCode(id) ? gettext("%(code)s is hidden.", { code }) : gettext("%(code)s is shown.", { code }));
    } else if (name === "only") {
      const alone = this.view.focus(id);
      this.thisCode = id;
      announce(alone ? gettext("Only %(code)s is shown.", { code }) : gettext("The other codes are shown again."));
    }
  }

  // ---- keys ----------------------------------------------------------------

  #applyQuick(n) {
    if (!this.data.me.can_code) return;
    const id = this.quick.list()[n - 1];
    if (id === undefined) {
      announce(gettext("No code is at hand with the number %(n)s.", { n }));
    } else if (!this.selection.range) {
      announce(gettext("Select a passage first."));
    } else {
      this.act.apply(...this.selection.range, [id]);
    }
  }

  #ofCode(direction) {
    const codes = this.act.here().map((coding) => coding.code);
    if (!codes.includes(this.thisCode) && codes.length) [this.thisCode] = codes;
    // While a branch is shown alone, every passage to be seen is one of it.
    const code = this.view.only === null ? this.thisCode : null;
    if (code === null && this.view.only === null) {
      announce(gettext("Go to a coded passage first, or choose a code."));
      return;
    }
    const coding = this.store.next(this.act.attention(), direction, code);
    const { name } = this.store.codes.get(code ?? this.view.only);
    if (coding) this.act.goTo(coding.start, coding.end);
    else if (direction > 0) announce(gettext("No passage of %(name)s after this one.", { name }));
    else announce(gettext("No passage of %(name)s before this one.", { name }));
  }

  async #jump() {
    const dialog = byId("jump");
    if (!this.index.length || dialog.open) return;
    const numbers = this.index.elements.map((element) => Number(element.dataset.n));
    const input = dialog.querySelector("input");
    const range = gettext("%(first)s to %(last)s", { first: numbers[0], last: numbers.at(-1) });
    const times = new Times(this.index.elements);
    input.value = "";
    input.oninput = () => input.setCustomValidity(findTurn(this.index.elements, input.value) !== null || !input.value ? "" : this.#noTurn(input.value, range, times));
    byId("jump-range").textContent = times.known
      ? gettext("%(range)s, or 0:00 to %(last)s", { range, last: clock(Math.max(...times.rows.map((row) => row.at))) }) : range;
    if (await openDialog(dialog, { focus: input }) !== "go") return;
    const i = findTurn(this.index.elements, input.value);
    if (i === null) return;
    this.selection.toTurn(i);
    this.follow.reveal(this.index.starts[i], { middle: true });
    const wanted = parseClock(input.value);
    if (wanted !== null && wanted > times.end) {
      toast(gettext("The times of this transcript end at %(last)s. This is the last turn that has one.", { last: clock(times.end) }));
    }
  }

  #noTurn(text, range, times) {
    if (times.known) return gettext("A number from %(range)s, or a time such as 12:30 or 1:02:30.", { range });
    if (parseClock(text) !== null) return gettext("This transcript gives no times. A number from %(range)s.", { range });
    return gettext("A number from %(range)s.", { range });
  }

  // ---- what is shown -------------------------------------------------------

  #viewChanged() {
    this.own.set("hidden", [...this.view.codes]);
    this.own.set("hidden-coders", [...this.view.coders]);
    this.painter.redrawAll();
    this.act.refresh();
    this.#coders();
    this.#showState();
  }

  #showState() {
    const { only, codes, coders } = this.view;
    const parts = [];
    if (codes.size && only === null) parts.push(ngettext("%(count)s code", "%(count)s codes", codes.size));
    if (coders.size) parts.push(ngettext("%(count)s coder", "%(count)s coders", coders.size));
    const hidden = parts.length ? gettext("hidden: %(what)s", { what: parts.join(", ") }) : "";
    const alone = only === null ? "" : gettext("only “%(code)s”", { code: this.store.codes.get(only).name });
    byId("view-words").textContent = [alone, hidden].filter(Boolean).join(" · ");
    byId("view-state").hidden = !alone && !hidden;
  }

  #coders() {
    const { store } = this;
    const coders = [...store.coders.values()].filter(({ id }) => store.countOf(id) || this.view.coders.has(id));
    const now = coders.map(({ id }) => `${id} ${store.countOf(id)} ${this.view.coders.has(id)}`).join();
    if (now === this.codersDrawn) return;
    this.codersDrawn = now;
    const box = byId("coder-list");
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.coder : null;
    box.replaceChildren(...(coders.length ? [
      h("h3.quick-heading", { id: "coders-heading" }, gettext("Coders")),
      h("ul.coder-toggles", { role: "list", "aria-labelledby": "coders-heading" }, ...coders.map(({ id, name }) => h("li", {},
        h("button.coder-toggle", {
          type: "button", "data-coder": id, "aria-pressed": String(!this.view.coders.has(id)),
          title: gettext("Show or hide the passages of this coder"),
          onclick: () => {
            const hidden = this.view.toggleCoder(id);
            announce(hidden ? gettext("%(name)s's passages are hidden.", { name }) : gettext("%(name)s's passages are shown.", { name }));
          },
        }, h("span.person", { "data-initial": name.slice(0, 1).toUpperCase() }, name),
        h("span.count", {}, written(store.countOf(id))))))),
    ] : []));
    if (focused) box.querySelector(`[data-coder="${focused}"]`)?.focus({ preventScroll: true });
  }

  // ---- dragging ------------------------------------------------------------

  #dragging() {
    if (!this.data.me.can_code) return;
    const passage = (start, end) => ({ start, end, label: snippet(this.index.textBetween(start, end), 40) });
    let marked = null;
    new Drag({
      pick: (element) => {
        const code = element.closest("#code-list .code-button");
        if (code) return { code: Number(code.dataset.code), label: this.store.codes.get(Number(code.dataset.code)).name };
        const bracket = element.closest(".bracket");
        if (bracket) return passage(Number(bracket.dataset.from), Number(bracket.dataset.to));
        const id = element.closest(".panel-remove") ? null : element.closest(".panel-go")?.closest(".panel-item")?.dataset.id;
        const coding = id && this.act.here().find((other) => String(other.id) === id);
        return coding ? passage(coding.start, coding.end) : null;
      },
      target: (x, y, what) => {
        const element = document.elementFromPoint(x, y);
        if (what.code === undefined) {
          const row = element?.closest("#code-list .code-button");
          return row ? { element: row, code: Number(row.dataset.code), start: what.start, end: what.end } : null;
        }
        const { range } = this.selection;
        const offset = range && element?.closest(".turn") ? this.#offsetAt(x, y) : null;
        return offset !== null && offset >= range[0] && offset <= range[1]
          ? { element: this.root, code: what.code, start: range[0], end: range[1] } : null;
      },
      drop: (what, { code, start, end }) => this.act.apply(start, end, [code]),
      over: (target) => {
        marked?.classList.remove("is-target");
        marked = target?.element ?? null;
        marked?.classList.add("is-target");
      },
    });
  }

  #offsetAt(x, y) {
    const place = document.caretPositionFromPoint?.(x, y);
    if (place) return this.index.toOffset(place.offsetNode, place.offset);
    const range = document.caretRangeFromPoint?.(x, y);
    return range ? this.index.toOffset(range.startContainer, range.startOffset) : null;
  }
}
