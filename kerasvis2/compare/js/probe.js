// A run's probe, from its blob.

// → {size: [N, H, W], hashes, labels, names, picture(i), mask(i)}, pictures and masks null where
// the log does not hold them.
export function probeIn({ header, arrays }) {
  const { kind, size, hashes, labels, class_names: names } = header;
  const whole = (value) => Number.isInteger(value);
  if (kind !== "probe" || !Array.isArray(size) || size.length !== 3 || !size.every(whole))
    throw new Error("no probe in this blob");
  const [count, height, width] = size;
  const texts = (list) => Array.isArray(list) && list.every((one) => typeof one === "string");
  if (!texts(hashes) || hashes.length !== count) throw new Error("a probe without hashes");
  if (labels && !(Array.isArray(labels) && labels.length === count && labels.every(whole)))
    throw new Error("a probe whose labels are no numbers");
  const images = arrays.get("images");
  const masks = arrays.get("masks");
  const channels = images?.shape[3];
  const fits = (array) => array.shape.slice(0, 3).every((one, axis) => one === size[axis]);
  if (images && !(images.shape.length === 4 && fits(images) && [1, 3].includes(channels)))
    throw new Error(`a probe whose images have the shape ${images.shape}`);
  if (masks && !(masks.shape.length === 3 && fits(masks)))
    throw new Error(`a probe whose masks have the shape ${masks.shape}`);
  const part = (array, place, each) => array.data.subarray(place * each, (place + 1) * each);
  const pixels = height * width;
  return {
    size,
    hashes,
    labels: labels?.map((label) => (label < 0 ? null : label)) ?? null, // some name no class
    names: texts(names) ? names : null,
    private: Boolean(header.private),
    picture: (place) =>
      images ? { height, width, channels, data: part(images, place, pixels * channels) } : null,
    mask: (place) => (masks ? { height, width, data: part(masks, place, pixels) } : null),
  };
}
