// SPDX-License-Identifier: MIT
import { EFAULT, EINVAL, EIO } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { File, file_operations, IoctlArgument, task_struct } from "../fs/file.ts";
import { S_IFCHR } from "../fs/uapi.ts";
import { kvm_vm_ioctl_enable_cap } from "./arm64/rme-ioctl.ts";
import { extension } from "./extension.ts";
import { kvmExtensions } from "./extension-points.ts";
import { kvm_gmem_create } from "./gmem-file.ts";
import { Kvm } from "./kvm.ts";
import { kvm_vm_ioctl_set_mem_attributes } from "./memory-attributes.ts";
import { KVM_USER_MEM_SLOTS } from "./memslots.ts";
import { kvm_set_memory_region, type MemoryRegion } from "./set-memory-region.ts";
import {
  KVM_CHECK_EXTENSION,
  KVM_CREATE_GUEST_MEMFD,
  KVM_CREATE_VCPU,
  KVM_ENABLE_CAP,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_SET_USER_MEMORY_REGION,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_create_guest_memfd,
  kvm_enable_cap,
  kvm_memory_attributes,
  kvm_userspace_memory_region,
  kvm_userspace_memory_region2,
} from "./uapi.ts";
import { kvm_vm_ioctl_create_vcpu } from "./vcpu-file.ts";
import { kvm_put_kvm } from "./vm-lifetime.ts";

function kvmOf(file: File): Kvm {
  return file.private_data as Kvm;
}

/** True for the file of a VM. @kernel virt/kvm/kvm_main.c */
export function file_is_kvm(file: File): boolean {
  return file.private_data instanceof Kvm;
}

/**
 * Calls on a VM. Another process than the one that made it, and a VM that is dead, get -EIO before anything else.
 * A number that arm64 does not know is -EINVAL, not -ENOTTY.
 *
 * @kernel virt/kvm/kvm_main.c
 */
function* kvm_vm_ioctl(
  file: File,
  current: task_struct,
  command: number,
  argument: IoctlArgument,
): Task<number> {
  const kvm = kvmOf(file);
  if (kvm.mm !== current.mm || kvm.vm_dead) return -EIO;
  switch (command) {
    case KVM_CREATE_VCPU:
      return yield* kvm_vm_ioctl_create_vcpu(kvm, argument.value, current);
    case KVM_CHECK_EXTENSION:
      return extension(argument.value, kvm.kernel, kvm);
    case KVM_ENABLE_CAP: {
      const bytes = argument.pointer.read(0, kvm_enable_cap.byteLength);
      return bytes === undefined
        ? -EFAULT
        : yield* kvm_vm_ioctl_enable_cap(kvm, kvm_enable_cap.decode(bytes), current);
    }
    case KVM_SET_USER_MEMORY_REGION: {
      const bytes = argument.pointer.read(0, kvm_userspace_memory_region.byteLength);
      if (bytes === undefined) return -EFAULT;
      const { flags } = kvm_userspace_memory_region.decode(bytes);
      // The first version of the call knows no guest_memfd.
      if ((flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)) !== 0) return -EINVAL;
      return yield* setRegion(kvm, kvm_userspace_memory_region2.decode(bytes), current);
    }
    case KVM_SET_USER_MEMORY_REGION2: {
      const bytes = argument.pointer.read(0, kvm_userspace_memory_region2.byteLength);
      return bytes === undefined
        ? -EFAULT
        : yield* setRegion(kvm, kvm_userspace_memory_region2.decode(bytes), current);
    }
    case KVM_SET_MEMORY_ATTRIBUTES: {
      const bytes = argument.pointer.read(0, kvm_memory_attributes.byteLength);
      return bytes === undefined
        ? -EFAULT
        : yield* kvm_vm_ioctl_set_mem_attributes(kvm, kvm_memory_attributes.decode(bytes));
    }
    case KVM_CREATE_GUEST_MEMFD: {
      const bytes = argument.pointer.read(0, kvm_create_guest_memfd.byteLength);
      return bytes === undefined
        ? -EFAULT
        : kvm_gmem_create(kvm, kvm_create_guest_memfd.decode(bytes), current);
    }
    default: {
      const added = kvmExtensions(kvm.kernel).vmIoctls?.get(command);
      return added === undefined ? -EINVAL : yield* added(kvm, current, argument);
    }
  }
}

function* setRegion(kvm: Kvm, mem: MemoryRegion, current: task_struct): Task<number> {
  if ((mem.slot & 0xffff) >= KVM_USER_MEM_SLOTS) return -EINVAL;
  yield* kvm.slots_lock.lock();
  const result = yield* kvm_set_memory_region(kvm, mem, current);
  kvm.slots_lock.unlock();
  return result;
}

/** The operations of a VM file. @kernel virt/kvm/kvm_main.c */
export const kvm_vm_fops: file_operations = {
  name: "kvm_vm_fops",
  ioctl: kvm_vm_ioctl,
  noted: {
    commands: new Set([KVM_SET_MEMORY_ATTRIBUTES, KVM_SET_USER_MEMORY_REGION, KVM_SET_USER_MEMORY_REGION2]),
    release: true,
  },
  stat: () => ({ st_mode: S_IFCHR, st_size: 0, st_blksize: 4096 }),
  *release(file: File): Task<void> {
    yield* kvm_put_kvm(kvmOf(file));
  },
};
