// Decoded pictures.

import { Kept, failure, reply } from "./kept.js";

const LIMIT = 256 * 2 ** 20; // bytes, decoded

export class Pictures extends Kept {
  constructor(changed, limit = LIMIT) {
    super(fetchPicture, changed, limit);
  }
}

async function fetchPicture(url) {
  const blob = await (await reply(url)).blob();
  const bitmap = await createImageBitmap(blob).catch((error) => {
    throw failure(String(error), true);
  });
  return { bitmap, bytes: bitmap.width * bitmap.height * 4, close: () => bitmap.close() };
}
