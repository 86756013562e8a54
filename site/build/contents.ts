// SPDX-License-Identifier: MIT
import { firstSentence, titleIn } from "./headline.ts";
import { notebookPages } from "./notebook-pages.ts";
import type { Page, Section } from "./page.ts";
import type { Repository } from "./repository.ts";
import { slidesPage } from "./slides.ts";

/** The pages that are made of notebooks and documents. */
export function filePages(repository: Repository): Page[] {
  const notebooks = notebookPages(repository, "en");
  return [
    // A link to a notebook leads to its page: of two pages made from one file, the later one is meant.
    ...notebooks.map(slidesPage),
    ...notebooks,
    ...notebookPages(repository, "de"),
    ...repository.list("docs", ".md").map((file) => documentPage(repository, file, sectionOf(file))),
    ...repository.list("docs/reference", ".md").map((file) => documentPage(repository, file, "Reference")),
    ...inOrder(repository.list("docs/workshop", ".md")).map((file) =>
      documentPage(repository, file, "Workshop"),
    ),
    ...repository
      .list("docs/workshop/notebooks", ".md")
      .map((file) => documentPage(repository, file, undefined)),
    documentPage(repository, "CONTRIBUTING.md", "Project"),
    ...inOrder(repository.list("docs/decisions", ".md")).map((file) =>
      documentPage(repository, file, file.endsWith("README.md") ? "Project" : undefined),
    ),
  ];
}

/** What a folder's README says comes first. */
function inOrder(files: readonly string[]): string[] {
  const isReadme = (file: string): boolean => file.endsWith("/README.md");
  return [...files.filter(isReadme), ...files.filter((file) => !isReadme(file))];
}

/** What stands in the contents where a document's title is long. */
const LABELS: Readonly<Record<string, string>> = {
  "docs/architecture.md": "Architecture",
  "docs/decisions/README.md": "Decisions",
  "docs/dependencies.md": "Dependencies",
  "docs/fidelity.md": "Fidelity",
  "docs/patch-map.md": "Patch map",
  "docs/reference/cases.md": "Recorded cases",
  "docs/reference/rmi.md": "RMI commands",
  "docs/reference/structs.md": "Structures",
  "docs/running-elsewhere.md": "Running elsewhere",
  "docs/security.md": "Security",
  "docs/site.md": "The site",
};

const SYMBOLS = "docs/symbols.md";

/** Documents about the project; the others are about its subject. */
const OF_THE_PROJECT: ReadonlySet<string> = new Set([
  "docs/architecture.md",
  "docs/dependencies.md",
  "docs/running-elsewhere.md",
  "docs/security.md",
  "docs/site.md",
]);

function sectionOf(file: string): Section {
  return OF_THE_PROJECT.has(file) ? "Project" : "Background";
}

function documentPage(repository: Repository, file: string, section: Section | undefined): Page {
  const text = repository.read(file);
  return {
    path: file.replace(/\.md$/, ".html").replace(/^CONTRIBUTING/, "contributing"),
    title: titleIn(text) ?? file,
    ...(LABELS[file] !== undefined && { label: LABELS[file] }),
    description: firstSentence(text),
    section,
    source: file,
    render: (site) => {
      const html = site.markdown(text);
      return `<article class="document">\n${file === SYMBOLS ? withRowIds(html) : html}</article>`;
    },
  };
}

/** Gives each row that is about one symbol its name as id, so that a link and the search lead to it. */
function withRowIds(html: string): string {
  const taken = new Set<string>();
  return html.replace(/<tr>(\s*<td><code>)([\w.-]+)(?=<\/code>)/g, (row, opening: string, name: string) => {
    const id = `symbol-${name}`;
    if (taken.has(id)) return row;
    taken.add(id);
    return `<tr id="${id}">${opening}${name}`;
  });
}
