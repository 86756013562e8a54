// SPDX-License-Identifier: MIT
/** Writes the page that lists the recorded cases of the kernel side and what the model does with each. */

/** @typedef {{ id: string, area: string, source_file: string, setup: string, action: string, expected: string, kind: string, kernel: string }} Case */
/** @typedef {{ why: string, reason: string, instead: string }} Exception */

const INTRODUCTION = `# The recorded cases of the kernel side

Each row is a case: what the kernel's own selftests check ("selftest"), or a condition read from source or from the patch
("source"). A case that *holds* is a passing test whose name starts with its id, in \`test/conformance\`. Where the kernel
of the patch, or the modelled device, is another than the case's, the row says what holds *instead*, and a test checks that.
A case that does not apply has its reason. This page is generated.
`;

/** @param {string} text */
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/**
 * The page, as Markdown.
 *
 * @param {readonly Case[]} cases
 * @param {Readonly<Record<string, Exception>>} exceptions what holds instead, by id
 * @param {Readonly<Record<string, string>>} notApplicable reasons by id
 */
export function caseReference(cases, exceptions, notApplicable) {
  const verdict = (/** @type {string} */ id) => {
    const exception = exceptions[id];
    if (exception !== undefined) return `instead: ${exception.instead}. ${exception.reason}`;
    const reason = notApplicable[id];
    return reason === undefined ? "holds" : `not applicable: ${reason}`;
  };
  const areas = [...new Set(cases.map(({ area }) => area.split(".")[0] ?? area))].sort();
  const sections = areas.map((area) => {
    const rows = cases
      .filter((one) => (one.area.split(".")[0] ?? one.area) === area)
      .map(({ id, setup, action, expected, kind, kernel, source_file }) =>
        [id, `${setup}: ${action}`, expected, verdict(id), `${kind}, ${kernel}, ${source_file}`]
          .map(cell)
          .join(" | "),
      );
    return [
      `## ${area}`,
      "",
      "| case | setup and action | expected | result | source |",
      "|---|---|---|---|---|",
      ...rows.map((row) => `| ${row} |`),
      "",
    ].join("\n");
  });
  const other = cases.filter(({ id }) => exceptions[id] !== undefined).length;
  const none = cases.filter(({ id }) => notApplicable[id] !== undefined).length;
  const count = `${cases.length} cases: ${cases.length - other - none} hold, ${other} hold in another form, ${none} do not apply.\n`;
  return [INTRODUCTION, count, ...sections].join("\n");
}
