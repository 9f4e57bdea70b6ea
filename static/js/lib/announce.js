// What has just happened, said to everybody: a live region for assistive technology, and a
// toast for those who see. Both regions stand in base.html, empty, because a live region
// that is added together with its text is not read.

import { h } from "@cs/lib/dom.js";

let pending = 0;

/** Says `text` politely. The newest one wins: while someone holds an arrow key down, only the
    last word matters. */
export function announce(text) {
  say("announcer", text);
}

/** Says `text` at once; for errors. */
export function alertUser(text) {
  say("alerter", text);
}

function say(id, text) {
  const region = document.getElementById(id);
  if (!region) return;
  // The same text twice in a row is only read again when the region was empty in between.
  region.textContent = "";
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(() => {
    region.textContent = text;
  });
}

/** A short message at the foot of the page: {action: [label, function], error: bool}. */
export function toast(text, { action = null, error = false, seconds = 6 } = {}) {
  const region = document.getElementById("toasts");
  if (!region) return null;
  const element = h("div.toast", {}, h("span", {}, text));
  const close = () => element.remove();
  if (action) {
    const [label, run] = action;
    element.append(h("button.button.button-small", { type: "button", onclick: () => { close(); run(); } }, label));
  }
  region.replaceChildren(element);
  if (error) alertUser(text);
  else announce(text);
  // An error stays until it is closed or another message comes.
  if (error) element.append(h("button.button.button-small", { type: "button", "aria-label": "✕", onclick: close }, "✕"));
  else setTimeout(close, seconds * 1000);
  return element;
}
