// SPDX-License-Identifier: MIT
import { announce, button, element } from "./dom.ts";
import type { LiveCell } from "./live-cell.ts";
import type { NotebookPage } from "./notebook-page.ts";

const HINTS = 3;

/** Puts check, hints and solution below the cell of each exercise. The page keeps their room free. */
export function addExercises(article: HTMLElement, page: NotebookPage): void {
  for (const cell of page.cells) {
    const place = article.querySelector<HTMLElement>(`#cell-${CSS.escape(cell.id)} .exercise-bar`);
    const exercise = place?.dataset["exercise"];
    if (place && exercise !== undefined) addTo(place, exercise, cell, page);
  }
}

function addTo(bar: HTMLElement, exercise: string, cell: LiveCell, page: NotebookPage): void {
  const name = `exercise ${exercise}`;
  const help = element("div", { class: "exercise-help" });
  let opened = 0;
  let given = Promise.resolve();
  /** One after another, so that they stand in their order. */
  const show = (source: string): void => {
    given = given.then(async () => {
      const box = element("div", { class: "nb-outputs" });
      help.append(box);
      await page.ask(source, box);
      announce(box.textContent?.slice(0, 400) ?? "");
    });
  };
  const hint = button("Hint 1", `of ${HINTS}, ${name}`, () => {
    if (opened >= HINTS) return;
    opened++;
    show(`import { hint } from "tsm-map-sim"; hint("${exercise}", ${opened});`);
    const isLast = opened === HINTS;
    hint.firstChild?.replaceWith(isLast ? "All hints are open" : `Hint ${opened + 1}`);
    hint.setAttribute("aria-disabled", String(isLast));
  });
  bar.append(
    button("Check", name, () => void page.run(cell)),
    hint,
    button("Solution", name, () => show(`import { solution } from "tsm-map-sim"; solution("${exercise}");`)),
  );
  bar.after(help);
}
