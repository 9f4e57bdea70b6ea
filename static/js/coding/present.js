// Who is at work in which source, in the list of sources: asked for anew now and then.

import { send } from "@cs/lib/api.js";
import { ngettext } from "@cs/lib/text.js";

const EVERY_MS = 5000;
// Whoever has just opened a source is marked by its first poll, not by opening it.
const FIRST_MS = 1500;
const list = document.getElementById("source-list");
let failures = 0;

async function ask() {
  if (!document.hidden) {
    try {
      show((await send("GET", list.dataset.presence)).present);
      failures = 0;
    } catch {
      failures += 1;
    }
  }
  setTimeout(ask, EVERY_MS * 2 ** Math.min(failures, 4));
}

function show(present) {
  for (const cell of list.querySelectorAll(".present")) {
    const names = (present[cell.dataset.source] ?? []).map((person) => person.name);
    const words = names.length ? ngettext("%(names)s is here", "%(names)s are here", names.length, { names: names.join(", ") }) : "";
    if (cell.textContent !== words) cell.textContent = words;
  }
}

setTimeout(ask, FIRST_MS);
