// SPDX-License-Identifier: MIT
import { PAS } from "../hw/granule-protection.ts";
import { type AccessFault, accessMemory, type GuestAction } from "../hw/processor.ts";
import { LAST_LEVEL } from "../hw/stage2.ts";
import type { Stage2Context } from "../hw/translation.ts";
import type { RmiCall } from "./call.ts";
import { PA_BITS } from "./limits.ts";
import type { Realm } from "./realm.ts";
import { NO_RESULT, type Rec } from "./rec.ts";
import { REC_EXIT, type RecExit } from "./rec-run.ts";
import { callFromRealm } from "./rsi.ts";
import { RIPAS, ripasOf } from "./rtt-entry.ts";

/** After so many actions the host's timer ticks, so that a program without end does not keep the processor. */
const ACTIONS_PER_TICK = 100_000;

/** The realm's tables as the hardware uses them, for processors and devices alike. */
export function stage2Of(realm: Realm): Stage2Context {
  return {
    rootPfn: realm.rootPfn,
    startLevel: realm.startLevel,
    ipaBits: realm.ipaBits,
    paBits: PA_BITS,
    vmid: realm.vmid,
    pas: PAS.Realm,
  };
}

/** Runs the program of a REC until it needs the host. */
export function runRealm(call: RmiCall, rec: Rec): RecExit {
  const context = stage2Of(rec.realm);
  for (let n = 0; n < ACTIONS_PER_TICK; n++) {
    const action = nextAction(rec);
    if (action === undefined || action.op === "wait") return { exit_reason: REC_EXIT.FIQ };
    const exit = action.op === "smc" ? callFromRealm(call, rec, action) : access(call, rec, context, action);
    if (exit !== undefined) return exit;
  }
  return { exit_reason: REC_EXIT.IRQ };
}

// An access that aborted is made again; otherwise the program is told what came of its last action.
function nextAction(rec: Rec): GuestAction | undefined {
  const aborted = rec.dataAbort;
  if (aborted !== undefined) {
    rec.dataAbort = undefined;
    return aborted.action;
  }
  const result = rec.result;
  rec.result = NO_RESULT;
  return rec.program?.next(result).value;
}

type Access = Extract<GuestAction, { op: "load" | "store" }>;

function access(call: RmiCall, rec: Rec, context: Stage2Context, action: Access): RecExit | undefined {
  const { bus, tlb, trace } = call.machine;
  const store = action.op === "store" ? action.value : undefined;
  const outcome = accessMemory(bus, tlb, context, action.ipa, store);
  if (trace.on) {
    trace.emit({
      kind: "access",
      name: `realm ${action.op}`,
      detail: { rec: BigInt(rec.pa), ipa: action.ipa, outcome: outcome.fault ?? "done" },
    });
  }
  if (outcome.fault === undefined) {
    const { value, place } = outcome;
    rec.result = action.op === "load" ? { kind: "loaded", value, place } : { kind: "stored", place };
    return undefined;
  }
  return handleFault(call, rec, action, outcome);
}

/** What the RMM makes of an access that faulted: the host's affair, or the realm's own. */
function handleFault(call: RmiCall, rec: Rec, action: Access, outcome: AccessFault): RecExit | undefined {
  const { realm } = rec;
  const { fault, level, place } = outcome;
  if (fault === "granule protection fault" || fault === "granule protection fault on a walk") {
    rec.result = { kind: "aborted", reason: "granule protection fault", place: place ?? { level } };
    return undefined;
  }
  if (!(action.ipa < realm.ipaEnd) || isEmpty(call, realm, action.ipa)) {
    rec.result = { kind: "aborted", reason: "external abort", place: { level } };
    return undefined;
  }
  const shared = action.ipa >= realm.protectedEnd;
  rec.dataAbort = { action, shared };
  const status = (fault === "permission fault" ? FSC_PERMISSION : FSC_TRANSLATION) + level;
  const hpfar = Math.floor(action.ipa / 2 ** 12) * 2 ** 4;
  // Of an access to its own half the host learns the page and nothing else.
  if (!shared) return { exit_reason: REC_EXIT.SYNC, esr: ESR_DATA_ABORT + status, hpfar };
  const write = action.op === "store";
  return {
    exit_reason: REC_EXIT.SYNC,
    esr: ESR_DATA_ABORT + ESR_EMULATABLE + (write ? ESR_WRITE : 0) + status,
    far: action.ipa % 2 ** 12,
    hpfar,
    ...(write ? { exit_gprs: [BigInt.asUintN(64, action.value)] } : {}),
  };
}

/** True for an address of the protected half that the realm itself has given up. */
function isEmpty(call: RmiCall, realm: Realm, ipa: number): boolean {
  if (ipa >= realm.protectedEnd) return false;
  call.walk.to(realm, ipa, LAST_LEVEL);
  return ripasOf(call.walk.low) === RIPAS.EMPTY;
}

/** Exception class 0x24 (data abort from a lower level), 32-bit instruction. */
const ESR_DATA_ABORT = 0x9000_0000;
/** Syndrome valid, 64-bit access, register x1: what the host needs to emulate the access. */
const ESR_EMULATABLE = 0x01c0_8000;
const ESR_WRITE = 0x40;
const FSC_TRANSLATION = 0x04;
const FSC_PERMISSION = 0x0c;
