// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EEXIST, EFAULT, EINTR, EINVAL, EIO, ENOENT, ENOEXEC, ENOMEM, EPERM } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { File, type file_operations, type IoctlArgument, type task_struct } from "../fs/file.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { kvm_create_rec } from "./arm64/rec.ts";
import { handle_rec_exit, kvm_rec_enter, kvm_rec_pre_enter } from "./arm64/rec-exit.ts";
import { kvmExtensions } from "./extension-points.ts";
import { type Kvm, kvm_get_kvm, kvm_is_realm } from "./kvm.ts";
import { kvm_vcpu_ioctl_pre_fault } from "./pre-fault.ts";
import {
  KVM_ARM_VCPU_FINALIZE,
  KVM_ARM_VCPU_INIT,
  KVM_ARM_VCPU_REC,
  KVM_EXIT_INTR,
  KVM_PRE_FAULT_MEMORY,
  KVM_RUN,
  kvm_run,
  kvm_vcpu_init,
} from "./uapi.ts";
import { Vcpu } from "./vcpu.ts";
import { kvm_put_kvm } from "./vm-lifetime.ts";

/** Features that a vCPU may have: bits below this, REC being the last. */
const KVM_VCPU_MAX_FEATURES = KVM_ARM_VCPU_REC + 1;
/** Ids that a vCPU may have: below this. */
const KVM_MAX_VCPU_IDS = 512;

function vcpuOf(file: File): Vcpu {
  return file.private_data as Vcpu;
}

/** The vCPU that an open file stands for, if it is one. */
export function vcpuOfFile(file: File): Vcpu | undefined {
  return file.private_data instanceof Vcpu ? file.private_data : undefined;
}

function* ioctl(file: File, current: task_struct, command: number, argument: IoctlArgument): Task<number> {
  const vcpu = vcpuOf(file);
  if (vcpu.kvm.mm !== current.mm || vcpu.kvm.vm_dead) return -EIO;
  // Only a signal that kills ends this wait, so no program lives to see the -EINTR.
  const locked = yield* vcpu.mutex.lockInterruptible();
  if (locked !== 0) return locked;
  const result = yield* kvm_vcpu_ioctl(vcpu, current, command, argument);
  vcpu.mutex.unlock();
  return result;
}

function* kvm_vcpu_ioctl(
  vcpu: Vcpu,
  current: task_struct,
  command: number,
  argument: IoctlArgument,
): Task<number> {
  const { pointer } = argument;
  switch (command) {
    case KVM_ARM_VCPU_INIT: {
      const bytes = pointer.read(0, kvm_vcpu_init.byteLength);
      return bytes === undefined ? -EFAULT : initialise(vcpu, kvm_vcpu_init.decode(bytes).features);
    }
    case KVM_ARM_VCPU_FINALIZE: {
      if (!vcpu.initialized) return -ENOEXEC;
      const bytes = pointer.read(0, 4);
      return bytes === undefined ? -EFAULT : finalise(vcpu, new DataView(bytes.buffer).getInt32(0, true));
    }
    case KVM_PRE_FAULT_MEMORY:
      if (vcpu.kvm.kernel.config.KVM_RELEASE === "2025") return -EINVAL;
      return yield* kvm_vcpu_ioctl_pre_fault(vcpu, current, argument);
    case KVM_RUN:
      return argument.value === 0 ? yield* kvm_arch_vcpu_ioctl_run(vcpu, current) : -EINVAL;
    default: {
      const added = kvmExtensions(vcpu.kvm.kernel).vcpuIoctls?.get(command);
      return added === undefined ? -EINVAL : yield* added(vcpu, current, argument);
    }
  }
}

/** A vCPU of a realm has the REC feature, another has not. Features that do not exist are -ENOENT. */
function initialise(vcpu: Vcpu, features: readonly number[]): number {
  const isKnown = (word: number, n: number): boolean =>
    n === 0 ? word < 2 ** KVM_VCPU_MAX_FEATURES : word === 0;
  if (!features.every(isKnown)) return -ENOENT;
  const wantsRec = ((features[0] ?? 0) & (1 << KVM_ARM_VCPU_REC)) !== 0;
  if (wantsRec !== kvm_is_realm(vcpu.kvm)) return -EINVAL;
  vcpu.initialized = true;
  return 0;
}

function finalise(vcpu: Vcpu, feature: number): number {
  if (feature !== KVM_ARM_VCPU_REC || !kvm_is_realm(vcpu.kvm)) return -EINVAL;
  return kvm_create_rec(vcpu.kvm, vcpu.rec, vcpu.program);
}

/**
 * Aborts in a row at one address after which only a signal stops the vCPU: its access fails again as soon as the
 * abort was handled. A real one goes round for good; here it stands still.
 */
const ENDLESS_ABORTS = 1000;

/**
 * Runs a vCPU until user space is needed. Returns 0 with an exit reason in the shared page, or a negative errno:
 * -ENOEXEC before KVM_ARM_VCPU_INIT, -EPERM before it was finalised, -EINVAL for a realm that is not active or a
 * machine that is no realm, -EFAULT with a memory-fault exit, -EINTR for a signal.
 *
 * Simplified: only a realm's vCPU runs; a program of an ordinary VM has nowhere to run in this model.
 *
 * @kernel arch/arm64/kvm/arm.c
 */
function* kvm_arch_vcpu_ioctl_run(vcpu: Vcpu, current: task_struct): Task<number> {
  const { kvm } = vcpu;
  if (!vcpu.initialized) return -ENOEXEC;
  if (!kvm_is_realm(kvm)) return -EINVAL;
  if (vcpu.rec.rec_page === 0) return -EPERM;
  if (kvm.arch.realm.state !== "ACTIVE") return -EINVAL;
  const prepared = yield* kvm_rec_pre_enter(vcpu);
  if (prepared !== 0) return prepared;
  vcpu.abort = { ipa: -1, times: 0 };
  for (;;) {
    if (current.signal_pending) {
      kvm_run.set(vcpu.runBytes(), "exit_reason", KVM_EXIT_INTR);
      return -EINTR;
    }
    if (vcpu.abort.times >= ENDLESS_ABORTS) {
      yield { kind: "wait", object: "a signal", until: () => current.signal_pending };
      continue;
    }
    const entered = yield* kvm_rec_enter(vcpu);
    const idx = kvm.srcu.srcu_read_lock();
    const result = yield* handle_rec_exit(vcpu, entered);
    kvm.srcu.srcu_read_unlock(idx);
    if (result <= 0) return result;
  }
}

/** The operations of a vCPU file. Mapping it gives the page that the vCPU shares with user space. */
const kvm_vcpu_fops: file_operations = {
  name: "kvm_vcpu_fops",
  noted: { commands: new Set([KVM_RUN, KVM_PRE_FAULT_MEMORY]), release: true },
  ioctl,
  mmap: (file, length, offset) => {
    const vcpu = vcpuOf(file);
    if (length > PAGE_SIZE || offset !== 0) return -EINVAL;
    return { fault: () => vcpu.run, close: () => undefined };
  },
  *release(file: File): Task<void> {
    yield* kvm_put_kvm(vcpuOf(file).kvm);
  },
};

/**
 * Makes a vCPU and a descriptor for it. The file holds a reference on the VM; the vCPU lives as long as the VM.
 * Returns the descriptor, -EINVAL for an id out of range, -EEXIST, -ENOMEM, -EMFILE.
 *
 * @kernel virt/kvm/kvm_main.c
 */
export function* kvm_vm_ioctl_create_vcpu(kvm: Kvm, id: number, current: task_struct): Task<number> {
  if (!Number.isInteger(id) || id < 0 || id >= KVM_MAX_VCPU_IDS) return -EINVAL;
  yield* kvm.lock.lock();
  const result = createVcpu(kvm, id, current);
  kvm.lock.unlock();
  return result;
}

function createVcpu(kvm: Kvm, id: number, current: task_struct): number {
  if (kvm.vcpus.has(id)) return -EEXIST;
  const run = kvm.kernel.pages.alloc_zeroed_page();
  if (run === NO_PAGE) return -ENOMEM;
  const vcpu = new Vcpu(kvm, id, run);
  kvm_get_kvm(kvm);
  const fd = current.fd_install(new File(kvm_vcpu_fops, vcpu));
  if (fd < 0) {
    kvm.users_count--;
    vcpu.destroy();
    return fd;
  }
  kvm.vcpus.set(id, vcpu);
  return fd;
}
