// SPDX-License-Identifier: MIT
import { GLOSSARY, namesOf } from "../../lib/src/course/glossary/glossary.ts";
import type { Term } from "../../lib/src/course/glossary/term.ts";
import { slugOf } from "./markdown.ts";

/** Terms that mostly are ordinary words, or that everybody who reads here knows: marked, they would only disturb. */
const UNMARKED: ReadonlySet<string> = new Set([
  "page",
  "block",
  "index",
  "top",
  "table",
  "module",
  "leak",
  "race",
  "protected",
  "bind",
  "stream",
  "device",
  "kernel",
  "CPU",
  "RAM",
  "KiB",
  "VM",
  "NULL",
  "EMPTY",
  "TABLE",
  "DEVICE",
  "DESTROYED",
]);

/** Elements whose text stays as it is. */
const SKIPPED: ReadonlySet<string> = new Set([
  "a",
  "button",
  "cite",
  "code",
  "dt",
  "h1",
  "h2",
  "h3",
  "h4",
  "kbd",
  "label",
  "live-cell",
  "pre",
  "script",
  "select",
  "style",
  "summary",
  "svg",
  "th",
]);

/** A definition as a page shows it beside the word. */
export interface Definition {
  /** The term, with what its letters stand for. */
  readonly term: string;
  readonly meaning: string;
}

/** Definitions by the anchor of the term on the page of the glossary. */
export function definitions(): Record<string, Definition> {
  return Object.fromEntries(
    GLOSSARY.map(({ term, expansion, meaning }) => [
      slugOf(term),
      { term: expansion === undefined ? term : `${term}, ${expansion}`, meaning },
    ]),
  );
}

const marks = new Map<string, Term>();
for (const term of GLOSSARY) {
  if (UNMARKED.has(term.term)) continue;
  for (const name of namesOf(term)) {
    const isOrdinary = UNMARKED.has(name) || (name === term.expansion && !name.includes(" "));
    if (!isOrdinary && !marks.has(keyOf(name))) marks.set(keyOf(name), term);
  }
}
const pattern = new RegExp(
  `(?<![\\w/.-])(?:${[...marks.keys()]
    .sort((a, b) => b.length - a.length)
    .map((name) =>
      name.replace(/[.*+?^${'$'}{}()|[\]\\]/g, "\\$&").replace(/^[a-z]/, (c) => `[${c}${c.toUpperCase()}]`),
    )
    .join("|")})(?![\\w-]|\\.\\w)`,
  "g",
);

/** Words count whatever case their first letter has; names and abbreviations have their own. */
function keyOf(name: string): string {
  return /^[A-Z][a-z]+(?:[\s-][a-z]+)*$/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

/**
 * Makes the first use of a glossary's term in each section a link to its definition.
 *
 * @param html the inside of a page
 * @param glossary address of the glossary, as seen from the page
 */
export function markTerms(html: string, glossary: string): string {
  let seen = new Set<Term>();
  const open: string[] = [];
  return html.replace(/<[^>]*>|[^<]+/g, (part) => {
    if (part.startsWith("<")) {
      const [, end, name = ""] = /^<(\/?)([\w-]+)/.exec(part) ?? [];
      if (name === "h2" && end === "") seen = new Set();
      if (SKIPPED.has(name)) {
        if (end === "") open.push(name);
        else if (open.at(-1) === name) open.pop();
      }
      return part;
    }
    if (open.length > 0) return part;
    return part.replace(pattern, (word) => {
      const term = marks.get(word) ?? marks.get(keyOf(word));
      if (term === undefined || seen.has(term)) return word;
      seen.add(term);
      return `<a class="term" href="${glossary}#${slugOf(term.term)}">${word}</a>`;
    });
  });
}
