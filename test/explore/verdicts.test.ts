// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Race } from "../../lib/src/explore/race.ts";
import { raceById, races } from "../../lib/src/explore/races/catalogue.ts";
import { following, runSchedule } from "../../lib/src/explore/schedule.ts";
import { singleCalls } from "../../lib/src/explore/single-calls.ts";
import { srcuWait } from "../../lib/src/explore/srcu-wait.ts";
import { needsNoRace, repairsOf, type Verdict, verdictTable } from "../../lib/src/explore/verdicts.ts";
import { variants } from "../../lib/src/kernel/variant.ts";
import { cell, singleCallTable } from "../../tools/reference/verdicts.mjs";

const NAMES = variants.map(({ name }) => name);
const page = readFileSync(new URL("../../docs/reference/verdicts.md", import.meta.url), "utf8");

/** Cells of the table on the page, by kernel. */
function cellsOf(race: Race): Record<string, string> {
  const line = page.split("\n").find((text) => text.startsWith(`| ${race.title} |`)) ?? "";
  const cells = line.split(" | ").slice(1);
  return Object.fromEntries(NAMES.map((name, i) => [name, (cells[i] ?? "").replace(/ \|$/, "")]));
}

/** Races that are explored anew here on every kernel. The tool does it for all: `npm run verdicts -- --check`. */
const QUICK = [
  "map-punch",
  "map-to-shared",
  "map-to-private",
  "map-fault",
  "map-gmem-close",
  "map-vm-close",
  "map-vdevice-destroy",
  "map-fold",
  "map-slot-move",
  "dma-punch",
  "dma-to-shared",
];
const SLOWER = ["map-map", "map-slot-delete", "map-dma-punch", "fault-punch"];

describe("the page with the verdicts", () => {
  it.each(QUICK)("says of %s what exploring it on every kernel comes to", (id) => {
    const race = raceById(id);

    const verdicts = verdictTable([race], NAMES);

    const cells = Object.fromEntries(verdicts.map((verdict) => [verdict.kernel, cell(verdict)]));
    expect(cells, "run `npm run verdicts`").toEqual(cellsOf(race));
  });

  it.each(SLOWER)("says of %s what exploring it with every repair comes to", (id) => {
    const race = raceById(id);
    const kernel = "rfc-v1+all+fault-path";

    const [verdict] = verdictTable([race], [kernel]);

    expect(cell(verdict as Verdict), "run `npm run verdicts`").toBe(cellsOf(race)[kernel]);
  });

  it("has a row for each race, a column for each kernel, and no verdict that is unfinished", () => {
    for (const race of races) {
      const cells = Object.values(cellsOf(race));
      expect(cells, race.id).toHaveLength(NAMES.length);
      for (const text of cells)
        expect(text, race.id).toMatch(
          /^(holds|\*\*broken\*\*: .*) \(\d+ schedules?\)$|^\*\*broken\*\*: .*\(\d+ schedules?\)$/,
        );
    }
  });

  it("says what one call comes to on each kernel", () => {
    expect(page, "run `npm run verdicts`").toContain(singleCallTable(singleCalls, NAMES));
  });

  it("says what a change of the slots waits for", () => {
    for (const [name, short] of [
      ["rfc-v1", "as posted"],
      ["rfc-v1+all", "+all"],
    ] as const) {
      const calls = [1, 16, 256].map((pages) => srcuWait(pages, name).calls);
      expect(page, "run `npm run verdicts`").toContain(`| ${short} | ${calls.join(" | ")} |`);
    }
  });
});

describe("the shortest schedules on the page", () => {
  it.each(["map-punch", "map-fault", "map-fold", "map-to-shared"])("of %s make the same run again", (id) => {
    const race = raceById(id);
    const [verdict] = verdictTable([race], ["rfc-v1"]);
    for (const { rule, text, schedule } of verdict?.broken ?? []) {
      const scene = race.start("rfc-v1");
      const run = runSchedule(scene.host, scene.tasks, following(schedule));

      expect(run.schedule).toBe(schedule);
      expect(scene.broken(run.results)).toContainEqual({ rule, text });
    }
  });
});

describe("the races", () => {
  it.each(races.map((race) => [race.id, race] as const))(
    "%s begins with the actors that it names",
    (_, race) => {
      const { tasks } = race.start("rfc-v1");

      expect(Object.keys(tasks).sort()).toEqual(Object.keys(race.actors).sort());
      expect(race.question).toMatch(/\?|\)$/);
    },
  );

  it.each(races.map((race) => [race.id, race] as const))(
    "%s begins on a machine that is in order",
    (_, race) => {
      const { broken } = race.start("rfc-v1");

      expect(broken({})).toEqual([]);
    },
  );

  it("have different ids and titles, and an unknown id is answered with the known ones", () => {
    expect(new Set(races.map(({ id }) => id)).size).toBe(races.length);
    expect(new Set(races.map(({ title }) => title)).size).toBe(races.length);
    expect(() => raceById("map-nothing")).toThrow('there is no race "map-nothing"; there are map-punch, ');
  });
});

describe("a function of a learner", () => {
  it("is judged as the others are", () => {
    const lazy = {
      name: "lazy",
      // biome-ignore lint/correctness/useYield: a task that never waits is one, too.
      *kvm_map_private_memory() {
        return 0;
      },
    };

    const [verdict] = verdictTable([raceById("map-vm-close")], [lazy]);

    expect(verdict).toMatchObject({ kernel: "lazy", verdict: "broken" });
    expect(verdict?.broken).toMatchObject([
      { rule: "success-is-mapped", text: "M returned 0, but 0 of 2 pages are mapped" },
    ]);
  });
});

describe("what a repair does", () => {
  const verdict = (race: string, kernel: string, ...rules: string[]): Verdict => ({
    race,
    kernel,
    verdict: rules.length > 0 ? "broken" : "holds",
    schedules: 1,
    states: 1,
    pruned: 0,
    broken: rules.map((rule) => ({ rule, text: "", schedule: "AB" })),
  });

  it("is told from the first kernel: races that hold, rules that hold, and rules that do not any more", () => {
    const table = [
      verdict("one", "base", "r"),
      verdict("one", "new"),
      verdict("two", "base", "r", "s"),
      verdict("two", "new", "s"),
      verdict("three", "base"),
      verdict("three", "new", "t"),
    ];

    expect(repairsOf(table)).toEqual([
      {
        kernel: "new",
        fixed: ["one"],
        better: [{ race: "two", rules: ["r"] }],
        worse: [{ race: "three", rules: ["t"] }],
      },
    ]);
  });

  it("counts an unfinished search as neither", () => {
    const unfinished = { ...verdict("one", "new"), verdict: "unfinished" as const, why: "it was stopped" };

    expect(repairsOf([verdict("one", "base", "r"), unfinished])[0]?.fixed).toEqual([]);
  });

  it("needs no race when the actors that break a rule go one after the other", () => {
    const failure = { rule: "r", text: "" };
    expect(needsNoRace({ ...failure, schedule: "AAABBB" })).toBe(true);
    expect(needsNoRace({ ...failure, schedule: "AABBBA" })).toBe(false);
  });
});
