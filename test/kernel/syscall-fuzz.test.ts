// SPDX-License-Identifier: MIT
import { beforeAll, describe, expect, it } from "vitest";
import * as sim from "../../lib/src/index.ts";
import { fuzzSyscalls } from "../../tools/fuzz/random-calls.mjs";

/** Commands that no device of the model, or the model itself, ever carries out. */
const NEVER = [
  "IOMMU_HWPT_GET_DIRTY_BITMAP",
  "IOMMU_HWPT_SET_DIRTY_TRACKING",
  "IOMMU_HW_QUEUE_ALLOC",
  "IOMMU_VEVENTQ_ALLOC",
  "VFIO_DEVICE_GET_IRQ_INFO",
  "VFIO_DEVICE_GET_REGION_INFO",
  "VFIO_DEVICE_RESET",
  "VFIO_DEVICE_SET_IRQS",
  "VFIO_IOMMU_DIRTY_PAGES",
];

describe("50,000 random system calls", () => {
  let report: ReturnType<typeof fuzzSyscalls>;
  beforeAll(() => {
    report = fuzzSyscalls(sim, { seed: 7, calls: 50_000 });
  }, 120_000);

  it("are answered with a number each and leave the machine in order", () => {
    expect(report.problems).toEqual([]);
  });

  it("are survived by most programs: only what the kernel as posted does not survive kills one", () => {
    expect(report.killed / report.hosts).toBeLessThan(0.5);
    expect(report.killed).toBeGreaterThan(0);
  });

  it("get every command that can succeed to do so, and no other", () => {
    const succeeded = [...report.tally.succeeded()];
    expect(succeeded.length).toBeGreaterThan(45);
    expect(succeeded.filter(([, ever]) => !ever).map(([command]) => command)).toEqual(NEVER);
  });
});
