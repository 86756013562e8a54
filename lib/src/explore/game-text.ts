// SPDX-License-Identifier: MIT
import { indented, wrapped } from "../base/text-columns.ts";
import type { BrokenRule, Race } from "./race.ts";
import type { RecordedTurn } from "./recorded-run.ts";

/** An actor of a game, as it stands. */
export interface GameActor {
  readonly letter: string;
  /** What it does, as the race says. */
  readonly what: string;
  /** Can go now. */
  readonly canGo: boolean;
  /** What it does first when it goes on, or why it cannot: one phrase. */
  readonly next: string;
  /** Locks and read-side sections that it has. */
  readonly holds: readonly string[];
  /** What it returned, if it has ended. */
  readonly result?: number;
}

/** What is shown of a game. */
export interface GameView {
  readonly race: Race;
  readonly kernel: string;
  readonly message: string;
  readonly actors: readonly GameActor[];
  readonly turns: readonly RecordedTurn[];
  readonly schedule: string;
  readonly broken: readonly BrokenRule[];
}

/** A game as text: the question, the actors, what the last turn did and changed, the turns so far. */
export function gameText(game: GameView): string {
  const { race, kernel, message, actors, turns, schedule, broken } = game;
  const last = turns.at(-1);
  return [
    ...wrapped(`${race.title}, on ${kernel}. ${race.question}`),
    "",
    ...actors.flatMap(actorLines),
    ...(last === undefined ? [] : ["", ...turnLines(last)]),
    "",
    ...(schedule === "" ? [] : wrapped(`So far: ${schedule}`)),
    ...wrapped(message),
    ...broken.flatMap(({ rule, text }) => indented(`${text} (rule ${rule})`, "  ")),
  ].join("\n");
}

function actorLines({ letter, what, canGo, next, holds, result }: GameActor): string[] {
  const sign = canGo ? ">" : " ";
  const state = result === undefined && canGo ? `can go; next: ${next}` : next;
  const held = holds.length === 0 ? [] : indented(`holds ${holds.join(", ")}`, "      ");
  return [...indented(`${letter}  ${what}`, `${sign} `), ...indented(state, "      "), ...held];
}

function turnLines({ number, actor, place, actions, changed }: RecordedTurn): string[] {
  const where = place === undefined ? "" : `, in ${place.name}`;
  return [
    `Turn ${number}: ${actor}${where}`,
    ...actions.flatMap((action) => indented(action, "      ")),
    ...changed.flatMap(({ what, before, after }) => indented(`~ ${what}: ${before} -> ${after}`, "    ")),
    ...(changed.length === 0 ? ["      changes nothing that is shared"] : []),
  ];
}
