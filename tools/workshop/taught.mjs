// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { EXERCISES, PREDICTIONS } from "../../lib/dist/course/catalogue.js";
import { knownMistakes } from "../course/run-cell.mjs";
import { headingsOf, sourceOf } from "../lint/cells.mjs";
import { readNotebooks } from "../reference/notebooks.mjs";
import { minutesIn, notebookPage } from "./notebook-page.mjs";

/**
 * The teaching pages of all notebooks that are there, by the number of the notebook.
 *
 * @returns {Map<string, string>}
 */
export function teachingPages() {
  /** @type {Record<string, import("./notebook-page.mjs").Teaching>} */
  const written = JSON.parse(readFileSync(new URL("../../docs/data/workshop.json", import.meta.url), "utf8"));
  return new Map(
    readNotebooks().map(({ name, cells }) => {
      const number = name.slice(0, 2);
      const [opening] = cells;
      const teaching = written[number];
      if (teaching === undefined)
        throw new Error(`docs/data/workshop.json says nothing on notebook ${number}`);
      if (opening === undefined) throw new Error(`${name} has no cell`);
      const here = (/** @type {{ readonly id: string }} */ { id }) => id.startsWith(`${number}-`);
      const page = notebookPage(
        {
          name,
          title: headingsOf(opening)[0]?.title ?? name,
          minutes: minutesIn(sourceOf(opening)),
          exercises: EXERCISES.filter(here).map((one) => ({ ...one, mistakes: knownMistakes(one) })),
          predictions: PREDICTIONS.filter(here),
        },
        teaching,
      );
      return [number, page];
    }),
  );
}
