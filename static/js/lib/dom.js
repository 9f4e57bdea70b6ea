// Making elements without strings of HTML, so that no text of a user is ever parsed as markup.

/**
 * h("button.chip", {type: "button", "aria-label": "…", onclick: f}, "text", child)
 * Attributes with null, undefined or false are left out; data-* and aria-* as written.
 */
export function h(description, attributes = {}, ...children) {
  const [tag, ...classes] = description.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Writes a text where it is not there already: to write it again would be a change for the browser
    (and with a change anywhere it draws all highlighted text anew). */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes `children` the element's children in this order. What is there already is not taken out:
    it keeps its focus, and the browser need not style and lay it out anew. */
export function arrange(element, children) {
  const wanted = new Set(children);
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, i) => {
    const there = element.children[i] ?? null;
    if (there !== child) element.insertBefore(child, there);
  });
}

/** The first words of a passage, for lists and announcements. */
export function snippet(text, length = 90) {
  const flat = text.replace(/\s+/g, " ").trim();
  const letters = [...flat];
  return letters.length <= length ? flat : `${letters.slice(0, length - 1).join("")}…`;
}

/** True when a key press belongs to a field that takes text. */
export function isTyping(target) {
  if (target.isContentEditable || target.matches?.("textarea, select")) return true;
  return Boolean(target.matches?.("input:not([type=checkbox], [type=radio], [type=button])"));
}
