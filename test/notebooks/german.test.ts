// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { parseNotebook, toText } from "../../tools/notebook-format.mjs";
import { ROOT } from "./course.ts";

const NAME = "00-one-ioctl.ipynb";
const GERMAN = path.join(ROOT, "notebooks/de", NAME);
const cellsOf = (file: string) => parseNotebook(readFileSync(file, "utf8")).cells;
const german = cellsOf(GERMAN);
const english = cellsOf(path.join(ROOT, "notebooks", NAME));
/** The cell that chooses the language, with the sentence before it, is all that the translation has besides. */
const shared = german.filter(({ id }) => id !== "language" && id !== "language-intro");

it("the German notebook 00 has the cells of the English one in their order, and one that chooses the language", () => {
  expect(shared.map(({ id, cell_type, metadata }) => [id, cell_type, metadata])).toEqual(
    english.map(({ id, cell_type, metadata }) => [id, cell_type, metadata]),
  );
  expect(toText(german.find(({ id }) => id === "language")?.source ?? "")).toContain('setLanguage("de");');
});

it("its code is the same, cell by cell, and its text is another", () => {
  for (const [n, cell] of shared.entries()) {
    const same = toText(cell.source) === toText(english[n]?.source ?? "");
    expect([cell.id, same]).toEqual([cell.id, cell.cell_type === "code"]);
  }
});

it("its outputs are the same, except where the course speaks", () => {
  const speaks = /\b(check|predict|progress|reveal|whatIs)\(/;
  for (const [n, cell] of shared.entries()) {
    if (cell.cell_type !== "code" || speaks.test(toText(cell.source))) continue;
    const data = (of: typeof cell | undefined) =>
      of?.outputs?.map((output) => output["data"] ?? output["text"]);
    expect([cell.id, data(cell)]).toEqual([cell.id, data(english[n])]);
  }
  const spoken = JSON.stringify(german.map(({ outputs }) => outputs));
  expect(spoken).toContain("Noch kein Tipp");
  expect(spoken).toContain("noch nicht: Exactly three pages");
});

it("it runs, and its outputs are the committed ones", () => {
  const command = path.join(ROOT, "tools/run-notebooks.mjs");

  const { status, stdout } = spawnSync(process.execPath, [command, "--check", GERMAN], { encoding: "utf8" });

  expect([status, stdout]).toEqual([0, expect.stringMatching(/1 of 1 notebooks are good/)]);
});
