// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { memslotPredictions } from "../../lib/src/course/predictions/01.ts";
import {
  boot,
  gfn_to_memslot,
  gpaToGfn,
  KVM_MEM_GUEST_MEMFD,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_userspace_memory_region2,
  PAGE_SIZE,
  Vmm,
  vmOf,
} from "../../lib/src/index.ts";

const GPA = 0x8000_0000;

function vmm(): Vmm {
  const one = new Vmm(boot());
  one.createVm();
  one.addMemory({ gpa: GPA, size: 4 * PAGE_SIZE });
  return one;
}

function request(fields: Parameters<typeof kvm_userspace_memory_region2>[0]): number {
  const { host, vm } = vmm();
  return host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2(fields));
}

const fd = vmm().memory[0]?.guestMemfd ?? -1;

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "01-end": () => gfn_to_memslot(vmOf(vmm().host), gpaToGfn(0x8000_4000))?.id ?? "none",
  "01-overlap": () => request({ slot: 1, guest_phys_addr: GPA + 3 * PAGE_SIZE, memory_size: 4 * PAGE_SIZE }),
  "01-order": () =>
    request({
      slot: 1,
      flags: KVM_MEM_GUEST_MEMFD,
      guest_phys_addr: GPA,
      memory_size: 5000,
      guest_memfd: 99,
    }),
  "01-same-file-pages": () =>
    request({
      slot: 1,
      flags: KVM_MEM_GUEST_MEMFD,
      guest_phys_addr: 0x9000_0000,
      memory_size: PAGE_SIZE,
      guest_memfd: fd,
    }),
  "01-closed": () => {
    const { host } = vmm();
    host.sys.close(fd);
    return gfn_to_memslot(vmOf(host), gpaToGfn(GPA)) === undefined ? "no" : "yes";
  },
};

it.each(memslotPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
