// SPDX-License-Identifier: MIT

/** A source of numbers that repeats exactly for the same seed, on every machine. */
export interface Random {
  /** The next number, an integer in `0 <= n < bound`; `bound` is at most 2^32. */
  below(bound: number): number;
}

/**
 * Makes a seeded source (xorshift on 32 bits).
 *
 * @example
 * ```ts
 * const random = seeded(7);
 * random.below(6); // the same on every machine
 * ```
 */
export function seeded(seed: number): Random {
  // Zero is the one fixed point of xorshift, so a constant stands in for it.
  let state = seed >>> 0 || 0x9e3779b9;
  return {
    below(bound: number): number {
      state ^= state << 13;
      state >>>= 0;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state % bound;
    },
  };
}
