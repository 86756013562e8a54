// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  assignDevice,
  boot,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  type Host,
  IOMMU_VDEVICE_TSM_MAP,
  interrupting,
  iommu_vdevice_tsm_map,
  mappedPages,
  runSchedule,
  startRealm,
} from "../../lib/src/index.ts";

const RAM = 0x8000_0000;
const END = RAM + 2 * 4096;

/** A map of two pages, and a hole punched into both when the kernel enters `at` for the n-th time. */
function mapAndPunch(at: string, nth?: number): { host: Host; order: string; results: unknown } {
  const vmm = startRealm(boot({ memory: 256 * 4096 }), { gpa: RAM, size: 2 * 4096 });
  const { host, memory } = vmm;
  const { iommufd, vdevice_id } = assignDevice(vmm);
  const bytes = iommu_vdevice_tsm_map({ vdevice_id, start_gpa: RAM, end_gpa: END });
  const tasks = {
    M: host.sys.tasks.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, bytes),
    P: host.sys.tasks.fallocate(
      memory[0]?.guestMemfd ?? -1,
      FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
      0,
      2 * 4096,
    ),
  };
  const { schedule, results } = runSchedule(host, tasks, interrupting(host, "M", at, nth));
  return { host, order: schedule.replace(/(.)\1*/g, "$1"), results };
}

describe("interrupting a task", () => {
  it("lets the others in when the kernel enters the function, and the task finish afterwards", () => {
    const { order, results, host } = mapAndPunch("realm_map_ipa");

    expect(order).toBe("MPM");
    expect(results).toEqual({ M: 0, P: 0 });
    // The hole came too early for the mapping that it should have removed.
    expect(mappedPages(host, RAM, END)).toEqual([RAM, RAM + 4096]);
  });

  it("counts the calls of the function", () => {
    // At the second page the first one is mapped, so the hole takes it away.
    expect(mappedPages(mapAndPunch("gfn_to_memslot", 2).host, RAM, END)).toEqual([RAM + 4096]);
  });

  it("runs the task to its end when the function is never entered", () => {
    const { order, host } = mapAndPunch("no_such_function");

    expect(order).toBe("MP");
    expect(mappedPages(host, RAM, END)).toEqual([]);
  });
});

describe("the mapped pages of a range", () => {
  it("are told by their first address, also when the range is not aligned", () => {
    expect(mappedPages(mapAndPunch("gfn_to_memslot", 2).host, RAM + 0x1800, RAM + 0x1900)).toEqual([
      RAM + 4096,
    ]);
  });
});
