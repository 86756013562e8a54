// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findPython } from "../python-env.mjs";

const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));
const WINDOWS = process.platform === "win32";

/**
 * The Python of the environment that has nbgrader, in .cache/nbgrader-venv; `undefined` while there is none that was
 * made from today's requirements.
 *
 * @param {string} root  the course's folder
 */
export function readyNbgrader(root) {
  const { python, mark } = placesIn(root);
  const made = existsSync(mark) ? readFileSync(mark, "utf8") : "";
  return made === requirementsHash() && existsSync(python) ? python : undefined;
}

/**
 * Makes that environment when it is not there, from pinned packages with hashes. Throws one sentence when it cannot.
 *
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {string} its Python
 */
export function nbgraderPython(root, say) {
  const ready = readyNbgrader(root);
  if (ready !== undefined) return ready;
  const found = findPython(process.env);
  if (found.problem !== undefined) throw new Error(found.problem);
  const { folder, python, mark } = placesIn(root);
  say("making a Python environment for nbgrader in .cache/nbgrader-venv; nbgrader needs Python 3.11");
  run([...found.command, "-m", "venv", "--clear", folder]);
  run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", REQUIREMENTS]);
  writeFileSync(mark, requirementsHash());
  return python;
}

/** @param {string} root */
function placesIn(root) {
  const folder = path.join(root, ".cache", "nbgrader-venv");
  const python = path.join(folder, WINDOWS ? "Scripts" : "bin", WINDOWS ? "python.exe" : "python");
  return { folder, python, mark: path.join(folder, "requirements.sha256") };
}

function requirementsHash() {
  return createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
}

/** @param {string[]} command */
function run([program = "", ...args]) {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${[program, ...args].join(" ")} failed. The last it said:\n${stderr.slice(-1500)}`);
}
