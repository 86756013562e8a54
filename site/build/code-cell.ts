// SPDX-License-Identifier: MIT
import type { CodeCellView } from "../ipynb/index.ts";

const BADGES: Readonly<Record<string, string>> = {
  exercise: "Exercise",
  predict: "Prediction",
  "raises-exception": "Meant to fail",
};

/**
 * A code cell that the client's `<live-cell>` takes over. Without scripts it shows its code and what it printed when it
 * was recorded; the bar has its height already, so that nothing moves when the buttons come.
 */
export function liveCell({ cell, source, outputs }: CodeCellView): string {
  const tags = cell.tags.map((tag) => tag.split(":"));
  const badges = tags.flatMap(([kind = ""]) => {
    const badge = BADGES[kind];
    return badge === undefined ? [] : [`<span class="badge badge-${kind}">${badge}</span>`];
  });
  return `<live-cell>
<div class="cell-bar"><span class="cell-count">[${cell.executionCount ?? " "}]</span>${badges.join("")}</div>
<div class="cell-source">${source}</div>
<div class="nb-outputs">${outputs}</div>
${exerciseBar(tags)}</live-cell>`;
}

/** The room for check, hints and solution, which come with the scripts. */
function exerciseBar(tags: readonly (readonly string[])[]): string {
  const [, id] = tags.find(([kind]) => kind === "exercise") ?? [];
  return id === undefined ? "" : `<div class="exercise-bar" data-exercise="${id}"></div>\n`;
}
