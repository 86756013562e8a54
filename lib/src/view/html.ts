// SPDX-License-Identifier: MIT
import { Displayable, type MimeBundle } from "../base/displayable.ts";

/** Something that notebooks show as HTML and everything else as text, which says the same. */
export class HtmlText extends Displayable {
  readonly text: string;
  readonly html: string;

  constructor(html: string, text: string) {
    super();
    this.html = html;
    this.text = text;
  }

  override bundle(): MimeBundle {
    return { "text/html": this.html, "text/plain": this.text };
  }
}

/** Text as it stands in HTML. */
export function escapedHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A table of cells that are HTML already; the first cell of a row is its head. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const headings = head.map((text) => `<th scope="col" style="${CELL}">${escapedHtml(text)}</th>`).join("");
  const body = rows
    .map(([first = "", ...cells]) => {
      const data = cells.map((cell) => `<td style="${CELL}">${cell}</td>`).join("");
      return `<tr><th scope="row" style="${CELL}">${first}</th>${data}</tr>`;
    })
    .join("\n");
  return `<table>\n<caption>${escapedHtml(caption)}</caption>\n<thead><tr>${headings}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

/** How every cell is laid out: to the left and from the top, for cells have several lines. */
export const CELL = "text-align:left;vertical-align:top";
