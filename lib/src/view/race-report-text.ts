// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";
import { indented, TEXT_WIDTH, textColumns, wrapped } from "../base/text-columns.ts";
import type { RaceReport, SwitchRow, TurnRow } from "../explore/report.ts";
import { goodText } from "./race-neighbour.ts";
import { accessText, conflictText, countsText, markOf } from "./race-sentences.ts";

/** A report as text of at most 100 columns: who went when, then each turn, then what came of it. */
export function reportText(report: RaceReport): string {
  const { race, kernel, schedule, good, replay } = report;
  const conflict = conflictText(report);
  const counts = countsText(report);
  return [
    ...wrapped(`${race.title}, on ${kernel}: ${schedule}`),
    ...wrapped(race.question),
    "",
    ...overview(report),
    "",
    "Turn by turn",
    ...report.rows.flatMap((row) => (row.kind === "switch" ? [switchText(row)] : turnText(row, report))),
    ...endText(report),
    ...(conflict === undefined ? [] : ["", ...wrapped(conflict)]),
    ...(good === undefined ? [] : ["", ...goodText(report, good)]),
    "",
    ...(counts === undefined ? [] : wrapped(counts)),
    ...wrapped(`To run it again: ${replay}`),
  ].join("\n");
}

const NUMBER = 6;

/** One column for each actor: what each turn goes on with. */
function overview(report: RaceReport): string[] {
  const letters = Object.keys(report.race.actors);
  const width = Math.floor((TEXT_WIDTH - NUMBER) / letters.length) - 2;
  const widths = [NUMBER, ...letters.map(() => width)];
  const head = ["turn", ...letters.map((letter) => `${letter}: ${report.race.actors[letter] ?? ""}`)];
  const rows = report.rows.flatMap((row) => {
    if (row.kind === "switch") return [];
    const cells = letters.map((letter) => (letter === row.actor ? overviewCell(row) : ""));
    return [[`${row.number} ${markOf(report, row.number)}`.trimEnd(), ...cells]];
  });
  return textColumns(widths, [head, widths.map((size) => "-".repeat(size)), ...rows]);
}

function overviewCell({ began, result }: TurnRow): string {
  return result === undefined ? began : `${began}; ends with ${errnoName(result)}`;
}

function switchText({ from, to, text }: SwitchRow): string {
  return indented(`switch from ${from} to ${to}: ${text}`, " -- ").join("\n");
}

function turnText(row: TurnRow, report: RaceReport): string[] {
  const { number, actor, began, place, actions, touched, changed, holds, result } = row;
  const mark = markOf(report, number);
  const where = place === undefined ? began : `${place.name} (${place.source}; ${place.file})`;
  const lines = [
    ...actions,
    ...touched.map(accessText),
    ...(holds.length === 0 ? [] : [`holds ${holds.join(", ")}`]),
    ...(result === undefined ? [] : [`ends with ${errnoName(result)}`]),
  ];
  return [
    ...indented(
      `${mark === "" ? "" : `${mark} `}${where}`,
      `${String(number).padStart(3)} ${actor}  `,
      "       ",
    ),
    ...lines.flatMap((line) => indented(line, "         ")),
    ...changed.flatMap(({ what, before, after }) =>
      indented(`~ ${what}: ${before} -> ${after}`, "       ", "         "),
    ),
  ];
}

function endText({ broken }: RaceReport): string[] {
  if (broken.length === 0) return ["end  Every rule holds."];
  return broken.flatMap(({ title, rule, text }) =>
    indented(`BROKEN: ${title} (${rule}): ${text}`, "end  ", "     "),
  );
}
