// SPDX-License-Identifier: MIT
import { rules } from "./rules.ts";

/** The title of a rule by its id, those included that hold for every race: nobody waits for ever, tasks are tasks. */
export function titleOf(rule: string): string {
  const known = rules.find(({ id }) => id === rule)?.title;
  if (known !== undefined) return known;
  return rule === "deadlock" ? "Nobody waits for ever" : "A task keeps to the form of a task";
}
