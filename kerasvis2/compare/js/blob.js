// Blobs of numbers, as `kerasvis2.record.maps` writes them. Whatever one says of itself is checked
// before anything is allocated for it: event files come from anybody.

import { restored } from "./residuals.js";

const MAGIC = "KVM1";
const START = 8;
const LONGEST = 2 ** 20; // a header's bytes at most
const LARGEST = 2 ** 27; // bytes of the values at most
// By type: [array, largest code, code of NaN], or an array alone where values are no codes.
const TYPES = {
  "|u1": [Uint8Array, 254, 255],
  "|i1": [Int8Array, 127, -128],
  "<u2": [Uint16Array, 65534, 65535],
  "<i2": [Int16Array, 32767, -32768],
  "<i4": [Int32Array],
  "<f4": [Float32Array],
};

// → {header, arrays: name → {shape, data, largest, nan}}. Throws an Error that says what is wrong.
export async function unpack(buffer) {
  const { header, start } = headerOf(buffer);
  const arrays = listOf(header.arrays, "arrays").map(arrayOf);
  const size = arrays.reduce((sum, { bytes }) => sum + bytes, 0);
  if (size > LARGEST) throw new Error("more numbers than a blob may hold");
  const values = await inflated(new Uint8Array(buffer, start), size);
  let at = 0;
  const found = new Map();
  for (const { name, type, shape, count, bytes, residual } of arrays) {
    const [Kind, largest, nan] = type;
    // A copy, as the parts of a buffer need not begin where their type wants them to.
    const kept = new Kind(values.buffer.slice(at, at + bytes), 0, count);
    const data = residual ? restored(kept, shape) : kept;
    found.set(name, { shape, data, largest, nan });
    at += bytes;
  }
  return { header, arrays: found };
}

const WORDS = ["unit", "how", "why"]; // of a header, that are shown

// The maps in an unpacked blob: {header, shape, codes, nan, steps}. A value is a code times its
// image's step.
export function mapsIn({ header, arrays }) {
  const values = arrays.get("values");
  if (header.kind !== "maps" || !values?.largest) throw new Error("no maps in this blob");
  if (![3, 4].includes(values.shape.length)) throw new Error(`maps of shape ${values.shape}`);
  const scale = listOf(header.scale, "scale");
  const good = scale.every((one) => typeof one === "number" && one >= 0 && Number.isFinite(one));
  if (!good || scale.length !== values.shape[0]) throw new Error("scales that are no numbers");
  if (header.nan !== values.nan) throw new Error(`the code ${header.nan} for NaN`);
  for (const name of WORDS)
    if (!["string", "undefined"].includes(typeof header[name])) throw new Error(`no words: ${name}`);
  const of = header.of ?? [];
  if (!Array.isArray(of) || !of.every((one) => typeof one === "string"))
    throw new Error("what the maps are of, in no words");
  const steps = scale.map((one) => one / values.largest);
  return { header, shape: values.shape, codes: values.data, nan: values.nan, steps };
}

function headerOf(buffer) {
  const bytes = new Uint8Array(buffer);
  const magic = String.fromCharCode(...bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC || bytes.length < START) throw new Error("no blob of numbers");
  const length = new DataView(buffer).getUint32(MAGIC.length, true);
  if (length > Math.min(LONGEST, bytes.length - START)) throw new Error("a header that is too long");
  let header = null;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(START, START + length)));
  } catch {
    throw new Error("a header that is no JSON");
  }
  if (![1, 2].includes(header?.version)) throw new Error(`a blob of another version: ${header?.version}`);
  return { header, start: START + length };
}

function arrayOf(entry) {
  const { name, dtype, shape, residual = false } = entry ?? {};
  const whole = (size) => Number.isInteger(size) && size >= 0 && size < 2 ** 24;
  if (!Array.isArray(shape) || !shape.length || shape.length > 4 || !shape.every(whole))
    throw new Error("an array of no shape");
  if (typeof name !== "string" || !Object.hasOwn(TYPES, dtype))
    throw new Error("an array of an unknown type");
  if (residual !== false && (residual !== true || dtype !== "|u1" || shape.length !== 4))
    throw new Error("an array that cannot hold residuals");
  const type = TYPES[dtype];
  const count = shape.reduce((product, size) => product * size, 1);
  return { name, type, shape, count, bytes: count * type[0].BYTES_PER_ELEMENT, residual };
}

function listOf(value, name) {
  if (!Array.isArray(value)) throw new Error(`a blob without ${name}`);
  return value;
}

// A bomb is known before it goes off: reading ends with the first byte too many.
async function inflated(bytes, size) {
  const values = new Uint8Array(size);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  let at = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (at + value.length > size) throw new Error("more values than the header says");
      values.set(value, at);
      at += value.length;
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error instanceof TypeError ? new Error("values that cannot be inflated") : error;
  }
  if (at !== size) throw new Error("fewer values than the header says");
  return values;
}
