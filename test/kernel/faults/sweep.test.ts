// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../../lib/src/boot.ts";
import type { InjectionKind } from "../../../lib/src/kernel/fault-injection.ts";
import { PAGE } from "../../support/vm.ts";
import { deviceStory } from "./device-story.ts";
import { documentedLeaks } from "./documented-leaks.ts";
import { memoryStory } from "./memory-story.ts";
import { story } from "./story.ts";

const kinds: readonly InjectionKind[] = ["alloc", "copy", "rmi", "lock"];

/** The stories that are lived, each with the fewest opportunities of each kind that it must have. */
const STORIES = [
  { name: "the whole life of a realm", live: story, fewest: { alloc: 100, copy: 30, rmi: 40, lock: 40 } },
  {
    name: "memory that comes and goes",
    live: memoryStory,
    fewest: { alloc: 80, copy: 20, rmi: 30, lock: 50 },
  },
  { name: "memory for devices", live: deviceStory, fewest: { alloc: 40, copy: 50, rmi: 0, lock: 8 } },
] as const;
type Story = (typeof STORIES)[number];

interface Run {
  readonly kind: InjectionKind;
  readonly fired: boolean;
  readonly outcome: string;
  readonly findings: readonly string[];
}

/** Lives a story once with the n-th opportunity of a kind failing. */
function runWith({ live }: Story, kind: InjectionKind, nth: number): Run {
  const host = boot({ memory: 4096 * PAGE, config: { KVM_RELEASE: live === memoryStory ? "2026" : "2025" } });
  host.kernel.faults.arm(kind, nth);
  const outcome = live(host);
  return { kind, fired: host.kernel.faults.fired, outcome, findings: host.audit() };
}

/** One run for each opportunity. */
function sweep(lived: Story, kind: InjectionKind): Run[] {
  const runs: Run[] = [];
  for (let nth = 1; ; nth++) {
    const run = runWith(lived, kind, nth);
    if (!run.fired) return runs;
    runs.push(run);
  }
}

function explanation(run: Run, finding: string): string | undefined {
  return documentedLeaks.find(
    (leak) => leak.kind === run.kind && leak.outcome.test(run.outcome) && leak.finding.test(finding),
  )?.source;
}

const provoked = new Set<string | undefined>();

describe.each(STORIES)("failing one step of $name", (lived) => {
  it("leaves nothing behind when nothing fails", () => {
    expect(runWith(lived, "alloc", 1_000_000)).toEqual({
      kind: "alloc",
      fired: false,
      outcome: "done",
      findings: [],
    });
  });

  it.each(kinds)("leaves only what the real code leaves, whichever %s fails", (kind) => {
    const runs = sweep(lived, kind);

    const unexplained = runs.flatMap((run, n) =>
      run.findings
        .filter((finding) => explanation(run, finding) === undefined)
        .map((finding) => `${kind} ${n + 1}: ${run.outcome}: ${finding}`),
    );

    expect(unexplained).toEqual([]);
    expect(runs.length).toBeGreaterThanOrEqual(lived.fewest[kind]);
    for (const run of runs) for (const found of run.findings) provoked.add(explanation(run, found));
  });
});

it("provokes every leak that is documented", () => {
  expect(documentedLeaks.filter(({ source }) => !provoked.has(source))).toEqual([]);
});
