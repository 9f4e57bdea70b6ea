// The queue of passages to look at again: one letter for each decision, shown on its button.

import { isTyping } from "@cs/lib/dom.js";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("select, textarea")) target.focus();
  else target.click();
});
