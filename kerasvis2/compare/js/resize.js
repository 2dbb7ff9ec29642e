// Numbers and pictures to the size they are drawn at: the same results, to the last bit, as the
// Python renderer gets from Pillow's bilinear filter. Pure, but for tables that are remembered.

const BITS = 22; // Pillow's fixed point for bytes
const HALF = 1 << (BITS - 1);
export const HIGH = 0b11111100; // the bits that are seen of what was smoothed
const tables = new Map();

// Of a line of `from` pixels made `to` long: for each new one the first old pixel, how many, and
// their weights, `taps` apart.
function table(from, to) {
  const key = `${from} ${to}`;
  if (!tables.has(key)) {
    if (tables.size > 500) tables.clear();
    tables.set(key, makeTable(from, to));
  }
  return tables.get(key);
}

function makeTable(from, to) {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const taps = Math.ceil(stretch) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  const fixed = new Int32Array(to * taps);
  for (let place = 0; place < to; place += 1) {
    const centre = (place + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - stretch + 0.5));
    const high = Math.min(from, Math.trunc(centre + stretch + 0.5));
    let sum = 0;
    for (let at = 0; at < high - low; at += 1) {
      const weight = Math.max(0, 1 - Math.abs((at + low - centre + 0.5) * (1 / stretch)));
      weights[place * taps + at] = weight;
      sum += weight;
    }
    for (let at = 0; at < high - low && sum !== 0; at += 1) {
      weights[place * taps + at] /= sum;
      fixed[place * taps + at] = Math.trunc(0.5 + weights[place * taps + at] * (1 << BITS));
    }
    first[place] = low;
    count[place] = high - low;
  }
  return { taps, first, count, weights, fixed };
}

// {height, width, data: Float32Array} at another size: bilinear where it grows, the largest
// magnitude of each block where it shrinks. What is not finite stays NaN where it covers a pixel.
export function resizeMap(map, height, width) {
  const small =
    height < map.height || width < map.width
      ? shrink(map, Math.min(height, map.height), Math.min(width, map.width))
      : map;
  if (allFinite(small.data)) return bilinear(small, height, width);
  const finite = small.data.map((value) => (Number.isFinite(value) ? 1 : 0));
  const whole = small.data.map((value) => (Number.isFinite(value) ? value : 0));
  const known = bilinear({ ...small, data: finite }, height, width);
  const sums = bilinear({ ...small, data: whole }, height, width);
  const least = Math.fround(1e-5);
  sums.data.forEach((value, at) => {
    const part = known.data[at];
    sums.data[at] = part <= 0.5 ? NaN : value / Math.max(part, least);
  });
  return sums;
}

function allFinite(data) {
  for (let at = 0; at < data.length; at += 1) if (!(Math.abs(data[at]) < Infinity)) return false;
  return true;
}

// The same with its pixels kept apart where the factor is whole.
export function drawMap(map, height, width) {
  if (height % map.height || width % map.width) return resizeMap(map, height, width);
  const data = new Float32Array(height * width);
  const [down, across] = [height / map.height, width / map.width];
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / down) * map.width;
    for (let x = 0, at = y * width; x < width; x += 1, at += 1)
      data[at] = map.data[row + Math.floor(x / across)];
  }
  return { height, width, data };
}

function bilinear(map, height, width) {
  let { data } = map;
  if (width !== map.width) data = across(data, map.height, map.width, width);
  if (height !== map.height) data = down(data, map.height, width, height);
  return { height, width, data };
}

function across(data, height, from, to) {
  const { taps, first, count, weights } = table(from, to);
  const made = new Float32Array(height * to);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < to; x += 1) {
      let sum = 0;
      const start = y * from + first[x];
      for (let at = 0; at < count[x]; at += 1) sum += data[start + at] * weights[x * taps + at];
      made[y * to + x] = sum;
    }
  }
  return made;
}

function down(data, from, width, to) {
  const { taps, first, count, weights } = table(from, to);
  const made = new Float32Array(to * width);
  const sums = new Float64Array(width);
  for (let y = 0; y < to; y += 1) {
    if (count[y] === 2) {
      mix(made, y * width, data, first[y] * width, width, weights[y * taps], weights[y * taps + 1]);
      continue;
    }
    sums.fill(0);
    for (let at = 0; at < count[y]; at += 1) {
      const weight = weights[y * taps + at];
      const start = (first[y] + at) * width;
      for (let x = 0; x < width; x += 1) sums[x] += data[start + x] * weight;
    }
    made.set(sums, y * width);
  }
  return made;
}

// A row of `made` as a mean of two of `data`'s, one below the other: what growing is made of.
function mix(made, to, data, from, width, upper, lower) {
  for (let x = 0, below = from + width; x < width; x += 1)
    made[to + x] = data[from + x] * upper + data[below + x] * lower;
}

function shrink(map, height, width) {
  const columns = blocks(map.width, width);
  const rows = blocks(map.height, height);
  const data = new Float32Array(height * width);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let high = -Infinity;
      let low = Infinity;
      for (let row = rows[y][0]; row < rows[y][1]; row += 1) {
        for (let column = columns[x][0]; column < columns[x][1]; column += 1) {
          const value = map.data[row * map.width + column];
          if (!Number.isFinite(value)) high = NaN;
          else if (!(value <= high)) high = Number.isNaN(high) ? NaN : value;
          if (value < low) low = value;
        }
      }
      data[y * width + x] = Number.isNaN(high) ? NaN : high >= -low ? high : low;
    }
  }
  return { height, width, data };
}

const blocks = (from, to) =>
  Array.from({ length: to }, (_, place) => [
    Math.floor((place * from) / to),
    Math.ceil(((place + 1) * from) / to),
  ]);

// {height, width, channels, data: bytes} at another size: pixels repeated for a whole factor,
// else smoothed.
export function resizePicture(picture, height, width) {
  if (height === picture.height && width === picture.width) return picture;
  const { channels } = picture;
  if (height % picture.height === 0 && width % picture.width === 0) {
    return repeated(picture, height, width);
  }
  let { data } = picture;
  if (width !== picture.width)
    data = bytesAcross(data, picture.height, picture.width, width, channels);
  if (height !== picture.height) data = bytesDown(data, picture.height, height, width * channels);
  return { height, width, channels, data: data.map((tone) => tone & HIGH) };
}

function repeated(picture, height, width) {
  const { channels } = picture;
  const data = new Uint8ClampedArray(height * width * channels);
  const [down_, across_] = [height / picture.height, width / picture.width];
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = Math.floor(y / down_) * picture.width;
    for (let x = 0; x < width; x += 1) {
      const from = (row + Math.floor(x / across_)) * channels;
      for (let channel = 0; channel < channels; channel += 1, at += 1)
        data[at] = picture.data[from + channel];
    }
  }
  return { height, width, channels, data };
}

function bytesAcross(data, height, from, to, channels) {
  const { taps, first, count, fixed } = table(from, to);
  const made = new Uint8ClampedArray(height * to * channels);
  for (let y = 0, place = 0; y < height; y += 1) {
    for (let x = 0; x < to; x += 1) {
      const start = (y * from + first[x]) * channels;
      for (let channel = 0; channel < channels; channel += 1, place += 1) {
        let sum = HALF;
        for (let at = 0, pixel = start + channel; at < count[x]; at += 1, pixel += channels)
          sum += data[pixel] * fixed[x * taps + at];
        made[place] = sum >> BITS;
      }
    }
  }
  return made;
}

function bytesDown(data, from, to, line) {
  const { taps, first, count, fixed } = table(from, to);
  const made = new Uint8ClampedArray(to * line);
  const sums = new Int32Array(line); // 255 times weights of 1 together are 30 bits
  for (let y = 0; y < to; y += 1) {
    sums.fill(HALF);
    for (let at = 0; at < count[y]; at += 1) {
      const weight = fixed[y * taps + at];
      const start = (first[y] + at) * line;
      for (let x = 0; x < line; x += 1) sums[x] += data[start + x] * weight;
    }
    for (let x = 0; x < line; x += 1) made[y * line + x] = sums[x] >> BITS;
  }
  return made;
}
