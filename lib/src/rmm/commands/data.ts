// SPDX-License-Identifier: MIT
import { paToPfn } from "../../base/address.ts";
import { LAST_LEVEL } from "../../hw/stage2.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { isProtectedPage, rdState, walkEndsAbove, walkLevel } from "../conditions.ts";
import { RMI_DATA_CREATE, RMI_DATA_CREATE_UNKNOWN, RMI_DATA_DESTROY } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { REALM } from "../realm.ts";
import {
  assignedBits,
  HIPAS,
  hipasOf,
  isUnassigned,
  RIPAS,
  type Ripas,
  ripasOf,
  unassignedLow,
} from "../rtt-entry.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_ERROR_RTT, RMI_SUCCESS } from "../status.ts";

const dataState: Condition = {
  id: "data_state",
  text: "data is not a granule in state DELEGATED",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.DELEGATED,
};

const ipaOfData: Condition = {
  id: "ipa_bound",
  text: "ipa is not the start of a page in the protected half",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => !isProtectedPage(call, call.x3),
};

const walkToData: Condition = {
  id: "rtt_walk",
  text: "the walk ends above level 3; the index is the level reached",
  status: RMI_ERROR_RTT,
  index: walkLevel,
  evidence: "recorded",
  holds: (call) => walkEndsAbove(call, call.x3, LAST_LEVEL),
};

const entryOfData: Condition = {
  id: "rtte_state",
  text: "the entry is not UNASSIGNED; the index is 3",
  status: RMI_ERROR_RTT,
  index: walkLevel,
  evidence: "recorded",
  holds: ({ walk }) => !isUnassigned(walk.low, walk.high),
};

function assign(call: RmiCall, ripas: Ripas): void {
  const { walk, granules } = call;
  const data = paToPfn(call.x2);
  walk.writeAddress(data, assignedBits(ripas, LAST_LEVEL), 0);
  granules.addToCount(walk.table, 1);
  granules.setState(data, GRANULE.DATA);
}

/**
 * Puts a page of zeros at an address of the realm. The RIPAS stays what it was, and the state of the realm does
 * not matter: with an address that is EMPTY or DESTROYED the page is there, but the realm does not reach it.
 *
 * @rmm RMI_DATA_CREATE_UNKNOWN
 */
export const dataCreateUnknown: Command = {
  name: "RMI_DATA_CREATE_UNKNOWN",
  fid: RMI_DATA_CREATE_UNKNOWN,
  origin: "runtime/rmi/rtt.c smc_data_create_unknown",
  args: ["rd", "data", "ipa"],
  results: [],
  conditions: [dataState, rdState, ipaOfData, walkToData, entryOfData],
  firstHolding: (call) => {
    if (dataState.holds(call)) return 0;
    if (rdState.holds(call)) return 1;
    if (ipaOfData.holds(call)) return 2;
    if (walkToData.holds(call)) return 3;
    return entryOfData.holds(call) ? 4 : -1;
  },
  run: (call) => {
    call.zero(paToPfn(call.x2));
    assign(call, ripasOf(call.walk.low));
    return RMI_SUCCESS;
  },
};

const MEASURE_CONTENT = 1;

/**
 * Puts a copy of a page of the host at an address of a realm that is still being built, and makes it RAM.
 *
 * Simplified: the flag that asks for the content to be measured is accepted, but measurements are not modelled.
 *
 * @rmm RMI_DATA_CREATE
 */
export const dataCreate: Command = {
  name: "RMI_DATA_CREATE",
  fid: RMI_DATA_CREATE,
  origin: "runtime/rmi/rtt.c smc_data_create",
  args: ["rd", "data", "ipa", "src", "flags"],
  results: [],
  conditions: [
    {
      id: "flags_value",
      text: "flags has a bit set besides bit 0 (measure the content)",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.x5 > MEASURE_CONTENT,
    },
    {
      id: "src_state",
      text: "src is not a granule of DRAM in state NS",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.granules.stateAt(call.x4) !== GRANULE.NS,
    },
    dataState,
    rdState,
    {
      id: "realm_state",
      text: "the realm is not NEW",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: (call) => call.realm.state !== REALM.NEW,
    },
    ipaOfData,
    walkToData,
    entryOfData,
    {
      id: "src_pas",
      text: "reading src faults, because it is not in the Non-secure space",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !call.hostReads(call.x4),
    },
  ],
  run: (call) => {
    call.machine.memory.copyPage(paToPfn(call.x2), paToPfn(call.x4));
    assign(call, RIPAS.RAM);
    return RMI_SUCCESS;
  },
};

function leaveTop(call: RmiCall): void {
  call.out.x2 = call.walk.top(call.x2);
}

/**
 * Takes a page away from the realm. Memory that was RAM leaves the address DESTROYED, so that the realm notices.
 * `top` tells the host how far it may go on without missing anything.
 *
 * @rmm RMI_DATA_DESTROY
 */
export const dataDestroy: Command = {
  name: "RMI_DATA_DESTROY",
  fid: RMI_DATA_DESTROY,
  origin: "runtime/rmi/rtt.c smc_data_destroy",
  args: ["rd", "ipa"],
  results: ["data", "top"],
  conditions: [
    rdState,
    {
      id: "ipa_bound",
      text: "ipa is not the start of a page in the protected half",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isProtectedPage(call, call.x2),
    },
    {
      id: "rtt_walk",
      text: "the walk ends above level 3; the index is the level reached",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => walkEndsAbove(call, call.x2, LAST_LEVEL),
      outputs: leaveTop,
    },
    {
      id: "rtte_state",
      text: "the entry is not ASSIGNED; the index is 3",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: ({ walk }) => hipasOf(walk.low, walk.high, LAST_LEVEL) !== HIPAS.ASSIGNED,
      outputs: leaveTop,
    },
  ],
  run: (call) => {
    const { walk, granules } = call;
    const data = walk.pa;
    const ripas = ripasOf(walk.low);
    walk.write(unassignedLow(ripas === RIPAS.EMPTY ? RIPAS.EMPTY : RIPAS.DESTROYED), 0);
    if (ripas === RIPAS.RAM) call.invalidate(call.x2, 1);
    granules.addToCount(walk.table, -1);
    call.release(data);
    call.out.x1 = data;
    leaveTop(call);
    return RMI_SUCCESS;
  },
};
