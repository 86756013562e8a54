// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { lateRealm, mappedOf, sweepMap } from "../../lib/src/course/exercises/fault-labs.ts";
import { RAM } from "../../lib/src/course/exercises/map-labs.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { failurePredictions } from "../../lib/src/course/predictions/10.ts";
import {
  assignDevice,
  boot,
  IOMMU_VDEVICE_TSM_MAP,
  iommu_vdevice_tsm_map,
  PAGE_SIZE,
  startRealm,
  sweep,
  tsmMap,
} from "../../lib/src/index.ts";

const END = RAM + 3 * PAGE_SIZE;

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => string | number> = {
  "10-two-mistakes": () => {
    const { vmm, device } = lateRealm(40, 3);
    const request = iommu_vdevice_tsm_map({ flags: 1, vdevice_id: 77, start_gpa: RAM, end_gpa: END });
    return vmm.host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, request);
  },
  "10-copies": () => String(sweepMap("copy", [40, 3], () => 0).length),
  "10-signal": () => String(sweepMap("lock", [40, 3], () => 0).length),
  "10-refused-yet-zero": () => {
    const outcomes = sweepMap("rmi", [40, 3], (lab, result) => ({ result, ...left(lab.vmm.host) }));
    const silent = outcomes.filter(({ result }) => result === 0);
    expect(outcomes).toHaveLength(11);
    expect(silent.every(({ mapped, lost }) => mapped === 2 && lost === 1)).toBe(true);
    return String(silent.length);
  },
  "10-second-try": () => {
    const { vmm, device } = lateRealm(40, 3);
    vmm.host.kernel.faults.arm("rmi", 9);
    expect(tsmMap(vmm, device, RAM, END)).toBeLessThan(0);
    expect(left(vmm.host)).toEqual({ mapped: 1, lost: 0 });
    expect(tsmMap(vmm, device, RAM, END)).toBe(0);
    return String(left(vmm.host).lost);
  },
  "10-oops": () => {
    const oopses = sweep(
      "copy",
      () => boot({ memory: 512 * PAGE_SIZE }),
      (host) => {
        try {
          assignDevice(startRealm(host, { gpa: RAM, size: PAGE_SIZE }));
        } catch {
          // The VMM ends with a message.
        }
        return host.kernel.log.lines.filter(({ level }) => level === "oops").map(({ text }) => text);
      },
    ).flatMap(({ outcome }) => outcome);
    expect(oopses).toEqual([
      "NULL pointer dereference of viommu->kvm_filp in fput, called by viommu_put_kvm",
    ]);
    return "an oops";
  },
};

function left(host: ReturnType<typeof boot>): { mapped: number; lost: number } {
  return { mapped: mappedOf(host, 3).length, lost: host.audit().length };
}

it.each(failurePredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
