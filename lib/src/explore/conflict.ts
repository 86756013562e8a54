// SPDX-License-Identifier: MIT
import { hex } from "../base/address.ts";
import { type Access, type AccessMode, type Footprint, modesConflict } from "../base/footprint.ts";
import { HappensBefore } from "./happens-before.ts";

/** A turn as far as its order among others matters. */
export interface OrderedTurn {
  readonly actor: string;
  readonly footprint: Footprint;
}

/** Two turns of different tasks, by their places from 0, that conflict and that nothing in between orders. */
export interface RacingPair {
  readonly first: number;
  readonly second: number;
}

/** The pairs of turns that could have come the other way round, each alone, by the place of the later turn. */
export function racingPairs(turns: readonly OrderedTurn[]): RacingPair[] {
  return withClocks(turns).pairs;
}

/**
 * The letters of a run in which the later turn of a pair comes before the earlier one; whatever depended on the
 * earlier one comes after both.
 */
export function reversed(turns: readonly OrderedTurn[], { first, second }: RacingPair): string {
  const { clocks, tasks } = withClocks(turns);
  const task = tasks.indexOf((turns[first] as OrderedTurn).actor);
  const isAfterFirst = (turn: number): boolean => ((clocks[turn] as Int32Array)[task] as number) >= first;
  const between = turns.map((_, i) => i).filter((i) => i > first && i < second);
  const order = [
    ...between.filter((i) => !isAfterFirst(i)),
    second,
    first,
    ...between.filter((i) => isAfterFirst(i)),
  ];
  const letters = turns.map(({ actor }) => actor);
  const moved = order.map((i) => letters[i]);
  return [...letters.slice(0, first), ...moved, ...letters.slice(second + 1)].join("");
}

function withClocks(turns: readonly OrderedTurn[]): {
  pairs: RacingPair[];
  clocks: Int32Array[];
  tasks: string[];
} {
  const tasks = [...new Set(turns.map(({ actor }) => actor))];
  const past = new HappensBefore(tasks.length);
  const pairs: RacingPair[] = [];
  const clocks: Int32Array[] = [];
  turns.forEach(({ actor, footprint }, second) => {
    const task = tasks.indexOf(actor);
    const clock = new Int32Array(tasks.length);
    for (const first of past.races(task, footprint, clock)) pairs.push({ first, second });
    past.push(task, footprint, clock);
    clocks.push(clock);
  });
  return { pairs, clocks, tasks };
}

const MODES: Readonly<Record<Access["mode"], AccessMode>> = { read: 1, add: 2, write: 3 };

/** True when the order of two accesses can matter. */
export function accessesConflict(a: Access, b: Access): boolean {
  return a.object === b.object && a.part === b.part && modesConflict(MODES[a.mode], MODES[b.mode]);
}

/** What two turns conflict on, what matters most to a reader first. */
export function conflictsOn(a: Footprint, b: Footprint): Access[] {
  const shared = a.accesses.filter((one) => b.accesses.some((other) => accessesConflict(one, other)));
  const rank = ({ object }: Access): number =>
    object === "frame" ? 0 : object === "objects of the RMM" ? 2 : 1;
  return shared.sort((x, y) => rank(x) - rank(y));
}

/** What was touched, in words. */
export function accessName({ object, part }: Pick<Access, "object" | "part">): string {
  if (object === "frame") return `frame ${hex(part)}`;
  if (object === "gmem page cache") return `page ${part} of the file`;
  return part === 0 ? object : `${object} ${part}`;
}
