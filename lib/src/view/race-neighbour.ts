// SPDX-License-Identifier: MIT
import { textColumns, wrapped } from "../base/text-columns.ts";
import type { GoodNeighbour, RaceReport, TurnRow } from "../explore/report.ts";
import { escapedHtml, htmlTable } from "./html.ts";

/** The turns of two schedules side by side, from the first that differs on. */
interface Beside {
  /** Turns at the beginning that are the same. */
  readonly same: number;
  readonly rows: readonly (readonly [turn: string, bad: string, good: string])[];
}

function beside(report: RaceReport, good: GoodNeighbour): Beside {
  const bad = report.rows.filter((row): row is TurnRow => row.kind === "turn");
  const isSame = (i: number): boolean =>
    bad[i]?.actor === good.turns[i]?.actor && bad[i]?.began === good.turns[i]?.began;
  let same = 0;
  while (same < bad.length && isSame(same)) same++;
  const rows: [string, string, string][] = [];
  for (let i = same; i < Math.max(bad.length, good.turns.length); i++) {
    rows.push([String(i + 1), goesOn(bad[i]), goesOn(good.turns[i])]);
  }
  return { same, rows };
}

function goesOn(turn: { readonly actor: string; readonly began: string } | undefined): string {
  return turn === undefined ? "" : `${turn.actor}: ${turn.began}`;
}

const HEAD = ["turn", "this schedule, which breaks a rule", "the nearest good one"] as const;

function sentences({ schedule, text, swaps }: GoodNeighbour, same: number): string {
  const swap = swaps === 1 ? "The one swap that matters" : `${swaps} swaps away`;
  const before = same === 0 ? "" : ` Turns 1 to ${same} are the same.`;
  return `The nearest good schedule is ${schedule}. ${swap}: ${text}.${before}`;
}

/** The good schedule beside the bad one, as text. */
export function goodText(report: RaceReport, good: GoodNeighbour): string[] {
  const { same, rows } = beside(report, good);
  const widths = [4, 46, 46];
  return [
    ...wrapped(sentences(good, same)),
    ...textColumns(widths, [HEAD, widths.map((width) => "-".repeat(width)), ...rows]),
  ];
}

/** The same as HTML. */
export function goodHtml(report: RaceReport, good: GoodNeighbour): string {
  const { same, rows } = beside(report, good);
  const cells = rows.map((row) => row.map(escapedHtml));
  return `<p>${escapedHtml(sentences(good, same))}</p>\n${htmlTable("The nearest good schedule", HEAD, cells)}`;
}
