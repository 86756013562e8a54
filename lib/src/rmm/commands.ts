// SPDX-License-Identifier: MIT
import type { RmiCall } from "./call.ts";
import type { Command, Condition } from "./command.ts";
import { dataCreate, dataCreateUnknown, dataDestroy } from "./commands/data.ts";
import { granuleDelegate, granuleUndelegate } from "./commands/granule.ts";
import {
  pdevAuxCount,
  pdevCommunicate,
  pdevCreate,
  pdevDestroy,
  pdevGetState,
  pdevStop,
} from "./commands/pdev.ts";
import { pdevSetPubkey } from "./commands/pdev-key.ts";
import { realmActivate, realmCreate, realmDestroy } from "./commands/realm.ts";
import { recAuxCount, recCreate, recDestroy } from "./commands/rec.ts";
import { recEnter } from "./commands/rec-enter.ts";
import { rttInitRipas, rttSetRipas } from "./commands/ripas.ts";
import { rttCreate, rttDestroy, rttReadEntry } from "./commands/rtt.ts";
import { rttFold } from "./commands/rtt-fold.ts";
import { rttMapUnprotected, rttUnmapUnprotected } from "./commands/unprotected.ts";
import {
  vdevAbort,
  vdevCommunicate,
  vdevCreate,
  vdevDestroy,
  vdevGetState,
  vdevStop,
} from "./commands/vdev.ts";
import { features, version } from "./commands/version.ts";
import { RMI_BASE } from "./fid.ts";

/** Every command of the host interface, in the order of the function ids. */
export const rmiCommands: readonly Command[] = [
  version,
  granuleDelegate,
  granuleUndelegate,
  dataCreate,
  dataCreateUnknown,
  dataDestroy,
  pdevAuxCount,
  realmActivate,
  realmCreate,
  realmDestroy,
  recCreate,
  recDestroy,
  recEnter,
  rttCreate,
  rttDestroy,
  rttMapUnprotected,
  rttReadEntry,
  rttUnmapUnprotected,
  features,
  rttFold,
  recAuxCount,
  rttInitRipas,
  rttSetRipas,
  pdevCommunicate,
  pdevCreate,
  pdevDestroy,
  pdevGetState,
  pdevSetPubkey,
  pdevStop,
  vdevAbort,
  vdevCommunicate,
  vdevCreate,
  vdevDestroy,
  vdevGetState,
  vdevStop,
];

/**
 * A command in the form that a call runs through. All objects have the same shape, which keeps a call fast.
 */
export interface RunnableCommand {
  readonly command: Command;
  /** Position of the first condition that holds, or -1. */
  readonly firstHolding: (call: RmiCall) => number;
  readonly run: Command["run"];
  readonly onlyWithDevices: boolean;
}

const byNumber: (RunnableCommand | undefined)[] = [];
for (const command of rmiCommands) {
  byNumber[command.fid - RMI_BASE] = {
    command,
    firstHolding: command.firstHolding ?? inTableOrder(command.conditions),
    run: command.run,
    onlyWithDevices: command.deviceAssignment === true,
  };
}

/** Tests the conditions of a table in their order. */
export function inTableOrder(conditions: readonly Condition[]): (call: RmiCall) => number {
  const tests = conditions.map(({ holds }) => holds);
  return (call) => {
    for (let i = 0; i < tests.length; i++) {
      if ((tests[i] as Condition["holds"])(call)) return i;
    }
    return -1;
  };
}

/** The command with a function id. The commands on devices exist only with device assignment. */
export function commandOf(fid: number, deviceAssignment: boolean): RunnableCommand | undefined {
  const runnable = byNumber[fid - RMI_BASE];
  return runnable === undefined || (runnable.onlyWithDevices && !deviceAssignment) ? undefined : runnable;
}
