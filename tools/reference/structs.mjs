// SPDX-License-Identifier: MIT
/** Writes the reference page of the uAPI structures from the descriptions that encode and decode them. */

/**
 * What the page shows of a structure.
 *
 * @typedef {object} Layout
 * @property {string} structName
 * @property {number} byteLength
 * @property {string} origin
 * @property {readonly { name: string, type: string, offset: number, bytes: number }[]} fields
 */

const INTRODUCTION = `# Structures of the user interface

Every structure that a system call of the model takes, with the place of each field. Encoders, decoders and the byte
diagrams of the notebooks come from the same descriptions, and a test has a C compiler measure them. This page is
generated. Offsets and sizes are bytes; all numbers are little-endian.
`;

/** The bytes that belong to no field, as a C compiler leaves them. @param {Layout} layout */
function paddingOf({ fields, byteLength }) {
  let reached = 0;
  const holes = [];
  for (const { offset, bytes } of [...fields].sort((a, b) => a.offset - b.offset)) {
    if (offset > reached)
      holes.push({ name: "(padding)", type: "", offset: reached, bytes: offset - reached });
    reached = Math.max(reached, offset + bytes);
  }
  if (byteLength > reached)
    holes.push({ name: "(padding)", type: "", offset: reached, bytes: byteLength - reached });
  return holes;
}

/** @param {Layout} layout */
function section(layout) {
  const rows = [...layout.fields, ...paddingOf(layout)]
    .sort((a, b) => a.offset - b.offset)
    .map(
      ({ name, type, offset, bytes }) =>
        `| ${offset} | ${bytes} | ${name === "(padding)" ? name : `\`${name}\``} | ${type} |`,
    );
  return [
    `## struct ${layout.structName}`,
    "",
    `${layout.byteLength} bytes, from \`${layout.origin}\`.`,
    "",
    "| offset | bytes | field | type |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/**
 * The page, as Markdown. A structure that is described twice (`kvm_run`, whose union is read in two ways) has a section
 * for each.
 *
 * @param {readonly Layout[]} layouts
 */
export function structReference(layouts) {
  const sorted = layouts.map((layout) => ({ name: layout.structName, text: section(layout) }));
  sorted.sort((a, b) => (a.name + a.text < b.name + b.text ? -1 : 1));
  return [INTRODUCTION, ...sorted.map(({ text }) => text)].join("\n");
}
