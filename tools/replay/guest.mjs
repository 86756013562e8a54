// SPDX-License-Identifier: MIT
/** The programs that recorded realms run: one operation an entry, then nothing until the next interrupt. */

import { BadRecording, bits64 } from "./lines.mjs";

const IPA_STATE_SET = 0xc4000197;
const IPA_STATE_GET = 0xc4000198;
const SYSTEM_OFF = 0x84000008;

/** @typedef {import("../../lib/src/hw/processor.ts").GuestAction} GuestAction */
/** @typedef {import("../../lib/src/hw/processor.ts").GuestResult} GuestResult */
/** @typedef {import("./lines.mjs").Line} Line */

/**
 * What the realm does on an entry.
 *
 * @param {Record<string, any>} realm the recorded operation
 * @param {Line} line
 * @param {(value: bigint) => number} fromRegister
 * @returns {GuestAction}
 */
export function guestAction(realm, line, fromRegister) {
  const value = (/** @type {string} */ name) => bits64(realm[name], `realm.${name}`, line);
  const register = (/** @type {string} */ name) => fromRegister(value(name));
  switch (realm["op"]) {
    case "NONE":
      return { op: "wait" };
    case "LOAD":
      return { op: "load", ipa: register("ipa") };
    case "STORE":
      return { op: "store", ipa: register("ipa"), value: value("value") };
    case "IPA_STATE_SET":
      return { op: "smc", fid: IPA_STATE_SET, args: ["base", "top", "ripas", "flags"].map(register) };
    case "IPA_STATE_GET":
      return { op: "smc", fid: IPA_STATE_GET, args: ["base", "top"].map(register) };
    case "PSCI_SYSTEM_OFF":
      return { op: "smc", fid: SYSTEM_OFF, args: [] };
    default:
      throw new BadRecording(`line ${line.number}: the realm's operation "${realm["op"]}" is not known.`);
  }
}

/**
 * What the recording says of an operation, from what the program was told.
 *
 * @param {GuestAction} action
 * @param {GuestResult} result
 * @returns {Record<string, unknown>} members of `ret`
 */
export function observed(action, result) {
  if (result.kind === "returned") return { rsi: [result.x0, result.x1, result.x2] };
  if (result.kind === "none" || action.op === "wait") return {};
  const { level: walk_level, ...rest } = result.place ?? {};
  const place = "pa" in rest ? { walk_level, pa: rest.pa, ns: rest.shared ? 1 : 0 } : { walk_level };
  if (result.kind === "aborted") {
    const gpf = result.reason === "granule protection fault";
    return { access: gpf ? { result: "gpf", ...place } : { result: "sea_injected", ...place } };
  }
  const value = result.kind === "loaded" ? { value: result.value } : {};
  return { access: { result: "ok", ...place, ...value } };
}
