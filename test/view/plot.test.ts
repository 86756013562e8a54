// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DARK } from "../../lib/src/view/dark.ts";
import { SERIES } from "../../lib/src/view/language.ts";
import { type PlotOptions, showPlot } from "../../lib/src/view/plot.ts";
import { longNumber, scaleOf, shortNumber } from "../../lib/src/view/scale.ts";
import { PAPER } from "../../lib/src/view/svg.ts";
import { contrast, expectGoodPicture, parseSvg } from "./svg-checks.ts";

const CALLS: PlotOptions = {
  title: "Firmware calls to map a range",
  x: { label: "pages", scale: "log" },
  y: { label: "firmware calls", scale: "log" },
  series: [
    {
      name: "page by page",
      points: [
        [1, 5],
        [512, 1026],
        [262_144, 525_312],
      ],
    },
    {
      name: "range calls",
      points: [
        [1, 2],
        [262_144, 1024],
      ],
    },
  ],
};

const BARS: PlotOptions = {
  title: "Calls by command",
  kind: "bar",
  x: { label: "command" },
  y: { label: "calls" },
  series: [
    {
      name: "before",
      points: [
        ["DELEGATE", 512],
        ["RTT_CREATE", 2],
      ],
    },
    { name: "after", points: [["DELEGATE", 1]] },
  ],
};

/** A line with one point each. */
function single(points: readonly (readonly [number, number])[]): PlotOptions {
  return { title: "t", x: { label: "x" }, y: { label: "y" }, series: [{ name: "s", points }] };
}

describe("a plot", () => {
  it("tells the same numbers in a table: a row for each place, a column for each series", () => {
    expect(showPlot(CALLS).text).toMatchInlineSnapshot(`
      "Firmware calls to map a range
      line chart; across: pages; up: firmware calls; logarithmic: x and y
      pages    page by page  range calls
      -------  ------------  -----------
      1        5             2
      512      1 026         -
      262 144  525 312       1 024"
    `);
    expect(showPlot(BARS).text).toMatchInlineSnapshot(`
      "Calls by command
      bar chart; across: command; up: calls
      command     before  after
      ----------  ------  -----
      DELEGATE    512     1
      RTT_CREATE  2       -"
    `);
  });

  it.each([CALLS, BARS])("is a good picture: $title", (options) => {
    expectGoodPicture(showPlot(options));
    expect(showPlot(options)).toEqual(showPlot(options));
  });

  it("draws as it was last looked at", () => {
    expect(showPlot(CALLS).svg).toMatchSnapshot();
    expect(showPlot(BARS).svg).toMatchSnapshot();
  });

  it("draws every bar as high as its number", () => {
    const bars = parseSvg(showPlot(BARS).svg).filter(({ attributes }) => Number(attributes["height"]) > 14);
    const heights = bars.map(({ attributes }) => Number(attributes["height"]));
    const [field = 0, largest = 0] = heights.slice(2);

    expect(field).toBe(300);
    expect(largest).toBe((512 / 600) * 300);
  });

  it("puts every point inside the field, whatever the numbers", () => {
    const positive = fc.double({ min: 0.001, max: 1e12, noNaN: true });
    const point = fc.tuple(positive, positive);
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), fc.boolean(), (points, log) => {
        const scale = log ? "log" : "linear";
        const options = single(points);
        const picture = showPlot({ ...options, x: { label: "x", scale }, y: { label: "y", scale } });

        expectGoodPicture(picture);
        for (const { name, attributes } of parseSvg(picture.svg)) {
          if (name !== "circle") continue;
          expect(Number(attributes["cx"])).toBeGreaterThanOrEqual(78);
          expect(Number(attributes["cx"])).toBeLessThanOrEqual(638);
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it.each([
    ["no series", { ...BARS, series: [] }, "0 series were given; 1 to 6 can be told apart"],
    ["a series without points", single([]), 'the series "s" has no points'],
    [
      "what is no number",
      single([[1, Number.NaN]]),
      '"s" has the value NaN at 1; it must be a finite number',
    ],
    [
      "0 on a logarithmic axis",
      { ...single([[1, 0]]), y: { label: "y", scale: "log" as const } },
      '"s" has the value 0 at 1; a logarithmic axis takes numbers above 0',
    ],
    [
      "a bar below 0",
      { ...single([[1, -1]]), kind: "bar" as const },
      '"s" has the value -1 at 1; a bar cannot be less than 0',
    ],
  ])("says what is wrong with %s", (_, options, sentence) => {
    expect(() => showPlot(options)).toThrow(`showPlot: ${sentence}`);
  });
});

describe("the looks of series", () => {
  it("can be told apart without colour", () => {
    expect(new Set(SERIES.map(({ shape }) => shape)).size).toBe(SERIES.length);
    expect(new Set(SERIES.map(({ dashes }) => dashes)).size).toBe(SERIES.length);
  });

  it.each(SERIES)("stand out on the light and on the dark card: $stroke", ({ stroke }) => {
    expect(contrast(stroke, PAPER)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(DARK[stroke] as string, DARK[PAPER] as string)).toBeGreaterThanOrEqual(4.5);
  });
});

describe("a scale", () => {
  it.each([
    ["linear", [0, 512], [0, 100, 200, 300, 400, 500, 600]],
    ["linear", [3, 3], [0, 0.5, 1, 1.5, 2, 2.5, 3]],
    ["linear", [0], [0, 0.2, 0.4, 0.6, 0.8, 1]],
    ["log", [1, 1000], [1, 10, 100, 1000]],
    ["log", [7], [1, 10]],
  ] as const)("of %s kind for %j has the marks %j", (kind, values, marks) => {
    const { ticks } = scaleOf(kind, values, 6);

    expect(ticks.map((tick) => Number(tick.toPrecision(6)))).toEqual(marks);
  });

  it.each([
    [0, "0", "0"],
    [0.5, "0.5", "0.5"],
    [1500, "1.5k", "1 500"],
    [268_435_456, "268M", "268 435 456"],
    [1e15, "1P", "1 000 000 000 000 000"],
    [1 / 3, "0.333", "0.333333"],
  ])("writes %d as %s on an axis and as %s in a table", (value, short, long) => {
    expect(shortNumber(value)).toBe(short);
    expect(longNumber(value)).toBe(long);
  });
});
