// SPDX-License-Identifier: MIT
import type { Host } from "../boot.ts";
import type { Chooser } from "./schedule.ts";

/**
 * Lets one task run until the kernel enters a function for the n-th time; from then on every other task goes as far as
 * it can, and the first one only when they wait or have ended.
 *
 * @param task name of the task that is interrupted
 * @param at the function, as the trace names it
 * @param nth which call of it, from 1
 * @example
 * ```ts
 * // A hole is punched after the page was looked up, and before it is mapped.
 * runSchedule(host, { M: map, P: punch }, interrupting(host, "M", "realm_map_ipa"));
 * ```
 */
export function interrupting(host: Host, task: string, at: string, nth = 1): Chooser {
  let left = nth;
  const stop = host.trace.listen(({ kind, name }) => {
    if (kind !== "call" || name !== at) return;
    left -= 1;
    if (left === 0) stop();
  });
  return (runnable) => {
    const other = runnable.find((name) => name !== task);
    const goesOn = left > 0 && runnable.includes(task);
    return goesOn || other === undefined ? task : other;
  };
}
