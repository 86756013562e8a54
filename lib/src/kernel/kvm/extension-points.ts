// SPDX-License-Identifier: MIT
import type { Gfn, Pfn } from "../../base/address.ts";
import type { Task } from "../../base/task.ts";
import type { IoctlArgument, task_struct } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import type { kvm_gmem } from "./gmem-inode.ts";
import type { Kvm } from "./kvm.ts";
import type { kvm_memory_slot } from "./memslots.ts";
import type { Vcpu } from "./vcpu.ts";

/** A command that another kernel than the patch's has: 0 or more, or a negative errno. */
type AddedIoctl<Target> = (target: Target, current: task_struct, argument: IoctlArgument) => Task<number>;

/**
 * What a kernel of another design does at the places where this KVM does nothing. All of it may be left out. Guest
 * frames and page indexes are counted in pages, ends are exclusive.
 */
export interface KvmExtensions {
  /** Further commands of a VM, by number. They come after the tests that every VM command makes. */
  readonly vmIoctls?: ReadonlyMap<number, AddedIoctl<Kvm>>;
  /** Further commands of a vCPU, by number; its mutex is held. */
  readonly vcpuIoctls?: ReadonlyMap<number, AddedIoctl<Vcpu>>;
  /** Commands of a guest_memfd, by number; it has none of its own. */
  readonly gmemIoctls?: ReadonlyMap<number, AddedIoctl<kvm_gmem>>;
  /** Further flags that KVM_CREATE_GUEST_MEMFD takes. */
  readonly gmemFlags?: number;
  /** A slot was tied to a guest_memfd. An error refuses the slot. The caller holds `slots_lock`. */
  readonly slotBound?: (kvm: Kvm, slot: kvm_memory_slot) => Task<number>;
  /** A slot with its guest_memfd was published. The caller holds `slots_lock`. */
  readonly slotPublished?: (kvm: Kvm, slot: kvm_memory_slot) => Task<number>;
  /** Attributes have changed and stage 2 is unmapped; the answer goes to user space. The caller holds `slots_lock`. */
  readonly attributesSet?: (kvm: Kvm, start: number, end: number, attributes: number) => Task<number>;
  /** A device was bound to the VM; an error is the answer of IOMMU_VDEVICE_TSM_OP, and the device stays bound. */
  readonly deviceBound?: (kvm: Kvm) => Task<number>;
  /** A page was looked up for a guest. @kernel CONFIG_HAVE_KVM_ARCH_GMEM_PREPARE */
  readonly kvm_arch_gmem_prepare?: (kvm: Kvm, gfn: Gfn, pfn: Pfn) => void;
  /** Whether user space may touch a page of a file that it has mapped, where the file was not made as shared. */
  readonly mayTouch?: (gmem: kvm_gmem, index: number) => boolean;
}

const NOTHING: KvmExtensions = {};

/** Makes a kernel that of another design. Throws when it is one already. */
export function extendKvm(kernel: Kernel, extensions: KvmExtensions): void {
  if (kernel.kvmExtensions !== undefined) {
    throw new TypeError("extendKvm: this kernel has been extended already");
  }
  kernel.kvmExtensions = extensions;
}

/** What a kernel adds to this KVM. */
export function kvmExtensions(kernel: Kernel): KvmExtensions {
  return kernel.kvmExtensions ?? NOTHING;
}
