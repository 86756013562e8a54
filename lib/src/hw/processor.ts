// SPDX-License-Identifier: MIT
import type { BusFault, MemoryBus } from "./memory-bus.ts";
import type { Tlb } from "./tlb.ts";
import { type Stage2Context, type Stage2FaultKind, translate } from "./translation.ts";

/** What a program in a realm does next. Loads and stores move 8 bytes, and their address is a multiple of 8. */
export type GuestAction =
  | { readonly op: "load"; readonly ipa: number }
  | { readonly op: "store"; readonly ipa: number; readonly value: bigint }
  /** An RSI or PSCI call: function id and x1 on. */
  | { readonly op: "smc"; readonly fid: number; readonly args: readonly number[] }
  /** Nothing that can be seen from outside, until an interrupt for the host arrives. */
  | { readonly op: "wait" };

/** What came of the previous action. */
export type GuestResult =
  /** There was none: the program starts, or it waited. */
  | { readonly kind: "none" }
  | { readonly kind: "loaded"; readonly value: bigint; readonly place?: AccessPlace }
  | { readonly kind: "stored"; readonly place?: AccessPlace }
  /** The access ended in an exception that the realm takes itself. */
  | {
      readonly kind: "aborted";
      readonly reason: "external abort" | "granule protection fault";
      readonly place: Partial<AccessPlace>;
    }
  /** Result registers of an RSI or PSCI call. */
  | { readonly kind: "returned"; readonly x0: number; readonly x1: number; readonly x2: number };

/** Where an access went. */
export interface AccessPlace {
  /** Level of the entry that translated the address. */
  readonly level: number;
  /** Physical address in bytes. */
  readonly pa: number;
  /** True when the access left the realm for memory of the host. */
  readonly shared: boolean;
}

/**
 * A program that runs in a REC: asked for its next action each time, and told what came of the previous one. A
 * generator is one; when it returns, the REC has nothing more to do.
 *
 * @example
 * ```ts
 * function* guest(): RealmProgram {
 *   const result = yield { op: "load", ipa: 0x8000_1000 };
 *   if (result.kind === "loaded") yield { op: "store", ipa: 0x8000_2000, value: result.value };
 * }
 * ```
 */
export type RealmProgram = Iterator<GuestAction, undefined, GuestResult>;

/** An access that did not reach memory. */
export interface AccessFault {
  readonly fault: Stage2FaultKind | BusFault;
  readonly level: number;
  /** Where the access was going, when the translation succeeded. */
  readonly place?: AccessPlace;
}

/** An access that reached memory. */
export interface AccessDone {
  readonly fault?: never;
  /** The 8 bytes that were there before, as a little-endian number. */
  readonly value: bigint;
  readonly place: AccessPlace;
}

/**
 * A load or store of 8 bytes by a processor that runs with a stage 2 translation.
 *
 * @param store the value to store; a load without it
 */
export function accessMemory(
  bus: MemoryBus,
  tlb: Tlb,
  context: Stage2Context,
  ipa: number,
  store?: bigint,
): AccessDone | AccessFault {
  const translation = translate(bus, tlb, context, ipa, store !== undefined);
  if (translation.fault !== undefined) return translation;
  const { pa, pas, level } = translation;
  const place = { level, pa, shared: pas !== context.pas };
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  const fault = bus.read(pas, pa, bytes);
  if (fault !== undefined) return { fault, level, place };
  const value = view.getBigUint64(0, true);
  if (store !== undefined) {
    view.setBigUint64(0, BigInt.asUintN(64, store), true);
    bus.write(pas, pa, bytes);
  }
  return { value, place };
}
