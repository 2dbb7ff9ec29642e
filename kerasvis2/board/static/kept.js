// What was fetched and made ready: what is in view, its neighbours, and as much more as fits a fixed
// memory. What failed is tried again by itself, later and later, and at once when asked for.

const LANES = 6; // a browser opens no more connections to one server anyway
const PAUSES = [1000, 4000, 15000]; // milliseconds

export class Kept {
  // `fetched`: from an address to {value, bytes, close}. `changed` is called whenever one has
  // arrived or failed.
  constructor(fetched, changed, limit) {
    this.fetched = fetched;
    this.changed = changed;
    this.limit = limit;
    this.kept = new Map(); // url → {value, bytes} or {error}; the least recently wanted first
    this.failures = new Map(); // url → how many
    this.loading = new Set();
    this.queue = [];
    this.shown = new Set();
    this.bytes = 0;
  }

  get(url) {
    return this.kept.get(url);
  }

  has(urls) {
    return urls.every((url) => this.kept.has(url));
  }

  // Names what is in view now and what may be next. Whatever else was waiting is not fetched.
  want(urls, next) {
    this.queue = [...urls, ...next].filter((url) => !this.kept.has(url) && !this.loading.has(url));
    for (const url of [...next, ...urls]) this.touch(url);
    this.shown = new Set(urls);
    this.evict();
    this.pump();
  }

  retry() {
    for (const [url, { error }] of this.kept) if (error) this.kept.delete(url);
    this.failures.clear();
    this.changed();
  }

  touch(url) {
    const entry = this.kept.get(url);
    if (!entry) return;
    this.kept.delete(url);
    this.kept.set(url, entry);
  }

  evict() {
    for (const [url, entry] of this.kept) {
      if (this.bytes <= this.limit) return;
      if (this.shown.has(url)) continue;
      this.kept.delete(url);
      this.bytes -= entry.bytes;
      entry.close?.();
    }
  }

  pump() {
    while (this.queue.length && this.loading.size < LANES) this.load(this.queue.shift());
  }

  async load(url) {
    this.loading.add(url);
    const entry = await this.tried(url);
    this.loading.delete(url);
    this.kept.set(url, entry);
    this.bytes += entry.bytes;
    this.evict();
    this.pump();
    if (this.shown.has(url)) this.changed(); // what may be next can wait until it is
  }

  async tried(url) {
    try {
      const entry = await this.fetched(url);
      this.failures.delete(url);
      return entry;
    } catch (error) {
      const before = this.failures.get(url) ?? 0;
      this.failures.set(url, before + 1);
      if (!error.final && before < PAUSES.length) setTimeout(() => this.again(url), PAUSES[before]);
      return { error: error.message, bytes: 0 };
    }
  }

  again(url) {
    if (!this.kept.get(url)?.error) return;
    this.kept.delete(url);
    if (this.shown.has(url)) this.changed();
  }
}

// What no second try will change: `final`.
export function failure(message, final) {
  return Object.assign(new Error(message), { final });
}

export async function reply(url) {
  const found = await fetch(url);
  if (!found.ok) throw failure(`${found.status} ${await found.text()}`, found.status < 500);
  return found;
}
