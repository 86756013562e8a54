// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { escapeHtml } from "../ipynb/index.ts";
import { minifySvg } from "./minify-svg.ts";

/**
 * What was recorded weighs more than all else on a notebook's page: it goes into files of their own, which a browser
 * loads when the reader comes near or asks for them.
 */
export interface RecordedFile {
  /** From the site's root. */
  readonly path: string;
  readonly content: string;
}

/**
 * A picture for an `<img>`, which a script puts in its place when the page can be used. Undefined: its size is not known.
 */
export function pictureFile(svg: string): (RecordedFile & { image(root: string): string }) | undefined {
  const [opening = ""] = /^\s*<svg\b[^>]*>/.exec(svg) ?? [];
  const attribute = (name: string): string | undefined =>
    new RegExp(`\\s${name}="([^"]*)"`).exec(opening)?.[1];
  const [width, height] = [Number(attribute("width")), Number(attribute("height"))];
  if (!(width > 0 && height > 0)) return undefined;
  const path = `pictures/${hashOf(svg)}.svg`;
  const alt = attribute("aria-label") ?? escapeHtml("Picture");
  return {
    path,
    content: minifySvg(svg),
    image: (root) =>
      `<noscript><img loading="lazy" width="${Math.round(width)}" height="${Math.round(height)}" alt="${alt}" src="${root}${path}"></noscript>`,
  };
}

/**
 * The words of a picture, beside its file. Without scripts they are behind a link; with them, they unfold in their place.
 *
 * @param svg as it came, which has the words in it too
 */
export function wordsFile(words: string, svg: string): RecordedFile & { link(root: string): string } {
  const path = `pictures/${hashOf(svg)}.txt`;
  return {
    path,
    content: words,
    link: (root) =>
      `<details class="nb-twin"><summary>Picture as text</summary><a href="${root}${path}">Its text</a></details>`,
  };
}

/** Fewer characters of HTML than this stay in the page. */
const SMALL = 8000;

/**
 * A large HTML output, such as a recorded run that moves. Until it is there, and without scripts, its text stands in
 * its place. Undefined: it is small, or has no text.
 */
export function htmlFile(
  html: string,
  plain: string | undefined,
): (RecordedFile & { place(root: string): string }) | undefined {
  if (html.length < SMALL || plain === undefined) return undefined;
  const path = `pictures/${hashOf(html)}.part.html`;
  return {
    path,
    content: html,
    place: (root) => `<pre data-later="${root}${path}">${escapeHtml(plain)}</pre>`,
  };
}

function hashOf(content: string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 10);
}
