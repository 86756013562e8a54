// SPDX-License-Identifier: MIT
import {
  DESC_AF,
  DESC_HIGH_NS,
  DESC_HIGH_XN,
  DESC_MEMATTR,
  DESC_S2AP_READ,
  DESC_S2AP_WRITE,
  DESC_SH_INNER,
  DESC_TABLE_OR_PAGE,
  DESC_VALID,
  isTableDescriptor,
  LAST_LEVEL,
} from "../hw/stage2.ts";

/**
 * What a realm translation table entry holds, as bytes. The hardware reads a valid descriptor; in one that is not
 * valid the RMM keeps its own state: RIPAS in bits 2:1, HIPAS in bits 5:3, NS in bit 55 and, where memory is
 * assigned, the address in its usual place. So an ASSIGNED entry whose RIPAS is not RAM keeps its page although
 * the realm cannot reach it.
 *
 * @spec RMM 1.0, RmmHipas and RmmRipas; the bits are those of TF-RMM (lib/s2tt), and not part of the interface
 */

/** Realm IPA state: what the realm believes an address of its protected half to be. */
export const RIPAS = { EMPTY: 0, RAM: 1, DESTROYED: 2, DEV: 3 } as const;
/** One of the realm IPA states. */
export type Ripas = (typeof RIPAS)[keyof typeof RIPAS];

/** Host IPA state: what the host has put at an address. */
export const HIPAS = { UNASSIGNED: 0, ASSIGNED: 1, UNASSIGNED_NS: 2, ASSIGNED_NS: 3, TABLE: 4 } as const;
/** One of the host IPA states. */
export type Hipas = (typeof HIPAS)[keyof typeof HIPAS];

const RIPAS_NAMES = Object.keys(RIPAS) as (keyof typeof RIPAS)[];
const HIPAS_NAMES = Object.keys(HIPAS) as (keyof typeof HIPAS)[];

/** Name of a RIPAS as the RMM spells it. */
export function ripasName(ripas: Ripas): keyof typeof RIPAS {
  return RIPAS_NAMES[ripas] as keyof typeof RIPAS;
}

/** Name of a HIPAS as the RMM spells it. */
export function hipasName(hipas: Hipas): keyof typeof HIPAS {
  return HIPAS_NAMES[hipas] as keyof typeof HIPAS;
}

const RIPAS_SHIFT = 1;
const RIPAS_MASK = 3;
const HIPAS_ASSIGNED_BIT = 1 << 3;
const MEMATTR_NORMAL = 6 << 2;

/** Bits of a descriptor that the host chooses for its own memory: MemAttr and S2AP. */
export const HOST_ATTRIBUTES: number = DESC_MEMATTR | DESC_S2AP_READ | DESC_S2AP_WRITE;

const RAM_ATTRIBUTES = DESC_AF | DESC_SH_INNER | DESC_S2AP_READ | DESC_S2AP_WRITE | MEMATTR_NORMAL;

/** HIPAS of an entry found at `level`. */
export function hipasOf(low: number, high: number, level: number): Hipas {
  if ((low & DESC_VALID) !== 0) {
    if (isTableDescriptor(low, level)) return HIPAS.TABLE;
    return (high & DESC_HIGH_NS) !== 0 ? HIPAS.ASSIGNED_NS : HIPAS.ASSIGNED;
  }
  if ((high & DESC_HIGH_NS) !== 0) return HIPAS.UNASSIGNED_NS;
  return (low & HIPAS_ASSIGNED_BIT) !== 0 ? HIPAS.ASSIGNED : HIPAS.UNASSIGNED;
}

/** RIPAS of a protected entry that is UNASSIGNED or ASSIGNED. */
export function ripasOf(low: number): Ripas {
  return (low & DESC_VALID) !== 0 ? RIPAS.RAM : (((low >> RIPAS_SHIFT) & RIPAS_MASK) as Ripas);
}

/** True when an entry has an address: assigned memory, host memory, or a table. */
export function isLive(low: number): boolean {
  return (low & (DESC_VALID | HIPAS_ASSIGNED_BIT)) !== 0;
}

/** True for an entry whose HIPAS is UNASSIGNED, which needs no level to tell. */
export function isUnassigned(low: number, high: number): boolean {
  return !isLive(low) && (high & DESC_HIGH_NS) === 0;
}

/** Low word of an UNASSIGNED entry; the high word is 0. */
export function unassignedLow(ripas: Ripas): number {
  return ripas << RIPAS_SHIFT;
}

/** Bits 11:0 of an ASSIGNED entry; the address goes above them. */
export function assignedBits(ripas: Ripas, level: number): number {
  if (ripas !== RIPAS.RAM) return HIPAS_ASSIGNED_BIT | (ripas << RIPAS_SHIFT);
  return RAM_ATTRIBUTES | leafType(level);
}

/** Low word of an UNASSIGNED_NS entry. */
export const UNASSIGNED_NS_LOW = 0;
/** High word of an UNASSIGNED_NS entry. */
export const UNASSIGNED_NS_HIGH: number = DESC_HIGH_NS;

/** Bits 11:0 of an ASSIGNED_NS entry, with the attributes that the host chose. */
export function assignedNsBits(hostAttributes: number, level: number): number {
  return hostAttributes | DESC_AF | DESC_SH_INNER | leafType(level);
}

/** High word of an ASSIGNED_NS entry, without the address. */
export const ASSIGNED_NS_HIGH: number = DESC_HIGH_NS | DESC_HIGH_XN;

/** Bits 11:0 of an entry that points to a table. */
export const TABLE_BITS: number = DESC_TABLE_OR_PAGE;

function leafType(level: number): number {
  return level === LAST_LEVEL ? DESC_TABLE_OR_PAGE : DESC_VALID;
}
