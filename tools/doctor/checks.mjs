// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { findJupyterLab } from "../jupyter-lab.mjs";
import { findPython, readyEnvironment } from "../python-env.mjs";
import { packagesProblem } from "../start/packages.mjs";
import { placesProblem } from "../start/places.mjs";
import { firstFreePort, portProblem } from "../start/port.mjs";
import { folderProblem, ROOM_FOR_ENVIRONMENT } from "../start/trouble.mjs";

/**
 * What the course needs of a machine, one check each.
 *
 * @typedef {{ root: string, env: NodeJS.ProcessEnv, node: string, port?: number, browsers: readonly string[] }} Machine
 *   the course's folder, the environment, the version of Node, the port that is wanted, and where Chromium may be
 * @typedef {{ good: string } | { problem: string }} Finding  either is one sentence; a problem names the way out
 * @typedef {{ title: string, look: (machine: Machine) => Finding | Promise<Finding> }} Check
 */

const FIRST_CELL = "const answer: number = 6 * 7;\nanswer;";
const ITS_RESULT = "42";

/** @type {readonly Check[]} in the order in which one mends them */
export const CHECKS = [
  { title: "Node.js", look: checkNode },
  {
    title: "packages",
    look: ({ root }) => either(packagesProblem(root), "all installed, of this course's versions"),
  },
  {
    title: "folder",
    look: ({ root }) => either(folderProblem(root, 0) ?? placesProblem(root), "can be written to"),
  },
  { title: "disk", look: checkDisk },
  { title: "Python", look: checkPython },
  { title: "JupyterLab", look: checkJupyterLab },
  { title: "port", look: checkPort },
  { title: "kernel", look: checkKernel },
  { title: "Chromium", look: checkChromium },
];

/**
 * @param {string | undefined} problem
 * @param {string} good
 * @returns {Finding}
 */
function either(problem, good) {
  return problem === undefined ? { good } : { problem };
}

/** @param {Machine} machine */
function checkNode({ node }) {
  /** @type {typeof import("../../kernel/node-version.cjs")} */
  const { nodeVersionProblem } = createRequire(import.meta.url)("../../kernel/node-version.cjs");
  return either(nodeVersionProblem(node), `${node} will do`);
}

/** @param {Machine} machine */
function checkDisk({ root }) {
  const room = readyEnvironment(root) ? undefined : ROOM_FOR_ENVIRONMENT;
  return either(folderProblem(root, room), "has the room that the course needs");
}

/** @param {Machine} machine */
function checkPython({ env }) {
  const python = findPython(env);
  if (python.problem === undefined) return { good: `${python.command.join(" ")} can make environments` };
  const [problem = ""] = python.problem.split("\n");
  return {
    problem: `${problem} npm start says how to install it, and serves the course as a site until then.`,
  };
}

/** @param {Machine} machine */
function checkJupyterLab({ root, env }) {
  if (readyEnvironment(root)) return { good: "is in the environment .venv" };
  if (findJupyterLab(root, env)) return { good: "is on the PATH" };
  const begun = existsSync(path.join(root, ".venv"));
  return {
    problem: begun
      ? "The environment .venv is half made or of an older course: npm start makes it anew."
      : "It is not installed yet: npm start installs it into the folder .venv.",
  };
}

/** @param {Machine} machine */
async function checkPort({ port }) {
  if (port !== undefined) return either(await portProblem(port), `${port} is free`);
  try {
    return { good: `${await firstFreePort()} is the first that is free` };
  } catch (error) {
    return { problem: /** @type {Error} */ (error).message };
  }
}

/** @param {Machine} machine */
async function checkKernel({ root }) {
  try {
    const { KernelClient } = await import("../kernel-client.mjs");
    const kernel = await KernelClient.start({
      cwd: root,
      command: [process.execPath, path.join(root, "kernel", "launcher.cjs")],
    });
    try {
      const { messages } = await kernel.execute(FIRST_CELL);
      const result = messages.map(({ content }) => content["data"]?.["text/plain"]).find(Boolean);
      if (result === ITS_RESULT) return { good: "starts and runs a cell" };
      return {
        problem: `The kernel ran a cell and gave ${result} instead of ${ITS_RESULT}: run npm ci again.`,
      };
    } finally {
      await kernel.shutdown();
    }
  } catch (error) {
    const [first = ""] = /** @type {Error} */ (error).message.split("\n");
    return { problem: `The kernel does not run (${first}): run npm ci again.` };
  }
}

/** @param {Machine} machine */
function checkChromium({ browsers }) {
  const found = browsers.find((file) => existsSync(file));
  if (found !== undefined) return { good: `${found} runs the tests of the site` };
  return { problem: "There is none; only the tests of the site need it: apt-get install chromium." };
}
