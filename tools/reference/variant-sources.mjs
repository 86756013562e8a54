// SPDX-License-Identifier: MIT

/** The files of the variants, below lib/src/kernel. */
const FILES = {
  "rfc-v1": "kvm/arm64/map-private-memory.ts",
  "rfc-v1+range-checks": "variants/range-checks.ts",
  "rfc-v1+attribute-check": "variants/attribute-check.ts",
  "rfc-v1+fault-lock": "variants/fault-lock.ts",
  "rfc-v1+sequence-retry": "variants/sequence-retry.ts",
  "rfc-v1+rollback-and-progress": "variants/rollback-and-progress.ts",
  "rfc-v1+all": "variants/all.ts",
};

/**
 * The functions of a file, without what only a file needs: imports, the comment on top of the first function, and the
 * events for the trace, which are no part of what the kernel does.
 *
 * @param {string} text of a TypeScript file
 */
export function functionsOf(text) {
  return text
    .slice(text.indexOf("export function*"))
    .replace(/^ *if \(trace\.on\) trace\.call\([^;]*;\n/gm, "")
    .replace("export function*", "function*");
}

/**
 * The file with the source text of every variant.
 *
 * @param {(path: string) => string} read gives the text of a file below lib/src/kernel
 */
export function variantSources(read) {
  const entries = Object.entries(FILES).map(([name, path]) => {
    const lines = functionsOf(read(path)).trimEnd().split("\n");
    return `  ${JSON.stringify(name)}: [\n${lines.map((line) => `    ${JSON.stringify(line)},\n`).join("")}  ].join("\\n"),\n`;
  });
  return `// SPDX-License-Identifier: MIT
// biome-ignore-all format: written by \`npm run variants\` from the files that run
// biome-ignore-all lint/style/useTemplate: the lines are those of the files

/**
 * The text of \`kvm_map_private_memory\` in each variant, as its file has it, without imports and trace events. The last
 * variant has the function of the one before, and another fault path.
 */
export const variantText: Readonly<Record<string, string>> = {
${entries.join("")}};
`;
}
