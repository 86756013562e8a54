// SPDX-License-Identifier: MIT
import type { Host } from "../boot.ts";
import type { InjectionKind } from "../kernel/fault-injection.ts";

/** What one failure made of a run. */
export interface SweepStep<T> {
  /** Which opportunity of its kind failed, from 1. */
  readonly nth: number;
  readonly outcome: T;
}

/**
 * Fails the first, the second, the third opportunity of a kind and so on, each on a fresh host, until a run ends
 * without having reached its failure. The kernel's selftests do the same with fail_nth.
 *
 * @param prepare makes a host; nothing fails in it
 * @param run what may fail; what it returns is reported
 * @example
 * ```ts
 * const steps = sweep("rmi", boot, (host) => startAndMap(host));
 * ```
 */
export function sweep<T>(kind: InjectionKind, prepare: () => Host, run: (host: Host) => T): SweepStep<T>[] {
  const steps: SweepStep<T>[] = [];
  for (let nth = 1; ; nth++) {
    const host = prepare();
    host.kernel.faults.arm(kind, nth);
    const outcome = run(host);
    if (!host.kernel.faults.fired) return steps;
    steps.push({ nth, outcome });
  }
}
