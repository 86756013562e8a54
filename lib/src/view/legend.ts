// SPDX-License-Identifier: MIT
import { Picture } from "./display.ts";
import { CHANGE_SIGNS, FILL_MEANINGS, LANES, SHAPES } from "./language.ts";
import { FILL, PAGE_LOOKS } from "./palette.ts";
import { arrow, BODY_TOP, box, card, hatch, INK, label, MARGIN, textWidth } from "./svg.ts";

/** A sign, drawn in a field of 34 x 18 pixels, and what it means. */
interface Sign {
  /** The sign in a text, where there is one. */
  readonly letter: string;
  readonly meaning: string;
  readonly draw: (x: number, y: number) => string;
}

const WIDTH = 34;
const HEIGHT = 18;
const ROW = 25;
const COLUMN = 440;

function filled(fill: string, letter = ""): Sign["draw"] {
  return (x, y) =>
    box(x, y, WIDTH, HEIGHT, { fill }) +
    (letter === "" ? "" : label(x + WIDTH / 2, y + 13, letter, { anchor: "middle" }));
}

const SHAPE_DRAWINGS: Readonly<Record<keyof typeof SHAPES, Sign["draw"]>> = {
  descriptor: (x, y) => box(x, y, WIDTH, HEIGHT, { rx: 9 }),
  file: (x, y) => box(x, y, WIDTH, HEIGHT),
  object: (x, y) => box(x, y, WIDTH, HEIGHT, { rx: 4 }),
  heavy: (x, y) => box(x + 1, y + 1, WIDTH - 2, HEIGHT - 2, { stroke: INK, "stroke-width": 2 }),
  hatched: (x, y) => box(x, y, WIDTH, HEIGHT) + hatch(x, y, WIDTH, HEIGHT),
  solid: (x, y) => arrow([x, y + HEIGHT / 2], [x + WIDTH, y + HEIGHT / 2]),
  dashed: (x, y) => arrow([x, y + HEIGHT / 2], [x + WIDTH, y + HEIGHT / 2], { dashed: true }),
};

const CHANGE_MEANINGS = {
  new: "bold, this sign: new since the moment before",
  changed: "bold, this sign: changed, with the value before and after",
  gone: "this sign: gone",
} as const;

function groups(): readonly (readonly [string, readonly Sign[]])[] {
  const keys = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];
  return [
    [
      "Pages of memory",
      Object.values(PAGE_LOOKS).map(({ letter, fill, meaning }) => ({
        letter,
        meaning,
        draw: filled(fill, letter),
      })),
    ],
    [
      "Shapes and lines",
      keys(SHAPES).map((name) => ({ letter: "", meaning: SHAPES[name], draw: SHAPE_DRAWINGS[name] })),
    ],
    [
      "Fills",
      keys(FILL_MEANINGS).map((name) => ({
        letter: "",
        meaning: FILL_MEANINGS[name],
        draw: filled(FILL[name]),
      })),
    ],
    [
      "Lanes of a sequence",
      keys(LANES).map((name) => ({
        letter: "",
        meaning: `${name}: ${LANES[name].meaning}`,
        draw: filled(LANES[name].fill),
      })),
    ],
    [
      "What changed",
      keys(CHANGE_MEANINGS).map((name) => ({
        letter: CHANGE_SIGNS[name],
        meaning: CHANGE_MEANINGS[name],
        draw: (x, y) => label(x + WIDTH / 2, y + 13, CHANGE_SIGNS[name], { bold: true, anchor: "middle" }),
      })),
    ],
  ];
}

/**
 * The signs that all pictures share: letters and fills of pages, shapes, lines, lanes, and marks of change.
 *
 * @example
 * ```ts
 * showLegend().text;
 * ```
 */
export function showLegend(): Picture {
  const title = "What the signs in the pictures mean";
  const all = groups();
  const text = [
    title,
    ...all.flatMap(([name, signs]) => [
      `${name}:`,
      ...signs.map(({ letter, meaning }) => `  ${letter === "" ? "" : `${letter}  `}${meaning}`),
    ]),
  ].join("\n");

  const parts: string[] = [];
  const ends = [BODY_TOP, BODY_TOP];
  all.forEach(([name, signs], i) => {
    // The long list of pages fills the left column, everything else the right one.
    const column = i === 0 || i === 4 ? 0 : 1;
    const x = MARGIN + column * COLUMN;
    let y = ends[column] as number;
    parts.push(label(x, y + 13, name, { bold: true, mono: false }));
    y += ROW;
    for (const { meaning, draw } of signs) {
      parts.push(draw(x, y), label(x + WIDTH + 12, y + 13, meaning, { mono: false }));
      y += ROW;
    }
    ends[column] = y + 10;
  });
  const longest = Math.max(
    ...all.slice(1, 4).flatMap(([, signs]) => signs.map(({ meaning }) => textWidth(meaning, 12, false))),
  );
  const width = MARGIN + COLUMN + WIDTH + 12 + longest + MARGIN;
  return new Picture(card(title, text, width, Math.max(...ends) + MARGIN - 10, parts.join("")), text);
}
