// SPDX-License-Identifier: MIT
"use strict";

/** Each line of Node from which on it can `require` an ES module, which is how a cell imports the library. */
const GOOD_FROM = [
  [20, 19],
  [22, 12],
];

/**
 * What is wrong with a version of Node, in one sentence; nothing when it will do.
 *
 * @param {string} version  as in `process.versions.node`
 * @returns {string | undefined}
 */
function nodeVersionProblem(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isGood = major > 22 || GOOD_FROM.some(([line, from]) => major === line && minor >= Number(from));
  if (isGood) return undefined;
  return `Node.js 20.19, 22.12 or newer is needed and this is ${version}: install one from https://nodejs.org.`;
}

module.exports = { nodeVersionProblem };
