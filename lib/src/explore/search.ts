// SPDX-License-Identifier: MIT

import type { KernelVariant } from "../kernel/variant.ts";
import { Execution } from "./execution.ts";
import { checked } from "./learner.ts";
import type { BrokenRule, Race, Scene } from "./race.ts";
import { switchesIn } from "./schedule-text.ts";

/** A schedule that breaks a rule. */
export interface Failure extends BrokenRule {
  /** One letter a turn: given to `replay`, it makes the same run. */
  readonly schedule: string;
}

/** True when `a` is easier to read than `b`: fewer changes from task to task, then fewer turns. */
export function isShorter(a: string, b: string): boolean {
  const fewer = switchesIn(a) - switchesIn(b);
  return fewer !== 0 ? fewer < 0 : a.length < b.length;
}

/** What a way of going through schedules needs: fresh runs, and somebody who takes down what came of them. */
export class Search {
  readonly #race: Race;
  readonly #kernel: string | KernelVariant;
  readonly #shouldStop: () => boolean;
  readonly #maxSchedules: number;
  #scene: Scene | undefined;
  /** Runs that went to their end. */
  schedules = 0;
  /** Turns taken for the first time, which is how many states were come to. */
  states = 0;
  /** Runs that were given up because they could only repeat another. */
  prunedRuns = 0;
  /** Why the search ended before everything was tried. */
  why: string | undefined;
  /** The shortest schedule for each rule that was broken. */
  readonly failures: Map<string, Failure> = new Map();

  constructor(
    race: Race,
    kernel: string | KernelVariant,
    maxSchedules: number = Number.POSITIVE_INFINITY,
    shouldStop: () => boolean = () => false,
  ) {
    this.#race = race;
    this.#kernel = typeof kernel === "string" ? kernel : checked(kernel);
    this.#maxSchedules = maxSchedules;
    this.#shouldStop = shouldStop;
  }

  /** The race set up once more. */
  begin(): Execution {
    this.#scene = this.#race.start(this.#kernel);
    return new Execution(this.#scene.host, this.#scene.tasks);
  }

  stepped(): void {
    this.states++;
  }

  pruned(): void {
    this.prunedRuns++;
    this.#ask();
  }

  /** Takes down a run that has come to its end. */
  ended(execution: Execution): void {
    this.schedules++;
    for (const { rule, text } of this.judge(execution)) {
      const known = this.failures.get(rule);
      const failure = { rule, text, schedule: execution.schedule };
      if (known === undefined || isShorter(failure.schedule, known.schedule))
        this.failures.set(rule, failure);
    }
    this.#ask();
  }

  /** The rules that a run broke that can go no further; waiting for one another is one of them. */
  judge(execution: Execution): readonly BrokenRule[] {
    if (!execution.ended) return [{ rule: "deadlock", text: `nobody can go on: ${execution.waits}` }];
    return (this.#scene as Scene).broken(execution.results);
  }

  #ask(): void {
    if (this.schedules + this.prunedRuns >= this.#maxSchedules)
      this.why = `the limit of ${this.#maxSchedules} schedules was reached before all were tried`;
    else if (this.#shouldStop()) this.why = "it was stopped before all schedules were tried";
  }

  get isOver(): boolean {
    return this.why !== undefined;
  }
}
