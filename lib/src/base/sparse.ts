// SPDX-License-Identifier: MIT
/**
 * Large tables of small numbers, all zero until written. A host with 1 TiB of memory has 268 million
 * granules; only the chunks that something was written to exist.
 */
const CHUNK_SHIFT = 12;
const CHUNK_ENTRIES = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_ENTRIES - 1;

type Chunk = Uint8Array | Uint16Array | Uint32Array;

/** A zero-filled table of unsigned numbers of 8, 16 or 32 bits, indexed from 0. */
export class SparseTable {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #newChunk: () => Chunk;

  constructor(bits: 8 | 16 | 32) {
    this.#newChunk =
      bits === 8
        ? () => new Uint8Array(CHUNK_ENTRIES)
        : bits === 16
          ? () => new Uint16Array(CHUNK_ENTRIES)
          : () => new Uint32Array(CHUNK_ENTRIES);
  }

  get(index: number): number {
    const chunk = this.#chunks[Math.floor(index / CHUNK_ENTRIES)];
    return chunk === undefined ? 0 : (chunk[index & CHUNK_MASK] as number);
  }

  set(index: number, value: number): void {
    const at = Math.floor(index / CHUNK_ENTRIES);
    let chunk = this.#chunks[at];
    if (chunk === undefined) {
      if (value === 0) return;
      chunk = this.#newChunk();
      this.#chunks[at] = chunk;
    }
    chunk[index & CHUNK_MASK] = value;
  }

  /** Calls `visit` for every entry that is not zero, in ascending order of index. */
  forEachNonZero(visit: (index: number, value: number) => void): void {
    for (const [at, chunk] of this.#chunks.entries()) {
      if (chunk === undefined) continue;
      for (let i = 0; i < CHUNK_ENTRIES; i++) {
        const value = chunk[i] as number;
        if (value !== 0) visit(at * CHUNK_ENTRIES + i, value);
      }
    }
  }
}
