// Numbers, times and names as people read them.

const TIME = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

// Seconds since 1970.
export function time(seconds) {
  return TIME.format(new Date(seconds * 1000));
}

export function number(value) {
  if (value === null || value === undefined) return "";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5)
      ? value.toExponential(1).replace(".0e", "e")
      : String(Number(value.toPrecision(3)));
  return text.replace("-", "−");
}

export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

// A few names, and how many more.
export function some(names, most = 4) {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

// Markdown's emphasis, left out: descriptions are shown as plain text.
export function plain(markdown) {
  return markdown.replace(/\*\*|__|`/g, "").trim();
}

// Evenly spaced round numbers from low to high, about `most` of them.
export function ticks(low, high, most) {
  if (!(high > low)) return [low];
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const gap = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= raw);
  const from = Math.ceil(low / gap - 1e-9);
  const marks = [];
  for (let place = from; place * gap <= high + gap * 1e-9; place += 1) marks.push(place * gap);
  return marks;
}

// A tag's parts: what stands before its first slash, and behind it the layer without its place.
export function viewOf(tag) {
  const slash = tag.indexOf("/");
  return slash > 0 ? tag.slice(0, slash) : "";
}

export function layerOf(tag) {
  const slash = tag.indexOf("/");
  return tag.slice(slash > 0 ? slash + 1 : 0).replace(/^\d+_(?=.)/, "");
}

// What to call each tag's layer; two of one view and name keep the places that tell them apart.
export function layerNames(tags) {
  const short = tags.map((tag) => `${viewOf(tag)}/${layerOf(tag)}`);
  const count = new Map();
  for (const name of short) count.set(name, (count.get(name) ?? 0) + 1);
  return tags.map((tag, place) =>
    count.get(short[place]) > 1 ? tag.slice(tag.indexOf("/") + 1) : layerOf(tag),
  );
}
