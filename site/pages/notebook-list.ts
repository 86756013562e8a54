// SPDX-License-Identifier: MIT
import { cellsOf, idsTagged } from "../build/notebook-pages.ts";
import type { Repository } from "../build/repository.ts";

const FIRST = "notebooks/00-one-ioctl.ipynb";

/** What the learning path tells of a notebook. */
export interface NotebookEntry {
  /** From the repository's root. */
  readonly file: string;
  /** As in `07`. */
  readonly number: string;
  /** Title without the number. */
  readonly name: string;
  /** The question that it answers, as Markdown. */
  readonly question: string;
  readonly minutes: number;
  /** Files of notebooks that it builds on. */
  readonly after: readonly string[];
  readonly exercises: readonly string[];
  readonly predictions: readonly string[];
}

/** The notebooks of the course, each as its first cell and its tags tell. */
export function notebookList(repository: Repository): NotebookEntry[] {
  return repository.list("notebooks", ".ipynb").map((file) => {
    const cells = cellsOf(repository, file);
    const opening = cells.find(({ kind }) => kind === "markdown")?.source ?? "";
    const [, number = "", name = file] = /^# (\d+) (.*)$/m.exec(opening) ?? [];
    return {
      file,
      number,
      name,
      question: questionIn(opening),
      minutes: Number(/\*\*Time:?\*\*:?\s*(?:about )?(\d+)/.exec(opening)?.[1] ?? 45),
      after: earlierIn(opening, file),
      exercises: idsTagged(cells, "exercise:"),
      predictions: idsTagged(cells, "predict:"),
    };
  });
}

/** The notebooks that the opening names and that come before; all but the first build on the first. */
function earlierIn(opening: string, file: string): string[] {
  const named = [...opening.matchAll(/\(([\w-]+\.ipynb)\)/g)].map(([, name]) => `notebooks/${name}`);
  const earlier = [...new Set(named)].filter((one) => one < file);
  return earlier.length > 0 || /\/00/.test(file) ? earlier : [FIRST];
}

/** The question that opens a notebook: the sentences in bold type, else the last one of the first paragraph that asks. */
function questionIn(opening: string): string {
  const beforeList = opening.split(/\*\*Afterwards|After this notebook/)[0] ?? "";
  const bold = [...beforeList.matchAll(/\*\*([^*]+\?)\*\*/g)].map(([, text]) => text ?? "");
  if (bold.length > 0) return bold.join(" ");
  const text = beforeList
    .replace(/^# .*$/m, "")
    .replace(/```[\s\S]*?```/g, "")
    .replace(/\s+/g, " ");
  const question = (/[^.?!:]+\?/g.exec(text)?.[0] ?? "").trim();
  return question.charAt(0).toUpperCase() + question.slice(1);
}
