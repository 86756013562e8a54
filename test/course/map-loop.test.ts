// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EXERCISES } from "../../lib/src/course/catalogue.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { mapLoopPredictions } from "../../lib/src/course/predictions/07.ts";
import {
  assignDevice,
  boot,
  IOMMU_VDEVICE_TSM_MAP,
  interrupting,
  iommu_vdevice_tsm_map,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_userspace_memory_region2,
  mappedPages,
  PAGE_SIZE,
  RMI_RTT_READ_ENTRY,
  runSchedule,
  startRealm,
  sweep,
  tsmMap,
  Vmm,
  vmOf,
} from "../../lib/src/index.ts";
import { feedbackOn } from "./cell.ts";

const RAM = 0x8000_0000;

/** A realm with four pages, and a device to map them through. */
function realm(): { vmm: Vmm; device: ReturnType<typeof assignDevice> } {
  const vmm = startRealm(boot(), { gpa: RAM, size: 4 * PAGE_SIZE });
  return { vmm, device: assignDevice(vmm) };
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "07-third-page": () => {
    const scene: { map?: () => number } = {};
    const prepare = (): Vmm["host"] => {
      const vmm = new Vmm(boot());
      vmm.createVm(40);
      vmm.createRealm();
      vmm.activate();
      vmm.addMemory({ gpa: RAM, size: PAGE_SIZE });
      const device = assignDevice(vmm);
      scene.map = () => tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
      return vmm.host;
    };
    // The cache's array of pointers comes first, so its third page is the fourth allocation.
    return sweep("alloc", prepare, () => scene.map?.() ?? Number.NaN)[3]?.outcome ?? "none";
  },
  "07-deleted": () => {
    const { vmm, device } = realm();
    const { host } = vmm;
    const { tasks } = host.sys;
    const map = iommu_vdevice_tsm_map({
      vdevice_id: device.vdevice_id,
      start_gpa: RAM,
      end_gpa: RAM + 0x4000,
    });
    const gone = kvm_userspace_memory_region2({ slot: 0 });
    const pair = {
      M: tasks.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, map),
      D: tasks.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, gone),
    };
    return runSchedule(host, pair, interrupting(host, "M", "realm_map_ipa", 2)).results["M"] ?? "none";
  },
  "07-out-of-slot": () => {
    const { vmm, device } = realm();
    tsmMap(vmm, device, RAM + 2 * PAGE_SIZE, RAM + 6 * PAGE_SIZE);
    return mappedPages(vmm.host, RAM, RAM + 6 * PAGE_SIZE).length;
  },
  "07-tail": () => {
    const { vmm, device } = realm();
    tsmMap(vmm, device, RAM + 0x800, RAM + 0x2800);
    return mappedPages(vmm.host, RAM, RAM + 4 * PAGE_SIZE).length;
  },
  "07-twice": () => {
    const { vmm, device } = realm();
    tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
    tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
    const { rmm, kernel } = vmm.host;
    const { rd } = vmOf(vmm.host).arch.realm;
    rmm.smc(RMI_RTT_READ_ENTRY, rd, RAM, 3); // leaves the address of the page in x3
    return kernel.pages.page_count((rmm.out.x3 / PAGE_SIZE) as Parameters<typeof kernel.pages.page_count>[0]);
  },
  "07-shared": () => {
    const { vmm, device } = realm();
    vmm.setShared(RAM, 4 * PAGE_SIZE);
    return tsmMap(vmm, device, RAM, RAM + 4 * PAGE_SIZE);
  },
};

it.each(mapLoopPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);

function feedback(id: string, code: string): string {
  const exercise = EXERCISES.find((one) => one.id === id);
  if (exercise === undefined) throw new Error(`no exercise ${id}`);
  return feedbackOn(exercise, code).text;
}

describe("the repaired loop", () => {
  const whole = (body: string): string =>
    `function* mine(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {\n${body}\n}\ncheck("07-repair", mine);`;

  it("may look at every attribute first, if it looks again before each page", () => {
    const code = whole(`
      if (start_gpa % PAGE_SIZE || end_gpa % PAGE_SIZE) return -EINVAL;
      const shared = (addr: number) => !kvm_mem_is_private(kvm, gpaToGfn(addr));
      for (let addr = start_gpa; addr < end_gpa; addr += PAGE_SIZE) if (shared(addr)) return -EINVAL;
      for (let addr = start_gpa; addr < end_gpa; addr += PAGE_SIZE) {
        if (shared(addr)) return -EINVAL;
        const ret = yield* kvm_map_private_memory(kvm, addr, addr + PAGE_SIZE);
        if (ret !== 0) return ret;
      }
      return 0;`);

    expect(feedback("07-repair", code)).toMatch(/^accepted: /);
  });

  it("is not taken for the starter when it does what the patch does and loses a page on the way", () => {
    const code = whole(
      "kvm.kernel.pages.alloc_page();\n return yield* kvm_map_private_memory(kvm, start_gpa, end_gpa);",
    );

    expect(feedback("07-repair", code)).toMatch(/leaves something behind/);
  });
});

describe("the range of which three pages of four are mapped", () => {
  it.each([
    ["0x8000_0001", "0x8000_3001", "accepted"],
    ["0x8000_4fff", "0x8000_7fff", "accepted"],
    ["0x8000_0001", "0x8000_3002", "not yet"],
  ])("from %s to %s is %s", (start, end, verdict) => {
    const code = `check("07-three-of-four", { start_gpa: ${start}, end_gpa: ${end} });`;

    expect(feedback("07-three-of-four", code)).toMatch(new RegExp(`^${verdict}`));
  });
});
