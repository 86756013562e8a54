// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { updateCopies } from "../../tools/work-copies.mjs";

const FIRST = "00-one.ipynb";

let folder: string;
let notebooks: string;
let work: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "copies "));
  notebooks = path.join(folder, "notebooks");
  work = path.join(folder, "work");
  mkdirSync(notebooks);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Ships a notebook of one cell, executed. */
function ship(name: string, source: string): void {
  const outputs = [{ output_type: "stream", name: "stdout", text: ["told too early\n"] }];
  const cell = { cell_type: "code", execution_count: 1, id: "a", metadata: {}, outputs, source: [source] };
  const notebook = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(path.join(notebooks, name), JSON.stringify(notebook, null, 1));
}

function copies(): string[] {
  return readdirSync(work).sort();
}

/** What the cell of a copy says. */
function sourceOf(name: string): string {
  return JSON.parse(readFileSync(path.join(work, name), "utf8")).cells[0].source.join("");
}

describe("the learner's copies", () => {
  it("are made of every notebook and nothing else, and the first in order is the one to begin with", () => {
    ship("01-two.ipynb", "2");
    ship(FIRST, "1");
    writeFileSync(path.join(notebooks, "notes.txt"), "");

    const { first, news } = updateCopies(notebooks, work);

    expect([first, news, copies()]).toEqual([FIRST, [], [".shipped.json", FIRST, "01-two.ipynb"]]);
  });

  it("give nothing away: no cell has run", () => {
    ship(FIRST, "1");

    updateCopies(notebooks, work);

    const [cell] = JSON.parse(readFileSync(path.join(work, FIRST), "utf8")).cells;
    expect(cell).toMatchObject({ outputs: [], execution_count: null, source: ["1"] });
  });

  it("are not written to again, whatever the learner did with them", () => {
    ship(FIRST, "1");
    updateCopies(notebooks, work);
    writeFileSync(path.join(work, FIRST), "the learner's own text");

    const { news } = updateCopies(notebooks, work);

    expect([news, readFileSync(path.join(work, FIRST), "utf8")]).toEqual([[], "the learner's own text"]);
  });

  it("stay when a notebook changes: the new version comes beside them, once, and the learner is told", () => {
    ship(FIRST, "old");
    updateCopies(notebooks, work);
    ship(FIRST, "new");

    const { first, news } = updateCopies(notebooks, work);
    const again = updateCopies(notebooks, work);

    expect(news).toEqual([
      '00-one.ipynb has changed since your copy was made: the new version is beside it as "00-one (new 2).ipynb", and your copy is as you left it.',
    ]);
    expect(again.news).toEqual([]);
    expect([first, sourceOf(FIRST), sourceOf("00-one (new 2).ipynb")]).toEqual([FIRST, "old", "new"]);
  });

  it("are numbered on when a notebook changes again", () => {
    for (const source of ["first", "second", "third"]) {
      ship(FIRST, source);
      updateCopies(notebooks, work);
    }

    expect(copies()).toEqual([".shipped.json", "00-one (new 2).ipynb", "00-one (new 3).ipynb", FIRST]);
    expect(sourceOf("00-one (new 3).ipynb")).toBe("third");
  });

  it("do not take a name that the learner has given to a file", () => {
    ship(FIRST, "old");
    updateCopies(notebooks, work);
    writeFileSync(path.join(work, "00-one (new 2).ipynb"), "the learner's");
    ship(FIRST, "new");

    updateCopies(notebooks, work);

    expect(readFileSync(path.join(work, "00-one (new 2).ipynb"), "utf8")).toBe("the learner's");
    expect(sourceOf("00-one (new 3).ipynb")).toBe("new");
  });

  it("are made afresh when the learner deletes them", () => {
    ship(FIRST, "1");
    updateCopies(notebooks, work);
    rmSync(path.join(work, FIRST));

    updateCopies(notebooks, work);

    expect(sourceOf(FIRST)).toBe("1");
  });

  it.each([
    ["lost", undefined],
    ["spoiled", "{"],
    ["not what it should be", "null"],
  ])("are still the learner's when the record of what was shipped is %s", (_, record) => {
    ship(FIRST, "1");
    updateCopies(notebooks, work);
    writeFileSync(path.join(work, FIRST), "the learner's own text");
    if (record === undefined) rmSync(path.join(work, ".shipped.json"));
    else writeFileSync(path.join(work, ".shipped.json"), record);

    updateCopies(notebooks, work);

    expect(readFileSync(path.join(work, FIRST), "utf8")).toBe("the learner's own text");
    expect(copies()).toContain("00-one (new 2).ipynb");
  });

  it("are none when there are no notebooks", () => {
    expect(updateCopies(path.join(folder, "nowhere"), work)).toEqual({ first: undefined, news: [] });
  });
});
