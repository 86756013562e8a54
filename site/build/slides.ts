// SPDX-License-Identifier: MIT
import { escapeHtml } from "../ipynb/index.ts";
import type { Page } from "./page.ts";

/** The slides of a notebook: the same cells, to be shown to a group. */
export function slidesPage(notebook: Page): Page {
  const file = notebook.source;
  return {
    path: notebook.path.replace(/^notebooks\//, "slides/"),
    title: `${notebook.title}, slides`,
    description: notebook.description,
    section: undefined,
    source: file,
    scripts: ["notebook", "slides"],
    frame: "slides",
    render: (site) => `<div class="notebook" data-notebook="${file}"><div class="notebook-bar"></div>
<noscript><p>Slides move by a script. <a href="${site.href(file)}">The notebook</a> can be read without.</p></noscript>
<div class="reveal"><div class="slides">
${slidesOf(site.notebook(file))}
</div></div>
<p class="slides-way"><a href="${site.href(file)}">${escapeHtml(notebook.title)}</a></p>
</div>`,
  };
}

/**
 * Puts the cells of a rendered notebook on slides: a heading of the first or second level begins one, and below it
 * each code cell, with the text that leads to it, is one further down.
 *
 * @param html as `renderNotebook` gives it
 */
export function slidesOf(html: string): string {
  const slides: string[][] = [];
  let hasCode = false;
  for (const item of itemsOf(html)) {
    const isHeading = /^<li class="nb-cell nb-text"[^>]*>\s*<h[12]\b/.test(item);
    const stack = slides.at(-1);
    if (isHeading || stack === undefined) slides.push([item]);
    else if (hasCode) stack.push(item);
    else stack.push((stack.pop() ?? "") + item);
    hasCode = item.startsWith('<li class="nb-cell nb-code"');
  }
  const slide = (cells: string): string =>
    `<section><ol class="nb-cells" role="list">\n${cells}</ol></section>`;
  return slides
    .map((stack) =>
      stack.length === 1 ? slide(stack[0] ?? "") : `<section>${stack.map(slide).join("\n")}</section>`,
    )
    .join("\n");
}

/** The items of the list of cells; a text cell is taken apart before each of its headings. */
function itemsOf(html: string): string[] {
  const list = html.replace(/^<ol class="nb-cells" role="list">\n/, "").replace(/<\/ol>\s*$/, "");
  return list.split(/(?=<li class="nb-cell )/).flatMap((item) => {
    if (!item.startsWith('<li class="nb-cell nb-text"')) return [item];
    const [opening = ""] = /^<li[^>]*>\n?/.exec(item) ?? [];
    const inner = item.slice(opening.length).replace(/<\/li>\s*$/, "");
    const [first = "", ...others] = inner.split(/(?=<h[12]\b)/).filter((part) => part.trim() !== "");
    return [
      `${opening}${first}</li>\n`,
      ...others.map((part) => `<li class="nb-cell nb-text">\n${part}</li>\n`),
    ];
  });
}
