// SPDX-License-Identifier: MIT
import { errnoName } from "../../base/errno.ts";
import { raceById } from "../../explore/races/catalogue.ts";
import { type Replay, replay } from "../../explore/replay.ts";
import { runLengths, scheduleOf } from "../../explore/schedule-text.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "11-find-schedule";
const RACE = raceById("map-fold");
const RULE = "no-kernel-warning";

/** Turn (from 0) in which a task does a firmware call for the first time; -1 if it never does. */
function turnOf({ turns }: Replay, task: string, call: string): number {
  const before = turns.findIndex(({ task: who, stoppedAt }) => who === task && stoppedAt?.object === call);
  if (before < 0) return -1;
  return turns.findIndex(({ task: who }, i) => i > before && who === task);
}

function lastTurnOf({ turns }: Replay, task: string): number {
  return turns.map(({ task: who }) => who).lastIndexOf(task);
}

/** Why a run broke nothing. */
function whyGood(run: Replay): [id: string, message: string] {
  const firstOfP = run.turns.findIndex(({ task }) => task === "P");
  if (firstOfP > lastTurnOf(run, "M"))
    return [
      "after",
      "P begins when M has ended. The page is mapped by then, and a table in use is not folded.",
    ];
  if (lastTurnOf(run, "P") < turnOf(run, "M", "RMI_RTT_CREATE"))
    return [
      "before-table",
      "P has ended before the table exists. There is nothing that it could fold away: let M make the table first.",
    ];
  return [
    "in-between",
    "P begins in time, but the turn in which it folds comes when the page is mapped already. Once M has made the table, P has to go to its end before M goes on.",
  ];
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "string")
    return {
      id: "no-text",
      message: 'The answer is a schedule as a text, such as "M3 P2 M".',
      came: typeof answer,
    };
  if (answer.trim() === "") return untouched("The schedule is still empty.");
  let letters: string;
  try {
    letters = scheduleOf(answer);
  } catch {
    return {
      id: "no-schedule",
      message: 'A schedule is letters with counts, and blanks between them, such as "M3 P2 M".',
      came: answer.slice(0, 60),
    };
  }
  const stranger = [...letters].find((letter) => !(letter in RACE.actors));
  if (stranger !== undefined) {
    return {
      id: "no-actor",
      message: `There is no actor ${stranger} in this race. M maps, P punches the hole.`,
      came: runLengths(letters).slice(0, 60),
    };
  }
  const run = replay(RACE, letters);
  if (run.broken.some(({ rule }) => rule === RULE)) return undefined;
  const [id, message] = whyGood(run);
  const results = Object.entries(run.results).map(([task, result]) => `${task} ${errnoName(result)}`);
  return {
    id,
    message,
    call: `replay(raceById("${RACE.id}"), "${runLengths(letters).slice(0, 40)}")`,
    expected: "a warning of the kernel",
    came: `none; ${results.join(", ")}`,
  };
}

function code(schedule: string): string {
  return [`const schedule = "${schedule}";`, `check("${ID}", schedule);`].join("\n");
}

/** One schedule that does it. */
export const findSchedule: Exercise = {
  id: ID,
  title: "Find the schedule",
  task: "M maps page 0 of 2 MiB that have no table yet. P punches a hole for page 1, where nothing is. Find a schedule after which the kernel has warned. What you leave out at the end runs as it can.",
  starter: code(""),
  check,
  hints: [
    "P unmaps nothing, but whoever unmaps also folds tables that have become empty. When is a table of M empty?",
    "M makes the table in one turn and uses it in the next. In between it is empty, and P is to fold it there: all of P.",
    'playRace("map-fold") shows before which call each actor stands. Let M go until its next step is the second RMI_DATA_CREATE_UNKNOWN: "M<turns> P7 M".',
  ],
  wrongAnswers: [
    { problem: "after", code: code("M20 P8") },
    { problem: "before-table", code: code("P8 M9") },
    { problem: "in-between", code: code("M8 P3 M P4") },
    { problem: "no-schedule", code: code("M8, P7, M") },
    { problem: "no-actor", code: code("M8 V7 M") },
  ],
  solution: {
    code: code("M8 P7 M"),
    reasons:
      "M has made the table of level 3 and stands before the call that uses it. P has nothing to unmap, but on its way it folds what is empty, and this table is. Then M's second RMI_DATA_CREATE_UNKNOWN meets RMI_ERROR_RTT again, for which realm_map_protected has only a WARN_ON and -ENXIO left. No memory is harmed; but user space has made the kernel warn.",
  },
};
