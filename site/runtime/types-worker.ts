// SPDX-License-Identifier: MIT
import { CellTypes } from "./cell-types.ts";

/** What an editor asks about the last of some cells. */
export interface TypesRequest {
  readonly id: number;
  readonly ask: "problems" | "hover" | "completions";
  readonly cells: readonly string[];
  readonly offset: number;
}

/** The worker that knows types: it is started by the first edit, and takes the declarations from the site. */
const types = fetch(new URL(/* @vite-ignore */ "../type-files.json", import.meta.url))
  .then((response) => response.json() as Promise<Record<string, string>>)
  .then((files) => new CellTypes(files));

addEventListener("message", async ({ data: { id, ask, cells, offset } }: MessageEvent<TypesRequest>) => {
  try {
    const checker = await types;
    const answer = ask === "problems" ? checker.problems(cells) : checker[ask](cells, offset);
    postMessage({ id, answer });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
