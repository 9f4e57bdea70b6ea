// Moving codes in the tree of the codebook: by dragging a row, or with Alt and the arrow keys on a
// code's name. "Move" on the code's page does the same without either.
//
// Dropped on the upper part of a row a code stands in front of that one, on the lower part last
// below it. Alt+↑ and Alt+↓ go past a sibling, Alt+→ below the one above, Alt+← one level out.

import { announce, toast } from "@cs/lib/announce.js";
import { gettext } from "@cs/lib/text.js";

/** Where an arrow key takes `id`: {parent, before} of ids (null: top level, last), or null where
    there is nowhere to go. `rows` are {id, parent} in tree order. */
export function placeFor(key, id, rows) {
  const here = rows.find((row) => row.id === id);
  const siblings = rows.filter((row) => row.parent === here.parent);
  const at = siblings.indexOf(here);
  if (key === "ArrowUp") return at > 0 ? { parent: here.parent, before: siblings[at - 1].id } : null;
  if (key === "ArrowDown") {
    return at < siblings.length - 1 ? { parent: here.parent, before: siblings[at + 2]?.id ?? null } : null;
  }
  if (key === "ArrowRight") return at > 0 ? { parent: siblings[at - 1].id, before: null } : null;
  const above = rows.find((row) => row.id === here.parent);
  if (!above) return null;
  const aunts = rows.filter((row) => row.parent === above.parent);
  return { parent: above.parent, before: aunts[aunts.indexOf(above) + 1]?.id ?? null };
}

class Tree {
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.dragged = null;
    this.busy = false;
    table.addEventListener("keydown", (event) => this.#key(event));
    table.addEventListener("dragstart", (event) => this.#start(event));
    table.addEventListener("dragover", (event) => this.#over(event));
    table.addEventListener("drop", (event) => this.#drop(event));
    table.addEventListener("dragend", () => this.#end());
    this.#dress();
  }

  #dress() {
    for (const row of this.body.rows) {
      row.draggable = true;
      const link = row.querySelector("a.chip");
      link.draggable = false;
      link.setAttribute("aria-keyshortcuts", "Alt+ArrowUp Alt+ArrowDown Alt+ArrowLeft Alt+ArrowRight");
      link.setAttribute("aria-describedby", "tree-help");
    }
  }

  #rows() {
    return [...this.body.querySelectorAll("[data-code]")].map((cell) => ({
      id: cell.dataset.code, parent: cell.dataset.parent || null, cell,
    }));
  }

  #key(event) {
    if (!event.altKey || event.ctrlKey || event.metaKey || !/^Arrow(Up|Down|Left|Right)$/.test(event.key)) return;
    const cell = event.target.closest("[data-code]");
    if (!cell) return;
    event.preventDefault();
    const place = placeFor(event.key, cell.dataset.code, this.#rows());
    if (place) this.#move(cell.dataset.code, place);
    else announce(gettext("There is nowhere to go in this direction."));
  }

  #start(event) {
    const row = event.target.closest?.("tr");
    if (!row?.draggable) return;
    this.dragged = row;
    row.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.querySelector("a.chip").textContent.trim());
  }

  #over(event) {
    const row = event.target.closest?.("tbody tr");
    this.#clear();
    if (!this.dragged || !row || row === this.dragged) return;
    event.preventDefault();
    row.classList.add(this.#upper(event, row) ? "drop-before" : "drop-below");
  }

  #upper(event, row) {
    const box = row.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  }

  #drop(event) {
    const row = event.target.closest?.("tbody tr");
    if (!this.dragged || !row || row === this.dragged) return;
    event.preventDefault();
    const id = this.dragged.querySelector("[data-code]").dataset.code;
    const target = row.querySelector("[data-code]").dataset;
    this.#move(id, this.#upper(event, row)
      ? { parent: target.parent || null, before: target.code }
      : { parent: target.code, before: null });
  }

  #end() {
    this.dragged?.classList.remove("is-dragged");
    this.dragged = null;
    this.#clear();
  }

  #clear() {
    for (const row of this.body.querySelectorAll(".drop-before, .drop-below")) row.classList.remove("drop-before", "drop-below");
  }

  /** Posts the form of the page "Move to…" and takes the new tree, or says what was refused. */
  async #move(id, { parent, before }) {
    if (this.busy) return;
    this.busy = true;
    const cell = this.body.querySelector(`[data-code="${id}"]`);
    const body = new URLSearchParams({ parent: parent ?? "", before: before ?? "" });
    try {
      const response = await fetch(cell.dataset.move, {
        method: "POST", body, headers: { "X-CSRFToken": document.body.dataset.csrf ?? "" }, credentials: "same-origin",
      });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("code-tree")?.tBodies[0];
      if (!fresh) {
        const problem = page.querySelector(".error-summary li")?.textContent ?? gettext("The code could not be moved.");
        toast(problem, { error: true });
        return;
      }
      this.body.replaceWith(document.adoptNode(fresh));
      this.body = fresh;
      this.#dress();
      this.body.querySelector(`[data-code="${id}"] a.chip`)?.focus();
      const said = page.querySelector(".messages .notice")?.textContent;
      if (said) {
        announce(said);
        toast(said);
      }
    } catch {
      toast(gettext("The server cannot be reached."), { error: true });
    } finally {
      this.busy = false;
    }
  }
}

const table = document.getElementById("code-tree");
if (table) new Tree(table);
