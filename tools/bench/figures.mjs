// SPDX-License-Identifier: MIT
// How the benchmarks measure: the median of several runs, in one process.

/** @typedef {{ value: number, unit: string, note?: string }} Figure */

/** The middle one of some numbers. @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)]);
}

/**
 * How many units of work a second get done: `prepare` is not counted, `work` is.
 *
 * @template T
 * @param {{ units: number, runs: number, prepare: () => T, work: (prepared: T) => void }} measured
 */
export function perSecond({ units, runs, prepare, work }) {
  const rates = Array.from({ length: runs }, () => {
    const prepared = prepare();
    const start = performance.now();
    work(prepared);
    return (units * 1000) / (performance.now() - start);
  });
  return median(rates);
}

/** Bytes in use after a collection of garbage, buffers included. */
export function bytesInUse() {
  if (globalThis.gc === undefined) throw new Error("run this with node --expose-gc");
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
