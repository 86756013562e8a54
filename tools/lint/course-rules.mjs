// SPDX-License-Identifier: MIT
import { codeCells, sourceOf, tagged } from "./cells.mjs";

const LEAST = 3;
const KINDS = /^(exercise:|predict:|raises-exception$)/;
/** Which function a cell of a kind calls with its id. */
const CALLS = { exercise: "check", predict: "predict" };

/** Rules on exercises and predictions. @type {readonly import("./rules.mjs").Rule[]} */
export const courseRules = [
  {
    code: "N201",
    text: "Tags are exercise:<id>, predict:<id> or raises-exception.",
    *check({ cells }) {
      for (const { id, metadata } of cells)
        for (const tag of metadata.tags ?? []) if (!KINDS.test(tag)) yield [id, `the tag ${tag}`];
    },
  },
  {
    code: "N202",
    text: "Every exercise and prediction of the catalogue that has the notebook's number is there once, and no other is.",
    *check(notebook, { exercises, predictions }) {
      const number = notebook.name.slice(0, 2);
      for (const [kind, catalogue] of /** @type {const} */ ([
        ["exercise", exercises],
        ["predict", predictions],
      ])) {
        const known = catalogue.map(({ id }) => id).filter((id) => id.startsWith(`${number}-`));
        const seen = new Set();
        for (const cell of codeCells(notebook))
          for (const id of tagged(cell, kind)) {
            if (!known.includes(id)) yield [cell.id, `there is no ${kind}:${id} in the catalogue`];
            if (seen.has(id)) yield [cell.id, `${kind}:${id} is there twice`];
            seen.add(id);
          }
        for (const id of known) if (!seen.has(id)) yield ["", `${kind}:${id} has no cell`];
      }
    },
  },
  {
    code: "N203",
    text: "A cell that is tagged with an id calls check or predict with that id.",
    *check(notebook) {
      for (const cell of codeCells(notebook))
        for (const kind of /** @type {const} */ (["exercise", "predict"]))
          for (const id of tagged(cell, kind))
            if (!sourceOf(cell).includes(`${CALLS[kind]}("${id}"`))
              yield [cell.id, `no ${CALLS[kind]}("${id}", ...)`];
    },
  },
  {
    code: "N204",
    text: `There are at least ${LEAST} exercises and ${LEAST} predictions.`,
    *check(notebook) {
      for (const kind of /** @type {const} */ (["exercise", "predict"])) {
        const count = codeCells(notebook).flatMap((cell) => tagged(cell, kind)).length;
        if (count < LEAST) yield ["", `${count} of kind ${kind}`];
      }
    },
  },
  {
    code: "N205",
    text: "The cell of an exercise is its starter, and that of a prediction asks with a question mark.",
    *check(notebook, { exercises }) {
      for (const cell of codeCells(notebook)) {
        for (const id of tagged(cell, "exercise")) {
          const starter = exercises.find((one) => one.id === id)?.starter;
          if (starter !== undefined && sourceOf(cell).trim() !== starter.trim())
            yield [cell.id, "not the starter"];
        }
        for (const id of tagged(cell, "predict"))
          if (!sourceOf(cell).includes(`predict("${id}", "?")`)) yield [cell.id, "a guess is filled in"];
      }
    },
  },
  {
    code: "N206",
    text: "Each prediction is revealed by a later cell.",
    *check(notebook) {
      const code = codeCells(notebook);
      for (const [i, cell] of code.entries())
        for (const id of tagged(cell, "predict"))
          if (!code.slice(i + 1).some((later) => sourceOf(later).includes(`reveal("${id}"`)))
            yield [cell.id, `no reveal("${id}", ...) after it`];
    },
  },
];
