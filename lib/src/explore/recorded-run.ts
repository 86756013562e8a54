// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { Footprint } from "../base/footprint.ts";
import type { SchedulingPoint } from "../base/task.ts";
import type { TraceEvent } from "../base/trace.ts";
import type { Host } from "../boot.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { Execution, type Running } from "./execution.ts";
import { checked } from "./learner.ts";
import { type Place, placeOf, pointText } from "./place.ts";
import type { BrokenRule, Race, Scene } from "./race.ts";
import { changesBetween, type RaceState, raceState, type StateChange } from "./race-state.ts";
import { TaskError } from "./task-error.ts";
import { actionsOf } from "./turn-actions.ts";

/** One turn of a task, with everything that can be told of it. */
export interface RecordedTurn {
  /** From 1. */
  readonly number: number;
  /** Letter of the task. */
  readonly actor: string;
  /** The point at which it went on: "start", or kind and object. */
  readonly began: string;
  /** The function that it went on in. */
  readonly place?: Place;
  /** What it did, in order. */
  readonly actions: readonly string[];
  /** What it touched. */
  readonly footprint: Footprint;
  readonly before: RaceState;
  readonly after: RaceState;
  readonly changed: readonly StateChange[];
  /** Locks and read-side sections that the task has after the turn. */
  readonly holds: readonly string[];
  /** The point at which it stopped; `undefined` when it ended. */
  readonly stoppedAt: SchedulingPoint | undefined;
  /** True when it could not go on from there at once. */
  readonly waits: boolean;
  /** What it returned, if it ended. */
  readonly result?: number;
}

/** A lock that somebody has. */
interface Held {
  readonly actor: string;
  readonly name: string;
  readonly mode: string;
}

/** A race under way, turn by turn, with a record of each. The same letters give the same record. */
export class RecordedRun {
  readonly race: Race;
  readonly turns: RecordedTurn[] = [];
  /** What a task did that no task may; nobody can go on after that. */
  error: TaskError | undefined;
  readonly #scene: Scene;
  readonly #execution: Execution;
  readonly #kernel: string | KernelVariant;
  readonly #events: TraceEvent[] = [];
  readonly #frames = new Set<Pfn>();
  readonly #held: Held[] = [];
  #state: RaceState;
  #broken: readonly BrokenRule[] | undefined;

  constructor(race: Race, kernel: string | KernelVariant = "rfc-v1") {
    this.race = race;
    this.#kernel = kernel;
    this.#scene = race.start(typeof kernel === "string" ? kernel : checked(kernel));
    this.#execution = new Execution(this.#scene.host, this.#scene.tasks);
    this.#scene.host.trace.listen((event) => this.#events.push(event));
    this.#state = raceState(this.#scene.host, this.#frames);
  }

  get host(): Host {
    return this.#scene.host;
  }

  /** One letter for each turn so far. */
  get schedule(): string {
    return this.#execution.schedule;
  }

  get state(): RaceState {
    return this.#state;
  }

  /** Letters of all tasks, in order. */
  get actors(): readonly string[] {
    return this.#execution.tasks.map(({ name }) => name);
  }

  /** Letters of the tasks that can go, in order. */
  get runnable(): readonly string[] {
    if (this.error !== undefined) return [];
    return this.actors.filter((_, number) => this.#execution.canGo(number));
  }

  /** True when nobody can go on: every task has ended, or they wait for each other, or one did what no task may. */
  get isOver(): boolean {
    return this.runnable.length === 0;
  }

  get results(): Readonly<Record<string, number>> {
    return this.#execution.results;
  }

  /** Where a task stopped, and whether it has ended. */
  at(actor: string): { readonly stoppedAt: SchedulingPoint | undefined; readonly ended: boolean } {
    return this.#running(actor);
  }

  /** Locks and read-side sections that a task has. */
  holds(actor: string): readonly string[] {
    return this.#held.filter((one) => one.actor === actor).map(nameOf);
  }

  /** The tasks that hold a lock. */
  holders(lock: string): readonly string[] {
    return [...new Set(this.#held.filter(({ name }) => name === lock).map(({ actor }) => actor))];
  }

  /** What is broken, once nobody can go on. */
  get broken(): readonly BrokenRule[] {
    if (!this.isOver) return [];
    this.#broken ??= this.#judge();
    return this.#broken;
  }

  #judge(): readonly BrokenRule[] {
    if (this.error !== undefined) return [{ rule: "not-a-task", text: this.error.message }];
    if (!this.#execution.ended)
      return [{ rule: "deadlock", text: `nobody can go on: ${this.#execution.waits}` }];
    this.#execution.finish();
    return this.#scene.broken(this.results);
  }

  /** Gives a task that can go one turn. */
  step(actor: string): void {
    const number = this.actors.indexOf(actor);
    const running = this.#running(actor);
    const began = pointText(running.stoppedAt, "start");
    const footprint = new Footprint();
    this.#events.length = 0;
    try {
      this.#execution.step(number, footprint);
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      this.error = error;
    }
    for (const event of this.#events) this.#noteLock(actor, event);
    const before = this.#state;
    this.#state = raceState(this.host, this.#frames);
    const { stoppedAt, result } = running;
    const place = this.#placeOf(actor, began, stoppedAt);
    this.turns.push({
      number: this.turns.length + 1,
      actor,
      began,
      ...(place === undefined ? {} : { place }),
      actions: actionsOf(this.#events),
      footprint,
      before,
      after: this.#state,
      changed: changesBetween(before, this.#state),
      holds: this.holds(actor),
      stoppedAt,
      waits: stoppedAt !== undefined && !this.#execution.canGo(number),
      ...(result === undefined ? {} : { result }),
    });
  }

  /** Steps through a schedule and on to the end: letters of tasks that cannot go are passed over. */
  follow(letters: string): this {
    for (const letter of letters) if (this.runnable.includes(letter)) this.step(letter);
    return this;
  }

  /** Goes on to the end, each turn with the first task that can go, as `replay` does. */
  finish(): this {
    for (let first = this.runnable[0]; first !== undefined; first = this.runnable[0]) this.step(first);
    return this;
  }

  #placeOf(actor: string, began: string, stoppedAt: SchedulingPoint | undefined): Place | undefined {
    const past = this.turns.filter((turn) => turn.actor === actor).map((turn) => turn.began);
    return placeOf({
      at: began,
      after: past.at(-1) ?? "",
      before: pointText(stoppedAt, "end"),
      vcpu: [...past, began].some((point) => point.startsWith("lock vcpu")),
      kernel: this.#kernel,
    });
  }

  #running(actor: string): Running {
    return this.#execution.tasks.find(({ name }) => name === actor) as Running;
  }

  #noteLock(actor: string, { kind, name, detail }: TraceEvent): void {
    const mode = String(detail["mode"]);
    if (kind === "lock") this.#held.push({ actor, name, mode });
    if (kind !== "unlock") return;
    const at = this.#held.findIndex((one) => one.actor === actor && one.name === name && one.mode === mode);
    if (at >= 0) this.#held.splice(at, 1);
  }
}

function nameOf({ name, mode }: Held): string {
  return mode === "exclusive" ? name : `${name} (${mode})`;
}
