// SPDX-License-Identifier: MIT
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

const WIDTH = 100;

function clipped(line: string): string {
  return line.length <= WIDTH ? line.trimEnd() : `${line.slice(0, WIDTH - 3).trimEnd()}...`;
}

/** A paragraph in lines of at most 100 characters. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
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
    ...broken.slice(1).flatMap(({ rule, text }) => wrapped(`Also broken: ${text} (rule ${rule}).`)),
  ]
    .map(clipped)
    .join("\n");
}

function actorLines({ letter, what, canGo, next, holds, result }: GameActor): string[] {
  const sign = canGo ? ">" : " ";
  const state = result === undefined && canGo ? `can go; next: ${next}` : next;
  const held = holds.length === 0 ? [] : [`      holds ${holds.join(", ")}`];
  return [`${sign} ${letter}  ${what}`, `      ${state}`, ...held];
}

function turnLines({ number, actor, place, actions, changed }: RecordedTurn): string[] {
  const where = place === undefined ? "" : `, in ${place.name}`;
  return [
    `Turn ${number}: ${actor}${where}`,
    ...actions.map((action) => `      ${action}`),
    ...changed.map(({ what, before, after }) => `    ~ ${what}: ${before} -> ${after}`),
    ...(changed.length === 0 ? ["      changes nothing that is shared"] : []),
  ];
}
