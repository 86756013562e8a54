// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Exercise } from "../../lib/dist/course/exercise.js";
import { feedbackOn } from "../../tools/course/run-cell.mjs";
import { exerciseReport, lacking } from "../../tools/exercises/report.mjs";
import { cellsFor, exerciseSource, inCatalogue, nameOf } from "../../tools/new-exercise/scaffold.mjs";

const ROOT = path.resolve(import.meta.dirname, "../..");
const catalogue = readFileSync(path.join(ROOT, "lib/src/course/catalogue.ts"), "utf8");

function name(number: string, words: string): Parameters<typeof exerciseSource>[0] {
  const found = nameOf(number, words);
  if (found.problem !== undefined) throw new Error(found.problem);
  return found;
}

let folder: string;
beforeAll(() => {
  mkdirSync(path.join(ROOT, ".cache"), { recursive: true });
  folder = mkdtempSync(path.join(ROOT, ".cache", "new exercise "));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The exercise in a source, as a library that has it would have it. */
async function loaded(source: string, constant: string): Promise<Exercise> {
  const exerciseModule = pathToFileURL(path.join(ROOT, "lib/dist/course/exercise.js")).href;
  const file = path.join(folder, `${constant}.ts`);
  writeFileSync(file, source.replace("../exercise.ts", exerciseModule));
  return ((await import(file)) as Record<string, Exercise>)[constant] as Exercise;
}

describe("what npm run new:exercise writes", () => {
  it("compiles, and lacks what the report then names", async () => {
    const fresh = await loaded(exerciseSource(name("07", "which-page")), "whichPage");

    expect(fresh.id).toBe("07-which-page");
    expect(lacking(fresh, feedbackOn)).toEqual([
      "texts to be written (title, task, hint 1, hint 2, hint 3, reasons)",
      "a solution that is not accepted",
      "wrong answers that are told something else (second-mistake)",
    ]);
    expect(exerciseReport([fresh], []).complete).toBe(false);
  });

  it("lacks nothing once its gaps are filled and each wrong answer is told something of its own", async () => {
    const filled = exerciseSource(name("07", "last-page"))
      .replaceAll("(to be written) ", "Something of twenty characters: ")
      .replace('    id: "first-mistake",', '    id: answer === 1 ? "first-mistake" : "second-mistake",')
      .replace("  return {\n", "  if (answer === 3) return undefined;\n  return {\n");

    const told = filled
      .replace('message: "', "message: `Of $" + "{answer}: ")
      .replace('sentence or two.",', "sentence or two.`,");

    expect(lacking(await loaded(filled, "lastPage"), feedbackOn)).toEqual([
      "wrong answers that are told the same (first-mistake, second-mistake)",
    ]);
    expect(lacking(await loaded(told.replaceAll("last", "other"), "otherPage"), feedbackOn)).toEqual([]);
  });

  it("has the exercise entered in the catalogue, after the others of its notebook", () => {
    const entered = inCatalogue(catalogue, name("07", "which-page"));
    const added = entered.split("\n").filter((line) => !catalogue.split("\n").includes(line));

    expect(added).toEqual(['import { whichPage } from "./exercises/07-which-page.ts";', "  whichPage,"]);
    expect(entered.indexOf("  whichPage,")).toBeGreaterThan(entered.indexOf("  repairLoop,"));
    expect(entered.indexOf("  whichPage,")).toBeLessThan(entered.indexOf("  takeApart,"));
    expect(entered.indexOf("07-which-page")).toBeLessThan(entered.indexOf("07-who-holds"));
  });

  it("never overwrites: an exercise or a name that is taken is refused", () => {
    expect(() => inCatalogue(catalogue, name("07", "who-holds"))).toThrow(
      "has an exercise 07-who-holds already",
    );
    expect(() => inCatalogue(catalogue, name("13", "who-holds"))).toThrow(
      "something else by the name whoHolds",
    );
  });

  it("gives cells for the notebook with the tag that the linter wants", () => {
    const cells = JSON.parse(cellsFor(name("07", "which-page"), "starter\nof two lines")) as {
      metadata: { tags?: string[] };
      source: string[];
    }[];

    expect(cells[1]?.metadata.tags).toEqual(["exercise:07-which-page"]);
    expect(cells[1]?.source).toEqual(["starter\n", "of two lines"]);
  });
});

describe("npm run new:exercise", () => {
  it.each([
    [["7", "which-page"], '"7" is no number of a notebook: two digits, for example 07.'],
    [
      ["07", "Which Page"],
      '"Which Page" is no name: words in small letters with hyphens, for example which-slot.',
    ],
    [["07", "who-holds"], "lib/src/course/exercises/07-who-holds.ts is there already; nothing was changed."],
    [["07", "which", "page"], "There are too many words."],
  ])("answers %j with one sentence, and writes nothing", (args, sentence) => {
    const command = path.join(ROOT, "tools/new-exercise.mjs");
    const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });

    expect([status, stderr.split("\n")[0]]).toEqual([1, sentence]);
    expect(readFileSync(path.join(ROOT, "lib/src/course/catalogue.ts"), "utf8")).toBe(catalogue);
  });
});
