// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { postingsInOrder } from "../../lib/src/course/exercises/15-order.ts";
import { PLACES } from "../../lib/src/course/exercises/15-where.ts";
import { HISTORY, showHistory } from "../../lib/src/course/history.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { aftermathPredictions } from "../../lib/src/course/predictions/15.ts";
import {
  boot,
  deviceHardware,
  type Host,
  KVM_PRE_FAULT_MEMORY,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_pre_fault_memory,
  kvm_userspace_memory_region2,
  mappedPages,
  PAGE_SIZE,
  realmWithDevice,
  type Vmm,
} from "../../lib/src/index.ts";
import { expectGoodPicture } from "../view/svg-checks.ts";

const RAM = 0x8000_0000;

function scene(KVM_RELEASE: "2025" | "2026"): {
  host: Host;
  vmm: Vmm;
  preFault: (gpa: number, pages: number) => number;
} {
  const host = boot({ config: { KVM_RELEASE } });
  const { vmm } = realmWithDevice(host, { gpa: RAM, size: 4 * PAGE_SIZE });
  const preFault = (gpa: number, pages: number): number =>
    host.sys.ioctl(
      vmm.vcpus[0]?.fd ?? -1,
      KVM_PRE_FAULT_MEMORY,
      kvm_pre_fault_memory({ gpa, size: pages * PAGE_SIZE }),
    );
  return { host, vmm, preFault };
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string | undefined> = {
  "15-old-kernel": () => scene("2025").preFault(RAM, 2),
  "15-partial": () => scene("2026").preFault(RAM + 2 * PAGE_SIZE, 4),
  "15-again": () => {
    const { host, vmm, preFault } = scene("2026");
    const pci = deviceHardware(host);
    expect(preFault(RAM, 1)).toBe(0);
    expect(pci.write(RAM, Uint8Array.of(1)).event).toBeUndefined();
    const [memory] = vmm.memory;
    if (memory !== undefined) vmm.punchHole(memory, 0, PAGE_SIZE);
    expect(preFault(RAM, 1)).toBe(0);
    expect(mappedPages(host, RAM, RAM + PAGE_SIZE)).toEqual([RAM]);
    return pci.write(RAM, Uint8Array.of(1)).event === undefined ? "yes" : "no";
  },
  "15-shared": () => {
    const { host, vmm, preFault } = scene("2026");
    vmm.setShared(RAM, PAGE_SIZE);
    expect(preFault(RAM, 4)).toBe(0);
    return String(mappedPages(host, RAM, RAM + 4 * PAGE_SIZE).length);
  },
  "15-lose-flag": () => {
    const { host, vmm } = scene("2025");
    const region = kvm_userspace_memory_region2({
      guest_phys_addr: RAM,
      memory_size: 4 * PAGE_SIZE,
      userspace_addr: vmm.memory[0]?.shared ?? 0,
    });
    return host.sys.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, region);
  },
};

it.each(aftermathPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);

describe("the history", () => {
  it("is told in the order in which it happened, each with a date", () => {
    const dates = HISTORY.map(({ date }) => date);

    expect(dates).toEqual([...dates].sort());
    expect(dates.filter((date) => !/^202[56]-\d\d(-\d\d)?$/.test(date))).toEqual([]);
  });

  it("is what the exercise asks for", () => {
    const wanted = [...postingsInOrder.solution.code.matchAll(/"([a-z0-9-]+)"/g)].map(([, id]) => id);
    const order = HISTORY.map(({ id }) => id).filter((id) => wanted.includes(id));

    expect(order).toHaveLength(6);
    expect(wanted.slice(0, 6)).toEqual(order);
  });

  it("is drawn with how sure each entry is", () => {
    expectGoodPicture(showHistory());
    expect(showHistory().text.match(/ (read|seen|told)$/gm)).toHaveLength(HISTORY.length);
  });
});

describe("the files of the real thing", () => {
  const src = path.resolve(import.meta.dirname, "../../lib/src");
  const models: Record<string, string> = {
    kvm_vcpu_pre_fault_memory: "kernel/kvm/pre-fault.ts",
    kvm_gmem_get_pfn: "kernel/kvm/gmem-get-pfn.ts",
    iommufd_fops_ioctl: "kernel/iommufd/main.ts",
    realm_map_protected: "kernel/kvm/arm64/realm-map.ts",
    pci_tsm_bind: "kernel/tsm/pci-tsm.ts",
    smc_data_create_unknown: "rmm/commands/data.ts",
  };

  it.each(Object.entries(PLACES))("%s is where the model's doc comment says", (name, { file }) => {
    const model = path.join(src, models[name] ?? "");

    expect(existsSync(model)).toBe(true);
    const text = readFileSync(model, "utf8");
    expect(text).toContain(file);
    expect(text).toContain(name);
  });
});
