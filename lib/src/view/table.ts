// SPDX-License-Identifier: MIT

import { Picture } from "./display.ts";
import { FILL } from "./palette.ts";
import { BODY_TOP, box, card, hatch, INK, label, MARGIN, MUTED, textWidth } from "./svg.ts";

/** One cell: what it says, and how it is filled. */
export interface Cell {
  readonly text: string;
  readonly fill?: string;
  readonly bold?: boolean;
  /** Diagonal strokes: nothing is here. */
  readonly hatched?: boolean;
}

/** A row of cells; a plain string is a cell without a fill, and a row of one cell goes over the whole width. */
export type Row = readonly (Cell | string)[];

/** What a table shows. */
export interface TableOptions {
  readonly title: string;
  /** Lines below the title: what to know before reading the table. */
  readonly notes?: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly Row[];
  /** Lines below the table. */
  readonly footer?: readonly string[];
  /** A drawing between the notes and the table, of facts that the table tells too. */
  readonly drawing?: { readonly height: number; readonly draw: (y: number, width: number) => string };
}

const ROW = 22;
const PAD = 8;

function cellOf(cell: Cell | string): Cell {
  return typeof cell === "string" ? { text: cell } : cell;
}

/** Draws a table, and writes the same table as text. */
export function tablePicture(options: TableOptions): Picture {
  const text = textTable(options);
  return new Picture(svgTable(options, text), text);
}

function svgTable(
  { title, notes = [], head, rows, footer = [], drawing }: TableOptions,
  description: string,
): string {
  const widths = columnWidths(head, rows).map((chars) => textWidth("x".repeat(chars)) + 2 * PAD);
  const lefts = widths.map((_, i) => MARGIN + widths.slice(0, i).reduce((sum, width) => sum + width, 0));
  const tableWidth = widths.reduce((sum, width) => sum + width, 0);
  const loose = [
    ...notes,
    ...footer,
    ...rows.filter((row) => row.length === 1).map((row) => cellOf(row[0] ?? "").text),
  ];
  const width = Math.max(
    tableWidth + 2 * MARGIN,
    textWidth(title, 15, false) + 2 * MARGIN,
    ...loose.map((text) => textWidth(text) + 2 * MARGIN + 2 * PAD),
  );
  const parts: string[] = [];
  let y = BODY_TOP;
  for (const note of notes) {
    parts.push(label(MARGIN, y + 8, note, { fill: MUTED }));
    y += 20;
  }
  if (drawing !== undefined) {
    parts.push(drawing.draw(y, tableWidth));
    y += drawing.height;
  }
  head.forEach((name, i) => {
    parts.push(box(lefts[i] as number, y, widths[i] as number, ROW, { fill: FILL.head }));
    parts.push(label((lefts[i] as number) + PAD, y + 15, name, { bold: true }));
  });
  y += ROW;
  for (const row of rows) {
    if (row.length === 1) {
      parts.push(box(MARGIN, y, tableWidth, ROW, { fill: cellOf(row[0] ?? "").fill ?? FILL.none }));
      parts.push(label(MARGIN + PAD, y + 15, cellOf(row[0] ?? "").text, { fill: MUTED }));
      y += ROW;
      continue;
    }
    row.map(cellOf).forEach((cell, i) => {
      const left = lefts[i] as number;
      const cellWidth = widths[i] as number;
      parts.push(box(left, y, cellWidth, ROW, { fill: cell.fill ?? FILL.none }));
      if (cell.hatched === true) parts.push(hatch(left, y, cellWidth, ROW));
      parts.push(label(left + PAD, y + 15, cell.text, { bold: cell.bold ?? false, fill: INK }));
    });
    y += ROW;
  }
  for (const note of footer) {
    y += 20;
    parts.push(label(MARGIN, y, note, { fill: MUTED }));
  }
  return card(title, description, width, y + MARGIN, parts.join(""));
}

function columnWidths(head: readonly string[], rows: readonly Row[]): number[] {
  const full = rows.filter((row) => row.length > 1);
  return head.map((name, i) => Math.max(name.length, ...full.map((row) => cellOf(row[i] ?? "").text.length)));
}

/** A table as text: columns of equal width, a line of dashes below the head, no blanks at line ends. */
export function textTable({ title, notes = [], head, rows, footer = [] }: TableOptions): string {
  const widths = columnWidths(head, rows);
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((text, i) => text.padEnd(widths[i] as number))
      .join("  ")
      .trimEnd();
  return [
    title,
    ...notes,
    lineOf(head),
    lineOf(widths.map((width) => "-".repeat(width))),
    ...rows.map((row) =>
      row.length === 1 ? `  ${cellOf(row[0] ?? "").text}` : lineOf(row.map((cell) => cellOf(cell).text)),
    ),
    ...footer,
  ].join("\n");
}
