// SPDX-License-Identifier: MIT
import * as library from "../../lib/src/index.ts";
import type { Repository } from "../build/repository.ts";
import { SourceError } from "../build/source-error.ts";
import type { Notebook, Output } from "../ipynb/index.ts";
import { collect } from "../runtime/collect.ts";
import { Session } from "../runtime/session.ts";

const FILE = "site/pages/story.cell.ts";

/**
 * The story of the front page as a notebook of one cell, with what it prints: it is run when the site is built.
 *
 * @throws SourceError when the cell fails
 */
export async function recordedStory(repository: Repository): Promise<Notebook> {
  const source = repository
    .read(FILE)
    .replace(/^\/\/ SPDX.*\n/, "")
    .trim();
  const outputs: Output[] = [];
  const session = new Session({ load: async () => library });
  const failure = await session.execute(source, 1, (message) => collect(outputs, message, 1, new Map()));
  if (failure) throw new SourceError(failure.evalue, FILE, (failure.line ?? 0) + 1);
  const cell = { kind: "code", id: "story", tags: [], source, outputs, executionCount: 1 } as const;
  return { cells: [{ ...cell, fileLine: (line) => line + 1 }], language: "ts" };
}
