// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../base/layout.ts";
import { PAS } from "../hw/granule-protection.ts";
import { entryBytes, LAST_LEVEL } from "../hw/stage2.ts";
import type { RmiCall } from "./call.ts";
import { RSI_HOST_CALL, RSI_REALM_CONFIG } from "./fid.ts";
import type { Rec } from "./rec.ts";
import { REC_EXIT, type RecEntry, type RecExit } from "./rec-run.ts";
import { RSI_ERROR_INPUT, RSI_SUCCESS } from "./rsi-status.ts";
import { HIPAS, hipasOf, RIPAS, ripasOf } from "./rtt-entry.ts";

/** Calls of the realm that pass a structure in its own memory. */

const HOST_CALL_LAYOUT = { imm: ["u16", 0x0], gprs: ["u64", 0x8, 31] } as const;

/** What a realm wants to tell the host, and where the host's answer arrives. @spec RMM 1.0, RsiHostCall */
export const rsi_host_call: Struct<typeof HOST_CALL_LAYOUT> = struct(
  "rsi_host_call",
  HOST_CALL_LAYOUT,
  0x100,
  "RMM 1.0, RsiHostCall",
);

const REALM_CONFIG_LAYOUT = { ipa_width: ["u64", 0x0], hash_algo: ["u64", 0x8] } as const;

/** What a realm can learn of itself. @spec RMM 1.0, RsiRealmConfig */
export const rsi_realm_config: Struct<typeof REALM_CONFIG_LAYOUT> = struct(
  "rsi_realm_config",
  REALM_CONFIG_LAYOUT,
  0x1000,
  "RMM 1.0, RsiRealmConfig",
);

/** Where a structure of the realm lies in memory, or what stands in the way. */
type Place = { readonly pa: number } | { readonly exit: RecExit } | { readonly error: true };

/** Finds a structure of the realm: it must be aligned to its size and in the protected half. */
function locate(call: RmiCall, rec: Rec, ipa: number, size: number): Place {
  const { walk } = call;
  if (!(ipa < rec.realm.protectedEnd) || ipa % size !== 0) return { error: true };
  walk.to(rec.realm, ipa, LAST_LEVEL);
  const ripas = ripasOf(walk.low);
  if (ripas === RIPAS.EMPTY) return { error: true };
  if (hipasOf(walk.low, walk.high, walk.level) === HIPAS.ASSIGNED && ripas === RIPAS.RAM) {
    return { pa: walk.pa + (ipa % entryBytes(walk.level)) };
  }
  // The host is asked for memory, as if the realm had touched the address itself.
  const esr = 0x9000_0004 + walk.level;
  return { exit: { exit_reason: REC_EXIT.SYNC, esr, hpfar: Math.floor(ipa / 2 ** 12) * 2 ** 4 } };
}

/** Locates a structure for a call; without one the call is answered, or made again after an exit to the host. */
function located(
  call: RmiCall,
  rec: Rec,
  fid: number,
  ipa: number,
  size: number,
): number | RecExit | undefined {
  const place = locate(call, rec, ipa, size);
  if ("pa" in place) return place.pa;
  if ("error" in place) return rec.answer(RSI_ERROR_INPUT);
  rec.dataAbort = { action: { op: "smc", fid, args: [ipa] }, shared: false };
  return place.exit;
}

/**
 * Leaves for the host with a number and 31 registers; the host's registers come back at the next entry.
 *
 * @rmm RSI_HOST_CALL
 */
export function hostCall(call: RmiCall, rec: Rec, ipa: number): RecExit | undefined {
  const at = located(call, rec, RSI_HOST_CALL, ipa, rsi_host_call.byteLength);
  if (typeof at !== "number") return at;
  const bytes = new Uint8Array(rsi_host_call.byteLength);
  call.machine.bus.read(PAS.Realm, at, bytes);
  const { imm, gprs } = rsi_host_call.decode(bytes);
  rec.hostCallIpa = ipa;
  return { exit_reason: REC_EXIT.HOST_CALL, imm, exit_gprs: gprs };
}

/** Hands the host's registers to the realm, if it waits for them. */
export function answerHostCall(call: RmiCall, rec: Rec, entry: RecEntry): void {
  if (rec.hostCallIpa === undefined) return;
  const place = locate(call, rec, rec.hostCallIpa, rsi_host_call.byteLength);
  rec.hostCallIpa = undefined;
  if ("pa" in place) {
    const imm = new Uint8Array(2);
    call.machine.bus.read(PAS.Realm, place.pa, imm);
    const bytes = rsi_host_call({ gprs: entry.gprs });
    bytes.set(imm);
    call.machine.bus.write(PAS.Realm, place.pa, bytes);
  }
  rec.answer(RSI_SUCCESS);
}

/** Tells a realm the width of its address space and its hash algorithm. @rmm RSI_REALM_CONFIG */
export function realmConfig(call: RmiCall, rec: Rec, ipa: number): RecExit | undefined {
  const at = located(call, rec, RSI_REALM_CONFIG, ipa, rsi_realm_config.byteLength);
  if (typeof at !== "number") return at;
  const { ipaBits, hashAlgorithm } = rec.realm;
  call.machine.bus.write(PAS.Realm, at, rsi_realm_config({ ipa_width: ipaBits, hash_algo: hashAlgorithm }));
  return rec.answer(RSI_SUCCESS);
}
