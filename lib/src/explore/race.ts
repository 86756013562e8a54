// SPDX-License-Identifier: MIT
import type { Host } from "../boot.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import type { NamedTasks } from "./execution.ts";

/** A rule that a run broke, and how it shows. */
export interface BrokenRule {
  /** Id of the rule. */
  readonly rule: string;
  /** One sentence with the values of this run. */
  readonly text: string;
}

/** A race set up on a fresh host, ready to be interleaved once. */
export interface Scene {
  readonly host: Host;
  /** What runs at the same time, by one-letter names. */
  readonly tasks: NamedTasks;
  /** Asked once, when every task has ended: the rules that do not hold now. Empty is good. */
  broken(results: Readonly<Record<string, number>>): readonly BrokenRule[];
}

/** Actors that meet on one machine, and the question whether any order of their steps breaks a rule. */
export interface Race {
  /** Short name, used in tables and links. */
  readonly id: string;
  readonly title: string;
  /** What the race asks, as one sentence. */
  readonly question: string;
  /** What each actor does, by its letter. */
  readonly actors: Readonly<Record<string, string>>;
  /** Boots the host and makes the tasks. Called once for every schedule, so it must always do the same. */
  start(kernel: string | KernelVariant): Scene;
}
