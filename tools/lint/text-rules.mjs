// SPDX-License-Identifier: MIT
import { codeCells, headingsOf, linksOf, proseOf, sourceOf, textCells } from "./cells.mjs";

const TONE = /\b(simply|obviously|of course)\b|!/i;
const EMPTY_LABEL = /^\s*(here|this|link|click here|https?:\S*)?\s*$/i;

/** Rules on the text. @type {readonly import("./rules.mjs").Rule[]} */
export const textRules = [
  {
    code: "N001",
    text: "There is one heading of level 1: the number of the notebook and its title.",
    *check(notebook) {
      const titles = textCells(notebook).flatMap((cell) =>
        headingsOf(cell).flatMap(({ level, title }) => (level === 1 ? [{ cell: cell.id, title }] : [])),
      );
      const number = notebook.name.slice(0, 2);
      if (titles.length === 0) yield ["", "no heading of level 1"];
      for (const { cell } of titles.slice(1)) yield [cell, "a second heading of level 1"];
      const first = titles[0];
      if (first !== undefined && !first.title.startsWith(`${number} `))
        yield [first.cell, `the title does not begin with the number ${number}`];
    },
  },
  {
    code: "N002",
    text: "Headings go down one level at a time.",
    *check(notebook) {
      let before = 0;
      for (const cell of textCells(notebook)) {
        for (const { level, title } of headingsOf(cell)) {
          if (level > before + 1)
            yield [cell.id, `"${title}" is ${level - before} levels below the heading before it`];
          before = level;
        }
      }
    },
  },
  {
    code: "N003",
    text: "The opening says what one can do afterwards, how many minutes it takes, and what comes before.",
    *check(notebook) {
      const opening = textCells(notebook).slice(0, 2).map(proseOf).join("\n");
      const cell = notebook.cells[0]?.id ?? "";
      if (!/afterwards you can|after this notebook you can/i.test(opening)) yield [cell, "no objectives"];
      if (!/\d+ minutes/.test(opening)) yield [cell, "no number of minutes"];
      if (!/\bBefore:/.test(opening)) yield [cell, "nothing on what comes before"];
    },
  },
  {
    code: "N004",
    text: "There is a recap, under a heading of its own.",
    *check(notebook) {
      const titles = textCells(notebook).flatMap((cell) => headingsOf(cell).map(({ title }) => title));
      if (!titles.some((title) => /^recap\b/i.test(title))) yield ["", "no heading Recap"];
    },
  },
  {
    code: "N005",
    text: "The last text has the heading Where to go next, and links to another notebook.",
    *check(notebook) {
      const last = textCells(notebook).at(-1);
      const onward = last && linksOf(last).some(({ target }) => target.endsWith(".ipynb"));
      if (!onward) yield [last?.id ?? "", "no link to another notebook"];
      if (last && !sourceOf(last).startsWith("## Where to go next\n")) yield [last.id, "another heading"];
    },
  },
  {
    code: "N006",
    text: "A text stands before each cell of code.",
    *check({ cells }) {
      for (const [i, { id, cell_type }] of cells.entries())
        if (cell_type === "code" && cells[i - 1]?.cell_type !== "markdown") yield [id, "no text before it"];
    },
  },
  {
    code: "N007",
    text: "Links and pictures are described: the words say where a link leads, and what a picture shows.",
    *check(notebook) {
      for (const cell of textCells(notebook))
        for (const { isPicture, label, target } of linksOf(cell))
          if (EMPTY_LABEL.test(label))
            yield [cell.id, `the ${isPicture ? "picture" : "link to"} ${target} is not described`];
    },
  },
  {
    code: "N008",
    text: "Links lead to files that are there.",
    *check(notebook, { exists }) {
      for (const cell of textCells(notebook))
        for (const { target } of linksOf(cell)) {
          const file = target.replace(/#.*$/, "");
          if (file !== "" && !/^[a-z]+:/.test(file) && !exists(file)) yield [cell.id, `there is no ${file}`];
        }
    },
  },
  {
    code: "N009",
    text: "The tone is calm: no exclamation marks, and nothing is simply or obviously so.",
    *check(notebook) {
      for (const cell of textCells(notebook)) {
        const found = TONE.exec(proseOf(cell).replace(/!\[/g, "["));
        if (found) yield [cell.id, `"${found[0]}"`];
      }
    },
  },
  {
    code: "N010",
    text: "Cell ids are unique words in small letters with hyphens, for they are part of addresses.",
    *check({ cells }) {
      const seen = new Set();
      for (const { id } of cells) {
        if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) yield [id, "not in small letters with hyphens"];
        if (seen.has(id)) yield [id, "there are two of them"];
        seen.add(id);
      }
    },
  },
  {
    code: "N011",
    text: "The notebook was run: cells have outputs, and no error but where the cell is tagged raises-exception.",
    *check(notebook) {
      const code = codeCells(notebook);
      if (code.length > 0 && !code.some(({ outputs = [] }) => outputs.length > 0))
        yield ["", "no cell has an output"];
      for (const { id, outputs = [], metadata } of code)
        if (
          outputs.some(({ output_type }) => output_type === "error") &&
          !metadata.tags?.includes("raises-exception")
        )
          yield [id, "ended in an error"];
    },
  },
];
