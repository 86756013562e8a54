// SPDX-License-Identifier: MIT
"use strict";

/**
 * The floors of lib/src from the ground up. A file imports from its own floor and from the ones below. Two names
 * on one row share a floor and do not know each other.
 */
const floors = [
  ["base"],
  ["hw"],
  ["rmm"],
  ["kernel"],
  ["boot"],
  ["user"],
  ["designs", "explore"],
  ["view"],
  ["course"],
];

const path = (name) => (name === "boot" ? "^lib/src/boot\\.ts$" : `^lib/src/${name}/`);

/** One rule for each part of the house: it must not import from a floor above, nor from its neighbour. */
const upward = floors.flatMap((row, height) =>
  row.map((name) => ({
    name: `${name}-imports-downward-only`,
    comment: `lib/src/${name} may import only from itself and from ${floors.slice(0, height).flat().join(", ") || "nothing"}.`,
    severity: "error",
    from: { path: path(name) },
    to: {
      path: [
        ...floors
          .slice(height + 1)
          .flat()
          .map(path),
        ...row.filter((other) => other !== name).map(path),
        "^lib/src/index\\.ts$",
      ],
    },
  })),
);

module.exports = {
  forbidden: [
    ...upward,
    {
      name: "no-circle",
      comment: "Files that import each other in a circle cannot be read from the ground up.",
      severity: "error",
      from: { path: "^lib/src/" },
      to: { circular: true },
    },
    {
      name: "library-needs-nothing",
      comment: "The simulation library has no runtime dependency, not even on Node.",
      severity: "error",
      from: { path: "^lib/src/" },
      to: { pathNot: "^lib/src/" },
    },
    {
      name: "no-orphan",
      comment: "A file that nothing imports is dead.",
      severity: "error",
      from: { orphan: true, path: "^lib/src/", pathNot: "^lib/src/index\\.ts$" },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { extensions: [".ts"] },
  },
};
