// SPDX-License-Identifier: MIT
import { type Gfn, PAGE_SIZE, type Pfn, paToPfn } from "../base/address.ts";
import type { Host } from "../boot.ts";
import type { PhysicalMemory } from "../hw/physical-memory.ts";
import { descriptorPfn, entryBytes, LAST_LEVEL, TABLE_ENTRIES } from "../hw/stage2.ts";
import { get_start_level } from "../kernel/kvm/arm64/rtt-levels.ts";
import { Kvm } from "../kernel/kvm/kvm.ts";
import { HIPAS, hipasOf } from "../rmm/rtt-entry.ts";

/** A guest page that the realm's tables map. */
export interface Mapping {
  /** Guest physical address in bytes, without the bit that tells the shared half. */
  readonly gpa: number;
  readonly gfn: Gfn;
  readonly pfn: Pfn;
  /** Mapped in the shared half. */
  readonly shared: boolean;
}

/** The VMs that are alive and have a realm. */
export function realms(host: Host): Kvm[] {
  return [...host.kernel.vm_list].filter((vm): vm is Kvm => vm instanceof Kvm && vm.arch.realm.rd !== 0);
}

/** Every page that the tables of a realm map, in ascending order of address; a block counts page by page. */
export function mappingsOf(host: Host, kvm: Kvm): Mapping[] {
  const { mmu, realm } = kvm.arch;
  const half = 2 ** (realm.ia_bits - 1);
  const level = get_start_level(realm);
  const found: Mapping[] = [];
  for (let i = 0; i < mmu.pgd_pages; i++) {
    const base = i * TABLE_ENTRIES * entryBytes(level);
    walk(host.machine.memory, (paToPfn(mmu.pgd_phys) + i) as Pfn, level, base, (ipa, pfn) => {
      const gpa = ipa % half;
      found.push({ gpa, gfn: (gpa / PAGE_SIZE) as Gfn, pfn, shared: ipa >= half });
    });
  }
  return found;
}

function walk(
  memory: PhysicalMemory,
  table: Pfn,
  level: number,
  base: number,
  visit: (ipa: number, pfn: Pfn) => void,
): void {
  const words = memory.peek(table);
  if (words === undefined) return;
  for (let i = 0; i < TABLE_ENTRIES; i++) {
    const low = words[2 * i] as number;
    const high = words[2 * i + 1] as number;
    if (low === 0 && high === 0) continue;
    const hipas = hipasOf(low, high, level);
    const ipa = base + i * entryBytes(level);
    const first = descriptorPfn(low, high);
    if (hipas === HIPAS.TABLE) walk(memory, first as Pfn, level + 1, ipa, visit);
    if (hipas !== HIPAS.ASSIGNED && hipas !== HIPAS.ASSIGNED_NS) continue;
    const pages = level === LAST_LEVEL ? 1 : entryBytes(level) / PAGE_SIZE;
    for (let n = 0; n < pages; n++) visit(ipa + n * PAGE_SIZE, (first + n) as Pfn);
  }
}
