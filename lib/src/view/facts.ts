// SPDX-License-Identifier: MIT
import { gfnToGpa, hex, PAGE_SIZE, type Pfn, pfnToPa } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import { pasName } from "../hw/granule-protection.ts";
import { descriptorPa, descriptorPfn, entryBytes, isTableDescriptor, TABLE_ENTRIES } from "../hw/stage2.ts";
import { iommufd_ctx, objectTypeName } from "../kernel/iommufd/object-table.ts";
import { gmemOf, KVM_GMEM_FOPS } from "../kernel/kvm/gmem-inode.ts";
import { Kvm } from "../kernel/kvm/kvm.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import { granuleStateName } from "../rmm/granules.ts";
import type { Realm } from "../rmm/realm.ts";
import { HIPAS, hipasName, hipasOf, isLive, RIPAS, ripasName, ripasOf } from "../rmm/rtt-entry.ts";
import { openFiles, type Subject } from "./find.ts";
import { slotFlagNames } from "./memslots.ts";

/** What a fact is about. */
export type FactGroup =
  | "granules"
  | "page references"
  | "realm tables"
  | "VM"
  | "memory slots"
  | "attributes"
  | "guest_memfd"
  | "files"
  | "iommufd objects"
  | "locks"
  | "devices"
  | "kernel log";

/** One thing that holds at a moment. */
export interface Fact {
  readonly group: FactGroup;
  /** What it is about, without the address. */
  readonly name: string;
  readonly value: string;
  /** Address in bytes that the fact is about, and how many bytes from there on. */
  readonly at?: number;
  readonly bytes?: number;
  /** Physical address that belongs to the value. */
  readonly pa?: number;
}

/** Everything that holds at a moment, by a key that stays the same from one moment to the next. */
export type HostState = ReadonlyMap<string, Fact>;

/** Collects facts; what is as it is on a fresh machine is left out. */
class Facts {
  readonly all = new Map<string, Fact>();

  add(fact: Fact): void {
    this.all.set(`${fact.group}|${fact.name}|${fact.at ?? ""}`, fact);
  }
}

function addPages(facts: Facts, { machine, rmm, kernel }: Subject): void {
  machine.gpt.forEachAssigned((pfn, pas) => {
    const state = granuleStateName(rmm.state.granules.stateOf(pfn));
    const value = `${state}, ${pasName(pas)}`;
    facts.add({ group: "granules", name: "granule", value, at: pfnToPa(pfn), bytes: PAGE_SIZE });
  });
  kernel.pages.forEachUsed((pfn, references) => {
    const value = String(references);
    facts.add({ group: "page references", name: "page", value, at: pfnToPa(pfn), bytes: PAGE_SIZE });
  });
}

/** Entries of a table that say something: those with an address, and those that are RAM, DEV or DESTROYED. */
function addTable(facts: Facts, host: Subject, realm: Realm, table: Pfn, level: number, ipa: number): void {
  const name = `VMID ${realm.vmid} level ${level}`;
  const words = host.machine.memory.peek(table);
  const bytes = entryBytes(level);
  const pa = pfnToPa(table);
  facts.add({
    group: "realm tables",
    name: `${name} table for IPA`,
    value: "table",
    at: ipa,
    bytes: bytes * TABLE_ENTRIES,
    pa,
  });
  if (words === undefined) return;
  for (let i = 0; i < TABLE_ENTRIES; i++) {
    const [low, high] = [words[2 * i] as number, words[2 * i + 1] as number];
    const at = ipa + i * bytes;
    if (at >= realm.ipaEnd) break;
    if (isTableDescriptor(low, level)) {
      addTable(facts, host, realm, descriptorPfn(low, high) as Pfn, level + 1, at);
      continue;
    }
    const hipas = hipasOf(low, high, level);
    const ns = hipas === HIPAS.UNASSIGNED_NS || hipas === HIPAS.ASSIGNED_NS || at >= realm.protectedEnd;
    if (!isLive(low) && (ns || ripasOf(low) === RIPAS.EMPTY)) continue;
    const value = ns ? hipasName(hipas) : `${hipasName(hipas)}, ${ripasName(ripasOf(low))}`;
    const entry: Fact = { group: "realm tables", name: `${name} entry of IPA`, value, at, bytes };
    facts.add(isLive(low) ? { ...entry, pa: descriptorPa(low, high) } : entry);
  }
}

function addRealms(facts: Facts, host: Subject): void {
  for (const realm of host.rmm.state.realms.values()) {
    for (let root = 0; root < realm.rootCount; root++) {
      const first = root * TABLE_ENTRIES * entryBytes(realm.startLevel);
      addTable(facts, host, realm, (realm.rootPfn + root) as Pfn, realm.startLevel, first);
    }
  }
}

function addVms(facts: Facts, host: Subject): void {
  const vms = [...host.kernel.vm_list].filter((vm): vm is Kvm => vm instanceof Kvm);
  vms.forEach((kvm, i) => {
    const vm = vms.length === 1 ? "VM" : `VM ${i + 1}`;
    const { realm } = kvm.arch;
    facts.add({ group: "VM", name: `${vm} users_count`, value: String(kvm.users_count) });
    if (kvm.arch.is_realm) facts.add({ group: "VM", name: `${vm} realm state`, value: realm.state });
    facts.add({ group: "VM", name: `${vm} mmu_invalidate_seq`, value: String(kvm.mmu_invalidate_seq) });
    for (const slot of kvm.memslots.gfn_tree) {
      const range = `${hex(gfnToGpa(slot.base_gfn))}, ${plural(slot.npages, "page")}, ${slotFlagNames(slot.flags)}`;
      facts.add({ group: "memory slots", name: `${vm} slot ${slot.id}`, value: range });
    }
    for (const { start, end } of kvm.mem_attr_array.within(0, Number.POSITIVE_INFINITY)) {
      const value = kvm_mem_is_private(kvm, start) ? "private" : "shared";
      const name = `${vm} attribute of GPA`;
      facts.add({
        group: "attributes",
        name,
        value,
        at: start * PAGE_SIZE,
        bytes: (end - start) * PAGE_SIZE,
      });
    }
    for (const lock of [kvm.mmu_lock, kvm.slots_lock, kvm.slots_arch_lock, kvm.lock])
      if (lock.held) facts.add({ group: "locks", name: lock.name, value: "held" });
    if (kvm.srcu.readers > 0)
      facts.add({ group: "locks", name: kvm.srcu.name, value: `${kvm.srcu.readers} inside` });
  });
}

function addFiles(facts: Facts, host: Subject): void {
  for (const { fd, file } of openFiles(host)) {
    const kind = file.f_op.name.replace(/_fops$/, "");
    facts.add({ group: "files", name: `fd ${fd} (${kind}) f_count`, value: String(file.f_count) });
    if (file.f_op.name === KVM_GMEM_FOPS) {
      gmemOf(file).inode.forEachPage((index, pfn) => {
        const at = index * PAGE_SIZE;
        const name = `fd ${fd} offset`;
        facts.add({ group: "guest_memfd", name, value: "page", at, bytes: PAGE_SIZE, pa: pfnToPa(pfn) });
      });
    }
    if (!(file.private_data instanceof iommufd_ctx)) continue;
    for (const { id, type, users, wait_cnt } of file.private_data.objects.all()) {
      const name = `${objectTypeName(type)} ${id}`;
      facts.add({ group: "iommufd objects", name, value: `users ${users}, wait_cnt ${wait_cnt}` });
    }
  }
}

function addDevices(facts: Facts, { machine }: Subject): void {
  for (const { requesterId, tdiState } of machine.functions.values()) {
    const stream = machine.smmu.realmStream(requesterId);
    facts.add({ group: "devices", name: `device ${hex(requesterId)} TDI state`, value: tdiState });
    if (stream === undefined) continue;
    const value = `tables of VMID ${stream.vmid}`;
    facts.add({ group: "devices", name: `device ${hex(requesterId)} realm stream`, value });
  }
}

/**
 * What holds on a host at this moment, as far as it is not as on a machine that was just switched on: granules,
 * references, realm tables, slots, attributes, files, objects, locks, devices. Two of them can be compared.
 */
export function hostState(host: Subject): HostState {
  const facts = new Facts();
  addVms(facts, host);
  addFiles(facts, host);
  addRealms(facts, host);
  addPages(facts, host);
  addDevices(facts, host);
  const lines = host.kernel.log.lines.length;
  if (lines > 0) facts.add({ group: "kernel log", name: "lines", value: String(lines) });
  return facts.all;
}
