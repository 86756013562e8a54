// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { errnoName } from "../base/errno.ts";
import type { Access } from "../base/footprint.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { GRANULE } from "../rmm/granules.ts";
import { accessesConflict, accessName, conflictsOn } from "./conflict.ts";
import type { Exploration } from "./explore.ts";
import { nearestGood, type TurnOf } from "./nearest-good.ts";
import { type Place, pointText } from "./place.ts";
import type { BrokenRule, Race } from "./race.ts";
import type { RaceState, StateChange } from "./race-state.ts";
import { RecordedRun, type RecordedTurn } from "./recorded-run.ts";
import { titleOf } from "./rule-title.ts";
import { runLengths, scheduleOf } from "./schedule-text.ts";

/** Something that a turn touched, and that another actor touches in a way that conflicts. */
export interface SharedAccess {
  readonly what: string;
  readonly mode: Access["mode"];
  /** The value before the turn, where it is known. */
  readonly value?: string;
}

/** One turn. */
export interface TurnRow {
  readonly kind: "turn";
  /** From 1. */
  readonly number: number;
  /** Letter of the actor. */
  readonly actor: string;
  /** The point at which it went on: "start", or kind and object. */
  readonly began: string;
  /** The function that it went on in, where the model can tell. */
  readonly place?: Place;
  /** What it did, in order. */
  readonly actions: readonly string[];
  /** What it read and wrote of that which actors share. */
  readonly touched: readonly SharedAccess[];
  /** Only what changed. */
  readonly changed: readonly StateChange[];
  /** Locks and read-side sections that the actor has after the turn. */
  readonly holds: readonly string[];
  /** What it returned, if it ended here. */
  readonly result?: number;
}

/** A change from one actor to another, and why. */
export interface SwitchRow {
  readonly kind: "switch";
  readonly from: string;
  readonly to: string;
  readonly reason: "preempted" | "waits" | "ended";
  /** The reason as one sentence. */
  readonly text: string;
}

/** Two turns that conflict, by their numbers. */
export interface Conflict {
  readonly first: number;
  readonly second: number;
  /** What both touch. */
  readonly on: readonly string[];
  /** True when a run was found that is good because the two came the other way round. */
  readonly decides: boolean;
}

/** A good schedule beside a bad one. */
export interface GoodNeighbour {
  readonly schedule: string;
  /** Pairs of turns that come the other way round. */
  readonly swaps: number;
  /** The swap that matters, as one sentence. */
  readonly text: string;
  /** Its turns: who went, and from which point. */
  readonly turns: readonly { readonly actor: string; readonly began: string; readonly name: string }[];
}

/** A run of a race as a reader needs it. */
export interface RaceReport {
  readonly race: Pick<Race, "id" | "title" | "question" | "actors">;
  /** Name of the kernel. */
  readonly kernel: string;
  /** With counts, as `replay` reads it. */
  readonly schedule: string;
  /** The call that makes the same run. */
  readonly replay: string;
  readonly rows: readonly (TurnRow | SwitchRow)[];
  /** What each task returned. */
  readonly results: Readonly<Record<string, number>>;
  /** The rules that do not hold at the end, each with its title; none when the run is good. */
  readonly broken: readonly (BrokenRule & { readonly title: string })[];
  readonly conflict?: Conflict;
  readonly good?: GoodNeighbour;
  /** What the exploration counted that found this run. */
  readonly explored?: Pick<Exploration, "schedules" | "states" | "pruned" | "why">;
}

/**
 * Runs a race with one schedule and tells everything about it as data: a row for each turn, a row for each change of
 * actor with its reason, the rules that are broken, the two turns that decide, and the nearest good schedule. Throws a
 * RangeError for a text that is no schedule.
 *
 * @param schedule letter by letter, or with counts: "M5 P8 M"
 * @param explored what `explore` answered, for the counts
 * @example
 * ```ts
 * const found = explore(race);
 * const report = reportOf(race, found.shortest.schedule, "rfc-v1", found);
 * report.broken[0].rule; // "page-of-the-file"
 * ```
 */
export function reportOf(
  race: Race,
  schedule: string,
  kernel: string | KernelVariant = "rfc-v1",
  explored?: Exploration,
): RaceReport {
  const run = new RecordedRun(race, kernel).follow(scheduleOf(schedule)).finish();
  const broken = run.broken.map((one) => ({ ...one, title: titleOf(one.rule) }));
  const name = typeof kernel === "string" ? kernel : kernel.name;
  const { id, title, question, actors } = race;
  const beside = broken.length === 0 || run.error !== undefined ? {} : neighbourOf(run, kernel);
  return {
    race: { id, title, question, actors },
    kernel: name,
    schedule: runLengths(run.schedule),
    replay: `replay(raceById("${id}"), "${runLengths(run.schedule)}", "${name}")`,
    rows: rowsOf(run),
    results: run.results,
    broken,
    ...beside,
    ...(explored === undefined ? {} : { explored: countsOf(explored) }),
  };
}

function countsOf({ schedules, states, pruned, why }: Exploration): NonNullable<RaceReport["explored"]> {
  return { schedules, states, pruned, ...(why === undefined ? {} : { why }) };
}

function rowsOf(run: RecordedRun): (TurnRow | SwitchRow)[] {
  return run.turns.flatMap((turn, i) => {
    const next = run.turns[i + 1];
    const row = turnRow(turn, run);
    return next === undefined || next.actor === turn.actor ? [row] : [row, switchRow(turn, next, run.turns)];
  });
}

function turnRow(turn: RecordedTurn, run: RecordedRun): TurnRow {
  const { number, actor, began, place, actions, changed, holds, result } = turn;
  return {
    kind: "turn",
    number,
    actor,
    began,
    ...(place === undefined ? {} : { place }),
    actions,
    touched: sharedAccesses(turn, run),
    changed,
    holds,
    ...(result === undefined ? {} : { result }),
  };
}

/** What a turn touched that a turn of another actor conflicts with. */
function sharedAccesses(turn: RecordedTurn, run: RecordedRun): SharedAccess[] {
  const others = run.turns
    .filter(({ actor }) => actor !== turn.actor)
    .flatMap(({ footprint }) => footprint.accesses);
  return turn.footprint.accesses
    .filter((access) => others.some((other) => accessesConflict(access, other)))
    .map((access) => {
      const value = valueBefore(access, turn.before);
      return { what: nameIn(run, access), mode: access.mode, ...(value === undefined ? {} : { value }) };
    });
}

/** What was touched, in words; a frame that holds a table of the realm is called that. */
function nameIn({ host }: RecordedRun, access: Pick<Access, "object" | "part">): string {
  const { granules } = host.rmm.state;
  const isTable = access.object === "frame" && granules.stateOf(access.part as Pfn) === GRANULE.RTT;
  return isTable ? `realm table in ${accessName(access)}` : accessName(access);
}

/** The value of what is touched, if the state of the race has it. */
function valueBefore({ object, part }: Access, state: RaceState): string | undefined {
  const facts = [...state.values()].filter(
    (fact) => fact.object === object && (fact.part === undefined || fact.part === part),
  );
  if (facts.length === 0) return object === "gmem page cache" ? "no page" : undefined;
  if (facts.length === 1) return facts[0]?.value;
  return facts.length > 4
    ? undefined
    : facts.map(({ what, value }) => `${lastWord(what)} ${value}`).join(", ");
}

function lastWord(what: string): string {
  return what.slice(what.lastIndexOf(" ") + 1);
}

function switchRow(turn: RecordedTurn, next: RecordedTurn, all: readonly RecordedTurn[]): SwitchRow {
  const from = turn.actor;
  const common = { kind: "switch", from, to: next.actor } as const;
  if (turn.result !== undefined)
    return { ...common, reason: "ended", text: `${from} has ended with ${errnoName(turn.result)}` };
  const point = pointText(turn.stoppedAt, "start");
  if (turn.stoppedAt !== undefined && turn.waits) {
    const { object } = turn.stoppedAt;
    const holders = [...new Set(all.slice(0, turn.number).map(({ actor }) => actor))].filter(
      (actor) =>
        actor !== from && holdsAfter(actor, turn.number, all).some((held) => held.startsWith(object)),
    );
    const who = holders.length === 0 ? "" : `, which ${holders.join(" and ")} holds`;
    return { ...common, reason: "waits", text: `${from} waits for ${object}${who}` };
  }
  return { ...common, reason: "preempted", text: `${from} is preempted before: ${point}` };
}

function holdsAfter(actor: string, number: number, all: readonly RecordedTurn[]): readonly string[] {
  return all.filter((turn) => turn.actor === actor && turn.number <= number).at(-1)?.holds ?? [];
}

/** The nearest good schedule, and the two turns that decide; without one, the last two that meet. */
function neighbourOf(
  run: RecordedRun,
  kernel: string | KernelVariant,
): Pick<RaceReport, "conflict" | "good"> {
  const near = nearestGood(run.race, run.schedule, kernel);
  if (near === undefined) {
    const met = lastToMeet(run);
    return met === undefined ? {} : { conflict: met };
  }
  const [first, second] = near.pair.map((turn) => find(run.turns, turn));
  const conflict = conflictOf(run, first, second, true);
  const other = new RecordedRun(run.race, kernel).follow(near.schedule).finish();
  const good: GoodNeighbour = {
    schedule: runLengths(near.schedule),
    swaps: near.swaps,
    text: swapText(first, second, near.swaps),
    turns: other.turns.map(({ actor, began, place }) => ({ actor, began, name: place?.name ?? "" })),
  };
  return conflict === undefined ? { good } : { conflict, good };
}

/** The last turns that conflict on a frame that a broken rule names; failing that on any frame, or on anything. */
function lastToMeet(run: RecordedRun): Conflict | undefined {
  const all = run.turns.flatMap((later) =>
    run.turns
      .filter(({ number, actor }) => number < later.number && actor !== later.actor)
      .flatMap((earlier) => conflictOf(run, earlier, later, false) ?? [])
      .filter(({ on }) => on.length > 0),
  );
  const named = run.broken.flatMap(({ text }) => text.match(/0x[0-9a-f_]+/g) ?? []);
  const isNamed = ({ on }: Conflict): boolean =>
    on.some((what) => named.some((name) => what.endsWith(`frame ${name}`)));
  const isFrame = ({ on }: Conflict): boolean => on.some((what) => what.includes("frame "));
  return all.filter(isNamed).at(-1) ?? all.filter(isFrame).at(-1) ?? all.at(-1);
}

function find(turns: readonly RecordedTurn[], { actor, turn }: TurnOf): RecordedTurn | undefined {
  return turns.filter((one) => one.actor === actor)[turn - 1];
}

function conflictOf(
  run: RecordedRun,
  a: RecordedTurn | undefined,
  b: RecordedTurn | undefined,
  decides: boolean,
): Conflict | undefined {
  if (a === undefined || b === undefined) return undefined;
  const [first, second] = a.number < b.number ? [a, b] : [b, a];
  const on = conflictsOn(first.footprint, second.footprint).map((access) => nameIn(run, access));
  return { first: first.number, second: second.number, on, decides };
}

function swapText(a: RecordedTurn | undefined, b: RecordedTurn | undefined, swaps: number): string {
  if (a === undefined || b === undefined) return `${swaps} pairs of turns come the other way round`;
  const one = `${b.actor} goes through "${b.began}" before ${a.actor} goes through "${a.began}"`;
  return swaps === 1
    ? one
    : `${one}, and ${swaps - 1} more of the pairs that conflict come the other way round`;
}
