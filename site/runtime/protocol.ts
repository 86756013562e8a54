// SPDX-License-Identifier: MIT
import type { CellMessage } from "./messages.ts";

/** What the page asks of the worker: to run a cell. */
export interface RunRequest {
  readonly id: number;
  readonly source: string;
  /** The one in brackets beside the cell. */
  readonly number: number;
  /** The learner's progress, as it is stored. */
  readonly progress?: string;
}

/** What the worker tells the page about a run, in order. `done` is the last. */
export type RunReply =
  | { readonly id: number; readonly kind: "output"; readonly messages: readonly CellMessage[] }
  | { readonly id: number; readonly kind: "verdict"; readonly exercise: string; readonly accepted: boolean }
  | {
      readonly id: number;
      readonly kind: "progress";
      readonly change: { readonly write: string } | { readonly setAside: string };
    }
  | { readonly id: number; readonly kind: "done"; readonly failed: boolean; readonly line?: number };
