// SPDX-License-Identifier: MIT
import type { Section } from "./page.ts";

/** A place that a search can lead to: the text below one heading, a row of the symbol index. */
export interface SearchEntry {
  /** From the site's root, with an anchor. */
  readonly url: string;
  /** Heading. */
  readonly title: string;
  /** Title of the page. */
  readonly page: string;
  readonly kind: Section;
  readonly text: string;
}

/** Most characters of one place that are searched: the generated tables are long, and their symbols have rows. */
const MOST_TEXT = 6000;

/**
 * The places of one page.
 *
 * @param html the inside of its `<main>`
 */
export function searchEntries(path: string, page: string, kind: Section, html: string): SearchEntry[] {
  const text = html
    .replace(/<footer class="page-foot"[\s\S]*/, "")
    .replace(/<div class="nb-outputs"[\s\S]*?<\/live-cell>/g, " ")
    .replace(/<(svg|script|style|button)\b[\s\S]*?<\/\1>/g, " ");
  const start = /<(?:h[1-4]|tr|dt)\b[^>]*\sid="([^"]+)"[^>]*>/g;
  const starts = [...text.matchAll(start)];
  return starts.map((found, i) => {
    const [opening, id = ""] = found;
    const part = text.slice(found.index + opening.length, starts[i + 1]?.index);
    const isRow = opening.startsWith("<tr");
    const end = part.search(isRow ? /<\/td>/ : /<\/(?:h[1-4]|dt)>/);
    const isTop = opening.startsWith("<h1");
    return {
      url: isTop ? path : `${path}#${id}`,
      title: plain(part.slice(0, Math.max(end, 0))) || page,
      page,
      kind,
      text: plain(part.slice(Math.max(end, 0))).slice(0, MOST_TEXT),
    };
  });
}

function plain(html: string): string {
  return html
    .replace(/<\/?(?:a|i|span|code|em|strong|kbd|abbr)\b[^>]*>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}
