// SPDX-License-Identifier: MIT
import { designs as everyDesign } from "./all.ts";
import { type CallCounts, total } from "./call-counter.ts";
import type { Design } from "./design.ts";
import { dmaText, type Holders, holdersText, type MemoryHeld, usedAfterFree, wentAstray } from "./observe.ts";
import { playScenario } from "./play.ts";
import { type Moment, type Played, resultText, type Scenario } from "./scenario.ts";
import { scenarios as everyScenario } from "./scenarios/all.ts";
import { CONVERSIONS } from "./scenarios/many-conversions.ts";

/** Calls of one conversion, on average of many. */
export interface CallsOfOne {
  readonly systemCalls: number;
  readonly firmwareCalls: number;
}

/** What came of playing a design on all scenarios. Every word of it is derived from what was seen. */
export interface DesignResult {
  readonly design: Design;
  readonly played: readonly Played[];
  /** Who has a reference on a page that the device reaches. */
  readonly holders: string;
  /** Calls of one conversion, without running the vCPU; nothing when that was not played. */
  readonly perConversion: CallsOfOne | undefined;
  /** What DMA of both kinds meets after a hole was punched and another process got memory. */
  readonly afterHole: string;
  /** The worst that was seen, in any scenario. */
  readonly worst: string;
  /** Frames of guest memory once the device reaches it. */
  readonly held: MemoryHeld;
  /** Calls that not every design makes, by scenario: what user space has to remember. */
  readonly toRemember: ReadonlyMap<string, readonly string[]>;
}

/**
 * Plays designs on scenarios and draws the comparison from what happened.
 *
 * @example
 * ```ts
 * compareDesigns().map(({ design, worst }) => `${design.id}: ${worst}`);
 * ```
 */
export function compareDesigns(
  designs: readonly Design[] = everyDesign,
  scenarios: readonly Scenario[] = everyScenario,
): DesignResult[] {
  const all = designs.map((design) => ({
    design,
    played: scenarios.map((scenario) => playScenario(design, scenario)),
  }));
  const everyones = scenarios.map((_, n) =>
    common(all.map(({ played }) => (played[n] as Played).systemCalls)),
  );
  return all.map(({ design, played }) => ({
    design,
    played,
    holders: holdersText(lastHolders(find(played, "dma"))),
    perConversion: perConversion(find(played, "many-conversions")),
    afterHole: afterHole(find(played, "punch-hole")),
    worst: worstOf(played),
    held: find(played, "dma")?.held ?? { file: 0, user: 0, orphans: 0 },
    toRemember: new Map(
      played.map(({ scenario, systemCalls }, n): [string, string[]] => [
        scenario,
        [...systemCalls.keys()].filter((name) => everyones[n]?.has(name) === false),
      ]),
    ),
  }));
}

function find(played: readonly Played[], scenario: string): Played | undefined {
  return played.find((one) => one.scenario === scenario);
}

/** Calls that were made in every run. */
function common(runs: readonly CallCounts[]): Set<string> {
  const [first, ...others] = runs;
  return new Set([...(first?.keys() ?? [])].filter((name) => others.every((run) => run.has(name))));
}

function lastHolders(played: Played | undefined): Holders | undefined {
  const moments = played?.moments.filter((moment) => moment.what === "holders") ?? [];
  return moments[moments.length - 1]?.holders;
}

/** What runs the vCPU is the same in every design: it is how the guest asks. */
function perConversion(played: Played | undefined): CallsOfOne | undefined {
  if (played === undefined) return undefined;
  const systemCalls = total(played.systemCalls) - (played.systemCalls.get("KVM_RUN") ?? 0);
  const firmwareCalls = total(played.firmwareCalls) - (played.firmwareCalls.get("RMI_REC_ENTER") ?? 0);
  const average = (count: number): number => Math.round((10 * count) / CONVERSIONS) / 10;
  return { systemCalls: average(systemCalls), firmwareCalls: average(firmwareCalls) };
}

function afterHole(played: Played | undefined): string {
  return dmaOf(played?.moments ?? [])
    .filter(({ when }) => when === "after another process got memory")
    .map(({ seen }) => `${seen.kind} DMA ${dmaText(seen)}`)
    .join("; ");
}

function dmaOf(moments: readonly Moment[]): Extract<Moment, { what: "dma" }>[] {
  return moments.filter((moment) => moment.what === "dma");
}

/** From the worst on: what may be seen of a design, and how to tell it. */
const FAILURES: readonly ((played: Played) => string | undefined)[] = [
  ({ moments }) => {
    const freed = dmaOf(moments).find(({ seen }) => usedAfterFree(seen) && seen.frame === "another process");
    return freed && `use after free: ${freed.seen.kind} DMA writes to memory of another process`;
  },
  ({ moments }) => {
    const freed = dmaOf(moments).find(({ seen }) => usedAfterFree(seen));
    return freed && `use after free: ${freed.seen.kind} DMA writes to a free frame`;
  },
  ({ moments }) => {
    const lost = dmaOf(moments).find(({ seen }) => wentAstray(seen));
    return lost && `stale target: ${lost.seen.kind} DMA lands in a page that nobody reads, and nothing tells`;
  },
  ({ audit }) =>
    audit.some((finding) => finding.includes("nobody owns")) ? "leak: a page is never freed" : undefined,
  ({ scenario, moments }) => {
    const refused = moments.find((moment) => moment.what === "move" && moment.result < 0);
    if (refused?.what !== "move" || !scenario.includes("conversion")) return undefined;
    return `conversion: ${resultText(refused.result)}`;
  },
  ({ moments }) => lateArrival(moments, "after the VMM has mapped it", "the VMM maps the memory again"),
  // After a hole there is no page, so that the guest has to touch it is no failure.
  ({ scenario, moments }) =>
    scenario === "punch-hole"
      ? undefined
      : lateArrival(moments, "after the guest has touched it", "the guest touches the page"),
];

/** A private DMA that was refused at first, and for want of what it landed later. */
function lateArrival(moments: readonly Moment[], when: string, remedy: string): string | undefined {
  const all = dmaOf(moments).filter(({ seen }) => seen.kind === "private");
  const arrived = all.findIndex((dma) => dma.when === when && dma.seen.frame === "the guest's page");
  return arrived > 0 && all[arrived - 1]?.seen.frame === undefined
    ? `DMA refused until ${remedy}`
    : undefined;
}

function worstOf(played: readonly Played[]): string {
  for (const failure of FAILURES) {
    for (const one of played) {
      const found = failure(one);
      if (found !== undefined) return `${found} (${one.scenario})`;
    }
  }
  return "none seen";
}
