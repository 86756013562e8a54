// SPDX-License-Identifier: MIT
/**
 * Large tables of small numbers, all zero until written. A host with 1 TiB of memory has 268 million
 * granules; only the chunks that something was written to exist.
 */
const CHUNK_SHIFT = 12;
const CHUNK_ENTRIES = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_ENTRIES - 1;
// Multiplying by a power of two is exact, and much faster than dividing.
const CHUNKS_PER_ENTRY = 1 / CHUNK_ENTRIES;

type Chunk = Uint8Array | Uint16Array | Uint32Array;

/** A zero-filled table of unsigned numbers of 8, 16 or 32 bits, indexed by whole numbers from 0 to 2^52. */
export class SparseTable {
  readonly #chunks = new Map<number, Chunk>();
  readonly #newChunk: () => Chunk;
  // Accesses come in runs, so the chunk of the last one is kept at hand.
  #at = -1;
  #chunk: Chunk | undefined;
  /** Numbers of the chunks in ascending order, until another chunk is made. */
  #order: number[] | undefined;

  constructor(bits: 8 | 16 | 32) {
    this.#newChunk =
      bits === 8
        ? () => new Uint8Array(CHUNK_ENTRIES)
        : bits === 16
          ? () => new Uint16Array(CHUNK_ENTRIES)
          : () => new Uint32Array(CHUNK_ENTRIES);
  }

  #find(at: number): Chunk | undefined {
    if (at !== this.#at) {
      this.#at = at;
      this.#chunk = this.#chunks.get(at);
    }
    return this.#chunk;
  }

  get(index: number): number {
    const chunk = this.#find(chunkOf(index));
    return chunk === undefined ? 0 : (chunk[index & CHUNK_MASK] as number);
  }

  set(index: number, value: number): void {
    const at = chunkOf(index);
    let chunk = this.#find(at);
    if (chunk === undefined) {
      if (value === 0) return;
      chunk = this.#newChunk();
      this.#chunks.set(at, chunk);
      this.#chunk = chunk;
      this.#order = undefined;
    }
    chunk[index & CHUNK_MASK] = value;
  }

  /** Adds to an entry that is not zero, which saves looking it up twice; `change` may be negative. */
  add(index: number, change: number): void {
    const chunk = this.#find(chunkOf(index));
    if (chunk !== undefined) (chunk[index & CHUNK_MASK] as number) += change;
  }

  /** The first index from `from` on whose entry is not zero, or Infinity. */
  nextNonZero(from: number): number {
    this.#order ??= [...this.#chunks.keys()].sort((a, b) => a - b);
    const order = this.#order;
    const first = chunkOf(from);
    for (let n = firstNotBelow(order, first); n < order.length; n++) {
      const at = order[n] as number;
      const chunk = this.#chunks.get(at) as Chunk;
      for (let i = at === first ? from & CHUNK_MASK : 0; i < CHUNK_ENTRIES; i++) {
        if (chunk[i] !== 0) return at * CHUNK_ENTRIES + i;
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Calls `visit` for every entry that is not zero, in ascending order of index. */
  forEachNonZero(visit: (index: number, value: number) => void): void {
    for (let index = this.nextNonZero(0); index !== Number.POSITIVE_INFINITY; ) {
      visit(index, this.get(index));
      index = this.nextNonZero(index + 1);
    }
  }
}

/** Number of the chunk that holds an index. A shift would do for indexes below 2^31 only. */
function chunkOf(index: number): number {
  return index === (index | 0) ? index >> CHUNK_SHIFT : Math.floor(index * CHUNKS_PER_ENTRY);
}

/** Position of the first element of an ascending list that is not below `value`. */
function firstNotBelow(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
