// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { attributeChecks } from "./kernel-kvm-attributes.ts";
import cases from "./kernel-kvm-cases.json" with { type: "json" };
import type { Checks, KernelCase } from "./kernel-kvm-checks.ts";
import { gmemChecks } from "./kernel-kvm-gmem.ts";
import { mapChecks } from "./kernel-kvm-map.ts";
import notApplicable from "./kernel-kvm-not-applicable.json" with { type: "json" };
import { slotChecks } from "./kernel-kvm-slots.ts";

const checks: Checks = { ...gmemChecks, ...slotChecks, ...attributeChecks, ...mapChecks };
const reasons: Readonly<Record<string, string>> = notApplicable;

describe("the recorded cases of KVM and guest_memfd", () => {
  const applicable = (cases as KernelCase[]).filter(({ id }) => reasons[id] === undefined);
  for (const testCase of applicable) {
    it(`${testCase.id}: ${testCase.action} -> ${testCase.expected}`, () => {
      const check = checks[testCase.id];
      if (check === undefined) throw new Error(`no check for ${testCase.id}`);
      check(testCase);
    });
  }

  it("has either a check or a reason for each case, and nothing else", () => {
    const ids = (cases as KernelCase[]).map(({ id }) => id);
    expect([...Object.keys(checks), ...Object.keys(reasons)].sort()).toEqual([...ids].sort());
  });
});
