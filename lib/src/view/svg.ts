// SPDX-License-Identifier: MIT
/**
 * A few helpers that write SVG as text. Everything is measured in pixels; there are no ids, scripts or outside
 * references, so that any number of pictures can stand in one page. The one style sheet turns colours dark where the
 * reader's system is, and touches nothing but pictures.
 */
import { darkStyle, PICTURE_CLASS } from "./dark.ts";

/** Attributes of an element; those that are `undefined` are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const SANS = "system-ui, 'DejaVu Sans', sans-serif";
/** Width of a character in parts of the font size: exact for the fixed font, an upper estimate for the other. */
const MONO_WIDTH = 0.61;
const SANS_WIDTH = 0.6;

/** Text and lines. */
export const INK = "#1f2328";
/** Text that matters less. */
export const MUTED = "#57606a";
/** Background of every picture: pictures bring their own, so that they can be read on any page. */
export const PAPER = "#ffffff";
/** Strokes behind text. */
export const FAINT = "#d0d7de";
/** Thin lines. */
export const LINE = "#8c959f";

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function written(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : escaped(value);
}

/** One element with its children, which are SVG already. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const list = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${written(value)}"`]))
    .join("");
  return children.length === 0 ? `<${name}${list}/>` : `<${name}${list}>${children.join("")}</${name}>`;
}

/** How a piece of text looks. */
export interface TextStyle {
  /** @default 12 */
  readonly size?: number;
  readonly bold?: boolean;
  /** Which point of the text lies at `x`. @default "start" */
  readonly anchor?: "start" | "middle" | "end";
  readonly fill?: string;
  /** Fixed width, for addresses and names from the kernel. @default true */
  readonly mono?: boolean;
}

/** Text whose baseline is at `y`. */
export function label(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 12, bold, anchor, fill = INK, mono = true } = style;
  const attributes = {
    x,
    y,
    fill,
    "font-family": mono ? MONO : SANS,
    "font-size": size,
    "font-weight": bold === true ? "bold" : undefined,
    "text-anchor": anchor === "start" ? undefined : anchor,
    "xml:space": content.includes("  ") ? "preserve" : undefined,
  };
  return element("text", attributes, escaped(content));
}

/** Width of a text in pixels, at most. */
export function textWidth(content: string, size = 12, mono = true): number {
  return content.length * size * (mono ? MONO_WIDTH : SANS_WIDTH);
}

/** A box. */
export function box(x: number, y: number, width: number, height: number, more: Attributes = {}): string {
  return element("rect", { x, y, width, height, fill: PAPER, stroke: LINE, ...more });
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, more: Attributes = {}): string {
  return element("line", { x1, y1, x2, y2, stroke: INK, ...more });
}

/** Diagonal strokes that fill a box: the sign for bytes or addresses that nothing stands in. */
export function hatch(x: number, y: number, width: number, height: number, step = 8): string {
  const strokes: string[] = [];
  for (let at = step; at < width + height; at += step) {
    const x1 = x + Math.max(0, at - height);
    const y1 = y + Math.min(height, at);
    const x2 = x + Math.min(width, at);
    const y2 = y + Math.max(0, at - width);
    strokes.push(`M${written(x1)} ${written(y1)}L${written(x2)} ${written(y2)}`);
  }
  return element("path", { d: strokes.join(""), stroke: FAINT, "stroke-width": 1, fill: "none" });
}

/** A line with a head at its end. A dashed one stands for a weak pointer or a thing that does not happen. */
export function arrow(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  options: { readonly dashed?: boolean; readonly stroke?: string } = {},
): string {
  const { dashed = false, stroke = INK } = options;
  const length = Math.hypot(x2 - x1, y2 - y1);
  const ux = (x2 - x1) / length;
  const uy = (y2 - y1) / length;
  const baseX = x2 - ux * 9;
  const baseY = y2 - uy * 9;
  const head = [
    [x2, y2],
    [baseX - uy * 4.5, baseY + ux * 4.5],
    [baseX + uy * 4.5, baseY - ux * 4.5],
  ];
  return (
    line(x1, y1, baseX, baseY, {
      stroke,
      "stroke-width": 1.5,
      "stroke-dasharray": dashed ? "5 4" : undefined,
    }) +
    element("polygon", {
      points: head.map((p) => p.map((v) => written(v)).join(",")).join(" "),
      fill: stroke,
    })
  );
}

/** Pixels between the edge of a picture and what is drawn in it. */
export const MARGIN = 16;
/** First free line below the title. */
export const BODY_TOP = 48;

/**
 * A whole picture: a card with a heading.
 *
 * @param title heading, also the name that assistive technology reads out
 * @param description what the picture shows, in words
 * @param width of the card
 * @param height of the card
 * @param body SVG, drawn from `MARGIN` and `BODY_TOP` on
 */
export function card(
  title: string,
  description: string,
  width: number,
  height: number,
  body: string,
): string {
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    class: PICTURE_CLASS,
    role: "img",
    "aria-label": title,
    width,
    height,
    viewBox: `0 0 ${written(width)} ${written(height)}`,
    style: "max-width:100%;height:auto",
  };
  const drawing =
    box(0.5, 0.5, width - 1, height - 1, { rx: 6 }) +
    label(MARGIN, 28, title, { size: 15, bold: true, mono: false }) +
    body;
  return element(
    "svg",
    attributes,
    element("title", {}, escaped(title)),
    element("desc", {}, escaped(description)),
    element("style", {}, darkStyle(drawing)),
    drawing,
  );
}
