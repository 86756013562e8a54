// SPDX-License-Identifier: MIT
import { type Random, seeded } from "../../base/random.ts";
import { nearest } from "../nearest.ts";
import { Drill, type DrillLevel, type DrillPlan } from "./drill.ts";
import { memslotLookUp } from "./memslot.ts";
import { references } from "./references.ts";
import { rttWalk } from "./rtt-walk.ts";
import { structLayout } from "./struct-layout.ts";

/** Kinds of problems that can be made from a seed. */
export type DrillKind = "rtt-walk" | "memslot" | "struct-layout" | "references";

const MAKERS: Readonly<Record<DrillKind, (random: Random, level: DrillLevel) => DrillPlan>> = {
  "rtt-walk": rttWalk,
  memslot: memslotLookUp,
  "struct-layout": structLayout,
  references,
};

/** The kinds of problems. */
export const DRILL_KINDS: readonly DrillKind[] = Object.keys(MAKERS) as DrillKind[];

/** The source of numbers of a problem. Neighbouring seeds and levels give problems that have nothing in common. */
export function drillRandom(seed: number, level: DrillLevel): Random {
  const random = seeded(Math.imul(seed + 1, 0x9e37_79b1) ^ level);
  for (let i = 0; i < 8; i++) random.below(2);
  return random;
}

/**
 * Makes a problem to practise on, as many as one likes. The same kind, seed and level give the same problem on every
 * machine.
 *
 * @param kind `"rtt-walk"`, `"memslot"`, `"struct-layout"` or `"references"`
 * @param seed a whole number from 0 on
 * @param level 1, 2 or 3, from easy to hard
 * @default level 1
 * @throws TypeError for a kind, seed or level that does not exist; the message says which there are
 * @example
 * ```ts
 * const walk = problem("rtt-walk", 7);
 * walk.check([1, 2, 3]);
 * walk.solve();
 * ```
 */
export function problem(kind: DrillKind, seed: number, level: DrillLevel = 1): Drill {
  if (!Object.hasOwn(MAKERS, kind))
    throw new TypeError(
      `there is no kind of problem "${kind}"; the nearest are ${nearest(kind, DRILL_KINDS).join(", ")}`,
    );
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new TypeError(`the seed of a problem is a whole number from 0 on, and not ${seed}`);
  if (![1, 2, 3].includes(level))
    throw new TypeError(`the level of a problem is 1, 2 or 3, and not ${level}`);
  return new Drill(MAKERS[kind](drillRandom(seed, level), level));
}
