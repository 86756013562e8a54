// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { gmemPredictions } from "../../lib/src/course/predictions/02.ts";
import {
  boot,
  type GmemPage,
  gfn_to_memslot,
  gpaToGfn,
  kvm_gmem_get_pfn,
  type kvm_memory_slot,
  MAP_SHARED,
  NO_PAGE,
  PAGE_SIZE,
  PROT_READ,
  PROT_WRITE,
  runStraight,
  Vmm,
  vmOf,
} from "../../lib/src/index.ts";

const GPA = 0x8000_0000;

function scene() {
  const vmm = new Vmm(boot({ memory: 64 * PAGE_SIZE }));
  vmm.createVm();
  const memory = vmm.addMemory({ gpa: GPA, size: 4 * PAGE_SIZE });
  const kvm = vmOf(vmm.host);
  const { pages } = vmm.host.kernel;
  const lookUp = (): { result: number; page: GmemPage["page"] } => {
    const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
    const slot = gfn_to_memslot(kvm, gpaToGfn(GPA)) as kvm_memory_slot;
    return { result: runStraight(kvm_gmem_get_pfn(kvm, slot, gpaToGfn(GPA), found)), page: found.page };
  };
  return { vmm, memory, kvm, pages, lookUp };
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "02-mmap": () => {
    const { vmm, memory } = scene();
    return vmm.host.sys.mmap(0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory.guestMemfd, 0);
  },
  "02-again": () => {
    const { pages, lookUp } = scene();
    lookUp();
    return pages.page_count(lookUp().page);
  },
  "02-hole-held": () => {
    const { vmm, memory, pages, lookUp } = scene();
    const { page } = lookUp();
    expect(vmm.punchHole(memory, 0, PAGE_SIZE)).toBe(0);
    return pages.page_count(page);
  },
  "02-vm-closed": () => {
    const { vmm, kvm } = scene();
    vmm.host.sys.close(vmm.vm);
    return vmm.host.kernel.vm_list.has(kvm) ? "yes" : "no";
  },
  "02-closed": () => {
    const { vmm, memory, lookUp } = scene();
    vmm.host.sys.close(memory.guestMemfd);
    return lookUp().result;
  },
};

it.each(gmemPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
