// SPDX-License-Identifier: MIT
"use strict";

/** The oldest Node that can `require` an ES module, which is how a cell imports the library. */
const OLDEST_NODE = [20, 19, 0];

/**
 * What is wrong with a version of Node, in one sentence; nothing when it will do.
 *
 * @param {string} version  as in `process.versions.node`
 * @returns {string | undefined}
 */
function nodeVersionProblem(version) {
  const parts = version.split(".").map(Number);
  const differs = OLDEST_NODE.findIndex((part, at) => parts[at] !== part);
  if (differs < 0 || Number(parts[differs]) > Number(OLDEST_NODE[differs])) return undefined;
  return `Node.js ${OLDEST_NODE.join(".")} or newer is needed and this is ${version}: install one from https://nodejs.org.`;
}

module.exports = { nodeVersionProblem };
