// SPDX-License-Identifier: MIT
import { type Gfn, PAGE_SIZE, pfnToPa } from "../base/address.ts";
import { EFAULT, EINTR, EINVAL, EIO } from "../base/errno.ts";
import { type Struct, struct } from "../base/layout.ts";
import type { Task } from "../base/task.ts";
import type { IoctlArgument, task_struct } from "../kernel/fs/file.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { realm_create_protected_data_page } from "../kernel/kvm/arm64/realm-populate.ts";
import { extendKvm } from "../kernel/kvm/extension-points.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../kernel/kvm/gmem-get-pfn.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import { gfn_to_memslot, kvm_slot_can_be_private } from "../kernel/kvm/memslots.ts";
import type { Vcpu } from "../kernel/kvm/vcpu.ts";
import { NO_PAGE } from "../kernel/mm/pages.ts";

/** @kernel include/uapi/linux/kvm.h */
export const KVM_MEMORY_ENCRYPT_OP = 0xc008aeba;
/** @kernel arch/x86/include/uapi/asm/kvm.h */
export const KVM_TDX_INIT_MEM_REGION = 3;
/** Flag of KVM_TDX_INIT_MEM_REGION. @kernel arch/x86/include/uapi/asm/kvm.h */
const KVM_TDX_MEASURE_MEMORY_REGION = 1 << 0;

const UAPI = "arch/x86/include/uapi/asm/kvm.h";
const commandFields = { id: ["u32", 0], flags: ["u32", 4], data: ["u64", 8], hw_error: ["u64", 16] } as const;
/** Argument of KVM_MEMORY_ENCRYPT_OP; `data` points to what the command needs. */
export const kvm_tdx_cmd: Struct<typeof commandFields> = struct("kvm_tdx_cmd", commandFields, 24, UAPI);

const regionFields = { source_addr: ["u64", 0], gpa: ["u64", 8], nr_pages: ["u64", 16] } as const;
/** A stretch of initial memory; comes back with what is left to do. */
export const kvm_tdx_init_mem_region: Struct<typeof regionFields> = struct(
  "kvm_tdx_init_mem_region",
  regionFields,
  24,
  UAPI,
);

type Region = ReturnType<typeof kvm_tdx_init_mem_region.decode>;

/**
 * A kernel whose vCPUs take initial memory as TDX's do. Simplified: it is a realm that is filled, and the firmware
 * measures as it does for RMI_DATA_CREATE.
 */
export function takeInitialMemory(kernel: Kernel): void {
  extendKvm(kernel, { vcpuIoctls: new Map([[KVM_MEMORY_ENCRYPT_OP, tdx_vcpu_ioctl]]) });
}

/** @kernel arch/x86/kvm/vmx/tdx.c */
function* tdx_vcpu_ioctl(vcpu: Vcpu, current: task_struct, { pointer }: IoctlArgument): Task<number> {
  const bytes = pointer.read(0, kvm_tdx_cmd.byteLength);
  if (bytes === undefined) return -EFAULT;
  const command = kvm_tdx_cmd.decode(bytes);
  if (command.hw_error !== 0n || command.id !== KVM_TDX_INIT_MEM_REGION) return -EINVAL;
  return yield* tdx_vcpu_init_mem_region(vcpu, current, command.flags, Number(command.data));
}

/**
 * Copies pages of user memory into private memory of a guest that was not finalised yet.
 *
 * Returns 0; -EINVAL after that, for flags, and for a region that is unaligned, empty, wraps or lies in the shared
 * half; -EFAULT; -EINTR; -EIO when the firmware refuses. What is left to do is written back.
 *
 * @kernel arch/x86/kvm/vmx/tdx.c
 */
function* tdx_vcpu_init_mem_region(
  vcpu: Vcpu,
  current: task_struct,
  flags: number,
  data: number,
): Task<number> {
  const { kvm } = vcpu;
  const finalised = kvm.arch.realm.state !== "NEW";
  if (!vcpu.initialized || finalised || (flags & ~KVM_TDX_MEASURE_MEMORY_REGION) !== 0) return -EINVAL;
  const bytes = current.mm.copy_from_user(data, kvm_tdx_init_mem_region.byteLength);
  if (bytes === undefined) return -EFAULT;
  const region = kvm_tdx_init_mem_region.decode(bytes);
  if (!isInitialRegion(region, 2n ** BigInt(kvm.arch.realm.ia_bits - 1))) return -EINVAL;

  yield* kvm.slots_lock.lock();
  const idx = kvm.srcu.srcu_read_lock();
  let result = 0;
  while (region.nr_pages > 0n) {
    result = current.signal_pending ? -EINTR : yield* addPage(vcpu, region, flags);
    if (result !== 0) break;
    region.source_addr += BigInt(PAGE_SIZE);
    region.gpa += BigInt(PAGE_SIZE);
    region.nr_pages--;
  }
  kvm.srcu.srcu_read_unlock(idx);
  kvm.slots_lock.unlock();
  return current.mm.copy_to_user(data, kvm_tdx_init_mem_region(region)) ? result : -EFAULT;
}

function isInitialRegion({ source_addr, gpa, nr_pages }: Region, sharedHalf: bigint): boolean {
  const page = BigInt(PAGE_SIZE);
  if (source_addr % page !== 0n || gpa % page !== 0n || nr_pages === 0n) return false;
  return gpa + nr_pages * page <= sharedHalf;
}

function* addPage({ kvm }: Vcpu, region: Region, flags: number): Task<number> {
  const gpa = Number(region.gpa);
  const gfn = (gpa / PAGE_SIZE) as Gfn;
  const slot = gfn_to_memslot(kvm, gfn);
  if (!kvm_slot_can_be_private(slot) || !kvm_mem_is_private(kvm, gfn)) return -EFAULT;
  const source = kvm.mm.get_user_page(Number(region.source_addr), false);
  if (source === NO_PAGE) return -EFAULT;
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const looked = yield* kvm_gmem_get_pfn(kvm, slot, gfn, found);
  if (looked !== 0) return looked;
  const added = yield* realm_create_protected_data_page(
    kvm,
    gpa,
    pfnToPa(found.pfn),
    pfnToPa(source),
    flags & KVM_TDX_MEASURE_MEMORY_REGION,
  );
  if (added === 0) return 0;
  kvm.kernel.pages.put_page(found.page);
  return -EIO;
}
