// SPDX-License-Identifier: MIT

/**
 * The dependency report as a page.
 *
 * @typedef {"learner" | "site" | "build" | "check" | "hub"} Part
 * @typedef {object} Dependency
 * @property {string} name
 * @property {string} version  the one that is pinned
 * @property {string} released  the day of that version
 * @property {string} latest  the newest version, and its day
 * @property {string} licence
 * @property {Part} part
 * @property {string} reason
 */

/** @type {Readonly<Record<Part, string>>} in the order of the page */
const PARTS = {
  learner: "On a learner's machine",
  site: "Shipped with the site",
  build: "Used to build the site",
  check: "Used to check",
  hub: "Used by a hub, and to try another kernel",
};

/**
 * @param {object} report
 * @param {readonly Dependency[]} report.dependencies
 * @param {readonly { name: string, version: string, licence: string }[]} report.brought  by those that ship
 * @param {string} report.date  the day on which the registries were asked
 * @param {readonly { command: string, answer: string }[]} report.audits
 * @returns {string}
 */
export function dependencyPage({ dependencies, brought, date, audits }) {
  const sections = Object.entries(PARTS).map(([part, title]) => {
    const rows = dependencies
      .filter((one) => one.part === part)
      .map(
        ({ name, version, released, latest, licence, reason }) =>
          `| ${name} ${version} | ${reason} | ${licence} | ${released} | ${latest} |`,
      );
    const head = "| package | reason | licence | released | newest |\n|---|---|---|---|---|";
    return `## ${title}\n\n${head}\n${rows.join("\n")}`;
  });
  return `# Dependencies

The library \`tsm-map-sim\` has none at run time. The course and its tests use the following; each is pinned exactly, and what
it brings along is pinned by hash in \`package-lock.json\` or \`requirements.txt\`. \`npm run dependencies\` asks the registries
and writes this page anew; it was last done on ${date}.

${sections.join("\n\n")}

## What the first two tables bring along

As \`package-lock.json\` has it. A learner's machine runs some of it, the site ships some of it; the rest of that file is
for building and checking alone.

| package | licence |
|---|---|
${brought.map(({ name, version, licence }) => `| ${name} ${version} | ${licence} |`).join("\n")}

## Known advisories

To npm, \`dependencies\` are the first two tables: what a learner's machine runs and what the site ships, with what these
bring along. \`npm audit --omit=dev\` asks about exactly that; \`npm audit\` asks about the tools for building and
checking too. "No answer" means that nothing was checked. The [workflow](../.github/workflows/ci.yml) asks npm's
own registry in each run, and fails on an advisory about what ships. Of Python's packages nobody is asked here:
\`pip-audit -r requirements.txt --disable-pip\` does it where PyPI's advisories can be reached.

| command | answer on ${date} |
|---|---|
${audits.map(({ command, answer }) => `| \`${command}\` | ${answer} |`).join("\n")}
`;
}
