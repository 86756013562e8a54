// SPDX-License-Identifier: MIT
/** Writes the errno catalogue from the reasons that `host.explain` goes through. */

/**
 * @typedef {object} Reason
 * @property {string} id
 * @property {number} errno
 * @property {string} text
 * @property {string} source
 * @property {unknown} [evidence]
 */
/** @typedef {{ call: string, reasons: readonly Reason[] }} Entry */

const INTRODUCTION = `# The errno catalogue

Why a system call fails: for each call the conditions in the order in which the kernel tests them, and the errno of the
first that holds. \`host.explain(ret)\` goes through the same list. *Judged* conditions are told from the arguments and the
state after the call; of the others it can only be said that they are possible. The last column names the function that
tests the condition, and its file. This page is generated.

Calls that are not listed, such as the address spaces of iommufd and the calls of VFIO, have their errors in the
documentation of their functions.
`;

/** @param {string} text */
const cell = (text) => text.replaceAll("|", "\\\\|");

/**
 * @param {Entry} entry
 * @param {(value: number) => string} errnoName
 */
function section({ call, reasons }, errnoName) {
  const rows = reasons.map(
    ({ id, errno, text, source, evidence }) =>
      `| \`${id}\` | ${errnoName(-errno)} | ${cell(text)} | ${evidence === undefined ? "possible" : "judged"} | ${cell(source)} |`,
  );
  return [
    `## ${call}`,
    "",
    "| condition | errno | because | told | source |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/**
 * The page, as Markdown.
 *
 * @param {readonly Entry[]} catalogue
 * @param {(value: number) => string} errnoName names a negative errno
 */
export function errnoReference(catalogue, errnoName) {
  return [INTRODUCTION, ...catalogue.map((entry) => section(entry, errnoName))].join("\n");
}
