// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SparseTable } from "../../lib/src/base/sparse.ts";

const entries = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 2 ** 51 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  { maxLength: 30 },
);

describe("a sparse table", () => {
  it("is zero where nothing was written", () => {
    const table = new SparseTable(32);
    expect([0, 4095, 4096, 2 ** 31, 2 ** 50].map((index) => table.get(index))).toEqual([0, 0, 0, 0, 0]);
  });

  it("keeps what was written last, at indexes up to 2^51", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const table = new SparseTable(32);
        const naive = new Map<number, number>();
        for (const [index, value] of list) {
          table.set(index, value);
          naive.set(index, value);
        }
        for (const [index, value] of naive) expect(table.get(index)).toBe(value);
      }),
    );
  });

  it("visits the entries that are not zero in ascending order", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const table = new SparseTable(32);
        for (const [index, value] of list) table.set(index, value);
        const expected = [...new Map(list)].filter(([, value]) => value !== 0).sort(([a], [b]) => a - b);
        const visited: [number, number][] = [];
        table.forEachNonZero((index, value) => visited.push([index, value]));
        expect(visited).toEqual(expected);
      }),
    );
  });

  it("finds the next entry that is not zero, or Infinity", () => {
    const table = new SparseTable(8);
    table.set(5, 1);
    table.set(4096 * 3, 2);
    expect([0, 5, 6, 4096 * 3, 4096 * 3 + 1].map((from) => table.nextNonZero(from))).toEqual([
      5,
      5,
      4096 * 3,
      4096 * 3,
      Number.POSITIVE_INFINITY,
    ]);
  });

  for (const bits of [8, 16, 32] as const) {
    it(`cuts a value to ${bits} bits`, () => {
      const table = new SparseTable(bits);
      table.set(1, 2 ** bits + 3);
      expect(table.get(1)).toBe(3);
    });
  }
});
