// SPDX-License-Identifier: MIT
// The page that compares the designs, out of their runs. Nothing in its cells is typed in.

/** @typedef {import("../../lib/src/designs/comparison.ts").DesignResult} DesignResult */
/** @typedef {import("../../lib/src/designs/scenario.ts").Scenario} Scenario */
/** @typedef {import("../../lib/src/designs/scenario.ts").Played} Played */
/** @typedef {import("../../lib/src/designs/call-counter.ts").CallCounts} CallCounts */
/** @typedef {import("../../lib/src/designs/moment-table.ts").MomentRow} MomentRow */

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** @param {readonly string[] | undefined} names */
const code = (names) => (names ?? []).map((name) => `\`${name}\``).join(", ") || "nothing";

/** @param {CallCounts} counts */
const sum = (counts) => String([...counts.values()].reduce((total, count) => total + count, 0));

/** @param {{ file: number, user: number, orphans: number }} held */
const frames = ({ file, user, orphans }) => `${file} + ${user}${orphans > 0 ? ` + ${orphans} lost` : ""}`;

/** @param {readonly string[]} audit */
const audited = (audit) => (audit.length === 0 ? "clean" : `${audit.length} found`);

/** @param {string} id */
const isClosing = (id) => id.startsWith("close ");

/** @param {readonly Played[]} played @param {Scenario} scenario */
const runOf = (played, { id }) => /** @type {Played} */ (played.find((run) => run.scenario === id));

/** @param {Played} run */
function closingText({ moments, audit }) {
  const landed = moments.flatMap((moment) =>
    moment.what === "dma" && moment.when.startsWith("after closing the ") && moment.seen.frame !== undefined
      ? [`${moment.seen.kind} after the ${moment.when.replace("after closing the ", "")}`]
      : [],
  );
  return `${landed.join(", ") || "never"}; ${audited(audit)}`;
}

/**
 * @param {readonly DesignResult[]} results
 * @param {readonly Scenario[]} scenarios
 * @param {(runs: readonly Played[]) => readonly MomentRow[]} momentTable
 */
export function designReference(results, scenarios, momentTable) {
  const designs = table(
    ["design", "", "how it works", "where it was proposed"],
    results.map(({ design }) => [design.id, design.title, design.idea, design.origin]),
  );
  const summary = table(
    [
      "design",
      "references on a page",
      "a conversion: system calls, firmware calls",
      "after a hole and a new owner",
      "the worst that was seen",
      "frames: file + user",
    ],
    results.map(({ design, holders, perConversion, afterHole, worst, held }) => [
      design.id,
      holders,
      perConversion === undefined ? "" : `${perConversion.systemCalls}, ${perConversion.firmwareCalls}`,
      afterHole,
      worst,
      frames(held),
    ]),
  );
  const toRemember = table(
    ["design", "at start-up", "at conversions", "after a hole", "after the slot was away"],
    results.map(({ design, toRemember }) => [
      design.id,
      ...["start-up", "many-conversions", "punch-hole", "delete-slot"].map((id) => code(toRemember.get(id))),
    ]),
  );
  const head = ["", ...results.map(({ design }) => design.id)];
  const sections = scenarios
    .map((scenario) => ({ ...scenario, runs: results.map(({ played }) => runOf(played, scenario)) }))
    .filter(({ id }) => !isClosing(id))
    .map(({ title, runs }) => {
      const rows = momentTable(runs).map(({ moment, cells }) => [moment, ...cells]);
      const counted = [
        ["system calls", ...runs.map(({ systemCalls }) => sum(systemCalls))],
        ["firmware calls", ...runs.map(({ firmwareCalls }) => sum(firmwareCalls))],
        ["frames: file + user", ...runs.map(({ held }) => frames(held))],
        ["warnings", ...runs.map(({ warnings }) => String(warnings.length))],
        ["audit at the end", ...runs.map(({ audit }) => audited(audit))],
      ];
      return `### ${title}\n\n${table(head, [...rows, ...counted])}\n`;
    });
  const closing = scenarios
    .filter(({ id }) => isClosing(id))
    .map((scenario) => [
      scenario.id.replace("close ", ""),
      ...results.map(({ played }) => closingText(runOf(played, scenario))),
    ]);
  return `# The designs, compared

Written by \`npm run designs\`. Every design is a kernel with its hardware and a VMM that uses it; every scenario makes the
same moves on each. What stands here was seen or counted in those runs. What the models leave out is on the page about
[fidelity](../fidelity.md).

## The designs

${designs}

## In short

The guest has 8 pages of 4 KiB, 4 of them private at first. Private DMA is marked as trusted, shared DMA is not. The
calls that run the vCPU are not counted in a conversion; firmware calls of the D designs are those of the machine that
they were put on, and stand for the work of another firmware.

${summary}

## What user space has to remember

The calls of its VMM that not every design makes.

${toRemember}

## The scenarios

An empty cell is a moment that a run did not come to: a remedy is tried only where DMA does not arrive without it.

${sections.join("\n")}
### Closing in every order

After which closings DMA still lands, and of which kind; and what the audit finds once the process has ended.

${table(["order", ...head.slice(1)], closing)}
`;
}
