// SPDX-License-Identifier: MIT
import { Picture } from "./display.ts";
import { SERIES, type SeriesLook } from "./language.ts";
import { longNumber, type Scale, type ScaleKind, scaleOf, shortNumber } from "./scale.ts";
import {
  BODY_TOP,
  box,
  card,
  element,
  FAINT,
  LINE,
  label,
  line,
  MARGIN,
  MUTED,
  PAPER,
  textWidth,
} from "./svg.ts";
import { textTable } from "./table.ts";

/** An axis: what is counted, in which unit, and how it is divided. */
export interface PlotAxis {
  /** What the numbers are, with their unit: "firmware calls", "time in ms". */
  readonly label: string;
  /** @default "linear" */
  readonly scale?: ScaleKind;
}

/** One curve, or the bars of one kind. */
export interface PlotSeries {
  readonly name: string;
  /** Points from left to right. In a bar chart `x` is a name of a group. */
  readonly points: readonly (readonly [x: number | string, y: number])[];
}

/** What a plot shows. */
export interface PlotOptions {
  readonly title: string;
  /** @default "line" */
  readonly kind?: "line" | "bar";
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** At most 6. */
  readonly series: readonly PlotSeries[];
}

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 78;
const TOP = BODY_TOP + 26;
const BOTTOM = TOP + HEIGHT;
/** From the x axis down to its label: room for a letter below each bar, and for the name of the group. */
const GROUND = 50;
const KEY_ROW = 20;

/** Where a value lies in the field, in pixels. */
interface Field {
  readonly y: (value: number) => number;
  readonly marks: readonly number[];
}

function looks({ series }: PlotOptions): readonly SeriesLook[] {
  return SERIES.slice(0, series.length);
}

/** One sentence for the first thing that cannot be drawn. */
function checked(options: PlotOptions): void {
  const { series, x, y, kind = "line" } = options;
  const refuse = (sentence: string): never => {
    throw new RangeError(`showPlot: ${sentence}`);
  };
  if (series.length < 1 || series.length > SERIES.length)
    refuse(`${series.length} series were given; 1 to ${SERIES.length} can be told apart`);
  for (const { name, points } of series) {
    if (points.length === 0) refuse(`the series "${name}" has no points`);
    for (const [px, py] of points) {
      if (!Number.isFinite(py)) refuse(`"${name}" has the value ${py} at ${px}; it must be a finite number`);
      if (y.scale === "log" && py <= 0)
        refuse(`"${name}" has the value ${py} at ${px}; a logarithmic axis takes numbers above 0`);
      if (kind === "bar") {
        if (py < 0) refuse(`"${name}" has the value ${py} at ${px}; a bar cannot be less than 0`);
        continue;
      }
      if (typeof px !== "number" || !Number.isFinite(px))
        refuse(`"${name}" has a point at ${px}; the x of a line must be a finite number`);
      if (x.scale === "log" && (px as number) <= 0)
        refuse(`"${name}" has a point at ${px}; a logarithmic axis takes numbers above 0`);
    }
  }
}

/** The places on the x axis, each once: in ascending order, or as the groups of bars first appear. */
function placesOf({ series, kind = "line" }: PlotOptions): (number | string)[] {
  const places = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))];
  return kind === "line" ? (places as number[]).sort((a, b) => a - b) : places;
}

function textOf(options: PlotOptions, places: readonly (number | string)[]): string {
  const { title, x, y, series, kind = "line" } = options;
  const scales = [x.scale === "log" && kind === "line" ? "x" : "", y.scale === "log" ? "y" : ""].filter(
    Boolean,
  );
  return textTable({
    title,
    notes: [
      `${kind === "line" ? "line chart" : "bar chart"}; across: ${x.label}; up: ${y.label}${
        scales.length === 0 ? "" : `; logarithmic: ${scales.join(" and ")}`
      }`,
    ],
    head: [x.label, ...series.map(({ name }) => name)],
    rows: places.map((place) => [
      typeof place === "number" ? longNumber(place) : place,
      ...series.map(({ points }) => {
        const found = points.find(([px]) => px === place);
        return found === undefined ? "-" : longNumber(found[1]);
      }),
    ]),
  });
}

/**
 * Numbers as curves or bars, with axes, a key, and the same numbers as a table for whoever does not see it. Each
 * series has a sign of its own besides its colour: a marker and a pattern of the line, or a letter below the bar.
 *
 * @example
 * ```ts
 * showPlot({
 *   title: "Firmware calls per mapping",
 *   x: { label: "pages", scale: "log" },
 *   y: { label: "calls", scale: "log" },
 *   series: [{ name: "page by page", points: [[1, 4], [512, 1026]] }],
 * });
 * ```
 */
export function showPlot(options: PlotOptions): Picture {
  checked(options);
  const places = placesOf(options);
  const text = textOf(options, places);
  const values = options.series.flatMap(({ points }) => points.map(([, y]) => y));
  const scale = scaleOf(options.y.scale ?? "linear", values, 6);
  const y = (value: number): number => BOTTOM - scale.at(value) * HEIGHT;
  const field: Field = { y, marks: scale.ticks };
  const drawn =
    options.kind === "bar"
      ? bars(options, places, field)
      : lines(options, scaleOf(options.x.scale ?? "linear", places as number[], 7), field);
  const keyTop = BOTTOM + GROUND + 28;
  const key = options.series.map(({ name }, i) => keyRow(options, name, i, keyTop + i * KEY_ROW));
  const names = options.series.map(({ name }) => LEFT + 40 + textWidth(name, 12, false));
  const width = Math.max(LEFT + WIDTH + 34, textWidth(options.title, 15, false) + 2 * MARGIN, ...names);
  const height = keyTop + options.series.length * KEY_ROW + 4;
  return new Picture(
    card(options.title, text, width, height, [axes(options, field), drawn, ...key].join("")),
    text,
  );
}

/** The field, with a faint line and a number at each mark of the y axis, and the labels of both. */
function axes({ x, y }: PlotOptions, { y: at, marks }: Field): string {
  return [
    box(LEFT, TOP, WIDTH, HEIGHT, { fill: PAPER }),
    label(MARGIN, TOP - 14, `${y.label}${y.scale === "log" ? " (logarithmic)" : ""}`, {
      mono: false,
      fill: MUTED,
    }),
    label(LEFT + WIDTH / 2, BOTTOM + GROUND, `${x.label}${x.scale === "log" ? " (logarithmic)" : ""}`, {
      mono: false,
      anchor: "middle",
      fill: MUTED,
    }),
    ...marks.flatMap((mark) => [
      line(LEFT, at(mark), LEFT + WIDTH, at(mark), { stroke: FAINT }),
      label(LEFT - 8, at(mark) + 4, shortNumber(mark), { size: 11, anchor: "end" }),
    ]),
  ].join("");
}

function marker({ shape, stroke }: SeriesLook, x: number, y: number): string {
  const fill = { fill: stroke, stroke: "none" };
  const around = (points: readonly (readonly [number, number])[]): string =>
    element("polygon", {
      points: points.map(([dx, dy]) => `${round(x + dx)},${round(y + dy)}`).join(" "),
      ...fill,
    });
  switch (shape) {
    case "circle":
      return element("circle", { cx: x, cy: y, r: 4, ...fill });
    case "square":
      return element("rect", { x: x - 3.5, y: y - 3.5, width: 7, height: 7, ...fill });
    case "triangle":
      return around([
        [0, -5],
        [5, 4],
        [-5, 4],
      ]);
    case "diamond":
      return around([
        [0, -5.5],
        [5.5, 0],
        [0, 5.5],
        [-5.5, 0],
      ]);
    case "cross":
      return element("path", { d: cross(x, y), stroke, "stroke-width": 2, fill: "none" });
    case "ring":
      return element("circle", { cx: x, cy: y, r: 4, fill: PAPER, stroke, "stroke-width": 2 });
  }
}

function cross(x: number, y: number): string {
  const [left, right, top, bottom] = [x - 4, x + 4, y - 4, y + 4].map(round);
  return `M${left} ${top}L${right} ${bottom}M${right} ${top}L${left} ${bottom}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function lines(options: PlotOptions, scale: Scale, { y }: Field): string {
  const at = (value: number): number => LEFT + scale.at(value) * WIDTH;
  const marks = scale.ticks.flatMap((mark) => [
    line(at(mark), BOTTOM, at(mark), BOTTOM + 5, { stroke: LINE }),
    label(at(mark), BOTTOM + 18, shortNumber(mark), { size: 11, anchor: "middle" }),
  ]);
  const curves = options.series.map(({ points }, i) => {
    const look = looks(options)[i] as SeriesLook;
    const sorted = [...points].sort(([a], [b]) => (a as number) - (b as number));
    const places = sorted.map(([px, py]): [number, number] => [at(px as number), y(py)]);
    return (
      element("polyline", {
        points: places.map(([px, py]) => `${round(px)},${round(py)}`).join(" "),
        fill: "none",
        stroke: look.stroke,
        "stroke-width": 2,
        "stroke-dasharray": look.dashes === "" ? undefined : look.dashes,
      }) + places.map(([px, py]) => marker(look, px, py)).join("")
    );
  });
  return [...marks, ...curves].join("");
}

/** Letter of a series, below its bars. */
function letterOf(index: number): string {
  return String.fromCharCode(97 + index);
}

function bars(options: PlotOptions, groups: readonly (number | string)[], { y }: Field): string {
  const { series } = options;
  const group = WIDTH / groups.length;
  const bar = Math.min(46, (group * 0.8) / series.length);
  return groups
    .flatMap((name, g) => {
      const middle = LEFT + (g + 0.5) * group;
      const first = middle - (bar * series.length) / 2;
      const drawn = series.flatMap(({ points }, i) => {
        const found = points.find(([px]) => px === name);
        if (found === undefined) return [];
        const [x, top] = [first + i * bar, y(found[1])];
        const { fill, stroke } = looks(options)[i] as SeriesLook;
        return [
          box(x + 1, top, bar - 2, BOTTOM - top, { fill, stroke }),
          label(x + bar / 2, top - 4, shortNumber(found[1]), { size: 10, anchor: "middle" }),
          ...(series.length === 1
            ? []
            : [label(x + bar / 2, BOTTOM + 13, letterOf(i), { size: 11, bold: true, anchor: "middle" })]),
        ];
      });
      return [...drawn, label(middle, BOTTOM + 29, String(name), { size: 11, anchor: "middle" })];
    })
    .join("");
}

function keyRow(options: PlotOptions, name: string, index: number, y: number): string {
  const look = looks(options)[index] as SeriesLook;
  const sign =
    options.kind === "bar"
      ? box(LEFT, y - 11, 28, 14, { fill: look.fill, stroke: look.stroke }) +
        (options.series.length === 1
          ? ""
          : label(LEFT + 14, y, letterOf(index), { size: 11, bold: true, anchor: "middle" }))
      : line(LEFT, y - 4, LEFT + 28, y - 4, {
          stroke: look.stroke,
          "stroke-width": 2,
          "stroke-dasharray": look.dashes === "" ? undefined : look.dashes,
        }) + marker(look, LEFT + 14, y - 4);
  return sign + label(LEFT + 38, y, name, { mono: false });
}
