// SPDX-License-Identifier: MIT
/**
 * Registers hold 64 bits; inside the RMM they are plain numbers. Every value below 2^53 is itself. All others
 * become one number, `OUT_OF_RANGE`: no address, level, count or flag word that a command accepts is that large,
 * so nothing is lost but the difference between one bad value and another.
 */
export const OUT_OF_RANGE: number = Number.POSITIVE_INFINITY;

const EXACT_END = 2n ** 53n;

/** The number that stands for a 64-bit value. */
export function fromRegister(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  return unsigned < EXACT_END ? Number(unsigned) : OUT_OF_RANGE;
}

/** The 64-bit value of a result; -1 becomes all ones. */
export function toRegister(value: number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}
