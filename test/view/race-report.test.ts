// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  explore,
  type HtmlText,
  raceById,
  races,
  reportOf,
  showReport,
  showSweep,
  showVerdict,
  showVerdictTable,
  sweepReport,
  verdictTable,
} from "../../lib/src/index.ts";

const punch = raceById("map-punch");

function widest({ text }: HtmlText): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

/** Tags that are opened and not closed, or the other way round. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, tag] of html.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
    if (tag === "br" || tag === undefined) continue;
    if (slash === "") open.push(tag);
    else if (open.pop() !== tag) return [`</${tag}>`];
  }
  return open;
}

describe("the report of a race", () => {
  const found = explore(punch);
  const report = showReport(reportOf(punch, found.shortest?.schedule ?? "", "rfc-v1", found));

  it("reads like this in a terminal", async () => {
    await expect(report.text).toMatchFileSnapshot("__snapshots__/race-report.txt");
  });

  it("looks like this in a notebook", async () => {
    await expect(report.html).toMatchFileSnapshot("__snapshots__/race-report.html");
  });

  it("links the two rows that decide to each other and to the sentence about them", () => {
    const targets = [...report.html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);

    expect(targets).toHaveLength(4);
    for (const id of targets) expect(report.html.split(`id="${id}"`)).toHaveLength(2);
  });

  it.each(races.map(({ id }) => id))("keeps within 100 columns, and its HTML is whole: %s", (id) => {
    const shown = showReport(reportOf(raceById(id), ""));

    expect(widest(shown)).toBeLessThanOrEqual(100);
    expect(unbalanced(shown.html)).toEqual([]);
  });

  it("marks what changed by a sign and by weight", () => {
    expect(report.html).toMatch(/<strong>~ frame 0x[0-9a-f_]+, granule: DATA<\/strong> \(was DELEGATED\)/);
    expect(report.text).toMatch(/~ frame 0x[0-9a-f_]+, granule: DELEGATED -> DATA/);
  });
});

describe("the verdict on a race", () => {
  it("gives the shortest schedule of each rule first, then the counts", () => {
    const lines = showVerdict(explore(punch)).text.split("\n");

    expect(lines[0]).toBe("BROKEN");
    expect(lines[1]).toBe("  page-of-the-file, by M5 P8 M (an interleaving)");
    expect(lines.at(-1)).toMatch(/^\d+ schedules, \d+ states; \d+ runs? given up as repetition\.$/);
  });

  it("never says that a race holds when the search was ended early, and says why", () => {
    const { text } = showVerdict(explore(punch, { kernel: "rfc-v1+all", maxSchedules: 3 }));

    expect(text).toMatch(/^UNFINISHED: /);
    expect(text).toContain("The search ended early: the limit of 3 schedules was reached");
  });
});

describe("the table of verdicts", () => {
  const table = showVerdictTable(verdictTable([punch, raceById("map-to-shared")], ["rfc-v1", "rfc-v1+all"]));

  it("has a row for each race and a column for each kernel", () => {
    expect(table.html.match(/<tr>/g)).toHaveLength(3);
    expect(table.html.match(/<th scope="col" /g)).toHaveLength(3);
    expect(unbalanced(table.html)).toEqual([]);
  });

  it("marks rules that are broken without an interleaving", () => {
    expect(table.text).toMatch(/^ {2}broken: page-of-the-file \(\d+ schedules\): as posted$/m);
    expect(table.text).toMatch(/^ {2}broken: attribute-and-mapping † \(\d+ schedules\): as posted$/m);
    expect(table.text).toMatch(/^ {2}holds \(\d+ schedules\): \+all$/m);
  });
});

describe("the table of a sweep", () => {
  it("reads like this", async () => {
    const shown = showSweep(sweepReport({ pages: 2 }));

    await expect(shown.text).toMatchFileSnapshot("__snapshots__/sweep.txt");
    expect(widest(shown)).toBeLessThanOrEqual(100);
    expect(unbalanced(shown.html)).toEqual([]);
  });
});
