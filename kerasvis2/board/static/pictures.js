// Decoded pictures: those in view, their neighbours, and as many more as fit a fixed memory.

const LIMIT = 256 * 2 ** 20; // bytes, decoded
const LANES = 6; // a browser opens no more connections to one server anyway

export class Pictures {
  // `changed` is called whenever a picture has arrived or failed.
  constructor(changed, limit = LIMIT) {
    this.changed = changed;
    this.limit = limit;
    this.kept = new Map(); // url → {bitmap} or {error}; the least recently wanted first
    this.loading = new Set();
    this.queue = [];
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
  }

  touch(url) {
    const entry = this.kept.get(url);
    if (!entry) return;
    this.kept.delete(url);
    this.kept.set(url, entry);
  }

  evict() {
    for (const [url, { bitmap }] of this.kept) {
      if (this.bytes <= this.limit) return;
      if (this.shown.has(url)) continue;
      this.kept.delete(url);
      this.bytes -= size(bitmap);
      bitmap?.close();
    }
  }

  pump() {
    while (this.queue.length && this.loading.size < LANES) this.load(this.queue.shift());
  }

  async load(url) {
    this.loading.add(url);
    const entry = await fetchPicture(url);
    this.loading.delete(url);
    this.kept.set(url, entry);
    this.bytes += size(entry.bitmap);
    this.evict();
    this.pump();
    this.changed();
  }
}

async function fetchPicture(url) {
  try {
    const reply = await fetch(url);
    if (!reply.ok) return { error: `${reply.status} ${await reply.text()}` };
    return { bitmap: await createImageBitmap(await reply.blob()) };
  } catch (error) {
    return { error: String(error) };
  }
}

function size(bitmap) {
  return bitmap ? bitmap.width * bitmap.height * 4 : 0;
}
