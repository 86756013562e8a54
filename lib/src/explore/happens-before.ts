// SPDX-License-Identifier: MIT
import { type AccessMode, type Footprint, modesConflict } from "../base/footprint.ts";

/** Everything that touched one thing, in order. */
interface History {
  readonly events: number[];
  readonly modes: AccessMode[];
}

/**
 * Which turns of a run happened before which: a turn depends on the earlier turns of its task, and on the last turns
 * of the others that touched the same things. Turns are numbered from 0, and can be taken back from the end.
 */
export class HappensBefore {
  readonly #tasks: number;
  readonly #taskOf: number[] = [];
  readonly #footprints: Footprint[] = [];
  /** For each turn: by task, the last turn that happened before it, itself included; -1 for none. */
  readonly #clocks: Int32Array[] = [];
  readonly #turnsOf: number[][];
  readonly #histories = new Map<number, History>();
  readonly #everything: number[] = [];

  constructor(tasks: number) {
    this.#tasks = tasks;
    this.#turnsOf = Array.from({ length: tasks }, () => []);
  }

  get turns(): number {
    return this.#taskOf.length;
  }

  taskOf(turn: number): number {
    return this.#taskOf[turn] as number;
  }

  /** The last turn of a task, or -1. */
  lastOf(task: number): number {
    return this.#turnsOf[task]?.at(-1) ?? -1;
  }

  /** What the first turn of a task after `turn` touched, if there was one. */
  footprintAfter(turn: number, task: number): Footprint | undefined {
    const next = this.#firstAfter(turn, task);
    return next === undefined ? undefined : this.#footprints[next];
  }

  #firstAfter(turn: number, task: number): number | undefined {
    const turns = this.#turnsOf[task] as number[];
    let at = turns.length;
    while (at > 0 && (turns[at - 1] as number) > turn) at--;
    return turns[at];
  }

  /** Adds a turn. Its clock is what `join` answered. */
  push(task: number, footprint: Footprint, clock: Int32Array): void {
    const turn = this.#taskOf.length;
    clock[task] = turn;
    this.#taskOf.push(task);
    this.#footprints.push(footprint);
    this.#clocks.push(clock);
    (this.#turnsOf[task] as number[]).push(turn);
    if (footprint.everything) this.#everything.push(turn);
    for (let i = 0; i < footprint.keys.length; i++) {
      const key = footprint.keys[i] as number;
      let history = this.#histories.get(key);
      if (history === undefined) {
        history = { events: [], modes: [] };
        this.#histories.set(key, history);
      }
      history.events.push(turn);
      history.modes.push(footprint.modes[i] as AccessMode);
    }
  }

  /** Takes the last turn back. */
  pop(): void {
    const footprint = this.#footprints.pop() as Footprint;
    const task = this.#taskOf.pop() as number;
    this.#clocks.pop();
    (this.#turnsOf[task] as number[]).pop();
    if (footprint.everything) this.#everything.pop();
    for (const key of footprint.keys) {
      const history = this.#histories.get(key) as History;
      history.events.pop();
      history.modes.pop();
    }
  }

  /**
   * The turns that a further turn of `task` with this footprint races with: they conflict, and nothing in between
   * orders the two. At most one for each other task.
   *
   * @param clock takes what happened before the further turn
   */
  races(task: number, footprint: Footprint, clock: Int32Array): number[] {
    const last = this.lastOf(task);
    if (last >= 0) clock.set(this.#clocks[last] as Int32Array);
    else clock.fill(-1);
    const latest = this.#latestConflicts(task, footprint, clock);
    const racing = latest.filter((turn, other) => turn > (clock[other] as number));
    for (const turn of racing) {
      const before = this.#clocks[turn] as Int32Array;
      for (let t = 0; t < this.#tasks; t++)
        if ((before[t] as number) > (clock[t] as number)) clock[t] = before[t] as number;
    }
    return racing.filter((turn) => !racing.some((other) => other !== turn && this.#isBefore(turn, other)));
  }

  #isBefore(turn: number, later: number): boolean {
    return ((this.#clocks[later] as Int32Array)[this.taskOf(turn)] as number) >= turn;
  }

  /** For each other task its latest turn that conflicts with the footprint, or -1. */
  #latestConflicts(task: number, footprint: Footprint, clock: Int32Array): number[] {
    const latest = new Array<number>(this.#tasks).fill(-1);
    // Turns up to here happened before in any case.
    let floor = Number.POSITIVE_INFINITY;
    for (let t = 0; t < this.#tasks; t++) if (t !== task) floor = Math.min(floor, clock[t] as number);
    if (footprint.everything) {
      for (let t = 0; t < this.#tasks; t++) if (t !== task) latest[t] = this.lastOf(t);
      return latest;
    }
    for (const turn of this.#everything) {
      const other = this.taskOf(turn);
      if (other !== task && turn > (latest[other] as number)) latest[other] = turn;
    }
    for (let i = 0; i < footprint.keys.length; i++) {
      const history = this.#histories.get(footprint.keys[i] as number);
      if (history === undefined) continue;
      const mode = footprint.modes[i] as AccessMode;
      const { events, modes } = history;
      for (let at = events.length - 1; at >= 0; at--) {
        const turn = events[at] as number;
        if (turn <= floor) break;
        const other = this.taskOf(turn);
        if (other === task || turn <= (latest[other] as number)) continue;
        if (modesConflict(mode, modes[at] as AccessMode)) latest[other] = turn;
      }
    }
    return latest;
  }

  /**
   * The tasks that can come first when `turn` is put off: of the turns after it that do not depend on it, and a last
   * one of `task` with this clock, those that nothing else among them happened before. As a set of bits.
   */
  firstWithout(turn: number, task: number, clock: Int32Array): number {
    const delayed = this.taskOf(turn);
    const first = new Array<number>(this.#tasks).fill(-1);
    const clocks = new Array<Int32Array | undefined>(this.#tasks).fill(undefined);
    for (let t = 0; t < this.#tasks; t++) {
      // Once a turn of a task depends on `turn`, all its later ones do.
      const candidate = this.#firstAfter(turn, t);
      if (candidate === undefined) continue;
      const candidateClock = this.#clocks[candidate] as Int32Array;
      if ((candidateClock[delayed] as number) >= turn) continue;
      first[t] = candidate;
      clocks[t] = candidateClock;
    }
    if (first[task] === -1) {
      first[task] = this.turns;
      clocks[task] = clock;
    }
    let initials = 0;
    for (let t = 0; t < this.#tasks; t++) {
      const own = clocks[t];
      if (own === undefined) continue;
      const preceded = first.some((other, s) => s !== t && other >= 0 && (own[s] as number) >= other);
      if (!preceded) initials |= 1 << t;
    }
    return initials;
  }
}
