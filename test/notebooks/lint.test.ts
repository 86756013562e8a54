// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";

interface Cell {
  readonly cell_type: "markdown" | "code";
  readonly id: string;
  readonly source: readonly string[];
  readonly metadata: { readonly tags?: readonly string[] };
  readonly outputs?: readonly { readonly output_type: string }[];
}

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, "notebooks");
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

function cellsOf(name: string): Cell[] {
  return (JSON.parse(readFileSync(path.join(folder, name), "utf8")) as { cells: Cell[] }).cells;
}

/** Markdown without what is code. */
function prose(cell: Cell): string {
  return cell.source
    .join("")
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`]*`/g, "");
}

describe.each(names)("notebook %s", (name) => {
  const cells = cellsOf(name);
  const code = cells.filter(({ cell_type }) => cell_type === "code");
  const text = cells.filter(({ cell_type }) => cell_type === "markdown");
  const tagged = (kind: string): string[] =>
    cells.flatMap(({ metadata }) => metadata.tags ?? []).filter((tag) => tag.startsWith(`${kind}:`));
  const number = name.slice(0, 2);

  it("has one title, and says how long it takes and what one can do afterwards", () => {
    const titles = text.flatMap((cell) => prose(cell).split("\n")).filter((line) => line.startsWith("# "));

    expect(titles).toHaveLength(1);
    expect(titles[0]).toMatch(new RegExp(`^# ${number} `));
    const opening = text.slice(0, 2).map(prose).join("\n");
    expect(opening).toMatch(/afterwards you can|after this notebook you can/i);
    expect(opening).toMatch(/minutes/);
  });

  it("introduces each code cell by a text cell, and keeps it to twelve lines", () => {
    cells.forEach((cell, i) => {
      if (cell.cell_type !== "code") return;
      expect(cells[i - 1]?.cell_type, `cell ${cell.id} has no introduction`).toBe("markdown");
      expect(cell.source.length, `cell ${cell.id}`).toBeLessThanOrEqual(12);
    });
  });

  it("imports in its first code cell, and from the library alone", () => {
    expect(code[0]?.source.join("")).toMatch(/^import [\s\S]*from "tsm-map-sim";\s*$/);
    const later = code.slice(1).filter(({ source }) => /^import\b|\brequire\(/m.test(source.join("")));
    expect(later.map(({ id }) => id)).toEqual([]);
  });

  it("asks for at least three predictions and three exercises, all of the catalogue", () => {
    const exercises = EXERCISES.map(({ id }) => `exercise:${id}`).filter((id) =>
      id.startsWith(`exercise:${number}`),
    );
    const predictions = PREDICTIONS.map(({ id }) => `predict:${id}`).filter((id) =>
      id.startsWith(`predict:${number}`),
    );

    expect(tagged("exercise").length).toBeGreaterThanOrEqual(3);
    expect(tagged("predict").length).toBeGreaterThanOrEqual(3);
    expect(tagged("exercise").sort()).toEqual(exercises.sort());
    expect(tagged("predict").sort()).toEqual(predictions.sort());
  });

  it("ships with each exercise as its starter", () => {
    for (const { id, starter } of EXERCISES.filter((one) => one.id.startsWith(number))) {
      const cell = cells.find(({ metadata }) => metadata.tags?.includes(`exercise:${id}`));
      expect(cell?.source.join("").trim(), id).toBe(starter.trim());
    }
  });

  it("was run without an error, from top to bottom", () => {
    const outputs = code.flatMap(({ id, outputs = [] }) =>
      outputs.map(({ output_type }) => ({ id, output_type })),
    );

    expect(outputs.length).toBeGreaterThan(10);
    const mayFail = new Set(
      code.filter(({ metadata }) => metadata.tags?.includes("raises-exception")).map(({ id }) => id),
    );
    expect(outputs.filter(({ id, output_type }) => output_type === "error" && !mayFail.has(id))).toEqual([]);
  });

  it("keeps its tone: no exclamation marks, nothing that is obvious or simply so", () => {
    for (const cell of text) {
      expect(prose(cell).replace(/!\[/g, "["), cell.id).not.toMatch(/!/);
      expect(prose(cell), cell.id).not.toMatch(/\b(simply|obviously|of course)\b/i);
    }
  });

  it("links to files that are there", () => {
    const links = text.flatMap((cell) =>
      [...cell.source.join("").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to]) => to ?? ""),
    );
    const local = links.filter((to) => !/^[a-z]+:/.test(to));

    expect(local.filter((to) => !existsSync(path.join(folder, to)))).toEqual([]);
  });
});
