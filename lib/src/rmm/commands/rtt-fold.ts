// SPDX-License-Identifier: MIT
import { pfnToPa } from "../../base/address.ts";
import { TABLE_ENTRIES } from "../../hw/stage2.ts";
import type { RmiCall } from "../call.ts";
import type { Command } from "../command.ts";
import { childTableConditions, parentWalk, rdState, walkLevel } from "../conditions.ts";
import { RMI_RTT_FOLD } from "../fid.ts";
import {
  ASSIGNED_NS_HIGH,
  assignedBits,
  assignedNsBits,
  HIPAS,
  type Hipas,
  HOST_ATTRIBUTES,
  hipasOf,
  RIPAS,
  ripasOf,
} from "../rtt-entry.ts";
import { isContiguous, isUniform } from "../rtt-table.ts";
import { RMI_ERROR_RTT, RMI_SUCCESS } from "../status.ts";
import { entryIsNoTable, ipaOfTable, levelOfTable, PAGES_INVALIDATED_IN_BLOCK } from "./rtt.ts";

/** Highest table level whose blocks would be too large: a level 1 table cannot become a block of 512 GiB. */
const NO_BLOCK_LEVEL = 1;

function childWords(call: RmiCall): Uint32Array {
  return call.machine.memory.wordsToRead(call.walk.pfn);
}

function childHipas(call: RmiCall): Hipas {
  const words = childWords(call);
  return hipasOf(words[0] as number, words[1] as number, call.x3);
}

function childCount(call: RmiCall): number {
  return call.granules.countOf(call.walk.pfn);
}

/**
 * Replaces a table by one entry of its parent that means the same: the inverse of RTT_CREATE. That is possible when
 * all 512 entries are unassigned in the same way, or map one aligned run of memory in the same way.
 *
 * @rmm RMI_RTT_FOLD
 */
export const rttFold: Command = {
  name: "RMI_RTT_FOLD",
  fid: RMI_RTT_FOLD,
  origin: "runtime/rmi/rtt.c smc_rtt_fold",
  args: ["rd", "ipa", "level"],
  results: ["rtt"],
  conditions: [
    rdState,
    ...childTableConditions(ipaOfTable, levelOfTable),
    parentWalk(ipaOfTable, levelOfTable),
    entryIsNoTable,
    {
      id: "rtt_partly_live",
      text: "some entries of the table hold a reference and others do not; the index is level",
      status: RMI_ERROR_RTT,
      index: levelOfTable,
      evidence: "recorded",
      holds: (call) => childCount(call) !== 0 && childCount(call) !== TABLE_ENTRIES,
    },
    {
      id: "block_level",
      text: "the table is at level 1 and all its entries hold a reference; the index is level - 1",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => childCount(call) === TABLE_ENTRIES && call.x3 <= NO_BLOCK_LEVEL,
    },
    {
      id: "rtt_not_homogeneous",
      text: "the entries do not add up to one entry of the parent; the index is level",
      status: RMI_ERROR_RTT,
      index: levelOfTable,
      evidence: "recorded",
      holds: (call) => {
        const hipas = childHipas(call);
        const words = childWords(call);
        return hipas === HIPAS.UNASSIGNED || hipas === HIPAS.UNASSIGNED_NS
          ? !isUniform(words)
          : !isContiguous(words, call.x3);
      },
    },
    {
      id: "ns_block_level",
      text: "the table is at level 1 and maps one run of host memory; the index is level - 1",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => childHipas(call) === HIPAS.ASSIGNED_NS && call.x3 <= NO_BLOCK_LEVEL,
    },
  ],
  run: (call) => {
    const { walk, granules } = call;
    const child = walk.pfn;
    const words = childWords(call);
    const hipas = childHipas(call);
    const low = words[0] as number;
    const high = words[1] as number;
    const becomesValid =
      hipas === HIPAS.ASSIGNED_NS || (hipas === HIPAS.ASSIGNED && ripasOf(low) === RIPAS.RAM);
    // Break before make, as in RTT_CREATE.
    walk.write(0, 0);
    call.invalidate(call.x2, becomesValid ? PAGES_INVALIDATED_IN_BLOCK : 1);
    if (hipas === HIPAS.ASSIGNED) {
      walk.write((low & ~0xfff) | assignedBits(ripasOf(low), walk.level), high);
    } else {
      if (hipas === HIPAS.ASSIGNED_NS) {
        walk.write(
          (low & ~0xfff) | assignedNsBits(low & HOST_ATTRIBUTES, walk.level),
          high | ASSIGNED_NS_HIGH,
        );
      } else {
        walk.write(low, high);
      }
      granules.addToCount(walk.table, -1);
    }
    call.release(pfnToPa(child));
    call.out.x1 = pfnToPa(child);
    return RMI_SUCCESS;
  },
};
