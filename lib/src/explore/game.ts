// SPDX-License-Identifier: MIT
import { Displayable } from "../base/displayable.ts";
import { errnoName } from "../base/errno.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { type WayToWin, wayToWin } from "./game-hint.ts";
import { lettersOf } from "./game-names.ts";
import { type GameActor, gameText } from "./game-text.ts";
import { pointText } from "./place.ts";
import type { BrokenRule, Race } from "./race.ts";
import type { StateChange } from "./race-state.ts";
import { raceById } from "./races/catalogue.ts";
import { RecordedRun, type RecordedTurn } from "./recorded-run.ts";
import { titleOf } from "./rule-title.ts";
import { runLengths } from "./schedule-text.ts";

/** How a game stands: "won" when a rule is broken, "held" when everybody has ended and none is. */
export type GameOutcome = "open" | "won" | "held";

/** What a hint tells: whether a win can be reached from here, and at most one step. */
export interface GameHint {
  readonly winnable: WayToWin["winnable"];
  /** Letter of an actor whose turn keeps the win within reach. */
  readonly next?: string;
  readonly text: string;
}

/** A game as it is shared. */
export interface SavedGame {
  readonly race: string;
  readonly kernel: string;
  /** With counts: "M5 P8". */
  readonly schedule: string;
}

/** Ways of going on that a hint tries before it gives up. */
const MOST_TRIED = 3_000;

/**
 * A race in which a person is the scheduler: says who goes next, turn by turn, and wins when a rule is broken at the
 * end. Shown in a notebook it tells who can go, what each would do, who holds which lock and what has changed.
 * Nothing that is typed in makes it throw: `message` says what was wrong.
 */
export class RaceGame extends Displayable {
  readonly race: Race;
  /** One sentence about the last thing that was asked for. */
  message: string;
  readonly #kernel: string | KernelVariant;
  #run: RecordedRun;
  /** A schedule that is known to win. */
  #known: string | undefined;

  constructor(race: Race, kernel: string | KernelVariant) {
    super();
    this.race = race;
    this.#kernel = kernel;
    this.#run = new RecordedRun(race, kernel);
    this.message = "You are the scheduler: say who goes next, and break a rule.";
  }

  /**
   * Lets an actor go up to its next scheduling point: its letter, or a word for it such as "vcpu". Several turns can
   * be given as a schedule, "M5 P8 M".
   */
  step(who: string): this {
    const letters = lettersOf(who, this.race);
    if (letters === undefined) {
      this.message = `There is no actor ${shownName(who)}; there are ${this.#run.actors.join(", ")}.`;
      return this;
    }
    for (const letter of letters) if (!this.#stepOne(letter)) return this;
    return this;
  }

  #stepOne(letter: string): boolean {
    const run = this.#run;
    if (!run.runnable.includes(letter)) {
      this.message = this.#whyNot(letter);
      return false;
    }
    run.step(letter);
    this.message = this.#afterStep(letter);
    return true;
  }

  /** Takes back the last turn, or the last few. */
  undo(turns = 1): this {
    const past = this.#run.schedule;
    if (past === "") {
      this.message = "There is nothing to take back.";
      return this;
    }
    const back = Number.isFinite(turns) ? Math.min(past.length, Math.max(1, Math.floor(turns))) : past.length;
    this.#run = new RecordedRun(this.race, this.#kernel).follow(past.slice(0, past.length - back));
    this.message = back === 1 ? "The last turn is taken back." : `The last ${back} turns are taken back.`;
    return this;
  }

  /** Goes back to the start. */
  restart(): this {
    this.#run = new RecordedRun(this.race, this.#kernel);
    this.message = "Everybody is at the start again.";
    return this;
  }

  /** Whether a rule can still be broken from here, and one step on the way. */
  hint(): GameHint {
    const hint = this.#hint();
    this.message = hint.text;
    return hint;
  }

  #hint(): GameHint {
    if (this.outcome === "won") return { winnable: "yes", text: this.#wonText() };
    if (this.outcome === "held") return { winnable: "no", text: "Everybody has ended; undo a few turns." };
    const { schedule } = this.#run;
    if (this.#known === undefined || !this.#known.startsWith(schedule)) {
      const { winnable, schedule: found, tried } = wayToWin(this.race, this.#kernel, schedule, MOST_TRIED);
      if (found === undefined) return { winnable, text: noWay(winnable, tried, schedule) };
      this.#known = found;
    }
    const next = this.#known[schedule.length] as string;
    return {
      winnable: "yes",
      next,
      text: `A rule can still be broken from here. One step on the way: ${next}.`,
    };
  }

  get outcome(): GameOutcome {
    if (!this.#run.isOver) return "open";
    return this.#run.broken.length > 0 ? "won" : "held";
  }

  get won(): boolean {
    return this.outcome === "won";
  }

  /** The rules that are broken, once everybody has ended. */
  get broken(): readonly BrokenRule[] {
    return this.#run.broken;
  }

  /** The actors, in order of their letters. */
  get actors(): readonly GameActor[] {
    return this.#run.actors.map((letter) => this.#actor(letter));
  }

  /** Letters of those who can go now. */
  get canGo(): readonly string[] {
    return this.#run.runnable;
  }

  /** The turns so far. */
  get turns(): readonly RecordedTurn[] {
    return this.#run.turns;
  }

  /** What the last turn changed. */
  get changed(): readonly StateChange[] {
    return this.#run.turns.at(-1)?.changed ?? [];
  }

  /** What the actors share, as it is now. */
  get state(): readonly { readonly what: string; readonly value: string }[] {
    return [...this.#run.state.values()].map(({ what, value }) => ({ what, value }));
  }

  /** Who went so far, with counts, as `playRace` and `replay` read it. */
  get schedule(): string {
    return runLengths(this.#run.schedule);
  }

  /** Name of the kernel. */
  get kernel(): string {
    return typeof this.#kernel === "string" ? this.#kernel : this.#kernel.name;
  }

  /** All that is needed to come back to this point. */
  toJSON(): SavedGame {
    return { race: this.race.id, kernel: this.kernel, schedule: this.schedule };
  }

  override get text(): string {
    return gameText(this);
  }

  #actor(letter: string): GameActor {
    const { stoppedAt, ended } = this.#run.at(letter);
    const canGo = this.#run.runnable.includes(letter);
    const result = this.#run.results[letter];
    const point = pointText(stoppedAt, "start");
    const next = ended
      ? `has ended with ${errnoName(result ?? 0)}`
      : canGo
        ? point
        : `waits for ${stoppedAt?.object ?? "nothing"}${this.#heldBy(stoppedAt?.object)}`;
    return {
      letter,
      what: this.race.actors[letter] ?? "",
      canGo,
      next,
      holds: this.#run.holds(letter),
      ...(result === undefined ? {} : { result }),
    };
  }

  #heldBy(lock: string | undefined): string {
    const holders = lock === undefined ? [] : this.#run.holders(lock);
    return holders.length === 0 ? "" : `, which ${holders.join(" and ")} holds`;
  }

  #whyNot(letter: string): string {
    if (this.#run.error !== undefined) return `Nobody can go on: ${this.#run.error.message}.`;
    const { next } = this.#actor(letter);
    const others = this.#run.runnable;
    const who = others.length === 0 ? "nobody can go on" : `${others.join(" or ")} can go`;
    return `${letter} cannot go: it ${next}; ${who}.`;
  }

  #wonText(): string {
    const titles = new Set(this.broken.map(({ rule }) => `"${titleOf(rule)}"`));
    return `You win: ${[...titles].join(" and ")} does not hold.`;
  }

  #afterStep(letter: string): string {
    if (this.outcome === "won") return this.#wonText();
    if (this.outcome === "held")
      return "Everybody has ended and no rule is broken; that order was a safe one. Undo, and try another.";
    const { next } = this.#actor(letter);
    return `${letter} went; now it ${this.#run.at(letter).ended ? next : `stands before: ${next}`}.`;
  }
}

function shownName(who: unknown): string {
  return typeof who === "string" ? `"${who.slice(0, 40)}"` : "of that kind";
}

function noWay(winnable: WayToWin["winnable"], tried: number, schedule: string): string {
  if (winnable === "unknown")
    return `No way to break a rule was found in ${tried} tries; not all were tried.`;
  const all = `All ${tried} ways of going on that can make a difference were tried`;
  return schedule === ""
    ? `No rule can be broken in this race on this kernel. ${all}.`
    : `No rule can be broken from here. ${all}: undo.`;
}

/**
 * Begins a game.
 *
 * @param race a race, or its id; throws a RangeError with the known ids for any other
 * @param schedule turns to begin with, as `game.schedule` of a shared game gives them; a text that is none, or goes on
 * where nobody can, leaves the game where it was, and `message` says so
 * @example
 * ```ts
 * const game = playRace("map-punch");
 * game.step("M").step("punch");
 * game.hint().text;
 * ```
 */
export function playRace(
  race: Race | string,
  kernel: string | KernelVariant = "rfc-v1",
  schedule = "",
): RaceGame {
  const game = new RaceGame(typeof race === "string" ? raceById(race) : race, kernel);
  return schedule === "" ? game : game.step(schedule);
}
