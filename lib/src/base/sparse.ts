// SPDX-License-Identifier: MIT
/**
 * Large tables of small numbers, all zero until written. A host with 1 TiB of memory has 268 million
 * granules; only the chunks that something was written to exist.
 */
const CHUNK_ENTRIES = 4096;

type Chunk = Uint8Array | Uint16Array | Uint32Array;

/** A zero-filled table of unsigned numbers of 8, 16 or 32 bits, indexed by whole numbers from 0 to 2^52. */
export class SparseTable {
  readonly #chunks = new Map<number, Chunk>();
  readonly #newChunk: () => Chunk;
  // Accesses come in runs, so the chunk of the last one is kept at hand, with the index of its first entry.
  #first = -CHUNK_ENTRIES;
  #chunk: Chunk = new Uint8Array(0);
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

  get(index: number): number {
    const at = index - this.#first;
    if (at >= 0 && at < CHUNK_ENTRIES) return this.#chunk[at] as number;
    return this.#fetch(index) ? (this.#chunk[index - this.#first] as number) : 0;
  }

  set(index: number, value: number): void {
    const at = index - this.#first;
    if (at >= 0 && at < CHUNK_ENTRIES) this.#chunk[at] = value;
    else if (this.#fetch(index) || (value !== 0 && this.#make(index)))
      this.#chunk[index - this.#first] = value;
  }

  /** Adds to an entry that is not zero, which saves looking it up twice; `change` may be negative. */
  add(index: number, change: number): void {
    const at = index - this.#first;
    if (at >= 0 && at < CHUNK_ENTRIES) (this.#chunk[at] as number) += change;
    else if (this.#fetch(index)) (this.#chunk[index - this.#first] as number) += change;
  }

  /** Brings the chunk of an entry to hand. False if there is none. */
  #fetch(index: number): boolean {
    const at = chunkOf(index);
    const chunk = this.#chunks.get(at);
    if (chunk === undefined) return false;
    this.#first = at * CHUNK_ENTRIES;
    this.#chunk = chunk;
    return true;
  }

  /** Makes the chunk of an entry and brings it to hand. */
  #make(index: number): boolean {
    this.#chunks.set(chunkOf(index), this.#newChunk());
    this.#order = undefined;
    return this.#fetch(index);
  }

  /** The first index from `from` on whose entry is not zero, or Infinity. */
  nextNonZero(from: number): number {
    this.#order ??= [...this.#chunks.keys()].sort((a, b) => a - b);
    const order = this.#order;
    const first = chunkOf(from);
    for (let n = firstNotBelow(order, first); n < order.length; n++) {
      const at = order[n] as number;
      const chunk = this.#chunks.get(at) as Chunk;
      for (let i = at === first ? from % CHUNK_ENTRIES : 0; i < CHUNK_ENTRIES; i++) {
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

/** Number of the chunk that holds an index. */
function chunkOf(index: number): number {
  return Math.floor(index / CHUNK_ENTRIES);
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
