// SPDX-License-Identifier: MIT
import path from "node:path";
import { NotebookError, parseNotebook, renderNotebook } from "../ipynb/index.ts";
import { htmlInPage, pictureInPage } from "../runtime/picture.ts";
import { liveCell } from "./code-cell.ts";
import { createHighlight } from "./highlight.ts";
import { type Assets, layout, rootOf } from "./layout.ts";
import { checkLinks, type Link, relativeUrl } from "./links.ts";
import { createMarkdown, type DocumentEnv } from "./markdown.ts";
import type { Page, PageTools } from "./page.ts";
import { htmlFile, pictureFile, type RecordedFile, wordsFile } from "./pictures.ts";
import type { Repository } from "./repository.ts";
import { type SearchEntry, searchEntries } from "./search-index.ts";
import { SourceError } from "./source-error.ts";
import { sourcePage } from "./source-page.ts";
import { markTerms } from "./terms.ts";

const GLOSSARY_FILE = "docs/glossary.md";
const UNMARKED: readonly string[] = [
  GLOSSARY_FILE,
  "docs/symbols.md",
  "docs/patch-map.md",
  "site/pages/home.ts",
];

/** The finished pages. */
export interface RenderedSite {
  /** HTML by path, from the site's root. */
  readonly pages: ReadonlyMap<string, string>;
  /** Recorded outputs that have files of their own, by path, from the site's root. */
  readonly recorded: ReadonlyMap<string, string>;
  /** What a search can lead to. */
  readonly places: readonly SearchEntry[];
  /** Rules for the colours of code. */
  readonly css: string;
  /** The file that a page is made from. */
  readonly sourceOf: (page: string) => string;
}

/**
 * Renders all pages, and a page with the text of each file that one of them links to.
 *
 * @throws SourceError with file and line for what is malformed or leads nowhere
 */
export async function renderSite(
  repository: Repository,
  pages: readonly Page[],
  assets: Assets,
): Promise<RenderedSite> {
  const highlighter = await createHighlight();
  const md = createMarkdown(highlighter);
  const byFile = new Map(pages.map((page) => [page.source, page.path]));
  const listed = pages.filter(({ section }) => section !== undefined);
  const links: Link[] = [];
  const waiting = new Map<string, Page>();
  const rendered = new Map<string, string>();
  const recorded = new Map<string, string>();
  const places: SearchEntry[] = [];
  const sources = new Map(pages.map((page) => [page.path, page.source]));

  /** Path of the page for a file of the repository, which is then rendered in its turn. */
  function pageFor(file: string): string {
    const known = byFile.get(file);
    if (known !== undefined) return known;
    return textPage(file);
  }

  function textPage(file: string): string {
    const page = sourcePage(file);
    if (!rendered.has(page.path)) {
      waiting.set(page.path, page);
      sources.set(page.path, file);
    }
    return page.path;
  }

  function resolver(page: Page, file: string): DocumentEnv["resolve"] {
    return (href, line) => {
      if (/^(?:https?:|mailto:|data:|attachment:)/.test(href)) return href;
      if (/^[a-z][\w+.-]*:|^\//i.test(href))
        throw new Error(`the link ${href} is neither relative nor https`);
      const [target = "", anchor = ""] = href.split("#").map(decodeURIComponent);
      const other = path.posix.join(path.posix.dirname(file), target);
      if (target !== "" && !repository.isFile(other)) throw new Error(`there is no file ${other}`);
      const to = target === "" || other === file ? page.path : pageFor(other);
      links.push({ to, anchor, file, line });
      const hash = anchor === "" ? "" : `#${encodeURIComponent(anchor)}`;
      return to === page.path ? hash || relativeUrl(page.path, to) : relativeUrl(page.path, to) + hash;
    };
  }

  /** The place of a recorded picture in a page. */
  function recordedPicture(page: Page, svg: string): string {
    const file = pictureFile(svg);
    if (file === undefined) return pictureInPage(svg);
    keep(file);
    return file.image(rootOf(page));
  }

  function recordedWords(page: Page, words: string, svg: string): string {
    const file = wordsFile(words, svg);
    keep(file);
    return file.link(rootOf(page));
  }

  function recordedHtml(page: Page, html: string, plain: string | undefined): string {
    const shown = htmlInPage(html);
    const file = htmlFile(shown, plain);
    if (file === undefined) return shown;
    keep(file);
    return file.place(rootOf(page));
  }

  function keep({ path, content }: RecordedFile): void {
    recorded.set(path, content);
  }

  function toolsFor(page: Page): PageTools {
    const slugs = new Set<string>();
    const envFor = (file: string, firstLine: number): DocumentEnv => ({
      file,
      fileLine: (line) => line + firstLine - 1,
      resolve: resolver(page, file),
      slugs,
    });
    return {
      pages: listed,
      markdown: (text, file = page.source, firstLine = 1) => md.render(text, envFor(file, firstLine)),
      notebook(file, notebook) {
        try {
          return renderNotebook(md, notebook ?? parseNotebook(repository.read(file)), {
            env: envFor(file, 1),
            markdown: (text) => md.render(text, envFor(file, 1)),
            codeCell: liveCell,
            svg: (svg) => recordedPicture(page, svg),
            twin: (words, svg) => recordedWords(page, words, svg),
            html: (html, plain) => recordedHtml(page, html, plain),
          });
        } catch (error) {
          if (error instanceof NotebookError) throw new SourceError(error.message, file, error.line);
          throw error;
        }
      },
      code: (text, language, numbered) => highlighter.highlight(text, language, numbered),
      href: (target) => resolver(page, "root")(target, 1),
      picture: pictureInPage,
      read: (file) => repository.read(file),
    };
  }

  /** Definitions stand beside the words of running text; tables of reference are full of them. */
  function withTerms(page: Page, content: string): string {
    const glossary = byFile.get(GLOSSARY_FILE);
    const isText =
      page.section !== undefined && page.section !== "Reference" && !UNMARKED.includes(page.source);
    return isText && glossary !== undefined ? markTerms(content, relativeUrl(page.path, glossary)) : content;
  }

  const render = (page: Page): void => {
    textPage(page.source);
    const content = page.render(toolsFor(page));
    if (page.section)
      places.push(...searchEntries(page.path, page.label ?? page.title, page.section, content));
    rendered.set(page.path, layout(page, withTerms(page, content), listed, assets));
  };
  pages.forEach(render);
  for (const page of waiting.values()) render(page);
  checkLinks(rendered, links);
  return {
    pages: rendered,
    recorded,
    places,
    css: highlighter.css(),
    sourceOf: (page) => sources.get(page) ?? page,
  };
}
