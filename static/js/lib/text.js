// Words for the user. Uses Django's JavaScript catalogue where a page loads one, else the
// English text itself. Named as Django's `makemessages -d djangojs` expects.

/** Translated text with %(name)s filled in. */
export function gettext(message, values) {
  const text = globalThis.django?.gettext?.(message) ?? message;
  return fill(text, values);
}

/** Translated text for a number; `count` is filled in as %(count)s. */
export function ngettext(one, many, count, values = {}) {
  const text = globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
  return fill(text, { count: count.toLocaleString(), ...values });
}

function fill(text, values) {
  if (!values) return text;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? values[name] : whole));
}
