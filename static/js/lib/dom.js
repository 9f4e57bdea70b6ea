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
