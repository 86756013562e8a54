// SPDX-License-Identifier: MIT
import { abiTrials } from "./abi.ts";
import { conformanceTrials } from "./conformance.ts";
import { costTrials } from "./cost.ts";
import { faultTrials } from "./faults.ts";
import { raceTrials } from "./raced.ts";
import { kernelWith, notASubmission, postedAbi, type Submission } from "./submission.ts";
import { type Miss, type OnTrial, played, type Trial } from "./trial.ts";

/** One stage of the gauntlet. */
export interface Stage {
  readonly id: "conformance" | "faults" | "races" | "cost" | "abi";
  readonly title: string;
  /** Points that it gives when all its trials pass. */
  readonly points: number;
  readonly trials: readonly Trial[];
}

/** The stages in their order. Together they give 100 points. */
export const STAGES: readonly Stage[] = [
  {
    id: "conformance",
    title: "Conformance: calls with nobody else at work",
    points: 30,
    trials: conformanceTrials,
  },
  { id: "faults", title: "Faults: each step fails in turn", points: 15, trials: faultTrials },
  { id: "races", title: "Races: every order of steps", points: 25, trials: raceTrials },
  { id: "cost", title: "Cost: what others pay", points: 10, trials: costTrials },
  { id: "abi", title: "ABI: the bytes of the argument", points: 20, trials: abiTrials },
];

/** What became of a trial. */
export interface TrialResult {
  readonly trial: Trial;
  /** Nothing when it passed. */
  readonly miss: Miss | undefined;
}

/** What became of a stage. */
export interface StageResult {
  readonly stage: Stage;
  readonly points: number;
  /** Empty when the stage was not run. */
  readonly results: readonly TrialResult[];
}

/** What became of a submission. */
export interface GauntletResult {
  readonly score: number;
  readonly stages: readonly StageResult[];
  /** The first thing that is not right, in the order of the stages. */
  readonly first: { readonly stage: Stage; readonly trial: Trial; readonly miss: Miss } | undefined;
  /** Why the gauntlet ended early, in a sentence. */
  readonly ended: string | undefined;
}

/**
 * Puts a function and the argument of its ioctl to every trial, on machines of their own, and counts the points. A
 * function that loops, throws or returns nonsense ends the gauntlet with one sentence that says what it did.
 *
 * @example
 * ```ts
 * runGauntlet({ kvm_map_private_memory }).score; // of 100; the function as posted
 * ```
 */
export function runGauntlet(submission: Submission): GauntletResult {
  const invalid = notASubmission(submission);
  if (invalid !== undefined) throw new TypeError(invalid);
  const { kvm_map_private_memory, abi = postedAbi } = submission;
  const onTrial: OnTrial = { kernel: kernelWith(kvm_map_private_memory), abi };
  const stages: StageResult[] = [];
  let ended: string | undefined;
  for (const stage of STAGES) {
    const results: TrialResult[] = [];
    for (const trial of ended === undefined ? stage.trials : []) {
      const miss = played(trial, onTrial);
      results.push({ trial, miss });
      if (miss?.notAFunction === true) {
        ended = miss.got;
        break;
      }
    }
    const passed = results.filter(({ miss }) => miss === undefined).length;
    stages.push({ stage, points: Math.floor((stage.points * passed) / stage.trials.length), results });
  }
  const [first] = stages.flatMap(({ stage, results }) =>
    results.flatMap(({ trial, miss }) => (miss === undefined ? [] : [{ stage, trial, miss }])),
  );
  return { score: stages.reduce((sum, { points }) => sum + points, 0), stages, first, ended };
}

/** The first thing that is not right, without looking further. */
export function firstMiss(
  onTrial: OnTrial,
  trials: readonly Trial[],
): { readonly trial: Trial; readonly miss: Miss } | undefined {
  for (const trial of trials) {
    const miss = played(trial, onTrial);
    if (miss !== undefined) return { trial, miss };
  }
  return undefined;
}
