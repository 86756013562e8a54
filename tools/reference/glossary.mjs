// SPDX-License-Identifier: MIT
/** Writes the page of the terms. */

/**
 * @typedef {{
 *   readonly term: string,
 *   readonly expansion?: string,
 *   readonly aliases?: readonly string[],
 *   readonly meaning: string,
 *   readonly origin: string,
 *   readonly see?: readonly string[],
 * }} Term
 */

const INTRODUCTION = `# Glossary

The words of the field as this course uses them, in alphabetical order. In a notebook, \`whatIs("granule")\` shows an entry.
"Introduced in" names the notebook and the cell in which a word is first explained, or first used. This page is generated
from \`lib/src/course/glossary\`.
`;

/** The part of an address that leads to a term's heading. @param {string} term */
export function anchorOf(term) {
  return term
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replace(/\s/g, "-");
}

/** @param {string} name */
const linkTo = (name) => `[${name}](#${anchorOf(name)})`;

/** @param {Term} entry @param {string | undefined} place */
function section({ term, expansion, aliases = [], meaning, origin, see = [] }, place) {
  const [notebook = "", cell] = place?.split("#") ?? [];
  return [
    `## ${term}`,
    "",
    ...(expansion === undefined ? [] : [`*${expansion}*`, ""]),
    meaning,
    "",
    ...(aliases.length === 0 ? [] : [`- Also: ${aliases.join(", ")}`]),
    `- At home in: ${origin}`,
    ...(place === undefined
      ? []
      : [`- Introduced in: [${notebook.slice(0, 2)}](../notebooks/${notebook}.ipynb), cell \`${cell}\``]),
    ...(see.length === 0 ? [] : [`- See also: ${see.map(linkTo).join(", ")}`]),
    "",
  ].join("\n");
}

/**
 * The page, as Markdown.
 *
 * @param {readonly Term[]} terms
 * @param {Readonly<Record<string, string>>} introduced
 */
export function glossaryPage(terms, introduced) {
  const key = (/** @type {Term} */ { term }) => term.toLowerCase();
  const sorted = [...terms].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return [INTRODUCTION, ...sorted.map((one) => section(one, introduced[one.term]))].join("\n");
}
