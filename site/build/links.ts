// SPDX-License-Identifier: MIT
import path from "node:path";
import { SourceError } from "./source-error.ts";

/** A link within the site, and the place that it was written in. */
export interface Link {
  /** Path of the page, from the site's root. */
  readonly to: string;
  /** Id on that page; empty for its top. */
  readonly anchor: string;
  readonly file: string;
  readonly line: number;
}

/** The address of one page as seen from another; both from the site's root. */
export function relativeUrl(from: string, to: string): string {
  const relative = path.posix.relative(path.posix.dirname(from), to);
  return relative.split("/").map(encodeURIComponent).join("/");
}

/** The ids of a page. */
export function idsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? ""));
}

/**
 * Checks that each link leads somewhere.
 *
 * @param pages HTML by path
 * @param links as they were met
 * @throws SourceError for the first that does not
 */
export function checkLinks(pages: ReadonlyMap<string, string>, links: readonly Link[]): void {
  const ids = new Map([...pages].map(([page, html]) => [page, idsOf(html)]));
  for (const { to, anchor, file, line } of links) {
    const there = ids.get(to);
    if (there === undefined) throw new SourceError(`there is no page ${to}`, file, line);
    if (anchor !== "" && !there.has(anchor)) {
      throw new SourceError(`${to} has no heading or line "#${anchor}"`, file, line);
    }
  }
}

/**
 * Checks every address that stands in the finished pages, so that pages which write HTML themselves are checked too.
 *
 * @param pages HTML by path
 * @param files all other files of the site
 * @param sourceOf the file that a page is made from
 */
export function checkAddresses(
  pages: ReadonlyMap<string, string>,
  files: ReadonlySet<string>,
  sourceOf: (page: string) => string,
): void {
  const ids = new Map([...pages].map(([page, html]) => [page, idsOf(html)]));
  for (const [page, html] of pages) {
    for (const [, address = ""] of html.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^(?:data:|mailto:|https?:)/.test(address)) continue;
      const [target = "", anchor = ""] = address.replaceAll("&amp;", "&").split("#").map(decodeURIComponent);
      const to = target === "" ? page : path.posix.join(path.posix.dirname(page), target);
      const found = pages.has(to) || files.has(to);
      if (!found)
        throw new SourceError(`its page links to ${address}, which is not there`, sourceOf(page), 1);
      // An anchor such as "race=map-punch" names a state, which the page's script reads.
      if (anchor !== "" && !anchor.includes("=") && ids.get(to)?.has(anchor) === false) {
        throw new SourceError(`its page links to ${address}, but there is no such id`, sourceOf(page), 1);
      }
    }
  }
}
