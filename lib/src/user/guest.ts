// SPDX-License-Identifier: MIT
import type { GuestAction, GuestResult } from "../hw/processor.ts";
import { RSI_IPA_STATE_SET } from "../rmm/fid.ts";

/** A program for a realm, written as a generator: each `yield` is one thing the processor does. */
export type GuestProgram = Generator<GuestAction, undefined, GuestResult>;

/** What a guest found out, for whoever wrote it. */
export interface GuestNotebook {
  /** 8-byte values it read, in order. An access that aborted leaves `undefined`. */
  readonly read: (bigint | undefined)[];
}

/** Reads 8 bytes at each address (bytes, multiples of 8), once for each time it is asked to go on. */
export function* readingGuest(addresses: readonly number[], notebook: GuestNotebook): GuestProgram {
  for (;;) {
    for (const ipa of addresses) {
      const result = yield { op: "load", ipa };
      notebook.read.push(result.kind === "loaded" ? result.value : undefined);
    }
    yield { op: "wait" };
  }
}

/** Stores values at addresses (bytes, multiples of 8), then waits for good. */
export function* writingGuest(stores: readonly (readonly [ipa: number, value: bigint])[]): GuestProgram {
  for (const [ipa, value] of stores) yield { op: "store", ipa, value };
  return undefined;
}

/** RIPAS values that a realm can ask for. */
export const RSI_RIPAS = { EMPTY: 0, RAM: 1 } as const;

/**
 * Asks for a range (bytes, end exclusive) to become private RAM or to be given up, page by page as far as the
 * host goes along. Memory that was destroyed may become RAM again: the realm says so with flag bit 0.
 *
 * @rmm RSI_IPA_STATE_SET
 */
export function* changeRipas(
  base: number,
  top: number,
  ripas: (typeof RSI_RIPAS)[keyof typeof RSI_RIPAS],
): Generator<GuestAction, boolean, GuestResult> {
  for (let reached = base; reached < top; ) {
    const result = yield { op: "smc", fid: RSI_IPA_STATE_SET, args: [reached, top, ripas, 1] };
    if (result.kind !== "returned" || result.x0 !== 0 || result.x2 !== 0 || result.x1 <= reached)
      return false;
    reached = result.x1;
  }
  return true;
}
