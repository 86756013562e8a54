// SPDX-License-Identifier: MIT
// npm run scale:hub [-- --users 1,10,25]: starts a JupyterHub on the loopback interface, lets so many users work at
// once, and prints what it took. The first time it installs the hub in deploy/jupyterhub.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.mjs";
import { findPython, makeEnvironment } from "./python-env.mjs";
import { portProblem } from "./start/port.mjs";

const MOST_USERS = 50;
const FIRST_PORT = 18_000;
const START_LIMIT_MS = 60_000;
const GIB = 2 ** 30;

const course = fileURLToPath(new URL("..", import.meta.url));
const hub = path.join(course, "deploy", "jupyterhub");
const NOTEBOOK = path.join(course, "notebooks", "00-one-ioctl.ipynb");

process.exitCode = await main();

/** @returns {Promise<number>} the exit code */
async function main() {
  const command = parseCommandLine(process.argv.slice(2), { users: { type: "string" } });
  const users = command.problem === undefined ? command.values.users : undefined;
  const counts = (users ?? "1,10,25").split(",").map(Number);
  if (command.problem !== undefined || !counts.every((n) => Number.isInteger(n) && n >= 1 && n <= MOST_USERS))
    return explain(
      command.problem ?? `--users takes numbers from 1 to ${MOST_USERS} with commas between them.`,
    );
  const found = findPython(process.env);
  if (found.problem !== undefined) return explain(found.problem);
  for (const port of [FIRST_PORT, FIRST_PORT + 1, FIRST_PORT + 2]) {
    if ((await portProblem(port)) !== undefined)
      return explain(`Port ${port} is in use, and the hub needs it.`);
  }
  const python = await makeEnvironment(hub, found, console.error);
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: hub,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (npm.status !== 0)
    return explain("The hub's proxy could not be installed: npm ci in deploy/jupyterhub failed.");

  const state = mkdtempSync(path.join(tmpdir(), "tsm-hub-"));
  const token = randomBytes(24).toString("hex");
  const env = {
    ...process.env,
    TSM_HUB_STATE: state,
    TSM_HUB_PORT: String(FIRST_PORT),
    TSM_HUB_TOKEN: token,
  };
  const logFile = path.join(state, "hub.log");
  const log = openSync(logFile, "w");
  const server = spawn(python, ["-m", "jupyterhub", "-f", path.join(hub, "loopback_config.py")], {
    cwd: hub,
    env,
    stdio: ["ignore", log, log],
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(signal, () => server.kill());
  try {
    const address = `http://127.0.0.1:${FIRST_PORT}`;
    if (!(await answers(`${address}/hub/api`, server)))
      return explain(`${readFileSync(logFile, "utf8")}The hub does not start; the lines above say why.`);
    console.log(machine());
    const code = await run(python, [
      path.join(hub, "scale.py"),
      address,
      token,
      NOTEBOOK,
      ...counts.map(String),
    ]);
    if (code !== 0) console.error(readFileSync(logFile, "utf8"));
    return code;
  } finally {
    server.kill("SIGTERM");
    await ended;
    rmSync(state, { recursive: true, force: true });
  }
}

function machine() {
  const [processor] = cpus();
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${cpus().length} cores (${processor?.model.trim()}), ${Math.round(totalmem() / GIB)} GiB, Node ${process.versions.node}; load before it began ${load}\n`;
}

/**
 * @param {string} url
 * @param {import("node:child_process").ChildProcess} server
 */
async function answers(url, server) {
  for (const limit = Date.now() + START_LIMIT_MS; Date.now() < limit && server.exitCode === null; ) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(200);
  }
  return false;
}

/**
 * @param {string} program
 * @param {string[]} parameters
 * @returns {Promise<number>}  the exit code
 */
function run(program, parameters) {
  return new Promise((resolve) => {
    spawn(program, parameters, { stdio: "inherit" })
      .once("exit", (code) => resolve(code ?? 1))
      .once("error", () => resolve(1));
  });
}

/**
 * @param {string} problem
 * @returns {number}
 */
function explain(problem) {
  console.error(problem);
  return 1;
}
