// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { designOf, designs } from "../../lib/src/designs/all.ts";
import { compareDesigns, type DesignResult } from "../../lib/src/designs/comparison.ts";
import { momentTable, momentText } from "../../lib/src/designs/moment-table.ts";
import { usedAfterFree } from "../../lib/src/designs/observe.ts";
import { playScenario } from "../../lib/src/designs/play.ts";
import type { Moment, Played } from "../../lib/src/designs/scenario.ts";
import { scenarioOf, scenarios } from "../../lib/src/designs/scenarios/all.ts";
import { showDesigns, showScenario } from "../../lib/src/view/designs.ts";
import { designReference } from "../../tools/reference/designs.mjs";

const MINUTES = 60_000;
let results: DesignResult[] = [];

beforeAll(() => {
  results = compareDesigns();
}, 4 * MINUTES);

function everyRun(): Played[] {
  return results.flatMap(({ played }) => played);
}

describe("the comparison of designs", () => {
  it("stands on its page as it was played", () => {
    const page = readFileSync(new URL("../../docs/reference/designs.md", import.meta.url), "utf8");

    expect(page, "run `npm run designs`").toBe(designReference(results, scenarios, momentTable));
  });

  it("sees freed memory used in one design only: the one without reference and callback", () => {
    const guilty = everyRun()
      .filter(({ moments }) => moments.some((moment) => moment.what === "dma" && usedAfterFree(moment.seen)))
      .map(({ design, scenario }) => `${design} ${scenario}`);

    expect(guilty).toEqual(["D2 punch-hole"]);
  });

  it("finds every count right at the end, except where a page was mapped twice through a fault path", () => {
    const wrong = everyRun().filter(({ audit }) => audit.length > 0);

    expect(wrong.map(({ design, scenario }) => `${design} ${scenario}`)).toEqual(
      ["A", "B1", "B2", "G keep", "G drop"].map((design) => `${design} map-twice`),
    );
  });

  it("is reached without a warning of the kernel", () => {
    expect(everyRun().flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  it("names the worst of each design", () => {
    expect(results.map(({ design, worst }) => `${design.id}: ${worst}`)).toMatchInlineSnapshot(`
      [
        "A: leak: a page is never freed (map-twice)",
        "B1: leak: a page is never freed (map-twice)",
        "B2: leak: a page is never freed (map-twice)",
        "C: DMA refused until the guest touches the page (delete-slot)",
        "D1: stale target: private DMA lands in a page that nobody reads, and nothing tells (punch-hole)",
        "D2: use after free: shared DMA writes to memory of another process (punch-hole)",
        "D3: DMA refused until the VMM maps the memory again (punch-hole)",
        "E: conversion: -EINVAL (conversion)",
        "G keep: leak: a page is never freed (map-twice)",
        "G drop: leak: a page is never freed (map-twice)",
      ]
    `);
  });

  it("lets DMA reach private memory in every design, sooner or later", () => {
    for (const { moments, design } of everyRun().filter(({ scenario }) => scenario === "dma")) {
      const landed = moments.some(
        (moment) =>
          moment.what === "dma" && moment.seen.kind === "private" && moment.seen.frame === "the guest's page",
      );
      expect(landed, design).toBe(true);
    }
  });

  it("is the same when it is played again", () => {
    const punchHole = scenarioOf("punch-hole");

    for (const design of designs) {
      const again = playScenario(design, punchHole);
      expect(again).toEqual(
        everyRun().find((run) => run.design === design.id && run.scenario === punchHole.id),
      );
    }
  });
});

describe("a design or scenario of an unknown name", () => {
  it("is refused with the names that are known", () => {
    expect(() => designOf("F")).toThrow(
      'there is no design "F"; there are A, B1, B2, C, D1, D2, D3, E, G keep, G drop',
    );
    expect(() => scenarioOf("x")).toThrow('there is no scenario "x"; there are start-up, dma,');
  });
});

describe("runs side by side", () => {
  const move = (name: string, result = 0): Moment => ({ what: "move", name, result });
  const run = (design: string, moments: readonly Moment[]): Played => ({
    design,
    scenario: "s",
    moments,
    systemCalls: new Map(),
    firmwareCalls: new Map(),
    held: { file: 0, user: 0, orphans: 0 },
    warnings: [],
    audit: [],
  });

  it("keep the order of every run and leave out what a run did not come to", () => {
    const rows = momentTable([
      run("A", [move("a"), move("c", -22)]),
      run("B", [move("a"), move("b"), move("c")]),
    ]);

    expect(rows).toEqual([
      { moment: "VMM: a", cells: ["ok", "ok"] },
      { moment: "VMM: b", cells: ["", "ok"] },
      { moment: "VMM: c", cells: ["-EINVAL", "ok"] },
    ]);
  });

  it("are shown as a table, and as the same table in text", () => {
    const shown = showScenario([run("A", [move("a <b>")])]);

    expect(shown.text).toMatchInlineSnapshot(`
      "s
                  A
      ----------  --
      VMM: a <b>  ok"
    `);
    expect(shown.bundle()["text/html"]).toMatch(
      /<th scope="row"[^>]*>VMM: a &#60;b&#62;<\/th><td[^>]*>ok<\/td>/,
    );
  });
});

describe("the table of designs", () => {
  it("has a row for each, with the worst that was seen", () => {
    const { text } = showDesigns(results);

    for (const { design, worst } of results)
      expect(text).toMatch(new RegExp(`^${design.id} .*${escaped(worst)}$`, "m"));
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

describe("the story of the hole", () => {
  it("goes for the design without reference as the thread feared", () => {
    const story = playScenario(designOf("D2"), scenarioOf("punch-hole")).moments.map(momentText);

    expect(story.join("\n")).toMatchInlineSnapshot(`
      "private DMA before the hole: lands
      shared DMA before the hole: refused (ownership fault)
      VMM: punch a hole: ok
      private DMA after the hole: refused (ownership fault)
      shared DMA after the hole: lands in a free frame
      the old page: free
      private DMA after another process got memory: refused (ownership fault)
      shared DMA after another process got memory: lands in another process
      bytes of the other process that changed: 1
      private DMA after the guest has touched it: refused (ownership fault)
      VMM: map again: ok
      private DMA after the VMM has mapped it: lands
      references at the end: page cache, stage 2"
    `);
  });
});
