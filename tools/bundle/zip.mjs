// SPDX-License-Identifier: MIT
import { crc32, deflateRawSync } from "node:zlib";

/**
 * A zip archive of some files. The same files give the same bytes: every date is the first that the format knows.
 *
 * @spec APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.16
 */

const LOCAL_HEADER = 0x0403_4b50;
const CENTRAL_HEADER = 0x0201_4b50;
const END = 0x0605_4b50;
/** The oldest reader that can read it: 2.0, for deflate. */
const VERSION = 20;
/** File names are UTF-8. */
const UTF8 = 0x0800;
const DEFLATED = 8;
/** The first of January 1980, at midnight. */
const DATE = 0x0021;
/** Made on Unix, a regular file that all may read: without it, some unpack files that nobody may open. */
const MADE_ON_UNIX = (3 << 8) | VERSION;
const REGULAR_FILE = (0o100644 << 16) >>> 0;

/**
 * @param {ReadonlyMap<string, Uint8Array>} files  by path in the archive, with slashes
 * @returns {Buffer}
 */
export function zip(files) {
  /** @type {Buffer[]} */
  const bodies = [];
  /** @type {Buffer[]} */
  const directory = [];
  let offset = 0;
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = Buffer.from(name, "utf8");
    const packed = deflateRawSync(content, { level: 9 });
    const common = commonFields(content, packed, path);
    const local = Buffer.concat([uint32(LOCAL_HEADER), common, path, packed]);
    bodies.push(local);
    directory.push(
      Buffer.concat([
        uint32(CENTRAL_HEADER),
        uint16(MADE_ON_UNIX),
        common,
        Buffer.alloc(6), // no comment, first disk, no internal attributes
        uint32(REGULAR_FILE),
        uint32(offset),
        path,
      ]),
    );
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const count = uint16(files.size);
  const end = [uint32(END), uint32(0), count, count, uint32(central.length), uint32(offset), uint16(0)];
  return Buffer.concat([...bodies, central, ...end]);
}

/**
 * What the header before a file and its entry in the directory have in common.
 *
 * @param {Uint8Array} content
 * @param {Buffer} packed
 * @param {Buffer} path
 */
function commonFields(content, packed, path) {
  return Buffer.concat([
    ...[VERSION, UTF8, DEFLATED, 0, DATE].map(uint16),
    ...[crc32(content), packed.length, content.length].map(uint32),
    ...[path.length, 0].map(uint16),
  ]);
}

/** @param {number} value */
function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** @param {number} value */
function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
