// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../../lib/src/boot.ts";
import type { InjectionKind } from "../../../lib/src/kernel/fault-injection.ts";
import { PAGE } from "../../support/vm.ts";
import { documentedLeaks } from "./documented-leaks.ts";
import { story } from "./story.ts";

const kinds: readonly InjectionKind[] = ["alloc", "copy", "rmi", "lock"];

interface Run {
  readonly kind: InjectionKind;
  readonly fired: boolean;
  readonly outcome: string;
  readonly findings: readonly string[];
}

/** Lives the story once with the n-th opportunity of a kind failing. */
function runWith(kind: InjectionKind, nth: number): Run {
  const host = boot({ memory: 4096 * PAGE });
  host.kernel.faults.arm(kind, nth);
  const outcome = story(host);
  return { kind, fired: host.kernel.faults.fired, outcome, findings: host.audit() };
}

/** One run for each opportunity. */
function sweep(kind: InjectionKind): Run[] {
  const runs: Run[] = [];
  for (let nth = 1; ; nth++) {
    const run = runWith(kind, nth);
    if (!run.fired) return runs;
    runs.push(run);
  }
}

function explanation(run: Run, finding: string): string | undefined {
  return documentedLeaks.find(
    (leak) => leak.kind === run.kind && leak.outcome.test(run.outcome) && leak.finding.test(finding),
  )?.source;
}

describe("failing one step of the whole life of a realm", () => {
  it("leaves nothing behind when nothing fails", () => {
    expect(runWith("alloc", 1_000_000)).toEqual({
      kind: "alloc",
      fired: false,
      outcome: "done",
      findings: [],
    });
  });

  for (const kind of kinds) {
    it(`leaves only what the real code leaves, whichever ${kind} fails`, () => {
      const runs = sweep(kind);

      const unexplained = runs.flatMap((run, n) =>
        run.findings
          .filter((finding) => explanation(run, finding) === undefined)
          .map((finding) => `${kind} ${n + 1}: ${run.outcome}: ${finding}`),
      );

      expect(unexplained).toEqual([]);
      expect(runs.length).toBeGreaterThan(20);
    });
  }

  it("provokes every leak that is documented", () => {
    const runs = kinds.flatMap(sweep);
    const provoked = new Set(runs.flatMap((run) => run.findings.map((found) => explanation(run, found))));
    expect(documentedLeaks.filter(({ source }) => !provoked.has(source))).toEqual([]);
  });
});
