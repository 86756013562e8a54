// SPDX-License-Identifier: MIT
import { EAGAIN, EINTR } from "../base/errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE } from "../kernel/fs/uapi.ts";
import {
  IOMMU_IOAS_MAP,
  IOMMU_IOAS_MAP_FILE,
  IOMMU_IOAS_MAP_FIXED_IOVA,
  IOMMU_IOAS_MAP_READABLE,
  IOMMU_IOAS_MAP_WRITEABLE,
  IOMMU_IOAS_UNMAP,
} from "../kernel/iommufd/uapi.ts";
import { iommu_ioas_map, iommu_ioas_map_file, iommu_ioas_unmap } from "../kernel/iommufd/uapi-structs.ts";
import {
  GUEST_MEMFD_FLAG_MMAP,
  KVM_CREATE_GUEST_MEMFD,
  KVM_MEM_GUEST_MEMFD,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  KVM_PRE_FAULT_MEMORY,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_create_guest_memfd,
  kvm_memory_attributes,
  kvm_pre_fault_memory,
  kvm_userspace_memory_region2,
} from "../kernel/kvm/uapi.ts";
import { type GuestMemory, must, type Vmm } from "../user/vmm.ts";
import type { GpaRange, VmmHands } from "./design.ts";

/**
 * System calls of a VMM that several designs make. Those that end in a number answer 0 or a negative errno.
 */

const MAP_FLAGS = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE;

/** The first errno of several moves, which are made one after another until one fails. */
export function inOrder(...moves: readonly (() => number)[]): number {
  for (const move of moves) {
    const result = move();
    if (result < 0) return result;
  }
  return 0;
}

/** KVM_SET_MEMORY_ATTRIBUTES. */
export function setAttributes({ vmm }: VmmHands, { start, end }: GpaRange, toPrivate: boolean): number {
  const attributes = toPrivate ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
  const bytes = kvm_memory_attributes({ address: start, size: end - start, attributes });
  return vmm.host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, bytes);
}

/** IOMMU_IOAS_MAP of the shared half of guest memory, at the guest's addresses. */
export function mapShared({ vmm, device, memory }: VmmHands, { start, end }: GpaRange): number {
  const { iommufd, ioas_id } = device;
  const user_va = memory.shared + (start - memory.gpa);
  const map = iommu_ioas_map({ flags: MAP_FLAGS, ioas_id, user_va, length: end - start, iova: start });
  return vmm.host.sys.ioctl(iommufd, IOMMU_IOAS_MAP, map);
}

/** IOMMU_IOAS_MAP_FILE of pages of the guest_memfd, at the guest's addresses. */
export function mapFile({ vmm, device, memory }: VmmHands, { start, end }: GpaRange): number {
  const { iommufd, ioas_id } = device;
  const map = iommu_ioas_map_file({
    flags: MAP_FLAGS,
    ioas_id,
    fd: memory.guestMemfd,
    start: start - memory.gpa,
    length: end - start,
    iova: start,
  });
  return vmm.host.sys.ioctl(iommufd, IOMMU_IOAS_MAP_FILE, map);
}

/** IOMMU_IOAS_UNMAP. Areas are never split, so the range must be one that was mapped. */
export function unmap({ vmm, device }: VmmHands, { start, end }: GpaRange): number {
  const { iommufd, ioas_id } = device;
  const bytes = iommu_ioas_unmap({ ioas_id, iova: start, length: end - start });
  return vmm.host.sys.ioctl(iommufd, IOMMU_IOAS_UNMAP, bytes);
}

/** KVM_PRE_FAULT_MEMORY on the first vCPU, again and again until the whole range is done. */
export function preFault({ vmm }: VmmHands, { start, end }: GpaRange): number {
  const vcpu = vmm.vcpus[0];
  if (vcpu === undefined) throw new TypeError("preFault: the VM has no vCPU yet");
  const range = kvm_pre_fault_memory({ gpa: start, size: end - start });
  for (;;) {
    const result = vmm.host.sys.ioctl(vcpu.fd, KVM_PRE_FAULT_MEMORY, range);
    if (result < 0 && result !== -EINTR && result !== -EAGAIN) return result;
    if (kvm_pre_fault_memory.decode(range).size === 0n) return 0;
  }
}

/** Memory whose halves are one: the guest_memfd is mapped, and the slot's user address is that mapping. */
export function addMappedMemory(vmm: Vmm, { start, end }: GpaRange): GuestMemory {
  const { sys } = vmm.host;
  const size = end - start;
  const create = kvm_create_guest_memfd({ size, flags: GUEST_MEMFD_FLAG_MMAP });
  const guestMemfd = must("KVM_CREATE_GUEST_MEMFD", sys.ioctl(vmm.vm, KVM_CREATE_GUEST_MEMFD, create));
  const shared = must("mmap", sys.mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, guestMemfd, 0));
  const memory: GuestMemory = { slot: vmm.memory.length, gpa: start, size, guestMemfd, shared };
  must("KVM_SET_USER_MEMORY_REGION2", setSlot(vmm, memory, size));
  vmm.memory.push(memory);
  return memory;
}

/** KVM_SET_USER_MEMORY_REGION2: makes the slot of some memory, or with `size` 0 deletes it. */
export function setSlot(vmm: Vmm, memory: GuestMemory, size: number): number {
  const region = kvm_userspace_memory_region2({
    slot: memory.slot,
    flags: KVM_MEM_GUEST_MEMFD,
    guest_phys_addr: memory.gpa,
    memory_size: size,
    userspace_addr: memory.shared,
    guest_memfd: memory.guestMemfd,
  });
  return vmm.host.sys.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, region);
}
