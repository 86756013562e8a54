// SPDX-License-Identifier: MIT
import { isEntryAligned, LAST_LEVEL } from "../hw/stage2.ts";
import type { RmiCall } from "./call.ts";
import type { Condition } from "./command.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_RTT } from "./status.ts";

/** Conditions and tests that several commands share. */

/** The first argument must name a realm, which later conditions then find in `call.realm`. */
export const rdState: Condition = {
  id: "rd_state",
  text: "rd is not a granule in state RD",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => !call.findRealm(call.x1),
};

/** Level where the walk ended: the index of most ERROR_RTT answers. */
export function walkLevel(call: RmiCall): number {
  return call.walk.level;
}

/** True when a table at `level` can have a parent: below the start level, and not past the last. */
export function isChildLevel(call: RmiCall, level: number): boolean {
  return level > call.realm.startLevel && level <= LAST_LEVEL;
}

/** True when `level` is one of those that the realm's tables have. */
export function isLevel(call: RmiCall, level: number): boolean {
  return level >= call.realm.startLevel && level <= LAST_LEVEL;
}

/** True when `ipa` is the start of an entry of `level` in the realm's address space. */
export function isEntry(call: RmiCall, ipa: number, level: number): boolean {
  return ipa < call.realm.ipaEnd && isEntryAligned(ipa, level);
}

/** True when `ipa` is the start of a page in the protected half of the address space. */
export function isProtectedPage(call: RmiCall, ipa: number): boolean {
  return ipa < call.realm.protectedEnd && isEntryAligned(ipa, LAST_LEVEL);
}

/** Walks towards `level`; true when a table on the way is missing. */
export function walkEndsAbove(call: RmiCall, ipa: number, level: number): boolean {
  call.walk.to(call.realm, ipa, level);
  return call.walk.level < level;
}

/** The conditions on the ipa and level of a command that works on the table at `level`, seen from its parent. */
export function childTableConditions(
  ipa: (call: RmiCall) => number,
  level: (call: RmiCall) => number,
): readonly Condition[] {
  return [
    {
      id: "level_bound",
      text: "level is not one of those between the start level + 1 and 3",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isChildLevel(call, level(call)),
    },
    {
      id: "ipa_bound",
      text: "ipa is outside the address space, or not aligned to what an entry of level - 1 covers",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isEntry(call, ipa(call), level(call) - 1),
    },
  ];
}

/** The condition that the walk to the parent of the table at `level` gets there. */
export function parentWalk(
  ipa: (call: RmiCall) => number,
  level: (call: RmiCall) => number,
  outputs?: (call: RmiCall) => void,
): Condition {
  return {
    id: "rtt_walk",
    text: "the walk ends above level - 1; the index is the level reached",
    status: RMI_ERROR_RTT,
    index: walkLevel,
    evidence: "recorded",
    holds: (call) => walkEndsAbove(call, ipa(call), level(call) - 1),
    ...(outputs === undefined ? {} : { outputs }),
  };
}
