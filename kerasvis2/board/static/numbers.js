// Unpacked maps and probes.

import { mapsIn, unpack } from "./blob.js";
import { Kept, failure, reply } from "./kept.js";
import { probeIn } from "./probe.js";

const LIMIT = 256 * 2 ** 20; // bytes of codes

export class Numbers extends Kept {
  constructor(changed, limit = LIMIT) {
    super(fetchNumbers, changed, limit);
  }
}

// {maps} or {probe}.
async function fetchNumbers(url) {
  const buffer = await (await reply(url)).arrayBuffer();
  try {
    const found = await unpack(buffer);
    if (found.header.kind === "probe") return { probe: probeIn(found), bytes: buffer.byteLength };
    const maps = mapsIn(found);
    return { maps, bytes: maps.codes.byteLength };
  } catch (error) {
    throw failure(error.message, true);
  }
}
