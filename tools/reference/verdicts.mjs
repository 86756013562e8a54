// SPDX-License-Identifier: MIT
import { needsNoRace, repairsOf, runLengths } from "tsm-map-sim";

/** @typedef {import("tsm-map-sim").Verdict} Verdict */
/** @typedef {import("tsm-map-sim").Race} Race */
/** @typedef {import("tsm-map-sim").Rule} Rule */
/** @typedef {import("tsm-map-sim").SingleCall} SingleCall */

const BASE = "rfc-v1";

/** @param {string} kernel */
const shortName = (kernel) => (kernel === BASE ? "as posted" : kernel.slice(BASE.length));

/**
 * What one cell of the table says.
 *
 * @param {Verdict} verdict
 */
export function cell({ verdict, schedules, broken, why }) {
  const count = schedules === 1 ? "1 schedule" : `${schedules} schedules`;
  if (verdict === "holds") return `holds (${count})`;
  const rules = broken.map((failure) => `\`${failure.rule}\`${needsNoRace(failure) ? " †" : ""}`).join(", ");
  const unfinished = why === undefined ? "" : "; not all were tried";
  return verdict === "broken" ? `**broken**: ${rules} (${count}${unfinished})` : `unfinished: ${why}`;
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** @param {readonly { race: string, rules: readonly string[] }[]} parts */
function listed(parts) {
  return parts
    .map(({ race, rules }) => `${race} (${rules.map((rule) => `\`${rule}\``).join(", ")})`)
    .join("; ");
}

/**
 * The page with the verdicts.
 *
 * @param {{ verdicts: readonly Verdict[], races: readonly Race[], rules: readonly Rule[],
 *   calls: readonly SingleCall[],
 *   waits: readonly { kernel: string, waits: readonly { pages: number, calls: number }[] }[] }} data
 */
export function verdictPage({ verdicts, races, rules, calls, waits }) {
  const kernels = [...new Set(verdicts.map(({ kernel }) => kernel))];
  const row = (/** @type {Race} */ { id }) => verdicts.filter(({ race }) => race === id);
  const sizes = waits[0]?.waits.map(({ pages }) => pages) ?? [];
  const sections = [
    `# Verdicts

Each race is explored to its end on each kernel: every order of the steps of its actors that can make a difference is
run on a fresh host, and the rules are asked when everybody has ended. This page is written by \`npm run verdicts\`;
nothing in it is typed in.

A cell says how many schedules were run and which rules can be broken. A dagger (†) marks a rule that is broken although
nobody is interrupted: the actors go one after the other. All else takes an interleaving.`,
    "## Races and kernels",
    table(
      ["race", ...kernels.map(shortName)],
      races.map((race) => [race.title, ...row(race).map(cell)]),
    ),
    "## What each repair repairs",
    "Compared with the function as posted. A race counts as repaired when no schedule breaks any rule.",
    table(
      [
        "kernel",
        "races that hold now",
        "races that stay broken, but for less",
        "what is broken now and was not",
      ],
      repairsOf(verdicts).map(({ kernel, fixed, better, worse }) => [
        shortName(kernel),
        fixed.join(", ") || "none",
        listed(better) || "none",
        listed(worse) || "nothing",
      ]),
    ),
    "## Without a race",
    `One call with nobody else at work, on a realm with two pages of private memory: what it returns, how many pages are
mapped afterwards, and which rules do not hold then.`,
    singleCallTable(calls, kernels),
    "## SRCU as a cost",
    `A map of so many pages is under way when another task deletes a slot that it has nothing to do with. The table says
how many firmware calls of the map go by until the deletion is done. It holds \`slots_lock\` meanwhile, so that changes of
attributes and of other slots wait as well.`,
    table(
      ["kernel", ...sizes.map((pages) => (pages === 1 ? "1 page" : `${pages} pages`))],
      waits.map((one) => [shortName(one.kernel), ...one.waits.map(({ calls }) => String(calls))]),
    ),
    "## Rules",
    table(
      ["rule", "what it says"],
      rules.map(({ id, title, text }) => [`\`${id}\``, `${title}. ${text}`]),
    ),
    "## Each race",
    ...races.map((race) => section(race, row(race))),
  ];
  return `${sections.join("\n\n")}\n`;
}

/**
 * What one call comes to on each kernel.
 *
 * @param {readonly { title: string, play: (kernel: string) => string }[]} calls
 * @param {readonly string[]} kernels
 */
export function singleCallTable(calls, kernels) {
  const rows = calls.map(({ title, play }) => [title, ...kernels.map((kernel) => play(kernel))]);
  return table(["TSM_MAP of", ...kernels.map(shortName)], rows);
}

/**
 * @param {Race} race
 * @param {readonly Verdict[]} verdicts
 */
function section(race, verdicts) {
  const actors = Object.entries(race.actors).map(([letter, what]) => `- ${letter}: ${what}`);
  const failures = verdicts.flatMap(({ kernel, broken }) =>
    broken.map(({ rule, text, schedule }) => [
      shortName(kernel),
      `\`${rule}\``,
      text,
      `\`${runLengths(schedule)}\``,
    ]),
  );
  const found =
    failures.length === 0
      ? "No schedule breaks a rule."
      : table(["kernel", "rule", "how it shows", "shortest schedule"], failures);
  const counts = table(
    ["kernel", "schedules", "states", "given up as repetitions"],
    verdicts.map(({ kernel, schedules, states, pruned }) => [
      shortName(kernel),
      String(schedules),
      String(states),
      String(pruned),
    ]),
  );
  return [`### ${race.title} (${race.id})`, race.question, actors.join("\n"), found, counts].join("\n\n");
}
