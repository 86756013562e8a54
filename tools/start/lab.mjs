// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { jupyterEnvironment, labArguments, writeLabSettings } from "../jupyter-lab.mjs";
import { portProblem } from "./port.mjs";

const WINDOWS = process.platform === "win32";
/** How often JupyterLab is asked whether it is up, */
const ASK_AGAIN_MS = 200;
/** and how long it may take to stop. */
const STOP_LIMIT_MS = 15_000;

/**
 * Runs JupyterLab until it ends or somebody ends us.
 *
 * @param {string} root  the course's folder
 * @param {string[]} lab  the command that starts it
 * @param {{ port: number, browser: boolean, open: string }} options
 * @returns {Promise<number>} the exit code
 */
export async function runJupyterLab(root, [program = "", ...first], options) {
  const token = randomBytes(24).toString("hex");
  const env = jupyterEnvironment(root, process.env, token);
  writeLabSettings(env);
  const child = spawn(program, [...first, ...labArguments(root, options)], {
    cwd: root,
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
  const isUp = await answers(address, token, giveUp.signal);
  if (isUp) {
    console.log(`\nThe course is at ${address}${options.open}?token=${token}\nCtrl-C here ends it.\n`);
  }
  const code = await ended;
  if (stopping) return 0;
  // The port was free when it was chosen: another start may have been faster.
  const problem = isUp ? undefined : await portProblem(options.port);
  const withCode = typeof code === "number" ? ` with exit code ${code}` : "";
  console.error(problem ?? `JupyterLab ended by itself${withCode}: npm run doctor looks for the reason.`);
  return 1;
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
    const response = await fetch(`${address}/api/status`, { headers, signal: giveUp }).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(ASK_AGAIN_MS);
  }
  return false;
}
