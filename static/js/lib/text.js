// Words for the user. Uses Django's JavaScript catalogue where a page loads one, else the
// English text itself. Named as Django's `makemessages -d djangojs` expects.

// Made once: toLocaleString() looks the locale up anew each time, which a list of codes feels.
const NUMBERS = new Intl.NumberFormat();

/** A number as it is written here: 12,345. */
export function written(number) {
  return NUMBERS.format(number);
}

/** Translated text with %(name)s filled in. */
export function gettext(message, values) {
  const text = globalThis.django?.gettext?.(message) ?? message;
  return fill(text, values);
}

/** Translated text for a number; `count` is filled in as %(count)s. */
export function ngettext(one, many, count, values = {}) {
  const text = globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
  return fill(text, { count: written(count), ...values });
}

function fill(text, values) {
  if (!values) return text;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? values[name] : whole));
}
