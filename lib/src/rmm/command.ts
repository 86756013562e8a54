// SPDX-License-Identifier: MIT
import type { RmiCall } from "./call.ts";
import type { RmiStatus } from "./status.ts";

/** How we know of a condition. */
export type Evidence =
  /** Seen by running TF-RMM (tree rmm-spec-v1.x-aligned) and recorded in the conformance vectors. */
  | "recorded"
  /** Read in the source of TF-RMM, but not run. */
  | "source"
  /** Chosen by the model where the real one crashes or is not defined. */
  | "model";

/**
 * One way in which a command fails. The conditions of a command are tested in the order of its table, and the
 * first that holds gives the answer; a condition may rely on what the ones before it have established.
 */
export interface Condition {
  /** Short name, unique within the command. */
  readonly id: string;
  /** The condition in words, to be read after "fails when". */
  readonly text: string;
  readonly status: RmiStatus;
  /** Index that goes with the status: 0 unless given. */
  readonly index?: (call: RmiCall) => number;
  readonly evidence: Evidence;
  /** True when the command fails. May look things up and leave them in the call for later conditions. */
  readonly holds: (call: RmiCall) => boolean;
  /** Fills result registers that the command defines for this failure. */
  readonly outputs?: (call: RmiCall) => void;
}

/** One command: its name and number, the conditions that refuse it, and what it does otherwise. */
export interface Command {
  /** Name in the specification. */
  readonly name: string;
  readonly fid: number;
  /** True for a command that exists only where the RMM has device assignment. */
  readonly deviceAssignment?: boolean;
  /** Where the order of the conditions was taken from. */
  readonly origin: string;
  /** Names of the arguments, x1 first. */
  readonly args: readonly string[];
  /** Names of the results, x1 first. */
  readonly results: readonly string[];
  readonly conditions: readonly Condition[];
  /**
   * The conditions once more, written out one by one: position in the table of the first that holds, or -1. Only
   * for the commands that are called for every page, because a compiler sees through this and not through a loop
   * over a table. A test holds the two against each other.
   */
  readonly firstHolding?: (call: RmiCall) => number;
  /** Does what the command is for, once no condition holds. Answers x0 where it can still fail. */
  readonly run: (call: RmiCall) => number;
}
