// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { type CodeCellView, escapeHtml } from "../ipynb/index.ts";

const BADGES: Readonly<Record<string, string>> = {
  exercise: "Exercise",
  predict: "Prediction",
  "raises-exception": "Meant to fail",
};

/**
 * A code cell that the client's `<live-cell>` takes over. Without scripts it shows its code and what it printed when it
 * was recorded; the bar has its height already, so that nothing moves when the buttons come.
 */
export function liveCell({ cell, number, source, outputs }: CodeCellView): string {
  const tags = cell.tags.map((tag) => tag.split(":"));
  const badges = tags.flatMap(([kind = ""]) => {
    const badge = BADGES[kind];
    return badge === undefined ? [] : [`<span class="badge badge-${kind}">${badge}</span>`];
  });
  return `<live-cell data-id="${cell.id}" data-number="${number}" data-base="${baseHash(cell.source)}" role="group" aria-label="Cell ${number}, code">
<div class="cell-bar"><span class="cell-count" aria-hidden="true">[${cell.executionCount ?? " "}]</span>${badges.join("")}</div>
<div class="cell-source">${source}</div>
<div class="nb-outputs" role="group" aria-label="${escapeHtml(`Cell ${number}, output`)}">
${outputs}
</div>
</live-cell>`;
}

/** Names a text of a cell, so that a learner's change can tell whether the page has moved on since. */
function baseHash(source: string): string {
  return createHash("sha256").update(source).digest("hex").slice(0, 8);
}
