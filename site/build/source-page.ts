// SPDX-License-Identifier: MIT
import path from "node:path";
import { escapeHtml } from "../ipynb/index.ts";
import type { Page } from "./page.ts";

/** The page with the text of a file of the repository, each line with an id to link to. */
export function sourcePage(file: string): Page {
  return {
    path: `source/${file}.html`,
    title: file,
    description: `The text of ${file}`,
    section: undefined,
    source: file,
    render: (site) => {
      const language = path.posix
        .extname(file)
        .slice(1)
        .replace("mjs", "js")
        .replace("cjs", "js")
        .replace("ipynb", "json");
      return `<article class="source-text">
<h1><code>${escapeHtml(file)}</code></h1>
${site.code(site.read(file), language === "md" ? "markdown" : language, true)}
</article>`;
    },
  };
}
