// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";
import type { ScheduledRun, Turn } from "../explore/schedule.ts";
import type { Picture } from "./display.ts";
import { FILL } from "./palette.ts";
import { type Cell, tablePicture } from "./table.ts";

/** What is shown of a run of several tasks. */
export interface TurnsOptions {
  /** Heading. @default "Who went when" */
  readonly title?: string;
  /** The columns from left to right: each task's letter and what it is. @default the letters alone */
  readonly tasks?: Readonly<Record<string, string>>;
}

const FILLS: Readonly<Record<string, string>> = { rmi: FILL.private, wait: FILL.refused };

function cellOf({ task, stoppedAt }: Turn, { results }: ScheduledRun): Cell {
  if (stoppedAt === undefined) return { text: `ends with ${errnoName(results[task] as number)}`, bold: true };
  const { kind, object } = stoppedAt;
  const words = kind === "wait" ? "waits for " : kind === "rmi" ? "" : `${kind} `;
  return { text: words + object, fill: FILLS[kind] ?? FILL.slot };
}

/**
 * An interleaving: a row for each turn, a column for each task. A cell says where the task stopped, which is what it
 * does first when it goes on.
 *
 * @example
 * ```ts
 * showTurns(runSchedule(host, { M: map, D: remove }, following("MMMDDD")), { tasks: { M: "map", D: "delete" } });
 * ```
 */
export function showTurns(run: ScheduledRun, options: TurnsOptions = {}): Picture {
  const { title = "Who went when", tasks } = options;
  const names = Object.keys(tasks ?? run.results);
  return tablePicture({
    title,
    notes: ["Each entry is where a task stopped: what it does first when it goes on."],
    head: names.map((name) => (tasks?.[name] === undefined ? name : `${name}: ${tasks[name]}`)),
    rows: run.turns.map((turn) => names.map((name) => (name === turn.task ? cellOf(turn, run) : ""))),
  });
}
