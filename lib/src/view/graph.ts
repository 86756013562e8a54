// SPDX-License-Identifier: MIT
import { Picture } from "./display.ts";
import { FILL } from "./palette.ts";
import { arrow, BODY_TOP, box, card, INK, label, line, MARGIN, MUTED, textWidth } from "./svg.ts";
import { textTable } from "./table.ts";

/** A box in a grid of rows and columns. */
export interface GraphNode {
  readonly name: string;
  /** Second line: counts. */
  readonly detail: string;
  readonly row: number;
  readonly column: number;
  readonly kind: "fd" | "file" | "context" | "object";
}

/** An arrow from a holder to what it holds, by their places in the list of nodes. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  /** The pointer holds no reference. */
  readonly weak: boolean;
}

const WIDTH = 158;
const HEIGHT = 40;
const GAP_X = 44;
const GAP_Y = 26;

const FILLS: Readonly<Record<GraphNode["kind"], string>> = {
  fd: FILL.head,
  file: FILL.none,
  context: FILL.slot,
  object: FILL.slot,
};

function left({ column }: GraphNode): number {
  return MARGIN + GAP_X / 2 + column * (WIDTH + GAP_X);
}

function top({ row }: GraphNode): number {
  return BODY_TOP + 8 + row * (HEIGHT + GAP_Y);
}

/** Draws boxes and arrows; the text twin lists who holds what. */
export function drawGraph(title: string, nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Picture {
  const name = (index: number): string => nodes[index]?.name ?? "";
  const text = textTable({
    title,
    head: ["object", "counts", "holds"],
    rows: nodes.map((node, i) => {
      const held = edges.filter(({ from }) => from === i);
      const list = held.map(({ to, weak }) => (weak ? `(weak) ${name(to)}` : name(to))).join(", ");
      return [node.name, node.detail, list === "" ? "-" : list];
    }),
    footer: [nodes.length === 0 ? "nothing is open" : "(weak): a pointer without a reference"],
  });
  const parts = edges.map((edge) => drawEdge(nodes, edge));
  for (const node of nodes) {
    const x = left(node);
    const y = top(node);
    const middle = x + WIDTH / 2;
    const rx = node.kind === "fd" ? 20 : node.kind === "file" ? 0 : 6;
    parts.push(box(x, y, WIDTH, HEIGHT, { fill: FILLS[node.kind], rx }));
    parts.push(label(middle, y + 17, node.name, { bold: true, anchor: "middle" }));
    parts.push(label(middle, y + 32, node.detail, { size: 10.5, anchor: "middle" }));
  }
  const columns = Math.max(0, ...nodes.map(({ column }) => column)) + 1;
  const rows = Math.max(0, ...nodes.map(({ row }) => row)) + 1;
  const legendY = BODY_TOP + 8 + rows * (HEIGHT + GAP_Y) + 8;
  const legend =
    nodes.length === 0
      ? "nothing is open"
      : "solid: a reference    dashed: a weak pointer    round: descriptor, square: file";
  parts.push(label(MARGIN, legendY, legend, { fill: MUTED }));
  const width = Math.max(2 * MARGIN + columns * (WIDTH + GAP_X), textWidth(legend) + 2 * MARGIN);
  return new Picture(card(title, text, width, legendY + MARGIN, parts.join("")), text);
}

function drawEdge(nodes: readonly GraphNode[], { from, to, weak }: GraphEdge): string {
  const a = nodes[from];
  const b = nodes[to];
  if (a === undefined || b === undefined) return "";
  const options = { dashed: weak, stroke: INK };
  if (a.column === b.column && (Math.abs(a.row - b.row) === 1 || isFree(nodes, a, b))) {
    const x = left(a) + WIDTH / 2;
    return a.row < b.row
      ? arrow([x, top(a) + HEIGHT], [x, top(b)], options)
      : arrow([x, top(a)], [x, top(b) + HEIGHT], options);
  }
  if (a.row < b.row && a.column !== b.column && b.row - a.row <= 2) {
    const x = left(a) + WIDTH / 2 + (b.column > a.column ? WIDTH / 4 : -WIDTH / 4);
    const end = left(b) + WIDTH / 2 + (b.column > a.column ? -WIDTH / 4 : WIDTH / 4);
    return arrow([x, top(a) + HEIGHT], [end, top(b)], options);
  }
  return elbow(a, b, weak);
}

/** True when no box lies between two of the same column. */
function isFree(nodes: readonly GraphNode[], a: GraphNode, b: GraphNode): boolean {
  const [low, high] = [Math.min(a.row, b.row), Math.max(a.row, b.row)];
  return !nodes.some(({ column, row }) => column === a.column && row > low && row < high);
}

/** Out at the side, along the gap between two columns, and in at the side. */
function elbow(a: GraphNode, b: GraphNode, weak: boolean): string {
  const toRight = b.column > a.column;
  const gap = toRight ? left(b) - GAP_X / 2 : left(b) + WIDTH + GAP_X / 2;
  const sameColumn = a.column === b.column;
  const startX = toRight || sameColumn ? left(a) + WIDTH : left(a);
  const endX = toRight ? left(b) : left(b) + WIDTH;
  const startY = top(a) + HEIGHT / 2 + (weak ? 6 : 0);
  const endY = top(b) + HEIGHT / 2 + (weak ? 6 : 0);
  const dash = { "stroke-width": 1.5, "stroke-dasharray": weak ? "5 4" : undefined };
  return (
    line(startX, startY, gap, startY, dash) +
    line(gap, startY, gap, endY, dash) +
    arrow([gap, endY], [endX, endY], { dashed: weak })
  );
}
