// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { type GauntletResult, runGauntlet, STAGES } from "../../lib/src/course/gauntlet/gauntlet.ts";
import { showGauntlet } from "../../lib/src/course/gauntlet/show.ts";
import type { MapRangeFunction } from "../../lib/src/course/gauntlet/submission.ts";
import { EINVAL, kvm_map_private_memory, type Task } from "../../lib/src/index.ts";

function misses({ stages }: GauntletResult): Record<string, string[]> {
  return Object.fromEntries(
    stages.map(({ stage, results }) => [
      stage.id,
      results.filter(({ miss }) => miss !== undefined).map(({ trial }) => trial.id),
    ]),
  );
}

describe("the gauntlet", () => {
  it("has 100 points, and each trial has an id of its own in its stage", () => {
    expect(STAGES.reduce((sum, { points }) => sum + points, 0)).toBe(100);
    for (const { trials } of STAGES) expect(new Set(trials.map(({ id }) => id)).size).toBe(trials.length);
  });

  it("finds in the posted function what the review finds, and says so kindly", () => {
    const result = runGauntlet({ kvm_map_private_memory });

    expect(misses(result)).toMatchInlineSnapshot(`
      {
        "abi": [
          "padding",
          "reserved",
          "progress",
        ],
        "conformance": [
          "empty",
          "reversed",
          "unaligned-start",
          "unaligned-end",
          "shared-half",
          "no-realm",
          "shared",
          "second-shared",
          "half-there",
          "twice",
          "after-fault",
        ],
        "cost": [
          "srcu",
        ],
        "faults": [
          "alloc",
          "rmi",
        ],
        "races": [
          "map-punch",
          "map-to-shared",
          "map-map",
          "map-slot-delete",
          "map-gmem-close",
          "map-fold",
        ],
      }
    `);
    expect(result.score).toBe(39);
    expect(showGauntlet(result).text).not.toMatch(/\b(failed|wrong|error)\b/i);
    expect(showGauntlet(result).text.split("\n", 20).join("\n")).toMatchInlineSnapshot(`
      "The gauntlet: 39 of 100 points, not yet through
      stage                                        points    trials passed
      -------------------------------------------  --------  -------------
      Conformance: calls with nobody else at work  9 of 30   5 of 16
      Faults: each step fails in turn              7 of 15   2 of 4
      Races: every order of steps                  6 of 25   2 of 8
      Cost: what others pay                        5 of 10   1 of 2
      ABI: the bytes of the argument               12 of 20  5 of 8

      The first problem: an empty range (conformance)
        call      an empty range
        expected  -EINVAL, 0 mapped
        got       0, 0 mapped
        why       A caller who asks for nothing has made a mistake, and is better told.

      Conformance: calls with nobody else at work
        passed   both pages of a realm
        passed   two pages in two slots
        passed   the last page of the private half
        not yet  an empty range"
    `);
  });

  it("shows the same trials as HTML and as text", () => {
    const bundle = showGauntlet(runGauntlet({ kvm_map_private_memory: refusing })).bundle();

    for (const { title } of STAGES.flatMap(({ trials }) => trials)) {
      expect(bundle["text/plain"]).toContain(title);
      expect(bundle["text/html"]).toContain(title);
    }
  });
});

// biome-ignore lint/correctness/useYield: it has the type of a function that may wait.
const refusing: MapRangeFunction = function* (): Task<number> {
  return -EINVAL;
};

describe("a function that no kernel could call", () => {
  const nonsense: readonly (readonly [string, unknown, RegExp])[] = [
    ["is no generator", () => 0, /not a task/],
    [
      "throws later",
      // biome-ignore lint/correctness/useYield: that is the point.
      function* () {
        throw new Error("not written yet");
      },
      /it threw Error: not written yet$/,
    ],
    [
      "returns text",
      // biome-ignore lint/correctness/useYield: that is the point.
      function* () {
        return "done";
      },
      /returned "done"/,
    ],
    [
      "yields a number",
      function* () {
        yield 1;
        return 0;
      },
      /yielded 1, which is no scheduling point/,
    ],
    [
      "waits for good",
      function* () {
        yield { kind: "wait", object: "Godot", until: () => false };
        return 0;
      },
      /it waits for good: M waits for Godot/,
    ],
    [
      "goes on for good",
      function* () {
        for (;;) yield { kind: "read", object: "nothing" };
      },
      /did not end within 10000 turns/,
    ],
  ];

  it.each(nonsense)("ends the gauntlet with a sentence: one that %s", (_, map, says) => {
    const result = runGauntlet({ kvm_map_private_memory: map as MapRangeFunction });

    expect(result.ended).toMatch(says);
    expect(result.score).toBe(0);
    expect(result.stages.slice(1).every(({ results }) => results.length === 0)).toBe(true);
  });

  it.each([undefined, null, 1, {}, { kvm_map_private_memory: 1 }, { kvm_map_private_memory, abi: {} }])(
    "is told apart from a submission: %s",
    (given) => {
      expect(() => runGauntlet(given as never)).toThrow(TypeError);
    },
  );
});
