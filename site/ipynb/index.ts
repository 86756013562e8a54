// SPDX-License-Identifier: MIT
/**
 * markdown-it-ipynb: Jupyter notebooks as accessible HTML, through your markdown-it instance.
 *
 * `outputs.ts` works without markdown-it and in a browser, so that a page can show live outputs in the same way.
 */
export { ansiToHtml } from "./ansi.ts";
export { escapeHtml } from "./escape.ts";
export {
  type Attachments,
  type CodeCell,
  type MarkdownCell,
  type MimeBundle,
  type Notebook,
  NotebookError,
  type Output,
  parseNotebook,
  type RawCell,
  textOf,
} from "./notebook.ts";
export { type OutputOptions, preferredMime, renderOutput, renderOutputs } from "./outputs.ts";
export { type CellEnv, type CodeCellView, type RenderOptions, renderNotebook } from "./render.ts";
