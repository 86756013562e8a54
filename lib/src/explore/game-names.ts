// SPDX-License-Identifier: MIT
import type { Race } from "./race.ts";
import { scheduleOf } from "./schedule-text.ts";

/** Words for the actors of the races, besides those that stand in their descriptions. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  A: ["attribute", "attributes", "convert", "conversion"],
  C: ["close"],
  D: ["device", "dma"],
  E: ["exit"],
  M: ["map", "ioctl"],
  N: ["second map"],
  P: ["punch", "punch hole", "hole"],
  S: ["slot", "delete", "move"],
  V: ["vcpu", "guest", "fault"],
  X: ["destroy"],
};

/** The letter of the actor that somebody means, or `undefined` when it is none or could be several. */
export function actorNamed(who: string, race: Race): string | undefined {
  const letters = Object.keys(race.actors);
  const word = who.trim().toLowerCase();
  if (word === "") return undefined;
  const exact = letters.find((letter) => letter.toLowerCase() === word);
  if (exact !== undefined) return exact;
  const known = letters.filter((letter) => WORDS[letter]?.includes(word));
  if (known.length === 1) return known[0];
  const described = letters.filter((letter) => race.actors[letter]?.toLowerCase().includes(word));
  return described.length === 1 ? described[0] : undefined;
}

/** The turns that somebody means: an actor by letter or word, or a schedule of the race's letters. */
export function lettersOf(who: unknown, race: Race): string | undefined {
  if (typeof who !== "string") return undefined;
  const actor = actorNamed(who, race);
  if (actor !== undefined) return actor;
  try {
    const letters = scheduleOf(who);
    return letters !== "" && [...letters].every((letter) => letter in race.actors) ? letters : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
