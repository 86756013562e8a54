// SPDX-License-Identifier: MIT
/// <reference path="./untyped-plugins.d.ts" />
import createMarkdownIt, { type MarkdownIt, type StateCore, type Token } from "markdown-it";
import anchor from "markdown-it-anchor";
import footnote from "markdown-it-footnote";
import { alerts } from "./alerts.ts";
import { directives } from "./directives.ts";
import type { Highlighter } from "./highlight.ts";
import { SourceError } from "./source-error.ts";

/** What the rules find in markdown-it's `env`: the document that a text belongs to. */
export interface DocumentEnv {
  /** From the repository's root. */
  file: string;
  /** Line of the file on which a line of the text stands; both from 1. */
  fileLine: (line: number) => number;
  /** Turns the target of a link in this document into the one on the page. Throws a sentence when there is none. */
  resolve: (href: string, line: number) => string;
  /** Heading ids given so far. */
  slugs: Set<string>;
  [key: PropertyKey]: unknown;
}

/** The one markdown-it of the site: notebooks, documents and doc comments all go through it. */
export function createMarkdown(highlighter: Highlighter): MarkdownIt {
  const md = createMarkdownIt({
    html: true,
    highlight: (code, language) => highlighter.highlight(code, language),
  });
  // The plugin's declarations are those of markdown-it 14; what it uses is the same in 15.
  const headings = anchor as unknown as (md: MarkdownIt, options: object) => void;
  md.use(headings, {
    level: [1, 2, 3, 4],
    tabIndex: false,
    slugifyWithState: (title: string, state: StateCore) => uniqueSlug(title, state.env as DocumentEnv),
    permalink: anchor.permalink.headerLink({ class: "anchor", safariReaderFix: true }),
  });
  md.use(footnote);
  md.use(alerts);
  md.use(directives);
  md.core.ruler.push("empty-heads", (state) => emptyHeads(state.tokens));
  md.core.ruler.push("links", (state) => resolveLinks(state));
  md.renderer.rules["table_open"] = () => '<div class="table-scroll"><table>\n';
  md.renderer.rules["table_close"] = () => "</table></div>\n";
  return md;
}

/** The corner of a table heads nothing: it becomes an ordinary cell. */
function emptyHeads(tokens: readonly Token[]): void {
  tokens.forEach((token, i) => {
    if (token.type !== "th_open" || tokens[i + 1]?.content.trim() !== "") return;
    token.tag = "td";
    const close = tokens[i + 2];
    if (close?.type === "th_close") close.tag = "td";
  });
}

/** The id of a heading, in the form that GitHub gives it, so that links work in both places. */
export function slugOf(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

function uniqueSlug(title: string, env: DocumentEnv): string {
  const slug = slugOf(title) || "section";
  let unique = slug;
  for (let n = 1; env.slugs.has(unique); n++) unique = `${slug}-${n}`;
  env.slugs.add(unique);
  return unique;
}

/** A line of the text that a block token comes from, from 1: the one that has the searched part, if any has. */
export function lineOfToken(state: StateCore, token: Token, part: string): number {
  const [from, to] = token.map ?? [0, 1];
  const lines = state.src.split("\n").slice(from, to);
  const index = lines.findIndex((line) => line.includes(part));
  return from + Math.max(index, 0) + 1;
}

function resolveLinks(state: StateCore): void {
  const env = state.env as Partial<DocumentEnv>;
  const { resolve, file, fileLine } = env;
  if (resolve === undefined || file === undefined || fileLine === undefined) return;
  for (const block of state.tokens) {
    for (const token of block.children ?? []) {
      const name = token.type === "link_open" ? "href" : token.type === "image" ? "src" : undefined;
      const target = name && String(token.attrGet(name) ?? "");
      // The links of headings to themselves are made here and right.
      if (!name || !target || token.attrGet("class") === "anchor") continue;
      const line = fileLine(lineOfToken(state, block, decodeURI(target)));
      try {
        token.attrSet(name, resolve(target, line));
      } catch (error) {
        throw new SourceError((error as Error).message, file, line);
      }
    }
  }
}
