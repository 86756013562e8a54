// SPDX-License-Identifier: MIT

import type { Gfn } from "../../base/address.ts";
import { PAGE_SIZE } from "../../base/address.ts";
import { EAGAIN, EFAULT, EINTR, EINVAL, EIO, ENOENT, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { IoctlArgument, task_struct } from "../fs/file.ts";
import { private_memslot_fault, user_mem_abort } from "./arm64/fault.ts";
import { kvm_mem_is_private } from "./memory-attributes.ts";
import { gfn_to_memslot, KVM_MEMSLOT_INVALID, kvm_slot_can_be_private } from "./memslots.ts";
import { kvm_pre_fault_memory } from "./uapi.ts";
import type { Vcpu } from "./vcpu.ts";

/**
 * KVM_PRE_FAULT_MEMORY, the call that took the place of the patch: makes memory present as a fault of the vCPU would,
 * page by page, and writes back what is left to do, also on an error.
 *
 * Returns 0 when at least one page is present; -EINVAL for flags, or a range that is unaligned, empty or wraps;
 * -EINTR; -ENOENT where there is no slot or beyond the IPA size; -EAGAIN while the slot goes; -EOPNOTSUPP for a realm
 * that is not active.
 *
 * Simplified: on arm64 the generic part is that of mainline; how a realm takes part was not settled in the postings
 * that were read, and here its private pages go the way of its private faults.
 *
 * @kernel virt/kvm/kvm_main.c kvm_vcpu_pre_fault_memory, arch/arm64/kvm/mmu.c (posted 2025 and 2026)
 */
export function* kvm_vcpu_ioctl_pre_fault(
  vcpu: Vcpu,
  current: task_struct,
  { pointer }: IoctlArgument,
): Task<number> {
  const bytes = pointer.read(0, kvm_pre_fault_memory.byteLength);
  if (bytes === undefined) return -EFAULT;
  const range = kvm_pre_fault_memory.decode(bytes);
  const result = yield* kvm_vcpu_pre_fault_memory(vcpu, current, range);
  return pointer.write(0, kvm_pre_fault_memory(range)) ? result : -EFAULT;
}

interface PreFaultRange {
  gpa: bigint;
  size: bigint;
  readonly flags: bigint;
}

function* kvm_vcpu_pre_fault_memory(vcpu: Vcpu, current: task_struct, range: PreFaultRange): Task<number> {
  const page = BigInt(PAGE_SIZE);
  if (range.flags !== 0n) return -EINVAL;
  if (range.gpa % page !== 0n || range.size % page !== 0n) return -EINVAL;
  if (range.size === 0n || range.gpa + range.size >= 2n ** 64n) return -EINVAL;
  const { kvm } = vcpu;
  const idx = kvm.srcu.srcu_read_lock();
  const whole = range.size;
  let result = 0;
  while (range.size > 0n) {
    result = current.signal_pending ? -EINTR : yield* kvm_arch_vcpu_pre_fault_memory(vcpu, range.gpa);
    if (result < 0) break;
    range.gpa += page;
    range.size -= page;
  }
  kvm.srcu.srcu_read_unlock(idx);
  return range.size === whole ? result : 0;
}

/** Makes one page present. Returns 0 or a negative errno. */
function* kvm_arch_vcpu_pre_fault_memory(vcpu: Vcpu, gpa: bigint): Task<number> {
  const { kvm } = vcpu;
  const { mmu, realm } = kvm.arch;
  if (gpa >= 2n ** BigInt(mmu.ipa_bits)) return -ENOENT;
  const address = Number(gpa);
  const gfn = (address / PAGE_SIZE) as Gfn;
  const memslot = gfn_to_memslot(kvm, gfn);
  if (memslot === undefined) return -ENOENT;
  if ((memslot.flags & KVM_MEMSLOT_INVALID) !== 0) return -EAGAIN;
  if (realm.state !== "ACTIVE") return -EOPNOTSUPP;
  const isPrivate = kvm_mem_is_private(kvm, gfn);
  const result =
    isPrivate && kvm_slot_can_be_private(memslot)
      ? yield* private_memslot_fault(vcpu, address, memslot)
      : yield* user_mem_abort(vcpu, address + 2 ** (realm.ia_bits - 1), address, memslot);
  return result > 0 ? 0 : result === 0 ? -EIO : result;
}
