// Finding words again in a text that has been corrected: by their fingerprint alone, because the
// words of what waits to be sent are not kept (see unsent.js).

import { UnitMap } from "@cs/lib/offsets.js";
import { fingerprint } from "@cs/coding/actions.js";

// Comparing is cheap, but not for a whole transcript and a passage of pages at once.
const MOST_STEPS = 40_000_000;

/** The place [start, end) nearest to `near` at which a text reads what `check` is the fingerprint
    of, or null. All in code points. */
export function findPlace(text, check, near) {
  const length = Number(check.split(".")[0]);
  if (!length || length > text.length) return null;
  const map = new UnitMap(text);
  const middle = map.toUnits(near);
  const reach = Math.min(text.length, Math.floor(MOST_STEPS / length / 2));
  for (let away = 0; away <= reach; away += 1) {
    for (const at of away ? [middle - away, middle + away] : [middle]) {
      if (at < 0 || at + length > text.length) continue;
      if (fingerprint(text.slice(at, at + length)) === check) return [map.toPoints(at), map.toPoints(at + length)];
    }
  }
  return null;
}
