// SPDX-License-Identifier: MIT

import { alignDown } from "../base/address.ts";
import { touches } from "../base/footprint.ts";
import { unmodelled } from "../base/unmodelled.ts";
import type { GuestAction } from "../hw/processor.ts";
import { entryBytes, isEntryAligned, LAST_LEVEL } from "../hw/stage2.ts";
import type { RmiCall } from "./call.ts";
import {
  PSCI_SYSTEM_OFF,
  PSCI_SYSTEM_RESET,
  RSI_ATTESTATION_TOKEN_CONTINUE,
  RSI_ATTESTATION_TOKEN_INIT,
  RSI_FEATURES,
  RSI_HOST_CALL,
  RSI_IPA_STATE_GET,
  RSI_IPA_STATE_SET,
  RSI_MEASUREMENT_EXTEND,
  RSI_MEASUREMENT_READ,
  RSI_RDEV_CONTINUE,
  RSI_RDEV_GET_INSTANCE_ID,
  RSI_RDEV_GET_STATE,
  RSI_RDEV_LOCK,
  RSI_RDEV_START,
  RSI_RDEV_STOP,
  RSI_REALM_CONFIG,
  RSI_VERSION,
} from "./fid.ts";
import { hostCall, realmConfig } from "./host-call.ts";
import { rdevContinue, rdevGetInstanceId, rdevGetState, rdevOperation } from "./rdev.ts";
import { REALM, type Realm } from "./realm.ts";
import type { Rec } from "./rec.ts";
import { REC_EXIT, type RecExit } from "./rec-run.ts";
import { RSI_ERROR_INPUT, RSI_SUCCESS } from "./rsi-status.ts";
import { HIPAS, hipasOf, RIPAS, ripasOf } from "./rtt-entry.ts";
import { SMC_UNKNOWN } from "./status.ts";

type RealmCall = Extract<GuestAction, { op: "smc" }>;

/** What a call of the realm does: leaves for the host, or answers at once in `rec.result`. */
type Handler = (
  call: RmiCall,
  rec: Rec,
  x1: number,
  x2: number,
  x3: number,
  x4: number,
) => RecExit | undefined;

const RSI_REVISION_1_0 = 1 << 16;

const calls: ReadonlyMap<number, readonly [name: string, handler: Handler]> = new Map([
  [RSI_VERSION, ["RSI_VERSION", version]],
  [RSI_FEATURES, ["RSI_FEATURES", (_call, rec) => rec.answer(RSI_SUCCESS, 0)]],
  [RSI_REALM_CONFIG, ["RSI_REALM_CONFIG", realmConfig]],
  [RSI_IPA_STATE_SET, ["RSI_IPA_STATE_SET", ipaStateSet]],
  [RSI_IPA_STATE_GET, ["RSI_IPA_STATE_GET", ipaStateGet]],
  [RSI_HOST_CALL, ["RSI_HOST_CALL", hostCall]],
  [RSI_MEASUREMENT_READ, ["RSI_MEASUREMENT_READ", () => unmodelled("RSI_MEASUREMENT_READ")]],
  [RSI_MEASUREMENT_EXTEND, ["RSI_MEASUREMENT_EXTEND", () => unmodelled("RSI_MEASUREMENT_EXTEND")]],
  [
    RSI_ATTESTATION_TOKEN_INIT,
    ["RSI_ATTESTATION_TOKEN_INIT", () => unmodelled("RSI_ATTESTATION_TOKEN_INIT")],
  ],
  [
    RSI_ATTESTATION_TOKEN_CONTINUE,
    ["RSI_ATTESTATION_TOKEN_CONTINUE", () => unmodelled("RSI_ATTESTATION_TOKEN_CONTINUE")],
  ],
  [RSI_RDEV_GET_INSTANCE_ID, ["RSI_RDEV_GET_INSTANCE_ID", rdevGetInstanceId]],
  [RSI_RDEV_GET_STATE, ["RSI_RDEV_GET_STATE", rdevGetState]],
  [RSI_RDEV_LOCK, ["RSI_RDEV_LOCK", rdevOperation("lock")]],
  [RSI_RDEV_START, ["RSI_RDEV_START", rdevOperation("start")]],
  [RSI_RDEV_STOP, ["RSI_RDEV_STOP", rdevOperation("stop")]],
  [RSI_RDEV_CONTINUE, ["RSI_RDEV_CONTINUE", rdevContinue]],
  [PSCI_SYSTEM_OFF, ["PSCI_SYSTEM_OFF", turnOff(PSCI_SYSTEM_OFF)]],
  [PSCI_SYSTEM_RESET, ["PSCI_SYSTEM_RESET", turnOff(PSCI_SYSTEM_RESET)]],
] as const);

/** A call that the realm makes to the RMM. An unknown function answers -1. */
export function callFromRealm(call: RmiCall, rec: Rec, { fid, args }: RealmCall): RecExit | undefined {
  if (touches.on) touches.everything();
  const isThere = call.deviceAssignment || fid < RSI_RDEV_GET_INSTANCE_ID || fid > RSI_RDEV_STOP;
  const known = isThere ? calls.get(fid) : undefined;
  const [name, handler] = known ?? [`SMC 0x${fid.toString(16)}`, unknownFunction];
  const [x1 = 0, x2 = 0, x3 = 0, x4 = 0] = args;
  const exit = handler(call, rec, x1, x2, x3, x4);
  if (call.machine.trace.on) tell(call, rec, name, [x1, x2, x3, x4]);
  return exit;
}

function tell(call: RmiCall, rec: Rec, name: string, [x1 = 0, x2 = 0, x3 = 0, x4 = 0]: number[]): void {
  const result = rec.result.kind === "returned" ? { result: rec.result.x0 } : {};
  call.machine.trace.emit({ kind: "smc", name, detail: { rec: BigInt(rec.pa), x1, x2, x3, x4 }, ...result });
}

function unknownFunction(_call: RmiCall, rec: Rec): undefined {
  return rec.answer(SMC_UNKNOWN);
}

function version(_call: RmiCall, rec: Rec, requested: number): undefined {
  const status = requested === RSI_REVISION_1_0 ? RSI_SUCCESS : RSI_ERROR_INPUT;
  return rec.answer(status, RSI_REVISION_1_0, RSI_REVISION_1_0);
}

function isProtectedRange(realm: Realm, base: number, top: number): boolean {
  return (
    base < top &&
    top <= realm.protectedEnd &&
    isEntryAligned(base, LAST_LEVEL) &&
    isEntryAligned(top, LAST_LEVEL)
  );
}

/** Bit of the flags: the realm agrees to lose what DESTROYED addresses held. */
const CHANGE_DESTROYED = 1;

/**
 * The realm asks for addresses to become RAM or EMPTY. The host decides; the realm is told at its next entry.
 *
 * @rmm RSI_IPA_STATE_SET
 */
function ipaStateSet(
  _call: RmiCall,
  rec: Rec,
  base: number,
  top: number,
  ripas: number,
  flags: number,
): RecExit | undefined {
  const wanted = ripas === RIPAS.EMPTY || ripas === RIPAS.RAM ? ripas : undefined;
  if (wanted === undefined || !isProtectedRange(rec.realm, base, top)) return rec.answer(RSI_ERROR_INPUT);
  rec.ripasRequest = { reached: base, top, ripas: wanted, changeDestroyed: flags % 2 === CHANGE_DESTROYED };
  return { exit_reason: REC_EXIT.RIPAS_CHANGE, ripas_base: base, ripas_top: top, ripas_value: ripas };
}

/**
 * The RIPAS at an address, and how far it reaches: within one table, at most to the end that was asked for.
 *
 * @rmm RSI_IPA_STATE_GET
 */
function ipaStateGet(call: RmiCall, rec: Rec, base: number, top: number): undefined {
  if (!isProtectedRange(rec.realm, base, top)) return rec.answer(RSI_ERROR_INPUT);
  const { walk } = call;
  walk.to(rec.realm, base, LAST_LEVEL);
  const ripas = ripasOf(walk.low);
  const size = entryBytes(walk.level);
  let reached = alignDown(base, size);
  do reached += size;
  while (
    reached < top &&
    walk.next() &&
    hipasOf(walk.low, walk.high, walk.level) !== HIPAS.TABLE &&
    ripasOf(walk.low) === ripas
  );
  return rec.answer(RSI_SUCCESS, Math.min(reached, top), ripas);
}

function turnOff(fid: number): Handler {
  return (_call, rec) => {
    rec.realm.state = REALM.SYSTEM_OFF;
    return { exit_reason: REC_EXIT.PSCI, exit_gprs: [fid] };
  };
}
