// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";
import { plural } from "../base/plural.ts";
import { textColumns, wrapped } from "../base/text-columns.ts";
import type { SweepReport, SweepRow } from "../explore/sweep-report.ts";
import type { InjectionKind } from "../kernel/fault-injection.ts";
import { escapedHtml, HtmlText, htmlTable } from "./html.ts";

const KINDS: Readonly<Record<InjectionKind, string>> = {
  alloc: "allocation",
  copy: "copy",
  rmi: "firmware",
  lock: "lock",
};

/** Runs in a row that came to the same. */
interface Alike {
  readonly first: SweepRow;
  readonly last: SweepRow;
}

function alike(rows: readonly SweepRow[]): Alike[] {
  const groups: Alike[] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group !== undefined && sameOutcome(group.first, row))
      groups[groups.length - 1] = { ...group, last: row };
    else groups.push({ first: row, last: row });
  }
  return groups;
}

function sameOutcome(a: SweepRow, b: SweepRow): boolean {
  const key = ({ kind, step, result, mapped, broken, lost }: SweepRow): string =>
    JSON.stringify([kind, step, result, mapped, broken.map(({ rule }) => rule), lost.length]);
  return key(a) === key(b);
}

/** What is wrong afterwards, by rule; nothing is said in words too. */
function leftText({ broken, lost }: SweepRow): string {
  const names = [...new Set(broken.map(({ rule }) => rule))];
  if (lost.length > 0) names.push(`${lost.length} lost for good`);
  return names.length === 0 ? "nothing" : names.join(", ");
}

function cellsOf({ first, last }: Alike, pages: number): string[] {
  const range = first === last ? String(first.nth) : `${first.nth} to ${last.nth}`;
  return [
    KINDS[first.kind],
    range,
    first.step,
    errnoName(first.result),
    `${first.mapped} of ${pages}`,
    leftText(first),
  ];
}

const HEAD = ["fails", "number", "in", "the ioctl returns", "mapped", "what is wrong afterwards"] as const;
const WIDTHS = [10, 8, 26, 8, 8, 30] as const;

/** The runs that left something behind, in numbers. */
function summary({ rows, kinds, undisturbed, pages }: SweepReport): string {
  const wrong = rows.filter(({ broken, lost }) => broken.length > 0 || lost.length > 0).length;
  const silent = rows.filter(({ result, broken }) => result === 0 && broken.length > 0).length;
  const partly = rows.filter(({ result, mapped }) => result < 0 && mapped > 0).length;
  const lost = rows.filter((row) => row.lost.length > 0).length;
  const never = kinds.filter((kind) => rows.every((row) => row.kind !== kind)).map((kind) => KINDS[kind]);
  const nothing =
    never.length === 0 ? "" : ` The way has nothing of this kind that could fail: ${never.join(", ")}.`;
  return (
    `Without a failure the ioctl returns ${errnoName(undisturbed)}. Runs with one failure each: ${rows.length}. ` +
    `Something is wrong afterwards: ${wrong}; of these, the ioctl returned 0: ${silent}. An error, and yet ` +
    `${pages === 1 ? "the page is mapped" : `some of the ${pages} pages are mapped`}: ${partly}. ` +
    `Something is lost for good, even after every file was closed: ${lost}.${nothing}`
  );
}

/**
 * The sweep as a table: what failed, what the caller was told, how much is mapped, and which rules do not hold then.
 * Failures in a row that come to the same share a line.
 *
 * @example
 * ```ts
 * showSweep(sweepReport({ kernel: "rfc-v1" }));
 * ```
 */
export function showSweep(report: SweepReport): HtmlText {
  const title = `Every step of a map of ${plural(report.pages, "page")} fails once, on ${report.kernel}`;
  const rows = alike(report.rows).map((group) => cellsOf(group, report.pages));
  const text = [
    title,
    ...textColumns(WIDTHS, [HEAD, WIDTHS.map((width) => "-".repeat(width)), ...rows]),
    ...wrapped(summary(report)),
  ].join("\n");
  const cells = rows.map((row) =>
    row.map((cell, i) =>
      i === 5 && cell !== "nothing" ? `<strong>${escapedHtml(cell)}</strong>` : escapedHtml(cell),
    ),
  );
  return new HtmlText(`${htmlTable(title, HEAD, cells)}\n<p>${escapedHtml(summary(report))}</p>`, text);
}
