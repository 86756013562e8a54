// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { boot } from "../../boot.ts";
import {
  KVM_CREATE_GUEST_MEMFD,
  KVM_MEM_GUEST_MEMFD,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_create_guest_memfd,
  kvm_userspace_memory_region2,
} from "../../kernel/kvm/uapi.ts";
import { must, Vmm } from "../../user/vmm.ts";

/** A slot to be made: its id, first guest address in bytes, size in pages, and first page in the file. */
interface SlotPlan {
  readonly slot: number;
  readonly gpa: number;
  readonly pages: number;
  readonly filePage: number;
}

/** A realm VM whose slots all use one guest_memfd of `filePages` pages. */
export function vmWithSlots(filePages: number, slots: readonly SlotPlan[]): Vmm {
  const vmm = new Vmm(boot({ memory: 256 * PAGE_SIZE }));
  const { sys, user } = vmm.host;
  const vm = vmm.createVm();
  const file = kvm_create_guest_memfd({ size: filePages * PAGE_SIZE });
  const guestMemfd = must("KVM_CREATE_GUEST_MEMFD", sys.ioctl(vm, KVM_CREATE_GUEST_MEMFD, file));
  for (const { slot, gpa, pages, filePage } of slots) {
    const size = pages * PAGE_SIZE;
    const shared = user.allocate(size);
    const region = kvm_userspace_memory_region2({
      slot,
      flags: KVM_MEM_GUEST_MEMFD,
      guest_phys_addr: gpa,
      memory_size: size,
      userspace_addr: shared,
      guest_memfd: guestMemfd,
      guest_memfd_offset: filePage * PAGE_SIZE,
    });
    must("KVM_SET_USER_MEMORY_REGION2", sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, region));
    vmm.memory.push({ slot, gpa, size, guestMemfd, shared });
  }
  return vmm;
}

/** Two slots of four pages with a hole of four pages between them, and a file with four pages to spare. */
export function vmWithHole(): Vmm {
  return vmWithSlots(12, [
    { slot: 0, gpa: 0x8000_0000, pages: 4, filePage: 0 },
    { slot: 1, gpa: 0x8000_8000, pages: 4, filePage: 8 },
  ]);
}
