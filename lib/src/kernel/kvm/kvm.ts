// SPDX-License-Identifier: MIT
import type { Pa, Pfn } from "../../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import { RangeMap } from "../../base/range-map.ts";
import type { Task } from "../../base/task.ts";
import type { Kernel } from "../kernel.ts";
import { Mutex, RwLock } from "../mm/locks.ts";
import { Srcu } from "../mm/srcu.ts";
import type { UserMemory } from "../mm/user-memory.ts";
import { type kvm_memory_slot, kvm_memslots, MEMSLOTS } from "./memslots.ts";

const INVALIDATION: SharedKind = sharedKind("kvm->mmu_invalidate_seq");
const ACTIVE_INVALIDATIONS: SharedKind = sharedKind("kvm->mn_active_invalidate_count");
const USERS: SharedKind = sharedKind("kvm->users_count");

/** Where a realm is in its life. @kernel arch/arm64/include/asm/kvm_rme.h */
export type RealmState = "NONE" | "NEW" | "ACTIVE" | "DYING" | "DEAD";

/**
 * The realm of a VM.
 *
 * @kernel arch/arm64/include/asm/kvm_rme.h struct realm
 */
export interface realm {
  state: RealmState;
  /** Physical address of the realm descriptor; 0 before it exists. */
  rd: Pa;
  /** Page with the parameters for RMI_REALM_CREATE. */
  params: Pfn;
  /** Auxiliary granules that each REC needs. */
  num_aux: number;
  vmid: number;
  /** Bits of an IPA; 0 before the realm descriptor exists. The top one tells the shared half. */
  ia_bits: number;
}

/**
 * Stage 2 of a VM.
 *
 * @kernel arch/arm64/include/asm/kvm_host.h struct kvm_s2_mmu
 */
export interface kvm_s2_mmu {
  /** Bits of an IPA, from the VM type. */
  readonly ipa_bits: number;
  /** Levels of the translation tables. */
  readonly levels: number;
  /** First of the root tables, and how many there are. */
  pgd_phys: Pa;
  readonly pgd_pages: number;
}

/** A virtual CPU, as far as the VM needs to know it. */
export interface VcpuHandle {
  readonly vcpu_id: number;
  /** Frees what the vCPU holds, its REC included; the VM is ending. */
  destroy(): void;
}

/**
 * A virtual machine.
 *
 * @kernel include/linux/kvm_host.h struct kvm
 */
export class Kvm {
  readonly kernel: Kernel;
  /** Address space of the process that made the VM; others are refused. */
  readonly mm: UserMemory;
  readonly mmu_lock: RwLock;
  readonly slots_lock: Mutex;
  readonly slots_arch_lock: Mutex;
  /** Serialises the realm's set-up calls. @kernel kvm->lock */
  readonly lock: Mutex;
  readonly srcu: Srcu;
  readonly __memslots: readonly [kvm_memslots, kvm_memslots] = [new kvm_memslots(), new kvm_memslots()];
  #memslots: kvm_memslots = this.__memslots[0];
  nr_memslot_pages = 0;
  #mmu_invalidate_seq = 0;
  #mmu_invalidate_in_progress = 0;
  mmu_invalidate_range_start = 0;
  mmu_invalidate_range_end = 0;
  #mn_active_invalidate_count = 0;
  /** How the VM hears that its user space loses memory. */
  mmu_notifier: ((start: number, end: number) => Task<void>) | undefined;
  /** Attributes by guest frame; a frame without an entry is shared. */
  readonly mem_attr_array: RangeMap<number> = new RangeMap(sharedKind("kvm->mem_attr_array"));
  #users_count = 1;
  vm_bugged = false;
  vm_dead = false;
  readonly vcpus: Map<number, VcpuHandle> = new Map();
  readonly arch: { readonly mmu: kvm_s2_mmu; readonly is_realm: boolean; readonly realm: realm };

  constructor(kernel: Kernel, mm: UserMemory, mmu: kvm_s2_mmu, isRealm: boolean, params: Pfn) {
    this.kernel = kernel;
    this.mm = mm;
    this.mmu_lock = new RwLock(kernel, "kvm->mmu_lock");
    this.slots_lock = new Mutex(kernel, "kvm->slots_lock");
    this.slots_arch_lock = new Mutex(kernel, "kvm->slots_arch_lock");
    this.lock = new Mutex(kernel, "kvm->lock");
    this.srcu = new Srcu(kernel, "kvm->srcu");
    this.arch = {
      mmu,
      is_realm: isRealm,
      realm: { state: "NONE", rd: 0 as Pa, params, num_aux: 0, vmid: 0, ia_bits: 0 },
    };
  }

  /** The published set. */
  get memslots(): kvm_memslots {
    if (touches.on) touches.read(MEMSLOTS);
    return this.#memslots;
  }

  set memslots(published: kvm_memslots) {
    if (touches.on) touches.write(MEMSLOTS);
    this.#memslots = published;
  }

  /** Counts completed invalidations; a fault that sees it change must start again. */
  get mmu_invalidate_seq(): number {
    if (touches.on) touches.read(INVALIDATION);
    return this.#mmu_invalidate_seq;
  }

  set mmu_invalidate_seq(count: number) {
    if (touches.on) touches.write(INVALIDATION);
    this.#mmu_invalidate_seq = count;
  }

  get mmu_invalidate_in_progress(): number {
    if (touches.on) touches.read(INVALIDATION);
    return this.#mmu_invalidate_in_progress;
  }

  set mmu_invalidate_in_progress(count: number) {
    if (touches.on) touches.write(INVALIDATION);
    this.#mmu_invalidate_in_progress = count;
  }

  get mn_active_invalidate_count(): number {
    if (touches.on) touches.read(ACTIVE_INVALIDATIONS);
    return this.#mn_active_invalidate_count;
  }

  set mn_active_invalidate_count(count: number) {
    if (touches.on) touches.write(ACTIVE_INVALIDATIONS);
    this.#mn_active_invalidate_count = count;
  }

  /** References on the VM. */
  get users_count(): number {
    if (touches.on) touches.read(USERS);
    return this.#users_count;
  }

  set users_count(count: number) {
    if (touches.on) touches.write(USERS);
    this.#users_count = count;
  }

  /** The set that is not published, for changing. */
  get inactive_memslots(): kvm_memslots {
    return this.memslots === this.__memslots[0] ? this.__memslots[1] : this.__memslots[0];
  }
}

/** Every slot of a VM, by ascending frame. */
export function allMemslots(kvm: Kvm): readonly kvm_memory_slot[] {
  return kvm.memslots.gfn_tree;
}

/** @kernel include/linux/kvm_host.h */
export function kvm_get_kvm(kvm: Kvm): void {
  kvm.users_count++;
}

/** True for a VM made with KVM_VM_TYPE_ARM_REALM. @kernel arch/arm64/include/asm/kvm_emulate.h */
export function kvm_is_realm(kvm: Kvm): boolean {
  return kvm.arch.is_realm;
}

/** In this base only realms have private memory on arm64. @kernel arch/arm64/include/asm/kvm_host.h */
export function kvm_arch_has_private_mem(kvm: Kvm): boolean {
  return kvm.arch.is_realm;
}

/** Pages that a top-up must guarantee: one per table below the root. @kernel arch/arm64/include/asm/stage2_pgtable.h */
export function kvm_mmu_cache_min_pages(mmu: kvm_s2_mmu): number {
  return mmu.levels - 1;
}
