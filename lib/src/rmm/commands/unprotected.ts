// SPDX-License-Identifier: MIT
import { DESC_MEMATTR, entryBytes } from "../../hw/stage2.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { isEntry, isLevel, rdState, walkEndsAbove, walkLevel } from "../conditions.ts";
import { RMI_RTT_MAP_UNPROTECTED, RMI_RTT_UNMAP_UNPROTECTED } from "../fid.ts";
import { PA_BITS } from "../limits.ts";
import {
  ASSIGNED_NS_HIGH,
  assignedNsBits,
  HIPAS,
  HOST_ATTRIBUTES,
  hipasOf,
  UNASSIGNED_NS_HIGH,
  UNASSIGNED_NS_LOW,
} from "../rtt-entry.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_RTT, RMI_SUCCESS } from "../status.ts";

/** Level of the largest blocks. */
const FIRST_BLOCK_LEVEL = 1;

const levelAndIpa: readonly Condition[] = [
  {
    id: "level_bound",
    text: "level is not 1, 2 or 3",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => !(call.x3 >= FIRST_BLOCK_LEVEL && call.x3 <= 3),
  },
  {
    id: "level_start",
    text: "level is above the start level of the realm (the real RMM crashes)",
    status: RMI_ERROR_INPUT,
    evidence: "model",
    holds: (call) => !isLevel(call, call.x3),
  },
  {
    id: "ipa_bound",
    text: "ipa is outside the address space, or not aligned to what an entry of level covers",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => !isEntry(call, call.x2, call.x3),
  },
];

const ipaProtected: Condition = {
  id: "ipa_protected",
  text: "ipa is in the protected half",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => call.x2 < call.realm.protectedEnd,
};

const MEMATTR_RESERVED = 4 << 2;

/** A descriptor of the host: an address that suits the level, MemAttr and S2AP, and nothing else. */
function isHostDescriptor(desc: number, level: number): boolean {
  if (!(desc < 2 ** PA_BITS)) return false;
  const below = desc % entryBytes(level);
  return (below & HOST_ATTRIBUTES) === below && (below & DESC_MEMATTR) !== MEMATTR_RESERVED;
}

/**
 * Maps memory of the host into the unprotected half. The address is not looked at: if the granule is not in the
 * Non-secure space, the realm's accesses fault.
 *
 * @rmm RMI_RTT_MAP_UNPROTECTED
 */
export const rttMapUnprotected: Command = {
  name: "RMI_RTT_MAP_UNPROTECTED",
  fid: RMI_RTT_MAP_UNPROTECTED,
  origin: "runtime/rmi/rtt.c smc_rtt_map_unprotected",
  args: ["rd", "ipa", "level", "desc"],
  results: [],
  conditions: [
    rdState,
    ...levelAndIpa,
    {
      id: "desc",
      text: "desc has bits besides an address aligned for the level, MemAttr and S2AP, or its MemAttr is 0b100",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isHostDescriptor(call.x4, call.x3),
    },
    ipaProtected,
    {
      id: "rtt_walk",
      text: "the walk ends above level; the index is the level reached",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => walkEndsAbove(call, call.x2, call.x3),
    },
    {
      id: "rtte_state",
      text: "the entry is not UNASSIGNED_NS; the index is level",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: ({ walk }) => hipasOf(walk.low, walk.high, walk.level) !== HIPAS.UNASSIGNED_NS,
    },
  ],
  run: (call) => {
    const attributes = call.x4 & HOST_ATTRIBUTES;
    const pfn = Math.floor(call.x4 / entryBytes(3));
    call.walk.writeAddress(pfn, assignedNsBits(attributes, call.walk.level), ASSIGNED_NS_HIGH);
    return RMI_SUCCESS;
  },
};

function leaveTop(call: RmiCall): void {
  call.out.x1 = call.walk.top(call.x2);
}

/** Takes memory of the host out of the unprotected half. @rmm RMI_RTT_UNMAP_UNPROTECTED */
export const rttUnmapUnprotected: Command = {
  name: "RMI_RTT_UNMAP_UNPROTECTED",
  fid: RMI_RTT_UNMAP_UNPROTECTED,
  origin: "runtime/rmi/rtt.c smc_rtt_unmap_unprotected",
  args: ["rd", "ipa", "level"],
  results: ["top"],
  conditions: [
    rdState,
    ...levelAndIpa,
    ipaProtected,
    {
      id: "rtt_walk",
      text: "the walk ends above level; the index is the level reached",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => walkEndsAbove(call, call.x2, call.x3),
      outputs: leaveTop,
    },
    {
      id: "rtte_state",
      text: "the entry is not ASSIGNED_NS; the index is level",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: ({ walk }) => hipasOf(walk.low, walk.high, walk.level) !== HIPAS.ASSIGNED_NS,
      outputs: leaveTop,
    },
  ],
  run: (call) => {
    call.walk.write(UNASSIGNED_NS_LOW, UNASSIGNED_NS_HIGH);
    call.invalidate(call.x2, 1);
    leaveTop(call);
    return RMI_SUCCESS;
  },
};
