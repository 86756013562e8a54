// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { EXERCISES } from "../../lib/dist/course/catalogue.js";
import { textOf } from "../../lib/dist/view/variant-diff.js";
import { answered, instructorEdition, learnerEdition } from "../../tools/editions/edition.mjs";
import { checksumOf } from "../../tools/editions/nbgrader.mjs";
import { verdictOn, withEmptiedTest } from "../../tools/editions/verdict.mjs";
import { parseNotebook, toText } from "../../tools/notebook-format.mjs";
import { COURSE } from "../notebooks/course.ts";

type Notebook = ReturnType<typeof parseNotebook>;
type Cell = Notebook["cells"][number];

const notebooks = COURSE.map((file) => parseNotebook(readFileSync(file, "utf8")));
const learner = notebooks.map((notebook) => learnerEdition(notebook, EXERCISES));
const instructor = notebooks.map((notebook) => instructorEdition(notebook, EXERCISES));
const inNotebooks = EXERCISES.filter(({ id }) => learnerText().includes(`check("${id}"`));

function learnerText(): string {
  return learner.flatMap(({ cells }) => cells.map(({ source }) => toText(source))).join("\n");
}

/** The learner's edition of the notebook with a number; nothing while there is none. */
function textOfNotebook(number: string): string {
  const at = COURSE.findIndex((file) => path.basename(file).startsWith(`${number}-`));
  return (learner[at]?.cells ?? []).map(({ source }) => toText(source)).join("\n");
}

function graderCells({ cells }: Notebook): Cell[] {
  return cells.filter(({ metadata }) => metadata["nbgrader"] !== undefined);
}

/** Lines of a solution that are neither in its starter nor too short to tell anything. */
function ownLines(code: string, starter: string): string[] {
  return code
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= 12 && !starter.includes(line));
}

/** What the notebooks themselves show before the exercise: the patch, and how such a call or a formula is written. */
const SHOWN_BEFORE = [
  ...textOf("rfc-v1")
    .split("\n")
    .map((line) => line.trim()),
  "flags: KVM_MEM_GUEST_MEMFD,",
  "memory_size: 4 * PAGE_SIZE,",
  "const levels = Math.max(2, Math.floor((ipaBits - 8) / 9));",
  'game.step("M");',
  'yield { kind: "read", object: "kvm->mmu_invalidate_seq" };',
  // Starters of one step of the capstone, which the next step's solution contains.
  ...EXERCISES.filter(({ id }) => id.startsWith("14-")).flatMap(({ starter }) =>
    starter.split("\n").map((line) => line.trim()),
  ),
];

describe("the learner's edition", () => {
  it("has no line of a solution in the notebook of its exercise, beyond what the notebook itself shows", () => {
    const leaks = EXERCISES.flatMap(({ id, solution, starter }) => {
      const text = textOfNotebook(id.slice(0, 2));
      return [...ownLines(solution.code, starter), solution.reasons]
        .filter((line) => text.includes(line) && !SHOWN_BEFORE.some((shown) => shown.includes(line)))
        .map((line) => `${id}: ${line}`);
    });

    expect(
      EXERCISES.filter(({ solution, starter }) => ownLines(solution.code, starter).length === 0),
    ).toEqual([]);
    expect(leaks).toEqual([]);
  });

  it("has no solution as a whole in any notebook, and no reasons", () => {
    const text = learnerText();

    const leaks = EXERCISES.filter(
      ({ solution, starter }) =>
        text.includes(solution.reasons) ||
        ownLines(solution.code, starter).every((line) => text.includes(line)),
    );

    expect(leaks.map(({ id }) => id)).toEqual([]);
  });

  it("has the starters, and no output at all", () => {
    const code = learner.flatMap(({ cells }) => cells).filter(({ cell_type }) => cell_type === "code");
    const text = learnerText();

    expect(
      code.filter(({ outputs, execution_count }) => outputs?.length !== 0 || execution_count !== null),
    ).toEqual([]);
    expect(inNotebooks.filter(({ starter }) => !text.includes(starter))).toEqual([]);
  });

  it("would be caught if it had the solutions", () => {
    const first = notebooks[0] as Notebook;
    const solved = answered(learnerEdition(first, EXERCISES), (id) => exerciseOf(id).solution.code);

    const text = solved.cells.map(({ source }) => toText(source)).join("\n");

    const found = EXERCISES.filter(({ id }) => id.startsWith("00-")).map(({ solution, starter }) =>
      ownLines(solution.code, starter).every((line) => text.includes(line)),
    );
    expect(found).toEqual([true, true, true]);
  });
});

describe("the instructor's edition", () => {
  it("has each exercise's solution with its reasons, its hints, and what each wrong answer is told", () => {
    const text = instructor.flatMap(({ cells }) => cells.map(({ source }) => toText(source))).join("\n");

    expect(inNotebooks.length).toBeGreaterThan(40);
    for (const { solution, hints, wrongAnswers } of inNotebooks) {
      expect(text).toContain(solution.code);
      expect(text).toContain(solution.reasons);
      for (const hint of hints) expect(text).toContain(hint.split("\n")[0]);
      expect(wrongAnswers.length).toBeGreaterThan(1);
    }
  });

  it("has the cells of the learner's edition in the same order, and notes besides", () => {
    for (const [n, notebook] of instructor.entries()) {
      const others = notebook.cells.filter(({ metadata }) => !metadata["tags"]?.includes("instructor"));

      expect(others.map(({ id }) => id)).toEqual(learner[n]?.cells.map(({ id }) => id));
      expect(notebook.cells.length).toBeGreaterThan(others.length);
    }
  });
});

describe.each([
  ["learner", learner],
  ["instructor", instructor],
] as const)("the %s edition, for nbgrader", (edition, all) => {
  it("has for each exercise a cell to answer in, and after it a locked one that is graded", () => {
    for (const notebook of all) {
      const cells = graderCells(notebook);
      const answers = cells.filter(({ metadata }) => metadata["nbgrader"].solution);

      expect(answers.length).toBeGreaterThanOrEqual(3);
      for (const answer of answers) {
        const test = notebook.cells[notebook.cells.indexOf(answer) + 1] as Cell;
        const id = String(answer.metadata["nbgrader"].grade_id).replace("answer-", "");
        expect(test.metadata["nbgrader"]).toMatchObject({
          schema_version: 3,
          grade: true,
          locked: true,
          solution: false,
          task: false,
          points: 1,
          grade_id: `test-${id}`,
        });
        expect(toText(test.source)).toContain(`mustPass("${id}");`);
      }
    }
  });

  it("gives each grade_id once in a notebook, in the characters that nbgrader takes", () => {
    for (const notebook of all) {
      const ids = graderCells(notebook).map(({ metadata }) => String(metadata["nbgrader"].grade_id));

      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => !/^[a-zA-Z0-9_-]+$/.test(id))).toEqual([]);
    }
  });

  it(edition === "learner" ? "has checksums and cell types" : "leaves checksums to nbgrader", () => {
    const metadata = all.flatMap(graderCells).map((cell) => cell.metadata["nbgrader"]);

    const withBoth = metadata.filter(
      ({ checksum, cell_type }) => checksum?.length === 32 && cell_type === "code",
    );

    expect(withBoth.length).toBe(edition === "learner" ? metadata.length : 0);
  });
});

describe("a checksum", () => {
  it("is the one that nbgrader 0.9.6 computed for the same cells", () => {
    const cell = {
      schema_version: 3,
      task: false,
      grade_id: "test-00-three-pages",
      grade: true,
      solution: false,
      locked: true,
      points: 1,
    } as const;
    const source = 'import { mustPass } from "tsm-map-sim";\nmustPass("00-three-pages");';

    expect(checksumOf(cell, source)).toBe("3a2afcabd385579fbeee37eaa9c159f7");
    expect(
      checksumOf(
        { schema_version: 3, task: false, grade_id: "answer-é", grade: false, solution: true, locked: false },
        'const text = "é";',
      ),
    ).toBe("0a50e006f3423d9c5af6d6735adf1f88");
  });
});

describe("the verdict on nbgrader's findings", () => {
  const report = { graded: 3, failed: ["test-a", "test-b", "test-c"], changed: [] };

  it.each([
    ["unsolved", report, true],
    ["unsolved", { ...report, failed: ["test-a"] }, false],
    ["unsolved", { graded: 0, failed: [], changed: [] }, false],
    ["solved", { ...report, failed: [] }, true],
    ["solved", { ...report, failed: ["test-a"] }, false],
    ["solved", { ...report, failed: [], changed: ["mustPass"] }, false],
    ["emptied", { ...report, failed: [], changed: ["// nothing"] }, true],
    ["emptied", { ...report, failed: [] }, false],
  ] as const)("on a copy that is %s: %j is as it should be: %s", (kind, found, good) => {
    expect(verdictOn(kind, "a notebook", found).good).toBe(good);
  });

  it("is asked about a copy in which only the first test is another one", () => {
    const [first] = learner as [Notebook, ...Notebook[]];

    const emptied = withEmptiedTest(first);

    const changed = emptied.cells.filter((cell, n) => cell !== first.cells[n]);
    expect(changed.map(({ id }) => id)).toEqual(["test-00-three-pages"]);
  });
});

function exerciseOf(id: string): (typeof EXERCISES)[number] {
  const found = EXERCISES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no exercise ${id}`);
  return found;
}
