// SPDX-License-Identifier: MIT

/**
 * @typedef {object} Finding
 * @property {number} number
 * @property {string} finding what a review finds, in one or two sentences
 * @property {"text" | "code" | "guess"} before how sure one could be by reading alone: the patch's own text shows it,
 *   other code has to be read, or it takes a run
 * @property {"reproduced" | "impossible" | "in the text"} verdict
 * @property {string} result what running it showed
 * @property {readonly string[]} tests file below test/ and title of the test, with a # between them
 */

const BEFORE = { text: "visible in the patch", code: "follows from other code", guess: "a deduction" };

/**
 * The page with the findings and what running them showed.
 *
 * @param {readonly Finding[]} findings
 */
export function findingsPage(findings) {
  const rows = findings.map(({ number, finding, before, verdict, result, tests }) => {
    const names = tests.map((test) => {
      const [file, title] = test.split("#");
      return `\`test/${file}\`: ${title}`;
    });
    const cells = [
      number,
      finding,
      BEFORE[before],
      `**${verdict}**: ${result}`,
      names.join("<br>") || "none",
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `# Findings

What a careful reading of the patch finds, and what became of each finding when it was run on the model. This page is
written by \`npm run reference\` from \`docs/data/findings.json\`; a test sees to it that every test named here exists.

"Reproduced" means that a test makes it happen. "Impossible" means that a test shows why it cannot happen in the model,
with the reason. "In the text" means that there is nothing to run.

| no. | finding | by reading alone | verdict | tests |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
}
