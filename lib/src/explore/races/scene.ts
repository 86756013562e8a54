// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { Task } from "../../base/task.ts";
import { boot, type Host, type HostProcess } from "../../boot.ts";
import type { RealmProgram } from "../../hw/processor.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from "../../kernel/fs/uapi.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import {
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  KVM_RUN,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_memory_attributes,
  kvm_userspace_memory_region2,
} from "../../kernel/kvm/uapi.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { realmWithDevice } from "../../user/assigned-realm.ts";
import { deviceHardware } from "../../user/driver.ts";
import { type GuestMemory, Vmm, type VmmVcpu } from "../../user/vmm.ts";
import { type AssignedDevice, assignDevice } from "../../user/vmm-device.ts";
import { type MapRequest, secretBytes } from "../rules.ts";

/** Where the memory of every race begins, in bytes. */
export const RAM = 0x8000_0000;

/** The address of a page of the memory, counted from 0. */
export function pageAt(page: number): number {
  return RAM + page * PAGE_SIZE;
}

/** A realm that runs, and an assigned device, with everything that an actor needs. */
export interface Stage {
  readonly host: Host;
  readonly vmm: Vmm;
  readonly device: AssignedDevice;
}

/** What a stage is to be. */
export interface StageOptions {
  /** Pages of each slot. @default [2] */
  readonly slots?: readonly number[];
  /** All memory is shared at first. @default false */
  readonly shared?: boolean;
  /** What the vCPU runs. @default there is no vCPU */
  readonly guest?: RealmProgram;
  /** Memory of the host in bytes. @default 1024 pages */
  readonly memory?: number;
}

const MEMORY = 1024 * PAGE_SIZE;

/** A realm with an assigned device, as far as mapping needs it: the device is neither bound nor in use. */
export function stage(kernel: string | KernelVariant, options: StageOptions = {}): Stage {
  const { slots = [2], shared = false, guest, memory = MEMORY } = options;
  const host = boot({ memory, kernel });
  const vmm = new Vmm(host);
  vmm.createVm();
  let first = 0;
  for (const pages of slots) {
    vmm.addMemory({ gpa: pageAt(first), size: pages * PAGE_SIZE, shared });
    first += pages;
  }
  if (guest !== undefined) vmm.addVcpu(guest);
  vmm.createRealm();
  vmm.finalizeVcpus();
  vmm.activate();
  return { host, vmm, device: assignDevice(vmm) };
}

/** A realm whose guest has accepted its device, which may do DMA. */
export function stageWithDma(kernel: string | KernelVariant, pages: number): Stage {
  const host = boot({ memory: MEMORY, kernel });
  return { host, ...realmWithDevice(host, { gpa: RAM, size: pages * PAGE_SIZE }) };
}

/** The memory of a slot. */
export function memoryOf({ vmm }: Stage, slot = 0): GuestMemory {
  const memory = vmm.memory[slot];
  if (memory === undefined) throw new RangeError(`the stage has no slot ${slot}`);
  return memory;
}

/** The request that a task makes when it maps pages `first` to `last`. */
export function requestOf(task: string, first: number, last: number): MapRequest {
  return { task, start_gpa: pageAt(first), end_gpa: pageAt(last + 1) };
}

/** IOMMU_VDEVICE_TSM_MAP of pages `first` to `last`. */
export function mapping(
  { host, device }: Stage,
  first: number,
  last: number,
  by: { process: HostProcess; iommufd: number } = { process: host.process, iommufd: device.iommufd },
): Task<number> {
  const { start_gpa, end_gpa } = requestOf("", first, last);
  const bytes = iommu_vdevice_tsm_map({ vdevice_id: device.vdevice_id, start_gpa, end_gpa });
  return by.process.sys.tasks.ioctl(by.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
}

/** A hole over pages `first` to `last` of the guest_memfd of slot 0. */
export function punching(on: Stage, first: number, last: number): Task<number> {
  const mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
  const length = (last - first + 1) * PAGE_SIZE;
  return on.host.sys.tasks.fallocate(memoryOf(on).guestMemfd, mode, first * PAGE_SIZE, length);
}

/** KVM_SET_MEMORY_ATTRIBUTES on pages `first` to `last`. */
export function converting(
  { host, vmm }: Stage,
  first: number,
  last: number,
  to: "private" | "shared",
): Task<number> {
  const attributes = to === "private" ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
  const size = (last - first + 1) * PAGE_SIZE;
  const bytes = kvm_memory_attributes({ address: pageAt(first), size, attributes });
  return host.sys.tasks.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, bytes);
}

/** Deletes a slot. */
export function deleting({ host, vmm }: Stage, slot: number): Task<number> {
  const bytes = kvm_userspace_memory_region2({ slot, memory_size: 0 });
  return host.sys.tasks.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, bytes);
}

/**
 * Moves a slot to another page. The request leaves KVM_MEM_GUEST_MEMFD out: with it the kernel refuses, without it the
 * one of 2025 moves a slot that has a guest_memfd.
 */
export function moving(on: Stage, slot: number, toPage: number): Task<number> {
  const { size, shared } = memoryOf(on, slot);
  const bytes = kvm_userspace_memory_region2({
    slot,
    flags: 0,
    guest_phys_addr: pageAt(toPage),
    memory_size: size,
    userspace_addr: shared,
  });
  return on.host.sys.tasks.ioctl(on.vmm.vm, KVM_SET_USER_MEMORY_REGION2, bytes);
}

/**
 * KVM_RUN, until the guest has nothing to do.
 *
 * @param entries after so many a signal of the VMM ends the run, so that a guest that faults for good ends too
 */
export function* running({ host, vmm }: Stage, entries = 2): Task<number> {
  const { fd } = vmm.vcpus[0] as VmmVcpu;
  const run = host.sys.tasks.ioctl(fd, KVM_RUN);
  let left = entries;
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
    if (step.value.object === "RMI_REC_ENTER") left--;
    if (left === 0) host.process.task.signal_pending = true;
    yield step.value;
  }
}

/** The device writes a secret of the realm to pages `first` to `last`, one DMA for each. Returns the bytes that landed. */
export function* writingByDma({ host }: Stage, first: number, last: number): Task<number> {
  const device = deviceHardware(host);
  let landed = 0;
  for (let page = first; page <= last; page++) {
    yield { kind: "write", object: "guest memory, by DMA" };
    landed += device.write(pageAt(page), secretBytes()).done;
  }
  return landed;
}
