// SPDX-License-Identifier: MIT
import { plural } from "../base/plural.ts";
import type { RaceReport, SharedAccess } from "../explore/report.ts";

/** The mark of a row in the pair that decides: "[1]", "[2]", or nothing. */
export function markOf({ conflict }: RaceReport, number: number): string {
  if (conflict?.first === number) return "[1]";
  return conflict?.second === number ? "[2]" : "";
}

/** What was touched, as a phrase. */
export function accessText({ what, mode, value }: SharedAccess): string {
  const verb = { read: "reads", add: "adds to", write: "writes" }[mode];
  if (value === undefined) return `${verb} ${what}`;
  return mode === "read" ? `${verb} ${what}: ${value}` : `${verb} ${what}, which was: ${value}`;
}

/** One sentence on the pair that decides. */
export function conflictText({ conflict, good }: RaceReport): string | undefined {
  if (conflict === undefined) return undefined;
  const on = conflict.on.join(" and ");
  const pair = `turns ${conflict.first} and ${conflict.second}`;
  if (!conflict.decides)
    return `Rows [1] and [2] meet on ${on}: ${pair}. No order near this one was found that breaks nothing.`;
  const both = `${pair} both touch ${on}`;
  return good?.swaps === 1
    ? `Rows [1] and [2] decide: ${both}, and their order makes the difference.`
    : `Rows [1] and [2] are one of ${good?.swaps ?? "several"} pairs that have to come the other way round: ${both}.`;
}

/** The counts of the exploration as a sentence. */
export function countsText({ explored }: RaceReport): string | undefined {
  if (explored === undefined) return undefined;
  const { schedules, states, pruned, why } = explored;
  const end = why === undefined ? "" : ` The search ended early: ${why}.`;
  return `Explored: ${plural(schedules, "schedule")}, ${plural(states, "state")}; ${plural(pruned, "run")} given up as repetition.${end}`;
}
