// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, paToPfn } from "../../base/address.ts";
import type { PhysicalMemory } from "../../hw/physical-memory.ts";
import { descriptorPfn, entryBytes, LAST_LEVEL, TABLE_ENTRIES } from "../../hw/stage2.ts";
import { HIPAS, hipasOf } from "../../rmm/rtt-entry.ts";
import type { File } from "../fs/file.ts";
import type { Ledger } from "../ledger.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { get_start_level } from "./arm64/rtt-levels.ts";
import { gmemOf, KVM_GMEM_FOPS } from "./gmem-inode.ts";
import type { Kvm } from "./kvm.ts";
import { KVM_MEMSLOT_INVALID, type kvm_memory_slot } from "./memslots.ts";
import { KVM_MEM_GUEST_MEMFD } from "./uapi.ts";
import { Vcpu } from "./vcpu.ts";

/**
 * Checks a VM between system calls: locks free, no reader inside, slots and bindings in agreement, as many users as
 * open files.
 *
 * @param files the open files of the machine
 * @returns one sentence for each thing that is wrong
 */
export function auditVm(kvm: Kvm, files: Iterable<File>): string[] {
  const own = [...files].filter((file) => vmOf(file) === kvm);
  return [...auditLocks(kvm), ...auditUsers(kvm, own), ...auditSlots(kvm, own)];
}

/** The VM that a file keeps alive. */
function vmOf(file: File): Kvm | undefined {
  if (file.f_op.name === "kvm_vm_fops") return file.private_data as Kvm;
  if (file.f_op.name === KVM_GMEM_FOPS) return gmemOf(file).kvm;
  return file.private_data instanceof Vcpu ? file.private_data.kvm : undefined;
}

function auditLocks(kvm: Kvm): string[] {
  const vcpus = [...kvm.vcpus.values()].filter((vcpu): vcpu is Vcpu => vcpu instanceof Vcpu);
  const locks = [kvm.mmu_lock, kvm.slots_lock, kvm.slots_arch_lock, kvm.lock, ...vcpus.map((v) => v.mutex)];
  const findings = locks.filter(({ held }) => held).map(({ name }) => `${name} is held by nobody who runs`);
  if (kvm.srcu.readers > 0) findings.push(`kvm->srcu has ${kvm.srcu.readers} readers inside`);
  if (kvm.mmu_invalidate_in_progress > 0) findings.push("kvm->mmu_invalidate_in_progress is not 0");
  if (kvm.mn_active_invalidate_count > 0) findings.push("kvm->mn_active_invalidate_count is not 0");
  return findings;
}

function auditUsers(kvm: Kvm, files: readonly File[]): string[] {
  if (kvm.users_count === files.length) return [];
  return [`a VM has users_count ${kvm.users_count}, but ${files.length} open files keep it`];
}

function auditSlots(kvm: Kvm, files: readonly File[]): string[] {
  const findings: string[] = [];
  for (const slot of kvm.memslots.gfn_tree) {
    if ((slot.flags & KVM_MEMSLOT_INVALID) !== 0) findings.push(`slot ${slot.id} is left as INVALID`);
    if (slot.freed) findings.push(`slot ${slot.id} is in use although it was freed`);
    if ((slot.flags & KVM_MEM_GUEST_MEMFD) !== 0) findings.push(...auditBinding(slot));
  }
  for (const file of files.filter(({ f_op }) => f_op.name === KVM_GMEM_FOPS)) {
    const { inode, bindings } = gmemOf(file);
    if (inode.invalidate_lock.held) findings.push(`${inode.invalidate_lock.name} is held by nobody who runs`);
    for (const { start, end, value: slot } of bindings.within(0, Number.POSITIVE_INFINITY)) {
      if (slot.freed)
        findings.push(`pages ${start} to ${end} of a guest_memfd point to slot ${slot.id}, which was freed`);
    }
  }
  return findings;
}

/** A slot with a file must be bound there, from its offset on and for its whole length. */
function auditBinding(slot: kvm_memory_slot): string[] {
  const { file, pgoff } = slot.gmem;
  if (file === undefined) return [];
  if (file.f_count === 0) return [`slot ${slot.id} points to a guest_memfd that is closed`];
  const bound = gmemOf(file).bindings.isUniform(pgoff, pgoff + slot.npages, slot);
  return bound ? [] : [`slot ${slot.id} is not bound where it says in its guest_memfd`];
}

/** Enters the pages and granules of a VM in the ledger. */
export function ownVmPages(kvm: Kvm, ledger: Ledger): void {
  const { mmu, realm } = kvm.arch;
  const root = paToPfn(mmu.pgd_phys);
  for (let i = 0; i < mmu.pgd_pages; i++) ledger.ownPage((root + i) as Pfn, 1, "root table of stage 2");
  if (realm.params !== NO_PAGE) ledger.ownPage(realm.params, 1, "parameters of the realm");
  for (const vcpu of kvm.vcpus.values()) if (vcpu instanceof Vcpu) ownVcpuPages(vcpu, ledger);
  if (realm.rd === 0) return;
  ledger.ownPage(paToPfn(realm.rd), 1, "realm descriptor");
  ledger.ownGranule(paToPfn(realm.rd));
  const rootBytes = TABLE_ENTRIES * entryBytes(get_start_level(realm));
  for (let i = 0; i < mmu.pgd_pages; i++) {
    ledger.ownGranule((root + i) as Pfn);
    ownTable(kvm.kernel.machine.memory, (root + i) as Pfn, get_start_level(realm), i * rootBytes, ledger);
  }
}

function ownVcpuPages(vcpu: Vcpu, ledger: Ledger): void {
  const { rec } = vcpu;
  const name = `vCPU ${vcpu.vcpu_id}`;
  ledger.ownPage(vcpu.run, 1, () => `${name}: struct kvm_run`);
  for (const page of vcpu.mmu_page_cache.objects) ledger.ownPage(page, 1, () => `${name}: memory cache`);
  if (rec.run !== NO_PAGE) ledger.ownPage(rec.run, 1, () => `${name}: run page of its REC`);
  if (rec.rec_page === 0) return;
  for (const pa of [rec.rec_page, ...rec.aux_pages]) {
    ledger.ownPage(paToPfn(pa), 1, () => `${name}: REC and its auxiliary pages`);
    ledger.ownGranule(paToPfn(pa));
  }
}

/** The tables below a table, and what they map: each mapping of private memory owns one reference on each page. */
function ownTable(memory: PhysicalMemory, table: Pfn, level: number, ipa: number, ledger: Ledger): void {
  const words = memory.peek(table);
  if (words === undefined) return;
  for (let i = 0; i < TABLE_ENTRIES; i++) {
    const low = words[2 * i] as number;
    const high = words[2 * i + 1] as number;
    const hipas = hipasOf(low, high, level);
    if (hipas !== HIPAS.TABLE && hipas !== HIPAS.ASSIGNED) continue;
    const first = descriptorPfn(low, high);
    const pages = hipas === HIPAS.TABLE || level === LAST_LEVEL ? 1 : entryBytes(level) / PAGE_SIZE;
    const at = ipa + i * entryBytes(level);
    const holder =
      hipas === HIPAS.TABLE
        ? (): string => `stage 2: table of level ${level + 1} for IPA ${hex(at)}`
        : (): string => `stage 2: entry of level ${level} for IPA ${hex(at)}`;
    for (let n = 0; n < pages; n++) {
      ledger.ownPage((first + n) as Pfn, 1, holder);
      ledger.ownGranule((first + n) as Pfn);
    }
    if (hipas === HIPAS.TABLE) ownTable(memory, first as Pfn, level + 1, at, ledger);
  }
}
