// SPDX-License-Identifier: MIT
import { type Notebook, NotebookError, parseNotebook } from "../ipynb/index.ts";
import { firstSentence, titleIn } from "./headline.ts";
import type { Page } from "./page.ts";
import type { Repository } from "./repository.ts";
import { SourceError } from "./source-error.ts";

/** The languages that notebooks are there in, each with its folder and its own name. */
const LANGUAGES = {
  en: { folder: "notebooks", name: "English" },
  de: { folder: "notebooks/de", name: "Deutsch" },
} as const;
/** A language by its code in BCP 47. */
type Language = keyof typeof LANGUAGES;

/** The pages of the notebooks in one language. Those of a translation are reached from the pages that they translate. */
export function notebookPages(repository: Repository, language: Language): Page[] {
  return repository
    .list(LANGUAGES[language].folder, ".ipynb")
    .map((file) => pageOf(repository, file, language));
}

function pageOf(repository: Repository, file: string, language: Language): Page {
  const cells = cellsOf(repository, file);
  const opening = cells.find(({ kind }) => kind === "markdown")?.source ?? "";
  const isOriginal = language === "en";
  return {
    path: file.replace(/\.ipynb$/, ".html"),
    title: titleIn(opening) ?? file,
    description: firstSentence(opening),
    section: isOriginal ? "Course" : undefined,
    source: file,
    scripts: ["notebook"],
    render: (
      site,
    ) => `<article class="notebook" data-notebook="${file}"${isOriginal ? "" : ` lang="${language}"`}>
<div class="notebook-bar" lang="en"><p>The outputs below were recorded; every cell can be changed and run.${isOriginal ? slidesLink(file) : ""}${translations(repository, file, language)}</p>${tasks(cells)}</div>
${site.notebook(file)}</article>`,
  };
}

function slidesLink(file: string): string {
  return ` <a href="../slides/${nameOf(file)}.html">As slides</a>`;
}

/** Links to the same notebook in the other languages. */
function translations(repository: Repository, file: string, language: Language): string {
  const up = "../".repeat(LANGUAGES[language].folder.split("/").length);
  return Object.entries(LANGUAGES)
    .filter(([code, { folder }]) => code !== language && repository.isFile(`${folder}/${nameOf(file)}.ipynb`))
    .map(
      ([code, { folder, name }]) =>
        ` <a href="${up}${folder}/${nameOf(file)}.html" hreflang="${code}" lang="${code}">${name}</a>`,
    )
    .join("");
}

/** What there is to solve, and the place where it is told how much is. */
function tasks(cells: Notebook["cells"]): string {
  const [exercises, predictions] = [idsTagged(cells, "exercise:"), idsTagged(cells, "predict:")];
  if (exercises.length === 0) return "";
  return `<p class="notebook-tasks">${exercises.length} exercises, ${predictions.length} predictions<span class="path-progress" role="status"></span></p>`;
}

function nameOf(file: string): string {
  return file.replace(/^.*\//, "").replace(/\.ipynb$/, "");
}

/** The cells of a notebook. @throws SourceError with file and line for a malformed one */
export function cellsOf(repository: Repository, file: string): Notebook["cells"] {
  try {
    return parseNotebook(repository.read(file)).cells;
  } catch (error) {
    if (error instanceof NotebookError) throw new SourceError(error.message, file, error.line);
    throw error;
  }
}

/** What stands behind a word such as `exercise:` in the tags of cells, in their order. */
export function idsTagged(cells: Notebook["cells"], word: string): string[] {
  return cells.flatMap(({ tags }) =>
    tags.flatMap((tag) => (tag.startsWith(word) ? tag.slice(word.length) : [])),
  );
}
