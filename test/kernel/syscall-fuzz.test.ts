// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import * as sim from "../../lib/src/index.ts";
import { fuzzSyscalls } from "../../tools/fuzz/random-calls.mjs";

it("answers 50,000 random system calls with a number and leaves the machine in order", () => {
  const { problems, killed, hosts, tally } = fuzzSyscalls(sim, { seed: 7, calls: 50_000 });
  expect(problems).toEqual([]);
  // Calls that the kernel as posted does not survive must stay the exception, or nothing else is tried.
  expect(killed / hosts).toBeLessThan(0.5);
  expect(killed).toBeGreaterThan(0);
  // Random calls must get to where the TSM's ioctls do something.
  for (const command of [
    "IOMMU_VDEVICE_TSM_OP",
    "IOMMU_VDEVICE_TSM_MAP",
    "IOMMU_VDEVICE_TSM_GUEST_REQUEST",
    "IOMMU_VIOMMU_ALLOC",
  ]) {
    expect(tally.count(command, 0), command).toBeGreaterThan(0);
  }
});
