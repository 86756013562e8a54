// SPDX-License-Identifier: MIT
import type { Notebook } from "../ipynb/index.ts";

/** The parts of the site, in the order of its contents. */
export const SECTIONS = ["Course", "Background", "Reference", "Workshop", "Project"] as const;

/** Where in the contents a page stands. */
export type Section = (typeof SECTIONS)[number];

/**
 * One page of the site.
 *
 * A page of its own is a file in `site/pages` that exports one of these; `site/pages/index.ts` lists them.
 */
export interface Page {
  /** Where it is, from the site's root: `docs/fidelity.html`. */
  readonly path: string;
  readonly title: string;
  /** Short title for the contents. @default title */
  readonly label?: string;
  /** One sentence for search engines and link previews. */
  readonly description: string;
  /** Undefined: reachable by links, but not in the contents. */
  readonly section: Section | undefined;
  /** The file that one would edit to change it, from the repository's root. */
  readonly source: string;
  /** Scripts beside the one of every page, by entry name. */
  readonly scripts?: readonly ("notebook" | "race" | "slides")[];
  /** Slides fill the window. @default "page", with head, contents and foot */
  readonly frame?: "page" | "slides";
  /** The inside of `<main>`, without the `<h1>` only if it makes its own. */
  readonly render: (site: PageTools) => string;
}

/** What a page can use while it is rendered. */
export interface PageTools {
  /** All pages that are in the contents, in order. */
  readonly pages: readonly Page[];
  /**
   * Renders Markdown. Its links are those of `file`, relative to its folder, to files of the repository.
   *
   * @param file where the text stands, from the repository's root; the page's own source without it
   * @param firstLine line of the file on which the text begins
   */
  markdown(text: string, file?: string, firstLine?: number): string;
  /**
   * Renders a notebook with cells that can be run.
   *
   * @param file where it stands, from the repository's root
   * @param notebook its cells. @default those that are in the file
   */
  notebook(file: string, notebook?: Notebook): string;
  /** Code with its colours, as a `<pre>`. */
  code(text: string, language: string, numbered?: boolean): string;
  /**
   * The address, as seen from this page, of what a file of the repository has become: its page, or its text.
   *
   * @param target from the repository's root, with an anchor if need be: `docs/fidelity.md#devices`
   */
  href(target: string): string;
  /** A picture of the library as it may stand in a page. */
  picture(svg: string): string;
  /** The text of a file of the repository. */
  read(file: string): string;
}
