// SPDX-License-Identifier: MIT

/** What the page of the races asks of its worker. It always names the whole game, so the worker keeps nothing. */
export interface RaceRequest {
  readonly id: number;
  readonly race: string;
  readonly kernel: string;
  readonly schedule: string;
  /** Also looks for a way to break a rule, which takes a moment. */
  readonly hint: boolean;
}

/** An actor as it stands. */
export interface RaceActor {
  readonly letter: string;
  readonly what: string;
  readonly canGo: boolean;
  readonly next: string;
  readonly holds: readonly string[];
  readonly result?: number;
}

/** One turn of the game. */
export interface RaceTurn {
  readonly actor: string;
  readonly place?: string;
  readonly actions: readonly string[];
  readonly changed: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

/** A game as the page shows it. */
export interface RaceShown {
  readonly question: string;
  readonly message: string;
  readonly outcome: "open" | "won" | "held";
  readonly broken: readonly { readonly rule: string; readonly text: string }[];
  readonly actors: readonly RaceActor[];
  readonly turns: readonly RaceTurn[];
  readonly state: readonly { readonly what: string; readonly value: string }[];
  /** Turns that were made, one letter each. */
  readonly schedule: string;
  /** The same with counts, as `replay` reads it. */
  readonly counted: string;
}

/** The answer; or one sentence, when there is no such game. */
export type RaceReply =
  | { readonly id: number; readonly shown: RaceShown }
  | { readonly id: number; readonly problem: string };
