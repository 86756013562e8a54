// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { escapeHtml } from "../ipynb/index.ts";

/** A picture as a file of its own, which a browser loads when the reader comes near. */
export interface PictureFile {
  /** From the site's root. */
  readonly path: string;
  readonly svg: string;
  /** The `<img>`, seen from a page that reaches the site's root by `root`. */
  image(root: string): string;
}

/** The recorded pictures of a notebook weigh more than all else on its page. Undefined: its size is not known. */
export function pictureFile(svg: string): PictureFile | undefined {
  const [opening = ""] = /^\s*<svg\b[^>]*>/.exec(svg) ?? [];
  const attribute = (name: string): string | undefined =>
    new RegExp(`\\s${name}="([^"]*)"`).exec(opening)?.[1];
  const [width, height] = [Number(attribute("width")), Number(attribute("height"))];
  if (!(width > 0 && height > 0)) return undefined;
  const path = `pictures/${createHash("sha256").update(svg).digest("hex").slice(0, 12)}.svg`;
  const alt = attribute("aria-label") ?? escapeHtml("Picture");
  return {
    path,
    svg,
    image: (root) =>
      `<img loading="lazy" decoding="async" width="${Math.round(width)}" height="${Math.round(height)}" alt="${alt}" src="${root}${path}">`,
  };
}
