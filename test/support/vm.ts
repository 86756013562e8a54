// SPDX-License-Identifier: MIT

import type { Host } from "../../lib/src/boot.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE } from "../../lib/src/kernel/fs/uapi.ts";
import {
  KVM_CREATE_GUEST_MEMFD,
  KVM_CREATE_VM,
  KVM_MEM_GUEST_MEMFD,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_SET_USER_MEMORY_REGION2,
  KVM_VM_TYPE_ARM_REALM,
  kvm_create_guest_memfd,
  kvm_memory_attributes,
  kvm_userspace_memory_region2,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { must, Vmm } from "../../lib/src/user/vmm.ts";
import { type AssignedDevice, assignDevice, bindDevice, connectTsm } from "../../lib/src/user/vmm-device.ts";

export const PAGE = 4096;
/** Where the tests put guest memory. */
export const GPA = 0x8000_0000;

/** Makes a VM: a realm unless another type word is given. */
export function createVm(host: Host, type = KVM_VM_TYPE_ARM_REALM): number {
  const kvm = host.sys.open("/dev/kvm");
  return must("KVM_CREATE_VM", host.sys.ioctl(kvm, KVM_CREATE_VM, type));
}

/** KVM_CREATE_GUEST_MEMFD: a descriptor or a negative errno. */
export function createGmem(
  host: Host,
  vm: number,
  size: number | bigint,
  flags: number | bigint = 0,
): number {
  return host.sys.ioctl(vm, KVM_CREATE_GUEST_MEMFD, kvm_create_guest_memfd({ size, flags }));
}

export interface Region {
  readonly slot: number;
  readonly gpa: number | bigint;
  readonly size: number | bigint;
  readonly flags?: number;
  readonly hva?: number | bigint;
  /** Descriptor of a guest_memfd; giving one sets the flag. */
  readonly gmem?: number;
  readonly offset?: number | bigint;
}

/** KVM_SET_USER_MEMORY_REGION2. */
export function setRegion(host: Host, vm: number, region: Region): number {
  const { slot, gpa, size, hva = 0, gmem = 0, offset = 0 } = region;
  const flags = region.flags ?? (region.gmem === undefined ? 0 : KVM_MEM_GUEST_MEMFD);
  const bytes = kvm_userspace_memory_region2({
    slot,
    flags,
    guest_phys_addr: gpa,
    memory_size: size,
    userspace_addr: hva,
    guest_memfd_offset: offset,
    guest_memfd: gmem,
  });
  return host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, bytes);
}

/** KVM_SET_MEMORY_ATTRIBUTES. */
export function setAttributes(
  host: Host,
  vm: number,
  address: number | bigint,
  size: number | bigint,
  attributes: number,
  flags = 0,
): number {
  const bytes = kvm_memory_attributes({ address, size, attributes, flags });
  return host.sys.ioctl(vm, KVM_SET_MEMORY_ATTRIBUTES, bytes);
}

/** A realm that runs, with `pages` pages of guest memory at `GPA` and a device that is bound to it. */
export function realmWithDevice(
  host: Host,
  pages = 8,
  options: { shared?: boolean; activate?: boolean } = {},
): { vmm: Vmm; device: AssignedDevice } {
  const vmm = new Vmm(host);
  vmm.createVm();
  vmm.addMemory({ gpa: GPA, size: pages * PAGE, shared: options.shared ?? false });
  vmm.createRealm();
  if (options.activate ?? true) vmm.activate();
  connectTsm(vmm, "0000:01:00.0");
  const device = assignDevice(vmm);
  must("TSM bind", bindDevice(vmm, device));
  return { vmm, device };
}

/** The address of user memory that holds the bytes and cannot be written. */
export function readOnly(host: Host, bytes: Uint8Array): number {
  const { sys, user } = host;
  const file = sys.open("/dev/shm");
  sys.ftruncate(file, PAGE);
  const writable = sys.mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const address = sys.mmap(0, PAGE, PROT_READ, MAP_SHARED, file, 0);
  user.write(writable, bytes);
  return address;
}
