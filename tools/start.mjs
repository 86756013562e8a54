// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.mjs";
import {
  findJupyterLab,
  jupyterEnvironment,
  labArguments,
  labOf,
  labPath,
  writeLabSettings,
} from "./jupyter-lab.mjs";
import { findPython, makeEnvironment } from "./python-env.mjs";
import { updateCopies } from "./work-copies.mjs";

/** `npm start`: makes everything ready inside the course's folder, and opens JupyterLab on the first notebook. */

const USAGE = `Usage: npm start [-- [--port N] [--no-browser]]

Opens the course in JupyterLab. The notebooks that you work on are copies in work/.

  --port N       the port of JupyterLab; a free one from 8888 on unless given
  --no-browser   open no browser, only show the address
  --help         show this text`;

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const FIRST_PORT = 8888;
const PORTS_TRIED = 100;
const WINDOWS = process.platform === "win32";
/** How often JupyterLab is asked whether it is up, */
const ASK_AGAIN_MS = 200;
/** and how long it may take to stop. */
const STOP_LIMIT_MS = 15_000;

try {
  process.exitCode = await main();
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const command = parseCommandLine(process.argv.slice(2), {
    port: { type: "string" },
    "no-browser": { type: "boolean" },
    help: { type: "boolean" },
  });
  if (command.problem !== undefined) return explain(`${command.problem}\n\n${USAGE}`);
  if (command.values.help) {
    console.log(USAGE);
    return 0;
  }
  const { port: wanted } = command.values;
  if (wanted !== undefined && !isPort(wanted))
    return explain(`${wanted} is no port: give a number from 1 to 65535.`);

  const problem = nodeProblem() ?? installProblem();
  if (problem !== undefined) return explain(problem);
  const port = wanted === undefined ? await firstFreePort() : Number(wanted);
  if (!(await isFree(port)))
    return explain(`Port ${port} is in use: choose another one with npm start -- --port N.`);

  say("1/3  finding JupyterLab");
  const lab = findJupyterLab(ROOT, process.env) ?? (await installJupyterLab());
  if (typeof lab === "string") return explain(lab);

  say("2/3  building the library");
  if (!buildLibrary()) return explain("The library does not build; the lines above say why.");

  const { first, news } = updateCopies(path.join(ROOT, "notebooks"), path.join(ROOT, "work"));
  if (first === undefined) say("There are no notebooks in notebooks/ yet.");
  for (const sentence of news) say(sentence);

  say("3/3  starting JupyterLab");
  const open = labPath(first && `work/${first}`);
  return runJupyterLab(lab, { port, browser: command.values["no-browser"] !== true, open });
}

/** @param {string} line */
function say(line) {
  console.log(line);
}

/**
 * @param {string} problem
 * @returns {number} the exit code
 */
function explain(problem) {
  console.error(problem);
  return 1;
}

/** @param {string} text */
function isPort(text) {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}

function nodeProblem() {
  /** @type {typeof import("../kernel/node-version.cjs")} */
  const { nodeVersionProblem } = createRequire(import.meta.url)("../kernel/node-version.cjs");
  return nodeVersionProblem(process.versions.node);
}

/** @returns {string | undefined} */
function installProblem() {
  const missing = ["typescript", "tslab", "zeromq", "tsm-map-sim"].some(
    (name) => !existsSync(path.join(ROOT, "node_modules", name)),
  );
  return missing ? "The course's packages are not installed: run npm ci first." : undefined;
}

function buildLibrary() {
  const compiler = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", "lib"], { cwd: ROOT, stdio: "inherit" });
  return status === 0;
}

/** @returns {Promise<string[] | string>} the command that starts it, or what is in the way */
async function installJupyterLab() {
  const python = findPython(process.env);
  if (python.problem !== undefined) return python.problem;
  say("     getting it, once: this takes half a minute to a few minutes");
  try {
    return labOf(await makeEnvironment(ROOT, python, (line) => say(`     ${line}`)));
  } catch (error) {
    return `JupyterLab could not be installed: ${/** @type {Error} */ (error).message}`;
  }
}

/**
 * Runs JupyterLab until it ends or somebody ends us.
 *
 * @param {string[]} lab
 * @param {{ port: number, browser: boolean, open: string }} options
 * @returns {Promise<number>} the exit code
 */
async function runJupyterLab([program = "", ...first], options) {
  const token = randomBytes(24).toString("hex");
  const env = jupyterEnvironment(ROOT, process.env, token);
  writeLabSettings(env);
  const child = spawn(program, [...first, ...labArguments(ROOT, options)], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    // A group of its own: Ctrl-C comes to us alone, and we stop it in good order.
    detached: !WINDOWS,
  });
  const ended = new Promise((resolve) => child.once("exit", resolve).once("error", () => resolve(1)));
  let stopping = false;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      child.kill(stopping ? "SIGKILL" : "SIGTERM"); // a second Ctrl-C does not wait
      stopping = true;
      setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS).unref();
    });
  }

  const address = `http://127.0.0.1:${options.port}`;
  const giveUp = new AbortController();
  void ended.then(() => giveUp.abort());
  if (await answers(address, token, giveUp.signal)) {
    say(`\nThe course is at ${address}${options.open}?token=${token}\nCtrl-C here ends it.\n`);
  }
  const code = await ended;
  if (stopping) return 0;
  return explain(`JupyterLab ended by itself${typeof code === "number" ? ` with exit code ${code}` : ""}.`);
}

/**
 * Waits until a Jupyter server answers.
 *
 * @param {string} address
 * @param {string} token
 * @param {AbortSignal} giveUp
 * @returns {Promise<boolean>}  whether it did
 */
async function answers(address, token, giveUp) {
  const headers = { Authorization: `token ${token}` };
  while (!giveUp.aborted) {
    const response = await fetch(`${address}/api/status`, { headers }).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(ASK_AGAIN_MS);
  }
  return false;
}

async function firstFreePort() {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port++) if (await isFree(port)) return port;
  throw new Error(
    `No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS_TRIED - 1} is free: give one with --port N.`,
  );
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
