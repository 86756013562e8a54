// SPDX-License-Identifier: MIT
/** What the rules ask of a notebook's cells. */

/** @typedef {import("./rules.mjs").Cell} Cell */
/** @typedef {import("./rules.mjs").Notebook} Notebook */

/** Lines and all. @param {Cell} cell */
export function sourceOf({ source }) {
  return [source].flat().join("");
}

/** @param {Notebook} notebook */
export function textCells({ cells }) {
  return cells.filter(({ cell_type }) => cell_type === "markdown");
}

/** @param {Notebook} notebook */
export function codeCells({ cells }) {
  return cells.filter(({ cell_type }) => cell_type === "code");
}

/** Text without blocks of code. @param {Cell} cell */
export function withoutBlocks(cell) {
  return sourceOf(cell).replace(/```[\s\S]*?```/g, "");
}

/** Text without any code. @param {Cell} cell */
export function proseOf(cell) {
  return withoutBlocks(cell).replace(/`[^`]*`/g, "");
}

/** Headings of a cell, with their levels. @param {Cell} cell */
export function headingsOf(cell) {
  return [...withoutBlocks(cell).matchAll(/^(#{1,6}) (.*)$/gm)].map(([, marks = "", title = ""]) => ({
    level: marks.length,
    title,
  }));
}

/** Links and pictures of a cell. @param {Cell} cell */
export function linksOf(cell) {
  return [...withoutBlocks(cell).matchAll(/(!?)\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g)].map(
    ([, mark, label = "", target = ""]) => ({ isPicture: mark === "!", label, target }),
  );
}

/** Tags of one kind, such as `exercise`, without the kind. @param {Cell} cell @param {string} kind */
export function tagged({ metadata }, kind) {
  return (metadata.tags ?? [])
    .filter((tag) => tag.startsWith(`${kind}:`))
    .map((tag) => tag.slice(kind.length + 1));
}
