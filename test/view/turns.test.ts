// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  assignDevice,
  boot,
  IOMMU_VDEVICE_TSM_MAP,
  interrupting,
  iommu_vdevice_tsm_map,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_userspace_memory_region2,
  runSchedule,
  type ScheduledRun,
  showTurns,
  startRealm,
} from "../../lib/src/index.ts";
import { expectGoodPicture } from "./svg-checks.ts";

/** A map of two pages, and the deletion of its slot meanwhile. */
function mapAndDelete(): ScheduledRun {
  const vmm = startRealm(boot({ memory: 256 * 4096 }), { gpa: 0x8000_0000, size: 2 * 4096 });
  const { iommufd, vdevice_id } = assignDevice(vmm);
  const { tasks } = vmm.host.sys;
  const map = iommu_vdevice_tsm_map({ vdevice_id, start_gpa: 0x8000_0000, end_gpa: 0x8000_2000 });
  const pair = {
    M: tasks.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, map),
    D: tasks.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2({ slot: 0 })),
  };
  return runSchedule(vmm.host, pair, interrupting(vmm.host, "M", "realm_map_ipa"));
}

describe("the picture of an interleaving", () => {
  it("has a row for each turn, and says who waits and how each task ends", () => {
    const run = mapAndDelete();
    const picture = showTurns(run, { tasks: { M: "map", D: "delete" } });

    expectGoodPicture(picture);
    const rows = picture.text.split("\n").slice(4);
    expect(rows).toHaveLength(run.turns.length);
    expect(picture.text).toMatch(/^M: map +D: delete$/m);
    expect(picture.text).toMatch(/^ +waits for kvm->srcu$/m);
    expect(picture.text).toMatch(/^ends with -EFAULT$/m);
    expect(rows.at(-1)).toMatch(/^ +ends with 0$/);
  });

  it("names the tasks by their letters when nothing else is said", () => {
    const lines = showTurns(mapAndDelete()).text.split("\n");

    expect(lines[0]).toBe("Who went when");
    expect(lines[2]).toMatch(/^(D +M|M +D)$/);
  });
});
