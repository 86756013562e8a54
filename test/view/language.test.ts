// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { DARK, darkRules, darkStyle } from "../../lib/src/view/dark.ts";
import { ACTOR_FILLS, CHANGE_SIGNS, FILL_MEANINGS, LANES, SHAPES } from "../../lib/src/view/language.ts";
import { showLegend } from "../../lib/src/view/legend.ts";
import { FILL, PAGE_LOOKS } from "../../lib/src/view/palette.ts";
import { INK, LINE, MUTED, PAPER } from "../../lib/src/view/svg.ts";
import { contrast, expectGoodPicture } from "./svg-checks.ts";

const fills = [
  ...Object.values(PAGE_LOOKS).map(({ fill }) => fill),
  ...Object.values(FILL),
  ...Object.values(ACTOR_FILLS),
];

function dark(light: string): string {
  return DARK[light] as string;
}

describe("the dark colours", () => {
  it.each([...new Set(fills)])("keep text readable on what was %s", (fill) => {
    expect(contrast(dark(INK), dark(fill))).toBeGreaterThanOrEqual(4.5);
  });

  it("keep small print and borders visible on the card", () => {
    expect(contrast(dark(MUTED), dark(PAPER))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark(MUTED), dark(FILL.head))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark(LINE), dark(PAPER))).toBeGreaterThanOrEqual(3);
  });

  it("are as many as the light ones: two things that differ by day differ by night", () => {
    expect(new Set(Object.values(DARK)).size).toBe(Object.keys(DARK).length);
  });

  it("touch nothing of a page but its pictures", () => {
    const rules = darkRules('[data-theme="dark"] ').split("}").slice(0, -1);

    expect(rules).toHaveLength(2 * Object.keys(DARK).length);
    for (const rule of rules) expect(rule).toMatch(/^\[data-theme="dark"\] \.tsm-picture \[(fill|stroke)="#/);
  });

  it("are written into a picture for the colours that it uses, and no others", () => {
    expect(darkStyle('<rect fill="#ffffff"/>')).toBe(
      '@media (prefers-color-scheme:dark){.tsm-picture [fill="#ffffff"]{fill:#0d1117}}',
    );
  });
});

describe("the legend", () => {
  it("is a good picture", () => {
    expectGoodPicture(showLegend());
  });

  it("says what every letter, shape, fill, lane and mark stands for", () => {
    const { text } = showLegend();
    const signs = [
      ...Object.values(PAGE_LOOKS).map(({ letter, meaning }) => `${letter}  ${meaning}`),
      ...Object.values(SHAPES),
      ...Object.values(FILL_MEANINGS),
      ...Object.entries(LANES).map(([name, { meaning }]) => `${name}: ${meaning}`),
      `${CHANGE_SIGNS.new}  bold`,
      `${CHANGE_SIGNS.changed}  bold`,
      `${CHANGE_SIGNS.gone}  this sign`,
    ];

    for (const sign of signs) expect(text).toContain(`  ${sign}`);
  });
});
