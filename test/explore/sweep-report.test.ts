// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EFAULT, ENOMEM } from "../../lib/src/base/errno.ts";
import { type SweepRow, sweepReport } from "../../lib/src/index.ts";

function rulesOf({ broken }: SweepRow): string[] {
  return [...new Set(broken.map(({ rule }) => rule))];
}

describe("the sweep of a map", () => {
  const posted = sweepReport({ pages: 2 });
  const repaired = sweepReport({ pages: 2, kernel: "rfc-v1+all" });

  it("comes to every step of each kind, and nothing fails without it", () => {
    expect(posted.undisturbed).toBe(0);
    for (const kind of posted.kinds) {
      const numbers = posted.rows.filter((row) => row.kind === kind).map(({ nth }) => nth);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    }
    expect(new Set(posted.rows.map(({ kind }) => kind))).toEqual(new Set(["alloc", "copy", "rmi"]));
  });

  it("finds the refusal to delegate that passes for success and loses a page for good", () => {
    const silent = posted.rows.filter(({ result, broken }) => result === 0 && broken.length > 0);

    expect(silent.map(({ step }) => step)).toEqual(["RMI_GRANULE_DELEGATE", "RMI_GRANULE_DELEGATE"]);
    for (const row of silent) {
      expect(row.mapped).toBe(1);
      expect(rulesOf(row)).toEqual(["references-balance", "success-is-mapped"]);
      expect(row.lost).toHaveLength(1);
    }
  });

  it("finds errors that leave pages mapped of which the caller is not told", () => {
    const partly = posted.rows.filter(({ result, mapped }) => result < 0 && mapped > 0);

    expect(partly.map(({ step, result }) => [step, result])).toContainEqual(["kvm_gmem_get_pfn", -ENOMEM]);
    expect(partly.map(({ step, result }) => [step, result])).toContainEqual([
      "iommufd_ucmd_respond",
      -EFAULT,
    ]);
    for (const row of partly) expect(rulesOf(row)).toContain("caller-knows");
  });

  it("shows that the repairs lose nothing for good", () => {
    expect(repaired.rows.filter(({ lost }) => lost.length > 0)).toEqual([]);
    expect(repaired.rows.some(({ kind }) => kind === "lock")).toBe(true);
  });

  it("refuses a number of pages that is none", () => {
    expect(() => sweepReport({ pages: 0 })).toThrow(RangeError);
    expect(() => sweepReport({ pages: 1.5 })).toThrow(/whole number from 1 to 512/);
  });
});
