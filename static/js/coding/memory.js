// What this browser remembers for one person: small values under one prefix. Storage may be
// forbidden, full or filled with something else; then nothing is remembered and nothing breaks.

export class Memory {
  constructor(prefix, storage = browserStorage()) {
    Object.assign(this, { prefix, storage });
  }

  get(name, otherwise = null) {
    try {
      const text = this.storage?.getItem(`${this.prefix}:${name}`);
      return text ? JSON.parse(text) ?? otherwise : otherwise;
    } catch {
      return otherwise;
    }
  }

  /** A list of numbers, whatever is stored there. */
  numbers(name) {
    const list = this.get(name, []);
    return Array.isArray(list) ? list.filter(Number.isInteger) : [];
  }

  set(name, value) {
    try {
      this.storage?.setItem(`${this.prefix}:${name}`, JSON.stringify(value));
    } catch {
      // Not remembered, but done.
    }
  }
}

function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
