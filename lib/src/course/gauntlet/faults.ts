// SPDX-License-Identifier: MIT
import { mapping, requestOf, stage } from "../../explore/races/scene.ts";
import { rules } from "../../explore/rules.ts";
import type { InjectionKind } from "../../kernel/fault-injection.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { runCall } from "./run-call.ts";
import { type Miss, type OnTrial, resultText, ruleMiss, type Trial } from "./trial.ts";

/** Pages that are mapped while something fails. */
const PAGES = 3;
/** Rules that the functions below break by themselves when the firmware refuses. */
const OF_THE_BASE: readonly string[] = ["no-kernel-warning", "success-is-mapped"];
/** More opportunities than any call has: a call that has more does not come to an end. */
const MOST = 200;

const KINDS: readonly (readonly [InjectionKind, string])[] = [
  ["alloc", "an allocation"],
  ["copy", "a copy from or to user memory"],
  ["rmi", "a call of the firmware"],
  ["lock", "a wait for a lock"],
];

/**
 * The n-th opportunity of a kind fails during one call; then all rules must hold, but for what the function cannot
 * help. A copy that fails at the very end leaves no way to tell the caller anything. What the firmware refuses
 * is `realm_map_protected`'s: it warns about a page, and takes a delegation for one that was mapped already.
 */
function failing(
  kind: InjectionKind,
  what: string,
  nth: number,
  kernel: KernelVariant,
): Miss | "over" | undefined {
  const on = stage(kernel, { slots: [PAGES] });
  const { faults } = on.host.kernel;
  faults.arm(kind, nth);
  const result = runCall(on.host, mapping(on, 0, PAGES - 1));
  const { fired } = faults;
  faults.disarm();
  if (!fired) return "over";
  const call = `map ${PAGES} pages while ${what} fails, the ${ordinal(nth)} of them`;
  const mapsAlone = kind === "copy" ? [] : [requestOf("M", 0, PAGES - 1)];
  const staysMapped = [requestOf("M", 0, PAGES - 1)];
  const miss = ruleMiss(on.host, call, { results: { M: result }, mapsAlone, staysMapped }, rulesFor(kind));
  return miss === undefined ? undefined : { ...miss, call: `${call}: ${resultText(result)}` };
}

function rulesFor(kind: InjectionKind): string[] {
  return rules.map(({ id }) => id).filter((id) => kind !== "rmi" || !OF_THE_BASE.includes(id));
}

function ordinal(nth: number): string {
  const ending = ["th", "st", "nd", "rd"][nth % 100 > 10 && nth % 100 < 14 ? 0 : nth % 10] ?? "th";
  return `${nth}${ending}`;
}

function sweepTrial([kind, what]: readonly [InjectionKind, string]): Trial {
  return {
    id: kind,
    title: `${what} fails, each in turn`,
    play: ({ kernel }: OnTrial) => {
      for (let nth = 1; nth <= MOST; nth++) {
        const miss = failing(kind, what, nth, kernel);
        if (miss === "over") return undefined;
        if (miss !== undefined) return miss;
      }
      return {
        call: `map ${PAGES} pages`,
        expected: `fewer than ${MOST} times that ${what} could fail`,
        got: "more",
        why: "The call asks for more and more and does not come to an end.",
      };
    },
  };
}

/** Each step of a call that can fail does, one after the other, and nothing may be left behind. */
export const faultTrials: readonly Trial[] = KINDS.map(sweepTrial);
