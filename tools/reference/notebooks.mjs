// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../notebooks/", import.meta.url);

/**
 * The notebooks of the course in their order, by name without `.ipynb`.
 *
 * @returns {{ name: string, cells: { id: string, cell_type: "markdown" | "code", source: string[], metadata: { tags?: string[] } }[] }[]}
 */
export function readNotebooks() {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => ({
      name: name.slice(0, -".ipynb".length),
      cells: JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")).cells,
    }));
}
