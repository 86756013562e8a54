// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";
import { type Cell, type Course, lintNotebook, type Notebook, RULES } from "../../tools/lint/rules.mjs";
import { readNotebooks } from "../../tools/reference/notebooks.mjs";

const folder = new URL("../../notebooks/", import.meta.url);
const course: Course = {
  exercises: EXERCISES,
  predictions: PREDICTIONS,
  exists: (file) => existsSync(new URL(file, folder)),
};

it.each(readNotebooks().map((notebook) => [notebook.name, notebook] as const))(
  "notebook %s keeps every rule",
  (_, notebook) => {
    expect(lintNotebook(notebook, course)).toEqual([]);
  },
);

describe("the rules", () => {
  it("have a code each, and are listed in CONTRIBUTING.md", () => {
    const page = readFileSync(new URL("../../CONTRIBUTING.md", import.meta.url), "utf8");

    expect(new Set(RULES.map(({ code }) => code)).size).toBe(RULES.length);
    expect(RULES.filter(({ code, text }) => !page.includes(`| ${code} | ${text} |`))).toEqual([]);
  });
});

const text = (id: string, source: string): Cell => ({ id, cell_type: "markdown", source, metadata: {} });
const code = (id: string, source: string, tags: readonly string[] = []): Cell => ({
  id,
  cell_type: "code",
  source,
  metadata: { tags },
  outputs: [{ output_type: "execute_result" }],
});

const OPENING = "# 07 A loop\n\n**Afterwards you can** count.\n\n**Time:** 20 minutes. **Before:** nothing.";
const STARTERS = ["a", "b", "c"].map((letter) => ({
  id: `07-${letter}`,
  starter: `check("07-${letter}", "?");`,
  solution: { code: `check("07-${letter}", 1);` },
  wrongAnswers: [{ code: `check("07-${letter}", 2);` }],
}));
const SMALL_COURSE: Course = {
  exercises: [...STARTERS, { ...STARTERS[0]!, id: "08-a" }],
  predictions: ["07-p", "07-q", "07-r", "08-p"].map((id) => ({ id })),
  exists: (file) => file === "08-b.ipynb",
};

/** A small notebook that keeps every rule. */
const GOOD: readonly Cell[] = [
  text("title", OPENING),
  text("imports-intro", "All names:"),
  code("imports", 'import { boot, check, hint, predict, reveal } from "tsm-map-sim";'),
  text("host-intro", "## A host\n\nSwitch it on. `hint()` helps."),
  code("host", "const host = boot();\nhost;"),
  ...["p", "q", "r"].flatMap((letter) => [
    text(`ask-${letter}`, "Guess:"),
    code(`predict-${letter}`, `predict("07-${letter}", "?");`, [`predict:07-${letter}`]),
    text(`run-${letter}`, "See:"),
    code(`reveal-${letter}`, `reveal("07-${letter}", 0);`),
  ]),
  ...STARTERS.flatMap(({ id, starter }) => [
    text(`intro-${id}`, "### Exercise"),
    code(`do-${id}`, starter, [`exercise:${id}`]),
  ]),
  text("recap", "## Recap\n\nThat was all."),
  text("next", "## Where to go next\n\n[The bytes](08-b.ipynb)."),
];

/** The good notebook with one cell replaced by others. */
function withCells(id: string, ...cells: readonly Cell[]): Notebook {
  const index = GOOD.findIndex((cell) => cell.id === id);
  if (index < 0) throw new Error(`no cell ${id}`);
  return { name: "07-a-loop", cells: [...GOOD.slice(0, index), ...cells, ...GOOD.slice(index + 1)] };
}

const hostCell = (source: string): Notebook =>
  withCells("host", code("host", `${source}\nconst host = boot();\nhost;`));
const recapCell = (source: string): Notebook => withCells("recap", text("recap", `## Recap\n\n${source}`));

/** For each rule, notebooks that break it, and where. */
const BAD: readonly (readonly [rule: string, what: string, notebook: Notebook, cell: string])[] = [
  ["N001", "a second title", recapCell("# 07 Again"), "recap"],
  [
    "N001",
    "a title without the number",
    withCells("title", text("title", OPENING.replace("07 ", ""))),
    "title",
  ],
  ["N001", "no title", withCells("title", text("title", OPENING.replace("# 07", "## 07"))), ""],
  [
    "N002",
    "a heading two levels down",
    withCells("host-intro", text("host-intro", "### A host")),
    "host-intro",
  ],
  [
    "N003",
    "no objectives",
    withCells("title", text("title", OPENING.replace("Afterwards", "Soon"))),
    "title",
  ],
  ["N003", "no time", withCells("title", text("title", OPENING.replace("20 minutes", "a while"))), "title"],
  [
    "N003",
    "nothing on what comes before",
    withCells("title", text("title", OPENING.replace("Before", "By"))),
    "title",
  ],
  ["N004", "no recap", withCells("recap", text("recap", "## Summary")), ""],
  ["N005", "no way on", withCells("next", text("next", "That was it.")), "next"],
  [
    "N005",
    "a way on under no heading",
    withCells("next", text("next", "On to [the bytes](08-b.ipynb).")),
    "next",
  ],
  ["N006", "a cell without an introduction", withCells("host-intro"), "host"],
  ["N007", "a link that says nothing", recapCell("See [here](08-b.ipynb)."), "recap"],
  ["N007", "a picture without a description", recapCell("![](08-b.ipynb)"), "recap"],
  ["N008", "a link that leads nowhere", recapCell("See [the tables](09-c.ipynb#walk)."), "recap"],
  ["N009", "an exclamation mark", recapCell("It works!"), "recap"],
  ["N009", "something obvious", recapCell("Obviously it works."), "recap"],
  ["N010", "an id in capitals", withCells("recap", text("Recap", "## Recap")), "Recap"],
  ["N010", "an id that is there twice", withCells("recap", text("next", "## Recap")), "next"],
  [
    "N011",
    "an error",
    withCells("host", {
      ...code("host", "const host = boot();\nhost;"),
      outputs: [{ output_type: "error" }],
    }),
    "host",
  ],
  ["N011", "no outputs", { name: "07-a-loop", cells: GOOD.map((cell) => ({ ...cell, outputs: [] })) }, ""],
  ["N101", "a cell of 13 lines", hostCell("// one line\n".repeat(11).trimEnd()), "host"],
  ["N102", "an import later", hostCell('import { hex } from "tsm-map-sim"; hex;'), "host"],
  [
    "N102",
    "an import from elsewhere",
    withCells("imports", code("imports", 'import { boot, check, hint, predict, reveal } from "node:fs";')),
    "imports",
  ],
  ["N103", "a name that is declared only", hostCell("const { length: spare } = [];"), "host"],
  [
    "N103",
    "a name that is imported only",
    withCells(
      "imports",
      code("imports", 'import { boot, check, hex, hint, predict, reveal } from "tsm-map-sim";'),
    ),
    "imports",
  ],
  ["N104", "a statement of TypeScript 5.2", hostCell("{ using lock = boot(); }"), "host"],
  ["N105", "a method of ES2023", hostCell("[3, 1].toSorted();"), "host"],
  ["N105", "a flag of ES2024", hostCell("/a/v.test('a');"), "host"],
  ["N106", "chance", hostCell("Math.random();"), "host"],
  ["N106", "time", hostCell("new Date();"), "host"],
  ["N107", "an answer that nobody sees", hostCell('reveal("07-p", 0);'), "host"],
  [
    "N201",
    "a tag of no kind",
    withCells("host", code("host", "const host = boot();\nhost;", ["slow"])),
    "host",
  ],
  [
    "N202",
    "an exercise that the catalogue does not have",
    withCells("host", code("host", 'const host = boot();\nhost;\ncheck("07-x", 1);', ["exercise:07-x"])),
    "host",
  ],
  ["N202", "an exercise that is missing", withCells("do-07-b", code("do-07-b", "check;")), ""],
  [
    "N203",
    "a tag on another exercise's cell",
    withCells("do-07-b", code("do-07-b", 'check("07-a", "?");', ["exercise:07-b"])),
    "do-07-b",
  ],
  ["N204", "two predictions", withCells("predict-p", code("predict-p", "predict;")), ""],
  [
    "N205",
    "a solved exercise",
    withCells("do-07-b", code("do-07-b", 'check("07-b", 1);', ["exercise:07-b"])),
    "do-07-b",
  ],
  [
    "N205",
    "a guess that was left in",
    withCells("predict-p", code("predict-p", 'predict("07-p", 7);', ["predict:07-p"])),
    "predict-p",
  ],
  ["N206", "a prediction without an answer", withCells("reveal-p", code("reveal-p", "reveal;")), "predict-p"],
];

describe("a notebook", () => {
  it("that keeps every rule has no findings", () => {
    expect(lintNotebook({ name: "07-a-loop", cells: GOOD }, SMALL_COURSE)).toEqual([]);
  });

  it.each(BAD)("breaks %s with %s", (rule, _, notebook, cell) => {
    const found = lintNotebook(notebook, SMALL_COURSE).map((finding) => [finding.code, finding.cell]);

    expect(found).toContainEqual([rule, cell]);
  });

  it.each(RULES.map(({ code }) => code))("is made that breaks %s", (rule) => {
    expect(BAD.map(([broken]) => broken)).toContain(rule);
  });
});
