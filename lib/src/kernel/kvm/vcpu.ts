// SPDX-License-Identifier: MIT
import type { Pfn } from "../../base/address.ts";
import type { RealmProgram } from "../../hw/processor.ts";
import { Mutex } from "../mm/locks.ts";
import { kvm_mmu_free_memory_cache, type kvm_mmu_memory_cache, newMemoryCache } from "../mm/memory-cache.ts";
import { kvm_destroy_rec, newRec, type realm_rec } from "./arm64/rec.ts";
import type { Kvm, VcpuHandle } from "./kvm.ts";
import { kvm_run } from "./uapi.ts";

/** What the vCPU waits for user space to do before it can go on. */
export type PendingExit =
  | { readonly kind: "none" }
  | { readonly kind: "mmio"; readonly write: boolean }
  /** The realm asked for a change of RIPAS: bytes, end exclusive. */
  | { readonly kind: "ripas"; readonly base: number; readonly top: number; readonly toRam: boolean };

/**
 * A virtual CPU.
 *
 * @kernel include/linux/kvm_host.h struct kvm_vcpu
 */
export class Vcpu implements VcpuHandle {
  readonly kvm: Kvm;
  readonly vcpu_id: number;
  /** Held while the vCPU runs or is changed. */
  readonly mutex: Mutex;
  /** Page shared with user space (struct kvm_run). */
  readonly run: Pfn;
  readonly rec: realm_rec;
  readonly mmu_page_cache: kvm_mmu_memory_cache = newMemoryCache();
  initialized = false;
  pending: PendingExit = { kind: "none" };
  /** Address (bytes) of the last abort of this run, and how many in a row were for it. */
  abort: { ipa: number; times: number } = { ipa: -1, times: 0 };
  /** What the guest executes; taken over by the REC when that is made. */
  program: RealmProgram | undefined;

  constructor(kvm: Kvm, vcpu_id: number, run: Pfn) {
    this.kvm = kvm;
    this.vcpu_id = vcpu_id;
    this.mutex = new Mutex(kvm.kernel, `vcpu${vcpu_id}->mutex`);
    this.run = run;
    this.rec = newRec(vcpu_id);
  }

  /** Gives the guest its program: to the REC if there is one, else for when it is made. */
  load(program: RealmProgram): void {
    this.program = program;
    if (this.rec.rec_page !== 0) this.kvm.kernel.machine.programs.set(this.rec.rec_page, program);
  }

  /** The bytes that user space sees at the vCPU's mapping. */
  runBytes(): Uint8Array {
    return this.kvm.kernel.machine.memory.bytes(this.run);
  }

  /**
   * Tells user space that the guest touched memory in another way than its attribute says.
   *
   * @kernel include/linux/kvm_host.h kvm_prepare_memory_fault_exit
   */
  prepareMemoryFaultExit(exitReason: number, gpa: number, size: number, flags: number): void {
    const page = this.runBytes();
    kvm_run.set(page, "exit_reason", exitReason);
    kvm_run.set(page, "memory_fault_flags", flags);
    kvm_run.set(page, "memory_fault_gpa", gpa);
    kvm_run.set(page, "memory_fault_size", size);
  }

  destroy(): void {
    const { kernel } = this.kvm;
    kvm_destroy_rec(kernel, this.rec);
    kvm_mmu_free_memory_cache(kernel.pages, this.mmu_page_cache);
    kernel.pages.put_page(this.run);
  }
}
