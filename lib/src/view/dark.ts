// SPDX-License-Identifier: MIT

/**
 * What each colour of the pictures becomes on a dark page. Pictures are written in the left column; the right one
 * takes its place through a style sheet, so that a program that knows no style sheets shows the light picture.
 */
export const DARK: Readonly<Record<string, string>> = {
  // Ink, small print, card, lines.
  "#1f2328": "#e6edf3",
  "#57606a": "#a7b1bc",
  "#ffffff": "#0d1117",
  "#d0d7de": "#3a424c",
  "#8c959f": "#7d8792",
  // Heads, slots, private, shared, refused.
  "#eef1f4": "#21262d",
  "#e3ecf7": "#1b2c42",
  "#bfe6c8": "#12432a",
  "#fdeeb5": "#4a3b06",
  "#ffdcd7": "#5c1f1b",
  // Curves of a plot.
  "#0b5cad": "#6cb2ff",
  "#b34700": "#ff9e57",
  "#1a7f37": "#56d364",
  "#7a3fb8": "#c9a2f7",
  "#a0195b": "#ff8ab8",
  "#4a545e": "#c3ccd5",
  // Uses of pages.
  "#dde3ea": "#2d333b",
  "#c9ced6": "#3d444d",
  "#ffd6a5": "#5a3a0c",
  "#e6d5fb": "#3f2a63",
  "#fbd3df": "#5a2338",
  "#f3dcf3": "#482a48",
  "#cbe1ff": "#173a66",
  "#c9ecec": "#0f4347",
  "#def4f4": "#1d3537",
  "#bfe3e0": "#0e4a44",
  "#d9efee": "#21403d",
};

/** Class of every picture, by which a page finds them. */
export const PICTURE_CLASS = "tsm-picture";

/** Rules for each colour that `drawing` uses, or for all of them without it. */
function rulesFor(scope: string, drawing?: string): string {
  return Object.entries(DARK)
    .flatMap(([light, dark]) =>
      ["fill", "stroke"]
        .filter((part) => drawing?.includes(`${part}="${light}"`) ?? true)
        .map((part) => `${scope}.${PICTURE_CLASS} [${part}="${light}"]{${part}:${dark}}`),
    )
    .join("");
}

/**
 * Rules that turn every picture of a page dark, for a page with a switch of its own.
 *
 * @param scope a selector in front of each rule, such as `[data-theme="dark"] `
 */
export function darkRules(scope: string): string {
  return rulesFor(scope);
}

/** The style sheet that a picture carries: dark where the reader's system is. Only the colours of `drawing`. */
export function darkStyle(drawing: string): string {
  return `@media (prefers-color-scheme:dark){${rulesFor("", drawing)}}`;
}
