// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";
import type { RaceReport, SwitchRow, TurnRow } from "../explore/report.ts";
import { CELL, escapedHtml, HtmlText } from "./html.ts";
import { goodHtml } from "./race-neighbour.ts";
import { reportText } from "./race-report-text.ts";
import { accessText, conflictText, countsText, markOf } from "./race-sentences.ts";

/**
 * A run of a race: a column for each actor, time downward. Each row has the function, what it read and wrote, the locks
 * that it has afterwards and only the state that changed; then the rules that are broken, the two rows that decide,
 * the nearest good schedule beside it, and the call that makes the same run. In a terminal it is text of at most 100
 * columns.
 *
 * @example
 * ```ts
 * showReport(reportOf(raceById("map-punch"), "M5 P8 M"));
 * ```
 */
export function showReport(report: RaceReport): HtmlText {
  return new HtmlText(reportHtml(report), reportText(report));
}

function reportHtml(report: RaceReport): string {
  const letters = Object.keys(report.race.actors);
  const head = letters.map((letter) => `${letter}: ${report.race.actors[letter] ?? ""}`);
  const headings = ["turn", ...head, "what changed"].map(
    (text) => `<th scope="col" style="${CELL}">${escapedHtml(text)}</th>`,
  );
  const rows = report.rows.map((row) =>
    row.kind === "switch" ? switchHtml(row, letters.length + 2) : turnHtml(row, letters, report),
  );
  const caption = `${report.race.title}, on ${report.kernel}: ${report.schedule}`;
  return [
    `<section aria-label="${escapedHtml(report.race.title)}">`,
    `<p>${escapedHtml(report.race.question)}</p>`,
    `<table>\n<caption>${escapedHtml(caption)}</caption>\n<thead><tr>${headings.join("")}</tr></thead>\n<tbody>`,
    ...rows,
    endHtml(report, letters.length + 2),
    "</tbody>\n</table>",
    ...linkedConflict(report),
    ...(report.good === undefined ? [] : [goodHtml(report, report.good)]),
    ...paragraphs([countsText(report)]),
    `<p>To run it again: <code>${escapedHtml(report.replay)}</code></p>`,
    "</section>",
  ].join("\n");
}

function paragraphs(texts: readonly (string | undefined)[]): string[] {
  return texts.flatMap((text) => (text === undefined ? [] : [`<p>${escapedHtml(text)}</p>`]));
}

/** The address of a row within the page. Two reports of one page differ in race or schedule. */
function rowId({ race, kernel, schedule }: RaceReport, mark: string): string {
  return `${race.id}-${kernel}-${schedule}-${mark}`.replace(/[^a-zA-Z0-9]+/g, "-").replace(/-$/, "");
}

function linkedConflict(report: RaceReport): string[] {
  const text = conflictText(report);
  if (text === undefined) return [];
  const linked = escapedHtml(text).replace(
    /\[[12]\]/g,
    (mark) => `<a href="#${rowId(report, mark)}">${mark}</a>`,
  );
  return [`<p>${linked}</p>`];
}

function switchHtml({ from, to, text }: SwitchRow, columns: number): string {
  return `<tr><td colspan="${columns}" style="${CELL}"><em>switch from ${from} to ${to}: ${escapedHtml(text)}</em></td></tr>`;
}

function turnHtml(row: TurnRow, letters: readonly string[], report: RaceReport): string {
  const mark = markOf(report, row.number);
  const id = mark === "" ? "" : ` id="${rowId(report, mark)}"`;
  const other = mark === "[1]" ? "[2]" : "[1]";
  const label =
    mark === "" ? "" : ` <strong>${mark}</strong> <a href="#${rowId(report, other)}">with ${other}</a>`;
  const cells = letters.map((letter) => (letter === row.actor ? cellHtml(row) : ""));
  const changed = row.changed
    .map(
      ({ what, before, after }) =>
        `<strong>~ ${escapedHtml(what)}: ${escapedHtml(after)}</strong> (was ${escapedHtml(before)})`,
    )
    .join("<br>");
  const data = [...cells, changed].map((cell) => `<td style="${CELL}">${cell}</td>`).join("");
  return `<tr${id}><th scope="row" style="${CELL}">${row.number}${label}</th>${data}</tr>`;
}

function cellHtml({ place, began, actions, touched, holds, result }: TurnRow): string {
  const where =
    place === undefined
      ? escapedHtml(began)
      : `<strong>${escapedHtml(place.name)}</strong> <small>${escapedHtml(place.source)}; ${escapedHtml(place.file)}</small>`;
  const lines = [
    ...actions,
    ...touched.map(accessText),
    ...(holds.length === 0 ? [] : [`holds ${holds.join(", ")}`]),
  ].map(escapedHtml);
  if (result !== undefined) lines.push(`<strong>ends with ${errnoName(result)}</strong>`);
  return [where, ...lines].join("<br>");
}

function endHtml({ broken }: RaceReport, columns: number): string {
  const lines =
    broken.length === 0
      ? ["<strong>Every rule holds.</strong>"]
      : broken.map(
          ({ title, rule, text }) =>
            `<strong>Broken: ${escapedHtml(title)}</strong> (${escapedHtml(rule)}): ${escapedHtml(text)}`,
        );
  return `<tr><th scope="row" style="${CELL}">end</th><td colspan="${columns - 1}" style="${CELL}">${lines.join("<br>")}</td></tr>`;
}
