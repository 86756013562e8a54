// SPDX-License-Identifier: MIT
import type { MarkdownIt, Token } from "markdown-it";
import { escapeHtml } from "./escape.ts";
import {
  type Attachments,
  type CodeCell,
  type MarkdownCell,
  type Notebook,
  NotebookError,
} from "./notebook.ts";
import { type OutputOptions, renderOutputs } from "./outputs.ts";

/** What markdown-it's rules find in `env` while they work on a text cell. */
export interface CellEnv {
  /** Line of the notebook file on which a line of the cell stands; both from 1. */
  fileLine?: (sourceLine: number) => number;
  [key: PropertyKey]: unknown;
}

/** The parts of a code cell, already HTML, for `RenderOptions.codeCell`. */
export interface CodeCellView {
  readonly cell: CodeCell;
  /** Number among the code cells, from 1. */
  readonly number: number;
  readonly source: string;
  readonly outputs: string;
}

/** What a page may want otherwise. */
export interface RenderOptions extends Partial<OutputOptions> {
  /** Passed to markdown-it for every text cell: footnotes, heading ids and the like are those of one document. */
  readonly env?: CellEnv;
  /**
   * The inside of the list item of a code cell.
   *
   * @default label, source and outputs, one below the other
   */
  readonly codeCell?: (view: CodeCellView) => string;
}

/**
 * A notebook as an ordered list of cells, in which assistive technology can go from cell to cell and hears what each is.
 *
 * @example
 * ```ts
 * const md = new MarkdownIt();
 * const html = renderNotebook(md, parseNotebook(readFileSync("a.ipynb", "utf8")));
 * ```
 *
 * @throws NotebookError when a text cell refers to an attachment that is not there
 */
export function renderNotebook(md: MarkdownIt, notebook: Notebook, options: RenderOptions = {}): string {
  const env: CellEnv = options.env ?? {};
  const outputOptions: OutputOptions = {
    markdown: options.markdown ?? ((text) => md.render(text, {})),
    ...(options.svg && { svg: options.svg }),
    ...(options.twin && { twin: options.twin }),
    ...(options.html && { html: options.html }),
  };
  const codeCell = options.codeCell ?? plainCodeCell;
  let number = 0;
  const items = notebook.cells.flatMap((cell) => {
    if (cell.kind === "raw") return [];
    if (cell.kind === "markdown") return [item(cell, "nb-text", renderText(md, cell, env))];
    number++;
    const source = renderSource(md, cell.source, notebook.language);
    const outputs = renderOutputs(cell.outputs, outputOptions);
    return [item(cell, "nb-code", codeCell({ cell, number, source, outputs }))];
  });
  return `<ol class="nb-cells" role="list">\n${items.join("\n")}\n</ol>\n`;
}

function item(cell: MarkdownCell | CodeCell, kind: string, html: string): string {
  const tags = cell.tags.length === 0 ? "" : ` data-tags="${escapeHtml(cell.tags.join(" "))}"`;
  return `<li class="nb-cell ${kind}" id="cell-${cell.id}"${tags}>\n${html}\n</li>`;
}

function plainCodeCell({ number, source, outputs }: CodeCellView): string {
  const label = `<span class="nb-hidden">Cell ${number}, code</span>\n`;
  const output = `<div class="nb-outputs" role="group" aria-label="Cell ${number}, output">\n${outputs}\n</div>`;
  return `${label}<div class="nb-source">${source}</div>${outputs === "" ? "" : `\n${output}`}`;
}

/** Code goes through the rule for fenced blocks, and so through the page's highlighter. */
function renderSource(md: MarkdownIt, source: string, language: string): string {
  const longest = Math.max(2, ...[...source.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return md.render(`${fence}${language}\n${source}\n${fence}\n`, {}).trim();
}

function renderText(md: MarkdownIt, cell: MarkdownCell, env: CellEnv): string {
  env.fileLine = cell.fileLine;
  const tokens = md.parse(cell.source, env);
  attach(tokens, cell.attachments, cell);
  return md.renderer.render(tokens, md.options, env);
}

/** Puts attached images in the place of `attachment:name`. */
function attach(tokens: readonly Token[], attachments: Attachments, cell: MarkdownCell): void {
  for (const token of tokens) {
    for (const image of token.children?.filter(({ type }) => type === "image") ?? []) {
      const name = /^attachment:(.*)$/.exec(String(image.attrGet("src") ?? ""))?.[1];
      if (name === undefined) continue;
      const data = Object.entries(attachments[decodeURIComponent(name)] ?? {})[0];
      if (data === undefined) {
        throw new NotebookError(`there is no attachment "${name}"`, cell.fileLine((token.map?.[0] ?? 0) + 1));
      }
      image.attrSet("src", `data:${data[0]};base64,${data[1].replace(/\s/g, "")}`);
    }
  }
}
