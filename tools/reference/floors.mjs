// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The drawing of the library's floors as they are built, from the imports that dependency-cruiser finds. */

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The parts of the house from the top floor to the ground, with the number of their floor. */
const PARTS = /** @type {const} */ ([
  ["course", 7],
  ["view", 6],
  ["explore", 5],
  ["designs", 5],
  ["user", 4],
  ["boot.ts", undefined],
  ["kernel", 3],
  ["rmm", 2],
  ["hw", 1],
  ["base", 0],
]);
const NAMES = PARTS.map(([name]) => String(name));
/** The heading in docs/architecture.md whose section is written by the tool. */
const HEADING = "### As built";

/**
 * @typedef {{ readonly source: string, readonly dependencies: readonly { readonly resolved: string }[] }} Module
 * @typedef {{ readonly files: ReadonlyMap<string, number>, readonly imports: ReadonlyMap<string, ReadonlyMap<string, number>> }} House
 */

/** What dependency-cruiser finds below lib/src. @returns {Module[]} */
export function cruisedModules() {
  const cruiser = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const args = [
    cruiser,
    "--config",
    path.join(root, ".dependency-cruiser.cjs"),
    "--output-type",
    "json",
    "lib/src",
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout).modules;
}

/** Files of each part, and how many imports lead from one part to another. @param {readonly Module[]} modules @returns {House} */
export function houseOf(modules) {
  const files = new Map(NAMES.map((name) => [name, 0]));
  /** @type {Map<string, Map<string, number>>} */
  const imports = new Map(NAMES.map((name) => [name, new Map()]));
  const partOf = (/** @type {string} */ file) => file.replace(/^lib\/src\//, "").split("/")[0] ?? "";
  for (const { source, dependencies } of modules) {
    const part = partOf(source);
    const to = imports.get(part);
    if (to === undefined) {
      if (part !== "index.ts") throw new Error(`${source} is on no floor that the drawing knows`);
      continue;
    }
    files.set(part, (files.get(part) ?? 0) + 1);
    for (const { resolved } of dependencies) {
      const other = partOf(resolved);
      if (other !== part) to.set(other, (to.get(other) ?? 0) + 1);
    }
  }
  return { files, imports };
}

/** The drawing: a row for each part from the top floor down, a column for each part that it imports from. @param {House} house */
export function floorsDrawing({ files, imports }) {
  const columns = NAMES.slice(1);
  const rows = PARTS.map(([name, floor]) => [
    floor === undefined ? "" : String(floor),
    name,
    String(files.get(name)),
    ...columns.map((other) => {
      const count = imports.get(name)?.get(other);
      return count === undefined ? (NAMES.indexOf(other) <= NAMES.indexOf(name) ? "" : "·") : String(count);
    }),
  ]);
  const table = [["", "", "files", ...columns], ...rows];
  const widths = table[0]?.map((_, n) => Math.max(...table.map((row) => row[n]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, n) => (n === 1 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * The architecture page with the drawing in its section.
 *
 * @param {string} page
 * @param {House} house
 */
export function withFloors(page, house) {
  const start = page.indexOf(`${HEADING}\n`);
  const end = page.indexOf("\n## ", start);
  if (start < 0 || end < 0) throw new Error(`docs/architecture.md has no section "${HEADING}"`);
  const files = [...house.files.values()].reduce((sum, count) => sum + count, 0);
  const section = `${HEADING}

${files} files, drawn from their imports by \`npm run floors\`. A row says how many imports lead from this part to each
one below it; a dot is none. The lower left half is empty because nothing imports upward.

\`\`\`
${floorsDrawing(house)}
\`\`\`
`;
  return page.slice(0, start) + section + page.slice(end);
}
