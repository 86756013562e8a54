// SPDX-License-Identifier: MIT
import { paToPfn } from "../../base/address.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { childTableConditions, isEntry, isLevel, parentWalk, rdState, walkLevel } from "../conditions.ts";
import { RMI_RTT_CREATE, RMI_RTT_DESTROY, RMI_RTT_READ_ENTRY } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import {
  HIPAS,
  HOST_ATTRIBUTES,
  hipasOf,
  RIPAS,
  ripasOf,
  TABLE_BITS,
  UNASSIGNED_NS_HIGH,
  UNASSIGNED_NS_LOW,
  unassignedLow,
} from "../rtt-entry.ts";
import { fillBelowEntry } from "../rtt-table.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_RTT, RMI_SUCCESS } from "../status.ts";

const ipaOfCreate = (call: RmiCall): number => call.x3;
const levelOfCreate = (call: RmiCall): number => call.x4;

/**
 * Puts a table under an entry. The entries of the new table together mean what the entry meant before: an
 * unassigned entry hands down its RIPAS, a block is split into 512 smaller ones.
 *
 * @rmm RMI_RTT_CREATE
 */
export const rttCreate: Command = {
  name: "RMI_RTT_CREATE",
  fid: RMI_RTT_CREATE,
  origin: "runtime/rmi/rtt.c smc_rtt_create",
  args: ["rd", "rtt", "ipa", "level"],
  results: [],
  conditions: [
    {
      id: "rtt_state",
      text: "rtt is not a granule in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.DELEGATED,
    },
    rdState,
    ...childTableConditions(ipaOfCreate, levelOfCreate),
    parentWalk(ipaOfCreate, levelOfCreate),
    {
      id: "rtte_state",
      text: "the entry is a table already; the index is level - 1",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: ({ walk }) => hipasOf(walk.low, walk.high, walk.level) === HIPAS.TABLE,
    },
  ],
  run: (call) => {
    const { walk, granules } = call;
    const rtt = paToPfn(call.x2);
    const hipas = hipasOf(walk.low, walk.high, walk.level);
    const unfoldsValid =
      hipas === HIPAS.ASSIGNED_NS || (hipas === HIPAS.ASSIGNED && ripasOf(walk.low) === RIPAS.RAM);
    granules.setState(rtt, GRANULE.RTT);
    const references = fillBelowEntry(call.machine.memory, rtt, walk);
    granules.addToCount(rtt, references);
    // A block of assigned memory was counted in the parent already.
    if (references === 0) granules.addToCount(walk.table, 1);
    if (unfoldsValid) {
      // Break before make: a valid entry must be gone from every cache before another takes its place.
      walk.write(0, 0);
      call.invalidate(call.x3, 1);
    }
    walk.writeAddress(rtt, TABLE_BITS, 0);
    return RMI_SUCCESS;
  },
};

function leaveTop(call: RmiCall): void {
  call.out.x2 = call.walk.top(call.x2);
}

export const ipaOfTable = (call: RmiCall): number => call.x2;
export const levelOfTable = (call: RmiCall): number => call.x3;

/** The entry must be a table, for the commands that take one away. */
function noTable(outputs: ((call: RmiCall) => void) | undefined): Condition {
  return {
    id: "rtte_state",
    text: "the entry is not a table; the index is level - 1",
    status: RMI_ERROR_RTT,
    index: walkLevel,
    evidence: "recorded",
    holds: ({ walk }) => hipasOf(walk.low, walk.high, walk.level) !== HIPAS.TABLE,
    ...(outputs === undefined ? {} : { outputs }),
  };
}

/** The condition that the parent's entry is a table, without results. */
export const entryIsNoTable: Condition = noTable(undefined);

/**
 * Removes a table that refers to nothing. What its entries said is lost: the address range becomes DESTROYED, or
 * is free for host memory in the unprotected half.
 *
 * @rmm RMI_RTT_DESTROY
 */
export const rttDestroy: Command = {
  name: "RMI_RTT_DESTROY",
  fid: RMI_RTT_DESTROY,
  origin: "runtime/rmi/rtt.c smc_rtt_destroy",
  args: ["rd", "ipa", "level"],
  results: ["rtt", "top"],
  conditions: [
    rdState,
    ...childTableConditions(ipaOfTable, levelOfTable),
    parentWalk(ipaOfTable, levelOfTable, leaveTop),
    noTable(leaveTop),
    {
      id: "rtt_live",
      text: "the table refers to a table or to assigned memory; the index is level",
      status: RMI_ERROR_RTT,
      index: levelOfTable,
      evidence: "recorded",
      holds: ({ walk, granules }) => granules.countOf(walk.pfn) !== 0,
      outputs: (call) => {
        call.out.x2 = call.x2;
      },
    },
  ],
  run: (call) => {
    const { walk, granules } = call;
    const rtt = walk.pa;
    if (call.x2 < call.realm.protectedEnd) {
      walk.write(unassignedLow(RIPAS.DESTROYED), 0);
      call.invalidate(call.x2, 1);
    } else {
      walk.write(UNASSIGNED_NS_LOW, UNASSIGNED_NS_HIGH);
      call.invalidate(call.x2, PAGES_INVALIDATED_IN_BLOCK);
    }
    granules.addToCount(walk.table, -1);
    call.release(rtt);
    call.out.x1 = rtt;
    leaveTop(call);
    return RMI_SUCCESS;
  },
};

/**
 * How many pages the RMM invalidates where it means a whole block: those of 2 MiB, even when the block has 1 GiB.
 * Later versions repaired that.
 */
export const PAGES_INVALIDATED_IN_BLOCK = 512;

/** State of an entry as READ_ENTRY reports it. */
export const RTT_ENTRY_STATE = { UNASSIGNED: 0, ASSIGNED: 1, TABLE: 2 } as const;

/**
 * Reports the entry where a walk ends. For a block that is the block's own address, however far inside it `ipa`
 * lies. Host memory has no RIPAS, and its attributes are reported with its address.
 *
 * @rmm RMI_RTT_READ_ENTRY
 */
export const rttReadEntry: Command = {
  name: "RMI_RTT_READ_ENTRY",
  fid: RMI_RTT_READ_ENTRY,
  origin: "runtime/rmi/rtt.c smc_rtt_read_entry",
  args: ["rd", "ipa", "level"],
  results: ["level", "state", "desc", "ripas"],
  conditions: [
    rdState,
    {
      id: "level_bound",
      text: "level is not one of those between the start level and 3",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isLevel(call, call.x3),
    },
    {
      id: "ipa_bound",
      text: "ipa is outside the address space, or not aligned to what an entry of level covers",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isEntry(call, call.x2, call.x3),
    },
  ],
  run: (call) => {
    const { walk, out } = call;
    walk.to(call.realm, call.x2, call.x3);
    out.x1 = walk.level;
    switch (hipasOf(walk.low, walk.high, walk.level)) {
      case HIPAS.UNASSIGNED:
        out.x4 = ripasOf(walk.low);
        break;
      case HIPAS.ASSIGNED:
        out.x2 = RTT_ENTRY_STATE.ASSIGNED;
        out.x3 = walk.pa;
        out.x4 = ripasOf(walk.low);
        break;
      case HIPAS.ASSIGNED_NS:
        out.x2 = RTT_ENTRY_STATE.ASSIGNED;
        out.x3 = walk.pa + (walk.low & HOST_ATTRIBUTES);
        break;
      case HIPAS.TABLE:
        out.x2 = RTT_ENTRY_STATE.TABLE;
        out.x3 = walk.pa;
        break;
      case HIPAS.UNASSIGNED_NS:
        break;
    }
    return RMI_SUCCESS;
  },
};
