// SPDX-License-Identifier: MIT
import { type Gfn, gfnToGpa, hex, PAGE_SIZE, type Pfn } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import type { Host } from "../boot.ts";
import { gmemOf } from "../kernel/kvm/gmem-inode.ts";
import { Kvm } from "../kernel/kvm/kvm.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import { granuleStateName } from "../rmm/granules.ts";
import { mappingsOf, realms } from "./mappings.ts";

/** One thing that the actors of a race share, as it is at a moment. */
export interface RaceFact {
  /** What it is, in words. */
  readonly what: string;
  readonly value: string;
  /** The kind of state, as footprints name it. */
  readonly object: string;
  /** The page, for state that has one entry for each. */
  readonly part?: number;
}

/** The shared state of a race, by what it is about. */
export type RaceState = ReadonlyMap<string, RaceFact>;

/** A thing that changed. A value is "-" where there is none. */
export interface StateChange {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly object: string;
  readonly part?: number;
}

/**
 * What matters of a host while actors race on it: slots, attributes, the pages of each guest_memfd, the invalidation
 * count, what the realm's tables map, and for the frames of the guest their references and what the firmware takes
 * them for.
 *
 * @param frames frames that belong or belonged to the guest; those that are found are added
 */
export function raceState(host: Host, frames: Set<Pfn>): RaceState {
  const facts = new Map<string, RaceFact>();
  const add = (fact: RaceFact): void => {
    facts.set(fact.what, fact);
  };
  for (const vm of host.kernel.vm_list) if (vm instanceof Kvm) addVm(vm, add, frames);
  for (const kvm of realms(host)) {
    for (const { gpa, pfn, shared } of mappingsOf(host, kvm)) {
      frames.add(pfn);
      const half = shared ? ", shared half" : "";
      add({ what: `realm tables, ${hex(gpa)}${half}`, value: `frame ${hex(pfn)}`, object: "realm tables" });
    }
  }
  addFrames(host, add, frames);
  const warnings = host.kernel.log.lines.filter(({ level }) => level !== "info");
  if (warnings.length > 0)
    add({ what: "kernel log", value: warnings.map(({ text }) => text).join("; "), object: "kernel log" });
  return facts;
}

type Add = (fact: RaceFact) => void;

function addVm(kvm: Kvm, add: Add, frames: Set<Pfn>): void {
  for (const slot of kvm.memslots.gfn_tree) {
    const range = `${hex(gfnToGpa(slot.base_gfn))}, ${plural(slot.npages, "page")}`;
    add({ what: `slot ${slot.id}`, value: range, object: "kvm->memslots" });
  }
  for (const { id, base_gfn, npages, gmem } of kvm.memslots.gfn_tree) {
    if (gmem.file !== undefined) {
      gmemOf(gmem.file).inode.forEachPage((index, pfn) => {
        frames.add(pfn);
        const value = `frame ${hex(pfn)}`;
        add({ what: `file of slot ${id}, page ${index}`, value, object: "gmem page cache", part: index });
      });
    }
    if (npages > MOST_PAGES) continue;
    for (let gfn = base_gfn; gfn < base_gfn + npages; gfn++) {
      const value = kvm_mem_is_private(kvm, gfn as Gfn) ? "private" : "shared";
      add({ what: `attribute of ${hex(gfn * PAGE_SIZE)}`, value, object: "kvm->mem_attr_array" });
    }
  }
  const count = `${kvm.mmu_invalidate_seq}, ${kvm.mmu_invalidate_in_progress} in progress`;
  add({ what: "mmu_invalidate_seq", value: count, object: "kvm->mmu_invalidate_seq" });
}

/** In longer slots the attributes are left out. */
const MOST_PAGES = 16;

function addFrames(host: Host, add: Add, frames: ReadonlySet<Pfn>): void {
  for (const pfn of [...frames].sort((a, b) => a - b)) {
    const references = host.kernel.pages.page_count(pfn);
    const state = granuleStateName(host.rmm.state.granules.stateOf(pfn));
    const what = `frame ${hex(pfn)}`;
    add({ what: `${what}, references`, value: String(references), object: "frame", part: pfn });
    add({ what: `${what}, granule`, value: state, object: "frame", part: pfn });
  }
}

/** What a frame is when nobody has it. */
function absent(what: string): string {
  if (what.endsWith(", references")) return "0";
  if (what.endsWith(", granule")) return "NS";
  return what.startsWith("attribute of ") ? "shared" : "-";
}

/** What is different, in the order of the state. */
export function changesBetween(before: RaceState, after: RaceState): StateChange[] {
  const changes: StateChange[] = [];
  for (const what of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(what), after.get(what)];
    const { object, part } = (to ?? from) as RaceFact;
    const [was, is] = [from?.value ?? absent(what), to?.value ?? absent(what)];
    if (was === is) continue;
    changes.push({ what, before: was, after: is, object, ...(part === undefined ? {} : { part }) });
  }
  return changes;
}
