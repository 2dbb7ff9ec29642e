// Photographs from what their neighbours do not tell, as `kerasvis2.record.residuals` keeps them.

// `kept`: Uint8Array (N, C, H, W), overwritten; → the pictures (N, H, W, C) as one Uint8Array.
export function restored(kept, [count, height, width, channels]) {
  const size = height * width;
  for (let start = 0; start < kept.length; start += size) {
    for (let at = start; at < start + size; at += 1) {
      if ((at - start) % width) kept[at] += kept[at - 1];
    }
    for (let at = start + width; at < start + size; at += 1) kept[at] += kept[at - width];
  }
  const pictures = new Uint8Array(kept.length);
  for (let picture = 0; picture < count; picture += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const plane = (picture * channels + channel) * size;
      const green = (picture * channels + 1) * size;
      const more = channels === 3 && channel !== 1; // red and blue are kept less green
      for (let at = 0; at < size; at += 1) {
        const value = kept[plane + at] + (more ? kept[green + at] : 0);
        pictures[(picture * size + at) * channels + channel] = value;
      }
    }
  }
  return pictures;
}
