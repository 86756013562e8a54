// SPDX-License-Identifier: MIT

import { Displayable, type MimeBundle } from "../base/displayable.ts";
import type { DesignResult } from "../designs/comparison.ts";
import { momentTable } from "../designs/moment-table.ts";
import type { Played } from "../designs/scenario.ts";
import { escapedHtml, htmlTable } from "./html.ts";
import { type Row, textTable } from "./table.ts";

/** A table that notebooks show as HTML and everything else as text. */
class HtmlTable extends Displayable {
  readonly text: string;
  readonly #html: string;

  constructor(title: string, head: readonly string[], rows: readonly (readonly string[])[]) {
    super();
    this.text = textTable({ title, head, rows: rows as readonly Row[] });
    this.#html = htmlTable(
      title,
      head,
      rows.map((row) => row.map(escapedHtml)),
    );
  }

  override bundle(): MimeBundle {
    return { "text/html": this.#html, "text/plain": this.text };
  }
}

/**
 * The comparison of designs in short: one row for each.
 *
 * @example
 * ```ts
 * showDesigns(compareDesigns(designs, [dmaAndMapping, punchHole]));
 * ```
 */
export function showDesigns(results: readonly DesignResult[]): Displayable {
  const head = [
    "design",
    "",
    "references on a page",
    "after a hole and a new owner",
    "the worst that was seen",
  ];
  const rows = results.map(({ design, holders, afterHole, worst }) => [
    design.id,
    design.title,
    holders,
    afterHole,
    worst,
  ]);
  return new HtmlTable("The designs, compared", head, rows);
}

/** One scenario, moment by moment, with a column for each design. */
export function showScenario(runs: readonly Played[]): Displayable {
  const rows = momentTable(runs).map(({ moment, cells }) => [moment, ...cells]);
  return new HtmlTable(runs[0]?.scenario ?? "no runs", ["", ...runs.map(({ design }) => design)], rows);
}
