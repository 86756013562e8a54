// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { File, type file_operations, fput, type IoctlArgument, type task_struct } from "../fs/file.ts";
import { S_IFCHR } from "../fs/uapi.ts";
import type { Kernel } from "../kernel.ts";
import { extension } from "./extension.ts";
import { mmuNotifierOf } from "./mmu-notifier.ts";
import {
  KVM_API_VERSION,
  KVM_CHECK_EXTENSION,
  KVM_CREATE_VM,
  KVM_GET_API_VERSION,
  KVM_GET_VCPU_MMAP_SIZE,
} from "./uapi.ts";
import { kvm_vm_fops } from "./vm-file.ts";
import { kvm_create_vm } from "./vm-lifetime.ts";

function* kvm_dev_ioctl(
  file: File,
  current: task_struct,
  command: number,
  { value }: IoctlArgument,
): Task<number> {
  const kernel = file.private_data as Kernel;
  switch (command) {
    case KVM_GET_API_VERSION:
      return value === 0 ? KVM_API_VERSION : -EINVAL;
    case KVM_CREATE_VM: {
      const kvm = kvm_create_vm(kernel, value, current);
      if (typeof kvm === "number") return kvm;
      kvm.mmu_notifier = mmuNotifierOf(kvm);
      kvm.mm.mmu_notifiers.add(kvm.mmu_notifier);
      const vmFile = new File(kvm_vm_fops, kvm);
      const fd = current.fd_install(vmFile);
      if (fd < 0) yield* fput(vmFile);
      return fd;
    }
    case KVM_CHECK_EXTENSION:
      return extension(value, kernel, undefined);
    case KVM_GET_VCPU_MMAP_SIZE:
      return value === 0 ? PAGE_SIZE : -EINVAL;
    default:
      return -EINVAL;
  }
}

const kvm_chardev_ops: file_operations = {
  name: "kvm_chardev_ops",
  ioctl: kvm_dev_ioctl,
  stat: () => ({ st_mode: S_IFCHR, st_size: 0, st_blksize: PAGE_SIZE }),
};

/** Makes /dev/kvm appear. @kernel virt/kvm/kvm_main.c kvm_init */
export function installKvm(kernel: Kernel): void {
  kernel.nodes.set("/dev/kvm", { f_op: kvm_chardev_ops, open: () => kernel });
}
