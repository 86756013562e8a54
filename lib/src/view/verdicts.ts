// SPDX-License-Identifier: MIT
import { plural } from "../base/plural.ts";
import { indented, wrapped } from "../base/text-columns.ts";
import type { Exploration } from "../explore/explore.ts";
import { races } from "../explore/races/catalogue.ts";
import { runLengths } from "../explore/schedule-text.ts";
import { needsNoRace, type Verdict } from "../explore/verdicts.ts";
import { escapedHtml, HtmlText, htmlTable } from "./html.ts";

const WORDS: Readonly<Record<Exploration["verdict"], string>> = {
  holds: "HOLDS: no order breaks a rule",
  broken: "BROKEN",
  unfinished: "UNFINISHED: nothing was found, but not every order was tried",
};

function countsOf({ schedules, states, pruned }: Exploration): string {
  return `${plural(schedules, "schedule")}, ${plural(states, "state")}; ${plural(pruned, "run")} given up as repetition.`;
}

/**
 * What came of exploring one race: the verdict, the shortest schedule for each rule that can be broken, then the
 * counts. A search that did not come to its end says so and why.
 *
 * @example
 * ```ts
 * showVerdict(explore(raceById("map-punch")));
 * ```
 */
export function showVerdict(exploration: Exploration): HtmlText {
  const { verdict, broken, why } = exploration;
  const rows = broken.map((failure) => [
    failure.rule,
    runLengths(failure.schedule),
    howReached(failure),
    failure.text,
  ]);
  const end = why === undefined ? [] : [`The search ended early: ${why}.`];
  const lines = [countsOf(exploration), ...end];
  const text = [
    WORDS[verdict],
    ...rows.flatMap(([rule = "", schedule = "", how = "", says = ""]) => [
      ...indented(`${rule}, by ${schedule} (${how})`, "  "),
      ...indented(says, "      "),
    ]),
    ...lines.flatMap((line) => wrapped(line)),
  ].join("\n");
  const head = ["rule", "shortest schedule", "takes", "what is wrong"];
  const cells = rows.map((row) => row.map(escapedHtml));
  const table = rows.length === 0 ? [] : [htmlTable("Rules that can be broken", head, cells)];
  const html = [
    `<p><strong>${escapedHtml(WORDS[verdict])}</strong></p>`,
    ...table,
    ...lines.map((line) => `<p>${escapedHtml(line)}</p>`),
  ].join("\n");
  return new HtmlText(html, text);
}

function howReached(failure: Verdict["broken"][number]): string {
  return needsNoRace(failure) ? "one after the other" : "an interleaving";
}

/** What a cell of the table says: rules that are broken though nobody is interrupted have a dagger. */
function cellText({ verdict, broken, why, schedules }: Verdict): string {
  const count = `(${plural(schedules, "schedule")})`;
  if (verdict === "holds") return `holds ${count}`;
  if (verdict === "unfinished") return `unfinished: ${why ?? ""}`;
  const names = broken.map((failure) => `${failure.rule}${needsNoRace(failure) ? " †" : ""}`).join(", ");
  return `broken: ${names} ${count}${why === undefined ? "" : ", not all were tried"}`;
}

const DAGGER = "† broken although nobody is interrupted: the actors go one after the other.";

function shortName(kernel: string): string {
  if (kernel === "rfc-v1") return "as posted";
  return kernel.startsWith("rfc-v1+") ? kernel.slice("rfc-v1".length) : kernel;
}

/**
 * Races against kernels: a row for each race, a column for each kernel, as `verdictTable` explored them. As text each
 * race has a paragraph, in which kernels that fare alike share a line.
 *
 * @example
 * ```ts
 * showVerdictTable(verdictTable([raceById("map-punch")], ["rfc-v1", "rfc-v1+all"]));
 * ```
 */
export function showVerdictTable(verdicts: readonly Verdict[]): HtmlText {
  const ids = [...new Set(verdicts.map(({ race }) => race))];
  const kernels = [...new Set(verdicts.map(({ kernel }) => kernel))];
  const titleOf = (id: string): string => races.find((race) => race.id === id)?.title ?? id;
  const at = (id: string, kernel: string): string => {
    const found = verdicts.find((one) => one.race === id && one.kernel === kernel);
    return found === undefined ? "" : cellText(found);
  };
  const rows = ids.map((id) => [
    escapedHtml(titleOf(id)),
    ...kernels.map((kernel) => {
      const text = escapedHtml(at(id, kernel));
      return text.startsWith("broken") ? `<strong>${text}</strong>` : text;
    }),
  ]);
  const html = `${htmlTable("Races and kernels", ["race", ...kernels.map(shortName)], rows)}\n<p>${DAGGER}</p>`;
  const text = [
    "Races and kernels",
    ...ids.flatMap((id) => {
      const cells = [...new Set(kernels.map((kernel) => at(id, kernel)))].filter((cell) => cell !== "");
      return [
        titleOf(id),
        ...cells.flatMap((cell) => {
          const alike = kernels.filter((kernel) => at(id, kernel) === cell).map(shortName);
          return indented(`${cell}: ${alike.join(", ")}`, "  ", "      ");
        }),
      ];
    }),
    DAGGER,
  ].join("\n");
  return new HtmlText(html, text);
}
