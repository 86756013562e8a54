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
 * @param {string} report.date  the day on which the registries were asked
 * @param {readonly { command: string, answer: string }[]} report.audits
 * @returns {string}
 */
export function dependencyPage({ dependencies, date, audits }) {
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

## Known advisories

To npm all of these are development dependencies: the first command looks at the library alone, the second at everything,
which includes what the site ships.

| command | answer on ${date} |
|---|---|
${audits.map(({ command, answer }) => `| \`${command}\` | ${answer} |`).join("\n")}
`;
}
