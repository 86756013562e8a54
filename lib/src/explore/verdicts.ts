// SPDX-License-Identifier: MIT
import { type KernelVariant, variants } from "../kernel/variant.ts";
import { type Exploration, explore } from "./explore.ts";
import type { Race } from "./race.ts";
import { races } from "./races/catalogue.ts";
import { switchesIn } from "./schedule-text.ts";
import type { Failure } from "./search.ts";

/** What came of one race on one kernel. */
export interface Verdict extends Exploration {
  /** Id of the race. */
  readonly race: string;
  /** Name of the kernel. */
  readonly kernel: string;
}

/** What a repair does to a race that the posted function loses. */
export interface Repair {
  readonly kernel: string;
  /** Races that are broken as posted and hold with it. */
  readonly fixed: readonly string[];
  /** Races that stay broken, but with fewer rules broken: the rules that hold now. */
  readonly better: readonly { readonly race: string; readonly rules: readonly string[] }[];
  /** Rules that hold as posted and are broken with it. */
  readonly worse: readonly { readonly race: string; readonly rules: readonly string[] }[];
}

/**
 * Explores races on kernels, to the end. Rows are in the order of the races, and in a row kernels are in theirs.
 *
 * @example
 * ```ts
 * verdictTable([raceById("map-punch")], ["rfc-v1", "rfc-v1+all"]).map(({ verdict }) => verdict); // ["broken", "holds"]
 * ```
 */
export function verdictTable(
  which: readonly Race[] = races,
  kernels: readonly (string | KernelVariant)[] = variants,
  onVerdict: (verdict: Verdict) => void = () => undefined,
): Verdict[] {
  return which.flatMap((race) =>
    kernels.map((kernel) => {
      const name = typeof kernel === "string" ? kernel : kernel.name;
      const verdict = { race: race.id, kernel: name, ...explore(race, { kernel }) };
      onVerdict(verdict);
      return verdict;
    }),
  );
}

/** True when nobody had to be interrupted: the actors went one after the other, and the rule was broken all the same. */
export function needsNoRace({ schedule }: Failure): boolean {
  return switchesIn(schedule) < new Set(schedule).size;
}

/** What each kernel repairs of what the first one in the table breaks. Unfinished verdicts count as neither. */
export function repairsOf(table: readonly Verdict[]): Repair[] {
  const base = table[0]?.kernel;
  const posted = new Map(table.filter(({ kernel }) => kernel === base).map((one) => [one.race, one]));
  const kernels = [...new Set(table.map(({ kernel }) => kernel))].filter((kernel) => kernel !== base);
  return kernels.map((kernel) => {
    const own = table.filter((one) => one.kernel === kernel);
    const fixed = own
      .filter(({ race, verdict }) => verdict === "holds" && posted.get(race)?.verdict === "broken")
      .map(({ race }) => race);
    const difference = (from: Verdict | undefined, to: Verdict | undefined): string[] =>
      rulesOf(from).filter((rule) => !rulesOf(to).includes(rule));
    const better = own
      .filter(({ verdict }) => verdict === "broken")
      .map((one) => ({ race: one.race, rules: difference(posted.get(one.race), one) }))
      .filter(({ rules }) => rules.length > 0);
    const worse = own
      .map((one) => ({ race: one.race, rules: difference(one, posted.get(one.race)) }))
      .filter(({ rules }) => rules.length > 0);
    return { kernel, fixed, better, worse };
  });
}

function rulesOf(verdict: Verdict | undefined): string[] {
  return (verdict?.broken ?? []).map(({ rule }) => rule);
}
