// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { typeFiles } from "../../site/build/type-files.ts";
import { parseNotebook } from "../../site/ipynb/index.ts";
import { CellTypes } from "../../site/runtime/cell-types.ts";

const root = path.resolve(import.meta.dirname, "../..");
const IMPORT = 'import { PAGE_SIZE, type Ipa, hex } from "tsm-map-sim";';

let types: CellTypes;
beforeAll(() => {
  types = new CellTypes(typeFiles(root));
});

const messages = (...cells: string[]): string[] => types.problems(cells).map(({ message }) => message);

describe("types of cells", () => {
  it("know what earlier cells declared", () => {
    expect(messages("const a = 1;", "const b: string = a;")).toEqual([
      "Type 'number' is not assignable to type 'string'. (TS2322)",
    ]);
  });

  it("let a cell declare a name again, and know the new type from then on", () => {
    expect(messages("const a = 1;", 'const a = "x";', "a.toFixed()")).toEqual([
      expect.stringMatching(/^Property 'toFixed' does not exist on type '"x"'/),
    ]);
    expect(messages("const a = 1;", 'const a = "x";', "a.toUpperCase()")).toEqual([]);
  });

  it("know the library", () => {
    expect(messages(IMPORT, "hex(PAGE_SIZE).length")).toEqual([]);
    expect(messages(IMPORT, 'hex("x", 1, 2, 3)')).not.toEqual([]);
    expect(messages('import { nowhere } from "tsm-map-sim";')).toEqual([
      expect.stringContaining("no exported member"),
    ]);
  });

  it("mark the place in the cell", () => {
    const cell = "const ok = 1;\nok.nope;";
    expect(types.problems([IMPORT, cell]).map(({ from, to }) => cell.slice(from, to))).toEqual(["nope"]);
  });

  it("say what a name is, with its documentation", () => {
    const hover = types.hover([IMPORT, "hex(PAGE_SIZE)"], 6);

    expect(hover?.signature).toContain("PAGE_SIZE");
    expect(hover?.documentation).not.toBe("");
  });

  it("complete the members of a value", () => {
    const labels = types.completions([IMPORT, "hex(1)."], 7).map(({ label }) => label);

    expect(labels).toContain("padStart");
  });
});

const folder = path.join(root, "notebooks");

describe("the page finds no type error in what the course ships", () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith(".ipynb")))("%s", (name) => {
    const cells = parseNotebook(readFileSync(path.join(folder, name), "utf8")).cells.flatMap((cell) =>
      cell.kind === "code" ? [cell] : [],
    );
    const found = cells.flatMap(({ id }, i) => {
      const failsByDesign = cells[i]?.outputs.some((one) => one.output_type === "error") ?? false;
      if (failsByDesign) return [];
      return types
        .problems(cells.slice(0, i + 1).map(({ source }) => source))
        .map(({ message }) => `${id}: ${message}`);
    });

    expect(found).toEqual([]);
  });
});
