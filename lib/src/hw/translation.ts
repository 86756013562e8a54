// SPDX-License-Identifier: MIT
import { alignDown, type Pfn, paToPfn } from "../base/address.ts";
import { PAS, type Pas } from "./granule-protection.ts";
import type { MemoryBus } from "./memory-bus.ts";
import {
  DESC_AF,
  DESC_HIGH_NS,
  DESC_S2AP_READ,
  DESC_S2AP_WRITE,
  DESC_TABLE_OR_PAGE,
  DESC_VALID,
  descriptorPa,
  entryBytes,
  entryIndex,
  entryNumber,
  isTableDescriptor,
  LAST_LEVEL,
  TABLE_ENTRIES,
} from "./stage2.ts";
import type { Tlb, TlbEntry } from "./tlb.ts";

/** A stage 2 address space as the hardware is told of it: what VTTBR and VTCR, or a stream table entry, hold. */
export interface Stage2Context {
  /** First of the root tables, which are consecutive pages. */
  readonly rootPfn: Pfn;
  /** Level of the root tables. */
  readonly startLevel: number;
  /** Width in bits of the addresses that are translated. */
  readonly ipaBits: number;
  /** Width in bits of the addresses that come out. */
  readonly paBits: number;
  /** Tag of cached translations. */
  readonly vmid: number;
  /** Space that the tables are read from, and that addresses are in unless their descriptor says Non-secure. */
  readonly pas: Pas;
}

/** Why a stage 2 translation failed. */
export type Stage2FaultKind =
  | "translation fault"
  | "permission fault"
  | "address size fault"
  | "access flag fault"
  /** A table of the walk is in another physical address space. */
  | "granule protection fault on a walk";

/** A translation that failed, and the level of the table that it failed at. */
export interface Stage2Fault {
  readonly fault: Stage2FaultKind;
  readonly level: number;
}

/** Where an address leads to. */
export interface Stage2Translation {
  readonly fault?: never;
  /** Physical address in bytes. */
  readonly pa: number;
  /** Space that the access is made in. */
  readonly pas: Pas;
  /** Level of the page or block descriptor. */
  readonly level: number;
}

/**
 * Translates an address as the hardware does: cached translations first, however stale, then a walk of the tables
 * in memory. What the walk finds is cached.
 *
 * @param ipa address in bytes
 * @spec Arm ARM, chapter D8 (stage 2 translation, faults)
 */
export function translate(
  bus: MemoryBus,
  tlb: Tlb,
  context: Stage2Context,
  ipa: number,
  write: boolean,
): Stage2Translation | Stage2Fault {
  // An address that is too wide is reported at level 0, wherever the tables start.
  if (!(ipa < 2 ** context.ipaBits)) return { fault: "translation fault", level: 0 };
  let entry = tlb.find(context.vmid, ipa);
  if (entry === undefined) {
    const walked = walk(bus, context, ipa);
    if ("fault" in walked) return walked;
    tlb.insert(context.vmid, ipa, walked);
    entry = walked;
  }
  const needed = write ? DESC_S2AP_WRITE : DESC_S2AP_READ;
  if ((entry.low & needed) === 0) return { fault: "permission fault", level: entry.level };
  const size = entryBytes(entry.level);
  return {
    pa: alignDown(descriptorPa(entry.low, entry.high), size) + (ipa % size),
    pas: (entry.high & DESC_HIGH_NS) !== 0 ? PAS.NonSecure : context.pas,
    level: entry.level,
  };
}

function walk(bus: MemoryBus, context: Stage2Context, ipa: number): TlbEntry | Stage2Fault {
  let table = context.rootPfn + Math.floor(entryNumber(ipa, context.startLevel) / TABLE_ENTRIES);
  for (let level = context.startLevel; ; level++) {
    if (bus.check(context.pas, table as Pfn) !== undefined) {
      return { fault: "granule protection fault on a walk", level };
    }
    const words = bus.memory.peek(table as Pfn);
    const index = entryIndex(ipa, level);
    const low = words?.[2 * index] ?? 0;
    const high = words?.[2 * index + 1] ?? 0;
    if ((low & DESC_VALID) === 0) return { fault: "translation fault", level };
    if (descriptorPa(low, high) >= 2 ** context.paBits) return { fault: "address size fault", level };
    if (isTableDescriptor(low, level)) {
      table = paToPfn(descriptorPa(low, high));
      continue;
    }
    const isPage = (low & DESC_TABLE_OR_PAGE) === DESC_TABLE_OR_PAGE;
    if (isPage !== (level === LAST_LEVEL) || level === 0) return { fault: "translation fault", level };
    if ((low & DESC_AF) === 0) return { fault: "access flag fault", level };
    return { level, low, high };
  }
}
