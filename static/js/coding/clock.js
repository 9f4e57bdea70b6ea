// Times of turns: reading what somebody types, and finding the turn that is spoken at a time.
// All in milliseconds from the beginning of the recording, as the page has them (data-at).

/** "12:30" (minutes and seconds), "1:02:03" or "1:02:03.5" -> milliseconds, else null. */
export function parseClock(text) {
  const found = /^(?:(\d{1,3}):)?(\d{1,4}):([0-5]\d)(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!found) return null;
  const [, hours = "0", minutes, seconds, rest = ""] = found;
  if (found[1] !== undefined && Number(minutes) > 59) return null;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + Number(rest.padEnd(3, "0"));
}

/** h:mm:ss, as coding/core/clock.py writes it. */
export function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** The turns that have a time, in the order of the text. */
export class Times {
  constructor(elements) {
    this.rows = [];
    elements.forEach(({ dataset }, turn) => {
      if (dataset.at !== undefined) this.rows.push({ turn, at: Number(dataset.at), until: dataset.until === undefined ? null : Number(dataset.until) });
    });
  }

  get known() {
    return this.rows.length > 0;
  }

  /** The last time that the text gives, or null. */
  get end() {
    return this.known ? Math.max(...this.rows.map((row) => row.until ?? row.at)) : null;
  }

  /** The row of the turn that was begun last at a time; before the first one, that. Speakers may
      interrupt each other, so the text need not be in the order of the times. */
  at(milliseconds) {
    let best = null;
    for (const row of this.rows) {
      if (row.at <= milliseconds && (!best || row.at >= best.at)) best = row;
    }
    return best ?? this.rows[0] ?? null;
  }

  /** The row that is spoken at a time, or null in a pause. */
  spoken(milliseconds) {
    const row = this.at(milliseconds);
    if (!row || row.at > milliseconds || (row.until !== null && milliseconds >= row.until)) return null;
    return row;
  }

  /** Where a turn begins: its own time or that of the last turn before it that has one. */
  of(turn) {
    return this.rows.findLast((row) => row.turn <= turn)?.at ?? null;
  }
}

/** "12" (number of a turn) or "12:30" (time) -> index of the turn, or null. */
export function findTurn(elements, text) {
  const milliseconds = parseClock(text);
  if (milliseconds !== null) return new Times(elements).at(milliseconds)?.turn ?? null;
  if (!/^\d{1,9}$/.test(text.trim())) return null;
  const i = elements.findIndex(({ dataset }) => Number(dataset.n) >= Number(text));
  return i < 0 ? null : i;
}
